//! The policy's `[limits]`: how often one person may do in an hour what lets sound or lists out.

use std::ops::RangeInclusive;

use super::reader::{Reader, Section};
use crate::rulebook::model::Limits;

/// 10,000 an hour: three a second, more than anybody hears. 0 would be a role's business, not a rate's.
const PER_HOUR: RangeInclusive<u32> = 1..=10_000;

impl<'t> Reader {
    /// Reads it; what it leaves out is the strict default's.
    pub(super) fn limits(&mut self, section: &mut Section<'_, 't>) -> Limits {
        let default = Limits::default();
        let mut count = |key, default| self.count(section, key, PER_HOUR).unwrap_or(default);
        Limits {
            plays_per_hour: count("plays_per_hour", default.plays_per_hour),
            downloads_per_hour: count("downloads_per_hour", default.downloads_per_hour),
            exports_per_hour: count("exports_per_hour", default.exports_per_hour),
            memos_per_hour: count("memos_per_hour", default.memos_per_hour),
            notes_per_hour: count("notes_per_hour", default.notes_per_hour),
            items_per_hour: count("items_per_hour", default.items_per_hour),
        }
    }
}
