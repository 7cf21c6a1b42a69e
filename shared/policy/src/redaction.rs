//! Redaction マスキング: a part of a recording is silenced for good, where two people agree.
//!
//! The request is one for a deletion: of the recording as it is. A version without the part takes its place in the call,
//! with its facts and its period; the recording itself then moves to a further life of the call, which the sweep ends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::part::CutFailure;
use crate::custody::Committed;
use crate::id::{DeletionId, RecordingId};

/// The user metadata by which a redacted version names its request.
pub const REQUEST_METADATA: &str = "rokuban-redaction";

/// What a request silences, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// In milliseconds, from and to: in order, apart from each other.
    pub mute: Vec<(u64, u64)>,
    /// What the reason is committed with in the custody of the redacted version.
    pub salt: String,
    /// The redacted version, written down before it is put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<RedactedVersion>,
    /// Why it can't be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<CutFailure>,
}

/// A redacted version: the intention, and once it is put its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactedVersion {
    /// SHA-256 of its bytes: only an upload of these is taken for it.
    pub sha256: String,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// S3's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

impl Redaction {
    /// A request that nothing came of yet.
    pub fn new(mute: Vec<(u64, u64)>, salt: String) -> Self {
        Self { mute, salt, version: None, failure: None }
    }

    /// Whether bytes are those of the redacted version.
    pub fn is_version(&self, sha256: Option<&str>) -> bool {
        self.version.as_ref().is_some_and(|version| Some(version.sha256.as_str()) == sha256)
    }
}

/// What a redacted recording was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The recording that it took the place of.
    pub recording: RecordingId,
    /// SHA-256 of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// S3's id of it.
    pub version_id: String,
    /// The request that two people agreed on.
    pub request: DeletionId,
    /// Everything that is silenced, also by earlier requests, in milliseconds.
    pub mute: Vec<(u64, u64)>,
    /// When it took its place.
    pub at: Timestamp,
}

/// An approved request, as a placement needs it.
#[derive(Clone, Debug)]
pub struct ApprovedRedaction {
    /// The request.
    pub request: DeletionId,
    /// What it silences.
    pub mute: Vec<(u64, u64)>,
    /// Why, for the custody of the redacted version.
    pub reason: Option<Committed>,
}
