//! Redactions: has made what two people agreed on, and takes back what can't be.
//!
//! Each step can be repeated. `clip` makes the version, `index` puts it in the place of its original, `sweep` deletes that.

use std::collections::BTreeMap;

use policy::audit::{AuditAction, AuditOutcome};
use policy::call::Call;
use policy::custody::{EventKind, NewEvent};
use policy::deletion::DeletionState;
use policy::id::DeletionId;
use store::retry::{Attempt, on_conflict};
use store::{
    AuditEvent, ClipMessage, DeletionRequest, DeletionWrite, Job, ListedVersion, SortKey, Stored, StoredRecording,
    WriteOutcome, announcement,
};
use tracing::{error, info};

use crate::context::Context;
use crate::error::JobError;

/// 100 requests a page.
const PAGE: u16 = 100;

/// 5 attempts, a third of a second: each fails only if another writer came in between.
const ATTEMPTS: u32 = 5;

/// Why a request is taken back whose recording is not in its call any more.
const CALL_CHANGED: &str = "call_changed";

/// Has every approved redaction looked at: what a hold stopped goes on within the hour of its end.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let mut after = SortKey::first();
    loop {
        let (requests, has_more) = context.table.deletion_requests(DeletionState::Approved, &after, PAGE).await?;
        for (at, request) in requests {
            after = at;
            if request.redaction.is_some() {
                context.jobs.send(&Job::Redact { request: request.id }).await?;
            }
        }
        if !has_more {
            return Ok(());
        }
    }
}

/// What an approved redaction needs next.
pub(crate) async fn redact(context: &Context, id: &DeletionId) -> Result<(), JobError> {
    match on_conflict(&context.connection, ATTEMPTS, async || try_to_redact(context, id).await).await? {
        Attempt::Done(()) => Ok(()),
        Attempt::Conflict => Err(JobError::Contended),
    }
}

async fn try_to_redact(context: &Context, id: &DeletionId) -> Result<Attempt<()>, JobError> {
    let Some(request) = context.table.deletion_request(id).await?.filter(|it| it.state == DeletionState::Approved)
    else {
        return Ok(Attempt::Done(()));
    };
    let Some(redaction) = &request.redaction else { return Ok(Attempt::Done(())) };
    let Some(stored) = context.table.recording(&request.recording).await? else { return Ok(Attempt::Done(())) };
    // It has ended, and the request with it.
    let Stored::Recording(recording) = &stored.stored else { return Ok(Attempt::Done(())) };
    let Some(call) = context.table.call(&recording.view.call).await? else { return Ok(Attempt::Conflict) };
    let standing = call.deletion.as_ref().filter(|standing| standing.id == *id);
    // NEVER LATE: its end has begun, or its version has taken its place.
    if call.claim.is_some() || standing.is_some_and(|standing| !standing.is_redaction) {
        return Ok(Attempt::Done(()));
    }
    if standing.is_none() {
        return take_back(context, &request, &stored, CALL_CHANGED).await;
    }
    if let Some(failure) = redaction.failure {
        return take_back(context, &request, &stored, failure.as_str()).await;
    }
    // NEVER EARLY: a hold that came since stops it here, and again where the version takes its place.
    if call.agreed_redaction(id, &recording.view.id).is_none() {
        return Ok(Attempt::Done(()));
    }
    let object = &recording.object;
    let put = redaction.version.as_ref().and_then(|version| Some((version, version.version_id.clone()?)));
    if let Some((version, version_id)) = put
        && context.objects.has_version(&object.bucket, &object.key, &version_id).await?
    {
        // S3's own word of it may be lost, or have come under a hold: taken in twice it is taken in once.
        let stored_at = context.connection.now();
        let version = ListedVersion { key: object.key.clone(), version_id, stored_at, size_bytes: version.size_bytes };
        context.ingest.send(&announcement(&object.bucket, &version)).await?;
        return Ok(Attempt::Done(()));
    }
    context.clip.send(&ClipMessage::Redaction { redaction: id.clone() }).await?;
    Ok(Attempt::Done(()))
}

/// Takes a request back that nothing can come of; the call keeps its recording as it is.
async fn take_back(
    context: &Context,
    request: &DeletionRequest,
    stored: &StoredRecording,
    failure: &str,
) -> Result<Attempt<()>, JobError> {
    let now = context.connection.now();
    let call = context.table.call(&request.call).await?;
    let after: Option<Call> = call.as_ref().and_then(|call| call.abandon_redaction(&request.id));
    let facts =
        BTreeMap::from([("request".to_owned(), request.id.to_string()), ("failure".to_owned(), failure.to_owned())]);
    let operation = format!("redaction-{}", request.id);
    let event = NewEvent {
        at: now,
        kind: EventKind::RedactionRefused,
        actor: "jobs".to_owned(),
        operation: operation.clone(),
        facts: facts.clone(),
        texts: BTreeMap::new(),
    };
    let Some(event) = stored.head.append(&request.recording, event) else {
        error!(recording = %request.recording, "a custody is full");
        return Ok(Attempt::Done(()));
    };
    let rulebook = context.rulebooks.in_force(now).await?;
    let audit = AuditEvent {
        at: now,
        day: rulebook.day_of(now).to_string(),
        operation: format!("{operation}.{}", AuditAction::RefuseDeletion.as_str()),
        staff: "jobs".to_owned(),
        role: None,
        action: AuditAction::RefuseDeletion,
        outcome: AuditOutcome::Permitted,
        facts: BTreeMap::from([
            ("deletion".to_owned(), request.id.to_string()),
            ("recording".to_owned(), request.recording.to_string()),
            ("failure".to_owned(), failure.to_owned()),
        ]),
        asked: BTreeMap::new(),
        origin: None,
        ends_at: rulebook.audit_ends_at(now),
    };
    let refused = DeletionRequest { state: DeletionState::Refused, reason: None, ..request.clone() };
    let write = DeletionWrite {
        request: &refused,
        before: Some(DeletionState::Approved),
        call: after.as_ref(),
        events: &[event],
        audit: &audit,
    };
    Ok(match context.table.write_deletion(&write).await? {
        WriteOutcome::Done => {
            info!(request = %request.id, failure, "a redaction was taken back");
            Attempt::Done(())
        }
        WriteOutcome::Conflict => Attempt::Conflict,
    })
}
