//! Fragments: what arrived, as it arrived. The recording is a pure function of their set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audio::Probe;
use crate::calllog::Row;
pub use crate::object::{ObjectKey, ObjectKind, ObjectVersion};

/// The fragment of an audio object: its place, its bytes' digest, what a probe found, its metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFragment {
    /// The object version.
    pub object: ObjectVersion,
    /// SHA-256 of the bytes, 64 hexadecimal digits; absent where the object was too large to be read.
    pub sha256: Option<String>,
    /// What the bytes are.
    pub probe: Probe,
    /// S3 user metadata, names without `x-amz-meta-`, in lower case.
    pub metadata: BTreeMap<String, String>,
}

/// The fragment of a sidecar or of a call log: its place and, for a sidecar, its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFragment {
    /// The object version.
    pub object: ObjectVersion,
    /// A sidecar or a call log.
    pub kind: ObjectKind,
    /// SHA-256 of the bytes, 64 hexadecimal digits; absent where the object was too large to be read.
    pub sha256: Option<String>,
    /// A sidecar's text; absent where it is over [`TextFragment::LIMIT_BYTES`] or not UTF-8, and for a call log.
    pub text: Option<String>,
    /// The version of the rulebook under which no row of a call log could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_under: Option<u64>,
}

impl TextFragment {
    /// 64 KiB: a sidecar has a dozen short facts; an item of the table holds 400 KB.
    pub const LIMIT_BYTES: usize = 64 * 1024;

    /// 512 MiB: more than two million rows of a call log. A larger one is not read.
    pub const CALL_LOG_LIMIT_BYTES: u64 = 512 * 1024 * 1024;

    /// A sidecar with its text.
    pub fn sidecar(object: ObjectVersion, text: impl Into<String>) -> Self {
        Self { object, kind: ObjectKind::Sidecar, sha256: None, text: Some(text.into()), unread_under: None }
    }

    /// Whether this is a call log that is too large to be read.
    pub fn is_too_large_log(&self) -> bool {
        self.kind == ObjectKind::CallLog && self.object.size_bytes > Self::CALL_LOG_LIMIT_BYTES
    }
}

/// What an admin said of a recording that could not be read, or was read wrongly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The facts under the sidecar's names, as they were given.
    pub facts: BTreeMap<String, String>,
    /// The member who gave them.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The second member, where the correction brings the expiry nearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
}

impl Fragments {
    /// 16 sidecars of one recording are merged: the first stands, later ones only add; more add nothing.
    pub const SIDECARS_MAX: usize = 16;

    /// 64 rows of one call are merged: a call that rang more phones has told everything by then.
    pub const ROWS_MAX: usize = 64;
}

/// Everything known of one audio object version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragments {
    /// The audio.
    pub audio: AudioFragment,
    /// The sidecars of its key, in any order.
    pub sidecars: Vec<TextFragment>,
    /// What call logs say of its call, in any order.
    pub rows: Vec<Row>,
    /// An admin's correction.
    pub correction: Option<Correction>,
}
