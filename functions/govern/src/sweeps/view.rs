//! A day of the sweep as it is shown.

use rokuban_http::time::Day;
use schemars::JsonSchema;
use serde::Serialize;
use store::SweepDay;

/// How many calls one company day may lose, and has lost.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SweepDayItem {
    day: Day,
    /// How many calls lived when the day began, as they were counted last.
    #[schemars(example = 12_400)]
    live: u64,
    /// How many calls may end on this day without an approval.
    #[schemars(example = 1_240)]
    allowed: u64,
    /// How many more an admin has approved.
    #[schemars(example = 0)]
    approved: u64,
    /// How many calls the sweep has taken.
    #[schemars(example = 1_240)]
    taken: u64,
    /// How many calls were due and not taken, when the sweep last looked.
    #[schemars(example = 6_100)]
    waiting: u64,
    /// Whether nothing more is deleted on this day until an admin approves it.
    is_stopped: bool,
}

impl SweepDayItem {
    pub(super) fn new(day: &SweepDay) -> Self {
        Self {
            day: Day::new(day.day),
            live: day.live,
            allowed: day.allowed,
            approved: day.approved,
            taken: day.reserved,
            waiting: day.waiting,
            is_stopped: day.waiting > 0 && day.room() == 0,
        }
    }
}
