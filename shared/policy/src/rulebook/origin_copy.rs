//! What a rulebook says of the copies that sources themselves still keep.

use jiff::ToSpan;
use jiff::civil::Date;

use super::model::Rulebook;
use crate::object::ObjectKey;
use crate::origin_copy::{KeptAtOrigin, KnownOriginCopy, OriginCopyState};
use crate::source;

impl Rulebook {
    /// What this rulebook says of the PBX's own copy of an object, whose call was on a day.
    pub fn known_origin_copy(&self, key: &ObjectKey, day: Date) -> KnownOriginCopy {
        let source = source::find(&self.sources, key).map(|source| source.name.as_str());
        let Some(declared) = self.origin_copies.iter().find(|declared| Some(declared.source.as_str()) == source) else {
            return KnownOriginCopy::default();
        };
        let (state, until) = match declared.kept {
            KeptAtOrigin::Nothing => (OriginCopyState::None, None),
            KeptAtOrigin::Days(days) => match day.checked_add(i64::from(days).days()) {
                Ok(until) => (OriginCopyState::Until, Some(until)),
                // Beyond the calendar's end nobody can name the day.
                Err(_) => (OriginCopyState::Unknown, None),
            },
            KeptAtOrigin::Unknown => (OriginCopyState::Unknown, None),
        };
        KnownOriginCopy { state, until, checked_on: declared.checked.as_ref().map(|check| check.on) }
    }
}
