//! What is kept, and when it ends: computed from how many calls count from each day, so that it costs the same however many
//! calls there are.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::retention::{ClassRevision, Expiry, expiry};
use crate::rulebook::Rulebook;

/// How many calls of a class revision count from each day.
pub type LiveLine = (ClassRevision, Vec<(Date, u64)>);

/// 0.025 USD a GB and month: S3 Standard in Tokyo. What is larger, or colder, costs less.
const USD_MILLIONTHS_PER_GB_MONTH: u128 = 25_000;

/// A GB of S3's price list.
const GB_BYTES: u128 = 1 << 30;

/// What lies in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Storage {
    /// Object versions.
    #[schemars(example = 26_000)]
    pub objects: u64,
    /// Their length together, in bytes.
    #[schemars(example = 9_700_000_000_u64)]
    pub bytes: u64,
    /// What a month of that costs in S3 Standard in Tokyo, in cents of USD, rounded up.
    #[schemars(example = 23)]
    pub cents_a_month: u64,
}

impl Storage {
    /// So many object versions of so many bytes.
    pub fn new(objects: u64, bytes: u64) -> Self {
        let cents = (u128::from(bytes) * USD_MILLIONTHS_PER_GB_MONTH).div_ceil(GB_BYTES * 10_000);
        Self { objects, bytes, cents_a_month: u64::try_from(cents).unwrap_or(u64::MAX) }
    }

    /// What some of all calls take up, by the average call: nothing that writes a call counts its bytes. `None` where there
    /// is no call.
    pub fn share(&self, calls: u64, of_calls: u64) -> Option<Estimate> {
        let bytes = (u128::from(self.bytes) * u128::from(calls.min(of_calls))).checked_div(u128::from(of_calls))?;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Some(Estimate { bytes, cents_a_month: Self::new(0, bytes).cents_a_month })
    }
}

/// What calls take up, about: by the average of all that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Estimate {
    /// Their length together, in bytes.
    #[schemars(example = 2_300_000_000_u64)]
    pub bytes: u64,
    /// What a month of that costs in S3 Standard in Tokyo, in cents of USD, rounded up.
    #[schemars(example = 6)]
    pub cents_a_month: u64,
}

/// How many calls end on which day, by class. One whose class has no rule, or that no calendar reaches, is kept and left
/// out.
pub fn endings(lines: &[LiveLine], rulebook: &Rulebook) -> BTreeMap<(Date, String), u64> {
    let mut endings = BTreeMap::new();
    for (revision, days) in lines {
        for (day, calls) in days {
            if let Some(end) = end_of(revision, *day, rulebook) {
                *endings.entry((end, revision.class().to_owned())).or_default() += calls;
            }
        }
    }
    endings
}

/// How many calls end sooner or later under another rulebook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Sooner.
    pub sooner: u64,
    /// Later.
    pub later: u64,
}

/// Compares two rulebooks.
pub fn compare(lines: &[LiveLine], before: &Rulebook, after: &Rulebook) -> Ending {
    let mut ending = Ending::default();
    let moment = |revision: &ClassRevision, day: Date, rulebook: &Rulebook| {
        let keep_days = rulebook.revisions.keep_days(revision)?;
        match expiry(day, keep_days, &rulebook.zone) {
            Expiry::At(at) => Some(at),
            Expiry::Never => None,
        }
    };
    for (revision, days) in lines {
        for (day, calls) in days {
            match (moment(revision, *day, before), moment(revision, *day, after)) {
                (Some(before), Some(after)) if after < before => ending.sooner += calls,
                (Some(before), Some(after)) if after > before => ending.later += calls,
                _ => {}
            }
        }
    }
    ending
}

fn end_of(revision: &ClassRevision, day: Date, rulebook: &Rulebook) -> Option<Date> {
    let keep_days = rulebook.revisions.keep_days(revision)?;
    match expiry(day, keep_days, &rulebook.zone) {
        Expiry::At(at) => Some(rulebook.day_of(at)),
        Expiry::Never => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn calls_end_the_day_after_their_last_one_and_another_rulebook_ends_them_sooner_or_later() {
        let rulebook = Rulebook::strict_default("root");
        let line = |class: &str, days: &[(Date, u64)]| (class.parse().unwrap(), days.to_vec());
        let lines = [
            line("standard.1", &[(date(2026, 11, 3), 7), (date(2026, 11, 4), 1)]),
            line("quarantine.1", &[(date(2026, 11, 3), 2)]),
            line("unknown.1", &[(date(2026, 11, 3), 9)]),
        ];
        let found: Vec<_> = endings(&lines, &rulebook).into_iter().collect();
        assert_eq!(
            found,
            [
                ((date(2026, 12, 4), "standard".to_owned()), 7),
                ((date(2026, 12, 5), "standard".to_owned()), 1),
                ((date(2027, 2, 2), "quarantine".to_owned()), 2),
            ]
        );
        let mut other = Rulebook::strict_default("root");
        other.revisions.publish("standard", 20, true).unwrap();
        other.revisions.publish("quarantine", 100, true).unwrap();
        assert_eq!(compare(&lines, &rulebook, &other), Ending { sooner: 8, later: 2 });
        assert_eq!(compare(&lines, &rulebook, &rulebook), Ending::default());
    }

    #[test]
    fn a_month_of_storage_has_a_price() {
        assert_eq!(Storage::new(0, 0).cents_a_month, 0);
        assert_eq!(Storage::new(1, 1 << 30).cents_a_month, 3);
        assert_eq!(Storage::new(9, 400 << 30).cents_a_month, 1_000);
    }

    #[test]
    fn some_calls_take_up_their_share_by_the_average_call() {
        let storage = Storage::new(9, 400 << 30);
        let share = |calls, of| storage.share(calls, of).map(|share| (share.bytes >> 30, share.cents_a_month));
        assert_eq!(share(0, 8), Some((0, 0)));
        assert_eq!(share(2, 8), Some((100, 250)));
        assert_eq!(share(8, 8), Some((400, 1_000)));
        // Counted a moment later than all of them.
        assert_eq!(share(9, 8), Some((400, 1_000)));
        assert_eq!(share(0, 0), None);
        // No sum overflows.
        assert_eq!(Storage::new(1, u64::MAX).share(u64::MAX, u64::MAX).map(|share| share.bytes), Some(u64::MAX));
    }
}
