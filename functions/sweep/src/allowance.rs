//! The circuit breaker: what a run may claim is reserved in the table before, so that however many runs together never take
//! more than the day may lose.

use std::cell::{Cell, RefCell};

use jiff::civil::Date;
use store::SweepDay;

/// What a run has reserved and not used yet.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// The day as it was last read.
    pub(crate) day: RefCell<Option<SweepDay>>,
    /// How many calls waited when it was first read.
    pub(crate) waited: Cell<Option<u64>>,
    /// How many calls may still be claimed.
    pub(crate) reserved: Cell<u64>,
    /// Whether the day can lose no more.
    pub(crate) has_no_room: Cell<bool>,
}

impl Allowance {
    /// Takes one of what was reserved. `false`: the call stays.
    pub(crate) fn take_one(&self) -> bool {
        let left = self.reserved.get().checked_sub(1);
        self.reserved.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Gives one back that was taken and not used.
    pub(crate) fn give_back(&self) {
        self.reserved.set(self.reserved.get() + 1);
    }

    /// Whether nothing more may be claimed by this run.
    pub(crate) fn is_used_up(&self) -> bool {
        self.has_no_room.get() && self.reserved.get() == 0
    }

    /// How many more calls the day may lose, what is reserved among them.
    pub(crate) fn room(&self) -> u64 {
        self.day.borrow().as_ref().map_or(0, SweepDay::room).saturating_add(self.reserved.get())
    }

    /// Begins another day: what was reserved of the last one stays counted there.
    pub(crate) fn begin(&self, day: Date) {
        if self.day.borrow().as_ref().is_some_and(|known| known.day != day) {
            self.day.replace(None);
            self.waited.set(None);
            self.reserved.set(0);
            self.has_no_room.set(false);
        }
    }
}
