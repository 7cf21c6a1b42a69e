//! What lies in a bucket.

use std::{collections::BTreeMap, fmt::Write as _};

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// By bucket and key; a key's versions oldest first.
pub(super) type Objects = BTreeMap<String, BTreeMap<String, Vec<StoredVersion>>>;

/// One version of an object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// The version id.
    pub version_id: String,
    /// Nothing, for a delete marker.
    pub body: Bytes,
    /// User metadata, decoded, without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// As the uploader gave it.
    pub content_type: Option<String>,
    /// The SHA-256 it was put with: base64, and `-parts` behind where it was put in parts.
    pub checksum_sha256: Option<String>,
    /// When it was put.
    pub last_modified: Timestamp,
    /// Whether it marks the object as deleted.
    pub is_delete_marker: bool,
    /// Whether a legal hold stands.
    pub legal_hold: bool,
    /// Whether it lies in an archive: S3 knows it, but does not give its bytes.
    pub is_archived: bool,
    /// Ascends with every put to the world, as an event's sequencer does for its key.
    pub(crate) sequence: u64,
}

impl StoredVersion {
    pub(crate) fn e_tag(&self) -> String {
        hex(&Sha256::digest(&self.body)[..16])
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
