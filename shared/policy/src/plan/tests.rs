#![allow(clippy::unwrap_used)]
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::call::{Due, Leg, due};
use crate::id::{CallId, RecordingId};
use crate::recording::CallReference;
use crate::retention::ClassRevision;

fn rulebook(days: [u32; 2], zone: &str, settle_hours: u32) -> Rulebook {
    let mut rulebook = Rulebook::strict_default("root");
    rulebook.revisions = Revisions::default();
    for (class, days) in ["a", "b"].into_iter().zip(days) {
        rulebook.revisions.publish(class, days, false).unwrap();
    }
    rulebook.zone = TimeZone::get(zone).unwrap();
    rulebook.zone_name = zone.to_owned();
    rulebook.settle_hours = settle_hours;
    rulebook
}

fn call(class: &str, day: Date, taken_in_at: Timestamp) -> Call {
    let id = RecordingId::of("bucket", &format!("{class}{day}{taken_in_at}"), "version");
    let started_at = day.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
    let leg = Leg::new(id.clone(), started_at, taken_in_at, (ClassRevision::new(class, 1).unwrap(), day));
    Call::open(CallReference { id: CallId::alone(&id), incarnation: 0 }, &leg, 1)
}

const ZONES: [&str; 3] = ["Asia/Tokyo", "UTC", "America/New_York"];

fn rules() -> impl Strategy<Value = Rulebook> {
    (0_u32..12, 0_u32..12, 0_usize..3, 0_u32..100)
        .prop_map(|(a, b, zone, settle_hours)| rulebook([a, b], ZONES[zone], settle_hours))
}

fn calls() -> impl Strategy<Value = Vec<(bool, Call)>> {
    let one = (any::<bool>(), 1_i8..28, 0_i64..20 * 86_400).prop_map(|(is_a, day, late_seconds)| {
        let day = date(2026, 11, day);
        let taken_in_at = day.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        (is_a, call(if is_a { "a" } else { "b" }, day, taken_in_at + SignedDuration::from_secs(late_seconds)))
    });
    proptest::collection::vec(one, 0..30)
}

proptest! {
    /// The sweep's own decision is the oracle: not due a second before, due at the moment.
    #[test]
    fn a_call_ends_when_the_sweep_may_take_it(before in rules(), after in rules(), calls in calls(), hours in 0_i64..900) {
        let effective_at = "2026-11-05T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours);
        let comparison = Comparison::new(Terms::of(&before), Terms::of(&after), effective_at).unwrap();
        for (_, call) in &calls {
            let Ends { before: ends_before, after: ends_after } = comparison.ends(call);
            let (ends_before, ends_after) = (ends_before.unwrap(), ends_after.unwrap());
            let in_force = |at: Timestamp| if at < effective_at { &before } else { &after };
            prop_assert_eq!(due(call, &before, ends_before), Due::Now);
            prop_assert!(matches!(due(call, &before, ends_before - SignedDuration::from_secs(1)), Due::NotBefore(_)));
            // Under the other one from its moment on: the first moment at which either of them says so.
            let gone_before = ends_before <= effective_at;
            prop_assert!(gone_before || due(call, in_force(ends_after), ends_after) == Due::Now);
            let just_before = ends_after - SignedDuration::from_secs(1);
            prop_assert!(gone_before || matches!(due(call, in_force(just_before), just_before), Due::NotBefore(_)));
        }
    }

    #[test]
    fn counts_add_up_and_parts_make_the_whole(before in rules(), after in rules(), calls in calls(), parts in 1_usize..5) {
        let effective_at = "2026-11-20T00:00:00Z".parse().unwrap();
        let comparison = Comparison::new(Terms::of(&before), Terms::of(&after), effective_at).unwrap();
        let count = |tally: &mut Tally, (is_a, call): &(bool, Call)| {
            comparison.count(tally, call, if *is_a { "a" } else { "b" }, is_a.then_some("sales"));
        };
        let mut whole = Tally::default();
        for call in &calls {
            count(&mut whole, call);
        }
        let mut merged = Tally::default();
        for part in 0..parts {
            let mut tally = Tally::default();
            for call in calls.iter().skip(part).step_by(parts) {
                count(&mut tally, call);
            }
            let written = serde_json::to_string(&tally).unwrap();
            merged.merge(serde_json::from_str(&written).unwrap());
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(whole.total.calls(), calls.len() as u64);
        prop_assert_eq!(whole.by_class.values().map(|changes| changes.calls()).sum::<u64>(), calls.len() as u64);
        let changed = whole.total.sooner + whole.total.later;
        prop_assert_eq!(whole.by_day.values().map(|ends| ends.before).sum::<u64>(), changed);
        prop_assert_eq!(whole.by_day.values().map(|ends| ends.after).sum::<u64>(), changed);
        prop_assert!(whole.at_once <= whole.total.sooner);
    }
}

#[test]
fn a_shorter_period_deletes_sooner_and_at_once_what_is_over_by_then() {
    let (before, after) = (rulebook([30, 30], "Asia/Tokyo", 72), rulebook([10, 40], "Asia/Tokyo", 72));
    let effective_at = "2026-11-14T00:00:00+09:00".parse().unwrap();
    let comparison = Comparison::new(Terms::of(&before), Terms::of(&after), effective_at).unwrap();
    let mut tally = Tally::default();
    for (class, day) in [("a", 1), ("a", 3), ("a", 10), ("b", 10)] {
        let day = date(2026, 11, day);
        let taken_in_at = day.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        comparison.count(&mut tally, &call(class, day, taken_in_at), class, None);
    }
    assert_eq!(tally.total, Changes { sooner: 3, later: 1, unchanged: 0 });
    // Of 1 November the 10 days end on the 12th, of 3 November when the rulebook comes into force.
    assert_eq!(tally.at_once, 2);
    let ends = |day: Date| tally.by_day[&day];
    assert_eq!(ends(date(2026, 11, 14)), DayEnds { before: 0, after: 2 });
    assert_eq!(ends(date(2026, 11, 21)), DayEnds { before: 0, after: 1 });
    assert_eq!(ends(date(2026, 12, 2)), DayEnds { before: 1, after: 0 });
    assert_eq!(ends(date(2026, 12, 21)), DayEnds { before: 0, after: 1 });
}
