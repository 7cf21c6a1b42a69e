//! The version of a recording without the parts that two people agreed to silence, as a further version of its key.
//!
//! NOTHING LOST: it overwrites no version. What is put is what the request says, which is written down before the put: only
//! then is it more than an upload like any other. TWICE IS ONCE: a second attempt puts the same bytes again, and these are
//! a duplicate.

use policy::case::part::{CutFailure, Part};
use policy::deletion::DeletionState;
use policy::id::DeletionId;
use policy::redaction::{REQUEST_METADATA, RedactedVersion, Redaction};
use store::WriteOutcome;
use tracing::info;

use crate::context::{ClipError, Context};
use crate::output::Output;
use crate::source::{self, Source};

/// Makes the redacted version that an approved request waits for.
pub(crate) async fn make(context: &Context, id: &DeletionId) -> Result<(), ClipError> {
    let request = context.table.deletion_request(id).await?;
    let Some(request) = request.filter(|request| request.state == DeletionState::Approved) else {
        return Ok(());
    };
    let Some(redaction) = request.redaction.filter(|redaction| redaction.failure.is_none()) else {
        return Ok(());
    };
    let Some(source) = source::read(context, &request.recording).await? else {
        return Ok(());
    };
    let view = &source.recording.view;
    // NEVER EARLY: not under a hold, and not once the version has taken its place.
    let call = context.table.call(&view.call).await?;
    if call.is_none_or(|call| call.agreed_redaction(id, &view.id).is_none()) {
        return Ok(());
    }
    let object = &source.recording.object;
    if let Some(version_id) = redaction.version.as_ref().and_then(|version| version.version_id.as_ref())
        && context.objects.has_version(&object.bucket, &object.key, version_id).await?
    {
        return Ok(());
    }
    let plan = match plan(context, &source, &redaction).await? {
        Ok(plan) => plan,
        Err(failure) => {
            context.table.note_redaction(id, &Redaction { failure: Some(failure), ..redaction }).await?;
            return Ok(());
        }
    };
    let uploads = context.recordings.versions_with(REQUEST_METADATA, id.as_str());
    let mut output = Output::new(&uploads, object.key.expose());
    if let Err(error) = source::copy(context, &source, &plan, &mut async |bytes: &[u8]| output.write(bytes).await).await
    {
        output.abort().await;
        return Err(error);
    }
    let (sha256, size_bytes) = output.digest();
    let version = RedactedVersion { sha256, size_bytes, version_id: None };
    let intended = Redaction { version: Some(version.clone()), ..redaction };
    match context.table.note_redaction(id, &intended).await {
        Ok(WriteOutcome::Done) => {}
        Ok(WriteOutcome::Conflict) => {
            output.abort().await;
            return Ok(());
        }
        Err(error) => {
            output.abort().await;
            return Err(error.into());
        }
    }
    let written = output.finish().await?;
    let version = RedactedVersion { version_id: written.version_id, ..version };
    context.table.note_redaction(id, &Redaction { version: Some(version), ..intended }).await?;
    info!(request = %id, "a redacted version was put");
    Ok(())
}

/// What the recording becomes: of its own kind, byte by byte the same where nothing is silenced.
async fn plan(
    context: &Context,
    source: &Source,
    redaction: &Redaction,
) -> Result<Result<cutter::Plan, CutFailure>, ClipError> {
    let mute = redaction.mute.clone();
    if !cutter::silences_in_place(&source.audio, &mute) {
        return Ok(Err(CutFailure::NotCuttable));
    }
    let recording = source.recording.view.id.clone();
    let part = Part { recording, from_milliseconds: None, to_milliseconds: None, mute };
    let plan = source::plan(context, source, &part).await?;
    let is_its_kind = |plan: &cutter::Plan| plan.content_type == source.audio.content_type();
    Ok(plan.and_then(|plan| if is_its_kind(&plan) { Ok(plan) } else { Err(CutFailure::NotCuttable) }))
}
