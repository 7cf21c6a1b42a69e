//! A version of the rulebook as it is shown.

use policy::rulebook::{PointerEntry, Rulebook};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// When a rulebook comes, or came, into force.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct PendingRulebook {
    #[schemars(example = 4)]
    pub(crate) version: u64,
    pub(crate) effective_at: Time,
}

impl PendingRulebook {
    /// Of an entry of the pointer.
    pub(crate) fn new(entry: &PointerEntry, rulebook: &Rulebook) -> Self {
        Self { version: entry.version, effective_at: Time::new(entry.effective_at, rulebook) }
    }

    /// One for the API's document.
    pub(crate) fn sample() -> Self {
        let effective_at = Time::new(jiff::Timestamp::UNIX_EPOCH, &Rulebook::strict_default("yamada"));
        Self { version: 4, effective_at }
    }
}
