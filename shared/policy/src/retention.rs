//! Periods: classes, their revisions, and the second of expiry.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// The class of what is in quarantine or waits: its days are `quarantine_days`.
pub const QUARANTINE_CLASS: &str = "quarantine";

/// A class and one of its revisions, `contracts.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClassRevision {
    /// The class's name: 1 to 32 of `a-z 0-9 - _`.
    class: String,
    /// 1 at first.
    revision: u32,
}

/// Not `class.revision`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a class revision is a name of 1 to 32 of a-z, 0-9, - and _, a dot and a number from 1")]
pub struct NotAClassRevision;

/// Whether a name can be a class: 1 to 32 of `a-z 0-9 - _`.
pub fn is_class_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

impl ClassRevision {
    /// A class's revision.
    pub fn new(class: &str, revision: u32) -> Result<Self, NotAClassRevision> {
        if is_class_name(class) && revision >= 1 {
            Ok(Self { class: class.to_owned(), revision })
        } else {
            Err(NotAClassRevision)
        }
    }

    /// The first revision of the class of quarantine; every rulebook has it.
    pub fn quarantine() -> Self {
        Self { class: QUARANTINE_CLASS.to_owned(), revision: 1 }
    }

    /// The class's name.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// Its revision, from 1.
    pub fn revision(&self) -> u32 {
        self.revision
    }
}

impl fmt::Display for ClassRevision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.class, self.revision)
    }
}

impl FromStr for ClassRevision {
    type Err = NotAClassRevision;
    fn from_str(text: &str) -> Result<Self, NotAClassRevision> {
        let (class, revision) = text.rsplit_once('.').ok_or(NotAClassRevision)?;
        let read = Self::new(class, revision.parse().map_err(|_| NotAClassRevision)?)?;
        // One way of writing it: `standard.01` and `standard.+1` would be further keys for the same revision.
        if read.to_string() == text { Ok(read) } else { Err(NotAClassRevision) }
    }
}

impl TryFrom<String> for ClassRevision {
    type Error = NotAClassRevision;
    fn try_from(text: String) -> Result<Self, NotAClassRevision> {
        text.parse()
    }
}

impl From<ClassRevision> for String {
    fn from(revision: ClassRevision) -> String {
        revision.to_string()
    }
}

/// How long each revision of each class keeps, in days after the day of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revisions(BTreeMap<ClassRevision, u32>);

/// What publishing a class's new number of days does to its revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The revision keeps longer, or the class is new: nothing is deleted sooner.
    Longer,
    /// A new revision for calls to come: nothing that stands is deleted sooner.
    ForCallsToCome,
    /// The revision itself keeps shorter: calls that stand are deleted sooner.
    Sooner,
}

impl Revisions {
    /// The days of a revision; `None` where no rulebook ever had it.
    pub fn keep_days(&self, revision: &ClassRevision) -> Option<u32> {
        self.0.get(revision).copied()
    }

    /// The newest revision of a class: the one that calls to come get.
    pub fn current(&self, class: &str) -> Option<&ClassRevision> {
        self.0.keys().filter(|revision| revision.class == class).max_by_key(|revision| revision.revision)
    }

    /// Every revision with its days.
    pub fn iter(&self) -> impl Iterator<Item = (&ClassRevision, u32)> {
        self.0.iter().map(|(revision, days)| (revision, *days))
    }

    /// Publishes a class's days. A revision owns its days: lengthening, or a shortening published as
    /// retroactive, edits the newest one (a retroactive shortening: all of the class's); any other
    /// shortening opens a new revision for calls to come.
    ///
    /// # Errors
    /// The class's name is not one, or it has 2^32 revisions.
    pub fn publish(&mut self, class: &str, keep_days: u32, retroactive: bool) -> Result<Change, NotAClassRevision> {
        let Some(current) = self.current(class).cloned() else {
            self.0.insert(ClassRevision::new(class, 1)?, keep_days);
            return Ok(Change::Longer);
        };
        let stands = self.0.get(&current).copied().unwrap_or(keep_days);
        let mut change = match keep_days.cmp(&stands) {
            std::cmp::Ordering::Equal => Change::None,
            std::cmp::Ordering::Greater => {
                self.0.insert(current.clone(), keep_days);
                Change::Longer
            }
            std::cmp::Ordering::Less if !retroactive => {
                let next = current.revision.checked_add(1).ok_or(NotAClassRevision)?;
                self.0.insert(ClassRevision::new(class, next)?, keep_days);
                Change::ForCallsToCome
            }
            std::cmp::Ordering::Less => Change::Sooner,
        };
        if retroactive {
            for (revision, days) in &mut self.0 {
                if revision.class == class && *days > keep_days {
                    *days = keep_days;
                    change = Change::Sooner;
                }
            }
        }
        Ok(change)
    }
}

/// When a call expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The first second it may no longer be heard.
    At(Timestamp),
    /// A revision no rulebook has, or a date past the calendar's end: keep.
    Never,
}

/// Midnight, in the company's zone, at the end of `day of the call + days`.
pub fn expiry(day: Date, keep_days: u32, zone: &TimeZone) -> Expiry {
    // The first moment of the day after the last one: where a zone has no midnight, its first moment.
    let ends = Span::new()
        .try_days(i64::from(keep_days))
        .and_then(|kept| day.checked_add(kept))
        .and_then(Date::tomorrow)
        .and_then(|first_day_without| first_day_without.to_zoned_datetime(zone.clone()));
    match ends {
        Ok(zoned) => Expiry::At(zoned.timestamp()),
        Err(_) => Expiry::Never,
    }
}

impl FromIterator<(ClassRevision, Date)> for Periods {
    fn from_iter<I: IntoIterator<Item = (ClassRevision, Date)>>(periods: I) -> Self {
        let mut all = Self::default();
        periods.into_iter().for_each(|(revision, day)| all.add(revision, day));
        all
    }
}

/// The periods of a call's legs: for each class revision the latest day of call it counts from.
/// Adding is commutative and idempotent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Periods(BTreeMap<ClassRevision, Date>);

impl Periods {
    /// Adds one leg's.
    pub fn add(&mut self, revision: ClassRevision, day: Date) {
        self.0.entry(revision).and_modify(|latest| *latest = day.max(*latest)).or_insert(day);
    }

    /// The revisions and their latest days.
    pub fn iter(&self) -> impl Iterator<Item = (&ClassRevision, Date)> {
        self.0.iter().map(|(revision, day)| (revision, *day))
    }

    /// The longest period counts. One revision without a rule, or no period at all: never, which means keep.
    pub fn expiry(&self, revisions: &Revisions, zone: &TimeZone) -> Expiry {
        self.longest_with_expiry(revisions, zone).map_or(Expiry::Never, |(_, at)| Expiry::At(at))
    }

    /// The revision whose period ends last; `None` where a revision has no rule.
    pub fn longest(&self, revisions: &Revisions, zone: &TimeZone) -> Option<ClassRevision> {
        self.longest_with_expiry(revisions, zone).map(|(revision, _)| revision.clone())
    }

    fn longest_with_expiry(&self, revisions: &Revisions, zone: &TimeZone) -> Option<(&ClassRevision, Timestamp)> {
        let mut longest: Option<(&ClassRevision, Timestamp)> = None;
        for (revision, day) in &self.0 {
            let keep_days = revisions.keep_days(revision)?;
            let Expiry::At(at) = expiry(*day, keep_days, zone) else {
                return None;
            };
            if longest.is_none_or(|(_, latest)| at > latest) {
                longest = Some((revision, at));
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;
    use jiff::{SignedDuration, ToSpan};
    use proptest::prelude::*;

    use crate::rulebook::Rulebook;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn revision(text: &str) -> ClassRevision {
        text.parse().unwrap()
    }

    fn moment(expiry: Expiry) -> Timestamp {
        match expiry {
            Expiry::At(at) => at,
            Expiry::Never => panic!("never"),
        }
    }

    #[test]
    fn a_class_revision_has_one_way_of_being_written() {
        for text in ["standard.1", "a.4294967295", "2-a_b.10"] {
            let parsed: ClassRevision = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
            assert_eq!(
                serde_json::from_str::<ClassRevision>(&serde_json::to_string(&parsed).unwrap()).unwrap(),
                parsed
            );
        }
        let long = format!("{}.1", "a".repeat(33));
        for text in [
            "",
            "standard",
            "standard.",
            ".1",
            "standard.0",
            "standard.01",
            "standard.+1",
            "standard.-1",
            "standard.1 ",
            "standard.4294967296",
            "Standard.1",
            "a.b.1",
            "契約.1",
            "a#b.1",
            &long,
        ] {
            assert_eq!(text.parse::<ClassRevision>(), Err(NotAClassRevision), "{text}");
        }
    }

    #[test]
    fn a_call_expires_at_midnight_in_the_companys_zone_at_the_end_of_its_last_day() {
        for (zone_name, day, keep_days, expected) in [
            ("Asia/Tokyo", date(2026, 11, 3), 30, "2026-12-03T15:00:00Z"),
            ("Asia/Tokyo", date(2026, 11, 3), 0, "2026-11-03T15:00:00Z"),
            ("Asia/Tokyo", date(2028, 2, 28), 1, "2028-02-29T15:00:00Z"),
            ("UTC", date(2026, 12, 31), 1, "2027-01-02T00:00:00Z"),
            // Summer time begins and ends in between.
            ("America/New_York", date(2026, 3, 7), 0, "2026-03-08T05:00:00Z"),
            ("America/New_York", date(2026, 3, 7), 1, "2026-03-09T04:00:00Z"),
            ("America/New_York", date(2026, 10, 31), 1, "2026-11-02T05:00:00Z"),
            // Clocks go from 24:00 to 1:00: the day after has no midnight, and begins at 1:00.
            ("Africa/Cairo", date(2026, 4, 23), 0, "2026-04-23T22:00:00Z"),
            ("America/Sao_Paulo", date(2018, 11, 3), 0, "2018-11-04T03:00:00Z"),
            // Clocks go from 24:00 back to 23:00: the day has an hour more.
            ("Africa/Cairo", date(2026, 10, 29), 0, "2026-10-29T22:00:00Z"),
            // Clocks go from 1:00 back to 0:00: the day after has two midnights, and begins with the first.
            ("America/Havana", date(2026, 10, 31), 0, "2026-11-01T04:00:00Z"),
            // A whole day was left out: the day after is the one behind it.
            ("Pacific/Apia", date(2011, 12, 29), 0, "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(
                expiry(day, keep_days, &zone(zone_name)),
                Expiry::At(expected.parse().unwrap()),
                "{day} and {keep_days} days in {zone_name}"
            );
        }
    }

    #[test]
    fn past_the_calendars_end_means_keep() {
        assert_eq!(expiry(date(9999, 12, 31), 0, &TimeZone::UTC), Expiry::Never);
        assert_eq!(expiry(date(2026, 1, 1), u32::MAX, &TimeZone::UTC), Expiry::Never);
    }

    #[test]
    fn around_every_change_of_every_zones_clocks_the_last_day_is_over_at_expiry_and_not_before() {
        let (from, until): (Timestamp, Timestamp) =
            ("2020-01-01T00:00:00Z".parse().unwrap(), "2040-01-01T00:00:00Z".parse().unwrap());
        let mut changes = 0;
        for name in jiff::tz::db().available() {
            let zone = zone(name.as_str());
            for change in zone.following(from).take_while(|change| change.timestamp() < until) {
                changes += 1;
                let changed_on = zone.to_datetime(change.timestamp()).date();
                for last_day in [changed_on.yesterday().unwrap(), changed_on, changed_on.tomorrow().unwrap()] {
                    let ends = moment(expiry(last_day, 0, &zone));
                    let day_at = |at: Timestamp| zone.to_datetime(at).date();
                    assert!(day_at(ends - SignedDuration::from_nanos(1)) <= last_day, "{name:?} {last_day}: late");
                    for hours in 0..4 {
                        assert!(
                            day_at(ends + SignedDuration::from_hours(hours)) > last_day,
                            "{name:?} {last_day}: early"
                        );
                    }
                }
            }
        }
        assert!(changes > 1_000, "{changes} changes");
    }

    fn zones() -> impl Strategy<Value = TimeZone> {
        proptest::sample::select(vec![
            "Asia/Tokyo",
            "UTC",
            "America/New_York",
            "America/Havana",
            "Africa/Cairo",
            "America/Sao_Paulo",
            "Asia/Beirut",
            "America/Santiago",
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Atlantic/Azores",
        ])
        .prop_map(zone)
    }

    fn days() -> impl Strategy<Value = Date> {
        (0_i64..20_000).prop_map(|offset| date(2000, 1, 1).checked_add(offset.days()).unwrap())
    }

    fn class_revisions() -> impl Strategy<Value = ClassRevision> {
        proptest::sample::select(vec!["standard.1", "standard.2", "contracts.1", "quarantine.1"])
            .prop_map(|text| text.parse().unwrap())
    }

    fn ruled(zone: TimeZone, keep_days: &[(&str, u32)]) -> Rulebook {
        let mut rulebook = Rulebook::strict_default("root");
        rulebook.zone = zone;
        rulebook.revisions = Revisions(keep_days.iter().map(|(text, days)| (revision(text), *days)).collect());
        rulebook
    }

    proptest! {
        #[test]
        fn more_days_or_a_later_day_never_end_sooner(
            zone in zones(), day in days(), keep_days in 0_u32..5_000, more in 0_u32..400, later in 0_i64..400
        ) {
            let ends = moment(expiry(day, keep_days, &zone));
            prop_assert!(ends <= moment(expiry(day, keep_days + more, &zone)));
            let later = day.checked_add(later.days()).unwrap();
            prop_assert!(ends <= moment(expiry(later, keep_days, &zone)));
            // The day of the call and then whole days, give or take the hours that clocks changed by.
            let began = day.to_zoned_datetime(zone).unwrap().timestamp();
            let kept_hours = ends.duration_since(began).as_hours();
            prop_assert!(kept_hours.abs_diff(24 * (i64::from(keep_days) + 1)) <= 25, "{} hours", kept_hours);
        }

        #[test]
        fn periods_are_the_same_in_whatever_order_and_however_often_they_are_added(
            legs in proptest::collection::vec((class_revisions(), days()), 0..8),
            order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..24),
        ) {
            let mut straight = Periods::default();
            for (revision, day) in &legs {
                straight.add(revision.clone(), *day);
            }
            let mut mixed = Periods::default();
            for index in order.iter().filter(|_| !legs.is_empty()) {
                let (revision, day) = index.get(&legs);
                mixed.add(revision.clone(), *day);
            }
            for (revision, day) in legs.iter().rev() {
                mixed.add(revision.clone(), *day);
            }
            prop_assert_eq!(&straight, &mixed);
            let json = serde_json::to_string(&straight).unwrap();
            prop_assert_eq!(serde_json::from_str::<Periods>(&json).unwrap(), straight);
        }

        #[test]
        fn the_longest_period_counts_and_one_more_leg_never_ends_a_call_sooner(
            zone in zones(),
            legs in proptest::collection::vec((class_revisions(), days()), 1..8),
            keep_days in proptest::array::uniform4(0_u32..4_000),
        ) {
            let names = ["standard.1", "standard.2", "contracts.1", "quarantine.1"];
            let all: Vec<(&str, u32)> = names.into_iter().zip(keep_days).collect();
            let rulebook = ruled(zone.clone(), &all);
            let mut periods = Periods::default();
            let mut longest = Timestamp::MIN;
            for (revision, day) in legs {
                let own = moment(expiry(day, rulebook.revisions.keep_days(&revision).unwrap(), &zone));
                longest = longest.max(own);
                periods.add(revision, day);
                prop_assert_eq!(periods.expiry(&rulebook.revisions, &rulebook.zone), Expiry::At(longest));
                let nominated = periods.longest(&rulebook.revisions, &rulebook.zone).unwrap();
                let (_, latest_day) = periods.iter().find(|(revision, _)| **revision == nominated).unwrap();
                let its_own = expiry(latest_day, rulebook.revisions.keep_days(&nominated).unwrap(), &zone);
                prop_assert_eq!(its_own, Expiry::At(longest));
            }
            periods.add(revision("vanished.1"), date(2000, 1, 1));
            prop_assert_eq!(periods.expiry(&rulebook.revisions, &rulebook.zone), Expiry::Never);
            prop_assert_eq!(periods.longest(&rulebook.revisions, &rulebook.zone), None);
        }

        #[test]
        fn nothing_but_a_retroactive_change_makes_a_revision_that_stands_shorter(
            changes in proptest::collection::vec(
                (proptest::sample::select(vec!["standard", "contracts"]), 1_u32..6, any::<bool>()), 1..20)
        ) {
            let mut revisions = Revisions::default();
            for (class, keep_days, retroactive) in changes {
                let before = revisions.clone();
                let change = revisions.publish(class, keep_days, retroactive).unwrap();
                let shorter: Vec<_> = before.iter().filter(|(revision, days)| revisions.keep_days(revision).unwrap() < *days).collect();
                prop_assert_eq!(!shorter.is_empty(), change == Change::Sooner);
                prop_assert!(shorter.is_empty() || retroactive);
                prop_assert!(shorter.iter().all(|(revision, _)| revision.class() == class));
                // Calls to come get what was published, and no revision of a class is skipped.
                let current = revisions.current(class).unwrap();
                prop_assert_eq!(revisions.keep_days(current), Some(keep_days));
                prop_assert_eq!(change == Change::None, before == revisions);
                let opened = current.revision() != before.current(class).map_or(1, ClassRevision::revision);
                prop_assert_eq!(opened, change == Change::ForCallsToCome);
                let of_class = revisions.iter().filter(|(revision, _)| revision.class() == class).count();
                prop_assert_eq!(u32::try_from(of_class).unwrap(), current.revision());
                if retroactive {
                    prop_assert!(revisions.iter().all(|(revision, days)| revision.class() != class || days <= keep_days));
                }
                let json = serde_json::to_string(&revisions).unwrap();
                prop_assert_eq!(serde_json::from_str::<Revisions>(&json).unwrap(), revisions.clone());
            }
        }
    }

    #[test]
    fn a_shortening_opens_a_revision_unless_it_is_retroactive_and_a_lengthening_edits_the_newest() {
        let mut revisions = Revisions::default();
        for (keep_days, retroactive, change, expected) in [
            (30, false, Change::Longer, &[("standard.1", 30)][..]),
            (30, false, Change::None, &[("standard.1", 30)]),
            (60, false, Change::Longer, &[("standard.1", 60)]),
            (20, false, Change::ForCallsToCome, &[("standard.1", 60), ("standard.2", 20)]),
            (40, false, Change::Longer, &[("standard.1", 60), ("standard.2", 40)]),
            (50, true, Change::Sooner, &[("standard.1", 50), ("standard.2", 50)]),
            (50, true, Change::None, &[("standard.1", 50), ("standard.2", 50)]),
            (70, true, Change::Longer, &[("standard.1", 50), ("standard.2", 70)]),
            (10, true, Change::Sooner, &[("standard.1", 10), ("standard.2", 10)]),
        ] {
            assert_eq!(revisions.publish("standard", keep_days, retroactive), Ok(change), "{keep_days} {retroactive}");
            let all: Vec<_> = revisions.iter().map(|(revision, days)| (revision.clone(), days)).collect();
            let expected: Vec<_> = expected.iter().map(|(text, days)| (revision(text), *days)).collect();
            assert_eq!(all, expected, "{keep_days} {retroactive}");
        }
        assert_eq!(revisions.publish("Standard", 1, false), Err(NotAClassRevision));
        assert_eq!(revisions.current("contracts"), None);
    }

    #[test]
    fn the_newest_revision_is_the_one_with_the_greatest_number_not_the_last_in_the_alphabet() {
        let revisions = Revisions([("a.9", 1), ("a.10", 2)].map(|(text, days)| (revision(text), days)).into());
        assert_eq!(revisions.current("a"), Some(&revision("a.10")));
        let mut full = Revisions([(revision("a.4294967295"), 9)].into());
        assert_eq!(full.publish("a", 8, false), Err(NotAClassRevision));
        assert_eq!(full.iter().count(), 1);
    }

    #[test]
    fn no_period_at_all_means_keep() {
        let rulebook = Rulebook::strict_default("root");
        assert_eq!(Periods::default().expiry(&rulebook.revisions, &rulebook.zone), Expiry::Never);
    }
}
