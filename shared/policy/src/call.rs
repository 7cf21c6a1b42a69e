//! The call: the unit of period, hold and claim.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The object versions that live and die with it: recordings, duplicates, applied sidecars.
    pub legs: BTreeSet<RecordingId>,
    /// When its earliest leg began.
    pub started_at: Timestamp,
    /// When its latest leg was taken in; `settle` runs from this.
    pub taken_in_at: Timestamp,
    /// The period of every leg, the longest counts.
    pub periods: Periods,
    /// How many holds stand.
    pub holds: u32,
    /// Set once, by `sweep`, and never taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
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

/// What one leg brings to its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The object version.
    pub id: RecordingId,
    /// When its part of the call began.
    pub started_at: Timestamp,
    /// When it was taken in.
    pub taken_in_at: Timestamp,
    /// Its period.
    pub period: (ClassRevision, jiff::civil::Date),
}

/// 40 legs: their tombstones and events fit the 100 items of one transaction, and no call has more.
pub const LEGS_LIMIT: usize = 40;

impl Call {
    /// A call that begins with one leg.
    pub fn open(reference: CallReference, leg: &Leg, rulebook_version: u64) -> Self {
        let mut periods = Periods::default();
        periods.add(leg.period.0.clone(), leg.period.1);
        Self {
            reference,
            generation: 1,
            legs: BTreeSet::from([leg.id.clone()]),
            started_at: leg.started_at,
            taken_in_at: leg.taken_in_at,
            periods,
            holds: 0,
            claim: None,
            rulebook_version,
        }
    }

    /// The call with one leg more; the same call where the leg is in it already and brings nothing new.
    /// Joining is commutative and idempotent but for the generation: arrival order can't matter.
    #[must_use]
    pub fn join(&self, leg: &Leg) -> Self {
        let mut joined = self.clone();
        joined.legs.insert(leg.id.clone());
        joined.started_at = joined.started_at.min(leg.started_at);
        joined.taken_in_at = joined.taken_in_at.max(leg.taken_in_at);
        joined.periods.add(leg.period.0.clone(), leg.period.1);
        if joined != *self {
            joined.generation += 1;
        }
        joined
    }

    /// The call without one of its legs. Its periods stay: they can only keep it longer.
    #[must_use]
    pub fn leave(&self, leg: &RecordingId) -> Self {
        let mut left = self.clone();
        if left.legs.remove(leg) {
            left.generation += 1;
        }
        left
    }

    /// Whether another leg may join this life of the call.
    pub fn is_open_to(&self, leg: &RecordingId) -> bool {
        self.claim.is_none() && (self.legs.contains(leg) || self.legs.len() < LEGS_LIMIT)
    }

    /// Where the due index nominates it from: the revision whose period ends last, or `claimed`.
    pub fn due_under(&self, rulebook: &Rulebook) -> Option<ClassRevision> {
        self.periods.longest(rulebook)
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

/// NEVER EARLY: not before the longest period of any leg, not before `taken in + settle`, not under a
/// hold, not without a rule.
pub fn due(call: &Call, rulebook: &Rulebook, now: Timestamp) -> Due {
    if call.claim.is_some() {
        return Due::Claimed;
    }
    if call.holds > 0 {
        return Due::Held;
    }
    let Expiry::At(expiry) = call.periods.expiry(rulebook) else {
        return Due::Unruled;
    };
    let settle = SignedDuration::from_hours(i64::from(rulebook.settle_hours));
    let Ok(settled) = call.taken_in_at.checked_add(settle) else {
        return Due::Unruled;
    };
    let earliest = expiry.max(settled);
    if now < earliest { Due::NotBefore(earliest) } else { Due::Now }
}
