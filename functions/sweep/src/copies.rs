//! What is said of a recording's copy in another Region, by the run that deletes both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::{BackupState, Recording};
use store::{CopyState, PendingCopy};

use crate::context::Context;

/// What S3 said of the copies of a batch, by the recordings' ids.
pub(crate) type CopyStates = BTreeMap<RecordingId, CopyState>;

/// What a tombstone that is written now says of the copy.
pub(crate) fn backup_of(context: &Context) -> BackupState {
    if context.copies.is_some() { BackupState::Pending } else { BackupState::NotKept }
}

/// What was said of a copy; one that nobody asked about is kept.
pub(crate) fn state_of(states: &CopyStates, recording: &RecordingId) -> CopyState {
    states.get(recording).copied().unwrap_or(CopyState::Kept)
}

/// The copy of a recording that is deleted; `None` where recordings are not copied.
pub(crate) fn pending_copy(
    context: &Context,
    recording: &Recording,
    deleted_at: Timestamp,
    state: CopyState,
) -> Option<PendingCopy> {
    let copy = context.copies.as_ref()?.of(&recording.object);
    Some(PendingCopy { recording: recording.view.id.clone(), copy, deleted_at, state })
}
