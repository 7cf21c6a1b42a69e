//! The window of a search: from when to when, unless it says so itself.

use jiff::{SignedDuration, Timestamp};
use policy::rulebook::Rulebook;
use rokuban_http::problem::{Constraint, Problem};

/// 30 days: the period of the strict default.
pub(super) const DEFAULT_DAYS: i64 = 30;

/// 400 days: a year and the weeks around it; 14 months of partitions.
pub(super) const RANGE_LIMIT_DAYS: i64 = 400;

/// The days after which nothing is left of a call under any class: the day of the call and the longest period.
pub(super) fn longest_days(rulebook: &Rulebook) -> i64 {
    let longest = rulebook.revisions.iter().map(|(_, days)| i64::from(days)).max().unwrap_or_default();
    (longest + 1).clamp(DEFAULT_DAYS, RANGE_LIMIT_DAYS)
}

/// A moment some days before another one.
pub(super) fn days_before(at: Timestamp, days: i64) -> Result<Timestamp, Problem> {
    at.checked_sub(SignedDuration::from_hours(24 * days)).map_err(|_| Problem::invalid("to", Constraint::Time))
}
