//! A plan: what another rulebook would do to the calls that live, counted before it is published.
//!
//! It computes as the sweep does ([`crate::call::due`]), call by call, for calls without a hold: those under one stay.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::retention::{Expiry, Revisions};
use crate::rulebook::Rulebook;

/// 24 hours: calls come and go, and what was counted is no longer what would be deleted.
pub const PLAN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What decides when a call ends, of one rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The days of every class revision.
    pub revisions: Revisions,
    /// The company's zone, by its name.
    pub zone_name: String,
    /// How long what has just come is kept at least.
    pub settle_hours: u32,
}

impl Terms {
    /// Those of a rulebook.
    pub fn of(rulebook: &Rulebook) -> Self {
        Self {
            revisions: rulebook.revisions.clone(),
            zone_name: rulebook.zone_name.clone(),
            settle_hours: rulebook.settle_hours,
        }
    }
}

/// Both sides of a plan, ready to compute with.
#[derive(Debug)]
pub struct Comparison {
    before: Terms,
    after: Terms,
    zone_before: TimeZone,
    zone_after: TimeZone,
    effective_at: Timestamp,
}

/// A zone is on no list of this system.
#[derive(Debug, thiserror::Error)]
#[error("cannot compute in the zone of a plan")]
pub struct NoSuchZone(#[source] jiff::Error);

/// When a call ends under both rulebooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Under the one in force; `None`: it is kept.
    pub before: Option<Timestamp>,
    /// Under the other one, which comes into force at a moment.
    pub after: Option<Timestamp>,
}

impl Comparison {
    /// Two rulebooks, of which the second would come into force at a moment.
    ///
    /// # Errors
    /// This system does not know a zone of theirs.
    pub fn new(before: Terms, after: Terms, effective_at: Timestamp) -> Result<Self, NoSuchZone> {
        Ok(Self {
            zone_before: TimeZone::get(&before.zone_name).map_err(NoSuchZone)?,
            zone_after: TimeZone::get(&after.zone_name).map_err(NoSuchZone)?,
            before,
            after,
            effective_at,
        })
    }

    /// When a call ends under both. What ends before the other rulebook is in force ends as it would without it, and
    /// nothing is deleted under that one earlier.
    pub fn ends(&self, call: &Call) -> Ends {
        let before = ends_at(call, &self.before, &self.zone_before);
        if before.is_some_and(|before| before <= self.effective_at) {
            return Ends { before, after: before };
        }
        let after = ends_at(call, &self.after, &self.zone_after).map(|after| after.max(self.effective_at));
        Ends { before, after }
    }

    /// Counts one call, by the class that its period is of and its team.
    pub fn count(&self, tally: &mut Tally, call: &Call, class: &str, team: Option<&str>) {
        let ends = self.ends(call);
        let change = ends.change();
        tally.total.add(change);
        tally.by_class.entry(class.to_owned()).or_default().add(change);
        tally.by_team.entry(team.map(str::to_owned)).or_default().add(change);
        if change == Change::Unchanged {
            return;
        }
        let day = |at: Timestamp, zone: &TimeZone| at.to_zoned_datetime(zone.clone()).date();
        if let Some(before) = ends.before {
            tally.by_day.entry(day(before, &self.zone_before)).or_default().before += 1;
        }
        if let Some(after) = ends.after {
            tally.by_day.entry(day(after, &self.zone_after)).or_default().after += 1;
        }
        tally.at_once += u64::from(ends.after == Some(self.effective_at));
    }
}

/// When the sweep may delete a call under some terms; `None`: a class of it has no rule, so it is kept.
fn ends_at(call: &Call, terms: &Terms, zone: &TimeZone) -> Option<Timestamp> {
    let Expiry::At(expiry) = call.periods.expiry(&terms.revisions, zone) else {
        return None;
    };
    let settle = SignedDuration::from_hours(i64::from(terms.settle_hours));
    let settles_from = call.understood_at.map_or(call.taken_in_at, |at| at.max(call.taken_in_at));
    Some(expiry.max(settles_from.checked_add(settle).ok()?))
}

/// What another rulebook does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is deleted sooner.
    Sooner,
    /// It is deleted later.
    Later,
    /// Neither.
    Unchanged,
}

impl Ends {
    /// What the other rulebook does.
    pub fn change(self) -> Change {
        let moment = |at: Option<Timestamp>| at.unwrap_or(Timestamp::MAX);
        match moment(self.after).cmp(&moment(self.before)) {
            std::cmp::Ordering::Less => Change::Sooner,
            std::cmp::Ordering::Greater => Change::Later,
            std::cmp::Ordering::Equal => Change::Unchanged,
        }
    }
}

/// How many calls are deleted sooner, later, or when they would be anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Sooner.
    pub sooner: u64,
    /// Later.
    pub later: u64,
    /// As before.
    pub unchanged: u64,
}

impl Changes {
    fn add(&mut self, change: Change) {
        match change {
            Change::Sooner => self.sooner += 1,
            Change::Later => self.later += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        self.sooner += other.sooner;
        self.later += other.later;
        self.unchanged += other.unchanged;
    }

    /// All of them.
    pub fn calls(self) -> u64 {
        self.sooner + self.later + self.unchanged
    }
}

/// How many of the calls whose end changes end on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayEnds {
    /// Under the rulebook in force.
    pub before: u64,
    /// Under the other one.
    pub after: u64,
}

/// What a plan, or a part of one, counted: as large as there are days, classes and teams, however many calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenTally", into = "WrittenTally")]
pub struct Tally {
    /// Every call.
    pub total: Changes,
    /// Of those that are deleted sooner, how many at once, when the other rulebook comes into force.
    pub at_once: u64,
    /// By the day on which they end, of those that change.
    pub by_day: BTreeMap<Date, DayEnds>,
    /// By the class of their longest period.
    pub by_class: BTreeMap<String, Changes>,
    /// By the team of their first recording.
    pub by_team: BTreeMap<Option<String>, Changes>,
}

/// A tally as JSON has it: no key of a JSON object is nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTally {
    total: Changes,
    at_once: u64,
    by_day: Vec<(Date, DayEnds)>,
    by_class: Vec<(String, Changes)>,
    by_team: Vec<(Option<String>, Changes)>,
}

impl From<Tally> for WrittenTally {
    fn from(tally: Tally) -> Self {
        Self {
            total: tally.total,
            at_once: tally.at_once,
            by_day: tally.by_day.into_iter().collect(),
            by_class: tally.by_class.into_iter().collect(),
            by_team: tally.by_team.into_iter().collect(),
        }
    }
}

impl From<WrittenTally> for Tally {
    fn from(written: WrittenTally) -> Self {
        Self {
            total: written.total,
            at_once: written.at_once,
            by_day: written.by_day.into_iter().collect(),
            by_class: written.by_class.into_iter().collect(),
            by_team: written.by_team.into_iter().collect(),
        }
    }
}

impl Tally {
    /// Adds what another part counted.
    pub fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        self.at_once += other.at_once;
        for (day, ends) in other.by_day {
            let of_day = self.by_day.entry(day).or_default();
            of_day.before += ends.before;
            of_day.after += ends.after;
        }
        for (class, changes) in other.by_class {
            self.by_class.entry(class).or_default().merge(changes);
        }
        for (team, changes) in other.by_team {
            self.by_team.entry(team).or_default().merge(changes);
        }
    }
}

#[cfg(test)]
mod tests;
