//! Copies in another Region: deleted before their recordings, and looked for until none is left.
//!
//! NEVER LATE: what keeps a copy there keeps no recording here. The tombstone says `pending` until a check has found that no
//! copy is left, a day after the deletion at the earliest: S3 copies with a delay.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use store::{Copies, CopyState, DeleteOutcome, Deletions, ErrorKind, PendingCopy, StoreError};
use tracing::warn;

use crate::context::SweepError;
use crate::copies::{CopyStates, state_of};
use crate::finish::ClaimedCall;
use crate::run::Run;
use crate::summary::Summary;

/// 16 lists at once, as many as calls.
const CHECKS_AT_ONCE: usize = 16;

/// What came of one check.
enum Checked {
    /// No copy is left.
    Ended,
    /// It is to be looked at again.
    Waits,
    /// S3 keeps it.
    Kept,
}

impl Run<'_> {
    /// Deletes the copies of claimed calls, and says what S3 said of each. `None` where recordings are not copied.
    pub(crate) async fn delete_copies(&self, claimed: &[ClaimedCall]) -> Option<CopyStates> {
        let copies = self.context.copies.as_ref()?;
        let recordings = claimed.iter().flat_map(ClaimedCall::recordings);
        let named = recordings.map(|recording| (recording.view.id.clone(), copies.of(&recording.object))).collect();
        Some(self.delete_named(copies, named).await)
    }

    async fn delete_named(&self, copies: &Copies, named: Vec<(RecordingId, ObjectVersion)>) -> CopyStates {
        let deletions = if self.are_copies_away.get() {
            Deletions::new()
        } else {
            copies.delete(&self.context.connection, named.iter().map(|(_, copy)| copy).collect()).await
        };
        if deletions.values().any(|outcome| outcome.as_ref().is_err_and(is_away)) {
            // One long wait a run: what waits behind it is not late for that.
            warn!("the copy's Region does not answer: this run asks it nothing more");
            self.are_copies_away.set(true);
        }
        let states = named.into_iter().map(|(recording, copy)| {
            let state = match deletions.get(&copy.id()) {
                Some(Ok(DeleteOutcome::Gone)) => CopyState::Deleted,
                Some(Ok(DeleteOutcome::Kept(code))) => {
                    warn!(%recording, code, "S3 kept a copy");
                    CopyState::Kept
                }
                Some(Err(error)) => {
                    warn!(%recording, %error, "a copy could not be deleted");
                    CopyState::Kept
                }
                None => CopyState::Kept,
            };
            (recording, state)
        });
        states.collect()
    }

    /// Deletes again what was copied of deleted recordings, and ends what is found to be gone. Where recordings are not
    /// copied it asks nothing.
    pub(crate) async fn check_copies(&self, summary: &mut Summary) -> Result<(), SweepError> {
        let Some(copies) = &self.context.copies else {
            return Ok(());
        };
        let now = self.context.connection.now();
        let mut checked = BTreeSet::new();
        // What S3 keeps is counted by every run, also while its pause lasts.
        for (state, until) in [(CopyState::Deleted, now), (CopyState::Kept, Timestamp::MAX)] {
            let mut after = None;
            loop {
                let page = self.context.table.copies_due(state, until, after).await?;
                let unseen = page.copies.into_iter().filter(|(recording, _)| !checked.contains(recording));
                let (due, waiting): (Vec<_>, Vec<_>) = unseen.partition(|(_, check_at)| *check_at <= now);
                summary.copies_kept += waiting.len() as u64;
                let due: Vec<RecordingId> = due.into_iter().map(|(recording, _)| recording).collect();
                checked.extend(due.iter().cloned());
                *summary += self.check_page(copies, &due).await?;
                after = page.next;
                if after.is_none() || self.is_over() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn check_page(&self, copies: &Copies, due: &[RecordingId]) -> Result<Summary, SweepError> {
        // They stay due: the next run asks again.
        if self.are_copies_away.get() {
            return Ok(Summary { copies_kept: due.len() as u64, ..Summary::default() });
        }
        let pending = self.context.table.pending_copies(due).await?;
        let named = pending.iter().map(|pending| (pending.recording.clone(), pending.copy.clone())).collect();
        let states = &self.delete_named(copies, named).await;
        let mut checks = stream::iter(pending)
            .map(|pending| async move {
                let state = state_of(states, &pending.recording);
                self.check_copy(copies, PendingCopy { state, ..pending }).await
            })
            .buffer_unordered(CHECKS_AT_ONCE);
        let mut summary = Summary::default();
        while let Some(checked) = checks.next().await {
            match checked {
                Ok(Checked::Ended) => summary.copies_ended += 1,
                Ok(Checked::Waits) => {}
                Ok(Checked::Kept) => summary.copies_kept += 1,
                // One that fails keeps no other.
                Err(failure) => {
                    summary.failed += 1;
                    self.fail(failure);
                }
            }
        }
        Ok(summary)
    }

    /// Looks whether a copy is left that S3 was just asked to delete.
    async fn check_copy(&self, copies: &Copies, mut pending: PendingCopy) -> Result<Checked, SweepError> {
        let now = self.context.connection.now();
        if pending.is_settled(now) {
            match copies.has(&pending.copy).await {
                Ok(false) => {
                    self.context.table.end_copy(&pending.recording, now).await?;
                    return Ok(Checked::Ended);
                }
                // It was deleted a moment ago: a copy that is there again, or a list that does not come.
                Ok(true) => pending.state = CopyState::Kept,
                Err(error) => {
                    warn!(recording = %pending.recording, %error, "it could not be seen whether a copy is left");
                    pending.state = CopyState::Kept;
                }
            }
        }
        self.context.table.keep_copy(&pending, pending.checked_next_at(now)).await?;
        Ok(if pending.state == CopyState::Kept { Checked::Kept } else { Checked::Waits })
    }
}

/// Whether it is the Region that fails, and not one copy.
fn is_away(error: &StoreError) -> bool {
    matches!(error.kind, ErrorKind::TimedOut | ErrorKind::Unavailable)
}
