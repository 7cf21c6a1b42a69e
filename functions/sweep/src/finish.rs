//! Finishing a claimed call: delete each version, believe only what S3 says, leave a tombstone.

use std::collections::BTreeMap;

use policy::call::{Call, Claim};
use policy::custody::{EventKind, Happening};
use policy::fragment::ObjectVersion;
use policy::recording::{CallReference, Recording, State, Tombstone};
use store::{DeleteOutcome, Stored, StoredRecording, TombstoneWrite, WriteOutcome};
use tracing::{error, warn};

use crate::{Context, Summary, SweepError};

/// 8 tries: after the claim only another run of `sweep` can write here.
const TRIES: usize = 8;

/// 1,000 texts are erased before it is asked whether there are more: a slice of a run, and more than most ever have.
const EVENTS_AT_ONCE: usize = 1_000;

/// Finishes a claimed call, leg by leg. Every step can be repeated; a leg that S3 will not let go stays.
pub(crate) async fn finish(
    context: &Context,
    reference: &CallReference,
    report: &mut Summary,
) -> Result<(), SweepError> {
    let Some(call) = context.table.call(reference).await? else {
        return Ok(());
    };
    // NEVER EARLY: the due index only nominates; the claim itself is what permits.
    let Some(claim) = call.claim.clone() else {
        return Ok(());
    };
    let mut call = call;
    for id in call.legs.clone() {
        let stored = context.table.recording(&id).await?;
        let Some((stored, object)) = stored.and_then(|stored| object(&stored).map(|object| (stored, object))) else {
            error!(recording = %id, "a claimed call names a leg that is no recording");
            report.refused += 1;
            continue;
        };
        let outcome = context.objects.delete_version(&object.bucket, &object.key, &object.version_id).await?;
        match outcome {
            DeleteOutcome::Gone => {
                let Some(left) = entomb(context, call, &claim, stored).await? else {
                    // Another run is at the same call and has the rest.
                    return Ok(());
                };
                call = left;
                report.deleted += 1;
            }
            DeleteOutcome::Kept(code) => {
                warn!(call = %reference.id, code, "S3 kept a version; the call stays claimed");
                report.refused += 1;
            }
        }
    }
    Ok(())
}

/// 1,000 recordings of one call, over all its lives.
const MEMBERS_LIMIT: usize = 1000;

fn object(stored: &StoredRecording) -> Option<ObjectVersion> {
    match &stored.stored {
        Stored::Recording(recording) => Some(recording.object.clone()),
        Stored::Tombstone(_) => None,
    }
}

/// Writes the proof of one leg; the call without it, or `None` where another run got there first.
async fn entomb(
    context: &Context,
    mut call: Call,
    claim: &Claim,
    mut stored: StoredRecording,
) -> Result<Option<Call>, SweepError> {
    for _ in 0..TRIES {
        let Stored::Recording(recording) = stored.stored else {
            return Ok(None);
        };
        // NEVER LATE: the words people wrote about it, however many, end with it; the chain stays whole.
        loop {
            let with_texts = context.table.events_with_texts(&recording.view.id, EVENTS_AT_ONCE).await?;
            for number in &with_texts {
                context.table.erase_texts(&recording.view.id, *number).await?;
            }
            if with_texts.len() < EVENTS_AT_ONCE {
                break;
            }
        }
        end_log_rows(context, &call, &recording).await?;
        let tombstone = tombstone(context, &recording, claim);
        let Some(event) = stored.head.append(&recording.view.id, happening(&tombstone, claim)) else {
            error!(recording = %recording.view.id, "a custody is full");
            return Ok(None);
        };
        let left = call.leave(&recording.view.id);
        let finish = TombstoneWrite {
            recording: &recording,
            before: stored.generation,
            tombstone: &tombstone,
            event: &event,
            call_before: call.generation,
            call: &left,
        };
        if context.table.write_tombstone(&finish).await? == WriteOutcome::Done {
            return Ok(Some(left));
        }
        let (Some(again), Some(call_again)) =
            (context.table.recording(&recording.view.id).await?, context.table.call(&call.reference).await?)
        else {
            return Ok(None);
        };
        stored = again;
        call = call_again;
    }
    Ok(None)
}

/// NEVER LATE: what logs told of the call ends with it, unless a recording outside of it was made of the
/// same rows: then they end with that one.
async fn end_log_rows(context: &Context, call: &Call, recording: &Recording) -> Result<(), SweepError> {
    let Some(group) = &recording.group else {
        return Ok(());
    };
    let members = context.table.log_members(group, MEMBERS_LIMIT).await?;
    if members.iter().all(|member| member.has_ended || call.legs.contains(&member.id)) {
        context.table.end_log_rows(group).await?;
    }
    Ok(())
}

fn tombstone(context: &Context, recording: &Recording, claim: &Claim) -> Tombstone {
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
    }
}

fn happening(tombstone: &Tombstone, claim: &Claim) -> Happening {
    let mut facts = BTreeMap::from([
        ("version_id".to_owned(), tombstone.version_id.clone()),
        ("class".to_owned(), tombstone.class.to_string()),
        ("rulebook_version".to_owned(), tombstone.rulebook_version.to_string()),
        ("claimed_at".to_owned(), claim.at.to_string()),
    ]);
    if let Some(sha256) = &tombstone.sha256 {
        facts.insert("sha256".to_owned(), sha256.clone());
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
