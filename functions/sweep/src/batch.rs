//! A batch of calls to its end: take each, journal them all, delete their versions, prove each. What is taken one after
//! the other is taken some at once.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use policy::id::RecordingId;
use policy::number_hash::NumberKey;
use policy::origin_copy::KnownOriginCopy;
use policy::recording::CallReference;
use store::retry::{Attempt, on_conflict};
use store::{DeletionBatch, IndexMessage, JournalBatch, JournalEntry};
use tracing::warn;

use crate::context::{ATTEMPTS, Context, SweepError};
use crate::finish::{BatchDeletions, ClaimedCall, Taken, finish, number_of};
use crate::run::Run;
use crate::summary::Summary;

/// 16 calls at once: of some ten AWS calls each, one after the other.
const CALLS_AT_ONCE: usize = 16;

impl Run<'_> {
    /// Takes some calls, and ends those that are claimed. What time does not allow is left to the next run.
    pub(crate) async fn end_batch<Work: Future<Output = Taken>>(
        &self,
        calls: Vec<CallReference>,
        take: impl Fn(CallReference) -> Work,
    ) -> Summary {
        let take = &take;
        let mut taken = stream::iter(calls)
            .map(|reference| async move {
                if self.is_over() {
                    return Taken { summary: self.leave(&reference).await, claimed: None };
                }
                take(reference).await
            })
            .buffer_unordered(CALLS_AT_ONCE);
        let (mut summary, mut claimed) = (Summary::default(), Vec::new());
        while let Some(one) = taken.next().await {
            summary += one.summary;
            claimed.extend(one.claimed);
        }
        if claimed.is_empty() {
            return summary;
        }
        // The key is there before anything is deleted: a proof can't be given its hash later.
        let number_key = match Box::pin(self.number_key(&claimed)).await {
            Ok(number_key) => number_key,
            Err(failure) => return Box::pin(self.fail_batch(summary, &claimed, failure)).await,
        };
        // NOTHING LOST: what is to be deleted is written down, where nobody can take it away, before anything is.
        let origin_copies = Box::pin(self.origin_copies(&claimed)).await;
        let batch = match self.write_journal(&claimed, &origin_copies).await {
            Ok(batch) => batch,
            Err(failure) => return Box::pin(self.fail_batch(summary, &claimed, failure)).await,
        };
        // The copy goes first: where this run dies, the claimed recording still leads to it.
        let copies = self.delete_copies(&claimed).await;
        let recordings = claimed.iter().flat_map(ClaimedCall::recordings);
        let versions = recordings.map(|recording| &recording.object).collect();
        let deletions = self.context.objects.delete_versions(&self.context.connection, versions).await;
        let deletions = &BatchDeletions { batch: batch.name(), number_key, origin_copies, deletions, copies };
        let mut finished =
            stream::iter(claimed).map(|claimed| self.finish_one(claimed, deletions)).buffer_unordered(CALLS_AT_ONCE);
        while let Some(one) = finished.next().await {
            summary += one;
        }
        summary
    }

    async fn fail_batch(&self, mut summary: Summary, claimed: &[ClaimedCall], failure: SweepError) -> Summary {
        summary.failed += claimed.len() as u64;
        self.fail(failure);
        for claimed in claimed {
            summary.overdue += u64::from(self.is_overdue(&claimed.call.reference).await);
        }
        summary
    }

    /// The key of this year's hashes, made where there is none; `None` where no recording has a number.
    async fn number_key(&self, claimed: &[ClaimedCall]) -> Result<Option<NumberKey>, SweepError> {
        if !claimed.iter().flat_map(ClaimedCall::recordings).any(|recording| number_of(recording).is_some()) {
            return Ok(None);
        }
        number_key(self.context).await.map(Some)
    }

    /// What the rulebook of each claim says of the PBX's own copy. NEVER LATE: one that can't be read keeps nothing, and
    /// the proof says that it is unknown.
    async fn origin_copies(&self, claimed: &[ClaimedCall]) -> BTreeMap<RecordingId, KnownOriginCopy> {
        let mut known = BTreeMap::new();
        for claimed in claimed {
            let version = claimed.claim.rulebook_version;
            match self.context.rulebooks.of_version(version).await {
                Ok(rulebook) => known.extend(claimed.recordings().map(|recording| {
                    let copy = rulebook.known_origin_copy(&recording.object.key, recording.day);
                    (recording.view.id.clone(), copy)
                })),
                Err(error) => warn!(version, %error, "what the PBX still keeps is unknown: its rulebook can't be read"),
            }
        }
        known
    }

    async fn finish_one(&self, claimed: ClaimedCall, deletions: &BatchDeletions) -> Summary {
        let mut summary = Summary::default();
        let reference = claimed.call.reference.clone();
        let outcome = finish(self.context, claimed, deletions, &mut summary).await;
        self.close(&reference, outcome.map(Attempt::Done), &mut summary).await;
        summary
    }

    /// Writes what a batch is about to delete: into the journal, and into the list that proofs are found by.
    async fn write_journal(
        &self,
        claimed: &[ClaimedCall],
        origin_copies: &BTreeMap<RecordingId, KnownOriginCopy>,
    ) -> Result<DeletionBatch, SweepError> {
        let number = self.batches.get();
        self.batches.set(number + 1);
        let entries = claimed.iter().flat_map(|claimed| {
            claimed.recordings().map(|recording| JournalEntry {
                recording: recording.view.id.clone(),
                version_id: recording.object.version_id.clone(),
                fragment: IndexMessage::of(&recording.object),
                call: claimed.call.reference.clone(),
                claim: claimed.claim.clone(),
                request: claimed.call.approved_request().cloned(),
                requested: claimed.call.agreed_roles(),
                sha256: recording.sha256.clone(),
                class: recording.view.class.clone(),
                team: recording.view.team.clone(),
                day: recording.day,
                replaced_by: claimed.call.replaced_by(&recording.view.id).cloned(),
                origin_copy: origin_copies.get(&recording.view.id).copied().unwrap_or_default(),
            })
        });
        let batch = DeletionBatch { at: self.context.connection.now(), run: self.id.to_owned(), number };
        let journal = JournalBatch { run: batch.run.clone(), number, at: batch.at, deletions: entries.collect() };
        let ids: Vec<_> = journal.deletions.iter().map(|entry| entry.recording.clone()).collect();
        let attempt = async || -> Result<_, SweepError> {
            self.context.journal.write(&journal).await?;
            self.context.table.put_deletion_batch(&batch, &ids).await?;
            Ok(Attempt::Done(()))
        };
        on_conflict(&self.context.connection, ATTEMPTS, attempt).await?;
        Ok(batch)
    }
}

/// The key of this year's hashes, made where there is none.
pub(crate) async fn number_key(context: &Context) -> Result<NumberKey, SweepError> {
    let now = context.connection.now();
    if let Some(standing) = context.number_keys.of_year(now).await? {
        return Ok(standing);
    }
    let rulebook = context.rulebooks.in_force_read_now(now).await?;
    Ok(context.number_keys.make(now, rulebook.number_key_ends_at(now)).await?)
}
