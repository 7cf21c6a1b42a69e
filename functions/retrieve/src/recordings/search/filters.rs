//! What a search asks for.

use jiff::Timestamp;
use policy::facts::Direction;
use policy::number::{Absent, Counterpart, PhoneNumber};
use policy::recording::{Listed, State};
use policy::rulebook::Rulebook;
use rokuban_http::audit::Asked;
use rokuban_http::export::CONDITIONS;
use rokuban_http::paging::{Pages, digest};
use rokuban_http::parameters::{Given, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use store::{AuditText, ListOrder};

use super::parameters::PARAMETERS;
use super::position::Position;
use super::values::{read_absent, read_direction, read_last4, read_number, read_prefix, read_suffix};
use super::window::{DEFAULT_DAYS, RANGE_LIMIT_DAYS, days_before, longest_days};

/// What a search asks for: all that is given must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filters {
    /// Calls that began then or later.
    pub(crate) from: Timestamp,
    /// Calls that began before then.
    pub(crate) to: Timestamp,
    /// The counterpart's number.
    pub(crate) number: Option<PhoneNumber>,
    /// The last four digits of it.
    pub(crate) last4: Option<String>,
    /// How it begins, in E.164.
    pub(crate) number_prefix: Option<String>,
    /// How it ends.
    pub(crate) number_suffix: Option<String>,
    /// Why the other party has no number.
    pub(crate) absent: Option<Absent>,
    /// The members of staff, by id; of any where it is empty.
    pub(crate) staff: Vec<String>,
    /// The team at the time of the call.
    pub(crate) team: Option<String>,
    /// The extension.
    pub(crate) extension: Option<String>,
    /// Our line's name.
    pub(crate) line: Option<String>,
    /// Which way.
    pub(crate) direction: Option<Direction>,
    /// The least and the greatest length, in whole seconds.
    pub(crate) seconds: (Option<u64>, Option<u64>),
    /// Whether a note stands.
    pub(crate) notes: Option<bool>,
    /// Whether a hold stands.
    pub(crate) held: Option<bool>,
    /// What is in quarantine, instead of what is active.
    pub(crate) is_quarantine: bool,
    /// Which end comes first.
    pub(crate) sort: ListOrder,
    /// Whether the whole is counted.
    pub(crate) is_counted: bool,
    /// The most items of a page, see [`Pages`].
    pub(crate) limit: usize,
    /// Where the page begins.
    pub(crate) start: Position,
    /// What binds a cursor to this search.
    pub(crate) digest: String,
    /// The names of what was given.
    pub(crate) used: Vec<&'static str>,
}

impl Filters {
    /// Reads query parameters. Each may be given once, and none that means nothing. Names stay as they were typed.
    pub(crate) fn read(given: &Given, rulebook: &Rulebook, now: Timestamp, pages: Pages) -> Result<Self, Problem> {
        let parameters = Parameters::new(given, PARAMETERS)?;
        let value = |name: &str| parameters.value(name);
        let text = |name| parameters.text(name);

        let to = parameters.range_end("to", &rulebook.zone)?.unwrap_or(now);
        let of_one = ["number", "last4", "number_prefix", "number_suffix", "staff"];
        let is_for_one = of_one.into_iter().any(|name| value(name).is_some());
        let from = match parameters.range_start("from", &rulebook.zone)? {
            Some(from) => from,
            None if is_for_one => days_before(to, longest_days(rulebook))?,
            None => days_before(to, DEFAULT_DAYS)?,
        };
        if from >= to {
            return Err(Problem::invalid("from", Constraint::Before));
        }
        if from < days_before(to, RANGE_LIMIT_DAYS)? {
            return Err(Problem::invalid("from", Constraint::Within));
        }
        let seconds = (parameters.seconds("min_seconds")?, parameters.seconds("max_seconds")?);
        if let (Some(least), Some(most)) = seconds
            && least > most
        {
            return Err(Problem::invalid("min_seconds", Constraint::NotMore));
        }
        let sort = match value("sort") {
            None | Some("newest") => ListOrder::NewestFirst,
            Some("oldest") => ListOrder::OldestFirst,
            Some(_) => return Err(Problem::invalid("sort", Constraint::Sort)),
        };
        parameters.yes_or_no(CONDITIONS.name)?;
        let digest = digest(&given.0);
        let first = Position::first(from, to, sort);
        let start = match value("cursor") {
            None => first,
            // With a range that ends now, the end moves on between two pages: what is left must still lie in it.
            Some(cursor) => Position::of_cursor(cursor, &digest)
                .filter(|position| first.is_before_or_at(position, sort))
                .ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))?,
        };
        Ok(Self {
            from,
            to,
            number: value("number").map(|text| read_number(text, &rulebook.country)).transpose()?,
            last4: value("last4").map(read_last4).transpose()?,
            number_prefix: value("number_prefix").map(|text| read_prefix(text, &rulebook.country)).transpose()?,
            number_suffix: value("number_suffix").map(read_suffix).transpose()?,
            absent: value("counterpart_absent").map(read_absent).transpose()?,
            staff: parameters.names("staff")?,
            team: text("team")?,
            extension: text("extension")?,
            line: text("line")?,
            direction: value("direction").map(read_direction).transpose()?,
            seconds,
            held: parameters.yes_or_no("held")?,
            notes: parameters.yes_or_no("notes")?,
            is_quarantine: match value("state") {
                None | Some("active") => false,
                Some("quarantined") => true,
                Some(_) => return Err(Problem::invalid("state", Constraint::State)),
            },
            sort,
            is_counted: parameters.yes_or_no("count")?.unwrap_or_default(),
            limit: pages.limit(value("limit"))?,
            start,
            digest,
            used: parameters.given_names(),
        })
    }

    /// Whether nothing was given back before this page.
    pub(crate) fn is_first_page(&self) -> bool {
        self.start == Position::first(self.from, self.to, self.sort)
    }

    /// Whether a recording is one that was asked for.
    pub(crate) fn fit(&self, view: &Listed) -> bool {
        let state = if self.is_quarantine { State::Quarantined } else { State::Active };
        view.state == state
            && self.from <= view.started_at
            && view.started_at < self.to
            && self.fit_counterpart(&view.counterpart)
            && (self.staff.is_empty() || view.staff.as_ref().is_some_and(|id| self.staff.contains(id)))
            && fits(self.team.as_ref(), view.team.as_ref())
            && fits(self.extension.as_ref(), view.extension.as_ref())
            && fits(self.line.as_ref(), view.line.as_ref())
            && self.direction.is_none_or(|asked| view.direction == asked)
            && self.fit_length(view.state, view.duration_milliseconds)
            && self.notes.is_none_or(|asked| (view.notes > 0) == asked)
            && self.held.is_none_or(|asked| view.holds.is_empty() != asked)
    }

    fn fit_counterpart(&self, counterpart: &Counterpart) -> bool {
        let number = counterpart.number();
        let is_so = |is: &dyn Fn(&str) -> bool| number.is_some_and(|number| is(number.expose()));
        self.number.as_ref().is_none_or(|asked| number == Some(asked))
            && self.last4.as_ref().is_none_or(|asked| number.is_some_and(|number| number.last4() == asked))
            && self.number_prefix.as_ref().is_none_or(|asked| is_so(&|number| number.starts_with(asked)))
            && self.number_suffix.as_ref().is_none_or(|asked| is_so(&|number| number.ends_with(asked)))
            && self.absent.is_none_or(|asked| counterpart.absent() == Some(asked))
    }

    fn fit_length(&self, state: State, milliseconds: u64) -> bool {
        let (least, most) = self.seconds;
        let seconds = milliseconds / 1_000;
        // What is active and has no length: nothing told how long it is.
        let is_known = state != State::Active || milliseconds > 0;
        (least.is_none() && most.is_none())
            || is_known && least.is_none_or(|least| least <= seconds) && most.is_none_or(|most| seconds <= most)
    }

    /// What was asked for beside the time, for the audit: apart from its facts, since a number can be in it.
    pub(crate) fn asked(&self) -> Asked {
        let of_text = |text: &Option<String>| text.clone();
        let of_seconds = |seconds: Option<u64>| Some(seconds?.to_string());
        [
            ("number", self.number.as_ref().map(|number| number.expose().to_owned())),
            ("last4", of_text(&self.last4)),
            ("number_prefix", of_text(&self.number_prefix)),
            ("number_suffix", of_text(&self.number_suffix)),
            ("counterpart_absent", self.absent.map(|absent| absent.as_str().to_owned())),
            ("staff", (!self.staff.is_empty()).then(|| self.staff.join(","))),
            ("team", of_text(&self.team)),
            ("extension", of_text(&self.extension)),
            ("line", of_text(&self.line)),
            ("direction", self.direction.map(|direction| direction.as_str().to_owned())),
            ("min_seconds", of_seconds(self.seconds.0)),
            ("max_seconds", of_seconds(self.seconds.1)),
            ("notes", self.notes.map(|notes| notes.to_string())),
            ("held", self.held.map(|held| held.to_string())),
            ("state", self.is_quarantine.then(|| "quarantined".to_owned())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), AuditText::new(value?))))
        .collect()
    }

    /// How many filters a recording must pass beside the time.
    pub(crate) fn count(&self) -> usize {
        let of_text = [&self.last4, &self.number_prefix, &self.number_suffix, &self.team, &self.extension, &self.line];
        let others = [
            self.number.is_some(),
            self.absent.is_some(),
            !self.staff.is_empty(),
            self.direction.is_some(),
            self.seconds.0.is_some() || self.seconds.1.is_some(),
            self.held.is_some(),
            self.notes.is_some(),
        ];
        of_text.into_iter().flatten().count() + others.into_iter().filter(|is_given| *is_given).count()
    }
}

fn fits(asked: Option<&String>, has: Option<&String>) -> bool {
    asked.is_none_or(|asked| has == Some(asked))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn now() -> Timestamp {
        "2026-11-13T00:00:00.0005Z".parse().unwrap()
    }

    fn read(given: &[(&str, &str)]) -> Result<Filters, Problem> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Filters::read(&Given(given), &Rulebook::strict_default("yamada"), now(), Pages::Json)
    }

    fn refused(given: &[(&str, &str)]) -> Problem {
        read(given).unwrap_err()
    }

    #[test]
    fn without_a_filter_it_is_the_last_30_days() {
        let filters = read(&[]).unwrap();
        assert_eq!(filters.to, now());
        assert_eq!(filters.from, "2026-10-14T00:00:00.0005Z".parse().unwrap());
        assert_eq!((filters.limit, filters.is_quarantine, filters.count()), (50, false, 0));
        assert_eq!(
            filters.start.bound(ListOrder::NewestFirst),
            store::SortKey::from_time("2026-11-13T00:00:00.001Z".parse().unwrap())
        );
        assert!(filters.used.is_empty());
        let to = read(&[("to", "2026-01-31T00:00:00Z")]).unwrap();
        assert_eq!(to.from, "2026-01-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn a_time_is_rfc_3339_with_an_offset() {
        let midnight: Timestamp = "2026-11-02T15:00:00Z".parse().unwrap();
        for text in [
            "2026-11-03T00:00:00+09:00",
            "2026-11-03T00:00:00 09:00",
            "2026-11-02T15:00:00Z",
            "2026-11-02T15:00:00.000Z",
            "2026-11-02T10:00:00-05:00",
        ] {
            assert_eq!(read(&[("from", text)]).unwrap().from, midnight, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "11/3",
            "2026-11",
            "2026-11-03T00:00:00",
            "2026-11-03T00:00+09:00",
            "20261103T000000+0900",
            "2026-11-03 00:00:00+09:00",
            "2026-11-31T00:00:00+09:00",
            "2026-11-03T24:00:00+09:00",
            "2026-11-03T00:00:00+09:00[Asia/Tokyo]",
            "1762095600",
        ] {
            let problem = Problem::invalid("from", Constraint::Time);
            assert_eq!(refused(&[("from", text)]), problem, "{text}");
        }
    }

    #[test]
    fn a_range_is_forward_and_at_most_400_days() {
        let at = "2026-11-01T00:00:00Z";
        assert_eq!(refused(&[("from", at), ("to", at)]), Problem::invalid("from", Constraint::Before));
        assert_eq!(refused(&[("from", "2026-12-01T00:00:00Z")]), Problem::invalid("from", Constraint::Before));
        assert!(read(&[("from", "2025-09-27T00:00:00Z"), ("to", at)]).is_ok());
        assert_eq!(
            refused(&[("from", "2025-09-26T23:59:59Z"), ("to", at)]),
            Problem::invalid("from", Constraint::Within)
        );
    }

    #[test]
    fn what_can_not_be_meant_is_refused_by_its_name() {
        let long = "a".repeat(129);
        for (name, value, must) in [
            ("last4", "567", Constraint::FourDigits),
            ("last4", "56789", Constraint::FourDigits),
            ("last4", "５６７", Constraint::FourDigits),
            ("staff", "", Constraint::StaffNames),
            ("staff", "sato,,abe", Constraint::StaffNames),
            ("staff", "a,b,c,d,e,f,g,h,i,j,k", Constraint::StaffNames),
            ("number_prefix", "90", Constraint::NumberBeginning),
            ("number_prefix", "not a number", Constraint::NumberBeginning),
            ("number_suffix", "5", Constraint::NumberEnding),
            ("number_suffix", "56a", Constraint::NumberEnding),
            ("counterpart_absent", "anybody", Constraint::Absent),
            ("direction", "sideways", Constraint::Direction),
            ("min_seconds", "1.5", Constraint::Seconds),
            ("max_seconds", "-1", Constraint::Seconds),
            ("max_seconds", "1000001", Constraint::Seconds),
            ("held", "yes", Constraint::YesOrNo),
            ("count", "1", Constraint::YesOrNo),
            ("sort", "up", Constraint::Sort),
            ("team", &long, Constraint::Text),
            ("extension", "", Constraint::Text),
            ("line", "", Constraint::Text),
            ("state", "deleted", Constraint::State),
            ("state", "", Constraint::State),
            ("number", &format!("090-1234-5678{}", " ".repeat(52)), Constraint::Number),
            ("limit", "0", Constraint::Limit),
            ("limit", "101", Constraint::Limit),
            ("limit", "ten", Constraint::Limit),
            ("limit", "+5", Constraint::Limit),
            ("limit", "05", Constraint::Limit),
            ("cursor", "", Constraint::Cursor),
            ("cursor", "x", Constraint::Cursor),
        ] {
            let parameter = PARAMETERS.iter().find(|known| known.name == name).unwrap().name;
            assert_eq!(refused(&[(name, value)]), Problem::invalid(parameter, must), "{name}={value}");
        }
        assert_eq!(refused(&[("numbers", "1")]), Problem::unknown_parameter(PARAMETERS));
        let twice = refused(&[("team", "sales"), ("team", "support")]);
        assert_eq!(twice, Problem::invalid("team", Constraint::Once));
    }

    #[test]
    fn a_page_of_a_file_has_up_to_a_thousand_rows_and_that_many_unless_told() {
        let filed = |limit: Option<&str>| {
            let given = limit.map(|limit| ("limit".to_owned(), limit.to_owned())).into_iter().collect();
            Filters::read(&Given(given), &Rulebook::strict_default("yamada"), now(), Pages::File)
                .map(|filters| filters.limit)
        };
        for (limit, read) in [(None, 1_000), (Some("1000"), 1_000), (Some("101"), 101), (Some("1"), 1)] {
            assert_eq!(filed(limit), Ok(read), "{limit:?}");
        }
        for limit in ["0", "1001", "-1", "all"] {
            assert_eq!(filed(Some(limit)), Err(Problem::invalid("limit", Constraint::FileLimit)));
        }
    }

    #[test]
    fn a_cursor_beyond_the_end_of_the_range_is_of_another_search() {
        let cursor = |given: &[(&str, &str)]| {
            let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Position::before("2026-11-05T00:00:00Z".parse().unwrap()).to_cursor(&digest(&given))
        };
        assert!(read(&[("cursor", &cursor(&[]))]).is_ok());
        let invalid = Problem::invalid("cursor", Constraint::Cursor);
        for (to, is_of_it) in [("2026-11-05T00:00:00Z", true), ("2026-11-04T00:00:00Z", false)] {
            let given = [("cursor", &*cursor(&[("to", to)])), ("to", to)];
            assert_eq!(read(&given).is_ok(), is_of_it, "{to}");
        }
        // What decides nothing about what is found may change between two pages.
        let of_sato = cursor(&[("staff", "sato")]);
        assert!(read(&[("staff", "sato"), ("limit", "3"), ("count", "true"), ("cursor", &of_sato)]).is_ok());
        for other in [&[("staff", "abe")][..], &[("team", "sato")], &[], &[("staff", "sato"), ("sort", "oldest")]] {
            let given: Vec<_> = other.iter().copied().chain([("cursor", &*of_sato)]).collect();
            assert_eq!(refused(&given), invalid, "{other:?}");
        }
    }

    #[test]
    fn the_filters_used_are_told_by_name_alone() {
        let filters = read(&[("number", "090-1234-5678"), ("staff", "sato"), ("limit", "1")]).unwrap();
        assert_eq!(filters.used, ["limit", "number", "staff"]);
        assert_eq!(filters.count(), 2);
    }
}
