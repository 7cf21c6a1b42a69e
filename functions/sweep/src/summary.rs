//! What a run did.

use std::ops::AddAssign;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls claimed.
    pub claimed: u64,
    /// Object versions that S3 said are gone, each with its tombstone.
    pub deleted: u64,
    /// Claimed calls of which S3 keeps a version. They are parked and tried again, ever more seldom.
    pub refused: u64,
    /// Copies of deleted recordings that a check found to be gone.
    pub copies_ended: u64,
    /// Copies of deleted recordings that S3 keeps, or could not be asked about. They are tried again, ever more seldom.
    pub copies_kept: u64,
    /// Calls past their period under a hold.
    pub held: u64,
    /// Calls of a class that no rulebook has: kept, and an alarm.
    pub unruled: u64,
    /// Calls past their period that the day may not lose without an approval: kept, and an alarm.
    pub stopped: u64,
    /// Calls that could not be worked on: the next run tries them again.
    pub failed: u64,
    /// Calls left to the next run, because time was up or others kept writing them.
    pub left: u64,
    /// Of the calls that failed or were left, those that were due longer ago than the promise.
    pub overdue: u64,
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.claimed += other.claimed;
        self.deleted += other.deleted;
        self.refused += other.refused;
        self.copies_ended += other.copies_ended;
        self.copies_kept += other.copies_kept;
        self.held += other.held;
        self.unruled += other.unruled;
        self.stopped += other.stopped;
        self.failed += other.failed;
        self.left += other.left;
        self.overdue += other.overdue;
    }
}
