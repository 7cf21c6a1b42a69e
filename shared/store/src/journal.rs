//! The journal: what is about to be deleted, in a bucket that keeps it under Object Lock. It outlives the table: after a
//! restore it says what has been deleted since.

use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::CallReference;
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::error::StoreError;
use crate::objects::Objects;

/// One batch of deletions. QUIET: ids and versions, no number, name or key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalBatch {
    /// The run that deletes.
    pub run: String,
    /// When it was written: before the first deletion.
    pub at: Timestamp,
    /// The object versions.
    pub deletions: Vec<JournalEntry>,
}

/// One object version that is about to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The recording: a hash of the object version.
    pub recording: RecordingId,
    /// S3's version id.
    pub version_id: String,
    /// The call.
    pub call: CallReference,
    /// The claim that permits it.
    pub claim: String,
    /// The rulebook that the claim rests on.
    pub rulebook_version: u64,
}

/// Where the journal is kept.
#[derive(Clone, Debug)]
pub struct Journal {
    objects: Objects,
    bucket: String,
}

impl Journal {
    /// In this bucket.
    pub fn new(connection: &Connection, bucket: impl Into<String>) -> Self {
        Self { objects: Objects::new(connection), bucket: bucket.into() }
    }

    /// Writes a batch, under a key of its own: by the run and the number of the batch in it.
    pub async fn write(&self, batch: &JournalBatch, number: u32) -> Result<(), StoreError> {
        const ACT: &str = "write the journal";
        let bytes = serde_json::to_vec(batch).map_err(|error| StoreError::garbled(ACT, error))?;
        let day = batch.at.strftime("%Y/%m/%d");
        let key = format!("journal/{day}/{}-{}-{number:06}.json", batch.at.strftime("%H%M%S"), batch.run);
        self.objects.write_small(&self.bucket, &key, bytes, "application/json").await
    }
}
