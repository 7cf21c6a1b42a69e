//! What a row can give, and why one could not be taken.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fact a row can give: under these names the rulebook maps a CSV file's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The recorder's id of the call.
    CallId,
    /// The id of the call that this one belongs to.
    LinkedId,
    /// What tells two rows of one call apart.
    Leg,
    /// The day of the start, where the time stands in a column of its own.
    StartedOn,
    /// When the call was dialled or arrived.
    StartedAt,
    /// When it was answered.
    AnsweredAt,
    /// When it ended.
    EndedAt,
    /// Its direction, in a word.
    Direction,
    /// The calling side.
    Caller,
    /// The called side.
    Called,
    /// The outside party, where the recorder says which side that is.
    Counterpart,
    /// Our own number, where the recorder says which side that is.
    OurNumber,
    /// The extension of the member who spoke.
    Extension,
    /// The queue, by number or name.
    Queue,
    /// The member who spoke: login or id.
    Agent,
    /// Whether it was answered, in a word.
    Answered,
    /// How long was spoken.
    TalkSeconds,
    /// How long it took, ringing included.
    DurationSeconds,
    /// The file name of its recording.
    Recording,
    /// When the row was last changed.
    UpdatedAt,
}

impl Fact {
    /// Every fact, in the order of declaration.
    pub const ALL: [Self; 20] = [
        Self::CallId,
        Self::LinkedId,
        Self::Leg,
        Self::StartedOn,
        Self::StartedAt,
        Self::AnsweredAt,
        Self::EndedAt,
        Self::Direction,
        Self::Caller,
        Self::Called,
        Self::Counterpart,
        Self::OurNumber,
        Self::Extension,
        Self::Queue,
        Self::Agent,
        Self::Answered,
        Self::TalkSeconds,
        Self::DurationSeconds,
        Self::Recording,
        Self::UpdatedAt,
    ];

    /// The word the rulebook and a bad row use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallId => "call_id",
            Self::LinkedId => "linked_id",
            Self::Leg => "leg",
            Self::StartedOn => "started_on",
            Self::StartedAt => "started_at",
            Self::AnsweredAt => "answered_at",
            Self::EndedAt => "ended_at",
            Self::Direction => "direction",
            Self::Caller => "caller",
            Self::Called => "called",
            Self::Counterpart => "counterpart",
            Self::OurNumber => "our_number",
            Self::Extension => "extension",
            Self::Queue => "queue",
            Self::Agent => "agent",
            Self::Answered => "answered",
            Self::TalkSeconds => "talk_seconds",
            Self::DurationSeconds => "duration_seconds",
            Self::Recording => "recording",
            Self::UpdatedAt => "updated_at",
        }
    }

    /// The fact a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.as_str() == word)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a row could not be taken, in fixed words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Reason {
    /// Longer than 256 KiB.
    #[serde(rename = "too long")]
    TooLong,
    /// A quoted cell does not end, or goes on behind its quote.
    #[serde(rename = "quote")]
    Quote,
    /// Neither UTF-8 nor CP932, or not what the rest of the file is.
    #[serde(rename = "not text")]
    NotText,
    /// Not a JSON object.
    #[serde(rename = "not JSON")]
    NotJson,
    /// No XML document, or one that ends too early.
    #[serde(rename = "not XML")]
    NotXml,
    /// The compressed file is cut off, damaged or far too large: nothing more of it is read.
    #[serde(rename = "damaged file")]
    DamagedFile,
    /// More or fewer columns than the format has.
    #[serde(rename = "column count")]
    ColumnCount,
    /// The heading lacks a column the rulebook names; nothing of the file is read.
    #[serde(rename = "missing column")]
    MissingColumn,
    /// Nothing says which call it is.
    #[serde(rename = "no call id")]
    NoCallId,
    /// The call's id is over 128 bytes, or holds a control character.
    #[serde(rename = "call id")]
    CallId,
    /// A spreadsheet rounded the call's id.
    #[serde(rename = "rounded call id")]
    RoundedCallId,
    /// A time that is missing where it is needed, or can't be read.
    #[serde(rename = "time")]
    Time,
    /// The start lies before the moment in the call's id: the log's zone is another.
    #[serde(rename = "zone")]
    Zone,
    /// A length of time that can't be read.
    #[serde(rename = "length of time")]
    Length,
    /// A word that says neither answered nor unanswered.
    #[serde(rename = "unknown word")]
    UnknownWord,
}

impl Reason {
    /// The fixed words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::Quote => "quote",
            Self::NotText => "not text",
            Self::NotJson => "not JSON",
            Self::NotXml => "not XML",
            Self::DamagedFile => "damaged file",
            Self::ColumnCount => "column count",
            Self::MissingColumn => "missing column",
            Self::NoCallId => "no call id",
            Self::CallId => "call id",
            Self::RoundedCallId => "rounded call id",
            Self::Time => "time",
            Self::Zone => "zone",
            Self::Length => "length of time",
            Self::UnknownWord => "unknown word",
        }
    }

    /// How to fix it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::TooLong => "No row is over 256 KiB: see whether the file is cut, or its lines are run together.",
            Self::Quote => "Close the quoted cell; write a quote within it twice.",
            Self::NotText => "Export the whole file as UTF-8, or the whole file as CP932.",
            Self::NotJson => "Upload whole JSON objects: one a file, one a line, or an array of them.",
            Self::NotXml => "Upload whole files as mod_xml_cdr writes them.",
            Self::DamagedFile => "Upload the compressed file again: it is cut off or damaged.",
            Self::ColumnCount => "See that the rulebook's format, fields and delimiter are those of this file.",
            Self::MissingColumn => "Export with this column, or map it in the rulebook to the name the heading has.",
            Self::NoCallId => {
                "Export the call's id. Asterisk: loguniqueid = yes under [csv] in cdr.conf; earlier rows stay without."
            }
            Self::CallId => "A call's id has at most 128 bytes and no control character.",
            Self::RoundedCallId => "Upload the export as it was made: a spreadsheet that saved it rounded the id.",
            Self::Time => "Write times as 2026-04-01 09:05:00, 2026/4/1 9:05, 2026-04-01T09:05:00+09:00 or 1775001900.",
            Self::Zone => {
                "Set the log's zone in the rulebook: \"UTC\" where Asterisk has usegmtime = yes, and for 3CX from V20 on."
            }
            Self::Length => "Write a length of time in seconds, in the log's length_unit, or as hours:minutes:seconds.",
            Self::UnknownWord => "List the words that mean answered in the rulebook, under answered_words.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A row that could not be taken. It repeats nothing of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BadRow {
    /// The line of the file it begins on, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// The fact that could not be read, where it is one.
    pub column: Option<Fact>,
}

/// Why a row is bad, before its line is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) column: Option<Fact>,
}

impl Fault {
    pub(super) fn of(reason: Reason, column: Fact) -> Self {
        Self { reason, column: Some(column) }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { reason, column: None }
    }
}
