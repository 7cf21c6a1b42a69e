//! Keys: one place that spells them. docs/internals/table.md has the same as a table.
//!
//! | item | `pk` | `sk` |
//! | --- | --- | --- |
//! | audio fragment | `K#{key id}` | `A#{id}` |
//! | sidecar or call-log fragment | `K#{key id}` | `T#{sequencer}#{id}` |
//! | first with these bytes under this key | `K#{key id}` | `H#{sha256}` |
//! | admins' corrections of a recording | `K#{key id}` | `F#{id}` |
//! | recording, later its tombstone | `R#{id}` | `R` |
//! | custody event | `R#{id}` | `E#{number}` |
//! | call | `C#{call id}#{incarnation}` | `C` |
//! | audit event | `A#{day}#{shard}` | `{time}#{operation}` |
//! | how often a member did something in an hour | `W#{staff}#{hour}` | `{what}` |
//! | row of a call log | `L#{call id}` | `R#{row key}` |
//! | recording of a logged call | `L#{call id}` | `A#{id}` |
//! | rulebook pointer, version | `RULEBOOK` | `POINTER`, `V#{version}` |
//!
//! `R` sorts behind every `E#`: one descending query of two items brings a recording and the head of its custody.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::id::{CallId, KeyId, RecordingId, RowId};
use policy::number::PhoneNumber;
use policy::recording::{CallReference, Recording, State};
use policy::retention::ClassRevision;
use serde::{Deserialize, Serialize};

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// 4 shards a month: one partition takes 1,000 writes a second; a hundred million recordings a
/// year are 13 a second at peak tens, so that 4 leave room for an import at full speed.
pub const TIME_SHARDS: u8 = 4;

pub(crate) const POINTER_PK: &str = "RULEBOOK";
pub(crate) const POINTER_SK: &str = "POINTER";

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl Into<u64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// The two attributes of a primary key.
pub(crate) fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk.into()))])
}

pub(crate) fn fragments_pk(key_id: &KeyId) -> String {
    format!("K#{key_id}")
}

pub(crate) fn audio_sk(id: &RecordingId) -> String {
    format!("A#{id}")
}

pub(crate) fn text_sk(sequencer: &str, id: &RecordingId) -> String {
    format!("T#{sequencer}#{id}")
}

pub(crate) fn first_sk(sha256: &str) -> String {
    format!("H#{sha256}")
}

pub(crate) fn correction_sk(id: &RecordingId) -> String {
    format!("F#{id}")
}

pub(crate) fn recording_pk(id: &RecordingId) -> String {
    format!("R#{id}")
}

pub(crate) const RECORDING_SK: &str = "R";

pub(crate) fn event_sk(number: u32) -> String {
    format!("E#{number:010}")
}

pub(crate) fn call_pk(call: &CallReference) -> String {
    format!("C#{}#{:06}", call.id, call.incarnation)
}

pub(crate) const CALL_SK: &str = "C";

/// The call as the log knows it: by source and the PBX's own id, whatever it is joined to.
pub(crate) fn log_pk(group: &CallId) -> String {
    format!("L#{group}")
}

pub(crate) const ROW_PREFIX: &str = "R#";
pub(crate) const MEMBER_PREFIX: &str = "A#";

pub(crate) fn row_sk(row_key: &RowId) -> String {
    format!("{ROW_PREFIX}{row_key}")
}

pub(crate) fn member_sk(id: &RecordingId) -> String {
    format!("{MEMBER_PREFIX}{id}")
}

/// Where it is counted what a member does in the hour of a moment, UTC.
pub(crate) fn count_pk(staff: &str, at: Timestamp) -> String {
    format!("W#{staff}#{}", at.strftime("%Y-%m-%dT%H"))
}

/// The audit events of a shard of a day in the company's zone.
pub(crate) fn audit_pk(day: &str, shard: u8) -> String {
    format!("A#{day}#{shard}")
}

/// The audit events of a member in a month, in the index by staff.
pub(crate) fn audit_staff_key(staff: &str, month: &str) -> String {
    format!("A#{staff}#{month}")
}

pub(crate) fn version_sk(version: u64) -> String {
    format!("V#{version:010}")
}

/// Where the sweep looks for what a class revision makes due.
pub(crate) fn due_key(revision: &ClassRevision, shard: u8) -> String {
    format!("{revision}#{shard:02}")
}

/// Where the sweep looks first: what it claimed and has not finished.
pub(crate) fn claimed_key(shard: u8) -> String {
    format!("claimed#{shard:02}")
}

/// A moment in text that sorts as time does: UTC, milliseconds, one width.
pub fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A month in UTC, `2026-11`: what staff, team and time partitions are cut by.
pub fn month(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m").to_string()
}

/// The range key of every search index: time, then id, so that no two are equal.
pub fn place(at: Timestamp, id: &str) -> String {
    format!("{}#{id}", sortable(at))
}

pub(crate) fn shard_of(id: &str, shards: u8) -> u8 {
    // The digits of an id are uniform; their sum modulo a small power of two is too.
    let sum: u32 = id.bytes().map(u32::from).sum();
    u8::try_from(sum % u32::from(shards)).unwrap_or_default()
}

/// One partition of one search index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partition {
    /// By the counterpart's number.
    Number(PhoneNumber),
    /// By the last four digits of it.
    Last4(String),
    /// By member of staff and month.
    Staff(String, String),
    /// By team and month.
    Team(String, String),
    /// What no team is known of, by month: looked at again by every new rulebook.
    Teamless(String),
    /// By month and shard, for admins.
    Time(String, u8),
    /// What is in quarantine, by month and shard, for admins.
    Quarantine(String, u8),
    /// Rows of call logs, by month and shard.
    Log(String, u8),
    /// Rows of call logs that could not be read, by the month their log was taken in and shard.
    BadLogRow(String, u8),
}

impl Partition {
    /// The index, its key attribute, the key.
    pub(crate) fn locate(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::Number(number) => ("by_number", "number_key", format!("N#{}", number.expose())),
            Self::Last4(digits) => ("by_last4", "last4_key", format!("L#{digits}")),
            Self::Staff(staff, month) => ("by_staff", "staff_key", format!("S#{staff}#{month}")),
            Self::Team(team, month) => ("by_team", "team_key", format!("T#{team}#{month}")),
            // No team has an empty name.
            Self::Teamless(month) => ("by_team", "team_key", format!("T##{month}")),
            Self::Time(month, shard) => ("by_time", "time_key", format!("M#{month}#{shard}")),
            Self::Quarantine(month, shard) => ("by_time", "time_key", format!("Q#{month}#{shard}")),
            Self::Log(month, shard) => ("by_time", "time_key", format!("L#{month}#{shard}")),
            Self::BadLogRow(month, shard) => ("by_time", "time_key", format!("B#{month}#{shard}")),
        }
    }
}

/// The index attributes of a recording: absent values make no entry; what is hidden makes none.
pub(crate) fn index_attributes(recording: &Recording) -> Item {
    let view = &recording.view;
    let mut item = Item::new();
    if view.duplicate_of.is_some() {
        return item;
    }
    let month = month(view.started_at);
    let shard = shard_of(view.id.as_str(), TIME_SHARDS);
    let mut partitions = Vec::new();
    match view.state {
        State::Fragment | State::Deleted => return item,
        State::Quarantined => partitions.push(Partition::Quarantine(month, shard)),
        State::Active => {
            if let policy::number::Counterpart::Number(number) = &view.counterpart {
                partitions.push(Partition::Last4(number.last4().to_owned()));
                partitions.push(Partition::Number(number.clone()));
            }
            if let Some(staff) = &view.staff {
                partitions.push(Partition::Staff(staff.clone(), month.clone()));
            }
            partitions.push(match &view.team {
                Some(team) => Partition::Team(team.clone(), month.clone()),
                None => Partition::Teamless(month.clone()),
            });
            partitions.push(Partition::Time(month, shard));
        }
    }
    for partition in partitions {
        let (_, attribute, value) = partition.locate();
        item.insert(attribute.to_owned(), text(value));
    }
    item.insert("at".to_owned(), text(place(view.started_at, view.id.as_str())));
    item
}
