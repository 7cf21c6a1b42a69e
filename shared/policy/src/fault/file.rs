//! The files of a rulebook.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which file a fault is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultIn {
    /// The policy, TOML.
    Policy,
    /// The staff list, CSV.
    Staff,
}

impl FaultIn {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Staff => "staff",
        }
    }
}
