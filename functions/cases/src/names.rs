//! Names beside ids.

use jiff::Timestamp;
use policy::rulebook::Rulebook;

/// A member's name on the day of a moment.
pub(crate) fn name_of(id: &str, at: Timestamp, rulebook: &Rulebook) -> Option<String> {
    rulebook.post_by_id(id, rulebook.day_of(at)).map(|post| post.name.clone())
}
