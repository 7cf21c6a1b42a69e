//! `index`: a fragment was written; all fragments of its object are merged into the recording and its
//! call. The result is a function of the set, written only if nothing changed meanwhile: the order in
//! which fragments arrive, and how often, can't matter.
//!
//! `gather` reads, [`policy::placement`] decides, `apply` writes once.

mod apply;
mod config;
mod context;
mod gather;
mod redaction;

use policy::calllog::Position;
use policy::facts::QuarantineReason;
use policy::fragment::{ObjectKind, ObjectVersion, TextFragment};
use policy::id::{KeyId, RecordingId};
use policy::placement::{Known, Plan, RecordingChange, Step, Subject, followed, has_room};
use store::retry::{Attempt, on_conflict};
use store::{Batch, BatchResponse, IndexMessage, Job, WriteOutcome, metrics};

pub use config::Config;
pub use context::{Context, IndexError};

use self::apply::Planned;
use self::gather::Versions;

/// 8 attempts, two seconds: each fails only if another invocation wrote in between.
const ATTEMPTS: u32 = 8;

/// Indexes a batch; fails per message, never per batch.
pub async fn handle(context: &Context, batch: Batch) -> BatchResponse {
    batch
        .process(&context.redelivery, async |body| {
            let message = serde_json::from_str(&body).map_err(IndexError::Message)?;
            index(context, &message).await
        })
        .await
}

async fn index(context: &Context, message: &IndexMessage) -> Result<(), IndexError> {
    let IndexMessage { kind, key_id, id, sequencer } = message;
    match kind {
        ObjectKind::Audio => index_audio(context, key_id, id).await,
        ObjectKind::Sidecar => index_sidecar(context, key_id, id, sequencer.as_deref()).await,
        ObjectKind::CallLog => index_call_log(context, key_id, id).await,
    }
}

async fn index_audio(context: &Context, key_id: &KeyId, id: &RecordingId) -> Result<(), IndexError> {
    let neighbour = place_recording(context, key_id, id).await?;
    // A new version takes over the sidecars that follow it from the version before it.
    if let Some(neighbour) = neighbour {
        place_recording(context, key_id, &neighbour).await?;
    }
    Ok(())
}

/// Places one version of a call log and has its rows read. The other versions under its key had messages of their own.
async fn index_call_log(context: &Context, key_id: &KeyId, id: &RecordingId) -> Result<(), IndexError> {
    let Some(text) = context.table.call_log_fragment(key_id, id).await? else {
        return Ok(());
    };
    let is_too_large = text.is_too_large_log();
    place_text(context, text).await?;
    if is_too_large {
        return Ok(());
    }
    let position = Position::default();
    Ok(context.jobs.send(&Job::ReadCallLog { key_id: key_id.clone(), id: id.clone(), position }).await?)
}

/// A sidecar is placed with the recording that it speaks for, and alone until that recording arrives. One beyond those
/// of its key that are placed together waits in quarantine: a message costs the same however many there are.
async fn index_sidecar(
    context: &Context,
    key_id: &KeyId,
    id: &RecordingId,
    sequencer: Option<&str>,
) -> Result<(), IndexError> {
    let texts: Vec<_> =
        gather::texts(context, key_id).await?.into_iter().filter(|text| text.object.id() == *id).collect();
    if texts.is_empty() {
        let sequencer = sequencer.ok_or(IndexError::WithoutOrder)?;
        return match context.table.sidecar_fragment(key_id, sequencer, id).await? {
            Some(text) => place_surplus(context, text).await,
            None => Ok(()),
        };
    }
    let versions = gather::audio_versions(context, key_id).await?;
    for text in texts {
        match followed(&text, &versions) {
            Some(audio) if has_room(&audio.object.id(), &versions) => {
                place_recording(context, key_id, &audio.object.id()).await?;
            }
            Some(_) => place_surplus(context, text).await?,
            None => place_text(context, text).await?,
        }
    }
    Ok(())
}

/// Places a sidecar beyond those of its key that are placed together.
async fn place_surplus(context: &Context, text: TextFragment) -> Result<(), IndexError> {
    let object = text.object.clone();
    place_alone(context, &object, &Subject::SurplusSidecar(text)).await
}

/// Places a sidecar or a call log as a call of its own.
async fn place_text(context: &Context, text: TextFragment) -> Result<(), IndexError> {
    let object = text.object.clone();
    place_alone(context, &object, &Subject::Alone(text)).await
}

/// Places a recording and what follows it. The id of the version before it, where that must be looked at again.
async fn place_recording(
    context: &Context,
    key_id: &KeyId,
    id: &RecordingId,
) -> Result<Option<RecordingId>, IndexError> {
    let mut neighbour = None;
    let mut had_twins = false;
    loop {
        let attempt = async || Box::pin(try_to_place(context, key_id, id)).await;
        let placed = match on_conflict(&context.connection, ATTEMPTS, attempt).await? {
            Attempt::Done(placed) => placed,
            Attempt::Conflict => return Err(IndexError::Contended),
        };
        // Only the first plan finds it: later ones know the recording.
        neighbour = neighbour.or(placed.neighbour);
        match placed.left {
            Left::Dependants => {}
            // Once: the sidecar is recorded with one of its fragments now, and reading it again ends the other.
            Left::Twins if !had_twins => had_twins = true,
            Left::Twins | Left::Nothing => return Ok(neighbour),
        }
    }
}

/// What came of a plan for a recording.
#[derive(Default)]
struct Placed {
    /// The version before it, where that must be looked at again.
    neighbour: Option<RecordingId>,
    left: Left,
}

/// What a plan left for another one.
#[derive(Default)]
enum Left {
    #[default]
    Nothing,
    /// Dependants beyond those that one transaction takes.
    Dependants,
    /// The second fragment of a sidecar.
    Twins,
}

async fn try_to_place(context: &Context, key_id: &KeyId, id: &RecordingId) -> Result<Attempt<Placed>, IndexError> {
    let Some(found) = Box::pin(gather::recording(context, key_id, id)).await? else {
        return Ok(Attempt::Done(Placed::default()));
    };
    let Versions { mut known, neighbour, has_twins } = found;
    let twins = if has_twins { Left::Twins } else { Left::Nothing };
    let Some(planned) = plan(context, &mut known).await? else {
        Box::pin(place_orphans(context, known)).await?;
        return Ok(Attempt::Done(Placed { neighbour: None, left: twins }));
    };
    Ok(match Box::pin(apply::apply(context, &planned)).await? {
        WriteOutcome::Conflict => Attempt::Conflict,
        WriteOutcome::Done if planned.plan.has_more => Attempt::Done(Placed { neighbour, left: Left::Dependants }),
        WriteOutcome::Done => Attempt::Done(Placed { neighbour, left: twins }),
    })
}

/// NOTHING LOST: what arrives while its recording is being deleted opens the next life of the call.
async fn place_orphans(context: &Context, known: Known) -> Result<(), IndexError> {
    let (Subject::Recording { dependants, .. }, Some(of)) = (known.subject, known.before) else {
        return Ok(());
    };
    for dependant in dependants.into_iter().filter(|dependant| dependant.before.is_none()) {
        let object = dependant.kind.object().clone();
        let subject = Subject::Orphan { kind: Box::new(dependant.kind), of: Box::new(of.recording.clone()) };
        place_alone(context, &object, &subject).await?;
    }
    Ok(())
}

/// Places an object version as a leg by itself.
async fn place_alone(context: &Context, object: &ObjectVersion, subject: &Subject) -> Result<(), IndexError> {
    let attempt = on_conflict(&context.connection, ATTEMPTS, async || -> Result<_, IndexError> {
        let Some(mut known) = gather::alone(context, object, subject.clone()).await? else {
            return Ok(Attempt::Done(()));
        };
        let Some(planned) = plan(context, &mut known).await? else {
            return Ok(Attempt::Done(()));
        };
        Ok(match apply::apply(context, &planned).await? {
            WriteOutcome::Done => Attempt::Done(()),
            WriteOutcome::Conflict => Attempt::Conflict,
        })
    });
    match attempt.await? {
        Attempt::Done(()) => Ok(()),
        Attempt::Conflict => Err(IndexError::Contended),
    }
}

/// Reads what the planner needs until it has a plan. `None` where the call is being deleted.
async fn plan(context: &Context, known: &mut Known) -> Result<Option<Planned>, IndexError> {
    let mut rows = None;
    loop {
        match known.next() {
            Step::Done(plan) => {
                count_surplus(context, &plan);
                return Ok(Some(Planned { plan, rows }));
            }
            Step::Full => return Err(IndexError::Full),
            Step::Claimed => return Ok(None),
            need => rows = gather::read(context, need, known).await?.or(rows),
        }
    }
}

/// Counts what comes to quarantine because its key has too many versions.
fn count_surplus(context: &Context, plan: &Plan) {
    let is_surplus = |change: &&RecordingChange| {
        change.before.is_none() && change.recording.view.quarantine_reason == Some(QuarantineReason::TooManyVersions)
    };
    let count = plan.recordings.iter().filter(is_surplus).count();
    if count > 0 {
        metrics::emit(context.connection.now(), &[("SurplusVersions", count as u64)]);
    }
}
