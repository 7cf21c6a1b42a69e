#![allow(clippy::unwrap_used)]

use jiff::SignedDuration;
use proptest::prelude::*;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::custody::Committed;
use crate::id::{CallId, HoldId};
use crate::retention::Expiry;

fn call_id() -> CallId {
    CallId::of("freepbx", None, "1793682300.101")
}

fn now() -> Timestamp {
    "2026-11-27T05:00:00Z".parse().unwrap()
}

fn hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

fn hold(kind: HoldKind, name: &str, until: Option<Timestamp>) -> Hold {
    let reason = Committed { salt: "00".repeat(16), text: "係争の可能性".to_owned() };
    let placed_at = now();
    let new = NewHold { kind, reason, owner: name, placed_by: "yamada", placed_at, until, operation: name };
    Hold::new(&call_id(), new).unwrap()
}

fn placed(holds: &[&Hold]) -> CallHolds {
    let place = |before: CallHolds, hold: &&Hold| before.changed(&HoldChange::Place((*hold).clone()), now()).unwrap();
    holds.iter().fold(CallHolds::default(), place)
}

#[test]
fn a_provisional_hold_has_an_end_and_no_end_lies_before_its_beginning() {
    let new = |kind, until| {
        let reason = Committed { salt: String::new(), text: String::new() };
        let new = NewHold { kind, reason, owner: "a", placed_by: "a", placed_at: now(), until, operation: "a" };
        Hold::new(&call_id(), new).is_ok()
    };
    for kind in HoldKind::ALL {
        assert_eq!(new(kind, None), kind != HoldKind::Provisional);
        assert!(new(kind, Some(now() + hour())) && !new(kind, Some(now())) && !new(kind, Some(now() - hour())));
    }
}

#[test]
fn a_hold_stands_to_its_last_second_and_the_last_of_several_counts() {
    let (end, later) = (now() + hour(), now() + hour() + hour());
    let holds = placed(&[&hold(HoldKind::Provisional, "a", Some(end)), &hold(HoldKind::Provisional, "b", Some(later))]);
    let carried = holds.carried();
    assert_eq!(carried.end(), Some(Expiry::At(later)));
    let second = SignedDuration::from_secs(1);
    let counts = [end - second, end, later - second, later].map(|at| carried.count_at(at));
    assert_eq!(counts, [2, 1, 1, 0]);
    assert!(carried.stand_at(later - second) && !carried.stand_at(later));
    let endless = holds.changed(&HoldChange::Place(hold(HoldKind::Legal, "c", None)), now()).unwrap().carried();
    assert_eq!((endless.end(), endless.count_at(Timestamp::MAX)), (Some(Expiry::Never), 1));
    assert_eq!(Holds::default().end(), None);
}

#[test]
fn a_case_and_a_memo_hold_a_call_once_and_a_person_as_often_as_they_ask() {
    let once = |kind| hold(kind, "a", Some(now() + hour())).id;
    assert_ne!(once(HoldKind::Case), once(HoldKind::Provisional));
    let id = |kind, owner: &str, operation: &str| {
        let reason = Committed { salt: String::new(), text: String::new() };
        let until = Some(now() + hour());
        let new = NewHold { kind, reason, owner, placed_by: "a", placed_at: now(), until, operation };
        Hold::new(&call_id(), new).unwrap().id
    };
    assert_eq!(id(HoldKind::Case, "case", "1"), id(HoldKind::Case, "case", "2"));
    assert_eq!(id(HoldKind::Provisional, "memo", "1"), id(HoldKind::Provisional, "memo", "2"));
    assert_ne!(id(HoldKind::Legal, "yamada", "1"), id(HoldKind::Legal, "yamada", "2"));
}

#[test]
fn a_limit_of_holds_counts_those_that_stand_and_what_has_ended_makes_room() {
    let ends = |number: usize| hold(HoldKind::Provisional, &number.to_string(), Some(now() + hour()));
    let all: Vec<Hold> = (0..HOLDS_LIMIT).map(ends).collect();
    let full = placed(&all.iter().collect::<Vec<_>>());
    let one_more = HoldChange::Place(hold(HoldKind::Legal, "more", None));
    assert_eq!(full.changed(&one_more, now()), Err(HoldRefusal::TooMany));
    let exchange = HoldChange::Exchange { from: all[0].id.clone(), to: hold(HoldKind::Case, "case", None) };
    assert_eq!(full.changed(&exchange, now()).unwrap().carried().count_at(now()), 12);
    let later = now() + hour();
    let after = full.changed(&one_more, later).unwrap();
    assert_eq!((after.carried().count_at(later), after.lifted().count()), (1, LIFTED_AT_ONCE));
}

#[test]
fn only_a_hold_that_stands_is_lifted_or_exchanged() {
    let legal = hold(HoldKind::Legal, "a", None);
    let provisional = hold(HoldKind::Provisional, "b", Some(now() + hour()));
    let holds = placed(&[&legal, &provisional]);
    let lift = |id: &HoldId, at| holds.changed(&HoldChange::Lift(id.clone()), at).map(|after| after.carried());
    assert_eq!(lift(&hold(HoldKind::Legal, "c", None).id, now()), Err(HoldRefusal::NoSuchHold));
    assert!(!lift(&legal.id, now()).unwrap().contains(&legal.id));
    let exchange = HoldChange::Exchange { from: provisional.id, to: hold(HoldKind::Case, "case", None) };
    assert_eq!(holds.changed(&exchange, now() + hour()), Err(HoldRefusal::NoSuchHold));
    let with_another_end =
        HoldChange::Exchange { from: legal.id.clone(), to: Hold { until: Some(now() + hour()), ..legal } };
    assert_eq!(holds.changed(&with_another_end, now()).unwrap().carried().end(), Some(Expiry::At(now() + hour())));
}

fn changes() -> impl Strategy<Value = Vec<(HoldChange, i64)>> {
    let any_hold = || {
        (0_usize..3, 0_u32..4, 1_i64..9).prop_map(|(kind, name, hours)| {
            let kind = HoldKind::ALL[kind];
            let until = (kind == HoldKind::Provisional).then(|| now() + SignedDuration::from_hours(hours));
            hold(kind, &name.to_string(), until)
        })
    };
    let change = prop_oneof![
        any_hold().prop_map(HoldChange::Place),
        any_hold().prop_map(|hold| HoldChange::Lift(hold.id)),
        (any_hold(), any_hold()).prop_map(|(from, to)| HoldChange::Exchange { from: from.id, to }),
        Just(HoldChange::End),
    ];
    proptest::collection::vec((change, 0_i64..3), 1..25)
}

proptest! {
    /// A list of what stands, kept without generations, marks or limits, beside the holds.
    #[test]
    fn whatever_is_asked_what_stands_stands_until_it_is_lifted_or_ends(changes in changes()) {
        let (mut at, mut holds) = (now(), CallHolds::default());
        let mut standing: BTreeMap<HoldId, Option<Timestamp>> = BTreeMap::new();
        for (change, hours) in changes {
            at += SignedDuration::from_hours(hours);
            standing.retain(|_, until| until.is_none_or(|until| at < until));
            let Ok(after) = holds.changed(&change, at) else { continue };
            match &change {
                HoldChange::Place(hold) => {
                    // What stands keeps the end that it was placed with.
                    standing.entry(hold.id.clone()).or_insert(hold.until);
                }
                HoldChange::Exchange { from, to } => {
                    standing.remove(from);
                    standing.entry(to.id.clone()).or_insert(to.until);
                }
                HoldChange::Lift(id) => {
                    standing.remove(id);
                }
                HoldChange::End => {}
            }
            standing.retain(|_, until| until.is_none_or(|until| at < until));
            let carried: Vec<_> = after.holds.iter().filter(|hold| hold.stands_at(at)).map(|hold| (hold.id.clone(), hold.until)).collect();
            prop_assert_eq!(carried, standing.clone().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(after.generation > holds.generation, after != holds);
            // TWICE IS ONCE.
            if let Ok(again) = after.changed(&change, at) {
                prop_assert_eq!(again.carried(), after.carried());
            }
            holds = after;
        }
    }
}
