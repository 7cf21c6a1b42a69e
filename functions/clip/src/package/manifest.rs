//! `manifest.json`: what is in the package, and by which digests it is known.

use jiff::Timestamp;
use jiff::civil::DateTime;
use policy::case::release::{Release, ReleasePart};
use policy::id::RecordingId;
use policy::rulebook::Rulebook;
use serde::Serialize;

/// The manifest. Its fields are read by others: they are never renamed.
#[derive(Debug, Serialize)]
pub(super) struct Manifest {
    pub(super) format: &'static str,
    pub(super) release: String,
    pub(super) basis: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    pub(super) made_at: String,
    pub(super) parts: Vec<ManifestPart>,
}

/// One part.
#[derive(Debug, Serialize)]
pub(super) struct ManifestPart {
    pub(super) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transcript: Option<String>,
    pub(super) content_type: &'static str,
    pub(super) size_bytes: u64,
    pub(super) sha256: String,
    pub(super) duration_milliseconds: u64,
    /// Of the whole recording, as it was taken in.
    pub(super) original_sha256: String,
    pub(super) recording: RecordingId,
    pub(super) call_started_at: String,
    pub(super) from_milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_milliseconds: Option<u64>,
    /// What is silent in it: from and to, in milliseconds of the recording.
    pub(super) muted_milliseconds: Vec<(u64, u64)>,
}

impl Manifest {
    pub(super) fn new(release: &Release, rulebook: &Rulebook, made_at: Timestamp) -> Self {
        Self {
            format: "rokuban-release-1",
            release: release.id.to_string(),
            basis: release.basis.as_str(),
            reference: release.reference.as_ref().map(|reference| reference.expose().to_owned()),
            made_at: local(rulebook, made_at),
            parts: Vec::new(),
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// A moment in the company's zone, with its offset.
pub(super) fn local(rulebook: &Rulebook, at: Timestamp) -> String {
    at.to_zoned_datetime(rulebook.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A moment as the company's clocks show it.
pub(super) fn clock_of(rulebook: &Rulebook, at: Timestamp) -> DateTime {
    at.to_zoned_datetime(rulebook.zone.clone()).datetime()
}

/// The plain name of a part in the package, without its ending: `01`.
pub(super) fn number(position: usize) -> String {
    format!("{:02}", position + 1)
}

/// The name of a part's transcript, where it has one.
pub(super) fn transcript_name(position: usize, part: &ReleasePart) -> Option<String> {
    part.transcript.as_ref().map(|_| format!("{}.txt", number(position)))
}
