//! The queues between the functions.

use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::Date;
use policy::calllog::Position;
use policy::fragment::{ObjectKind, ObjectVersion};
use policy::id::{CallId, CaseId, DeletionId, KeyId, PlanId, RecordingId, ReleaseId, ShareId};
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::error::StoreError;
use crate::table::{Partition, SortKey};

/// A fragment was written: its reader merges. QUIET: ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexMessage {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// The key whose fragments it belongs to.
    pub key_id: KeyId,
    /// The object version.
    pub id: RecordingId,
    /// S3's order, where the sender has it: a sidecar's fragment is read by it, however many versions there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

impl IndexMessage {
    /// Of an object version.
    pub fn of(object: &ObjectVersion) -> Self {
        Self {
            kind: object.key.kind(),
            key_id: object.key_id(),
            id: object.id(),
            sequencer: Some(object.sequencer.clone()),
        }
    }
}

/// Work for `jobs`: what takes longer than a request or a message may, in slices that resume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Reads a call log on from a position.
    ReadCallLog {
        /// The log's key.
        key_id: KeyId,
        /// The log's object version.
        id: RecordingId,
        /// Where its last slice ended.
        position: Position,
    },
    /// Works out what the reports say of a day.
    RollUp {
        /// The day, in the company's zone.
        day: Date,
    },
    /// Counts the calls that live, by class and day.
    CountCalls,
    /// Counts one shard of a plan.
    CountPlan {
        /// Which plan.
        plan: PlanId,
        /// Which shard of the due index.
        shard: u8,
    },
    /// Indexes again what a later rulebook may understand better, newest first, on from a sort key.
    Reindex {
        /// Of what is in quarantine, or of calls without a team.
        partition: Partition,
        /// The sort key that was last looked at.
        before: Option<SortKey>,
    },
    /// Has an approved redaction made, or its version taken in once more.
    Redact {
        /// The request.
        request: DeletionId,
    },
    /// Puts every life of a call under the holds of its id, and removes what was lifted or has ended.
    FollowHolds {
        /// The call id.
        call: CallId,
    },
    /// Places or lifts the holds of a case, as the case says.
    FollowCase {
        /// The case.
        case: CaseId,
    },
    /// Compares the bucket with the table. QUIET: where a slice goes on is in the table, for it is a key.
    ReconcileBucket {
        /// When the pass over the bucket began.
        pass: Timestamp,
        /// How many slices of it were done before.
        hop: u32,
    },
    /// Holds again what S3 holds, after a restore of the table. QUIET: where a slice goes on is in the table.
    RestoreHolds {
        /// When it began.
        pass: Timestamp,
        /// How many slices of it were done before.
        hop: u32,
    },
    /// Compares a partition of the table with the bucket, newest first, on from a place.
    ReconcileEntries {
        /// Of recordings, or of what is in quarantine.
        partition: Partition,
        /// The sort key that was last looked at.
        before: Option<SortKey>,
    },
}

/// Work for `clip`. QUIET: ids only. What is not wanted (any more) when it is read is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum ClipMessage {
    /// The clip of a share.
    Share {
        /// Its case.
        case: CaseId,
        /// Which.
        share: ShareId,
    },
    /// The package of a release.
    Release {
        /// Its case.
        case: CaseId,
        /// Which.
        release: ReleaseId,
    },
    /// The version of a recording without what a redaction silences.
    Redaction {
        /// The request.
        redaction: DeletionId,
    },
}

/// 2,000 runs: a call log of 2 GiB takes 400, a bucket of a hundred million objects 120.
pub const JOB_RUNS_LIMIT: u32 = 2_000;

/// Beside the job in its message: how many runs of it came before.
const RUNS_BEFORE: &str = "runs_before";

impl Job {
    /// Reads a message: the job, and how many runs of it came before.
    ///
    /// # Errors
    /// What is not a job.
    pub fn from_message(body: &str) -> Result<(Self, u32), serde_json::Error> {
        let mut message: serde_json::Value = serde_json::from_str(body)?;
        let runs_before = match message.as_object_mut().and_then(|message| message.remove(RUNS_BEFORE)) {
            Some(runs) => serde_json::from_value(runs)?,
            None => 0,
        };
        Ok((serde_json::from_value(message)?, runs_before))
    }
}

/// A queue of one kind of message.
#[derive(Debug)]
pub struct Queue<Message> {
    client: aws_sdk_sqs::Client,
    url: String,
    act: &'static str,
    message: PhantomData<fn(Message)>,
}

/// The index queue.
pub type IndexQueue = Queue<IndexMessage>;

/// The ingest queue, for what S3 should have said.
pub type IngestQueue = Queue<serde_json::Value>;

/// The clip queue.
pub type ClipQueue = Queue<ClipMessage>;

/// The jobs queue.
pub type JobsQueue = Queue<Job>;

impl<Message> Clone for Queue<Message> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), url: self.url.clone(), act: self.act, message: PhantomData }
    }
}

impl IndexQueue {
    /// The queue at a URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        Self::at(connection, url, "send to the index queue")
    }
}

impl IngestQueue {
    /// The queue at a URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        Self::at(connection, url, "send to the ingest queue")
    }
}

impl ClipQueue {
    /// The queue at a URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        Self::at(connection, url, "send to the clip queue")
    }
}

impl JobsQueue {
    /// The queue at a URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        Self::at(connection, url, "send to the jobs queue")
    }

    /// Sends what is left of a job, after that many runs of it.
    pub async fn send_rest(&self, job: &Job, runs_before: u32) -> Result<(), StoreError> {
        let mut message = serde_json::to_value(job).map_err(|error| StoreError::garbled(self.act, error))?;
        message[RUNS_BEFORE] = runs_before.into();
        self.send_body(message.to_string(), 0).await
    }
}

impl<Message: Serialize> Queue<Message> {
    fn at(connection: &Connection, url: impl Into<String>, act: &'static str) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&connection.config), url: url.into(), act, message: PhantomData }
    }

    /// Sends one message.
    pub async fn send(&self, message: &Message) -> Result<(), StoreError> {
        self.send_later(message, 0).await
    }

    /// Sends one message that is delivered after a pause of at most 900 seconds.
    pub async fn send_later(&self, message: &Message, seconds: u16) -> Result<(), StoreError> {
        let body = serde_json::to_string(message).map_err(|error| StoreError::garbled(self.act, error))?;
        self.send_body(body, seconds).await
    }

    async fn send_body(&self, body: String, seconds: u16) -> Result<(), StoreError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .set_delay_seconds((seconds > 0).then_some(i32::from(seconds)))
            .send()
            .await
            .map_err(|error| StoreError::sort(self.act, error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_message_says_how_many_runs_came_before_and_nothing_else_that_is_unknown() {
        let first = r#"{"job": "roll_up", "day": "2026-11-03"}"#;
        let job = Job::RollUp { day: "2026-11-03".parse().unwrap() };
        assert_eq!(Job::from_message(first).unwrap(), (job.clone(), 0));
        let later = r#"{"job": "roll_up", "day": "2026-11-03", "runs_before": 16}"#;
        assert_eq!(Job::from_message(later).unwrap(), (job, 16));
        for wrong in [r#"{"job": "roll_up", "day": "2026-11-03", "runs": 1}"#, r#"{"runs_before": 1}"#, "[]", "1"] {
            assert!(Job::from_message(wrong).is_err(), "{wrong}");
        }
    }
}
