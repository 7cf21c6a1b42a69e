//! The call: the unit of period, hold and claim.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::deletion::RequestedDeletion;
use crate::hold::Holds;
use crate::id::RecordingId;
use crate::recording::CallReference;
use crate::retention::{ClassRevision, Expiry, Periods};
use crate::rulebook::Rulebook;

/// A call, over all its legs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Which call, which life.
    pub reference: CallReference,
    /// Grows by one with every change.
    pub generation: u64,
    /// The object versions that live and die with it: recordings, and the sidecars and duplicates that follow them.
    pub legs: BTreeSet<RecordingId>,
    /// What each of them brings. Everything below is computed from it.
    #[serde(default)]
    pub brought: BTreeMap<RecordingId, Brought>,
    /// When its earliest leg began.
    pub started_at: Timestamp,
    /// When its latest leg was taken in; `settle` runs from this.
    pub taken_in_at: Timestamp,
    /// When a leg of it last left quarantine, or was last corrected to an earlier end; `settle` runs from this too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood_at: Option<Timestamp>,
    /// The periods of all its legs: the longest counts.
    pub periods: Periods,
    /// The holds of its id, for all its lives. NEVER EARLY: it is not claimed while there is one, even one that has ended
    /// and is not removed yet.
    pub holds: Holds,
    /// Set once, by `sweep`, and never taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// That somebody asked for its deletion before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<RequestedDeletion>,
    /// The rulebook's version that class and team of its legs come from.
    pub rulebook_version: u64,
}

/// That `sweep` took the call to delete it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim's own id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Under which rulebook.
    pub rulebook_version: u64,
}

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The object version.
    pub id: RecordingId,
    /// What it brings to its call.
    pub brought: Brought,
}

/// What one leg brings to its call. A leg owns its periods: when it leaves, they leave with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// When its part of the call began.
    pub started_at: Timestamp,
    /// When it was taken in.
    pub taken_in_at: Timestamp,
    /// Its own period, and the ones it was kept for before. A sidecar or duplicate has none: it ends with the
    /// recording it follows.
    pub periods: Periods,
    /// The recording that a sidecar or a duplicate follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<RecordingId>,
    /// When it last left quarantine, or was last corrected to an earlier end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood_at: Option<Timestamp>,
    /// When the correction was written that two people agreed on and that its periods come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Timestamp>,
}

impl Leg {
    /// A leg that stands by itself.
    pub fn new(id: RecordingId, started_at: Timestamp, taken_in_at: Timestamp, period: (ClassRevision, Date)) -> Self {
        let mut periods = Periods::default();
        periods.add(period.0, period.1);
        let brought =
            Brought { started_at, taken_in_at, periods, follows: None, understood_at: None, corrected_at: None };
        Self { id, brought }
    }

    /// A sidecar or a duplicate of a recording.
    pub fn dependant(id: RecordingId, of: &RecordingId, started_at: Timestamp, taken_in_at: Timestamp) -> Self {
        let brought = Brought {
            started_at,
            taken_in_at,
            periods: Periods::default(),
            follows: Some(of.clone()),
            understood_at: None,
            corrected_at: None,
        };
        Self { id, brought }
    }
}

/// 40 recordings: no call has more legs, and what it brings stays a small part of its item.
pub const LEGS_LIMIT: usize = 40;

/// 24 hours: a leg that begins further away from the other legs belongs to another call. Call ids come again.
pub const SPAN_LIMIT: SignedDuration = SignedDuration::from_hours(24);

impl Call {
    /// A call that begins with one leg.
    pub fn open(reference: CallReference, leg: &Leg, rulebook_version: u64) -> Self {
        let empty = Self {
            reference,
            generation: 0,
            legs: BTreeSet::new(),
            brought: BTreeMap::new(),
            started_at: leg.brought.started_at,
            taken_in_at: leg.brought.taken_in_at,
            understood_at: None,
            periods: Periods::default(),
            holds: Holds::default(),
            claim: None,
            deletion: None,
            rulebook_version,
        };
        empty.join(leg)
    }

    /// The call with one leg more, or with what this leg brings now. The same call where nothing is new.
    /// Apart from the generation, the order in which legs join does not matter.
    #[must_use]
    pub fn join(&self, leg: &Leg) -> Self {
        let mut joined = self.clone();
        joined.legs.insert(leg.id.clone());
        joined.brought.insert(leg.id.clone(), leg.brought.clone());
        joined.computed(self)
    }

    /// The call without one of its legs: what the leg brought leaves with it.
    #[must_use]
    pub fn leave(&self, leg: &RecordingId) -> Self {
        let mut left = self.clone();
        left.legs.remove(leg);
        left.brought.remove(leg);
        left.computed(self)
    }

    /// Computes everything that follows from the legs. What has no leg any more keeps what it had.
    fn computed(mut self, before: &Self) -> Self {
        let own = || self.brought.values().filter(|brought| brought.follows.is_none());
        let periods = own().flat_map(|brought| brought.periods.iter());
        let periods = periods.map(|(revision, day)| (revision.clone(), day)).collect::<Periods>();
        let started_at = own().map(|brought| brought.started_at).min();
        let understood_at = own().filter_map(|brought| brought.understood_at).max();
        let taken_in_at = self.brought.values().map(|brought| brought.taken_in_at).max();
        if let Some(started_at) = started_at {
            self.started_at = started_at;
            self.periods = periods;
            self.understood_at = understood_at;
        }
        self.taken_in_at = taken_in_at.unwrap_or(self.taken_in_at);
        if self != *before {
            self.generation = before.generation + 1;
        }
        self
    }

    /// The recordings that are its legs: what follows one of them is none.
    pub fn own_legs(&self) -> impl Iterator<Item = &RecordingId> {
        self.brought.iter().filter(|(_, brought)| brought.follows.is_none()).map(|(id, _)| id)
    }

    /// Whether another leg may join this life of the call, by its limits alone. NEVER EARLY: none joins what two people
    /// agreed to delete without it.
    pub fn is_open_to(&self, leg: &RecordingId) -> bool {
        let has_room = self.own_legs().count() < LEGS_LIMIT && !self.is_deletion_approved();
        self.claim.is_none() && (self.legs.contains(leg) || has_room)
    }

    /// Whether a leg that begins then belongs with the other legs of this life.
    pub fn spans(&self, leg: &RecordingId, started_at: Timestamp) -> bool {
        let others = || {
            let others = self.brought.iter().filter(|(id, brought)| *id != leg && brought.follows.is_none());
            others.map(|(_, brought)| brought.started_at)
        };
        let (Some(first), Some(last)) = (others().min(), others().max()) else {
            return true;
        };
        first.duration_since(started_at) <= SPAN_LIMIT && started_at.duration_since(last) <= SPAN_LIMIT
    }

    /// The call under other holds. The same call where these are its holds.
    #[must_use]
    pub fn held(&self, holds: &Holds) -> Self {
        Self { holds: holds.clone(), ..self.clone() }.computed(self)
    }

    /// NEVER LATE: whether its period is over, so that nobody may hear it, whatever comes after.
    pub fn has_expired(&self, rulebook: &Rulebook, now: Timestamp) -> bool {
        let Expiry::At(expiry) = self.periods.expiry(&rulebook.revisions, &rulebook.zone) else {
            return false;
        };
        let settle = SignedDuration::from_hours(i64::from(rulebook.settle_hours));
        let settled = self.understood_at.map(|at| at.checked_add(settle).unwrap_or(Timestamp::MAX));
        !self.holds.stand_at(now) && now >= settled.map_or(expiry, |settled| expiry.max(settled))
    }

    /// Where the due index nominates it from: the revision whose period ends last. `None` where one has no rule.
    pub fn due_under(&self, rulebook: &Rulebook) -> Option<ClassRevision> {
        self.periods.longest(&rulebook.revisions, &rulebook.zone)
    }

    /// The same, where a revision without a rule must lie in the index too: the sweep raises an alarm for it.
    pub fn nominated_under(&self, rulebook: &Rulebook) -> ClassRevision {
        let any = || self.periods.iter().next().map(|(revision, _)| revision.clone());
        self.due_under(rulebook).or_else(any).unwrap_or_else(ClassRevision::quarantine)
    }
}

/// Whether a call may be deleted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// Its period runs until then.
    NotBefore(Timestamp),
    /// A hold stands.
    Held,
    /// A revision of its class is in no rulebook: keep, and alarm.
    Unruled,
    /// Claimed already: to be finished.
    Claimed,
}

/// NEVER EARLY: not before the longest period of any leg, not before `taken in + settle` or
/// `understood + settle`, not under a hold, not without a rule. What two people agreed on is the one earlier deletion,
/// of the legs that they agreed on.
pub fn due(call: &Call, rulebook: &Rulebook, now: Timestamp) -> Due {
    if call.claim.is_some() {
        return Due::Claimed;
    }
    if !call.holds.is_empty() {
        return Due::Held;
    }
    if call.is_deletion_agreed(now) {
        return Due::Now;
    }
    let Expiry::At(expiry) = call.periods.expiry(&rulebook.revisions, &rulebook.zone) else {
        return Due::Unruled;
    };
    let settle = SignedDuration::from_hours(i64::from(rulebook.settle_hours));
    let settles_from = call.understood_at.map_or(call.taken_in_at, |at| at.max(call.taken_in_at));
    let Ok(settled) = settles_from.checked_add(settle) else {
        return Due::Unruled;
    };
    let earliest = expiry.max(settled);
    if now < earliest { Due::NotBefore(earliest) } else { Due::Now }
}

mod deletion;
#[cfg(test)]
mod tests;
