//! The table: every access pattern is one function here.

mod audit;
mod corrections;
pub(crate) mod layout;
mod logs;
mod read;
mod reports;
mod write;

use jiff::Timestamp;
use policy::call::Call;
use policy::custody::{Chained, Head};
use policy::recording::{Recording, Tombstone};
use policy::retention::{ClassRevision, Periods};
use policy::rulebook::Role;
use serde::{Deserialize, Serialize};

pub use audit::{AUDIT_SHARDS, AuditPage, AuditPartition, AuditText, Count, Counted, below};
pub use corrections::{Correcting, Corrections};
pub use layout::{Partition, TIME_SHARDS, month, place, sortable};
pub use logs::{BadLogRow, LogMember, LoggedRow, LoggedRows};
pub use read::Nominations;
pub use reports::{Report, RollUp};

use crate::connect::Connection;

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    name: String,
}

impl Table {
    /// The table of a name.
    pub fn new(connection: &Connection, name: impl Into<String>) -> Self {
        Self { client: aws_sdk_dynamodb::Client::new(&connection.config), name: name.into() }
    }
}

/// What stands under a recording's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A recording, a fragment's object, or what is in quarantine.
    Recording(Box<Recording>),
    /// What is left of one.
    Tombstone(Box<Tombstone>),
}

/// What kind of thing stands under a recording's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A recording, a fragment's object, or what is in quarantine.
    Recording,
    /// What is left of one.
    Tombstone,
}

/// What stands under a recording's id, its generation, and the head of its custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecording {
    /// What.
    pub stored: Stored,
    /// Grows by one with every change.
    pub generation: u64,
    /// The end of its custody.
    pub head: Head,
    /// The operation of the last custody event, empty where there is none.
    pub last_operation: String,
}

/// Under which key of the due index a call lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// It expires under this revision.
    Under(ClassRevision),
    /// It is claimed: to be finished before anything else.
    Claimed,
    /// It has no leg left.
    Closed,
}

/// A call to be written.
#[derive(Clone, Debug)]
pub struct CallWrite<'a> {
    /// The generation that was read; `None` where there was no such call.
    pub before: Option<u64>,
    /// What to write. The same generation: only checked. No leg and no claim: deleted.
    pub call: &'a Call,
    /// Its place in the due index.
    pub due: Due,
}

/// What one merge writes, in one transaction.
#[derive(Clone, Debug)]
pub struct Indexing<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// The generation that was read; `None` where there was none.
    pub before: Option<u64>,
    /// The call it is in.
    pub joins: CallWrite<'a>,
    /// The call it was in.
    pub leaves: Option<CallWrite<'a>>,
    /// What goes on its custody.
    pub event: Option<&'a Chained>,
    /// Whether it is the first with its bytes under its key.
    pub is_first: bool,
}

/// What came of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It stands.
    Done,
    /// Something had changed since it was read: read again.
    Conflict,
}

/// TRACE FIRST: what must be durable before a URL leaves.
#[derive(Clone, Debug)]
pub struct Trace<'a> {
    /// The custody event.
    pub event: &'a Chained,
    /// The same, for the audit by day and by member.
    pub audit: &'a AuditEvent,
    /// What is counted with it; `None` for what renews an earlier event that was.
    pub count: Option<Count<'a>>,
    /// The call, which must not be claimed and whose periods and holds must be the ones decided on.
    pub call: &'a policy::recording::CallReference,
    /// The periods decided on.
    pub periods: &'a Periods,
    /// The holds decided on: one that was lifted meanwhile lets expiry bite at once.
    pub holds: u32,
}

/// What somebody did or was refused, outside or beside the chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// The day in the company's zone, `2026-11-03`.
    pub day: String,
    /// The operation's id.
    pub operation: String,
    /// The member's id.
    pub staff: String,
    /// The role the member had then; `None` for `AdminLogin` while it is no member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `search`, `view`, `play`, `download`, `custody`, `publish`, ….
    pub action: String,
    /// `permitted` or `refused`.
    pub outcome: String,
    /// What it was about, in words that hold no number: the recording's id, the filters used.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub facts: std::collections::BTreeMap<String, String>,
    /// What was asked for, in the words of whoever asked: a number can be among them.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub asked: std::collections::BTreeMap<String, AuditText>,
    /// NEVER LATE: from then on it is shown to nobody, and `DynamoDB` ends it. An event that says no end has none.
    #[serde(default = "no_end")]
    pub ends_at: Timestamp,
}

fn no_end() -> Timestamp {
    Timestamp::MAX
}

/// The end of one object version, in one transaction.
#[derive(Clone, Debug)]
pub struct Finish<'a> {
    /// What was there.
    pub recording: &'a Recording,
    /// Its generation.
    pub before: u64,
    /// What stays.
    pub tombstone: &'a Tombstone,
    /// The last event of its custody.
    pub event: &'a Chained,
    /// The generation of the call that was read.
    pub call_before: u64,
    /// The call without this leg.
    pub call: &'a Call,
}
