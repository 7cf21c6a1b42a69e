//! A deployed stack, as AWS describes it to the person who deployed it. Everything is read and nothing is changed; what
//! can't be read is an error in its place, and the rest is read all the same.

mod account;
mod data;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::error::StoreError;

/// What was read, or why it could not be.
pub type Read<T> = Result<T, StoreError>;

/// A stack and what belongs to it.
#[derive(Debug)]
pub struct Inspection {
    /// The stack itself: without it nothing else is looked for.
    pub stack: StackDescription,
    /// What AWS's clock said, and what this machine's said then.
    pub clocks: Option<(Timestamp, Timestamp)>,
    /// How many functions the account may run at a time in this Region.
    pub concurrency_limit: Read<u64>,
    /// The functions, by their name in the stack.
    pub functions: BTreeMap<&'static str, Read<FunctionDescription>>,
    /// How each schedule stands: `ENABLED` or `DISABLED`.
    pub schedules: BTreeMap<&'static str, Read<String>>,
    /// Who the alarms are sent to.
    pub subscriptions: Read<Vec<Subscription>>,
    /// The alarms that ring, and those whose actions are switched off.
    pub alarms: Read<Alarms>,
    /// The user pool, where the stack has one of its own.
    pub pool: Option<Read<PoolDescription>>,
    /// Whether a rulebook was ever published.
    pub is_rulebook_published: Read<bool>,
    /// The queues, by their name in the stack.
    pub queues: BTreeMap<&'static str, Read<u64>>,
    /// The key of everything.
    pub key: Read<KeyDescription>,
    /// The buckets, by the last word of their role: `recordings`, `derived`, `rulebook`, `decided`, `audit`; `copies` where
    /// the stack names one.
    pub buckets: BTreeMap<&'static str, Read<BucketDescription>>,
    /// The table.
    pub table: Read<TableDescription>,
    /// For how many days each log group keeps what is logged; `None` is without an end.
    pub logs: Read<BTreeMap<String, Option<u64>>>,
}

/// What CloudFormation says of the stack.
#[derive(Clone, Debug, Default)]
pub struct StackDescription {
    /// Its name.
    pub name: String,
    /// The Region.
    pub region: String,
    /// The account, 12 digits.
    pub account: String,
    /// `CREATE_COMPLETE` and the like.
    pub status: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

impl StackDescription {
    /// A parameter's value; an empty one is none.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }

    /// An output's value; an empty text where the stack has none.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// A function, as Lambda has it.
#[derive(Clone, Debug, Default)]
pub struct FunctionDescription {
    /// `Active`, unless it can't run.
    pub state: String,
    /// `Successful`, unless its last update failed or goes on.
    pub last_update: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The queues and the stream that start it.
    pub sources: Vec<SourceDescription>,
    /// How often Lambda repeats a failed run of a schedule, for those that have schedules.
    pub run_retries: Option<u64>,
    /// Whether it may send itself the rest of a job, for the one that does.
    pub may_loop: Option<bool>,
}

/// What starts a function, a queue or the table's stream.
#[derive(Clone, Debug, Default)]
pub struct SourceDescription {
    /// Its ARN.
    pub arn: String,
    /// `Enabled`, unless it starts nothing.
    pub state: String,
    /// What became of the last batch: `OK`, or `PROBLEM` and why.
    pub last_result: String,
}

/// Somebody who is to get the alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// An address, or the ARN of a queue or function.
    pub endpoint: String,
    /// Whether it was confirmed.
    pub is_confirmed: bool,
}

/// The alarms that need somebody.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    /// Those that ring now.
    pub ringing: Vec<String>,
    /// Those that would tell nobody.
    pub silenced: Vec<String>,
}

/// The user pool.
#[derive(Clone, Debug, Default)]
pub struct PoolDescription {
    /// Whether only an administrator makes users.
    pub only_admins_create: bool,
    /// `ON`, `OPTIONAL` or `OFF`.
    pub one_time_code: String,
    /// Whether it is protected against deletion.
    pub is_protected: bool,
    /// Its users that are enabled, and whether each has signed in once.
    pub users: BTreeMap<String, bool>,
}

/// A key of KMS.
#[derive(Clone, Debug, Default)]
pub struct KeyDescription {
    /// `Enabled`, unless it can't be used.
    pub state: String,
    /// Whether it rotates.
    pub rotates: bool,
    /// Its ARN.
    pub arn: String,
}

/// A bucket.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
#[derive(Clone, Debug, Default)]
pub struct BucketDescription {
    /// Its name.
    pub name: String,
    /// Whether versions are kept.
    pub is_versioned: bool,
    /// Whether no policy and no list can make it public.
    pub blocks_public_access: bool,
    /// The key that it encrypts with by default, where it is one of KMS.
    pub key_id: Option<String>,
    /// Whether Object Lock is on.
    pub has_object_lock: bool,
    /// The mode and days of its default retention.
    pub default_retention: Option<(String, u64)>,
    /// After how many days a rule of its lifecycle ends objects or versions, the soonest: 0 on a day that is set.
    pub ends_after_days: Option<u64>,
    /// The buckets that everything in it is replicated to.
    pub replicated_to: BTreeSet<String>,
    /// Whether a rule of its lifecycle removes unfinished uploads.
    pub lifecycle_ends_uploads: bool,
    /// The names of its policy's statements.
    pub statements: BTreeSet<String>,
    /// Whether it sends events of new objects to a queue.
    pub notifies_a_queue: bool,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct TableDescription {
    /// Its name.
    pub name: String,
    /// Whether it can be restored to any second of the last 35 days.
    pub has_point_in_time_recovery: bool,
    /// The attribute by which items end.
    pub time_to_live: Option<String>,
    /// Whether it is protected against deletion.
    pub is_protected: bool,
    /// Whether it is encrypted with a key of KMS.
    pub is_encrypted: bool,
    /// The ARN of its stream, where that has both images.
    pub stream: Option<String>,
    /// Its indexes that can be read.
    pub active_indexes: BTreeSet<String>,
}
