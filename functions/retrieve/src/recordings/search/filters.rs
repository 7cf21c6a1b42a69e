//! What a search asks for.

use jiff::{SignedDuration, Timestamp};
use policy::number::{self, Counterpart, PhoneNumber};
use policy::recording::{Listed, State};
use policy::rulebook::Rulebook;
use rokuban_http::audit::Asked;
use rokuban_http::paging::Pages;
use rokuban_http::parameters::{Given, NUMBER_LIMIT_CHARACTERS, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use store::AuditText;

use super::position::Position;

/// 30 days: the period of the strict default.
const DEFAULT_DAYS: i64 = 30;

/// 400 days: a year and the weeks around it; 14 months of partitions.
const RANGE_LIMIT_DAYS: i64 = 400;

/// The query parameters.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "from",
        Constraint::Time,
        "Calls that began then or later; a day counts whole. Unless given, 30 days before `to`; with `number`, `last4` or \
         `staff` the longest period in force.",
        "2026-11-03T00:00:00+09:00",
    ),
    Parameter::new(
        "to",
        Constraint::Time,
        "Calls that began before then; a day counts whole. Now unless given. At most 400 days after `from`.",
        "2026-11-04T00:00:00+09:00",
    ),
    Parameter::new("number", Constraint::Number, "The counterpart's number 相手番号, in any form.", "090-1234-5678"),
    Parameter::new("last4", Constraint::FourDigits, "The last four digits of it.", "5678"),
    Parameter::new("staff", Constraint::Text, "The member of staff, by id.", "sato"),
    Parameter::new("team", Constraint::Text, "The team at the time of the call.", "sales"),
    Parameter::new("extension", Constraint::Text, "Our extension.", "201"),
    Parameter::new("line", Constraint::Text, "Our line 回線・窓口, by its name in the rulebook.", "代表"),
    Parameter::new(
        "state",
        Constraint::State,
        "What is active unless told; what is in quarantine 要確認 is the admins'.",
        "active",
    ),
    Parameter::new(
        "limit",
        Constraint::Limit,
        "The most items of a page; 50 unless told. Of CSV a page takes 1,000 rows, and has them unless told.",
        "50",
    ),
    Parameter::new(
        "cursor",
        Constraint::Cursor,
        "What the page before gave as `next_cursor`.",
        "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiJ9",
    ),
];

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
    /// The member of staff, by id.
    pub(crate) staff: Option<String>,
    /// The team at the time of the call.
    pub(crate) team: Option<String>,
    /// The extension.
    pub(crate) extension: Option<String>,
    /// Our line's name.
    pub(crate) line: Option<String>,
    /// What is in quarantine, instead of what is active.
    pub(crate) is_quarantine: bool,
    /// The most items of a page, see [`Pages`].
    pub(crate) limit: usize,
    /// Where the page begins.
    pub(crate) start: Position,
    /// The names of what was given.
    pub(crate) used: Vec<&'static str>,
}

impl Filters {
    /// Reads query parameters. Each may be given once, and none that means nothing.
    pub(crate) fn read(given: &Given, rulebook: &Rulebook, now: Timestamp, pages: Pages) -> Result<Self, Problem> {
        let parameters = Parameters::new(given, PARAMETERS)?;
        let value = |name: &str| parameters.value(name);
        let text = |name| parameters.text(name);

        let to = parameters.range_end("to", &rulebook.zone)?.unwrap_or(now);
        let is_for_one = ["number", "last4", "staff"].into_iter().any(|name| value(name).is_some());
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
        let end = Position::before(to);
        let start = match value("cursor") {
            None => end,
            Some(cursor) => match Position::of_cursor(cursor) {
                // A cursor of another search can lie where this one has nothing.
                Some(position) if position.bound() <= end.bound() => position,
                _ => {
                    return Err(Problem::invalid("cursor", Constraint::Cursor));
                }
            },
        };
        Ok(Self {
            from,
            to,
            number: value("number").map(|text| read_number(text, &rulebook.country)).transpose()?,
            last4: value("last4").map(read_last4).transpose()?,
            staff: text("staff")?,
            team: text("team")?,
            extension: text("extension")?,
            line: text("line")?,
            is_quarantine: match value("state") {
                None | Some("active") => false,
                Some("quarantined") => true,
                Some(_) => {
                    return Err(Problem::invalid("state", Constraint::State));
                }
            },
            limit: pages.limit(value("limit"))?,
            start,
            used: parameters.names(),
        })
    }

    /// Whether a recording is one that was asked for.
    pub(crate) fn fit(&self, view: &Listed) -> bool {
        let state = if self.is_quarantine { State::Quarantined } else { State::Active };
        let number = view.counterpart.number();
        view.state == state
            && self.from <= view.started_at
            && view.started_at < self.to
            && self.number.as_ref().is_none_or(|asked| number == Some(asked))
            && self.last4.as_ref().is_none_or(|asked| number.is_some_and(|number| number.last4() == asked))
            && fits(self.staff.as_ref(), view.staff.as_ref())
            && fits(self.team.as_ref(), view.team.as_ref())
            && fits(self.extension.as_ref(), view.extension.as_ref())
            && fits(self.line.as_ref(), view.line.as_ref())
    }

    /// What was asked for beside the time, for the audit: apart from its facts, since a number can be in it.
    pub(crate) fn asked(&self) -> Asked {
        let number = self.number.as_ref().map(PhoneNumber::expose);
        let state = self.is_quarantine.then_some("quarantined");
        [
            ("number", number),
            ("last4", self.last4.as_deref()),
            ("staff", self.staff.as_deref()),
            ("team", self.team.as_deref()),
            ("extension", self.extension.as_deref()),
            ("line", self.line.as_deref()),
            ("state", state),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), AuditText::new(value?))))
        .collect()
    }

    /// How many filters a recording must pass beside the time.
    pub(crate) fn count(&self) -> usize {
        let texts = [&self.last4, &self.staff, &self.team, &self.extension, &self.line];
        usize::from(self.number.is_some()) + texts.into_iter().flatten().count()
    }
}

fn fits(asked: Option<&String>, has: Option<&String>) -> bool {
    asked.is_none_or(|asked| has == Some(asked))
}

fn read_number(text: &str, country: &str) -> Result<PhoneNumber, Problem> {
    // A `+` that was not encoded arrives as a space.
    let text = match text.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => format!("+{rest}"),
        _ => text.to_owned(),
    };
    match number::read(&text, country) {
        Counterpart::Number(number) if text.chars().count() <= NUMBER_LIMIT_CHARACTERS => Ok(number),
        Counterpart::Number(_) | Counterpart::Absent(_) => Err(Problem::invalid("number", Constraint::Number)),
    }
}

fn read_last4(text: &str) -> Result<String, Problem> {
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid("last4", Constraint::FourDigits))
    }
}

/// The days after which nothing is left of a call under any class: the day of the call and the longest period.
fn longest_days(rulebook: &Rulebook) -> i64 {
    let longest = rulebook.revisions.iter().map(|(_, days)| i64::from(days)).max().unwrap_or_default();
    (longest + 1).clamp(DEFAULT_DAYS, RANGE_LIMIT_DAYS)
}

fn days_before(at: Timestamp, days: i64) -> Result<Timestamp, Problem> {
    at.checked_sub(SignedDuration::from_hours(24 * days)).map_err(|_| Problem::invalid("to", Constraint::Time))
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
        assert_eq!(filters.start.bound(), store::SortKey::from_time("2026-11-13T00:00:00.001Z".parse().unwrap()));
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
            "2026-11-3",
            "2026-11/03",
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
    fn a_number_in_any_form_is_one_number() {
        for text in ["090-1234-5678", "+819012345678", " 819012345678", "０９０１２３４５６７８", "184 090 1234 5678"]
        {
            let number = read(&[("number", text)]).unwrap().number.unwrap();
            assert_eq!(number.expose(), "+819012345678", "{text}");
        }
        for text in ["", "非通知", "1234", "anonymous"] {
            let problem = Problem::invalid("number", Constraint::Number);
            assert_eq!(refused(&[("number", text)]), problem, "{text}");
        }
    }

    #[test]
    fn what_can_not_be_meant_is_refused_by_its_name() {
        let long = "a".repeat(129);
        for (name, value, must) in [
            ("last4", "567", Constraint::FourDigits),
            ("last4", "56789", Constraint::FourDigits),
            ("last4", "５６７８", Constraint::FourDigits),
            ("staff", "", Constraint::Text),
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
        let cursor = Position::before("2026-11-05T00:00:00Z".parse().unwrap()).to_cursor();
        assert!(read(&[("cursor", &cursor)]).is_ok());
        assert!(read(&[("cursor", &cursor), ("to", "2026-11-05T00:00:00Z")]).is_ok());
        assert_eq!(
            refused(&[("cursor", &cursor), ("to", "2026-11-04T00:00:00Z")]),
            Problem::invalid("cursor", Constraint::Cursor)
        );
    }

    #[test]
    fn the_filters_used_are_told_by_name_alone() {
        let filters = read(&[("number", "090-1234-5678"), ("staff", "sato"), ("limit", "1")]).unwrap();
        assert_eq!(filters.used, ["limit", "number", "staff"]);
        assert_eq!(filters.count(), 2);
    }
}
