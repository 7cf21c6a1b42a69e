//! Keys, except those of `hold_items`, `number_keys`, `shares` and `releases`; docs/internals/table.md has all.
//!
//! | item | `pk` | `sk` |
//! | --- | --- | --- |
//! | audio fragment | `K#{key id}` | `A#{id}` |
//! | sidecar fragment | `K#{key id}` | `T#{sequencer}#{id}` |
//! | call-log fragment | `K#{key id}` | `T#{id}` |
//! | first with these bytes under this key | `K#{key id}` | `H#{sha256}` |
//! | admins' corrections of a recording | `K#{key id}` | `F#{id}` |
//! | recording, later its tombstone | `R#{id}` | `R` |
//! | custody event | `R#{id}` | `E#{number}` |
//! | call | `C#{call id}#{incarnation}` | `C` |
//! | audit event | `A#{day}#{shard}` | `{time}#{operation}` |
//! | how often a member did something in an hour | `W#{staff}#{hour}` | `{what}` |
//! | row of a call log | `L#{call id}` | `R#{row key}` |
//! | recording of a logged call | `L#{call id}` | `A#{id}` |
//! | request to delete a call | `D#{request id}` | `D` |
//! | recordings that a batch of the sweep deletes | `X#{month}` | `{time}#{run}-{batch}-{part}` |
//! | case | `J#{case id}` | `J` |
//! | its entry in its owner's list | `J#{case id}` | `O` |
//! | session of the console | `U#{digest of the browser's secret}` | `U` |
//! | rulebook pointer, version | `RULEBOOK` | `POINTER`, `V#{version}` |
//!
//! `R` sorts behind every `E#`: one descending query of two items brings a recording and the head of its custody.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use policy::deletion::DeletionState;
use policy::id::{CallId, DeletionId, KeyId, RecordingId, RowId};
use policy::number::{Counterpart, PhoneNumber};
use policy::recording::{CallReference, Recording, State};
use policy::retention::ClassRevision;
use serde::{Deserialize, Serialize};

use super::item::{Item, text};

/// 4 shards a month: one partition takes 1,000 writes a second; a hundred million recordings a
/// year are 13 a second at peak tens, so that 4 leave room for an import at full speed.
pub const TIME_SHARDS: u8 = 4;

pub(super) const POINTER_PK: &str = "RULEBOOK";

pub(super) const POINTER_SK: &str = "POINTER";

pub(super) fn fragments_pk(key_id: &KeyId) -> String {
    format!("K#{key_id}")
}

pub(super) fn audio_sk(id: &RecordingId) -> String {
    format!("A#{id}")
}

pub(super) fn text_sk(sequencer: &str, id: &RecordingId) -> String {
    format!("T#{sequencer}#{id}")
}

/// A version of a call log is read by its own key, however many versions there are.
pub(super) fn call_log_sk(id: &RecordingId) -> String {
    format!("T#{id}")
}

pub(super) fn first_sk(sha256: &str) -> String {
    format!("H#{sha256}")
}

pub(super) fn correction_sk(id: &RecordingId) -> String {
    format!("F#{id}")
}

pub(super) fn recording_pk(id: &RecordingId) -> String {
    format!("R#{id}")
}

pub(super) const RECORDING_SK: &str = "R";

pub(super) fn event_sk(number: u32) -> String {
    format!("E#{number:010}")
}

pub(super) fn call_pk(call: &CallReference) -> String {
    format!("C#{}#{:06}", call.id, call.incarnation)
}

pub(super) fn parse_call_pk(pk: &str) -> Option<CallReference> {
    let (id, incarnation) = pk.strip_prefix("C#")?.split_once('#')?;
    Some(CallReference { id: id.parse::<CallId>().ok()?, incarnation: incarnation.parse().ok()? })
}

pub(super) const CALL_SK: &str = "C";

/// The call as the log knows it: by source and the PBX's own id, whatever it is joined to.
pub(super) fn log_pk(group: &CallId) -> String {
    format!("L#{group}")
}

pub(super) const ROW_PREFIX: &str = "R#";

pub(super) const MEMBER_PREFIX: &str = "A#";

pub(super) fn row_sk(row_key: &RowId) -> String {
    format!("{ROW_PREFIX}{row_key}")
}

pub(super) fn member_sk(id: &RecordingId) -> String {
    format!("{MEMBER_PREFIX}{id}")
}

/// Where it is counted what a member does in the hour of a moment, UTC.
pub(super) fn count_pk(staff: &str, at: Timestamp) -> String {
    format!("W#{staff}#{}", at.strftime("%Y-%m-%dT%H"))
}

/// The audit events of a shard of a day in the company's zone.
pub(super) fn audit_pk(day: &str, shard: u8) -> String {
    format!("A#{day}#{shard}")
}

/// The audit events of a member in a month, in the index by staff.
pub(super) fn audit_staff_key(staff: &str, month: &Month) -> String {
    format!("A#{staff}#{month}")
}

pub(super) fn version_sk(version: u64) -> String {
    format!("V#{version:010}")
}

/// Where the sweep looks for what a class revision makes due.
pub(super) fn due_key(revision: &ClassRevision, shard: u8) -> String {
    format!("{revision}#{shard:02}")
}

/// Where the sweep parks the claimed calls of which S3 keeps a version: so few that one partition is enough.
pub(super) const REFUSED_KEY: &str = "refused";

pub(super) fn deletion_pk(id: &DeletionId) -> String {
    format!("D#{id}")
}

pub(super) const DELETION_SK: &str = "D";

/// The batches of deletions that were begun in a month, UTC.
pub(super) fn batches_pk(month: &Month) -> String {
    format!("X#{month}")
}

/// Where the sweep looks for what people agreed to delete: so seldom that one partition is enough.
pub(super) fn requested_key() -> &'static str {
    "requested"
}

pub(super) fn shard_of(id: &str, shards: u8) -> u8 {
    // The digits of an id are uniform; their sum modulo a small power of two is too.
    let sum: u32 = id.bytes().map(u32::from).sum();
    u8::try_from(sum % u32::from(shards)).unwrap_or_default()
}

/// The sort key of an index: a moment in milliseconds, then an id, so that no two are equal. Opaque: it is compared and
/// handed back, never taken apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SortKey(String);

/// A text is not a sort key of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sort key")]
pub struct NotASortKey;

impl SortKey {
    /// The key of an id at a moment. What lies below the millisecond is cut off.
    pub fn new(at: Timestamp, id: &str) -> Self {
        Self(format!("{}#{id}", time(at)))
    }

    /// Sorts before every key of this moment, and behind every key of the millisecond before.
    pub fn from_time(at: Timestamp) -> Self {
        Self(time(at))
    }

    /// Sorts before every key.
    pub fn first() -> Self {
        Self("0".to_owned())
    }

    /// Sorts behind every key.
    pub fn last() -> Self {
        Self("~".to_owned())
    }

    /// The greatest bound below this key: no key lies between the two.
    #[must_use]
    pub fn just_below(&self) -> Self {
        let mut bound = self.0.clone();
        // Every character of a key lies between ` ` and `~`.
        if let Some(last) = bound.pop() {
            bound.push(char::from_u32(u32::from(last).saturating_sub(1)).unwrap_or(last));
            bound.push('~');
        }
        Self(bound)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that was read from the table.
    pub(super) fn of_item(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// QUIET: the id of a row of a call log can hold what the PBX calls the call.
impl fmt::Debug for SortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SortKey({}…)", self.0.get(..TIME_CHARACTERS).unwrap_or(&self.0))
    }
}

/// 24 characters: `2026-11-03T05:05:02.000Z`.
const TIME_CHARACTERS: usize = 24;

impl TryFrom<String> for SortKey {
    type Error = NotASortKey;

    fn try_from(text: String) -> Result<Self, NotASortKey> {
        let is_printable = text.bytes().all(|byte| (b'!'..b'~').contains(&byte));
        let (at, id) = text.split_once('#').ok_or(NotASortKey)?;
        let is_ours = at.parse().is_ok_and(|moment: Timestamp| time(moment) == at);
        if is_printable && is_ours && !id.is_empty() { Ok(Self(text)) } else { Err(NotASortKey) }
    }
}

impl From<SortKey> for String {
    fn from(key: SortKey) -> Self {
        key.0
    }
}

/// A moment in text that sorts as time does: UTC, milliseconds, one width.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A month in UTC, `2026-11`: what the partitions of the search indexes are cut by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(String);

/// A text is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a month, as `2026-11` is")]
pub struct NotAMonth;

impl Month {
    /// The month of a moment.
    pub fn of(at: Timestamp) -> Self {
        Self(at.strftime("%Y-%m").to_string())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        let is_month = format!("{text}-01").parse::<Date>().is_ok_and(|day| day.strftime("%Y-%m").to_string() == text);
        if is_month { Ok(Self(text)) } else { Err(NotAMonth) }
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
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
    Staff(String, Month),
    /// By team and month.
    Team(String, Month),
    /// Calls without a team, by month: every new rulebook looks at them again.
    Teamless(Month),
    /// By month and shard, for admins.
    Time(Month, u8),
    /// What is in quarantine, by month and shard, for admins.
    Quarantine(Month, u8),
    /// Rows of call logs, by month and shard.
    Log(Month, u8),
    /// Rows of call logs that could not be read, by the month their log was taken in and shard.
    BadLogRow(Month, u8),
    /// Requests to delete a call, by where they are.
    Deletions(DeletionState),
}

impl Partition {
    /// The index, its key attribute, the key.
    pub(super) fn locate(&self) -> (&'static str, &'static str, String) {
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
            Self::Deletions(state) => ("by_time", "time_key", format!("D#{}", state.as_str())),
        }
    }
}

/// The index attributes of a recording: absent values make no entry; what is hidden makes none.
pub(super) fn index_attributes(recording: &Recording) -> Item {
    let view = &recording.view;
    let mut item = Item::new();
    if view.duplicate_of.is_some() {
        return item;
    }
    let month = Month::of(view.started_at);
    let shard = shard_of(view.id.as_str(), TIME_SHARDS);
    let mut partitions = Vec::new();
    match view.state {
        State::Fragment | State::Deleted => return item,
        State::Quarantined => partitions.push(Partition::Quarantine(month, shard)),
        State::Active => {
            if let Counterpart::Number(number) = &view.counterpart {
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
    item.insert("at".to_owned(), text(SortKey::new(view.started_at, view.id.as_str())));
    item
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_key_lies_between_a_key_and_the_bound_just_below_it() {
        let key = "2026-11-13T00:00:00.000Z#Rq1=.play";
        let bound = SortKey::of_item(key).just_below();
        assert!(bound.as_str() < key);
        for lesser in [
            "2026-11-13T00:00:00.000Z#Rq1=.pla",
            "2026-11-13T00:00:00.000Z#Rq1=.plax",
            "2026-11-13T00:00:00.000Z#Rq1=.plaxzz",
            "2026-11-13T00:00:00.000Z#Rq1=",
            "2026-11-12T23:59:59.999Z#zz.view",
        ] {
            assert!(lesser < key && lesser <= bound.as_str(), "{lesser}");
        }
        for greater in [key, "2026-11-13T00:00:00.000Z#Rq1=.playz", "2026-11-13T00:00:00.001Z#A.play"] {
            assert!(greater > bound.as_str(), "{greater}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_sort_key_is_refused() {
        let parse = |text: &str| SortKey::try_from(text.to_owned());
        assert!(parse("2026-11-03T05:05:02.000Z#a.play").is_ok());
        for text in [
            "",
            "~",
            "0",
            "2026-11-03T05:05:02.000Z",
            "2026-11-03T05:05:02.000Z#",
            "2026-11-03T05:05:02Z#a",
            "2026-11-03T05:05:02.000Z#録番",
            "2026-11-03T05:05:02.000Z#a.~",
        ] {
            assert_eq!(parse(text), Err(NotASortKey), "{text}");
        }
    }

    #[test]
    fn a_printed_sort_key_shows_its_time_alone() {
        let key = SortKey::new("2026-11-03T05:05:02.1239Z".parse().unwrap(), "09012345678");
        assert_eq!(format!("{key:?}"), "SortKey(2026-11-03T05:05:02.123Z…)");
    }

    #[test]
    fn a_text_that_is_not_a_month_is_refused() {
        assert_eq!("2026-11".parse::<Month>().unwrap(), Month::of("2026-11-30T23:59:59Z".parse().unwrap()));
        for text in ["", "2026", "2026-13", "2026-1", "2026-11-01", "20261-1"] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
    }
}
