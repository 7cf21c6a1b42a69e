//! The facts of a call, in DESIGN's words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// Why a recording is in quarantine: these very words, in the order they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum QuarantineReason {
    /// Over the size limit, so it was not read.
    #[serde(rename = "too large")]
    TooLarge,
    /// No byte.
    #[serde(rename = "empty")]
    Empty,
    /// A header without a sample.
    #[serde(rename = "no audio")]
    NoAudio,
    /// Not a sound file.
    #[serde(rename = "not audio")]
    NotAudio,
    /// Under no source's prefix, and nothing beside it says what it is.
    #[serde(rename = "no source matches")]
    NoSourceMatches,
    /// Under a source's prefix, but its name is not the source's pattern, or gives no start.
    #[serde(rename = "no call facts")]
    NoCallFacts,
    /// A date no calendar has.
    #[serde(rename = "impossible date")]
    ImpossibleDate,
    /// The epoch and the local time in a name do not differ by a zone.
    #[serde(rename = "zone")]
    Zone,
    /// Earlier than the upload by more than `late_arrival_days`.
    #[serde(rename = "too early")]
    TooEarly,
    /// Later than the upload by more than 5 minutes.
    #[serde(rename = "too late")]
    TooLate,
}

impl QuarantineReason {
    /// The fixed words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too large",
            Self::Empty => "empty",
            Self::NoAudio => "no audio",
            Self::NotAudio => "not audio",
            Self::NoSourceMatches => "no source matches",
            Self::NoCallFacts => "no call facts",
            Self::ImpossibleDate => "impossible date",
            Self::Zone => "zone",
            Self::TooEarly => "too early",
            Self::TooLate => "too late",
        }
    }

    /// What a person can do about it.
    pub fn mend(self) -> &'static str {
        match self {
            Self::TooLarge => "Split the file or raise MaxObjectBytes, then upload it again.",
            Self::Empty => "The recorder wrote no byte: check its disk and its upload, then upload the file again.",
            Self::NoAudio => {
                "The file has a header and no sound: the call was never answered, or the recorder stopped."
            }
            Self::NotAudio => "This is not a sound file: upload the recording itself, or let it end here.",
            Self::NoSourceMatches => {
                "Put the facts beside it as {key}.json or as S3 user metadata, or configure a source with its prefix."
            }
            Self::NoCallFacts => {
                "Its name is not its source's pattern, or gives no start: put the facts beside it as {key}.json, send its call log, or mend the recorder's naming."
            }
            Self::ImpossibleDate => "No calendar has the date in its name: put the facts beside it as {key}.json.",
            Self::Zone => "The clock times in its name contradict each other: check the PBX's clock and time zone.",
            Self::TooEarly => {
                "The call is older than late_arrival_days: check the PBX's clock, or raise late_arrival_days in the rulebook."
            }
            Self::TooLate => "The call is later than its upload: check the PBX's clock and time zone.",
        }
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
