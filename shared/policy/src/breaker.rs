//! The circuit breaker: how many calls one company day may lose before a person has to say that it is right.
//!
//! What counts is every call that the sweep takes because its period is over, quarantine's own end among them. What two
//! people agreed to delete is not counted: each was approved by itself. Neither is what was claimed before.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::rulebook::Rulebook;

/// 20 calls: a small company's day, and what a person can still look through.
pub const FLOOR_CALLS: u64 = 20;

/// A tenth of the live calls: a period of 30 days ends a thirtieth of them each day.
const LIVE_PART: u64 = 10;

/// 28 days: four weeks, so that every weekday counts alike.
pub const DAYS_COMPARED: usize = 28;

/// 7 days: fewer say nothing about a usual day.
const DAYS_NEEDED: usize = 7;

/// Three times a usual day: the day after a holiday ends two.
const USUAL_TIMES: u64 = 3;

/// 3 days: the calls are counted every day, and a count that is older says nothing.
const COUNT_BELIEVED_DAYS: i64 = 3;

/// 5 minutes: what AWS itself lets a clock be off before it refuses a request.
const CLOCK_LEEWAY: SignedDuration = SignedDuration::from_mins(5);

/// How many calls a day may lose: a tenth of the live ones, and no more than three times a usual day once seven are known;
/// 20 in any case. `earlier` are the counts of the days before, newest first; a day that lost none says nothing.
pub fn allowed(live: u64, earlier: &[u64]) -> u64 {
    let mut days: Vec<u64> = earlier.iter().copied().filter(|count| *count > 0).take(DAYS_COMPARED).collect();
    days.sort_unstable();
    let part = live / LIVE_PART;
    // The lower one of two in the middle.
    let median = days.get(days.len().saturating_sub(1) / 2).copied().filter(|_| days.len() >= DAYS_NEEDED);
    let usual = median.map_or(u64::MAX, |median| median.saturating_mul(USUAL_TIMES));
    part.min(usual).max(FLOOR_CALLS)
}

/// The live calls that count: none where they were counted too long ago, or never.
pub fn believed(counted: Option<(Date, u64)>, today: Date) -> u64 {
    counted
        .filter(|(day, _)| today.since(*day).is_ok_and(|age| i64::from(age.get_days()) <= COUNT_BELIEVED_DAYS))
        .map_or(0, |(_, live)| live)
}

/// NEVER EARLY: whether our clock is near enough to AWS's. A clock that nobody can compare is not.
pub fn is_clock_right(ours: Timestamp, theirs: Option<Timestamp>) -> bool {
    theirs.is_some_and(|theirs| ours.duration_since(theirs).abs() <= CLOCK_LEEWAY)
}

/// Whether an admin may let more calls go: not the one who published the rulebook in force, where there is another admin.
pub fn may_approve(rulebook: &Rulebook, published_by: Option<&str>, login: &str, today: Date) -> bool {
    published_by != Some(login) || rulebook.admin_count(today) < 2
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_day_may_lose_by_what_there_is_and_by_usual_days() {
        for (live, earlier, expected) in [
            (0, vec![], 20),
            (199, vec![], 20),
            (3_000, vec![], 300),
            (3_000, vec![10; 6], 300),
            (3_000, vec![10; 7], 30),
            (3_000, vec![1; 28], 20),
            (3_000, vec![50, 60, 70, 80, 90, 100, 110], 240),
            (3_000, vec![50, 60, 0, 70, 0, 80, 90, 0, 100, 110], 240),
            (3_000, vec![50, 60, 70, 80, 90, 100, 110, 120], 240),
            (3_000, [vec![40; 28], vec![9_000; 60]].concat(), 120),
            (3_000, vec![u64::MAX; 9], 300),
        ] {
            assert_eq!(allowed(live, &earlier), expected, "{live} {earlier:?}");
        }
    }

    #[test]
    fn a_count_is_believed_for_three_days() {
        let today = date(2026, 12, 4);
        for (counted, expected) in [
            (None, 0),
            (Some((date(2026, 12, 4), 7)), 7),
            (Some((date(2026, 12, 1), 7)), 7),
            (Some((date(2026, 11, 30), 7)), 0),
            (Some((date(2025, 12, 4), 7)), 0),
        ] {
            assert_eq!(believed(counted, today), expected, "{counted:?}");
        }
    }

    #[test]
    fn a_clock_is_right_within_five_minutes_and_one_that_is_not_compared_is_not() {
        let ours: Timestamp = "2026-12-04T00:00:00Z".parse().unwrap();
        for (seconds, expected) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(is_clock_right(ours, Some(ours + SignedDuration::from_secs(seconds))), expected, "{seconds}");
        }
        assert!(!is_clock_right(ours, None));
    }

    proptest! {
        #[test]
        fn a_day_never_loses_more_than_a_tenth_or_three_usual_days_but_always_the_floor(
            live in 0_u64..100_000,
            earlier in proptest::collection::vec(0_u64..3_000, 0..60),
        ) {
            let found = allowed(live, &earlier);
            prop_assert!(found >= FLOOR_CALLS);
            prop_assert!(found == FLOOR_CALLS || found <= live / 10);
            let known: Vec<u64> = earlier.iter().copied().filter(|count| *count > 0).take(28).collect();
            if known.len() >= 7 && found > FLOOR_CALLS {
                // By counting, not by sorting: at least half of the days lost a third of it or more.
                let as_much = known.iter().filter(|count| **count * 3 >= found).count();
                prop_assert!(as_much * 2 >= known.len(), "{} of {}", as_much, known.len());
            }
            prop_assert!(allowed(live + 1_000, &earlier) >= found);
        }
    }
}
