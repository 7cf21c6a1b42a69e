//! `POST /deletions/{id}/approve`: a second person lets the sweep delete a call before its time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::call::Call;
use policy::custody::{EventKind, Happening};
use policy::deletion::{Approval, DeletionState, Obstacle};
use policy::permission::{self, Action, Decision, NotAllowed, Refusal, Subject};
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use store::{Decided, DeletionRequest, DeletionWrite, ErrorKind, Job, WriteOutcome};

use super::guard::{DeletionPath, TRIES, about, refuse, require_approver};
use super::legs::{CallRecording, append, read_recordings};
use super::view::DeletionItem;
use crate::context::Context;
use crate::problems::{CALL_CHANGED, DELETION_DECIDED, NO_DELETIONS, NO_SUCH_DELETION, deletion_decided};

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "approveDeletion",
        tag: "deletions",
        summary: "Approves a deletion that somebody else requested 削除の承認: the sweep carries it out.",
    };
    Route::post("/deletions/{id}/approve", approve, about).answers::<DeletionItem>(200, "It is approved.").problems(&[
        &NO_DELETIONS,
        &NO_SUCH_DELETION,
        &NOT_ALLOWED,
        &DELETION_DECIDED,
        &CALL_CHANGED,
    ])
}

/// Approves a deletion, of exactly the recordings that the request names.
async fn approve(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    DeletionPath(id): DeletionPath,
) -> Result<Json<DeletionItem>, Problem> {
    require_approver(&context, &caller, AuditAction::Approve).await?;
    let operation = caller.operation(Action::Approve.as_str());
    for _ in 0..TRIES {
        let refused = async |problem| Err(refuse(&context, &caller, AuditAction::Approve, about(&id), problem).await);
        let Some(request) = context.shared.table.deletion_request(&id).await? else {
            return refused(Problem::of(&NO_SUCH_DELETION)).await;
        };
        if request.decided.as_ref().is_some_and(|decided| decided.operation == operation) {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            begin(&context, &request).await?;
            return Ok(Json(DeletionItem::new(&request, &caller)));
        }
        if request.state != DeletionState::Waiting {
            return refused(deletion_decided(request.state)).await;
        }
        let Some(call) = context.shared.table.call(&request.call).await? else {
            return refused(Problem::of(&CALL_CHANGED).audited("call_changed")).await;
        };
        let recordings = read_recordings(&context, request.recordings.iter(), Some(&call)).await?;
        let after = match decide(&request, &call, &recordings, &caller) {
            Ok(after) => after,
            Err(problem) => return refused(problem).await,
        };
        let decided = Decided { by: caller.member.id.clone(), at: caller.now, operation: operation.clone() };
        let request = DeletionRequest { state: DeletionState::Approved, decided: Some(decided), ..request };
        if write(&context, &caller, &request, &after, &recordings).await? {
            begin(&context, &request).await?;
            return Ok(Json(DeletionItem::new(&request, &caller)));
        }
    }
    Err(Problem::of(&BUSY))
}

/// Has a redaction made. Where this fails, the schedule of `jobs` finds it.
async fn begin(context: &Context, request: &DeletionRequest) -> Result<(), Problem> {
    if request.redaction.is_some() {
        context.jobs.send(&Job::Redact { request: request.id.clone() }).await?;
    }
    Ok(())
}

/// The call as it will be, where the caller may approve the end of each of its recordings and nothing stands in the way.
fn decide(
    request: &DeletionRequest,
    call: &Call,
    recordings: &[CallRecording],
    caller: &MemberCaller,
) -> Result<Call, Problem> {
    for one in recordings {
        let subject = Subject::from(&one.recording.view).deletion_asked_by(&request.requested_by);
        match permission::decide(&caller.member, Action::Approve, subject, None, &caller.rulebook, caller.now) {
            Decision::Permit => {}
            Decision::Refuse(Refusal::NotAllowed { reason }) => return Err(Problem::not_allowed(reason)),
            // Its period is over: it ends without anybody's approval.
            Decision::Refuse(Refusal::NotVisible | Refusal::Expired | Refusal::NotAPurpose) => {
                return Err(Problem::of(&NO_SUCH_DELETION));
            }
        }
    }
    let approval = Approval { at: caller.now, by: caller.member.role };
    call.approve_deletion(&request.id, approval).map_err(|obstacle| match obstacle {
        Obstacle::Held => Problem::not_allowed(NotAllowed::Held),
        Obstacle::Grown | Obstacle::NotRequested => Problem::of(&CALL_CHANGED).audited("call_changed"),
        Obstacle::BeingDeleted | Obstacle::Requested => Problem::of(&NO_SUCH_DELETION),
    })
}

/// Writes an approval with its events, if nothing it rests on has changed; whether it stands.
async fn write(
    context: &Context,
    caller: &MemberCaller,
    request: &DeletionRequest,
    after: &Call,
    recordings: &[CallRecording],
) -> Result<bool, Problem> {
    let happening = Happening {
        at: caller.now,
        kind: match request.redaction {
            Some(_) => EventKind::RedactionApproved,
            None => EventKind::DeletionApproved,
        },
        actor: caller.member.id.clone(),
        operation: caller.operation(Action::Approve.as_str()),
        facts: [("request".to_owned(), request.id.to_string())].into(),
        texts: std::collections::BTreeMap::new(),
    };
    let events = append(recordings, &happening)?;
    let mut facts = about(&request.id);
    facts.insert("recording".to_owned(), request.recording.to_string());
    facts.extend(request.team.clone().map(|team| (audit::OF_TEAM.to_owned(), team)));
    let audit = audit::of_member(caller, Action::Approve.into(), Outcome::Permitted, facts);
    let before = Some(DeletionState::Waiting);
    let write = DeletionWrite { request, before, call: Some(after), events: &events, audit: &audit };
    match context.shared.table.write_deletion(&write).await {
        Ok(outcome) => Ok(outcome == WriteOutcome::Done),
        // Another's transaction was at the same call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(Problem::of_store(&error)),
    }
}
