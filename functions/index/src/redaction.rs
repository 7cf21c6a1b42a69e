//! Versions that redactions made: what says so is the request, and not the upload.

use policy::custody::Committed;
use policy::deletion::DeletionState;
use policy::fragment::AudioFragment;
use policy::id::DeletionId;
use policy::placement::{Before, Known, Redacted, Subject};
use policy::recording::CallReference;
use policy::redaction::{ApprovedRedaction, REQUEST_METADATA};
use store::{CallLife, Stored, StoredRecording};

use crate::context::{Context, IndexError};

/// What is known of a version that names a request, where two people agreed on exactly these bytes; `None` for an upload
/// like any other, and once the version has taken its original's place.
pub(crate) async fn find(
    context: &Context,
    audio: &AudioFragment,
    before: Option<&Before>,
) -> Result<Option<Known>, IndexError> {
    let named = audio.metadata.get(REQUEST_METADATA).and_then(|id| id.parse::<DeletionId>().ok());
    let Some(id) = named else { return Ok(None) };
    // It stands by itself, or behind one of the same bytes that does.
    if before.is_some_and(|before| before.recording.redacted_from.is_some()) {
        return Ok(None);
    }
    let request = context.table.deletion_request(&id).await?;
    let Some(request) = request.filter(|request| request.state == DeletionState::Approved) else { return Ok(None) };
    let Some(redaction) = request.redaction.filter(|redaction| redaction.is_version(audio.sha256.as_deref())) else {
        return Ok(None);
    };
    let Some(of) = standing(context.table.recording(&request.recording).await?) else { return Ok(None) };
    if of.recording.object.key_id() != audio.object.key_id() {
        return Ok(None);
    }
    let reference = of.recording.view.call.clone();
    let CallLife::Standing(call) = context.table.call_life(&reference).await? else { return Ok(None) };
    // Its original is in the life of its call that ends: another version of these bytes took its place.
    if call.replaced_by(&of.recording.view.id).is_some() {
        return Ok(None);
    }
    let mut following = Vec::new();
    for (leg, brought) in &call.brought {
        if brought.follows.as_ref() == Some(&of.recording.view.id) && *leg != audio.object.id() {
            following.extend(standing(context.table.recording(leg).await?));
        }
    }
    // An upload of the very bytes that nobody had asked for may be there.
    let first = match &audio.sha256 {
        Some(sha256) => context.table.first_with(&audio.object.key_id(), sha256).await?,
        None => None,
    };
    let is_first = first.is_none_or(|first| first == audio.object.id());
    let reason = request.reason.map(|reason| Committed { salt: redaction.salt, text: reason.expose().to_owned() });
    let approved = ApprovedRedaction { request: id, mute: redaction.mute, reason };
    let redacted = Redacted { audio: audio.clone(), of, following, approved, is_first };
    let now = context.connection.now();
    let in_force = context.rulebooks.in_force(now).await?;
    let mut known = Known::new(now, in_force, Subject::Redacted(Box::new(redacted)), before.cloned());
    // What follows is what this state of the call says: the plan is written on no other.
    known.calls = [(reference, Some(*call))].into_iter().collect::<std::collections::BTreeMap<CallReference, _>>();
    Ok(Some(known))
}

fn standing(stored: Option<StoredRecording>) -> Option<Before> {
    let StoredRecording { stored, generation, head, .. } = stored?;
    match stored {
        Stored::Recording(recording) => Some(Before { recording: *recording, generation, head }),
        Stored::Tombstone(_) => None,
    }
}
