//! How long things are kept: the ranges of `[keeping]`, and what counts where the policy says nothing.

use std::ops::RangeInclusive;

/// 36,500 days: a hundred years.
pub(super) const KEEP_DAYS: RangeInclusive<u32> = 1..=36_500;

/// Up to a year of hours; 0 deletes as soon as a period ends.
pub(super) const SETTLE_HOURS: RangeInclusive<u32> = 0..=8_760;

/// From a year on, so that a month's report can still be checked against its events a year later; up to a hundred
/// years. A person who could shorten it further could hide.
pub(super) const AUDIT_DAYS: RangeInclusive<u32> = 366..=36_500;

/// A month to a hundred years.
pub(super) const PROOF_DAYS: RangeInclusive<u32> = 30..=36_500;

/// Hours after taking in before anything may be deleted, where the policy says nothing.
pub(super) const DEFAULT_SETTLE_HOURS: u32 = 72;

/// Days that quarantine is kept, where the policy says nothing.
pub(super) const DEFAULT_QUARANTINE_DAYS: u32 = 90;

/// Days a call may be older than its upload, where the policy says nothing.
pub(super) const DEFAULT_LATE_ARRIVAL_DAYS: u32 = 366;

/// Days that audit events are kept, where the policy says nothing: three years, a leap day among them.
pub(super) const DEFAULT_AUDIT_DAYS: u32 = 1_096;

/// Days that a case is kept after it is closed, where the policy says nothing.
pub(super) const DEFAULT_CASE_DAYS: u32 = 365;

/// Days after the year of a deletion that its proof is found by its number, where the policy says nothing.
pub(super) const DEFAULT_PROOF_DAYS: u32 = 1_096;

/// Days that the register keeps a release, where the policy says nothing: three years.
pub(super) const DEFAULT_REGISTER_DAYS: u32 = 1_095;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_found_for_a_month_at_least_and_the_defaults_are_in_range() {
        assert!(PROOF_DAYS.contains(&30) && !PROOF_DAYS.contains(&29));
        assert!(PROOF_DAYS.contains(&DEFAULT_PROOF_DAYS) && AUDIT_DAYS.contains(&DEFAULT_AUDIT_DAYS));
        assert!(KEEP_DAYS.contains(&DEFAULT_CASE_DAYS) && SETTLE_HOURS.contains(&DEFAULT_SETTLE_HOURS));
    }
}
