//! A version of the rulebook as it is shown.

use policy::rulebook::{PointerEntry, Rulebook};
use rokuban_http::caller::Caller;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// When a rulebook comes, or came, into force.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct PendingRulebook {
    #[schemars(example = 4)]
    pub(crate) version: u64,
    /// At the earliest, where it awaits a second admin.
    pub(crate) effective_at: Time,
    /// Whether another admin than its publisher must publish the same two files before it comes into force.
    pub(crate) awaits_second_admin: bool,
    /// Whether the caller is such an admin.
    pub(crate) may_agree: bool,
}

impl PendingRulebook {
    /// Of an entry of the pointer.
    pub(crate) fn new(entry: &PointerEntry, caller: &Caller) -> Self {
        Self {
            version: entry.version,
            effective_at: Time::new(entry.effective_at, &caller.rulebook),
            awaits_second_admin: entry.awaits_other_than.is_some(),
            may_agree: entry.may_agree(caller.member.as_ref()),
        }
    }

    /// One for the API's document.
    pub(crate) fn sample() -> Self {
        let effective_at = Time::new(jiff::Timestamp::UNIX_EPOCH, &Rulebook::strict_default("yamada"));
        Self { version: 4, effective_at, awaits_second_admin: true, may_agree: true }
    }
}
