//! After a restore of the table: what was deleted since the restored moment has its tombstone again.
//!
//! S3 stays as it is, so a restored table names recordings that are gone. The journal says which: it was written before
//! each deletion, where nobody can take it away. What S3 still has was not deleted, and stays a recording.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use policy::custody::Head;
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use policy::recording::{BackupState, Tombstone};
use policy::rulebook::Rulebook;
use serde::Deserialize;
use serde_json::{Value, json};
use store::retry::{Attempt, on_conflict};
use store::{CopyState, DueKey, JournalBatch, JournalEntry, PendingCopy, RestoreStep, Stored, WriteOutcome};
use tracing::error;

use crate::batch::number_key;
use crate::context::{ATTEMPTS, Context, SweepError};
use crate::copies::{backup_of, pending_copy};
use crate::finish::{LegOutcome, Proof, end_leg, happening, number_of};

/// 16 calls at once, as many as a run of the sweep ends.
const CALLS_AT_ONCE: usize = 16;

/// A step of a restore, as an operator names it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Writes the tombstones of what was deleted since the restored moment.
    JournalFrom(Timestamp),
    /// Lets deletion go on.
    End,
}

impl Step {
    /// Takes the step; a repeat changes nothing.
    pub(crate) async fn take(self, context: &Context, stop_at: Timestamp) -> Result<Value, SweepError> {
        match self {
            Self::JournalFrom(from) => {
                // What lives on is nominated by the rules that were decided last.
                require(context, RestoreStep::Rulebook).await?;
                Ok(replay(context, from, stop_at).await?.to_json())
            }
            Self::End => {
                let steps = [RestoreStep::Rulebook, RestoreStep::Journal, RestoreStep::Decided, RestoreStep::Holds];
                for step in steps {
                    require(context, step).await?;
                }
                // NEVER EARLY: a period may have been lengthened since, and the stream have missed it.
                if !context.rulebooks.knows_newest().await? {
                    return Err(SweepError::RulebookLost);
                }
                context.table.end_restore().await?;
                Ok(json!({"is_ended": true}))
            }
        }
    }
}

async fn require(context: &Context, step: RestoreStep) -> Result<(), SweepError> {
    if context.table.has_taken(step).await? { Ok(()) } else { Err(SweepError::NotTaken(step)) }
}

/// What a replay did.
#[derive(Debug, Default)]
struct Replayed {
    /// Deletions that had their tombstone.
    known: u64,
    /// Deletions that have it again.
    entombed: u64,
    /// Versions that S3 still has.
    living: u64,
    /// Recordings that something may still be cut out of.
    left: u64,
    /// Whether time was up: the next run does the rest.
    is_over: bool,
}

impl Replayed {
    fn is_done(&self) -> bool {
        self.left == 0 && !self.is_over
    }

    fn to_json(&self) -> Value {
        let Self { known, entombed, living, left, .. } = self;
        json!({"known": known, "entombed": entombed, "living": living, "left": left, "is_done": self.is_done()})
    }

    fn count(&mut self, found: &Found) {
        match found {
            Found::Known => self.known += 1,
            Found::Entombed => self.entombed += 1,
            Found::Living => self.living += 1,
            Found::Left => self.left += 1,
            Found::Unknown => {}
        }
    }
}

/// What the table has of a deletion of the journal.
enum Found {
    /// Its tombstone.
    Known,
    /// The recording, until now.
    Entombed,
    /// The recording, and S3 has its version.
    Living,
    /// The recording, which the next run ends.
    Left,
    /// Nothing.
    Unknown,
}

async fn replay(context: &Context, from: Timestamp, stop_at: Timestamp) -> Result<Replayed, SweepError> {
    let rulebook = &*context.rulebooks.in_force_read_now(context.connection.now()).await?;
    let (mut replayed, mut unknown) = (Replayed::default(), BTreeMap::new());
    // The newest first: of a version that several runs tried to delete, the last one did.
    for name in context.journal.since(from).await?.iter().rev() {
        if context.connection.now() >= stop_at {
            replayed.is_over = true;
            return Ok(replayed);
        }
        let batch = &context.journal.read(name).await?;
        let ids: Vec<_> = batch.deletions.iter().map(|entry| entry.recording.clone()).collect();
        context.table.put_deletion_batch(&batch.batch(), &ids).await?;
        // The legs of one call one after the other: each rewrites it.
        let calls = batch.deletions.chunk_by(|one, other| one.call == other.call);
        let mut entombed = stream::iter(calls)
            .map(|entries| async move {
                let mut found = Vec::new();
                for entry in entries {
                    found.push((entry, entomb(context, rulebook, batch, entry).await?));
                }
                Ok::<_, SweepError>(found)
            })
            .buffer_unordered(CALLS_AT_ONCE);
        while let Some(found) = entombed.next().await {
            for (entry, found) in found? {
                replayed.count(&found);
                if matches!(found, Found::Unknown) {
                    unknown.entry(entry.recording.clone()).or_insert_with(|| Lost::new(batch, entry));
                }
            }
        }
    }
    entomb_unknown(context, unknown, &mut replayed, stop_at).await?;
    if replayed.is_done() {
        context.table.note_taken(RestoreStep::Journal).await?;
    }
    Ok(replayed)
}

async fn entomb(
    context: &Context,
    rulebook: &Rulebook,
    batch: &JournalBatch,
    entry: &JournalEntry,
) -> Result<Found, SweepError> {
    let attempt = async || try_to_entomb(context, rulebook, batch, entry).await;
    match on_conflict(&context.connection, ATTEMPTS, attempt).await? {
        Attempt::Done(found) => Ok(found),
        Attempt::Conflict => Err(SweepError::Contended),
    }
}

async fn try_to_entomb(
    context: &Context,
    rulebook: &Rulebook,
    batch: &JournalBatch,
    entry: &JournalEntry,
) -> Result<Attempt<Found>, SweepError> {
    let Some(stored) = context.table.recording(&entry.recording).await? else {
        return Ok(Attempt::Done(Found::Unknown));
    };
    let Stored::Recording(recording) = &stored.stored else {
        return Ok(Attempt::Done(Found::Known));
    };
    // NEVER EARLY: the journal says what was about to be deleted, and only S3 what is gone.
    let object = &recording.object;
    if context.objects.has_version(&object.bucket, &object.key, &object.version_id).await? {
        return Ok(Attempt::Done(Found::Living));
    }
    let Some(call) = context.table.call(&recording.view.call).await? else {
        return Ok(Attempt::Conflict);
    };
    let number_key = match number_of(recording) {
        Some(_) => Some(number_key(context).await?),
        None => None,
    };
    // The rest of the call lives on by its own periods and holds.
    let left = call.leave(&recording.view.id);
    let due = if call.claim.is_some() { DueKey::Unchanged } else { DueKey::Under(left.nominated_under(rulebook)) };
    // The table has forgotten what became of the copy.
    let copy = pending_copy(context, recording, batch.at, CopyState::Deleted);
    let proof = Proof {
        tombstone: batch.tombstone(entry, backup_of(context)),
        copy: copy.as_ref(),
        claim: &entry.claim,
        request: entry.request.as_ref(),
        number_key: number_key.as_ref(),
        due,
    };
    Ok(match end_leg(context, &call, &stored, proof).await? {
        Attempt::Done(LegOutcome::Ended(_)) => Attempt::Done(Found::Entombed),
        Attempt::Done(LegOutcome::Left | LegOutcome::Refused | LegOutcome::Elsewhere) => Attempt::Done(Found::Left),
        Attempt::Conflict => Attempt::Conflict,
    })
}

/// A deletion of a recording that the table never knew: it was taken in after the restored moment, or just before.
struct Lost {
    batch: JournalBatch,
    entry: JournalEntry,
}

impl Lost {
    fn new(batch: &JournalBatch, entry: &JournalEntry) -> Self {
        let batch = JournalBatch { run: batch.run.clone(), deletions: Vec::new(), ..*batch };
        Self { batch, entry: entry.clone() }
    }
}

/// Writes the tombstones of what the table does not know. QUIET: the journal names no key, so the whole bucket is read.
async fn entomb_unknown(
    context: &Context,
    mut unknown: BTreeMap<RecordingId, Lost>,
    replayed: &mut Replayed,
    stop_at: Timestamp,
) -> Result<(), SweepError> {
    let bucket = &context.recordings_bucket;
    let mut after = None;
    while !unknown.is_empty() {
        if context.connection.now() >= stop_at {
            replayed.is_over = true;
            return Ok(());
        }
        let page = context.objects.versions(bucket, "", after.as_ref()).await?;
        for version in &page.versions {
            // Reconciliation takes it in.
            let living = unknown.remove(&RecordingId::of(bucket, version.key.expose(), &version.version_id));
            replayed.living += u64::from(living.is_some());
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let Some(mut copies) = find_copies(context, &unknown, stop_at).await? else {
        replayed.is_over = true;
        return Ok(());
    };
    for (id, Lost { batch, entry }) in unknown {
        context.table.end_named_fragment(&entry.fragment).await?;
        let copy = copies.remove(&id).map(|copy| PendingCopy {
            recording: id.clone(),
            copy,
            deleted_at: batch.at,
            state: CopyState::Deleted,
        });
        let tombstone = match (&copy, backup_of(context)) {
            (None, BackupState::Pending) => Tombstone {
                backup_checked_at: Some(context.connection.now()),
                ..batch.tombstone(&entry, BackupState::NoneLeft)
            },
            (_, backup) => batch.tombstone(&entry, backup),
        };
        let happening = happening(&tombstone, &entry.claim, entry.request.as_ref());
        let Some(event) = Head::none().append(&id, happening) else {
            error!(recording = %id, "a custody is full");
            continue;
        };
        match context.table.write_lost_tombstone(&tombstone, &event, copy.as_ref()).await? {
            WriteOutcome::Done => replayed.entombed += 1,
            WriteOutcome::Conflict => replayed.left += 1,
        }
    }
    Ok(())
}

/// The copies of what the table does not know: their keys too are in S3 alone. `None` where time was up before the end.
async fn find_copies(
    context: &Context,
    unknown: &BTreeMap<RecordingId, Lost>,
    stop_at: Timestamp,
) -> Result<Option<BTreeMap<RecordingId, ObjectVersion>>, SweepError> {
    let mut found = BTreeMap::new();
    let Some(copies) = context.copies.as_ref().filter(|_| !unknown.is_empty()) else {
        return Ok(Some(found));
    };
    let mut after = None;
    loop {
        if context.connection.now() >= stop_at {
            return Ok(None);
        }
        let (listed, next) = copies.list(&context.recordings_bucket, after.as_ref()).await?;
        found.extend(listed.into_iter().filter(|(id, _)| unknown.contains_key(id)));
        after = next;
        if after.is_none() {
            return Ok(Some(found));
        }
    }
}
