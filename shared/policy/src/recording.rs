//! The recording: what the merge of its fragments made of one stored object version.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::audio::{Audio, Sound};
use crate::deletion::AgreedRoles;
use crate::facts::{Conflict, Direction, NoticeKind, QuarantineReason};
use crate::fragment::ObjectVersion;
use crate::hold::Holds;
use crate::id::{CallId, RecordingId};
use crate::number::{Counterpart, PhoneNumber};
use crate::number_hash::NumberHash;
use crate::origin_copy::KnownOriginCopy;
use crate::redaction::Original;
use crate::retention::{ClassRevision, Periods};
use crate::vocabulary::vocabulary;

/// Where a recording is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Understood, findable.
    Active,
    /// Taken in, not understood, not lost.
    Quarantined,
    /// A sidecar or a call log: a fragment of others, or waiting for them.
    Fragment,
    /// Gone; the tombstone stays.
    Deleted,
}

/// A call and which of its lives: a leg that comes after the claim opens the next one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallReference {
    /// The call.
    pub id: CallId,
    /// 0 at first.
    pub incarnation: u32,
}

/// What listing and deciding need: under 1 KB, copied into every search index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The object version's id.
    pub id: RecordingId,
    /// Its life.
    pub state: State,
    /// Its call.
    pub call: CallReference,
    /// The PBX's own id of the call, or the recording's id where nothing gave one.
    pub call_id: String,
    /// The source's name; `sidecar` or `object-metadata` outside every configured prefix; empty in quarantine.
    pub source: String,
    /// When the call began; in quarantine, when the object was taken in.
    pub started_at: Timestamp,
    /// Length of the audio in milliseconds; 0 where there is none, or where its bytes do not tell.
    pub duration_milliseconds: u64,
    /// Which way.
    pub direction: Direction,
    /// The other party's number, or why there is none.
    pub counterpart: Counterpart,
    /// Our number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_number: Option<PhoneNumber>,
    /// Our line's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The answering or dialling extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The queue or ring group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The member of staff, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The team at the time of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How the caller was told that the call is recorded.
    pub notice: NoticeKind,
    /// What it is kept for.
    pub purpose: String,
    /// Its own class and the revision that gave its period.
    pub class: ClassRevision,
    /// The periods of its whole call, copied from it: the longest counts.
    pub periods: Periods,
    /// When its call last left quarantine, or was last corrected to an earlier end; copied from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood_at: Option<Timestamp>,
    /// The holds of its call, copied from it. Deletion and traces ask the call itself.
    pub holds: Holds,
    /// Why it is in quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_reason: Option<QuarantineReason>,
    /// The first recording with the same bytes under the same key; this one is hidden and dies with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<RecordingId>,
    /// Whether the caller objected to being recorded 録音拒否.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_objection: bool,
    /// Since when its object is known to be gone though nobody here deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_gone_at: Option<Timestamp>,
    /// What can be heard in it; `None` where nothing can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Sound>,
    /// How many notes 通話メモ stand on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub notes: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The glossary's word for it.
pub type RecordingSummary = Listed;

/// A recording, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// What the indexes carry.
    pub view: RecordingSummary,
    /// The object version it is.
    pub object: ObjectVersion,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What a probe found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<Audio>,
    /// The day of the call in the company's zone.
    pub day: Date,
    /// The kind of call, in the recorder's word: `voicemail`, `external`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What fragments said against each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Names a sidecar or metadata gave that mean nothing here, kept aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<(String, String)>,
    /// The call as its source's log knows it, by the PBX's own id; also in quarantine, where the name gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<CallId>,
    /// The rulebook's version that made class and team.
    pub rulebook_version: u64,
    /// Of when the correction is that it was merged with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Timestamp>,
    /// The later version that gave a team to what had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teamed_by_version: Option<u64>,
    /// What it was before a part of it was silenced. Its facts are those of then, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_from: Option<Original>,
}

vocabulary! {
    /// What is known of a deleted recording's copy 写し in another Region.
    #[derive(Default)]
    BackupState: 3 {
        /// Recordings were not copied when it was deleted.
        #[default]
        NotKept = "not_kept",
        /// Its copy was deleted, or is to be; nobody has looked since whether one is left.
        Pending = "pending",
        /// A later check found none.
        NoneLeft = "none_left",
    }
}

impl BackupState {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over by reference")]
    fn is_not_kept(&self) -> bool {
        *self == Self::NotKept
    }
}

/// What stays of a deleted object version: the proof, and nothing private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The object version's id.
    pub id: RecordingId,
    /// Always [`State::Deleted`].
    pub state: State,
    /// S3's version id that was deleted.
    pub version_id: String,
    /// SHA-256 of the bytes that were deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its class and revision.
    pub class: ClassRevision,
    /// The team, so that the ones who might have seen it may know that it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The day of the call.
    pub day: Date,
    /// The rulebook's version under which it was deleted.
    pub rulebook_version: u64,
    /// When S3 said it was deleted.
    pub deleted_at: Timestamp,
    /// By what: `sweep` and the id of the claim.
    pub deleted_by: String,
    /// The batch of the sweep that it was deleted in, as the journal and the list of proofs name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Who agreed on it, where it was deleted before its time. QUIET: by their roles, not by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<AgreedRoles>,
    /// What is known of its copy.
    #[serde(default, skip_serializing_if = "BackupState::is_not_kept")]
    pub backup: BackupState,
    /// When a check found no copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_checked_at: Option<Timestamp>,
    /// What the PBX itself still keeps, by the rulebook under which it was deleted.
    #[serde(default, skip_serializing_if = "KnownOriginCopy::is_unknown")]
    pub origin_copy: KnownOriginCopy,
    /// The recording that took its place, where a part was silenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<RecordingId>,
}

/// What the index by numbers carries of a tombstone, so that a later search can say that there was one. QUIET: no digit of
/// the number, and no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTombstone {
    /// The object version's id.
    pub id: RecordingId,
    /// The keyed hash of the counterpart's number.
    pub number_hash: NumberHash,
    /// Its class and revision.
    pub class: ClassRevision,
    /// The team, so that the ones who might have seen it may know that it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The day of the call.
    pub day: Date,
    /// When S3 said it was deleted.
    pub deleted_at: Timestamp,
}

impl ListedTombstone {
    /// What a tombstone lists under the hash of its number.
    pub fn new(tombstone: &Tombstone, number_hash: NumberHash) -> Self {
        Self {
            id: tombstone.id.clone(),
            number_hash,
            class: tombstone.class.clone(),
            team: tombstone.team.clone(),
            day: tombstone.day,
            deleted_at: tombstone.deleted_at,
        }
    }
}
