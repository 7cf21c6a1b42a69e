//! The call: the unit of period, hold and claim.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
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
            holds: 0,
            claim: None,
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

    /// Whether another leg may join this life of the call, by its limits alone.
    pub fn is_open_to(&self, leg: &RecordingId) -> bool {
        let own = self.brought.values().filter(|brought| brought.follows.is_none()).count();
        self.claim.is_none() && (self.legs.contains(leg) || own < LEGS_LIMIT)
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

    /// Where the due index nominates it from: the revision whose period ends last, or `claimed`.
    pub fn due_under(&self, rulebook: &Rulebook) -> Option<ClassRevision> {
        self.periods.longest(&rulebook.revisions, &rulebook.zone)
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
/// `understood + settle`, not under a hold, not without a rule.
pub fn due(call: &Call, rulebook: &Rulebook, now: Timestamp) -> Due {
    if call.claim.is_some() {
        return Due::Claimed;
    }
    if call.holds > 0 {
        return Due::Held;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::id::CallId;
    use crate::retention::QUARANTINE_CLASS;
    use jiff::ToSpan;
    use jiff::civil::{Date, date};
    use proptest::prelude::*;

    fn reference() -> CallReference {
        CallReference { id: CallId::of("freepbx", None, "1793682300.101"), incarnation: 0 }
    }

    fn leg(number: u32, class: &str, day: Date, taken_in_at: Timestamp) -> Leg {
        let started_at = "2026-11-03T05:05:02Z".parse::<Timestamp>().unwrap();
        Leg::new(
            RecordingId::of("bucket", &number.to_string(), "version"),
            started_at + SignedDuration::from_secs(i64::from(number)),
            taken_in_at,
            (class.parse().unwrap(), day),
        )
    }

    fn joined(legs: &[Leg]) -> Call {
        legs[1..].iter().fold(Call::open(reference(), &legs[0], 7), |call, leg| call.join(leg))
    }

    fn rulebook(standard: u32, contracts: u32, settle_hours: u32) -> Rulebook {
        let mut rulebook = Rulebook::strict_default("root");
        rulebook.settle_hours = settle_hours;
        for (class, keep_days) in [("standard", standard), ("contracts", contracts), (QUARANTINE_CLASS, 90)] {
            rulebook.revisions.publish(class, keep_days, true).unwrap();
        }
        rulebook
    }

    fn tokyo_midnight_after(day: Date, keep_days: u32) -> Timestamp {
        // Japan has no summer time: the day that begins 9 hours before UTC's does.
        let utc_midnight = day.checked_add((i64::from(keep_days) + 1).days()).unwrap();
        utc_midnight.to_zoned_datetime(jiff::tz::TimeZone::UTC).unwrap().timestamp() - SignedDuration::from_hours(9)
    }

    fn legs() -> impl Strategy<Value = Vec<Leg>> {
        let leg = (
            0_u32..8,
            proptest::sample::select(vec!["standard.1", "contracts.1", "quarantine.1"]),
            0_i64..200,
            0_i64..5_000,
        )
            .prop_map(|(number, class, day, taken_in_hours)| {
                let day = date(2026, 6, 1).checked_add(day.days()).unwrap();
                let taken_in_at = "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap();
                leg(number, class, day, taken_in_at + SignedDuration::from_hours(taken_in_hours))
            });
        // A leg that joins again replaces what it brought: each has an id of its own here.
        proptest::collection::vec(leg, 1..8).prop_map(|legs| {
            let ids = legs.iter().map(|leg| leg.id.clone()).collect::<BTreeSet<_>>();
            ids.iter().filter_map(|id| legs.iter().find(|leg| leg.id == *id).cloned()).collect()
        })
    }

    proptest! {
        #[test]
        fn never_early_whatever_legs_join_in_whatever_order(
            legs in legs(),
            keep in (0_u32..120, 0_u32..120),
            settle_hours in 0_u32..200,
            ask_hours in proptest::collection::vec(-200_i64..200, 1..20),
        ) {
            let rulebook = rulebook(keep.0, keep.1, settle_hours);
            let call = joined(&legs);
            // Leg by leg, without anything the call knows of them together.
            let end_of_leg = |leg: &Leg| {
                let (revision, day) = leg.brought.periods.iter().next().unwrap();
                let keep_days = match revision.class() {
                    "standard" => keep.0,
                    "contracts" => keep.1,
                    _ => 90,
                };
                let settled = leg.brought.taken_in_at + SignedDuration::from_hours(i64::from(settle_hours));
                tokyo_midnight_after(day, keep_days).max(settled)
            };
            let earliest = legs.iter().map(end_of_leg).max().unwrap();
            for hours in ask_hours {
                let now = earliest + SignedDuration::from_hours(hours);
                let expected = if hours < 0 { Due::NotBefore(earliest) } else { Due::Now };
                prop_assert_eq!(due(&call, &rulebook, now), expected);
                let held = Call { holds: 1, ..call.clone() };
                prop_assert_eq!(due(&held, &rulebook, now), Due::Held);
            }
            prop_assert_eq!(due(&call, &rulebook, earliest - SignedDuration::from_nanos(1)), Due::NotBefore(earliest));
            prop_assert_eq!(due(&call, &rulebook, earliest), Due::Now);
        }

        #[test]
        fn a_leg_that_joins_never_makes_its_call_due_sooner(legs in legs(), keep in (0_u32..120, 0_u32..120)) {
            let rulebook = rulebook(keep.0, keep.1, 72);
            let when = |call: &Call| match due(call, &rulebook, Timestamp::MIN) {
                Due::NotBefore(at) => at,
                other => panic!("{other:?}"),
            };
            let mut call = Call::open(reference(), &legs[0], 7);
            for leg in &legs[1..] {
                let after = call.join(leg);
                prop_assert!(when(&after) >= when(&call));
                call = after;
            }
        }

        #[test]
        fn legs_make_one_call_in_whatever_order_and_however_often_they_come(
            legs in legs(), order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..20)
        ) {
            let straight = joined(&legs);
            let mut arrivals: Vec<Leg> = order.iter().map(|index| index.get(&legs).clone()).collect();
            arrivals.extend(legs.iter().rev().cloned());
            let mixed = joined(&arrivals);
            prop_assert_eq!(Call { generation: 0, ..mixed }, Call { generation: 0, ..straight.clone() });
            // Twice is once, the generation included.
            for leg in &legs {
                prop_assert_eq!(straight.join(leg), straight.clone());
            }
        }

        #[test]
        fn every_change_of_a_call_has_a_generation_of_its_own(legs in legs()) {
            let mut call = Call::open(reference(), &legs[0], 7);
            prop_assert_eq!(call.generation, 1);
            for leg in &legs[1..] {
                let after = call.join(leg);
                let changed = Call { generation: 0, ..after.clone() } != Call { generation: 0, ..call.clone() };
                prop_assert_eq!(after.generation, call.generation + u64::from(changed));
                call = after;
            }
            let json = serde_json::to_string(&call).unwrap();
            prop_assert_eq!(serde_json::from_str::<Call>(&json).unwrap(), call);
        }
    }

    fn one_leg() -> Call {
        joined(&[leg(1, "standard.1", date(2026, 11, 3), "2026-11-03T06:00:00Z".parse().unwrap())])
    }

    #[test]
    fn a_call_is_due_by_its_period_its_settling_its_holds_its_rule_and_its_claim() {
        let rulebook = rulebook(30, 90, 72);
        let ends: Timestamp = "2026-12-03T15:00:00Z".parse().unwrap();
        let late_upload: Timestamp = "2026-12-03T00:00:00Z".parse().unwrap();
        let claim = Claim { id: "claim".to_owned(), at: ends, rulebook_version: 7 };
        let call = one_leg();
        let settling = joined(&[leg(1, "standard.1", date(2026, 11, 3), late_upload)]);
        let unruled = joined(&[
            leg(1, "standard.1", date(2026, 11, 3), late_upload),
            leg(2, "vanished.3", date(2000, 1, 1), late_upload),
        ]);
        let settled: Timestamp = "2026-12-06T00:00:00Z".parse().unwrap();
        let held = Call { holds: 2, ..call.clone() };
        let second = SignedDuration::from_secs(1);
        for (what, call, now, expected) in [
            ("before its end", &call, ends - second, Due::NotBefore(ends)),
            ("at its end", &call, ends, Due::Now),
            ("uploaded late, at its end", &settling, ends, Due::NotBefore(settled)),
            ("uploaded late, settled", &settling, settled, Due::Now),
            ("held", &held, ends + second, Due::Held),
            ("with a leg of a class without a rule", &unruled, Timestamp::MAX, Due::Unruled),
            ("claimed", &Call { claim: Some(claim.clone()), ..call.clone() }, ends, Due::Claimed),
            ("claimed before a hold came", &Call { claim: Some(claim), ..held.clone() }, ends, Due::Claimed),
            (
                "whose settling no calendar holds",
                &Call { taken_in_at: Timestamp::MAX, ..call.clone() },
                Timestamp::MAX,
                Due::Unruled,
            ),
        ] {
            assert_eq!(due(call, &rulebook, now), expected, "{what}");
        }
    }

    #[test]
    fn a_call_takes_no_more_legs_than_one_transaction_can_end_and_none_once_it_is_claimed() {
        let taken_in_at: Timestamp = "2026-11-03T06:00:00Z".parse().unwrap();
        let legs: Vec<Leg> = (0..41).map(|number| leg(number, "standard.1", date(2026, 11, 3), taken_in_at)).collect();
        let one_short = joined(&legs[..39]);
        assert!(one_short.is_open_to(&legs[39].id));
        let full = one_short.join(&legs[39]);
        assert_eq!(full.legs.len(), LEGS_LIMIT);
        assert!(!full.is_open_to(&legs[40].id));
        assert!(full.is_open_to(&legs[0].id), "a leg that is in already may come again");
        let claim = Claim { id: "claim".to_owned(), at: taken_in_at, rulebook_version: 7 };
        let claimed = Call { claim: Some(claim), ..one_short };
        assert!(!claimed.is_open_to(&legs[0].id) && !claimed.is_open_to(&legs[39].id));
    }

    #[test]
    fn a_call_is_nominated_under_the_revision_that_ends_last() {
        let rulebook = rulebook(30, 90, 72);
        let taken_in_at: Timestamp = "2026-11-03T06:00:00Z".parse().unwrap();
        let standard = leg(1, "standard.1", date(2026, 11, 3), taken_in_at);
        let contracts = leg(2, "contracts.1", date(2026, 11, 3), taken_in_at);
        assert_eq!(joined(&[standard.clone(), contracts]).due_under(&rulebook), "contracts.1".parse().ok());
        let unruled = leg(3, "vanished.1", date(2026, 11, 3), taken_in_at);
        assert_eq!(joined(&[standard, unruled]).due_under(&rulebook), None);
    }
}
