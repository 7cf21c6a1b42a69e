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

fn one_hold() -> Holds {
    [(crate::id::HoldId::of(&reference().id, "legal", "1"), None)].into_iter().collect()
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
            let held = Call { holds: one_hold(), ..call.clone() };
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
    let held = Call { holds: one_hold(), ..call.clone() };
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
