//! Periods: classes, their revisions, and the second of expiry.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::rulebook::Rulebook;

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
        Self::new(class, revision.parse().map_err(|_| NotAClassRevision)?)
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
    let ends = day
        .checked_add(i64::from(keep_days).days())
        .and_then(jiff::civil::Date::tomorrow)
        .and_then(|first_day_without| first_day_without.to_zoned_datetime(zone.clone()));
    match ends {
        Ok(zoned) => Expiry::At(zoned.timestamp()),
        Err(_) => Expiry::Never,
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
    pub fn expiry(&self, rulebook: &Rulebook) -> Expiry {
        self.longest_with_expiry(rulebook).map_or(Expiry::Never, |(_, at)| Expiry::At(at))
    }

    /// The revision whose period ends last; `None` where a revision has no rule.
    pub fn longest(&self, rulebook: &Rulebook) -> Option<ClassRevision> {
        self.longest_with_expiry(rulebook).map(|(revision, _)| revision.clone())
    }

    fn longest_with_expiry(&self, rulebook: &Rulebook) -> Option<(&ClassRevision, Timestamp)> {
        let mut longest: Option<(&ClassRevision, Timestamp)> = None;
        for (revision, day) in &self.0 {
            let keep_days = rulebook.revisions.keep_days(revision)?;
            let Expiry::At(at) = expiry(*day, keep_days, &rulebook.zone) else {
                return None;
            };
            if longest.is_none_or(|(_, latest)| at > latest) {
                longest = Some((revision, at));
            }
        }
        longest
    }
}
