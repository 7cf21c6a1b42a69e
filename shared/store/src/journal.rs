//! The journal: what is about to be deleted, in a bucket that keeps it under Object Lock. It outlives the table: after a
//! restore it says what has been deleted since, and each tombstone is written again from it.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use policy::call::Claim;
use policy::deletion::AgreedRoles;
use policy::fragment::ObjectKey;
use policy::id::{DeletionId, RecordingId, sha256_hex};
use policy::origin_copy::KnownOriginCopy;
use policy::recording::{BackupState, CallReference, State, Tombstone};
use policy::retention::ClassRevision;
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::error::StoreError;
use crate::objects::{Objects, VersionPosition};
use crate::queue::IndexMessage;
use crate::table::DeletionBatch;

/// 64 MiB: a batch is 100 calls of at most 40 legs and what follows them, of half a kilobyte each.
const BATCH_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// 16 digits of a SHA-256: two batches of one run and second never have the same.
const DIGEST_DIGITS: usize = 16;

/// 15 minutes: a run ends within five of them, so what it deletes later is in a later batch.
const WRITTEN_BEFORE: SignedDuration = SignedDuration::from_mins(15);

/// One batch of deletions. QUIET: ids and versions, no number, name or key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalBatch {
    /// The run that deletes.
    pub run: String,
    /// Which of the run's batches.
    pub number: u32,
    /// When it was written: before the first deletion.
    pub at: Timestamp,
    /// The object versions.
    pub deletions: Vec<JournalEntry>,
}

/// One object version that is about to be deleted, with what its tombstone says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The recording: a hash of the object version.
    pub recording: RecordingId,
    /// S3's version id.
    pub version_id: String,
    /// Its fragment, which ends with it.
    pub fragment: IndexMessage,
    /// The call.
    pub call: CallReference,
    /// The claim that permits it.
    pub claim: Claim,
    /// The request that two people agreed on, where it is deleted before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<DeletionId>,
    /// The roles of those two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<AgreedRoles>,
    /// SHA-256 of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its class and revision.
    pub class: ClassRevision,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The day of the call.
    pub day: Date,
    /// What the PBX itself still keeps, by the rulebook of the claim.
    #[serde(default, skip_serializing_if = "KnownOriginCopy::is_unknown")]
    pub origin_copy: KnownOriginCopy,
    /// The redacted version that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<RecordingId>,
}

impl JournalBatch {
    /// The batch, as the list of proofs has it.
    pub fn batch(&self) -> DeletionBatch {
        DeletionBatch { at: self.at, run: self.run.clone(), number: self.number }
    }

    /// The proof of one of its deletions, once S3 is known to have made it, with what is known of its copy.
    pub fn tombstone(&self, entry: &JournalEntry, backup: BackupState) -> Tombstone {
        Tombstone {
            id: entry.recording.clone(),
            state: State::Deleted,
            version_id: entry.version_id.clone(),
            sha256: entry.sha256.clone(),
            class: entry.class.clone(),
            team: entry.team.clone(),
            day: entry.day,
            rulebook_version: entry.claim.rulebook_version,
            deleted_at: self.at,
            deleted_by: format!("sweep {}", entry.claim.id),
            batch: Some(self.batch().name()),
            requested: entry.requested,
            backup,
            backup_checked_at: None,
            origin_copy: entry.origin_copy,
            replaced_by: entry.replaced_by.clone(),
        }
    }
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

    /// Writes a batch, under a key of its own. A repeat writes the same again, and nothing else can replace it: the key
    /// ends with a digest of what it says.
    pub async fn write(&self, batch: &JournalBatch) -> Result<(), StoreError> {
        const ACT: &str = "write the journal";
        let bytes = serde_json::to_vec(batch).map_err(|error| StoreError::garbled(ACT, error))?;
        let digest: String = sha256_hex(&bytes).chars().take(DIGEST_DIGITS).collect();
        let key = format!("{}-{}-{:06}-{digest}.json", beginning(batch.at), batch.run, batch.number);
        self.objects.write_small(&self.bucket, &key, bytes, "application/json").await
    }

    /// The names of the batches that may have deleted something since a moment, oldest first.
    pub async fn since(&self, from: Timestamp) -> Result<Vec<String>, StoreError> {
        let first = beginning(from.checked_sub(WRITTEN_BEFORE).unwrap_or(from));
        let mut after = Some(VersionPosition { key: ObjectKey::new(first), version_id: None });
        let mut names: Vec<String> = Vec::new();
        loop {
            let page = self.objects.versions(&self.bucket, "journal/", after.as_ref()).await?;
            names.extend(page.versions.iter().map(|version| version.key.expose().to_owned()));
            after = page.next;
            if after.is_none() {
                // One that was written twice says the same twice.
                names.dedup();
                return Ok(names);
            }
        }
    }

    /// Reads a batch.
    pub async fn read(&self, name: &str) -> Result<JournalBatch, StoreError> {
        const ACT: &str = "read the journal";
        let bytes = self.objects.read_small(&self.bucket, name, BATCH_LIMIT_BYTES).await?;
        serde_json::from_slice(&bytes.ok_or(StoreError::lacks(ACT))?).map_err(|error| StoreError::garbled(ACT, error))
    }
}

/// How the names of a second begin: they sort by time.
fn beginning(at: Timestamp) -> String {
    at.strftime("journal/%Y/%m/%d/%H%M%S").to_string()
}
