//! Finishing a claimed call: believe only what S3 says was deleted, and leave a tombstone for each version.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use policy::call::{Call, Claim};
use policy::custody::{EventKind, Happening};
use policy::id::{DeletionId, RecordingId};
use policy::number::{Counterpart, PhoneNumber};
use policy::number_hash::NumberKey;
use policy::object::ObjectKind;
use policy::origin_copy::KnownOriginCopy;
use policy::recording::{CallReference, Recording, State, Tombstone};
use store::retry::{Attempt, on_conflict};
use store::{DeleteOutcome, Deletions, DueKey, PendingCopy, Stored, StoredRecording, TombstoneWrite, WriteOutcome};
use tracing::{error, warn};

use crate::context::{ATTEMPTS, Context, SweepError};
use crate::copies::{CopyStates, backup_of, pending_copy, state_of};
use crate::derived;
use crate::summary::Summary;

/// 1,000 texts are erased before the next ones are looked for: a slice of a run, and more than most ever have.
const EVENTS_AT_ONCE: usize = 1_000;

/// 1,000 recordings of one call, over all its lives.
const MEMBERS_LIMIT: usize = 1000;

/// 1 day: the longest pause before what S3 refused is tried again.
const LONGEST_PARKING: SignedDuration = SignedDuration::from_hours(24);

/// A claimed call, and its recordings as they were before anything was deleted.
pub(crate) struct ClaimedCall {
    pub(crate) call: Call,
    pub(crate) claim: Claim,
    pub(crate) legs: Vec<StoredRecording>,
}

impl ClaimedCall {
    /// The recordings that have an object version to delete.
    pub(crate) fn recordings(&self) -> impl Iterator<Item = &Recording> {
        self.legs.iter().filter_map(recording)
    }
}

/// What S3 said of the versions of a batch.
pub(crate) struct BatchDeletions {
    /// The batch, as tombstones name it.
    pub(crate) batch: String,
    /// What numbers are hashed with.
    pub(crate) number_key: Option<NumberKey>,
    /// What the PBX itself still keeps of each.
    pub(crate) origin_copies: BTreeMap<RecordingId, KnownOriginCopy>,
    pub(crate) deletions: Deletions,
    /// What was said of the copies, by the recordings' ids; `None` where recordings are not copied.
    pub(crate) copies: Option<CopyStates>,
}

/// What came of taking a call.
#[derive(Default)]
pub(crate) struct Taken {
    /// What is counted of it.
    pub(crate) summary: Summary,
    /// What is to be deleted of it.
    pub(crate) claimed: Option<ClaimedCall>,
}

/// What came of one leg.
pub(crate) enum LegOutcome {
    /// It has its tombstone; the call without it.
    Ended(Box<Call>),
    /// S3 keeps its version.
    Refused,
    /// Something may still be cut out of it: the next run ends it.
    Left,
    /// Another run is at the same call and has the rest.
    Elsewhere,
}

/// Reads a claimed call with its recordings. `None` where it is not claimed, or ended meanwhile.
pub(crate) async fn read_claimed(
    context: &Context,
    reference: &CallReference,
) -> Result<Option<ClaimedCall>, SweepError> {
    let Some(call) = context.table.call(reference).await? else {
        return Ok(None);
    };
    // NEVER EARLY: the due index only nominates; the claim itself is what permits.
    let Some(claim) = call.claim.clone() else {
        return Ok(None);
    };
    let mut legs = Vec::new();
    for id in &call.legs {
        match context.table.recording(id).await? {
            Some(stored) if recording(&stored).is_some() => legs.push(stored),
            _ => error!(recording = %id, "a claimed call names a leg that is no recording"),
        }
    }
    Ok(Some(ClaimedCall { call, claim, legs }))
}

/// Finishes a claimed call, leg by leg, by what S3 said of each. Every step can be repeated. A leg that S3 keeps or
/// that fails stays, and keeps no other.
pub(crate) async fn finish(
    context: &Context,
    claimed: ClaimedCall,
    deletions: &BatchDeletions,
    summary: &mut Summary,
) -> Result<(), SweepError> {
    let ClaimedCall { mut call, claim, legs } = claimed;
    let (mut failure, mut is_refused) = (None, legs.len() < call.legs.len());
    for stored in legs {
        match finish_leg(context, &call, &claim, stored, deletions).await {
            Ok(LegOutcome::Ended(left)) => {
                call = *left;
                summary.deleted += 1;
            }
            Ok(LegOutcome::Refused) => is_refused = true,
            Ok(LegOutcome::Left) => summary.left += 1,
            Ok(LegOutcome::Elsewhere) => return Ok(()),
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if is_refused {
        summary.refused += 1;
        let now = context.connection.now();
        // Another writer knows more: what it wrote stays claimed.
        context.table.park(&call, retry_at(&claim, now)).await?;
    }
    Ok(())
}

/// The pause doubles: it is as long as the claim is old.
fn retry_at(claim: &Claim, now: Timestamp) -> Timestamp {
    let pause = now.duration_since(claim.at).clamp(SignedDuration::ZERO, LONGEST_PARKING);
    now.checked_add(pause).unwrap_or(now)
}

async fn finish_leg(
    context: &Context,
    call: &Call,
    claim: &Claim,
    stored: StoredRecording,
    deletions: &BatchDeletions,
) -> Result<LegOutcome, SweepError> {
    let Some(recording) = recording(&stored) else {
        return Ok(LegOutcome::Elsewhere);
    };
    match deletions.deletions.get(&recording.view.id) {
        Some(Ok(DeleteOutcome::Gone)) => entomb(context, call.clone(), claim, stored, deletions).await,
        Some(Ok(DeleteOutcome::Kept(code))) => {
            warn!(call = %call.reference.id, code, "S3 kept a version; the call stays claimed");
            Ok(LegOutcome::Refused)
        }
        Some(Err(error)) => Err(error.again().into()),
        None => Ok(LegOutcome::Refused),
    }
}

fn recording(stored: &StoredRecording) -> Option<&Recording> {
    match &stored.stored {
        Stored::Recording(recording) => Some(recording),
        Stored::Tombstone(_) => None,
    }
}

/// The number that a later search can look for: of what was found by it.
pub(crate) fn number_of(recording: &Recording) -> Option<&PhoneNumber> {
    let is_found = recording.view.state == State::Active && recording.view.duplicate_of.is_none();
    match &recording.view.counterpart {
        Counterpart::Number(number) if is_found => Some(number),
        Counterpart::Number(_) | Counterpart::Absent(_) => None,
    }
}

/// Writes the proof of one leg.
async fn entomb(
    context: &Context,
    mut call: Call,
    claim: &Claim,
    mut stored: StoredRecording,
    deletions: &BatchDeletions,
) -> Result<LegOutcome, SweepError> {
    let mut is_first = true;
    let outcome = on_conflict(&context.connection, ATTEMPTS, async || -> Result<_, SweepError> {
        if !std::mem::take(&mut is_first) {
            let Stored::Recording(recording) = &stored.stored else {
                return Ok(Attempt::Done(LegOutcome::Elsewhere));
            };
            let id = recording.view.id.clone();
            let again = (context.table.recording(&id).await?, context.table.call(&call.reference).await?);
            let (Some(stored_again), Some(call_again)) = again else {
                return Ok(Attempt::Done(LegOutcome::Elsewhere));
            };
            (stored, call) = (stored_again, call_again);
        }
        try_to_entomb(context, &call, claim, &stored, deletions).await
    });
    Ok(match outcome.await? {
        Attempt::Done(outcome) => outcome,
        Attempt::Conflict => LegOutcome::Elsewhere,
    })
}

async fn try_to_entomb(
    context: &Context,
    call: &Call,
    claim: &Claim,
    stored: &StoredRecording,
    deletions: &BatchDeletions,
) -> Result<Attempt<LegOutcome>, SweepError> {
    let Stored::Recording(recording) = &stored.stored else {
        return Ok(Attempt::Done(LegOutcome::Elsewhere));
    };
    let tombstone = Tombstone {
        batch: Some(deletions.batch.clone()),
        origin_copy: deletions.origin_copies.get(&recording.view.id).copied().unwrap_or_default(),
        ..tombstone(context, recording, call, claim)
    };
    let state = deletions.copies.as_ref().map(|states| state_of(states, &recording.view.id));
    let copy = state.and_then(|state| pending_copy(context, recording, tombstone.deleted_at, state));
    let proof = Proof {
        tombstone,
        copy: copy.as_ref(),
        claim,
        request: call.approved_request(),
        number_key: deletions.number_key.as_ref(),
        due: DueKey::Unchanged,
    };
    end_leg(context, call, stored, proof).await
}

/// The proof of one leg, to be written.
pub(crate) struct Proof<'a> {
    pub(crate) tombstone: Tombstone,
    /// The claim that permitted the deletion.
    pub(crate) claim: &'a Claim,
    /// The request that two people agreed on.
    pub(crate) request: Option<&'a DeletionId>,
    /// Its copy, where recordings are copied.
    pub(crate) copy: Option<&'a PendingCopy>,
    /// What its number is hashed with.
    pub(crate) number_key: Option<&'a NumberKey>,
    /// The place of the rest of its call in the due index.
    pub(crate) due: DueKey,
}

/// Ends everything of one leg whose version is gone, and puts the proof in its place.
pub(crate) async fn end_leg(
    context: &Context,
    call: &Call,
    stored: &StoredRecording,
    proof: Proof<'_>,
) -> Result<Attempt<LegOutcome>, SweepError> {
    let Stored::Recording(recording) = &stored.stored else {
        return Ok(Attempt::Done(LegOutcome::Elsewhere));
    };
    if !end_derived(context, &recording.view.id).await? {
        return Ok(Attempt::Done(LegOutcome::Left));
    }
    erase_texts(context, &recording.view.id).await?;
    end_log_rows(context, call, recording).await?;
    let keyed = number_of(recording).zip(proof.number_key);
    let tombstone = &proof.tombstone;
    let Some(event) = stored.head.append(&recording.view.id, happening(tombstone, proof.claim, proof.request)) else {
        error!(recording = %recording.view.id, "a custody is full");
        return Ok(Attempt::Done(LegOutcome::Elsewhere));
    };
    let left = call.leave(&recording.view.id);
    let object = &recording.object;
    // Nobody corrects what is claimed: what is not there now does not come.
    let has_corrections = object.key.kind() == ObjectKind::Audio
        && context.table.corrections(&object.key_id(), &recording.view.id).await?.number > 0;
    // NEVER LATE: before the tombstone, which nobody looks at again. Alone it costs half of what it does in a transaction.
    context.table.end_fragment(object).await?;
    // A first holds the marker of its bytes. Its version is gone, so the same bytes are a first again.
    if let (Some(sha256), None, ObjectKind::Audio) =
        (&recording.sha256, &recording.view.duplicate_of, object.key.kind())
    {
        context.table.end_first(object, sha256).await?;
    }
    let write = TombstoneWrite {
        recording,
        before: stored.generation,
        tombstone,
        number: keyed.map(|(number, key)| (key.hash(number), key.hash_last4(number.last4()))),
        has_corrections,
        event: &event,
        call_before: call.generation,
        call: &left,
        due: proof.due,
        copy: proof.copy,
    };
    Ok(match context.table.write_tombstone(&write).await? {
        WriteOutcome::Done => Attempt::Done(LegOutcome::Ended(Box::new(left))),
        WriteOutcome::Conflict => Attempt::Conflict,
    })
}

/// NEVER LATE: what was cut out of a recording ends with it. Its call is claimed, so nothing more is listed; `false` where
/// something listed may still be written.
async fn end_derived(context: &Context, id: &RecordingId) -> Result<bool, SweepError> {
    let mut has_ended = true;
    for derived in context.table.derived_of(id).await? {
        has_ended &= derived::end(context, &derived).await?;
    }
    Ok(has_ended)
}

/// NEVER LATE: what people wrote about a recording, however much, ends with it; the chain stays whole.
async fn erase_texts(context: &Context, id: &RecordingId) -> Result<(), SweepError> {
    loop {
        let with_texts = context.table.events_with_texts(id, EVENTS_AT_ONCE).await?;
        for number in &with_texts {
            context.table.erase_texts(id, *number).await?;
        }
        if with_texts.len() < EVENTS_AT_ONCE {
            return Ok(());
        }
    }
}

/// NEVER LATE: the log rows of the call end with it, unless a recording outside of it was made of the
/// same rows: then they end with that one. A call that is not claimed lives on: there they end with its last leg.
async fn end_log_rows(context: &Context, call: &Call, recording: &Recording) -> Result<(), SweepError> {
    let Some(group) = &recording.group else {
        return Ok(());
    };
    let members = context.table.log_members(group, MEMBERS_LIMIT).await?;
    let ends = |id: &RecordingId| *id == recording.view.id || (call.claim.is_some() && call.legs.contains(id));
    if members.iter().all(|member| member.has_ended || ends(&member.id)) {
        context.table.end_log_rows(group).await?;
    }
    Ok(())
}

fn tombstone(context: &Context, recording: &Recording, call: &Call, claim: &Claim) -> Tombstone {
    Tombstone {
        id: recording.view.id.clone(),
        state: State::Deleted,
        version_id: recording.object.version_id.clone(),
        sha256: recording.sha256.clone(),
        class: recording.view.class.clone(),
        team: recording.view.team.clone(),
        day: recording.day,
        rulebook_version: claim.rulebook_version,
        deleted_at: context.connection.now(),
        deleted_by: format!("sweep {}", claim.id),
        batch: None,
        requested: call.agreed_roles(),
        backup: backup_of(context),
        backup_checked_at: None,
        origin_copy: KnownOriginCopy::default(),
        replaced_by: call.replaced_by(&recording.view.id).cloned(),
    }
}

/// What custody says of a deletion.
pub(crate) fn happening(tombstone: &Tombstone, claim: &Claim, request: Option<&DeletionId>) -> Happening {
    let mut facts = BTreeMap::from([
        ("version_id".to_owned(), tombstone.version_id.clone()),
        ("class".to_owned(), tombstone.class.to_string()),
        ("rulebook_version".to_owned(), tombstone.rulebook_version.to_string()),
        ("claimed_at".to_owned(), claim.at.to_string()),
    ]);
    if let Some(request) = request {
        facts.insert("request".to_owned(), request.to_string());
    }
    if let Some(sha256) = &tombstone.sha256 {
        facts.insert("sha256".to_owned(), sha256.clone());
    }
    if let Some(redacted) = &tombstone.replaced_by {
        facts.insert("redacted".to_owned(), redacted.to_string());
    }
    Happening {
        at: tombstone.deleted_at,
        kind: EventKind::Deleted,
        actor: "sweep".to_owned(),
        operation: claim.id.clone(),
        facts,
        texts: BTreeMap::new(),
    }
}
