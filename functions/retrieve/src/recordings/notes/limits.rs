//! What a note may have, and the names of what its events carry.

/// 2,000 characters: what was said and agreed, not the minutes of a meeting.
pub(super) const TEXT_LIMIT_CHARACTERS: usize = 2_000;

/// 100 notes a page: with the longest texts they are a tenth of what one answer carries.
pub(super) const PAGE: usize = 100;

/// The name of a note's text beside its event.
pub(super) const TEXT: &str = "text";
