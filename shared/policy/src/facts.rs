//! The facts of a call, in DESIGN's words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

/// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// They called us.
    Inbound,
    /// We called them.
    Outbound,
    /// Between two of us.
    Internal,
    /// Nothing says.
    Unknown,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Outbound, Self::Internal, Self::Unknown];

    /// The word the API, the table and the rulebook use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
            Self::Unknown => "unknown",
        }
    }

    /// The direction a recorder or a person means by a word, in English or Japanese, in any case;
    /// `None` for any other word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().as_str() {
            "inbound" | "incoming" | "in" | "着信" => Some(Self::Inbound),
            "outbound" | "outgoing" | "out" | "発信" => Some(Self::Outbound),
            "internal" | "内線" => Some(Self::Internal),
            "unknown" | "不明" => Some(Self::Unknown),
            _ => None,
        }
    }
}

vocabulary! {
    /// Why a recording is in quarantine, in the order in which the reasons are looked for.
    QuarantineReason: 14 {
        /// Over the size limit, so it was not read.
        TooLarge = "too_large",
        /// Stored in an archive, or under the sender's key, so that nobody can read it here.
        Unreadable = "unreadable",
        /// It has no bytes.
        Empty = "empty",
        /// A header without a sample.
        NoAudio = "no_audio",
        /// Not a sound file.
        NotAudio = "not_audio",
        /// Under no source's prefix, and nothing beside it says what it is.
        NoSourceMatches = "no_source_matches",
        /// Under a source's prefix, but its name does not match the source's pattern, or gives no start.
        NoCallFacts = "no_call_facts",
        /// A date that no calendar has.
        ImpossibleDate = "impossible_date",
        /// The difference between the epoch and the local time in a name is not a time zone.
        Zone = "zone",
        /// Earlier than the upload by more than `late_arrival_days`.
        TooEarly = "too_early",
        /// Later than the upload by more than 5 minutes.
        TooLate = "too_late",
        /// Its period was over when it was taken in.
        ExpiredOnArrival = "expired_on_arrival",
        /// A call log without one row that can be read.
        NotThisFormat = "not_this_format",
        /// Its key has more living versions than are placed together.
        TooManyVersions = "too_many_versions",
    }
}

vocabulary! {
    /// How the caller was told that the call is recorded 案内.
    NoticeKind: 7 {
        /// By a recorded announcement.
        Ivr = "ivr",
        /// By the member's opening words.
        Operator = "operator",
        /// On a form.
        Form = "form",
        /// With a signature.
        Signature = "signature",
        /// On a web page.
        Web = "web",
        /// Not at all.
        None = "none",
        /// The line or the direction is not known.
        Unknown = "unknown",
    }
}

impl NoticeKind {
    /// The kinds that a rulebook can place.
    pub const PLACED: [Self; 5] = [Self::Ivr, Self::Operator, Self::Form, Self::Signature, Self::Web];

    /// Whether the notice covers a call by itself. What the caller hears in the call does; what the caller read
    /// or signed on another day does not.
    pub fn covers_a_call(self) -> bool {
        matches!(self, Self::Ivr | Self::Operator)
    }
}

/// One fragment said something that what stands contradicts; an admin decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// Which fact: `started_at`, `team`, ….
    #[schemars(example = &"team")]
    pub fact: String,
    /// Which fragment stands: `name`, `metadata`, `sidecar`.
    #[schemars(example = &"name")]
    pub stands: String,
    /// Which fragment was not followed.
    #[schemars(example = &"sidecar")]
    pub refused: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directions_own_word_means_it() {
        for direction in [Direction::Inbound, Direction::Outbound, Direction::Internal, Direction::Unknown] {
            assert_eq!(Direction::from_word(direction.as_str()), Some(direction));
        }
        assert_eq!(Direction::from_word(" Incoming "), Some(Direction::Inbound));
        assert_eq!(Direction::from_word("発信"), Some(Direction::Outbound));
        assert_eq!(Direction::from_word("sideways"), None);
    }
}
