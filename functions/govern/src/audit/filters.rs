//! The filters of the audit.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::audit::AuditAction;
use policy::names::{self, NameKind, Named, Names};
use policy::rulebook::Rulebook;
use policy::{Label, Language};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::CONDITIONS;
use rokuban_http::paging::{Pages, read_cursor};
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use store::{AUDIT_SHARDS, AuditEvent, AuditPartition, AuditText, Month};

use super::page::Position;

/// 92 days: a quarter.
const DAYS_LIMIT: i64 = 92;

/// 30 days of one member, both ends included, where nothing is said.
const DEFAULT_DAYS: i64 = 30;

/// The query parameters of the audit.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "day",
        Constraint::Day,
        "The one day, in the company's zone; without `staff`, `from` and `to` today.",
        "2026-11-03",
    ),
    Parameter::new(
        "staff",
        Constraint::Text,
        "Whose events, by id or name in any width or case; everybody's unless given.",
        "kato",
    ),
    Parameter::new(
        "from",
        Constraint::Day,
        "The first day; unless given the last one too, with `staff` 29 days before it.",
        "2026-11-01",
    ),
    Parameter::new(
        "to",
        Constraint::Day,
        "The last day, at most 92 days with the first; today unless given.",
        "2026-11-13",
    ),
    Parameter::new(
        "action",
        Constraint::Text,
        "What was done or asked for: a word of the audit, or its label in English or Japanese.",
        "play",
    ),
    Parameter::new("outcome", Constraint::Outcome, "What came of it.", "refused"),
    Parameter::new("recording", Constraint::Text, "The recording it was about.", "3tqk5nwo2xvq7yhl4zgm6cbeda"),
    CONDITIONS,
    Parameter::new("limit", Constraint::Limit, "The most items of a page; 50 unless told.", "50"),
    Parameter::new(
        "cursor",
        Constraint::Cursor,
        "What the page before gave as `next_cursor`.",
        "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSJ9",
    ),
];

/// The query parameters that name a member and days, and nothing else.
pub(super) const PARAMETERS_OF_A_MEMBER: &[Parameter] = &[
    Parameter::new("staff", Constraint::Text, "Who reached them, by id or name. It must be given.", "kato"),
    Parameter::new("from", Constraint::Day, "The first day; 29 days before `to` unless told.", "2026-11-01"),
    Parameter::new(
        "to",
        Constraint::Day,
        "The last day, at most 92 days with the first; today unless told.",
        "2026-11-13",
    ),
    CONDITIONS,
];

/// What an audit query asks for: days, and what an event must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuditFilters {
    /// The first day, in the company's zone.
    pub(super) first: Date,
    /// The last day, inclusive.
    pub(super) last: Date,
    /// The company's zone.
    zone: TimeZone,
    /// The first moment of the first day.
    from: Timestamp,
    /// The first moment after the last day.
    until: Timestamp,
    /// Whose, by id; `None` is everybody.
    pub(super) staff: Option<String>,
    action: Option<AuditAction>,
    /// The action, as it was typed.
    typed_action: Option<String>,
    outcome: Option<String>,
    recording: Option<String>,
    /// The most items of a page: 1 to 100.
    pub(super) limit: usize,
    /// Where the page begins; `None` is at the newest.
    pub(super) start: Option<Position>,
}

/// Partitions that are read together, and from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) partitions: Vec<AuditPartition>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl AuditFilters {
    /// Reads the parameters of `GET /audit`.
    pub(super) fn read(given: &Given, rulebook: &Rulebook, now: Timestamp, pages: Pages) -> Result<Self, Problem> {
        let cursor = read_cursor(given)?;
        Self::of(Parameters::new(given, PARAMETERS)?, cursor, rulebook, (now, pages))
    }

    fn of(
        parameters: Parameters<'_>,
        cursor: Option<&str>,
        rulebook: &Rulebook,
        (now, pages): (Timestamp, Pages),
    ) -> Result<Self, Problem> {
        parameters.yes_or_no(CONDITIONS.name)?;
        let value = |name| parameters.value(name);
        let text = |name| parameters.text(name);
        let staff = text("staff")?;
        let days = days_of(parameters, staff.is_some(), rulebook.day_of(now))?;
        let (from, until) = bounds(days, rulebook)?;
        let outcome = match value("outcome") {
            None | Some("permitted" | "refused") => value("outcome").map(str::to_owned),
            Some(_) => return Err(Problem::invalid("outcome", Constraint::Outcome)),
        };
        let start = cursor.map(|cursor| {
            // With days that end now, the end moves on between two pages: what is left must still lie in them.
            let position = Position::of_cursor(cursor).filter(|position| position.is_between(from, until));
            position.ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))
        });
        Ok(Self {
            first: days.0,
            last: days.1,
            zone: rulebook.zone.clone(),
            from,
            until,
            staff,
            action: None,
            typed_action: text("action")?,
            outcome,
            recording: text("recording")?,
            limit: pages.limit(value("limit"))?,
            start: start.transpose()?,
        })
    }

    /// Puts the id in the place of the member's name, and reads the action's word. A member whom no list has is sought as
    /// typed, since older lists may have had one; `Some` is then what to answer where nothing is found.
    ///
    /// # Errors
    /// The action is no word of the audit.
    pub(super) fn resolve(&mut self, caller: &MemberCaller) -> Result<Option<Problem>, Problem> {
        if let Some(text) = &self.typed_action {
            self.action = Some(read_action(text)?);
        }
        let Some(text) = &self.staff else { return Ok(None) };
        let names = Names::new(&caller.member, &caller.rulebook);
        match names.find(NameKind::Staff, text).as_slice() {
            [] => Ok(Some(Problem::unknown_name("staff", &names.candidates(NameKind::Staff, text)))),
            [id] => {
                self.staff = Some(id.clone());
                Ok(None)
            }
            // Whose trace is read must be one: of several of a name the id says which.
            _ => Err(Problem::unknown_name("staff", &names.candidates(NameKind::Staff, text))),
        }
    }

    /// Reads a member and days, all of whose events are asked for.
    pub(super) fn of_a_member(given: &Given, rulebook: &Rulebook, now: Timestamp) -> Result<Self, Problem> {
        let parameters = Parameters::new(given, PARAMETERS_OF_A_MEMBER)?;
        if parameters.value("staff").is_none() {
            return Err(Problem::invalid("staff", Constraint::Text));
        }
        Self::of(parameters, None, rulebook, (now, Pages::Json))
    }

    /// Whether an event is one that was asked for.
    pub(super) fn fits(&self, event: &AuditEvent) -> bool {
        let recording = event.facts.get("recording");
        self.staff.as_ref().is_none_or(|asked| event.staff == *asked)
            && self.action.is_none_or(|asked| event.action == asked)
            && self.outcome.as_ref().is_none_or(|asked| event.outcome.as_str() == asked)
            && self.recording.as_ref().is_none_or(|asked| recording == Some(asked))
    }

    /// Whether what was read may not be wanted.
    pub(super) fn is_selective(&self) -> bool {
        self.action.is_some() || self.outcome.is_some() || self.recording.is_some()
    }

    /// What was asked for beside the days, for the audit.
    pub(super) fn words(&self) -> BTreeMap<String, AuditText> {
        let words = [
            ("staff", &self.staff),
            ("action", &self.typed_action),
            ("outcome", &self.outcome),
            ("recording", &self.recording),
        ];
        words.into_iter().filter_map(|(name, word)| Some((name.to_owned(), AuditText::new(word.clone()?)))).collect()
    }

    /// Whether nothing was given back before this page.
    pub(super) fn is_first_page(&self) -> bool {
        self.start.is_none()
    }

    /// The days, newest first, each with its shards.
    fn days(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        let (mut day, mut until) = (self.last, self.until);
        while day >= self.first {
            let partitions = (0..AUDIT_SHARDS).map(|shard| AuditPartition::Day(day, shard)).collect();
            let Ok(from) = day.to_zoned_datetime(self.zone.clone()).map(|midnight| midnight.timestamp()) else {
                break;
            };
            groups.push(Group { partitions, from, until });
            let Ok(before) = day.yesterday() else { break };
            (day, until) = (before, from);
        }
        groups
    }

    /// Where the events lie, newest first: of everybody the shards of the days, of a member the months, in UTC.
    pub(super) fn groups(&self) -> Vec<Group> {
        let Some(staff) = &self.staff else {
            return self.days();
        };
        let mut groups = Vec::new();
        let mut until = self.until;
        while until > self.from {
            let Ok(latest) = until.checked_sub(SignedDuration::from_nanos(1)) else {
                break;
            };
            let first = latest.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
            let Ok(begins_at) = first.to_zoned_datetime(TimeZone::UTC).map(|midnight| midnight.timestamp()) else {
                break;
            };
            let partitions = vec![AuditPartition::Member(staff.clone(), Month::of(latest))];
            groups.push(Group { partitions, from: begins_at.max(self.from), until });
            until = begins_at;
        }
        groups
    }
}

/// The action that a word of the audit, or its label in either language, means.
fn read_action(text: &str) -> Result<AuditAction, Problem> {
    let wanted = names::fold(text);
    let labels = [Language::English, Language::Japanese];
    let is_meant = |action: &AuditAction| {
        names::fold(action.as_str()) == wanted || labels.iter().any(|of| names::fold(action.label(*of)) == wanted)
    };
    AuditAction::ALL.into_iter().find(is_meant).ok_or_else(|| {
        let named = |action: AuditAction| Named {
            id: action.as_str().to_owned(),
            name: action.label(Language::Japanese).to_owned(),
        };
        Problem::unknown_name("action", &names::likeliest(AuditAction::ALL.map(named).to_vec(), text))
    })
}

/// The first and the last day: `day` alone, or `from` and `to`.
fn days_of(parameters: Parameters<'_>, is_of_one: bool, today: Date) -> Result<(Date, Date), Problem> {
    let day = |name| parameters.day(name);
    let invalid = |parameter, constraint| Err(Problem::invalid(parameter, constraint));
    let (from, to) = (day("from")?, day("to")?);
    if let Some(day) = day("day")? {
        return if from.is_some() || to.is_some() { invalid("day", Constraint::DayAlone) } else { Ok((day, day)) };
    }
    let last = to.unwrap_or(today);
    let default_first = if is_of_one { last.checked_sub((DEFAULT_DAYS - 1).days()).unwrap_or(last) } else { last };
    let first = from.unwrap_or(default_first);
    if first > last {
        return invalid("from", Constraint::NotAfter);
    }
    let earliest = last.checked_sub((DAYS_LIMIT - 1).days()).unwrap_or(Date::MIN);
    if first < earliest { invalid("from", Constraint::WithinDays) } else { Ok((first, last)) }
}

/// The first moment of the first day and the first after the last.
fn bounds((first, last): (Date, Date), rulebook: &Rulebook) -> Result<(Timestamp, Timestamp), Problem> {
    let midnight = |day: Date| day.to_zoned_datetime(rulebook.zone.clone()).map(|midnight| midnight.timestamp());
    let bounds = midnight(first).and_then(|from| Ok((from, midnight(last.checked_add(1.day())?)?)));
    bounds.map_err(|_| Problem::invalid("to", Constraint::Day))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-13T00:00:00Z".parse().unwrap()
    }

    fn read(given: &[(&str, &str)]) -> Result<AuditFilters, Problem> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AuditFilters::read(&Given(given), &Rulebook::strict_default("root"), now(), Pages::Json)
    }

    #[test]
    fn everybodys_day_is_today_and_a_members_are_thirty_and_either_may_be_a_quarter() {
        let days = |given: &[(&str, &str)]| read(given).map(|asked| (asked.first, asked.last));
        let today = date(2026, 11, 13);
        let third = date(2026, 11, 3);
        for (given, first, last) in [
            (&[][..], today, today),
            (&[("day", "2026-11-03")], third, third),
            (&[("from", "2026-11-03")], third, today),
            (&[("from", "2026-08-14")], date(2026, 8, 14), today),
            (&[("to", "2026-11-03")], third, third),
            (&[("from", "2026-11-03"), ("to", "2026-11-03")], third, third),
            (&[("staff", "sato")], date(2026, 10, 15), today),
            (&[("staff", "sato"), ("day", "2026-11-03")], third, third),
            (&[("staff", "sato"), ("from", "2026-11-03")], third, today),
            (&[("staff", "sato"), ("from", "2026-08-14")], date(2026, 8, 14), today),
        ] {
            assert_eq!(days(given), Ok((first, last)), "{given:?}");
        }
        for (given, parameter, constraint) in [
            (&[("from", "2026-08-13")][..], "from", Constraint::WithinDays),
            (&[("from", "2026-11-05"), ("to", "2026-11-04")], "from", Constraint::NotAfter),
            (&[("staff", "sato"), ("from", "2026-11-05"), ("to", "2026-11-04")], "from", Constraint::NotAfter),
            (&[("staff", "sato"), ("from", "2026-08-13")], "from", Constraint::WithinDays),
            (&[("day", "2026-11-03"), ("to", "2026-11-03")], "day", Constraint::DayAlone),
            (&[("day", "yesterday")], "day", Constraint::Day),
            (&[("day", "9999-12-31")], "to", Constraint::Day),
            (&[("staff", "")], "staff", Constraint::Text),
            (&[("outcome", "done")], "outcome", Constraint::Outcome),
            (&[("limit", "101")], "limit", Constraint::Limit),
            (&[("cursor", "x")], "cursor", Constraint::Cursor),
            (&[("day", "2026-11-03"), ("day", "2026-11-03")], "day", Constraint::Once),
        ] {
            assert_eq!(days(given), Err(Problem::invalid(parameter, constraint)), "{given:?}");
        }
        assert_eq!(days(&[("days", "1")]), Err(Problem::unknown_parameter(PARAMETERS)));
    }

    #[test]
    fn a_member_is_read_by_month_in_utc_newest_first_and_everybody_by_the_shards_of_the_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let asked = read(&[("staff", "sato"), ("from", "2026-10-01"), ("to", "2026-11-01")]).unwrap();
        let member = |month: &str| vec![AuditPartition::Member("sato".to_owned(), month.parse().unwrap())];
        let group = |month, from, until| Group { partitions: member(month), from: at(from), until: at(until) };
        assert_eq!(
            asked.groups(),
            [
                group("2026-11", "2026-11-01T00:00:00Z", "2026-11-01T15:00:00Z"),
                group("2026-10", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
                group("2026-09", "2026-09-30T15:00:00Z", "2026-10-01T00:00:00Z"),
            ]
        );
        let groups = read(&[("day", "2026-11-03")]).unwrap().groups();
        assert_eq!(groups.len(), 1);
        let shards: Vec<_> = (0..4).map(|shard| AuditPartition::Day(date(2026, 11, 3), shard)).collect();
        assert_eq!((&groups[0].partitions, groups[0].from), (&shards, at("2026-11-02T15:00:00Z")));
        let groups = read(&[("from", "2026-11-01"), ("to", "2026-11-03")]).unwrap().groups();
        let untils: Vec<Timestamp> = groups.iter().map(|group| group.until).collect();
        assert_eq!(untils, ["2026-11-03T15:00:00Z", "2026-11-02T15:00:00Z", "2026-11-01T15:00:00Z"].map(at));
    }

    #[test]
    fn an_action_is_read_by_its_word_and_its_labels() {
        for text in ["delete", "DELETE", "削除依頼", "Request a deletion"] {
            assert_eq!(read_action(text), Ok(AuditAction::Delete), "{text}");
        }
        for (text, nearest) in [("deleted", "delete"), ("削除", "delete"), ("playing", "play")] {
            let problem = read_action(text).unwrap_err();
            let candidates = problem.members(Language::English)["candidates"].to_string();
            assert!(candidates.contains(&format!("\"{nearest}\"")), "{candidates}");
        }
    }
}
