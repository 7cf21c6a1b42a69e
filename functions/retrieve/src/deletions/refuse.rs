//! `POST /deletions/{id}/refuse`: a request is refused, or taken back by the person who made it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::audit::AuditAction;
use policy::custody::{Committed, EventKind, Happening};
use policy::deletion::DeletionState;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::BODY_LIMIT_BYTES;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, INVALID, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use store::{Decided, DeletionRequest, DeletionWrite, ErrorKind, WriteOutcome};

use super::guard::{DeletionPath, TRIES, about, refuse, require_approver};
use super::legs::{append, read_recordings};
use super::request::ReasonRequest;
use super::view::DeletionItem;
use crate::context::Context;
use crate::problems::{DELETION_DECIDED, NO_DELETIONS, NO_SUCH_DELETION, deletion_decided};

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "refuseDeletion",
        tag: "deletions",
        summary: "Refuses a deletion that was requested 却下, or takes one's own request back; the call keeps its period.",
    };
    Route::post("/deletions/{id}/refuse", refuse_deletion, about)
        .body::<ReasonRequest>(BODY_LIMIT_BYTES)
        .answers::<DeletionItem>(200, "It is refused.")
        .problems(&[&NO_DELETIONS, &NO_SUCH_DELETION, &INVALID, &DELETION_DECIDED])
}

/// Refuses a deletion. It keeps data, so any admin or auditor may, also the one who requested it or was on the call.
async fn refuse_deletion(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    DeletionPath(id): DeletionPath,
    request: Request,
) -> Result<Json<DeletionItem>, Problem> {
    let reason = Committed { text: ReasonRequest::read(request).await?, salt: random_hex()? };
    let action = AuditAction::RefuseDeletion;
    require_approver(&context, &caller, action).await?;
    let operation = caller.operation(action.as_str());
    for _ in 0..TRIES {
        let refused = async |problem| Err(refuse(&context, &caller, action, about(&id), problem).await);
        let Some(request) = context.shared.table.deletion_request(&id).await? else {
            return refused(Problem::of(&NO_SUCH_DELETION)).await;
        };
        if request.decided.as_ref().is_some_and(|decided| decided.operation == operation) {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            return Ok(Json(DeletionItem::new(&request, &caller)));
        }
        if request.state != DeletionState::Waiting {
            return refused(deletion_decided(request.state)).await;
        }
        let call = context.shared.table.call(&request.call).await?;
        let recordings = read_recordings(&context, request.recordings.iter(), call.as_ref()).await?;
        let happening = Happening {
            at: caller.now,
            kind: match request.redaction {
                Some(_) => EventKind::RedactionRefused,
                None => EventKind::DeletionRefused,
            },
            actor: caller.member.id.clone(),
            operation: operation.clone(),
            facts: [("request".to_owned(), request.id.to_string())].into(),
            texts: [("reason".to_owned(), reason.clone())].into(),
        };
        let events = append(&recordings, &happening)?;
        let mut facts = about(&request.id);
        facts.insert("recording".to_owned(), request.recording.to_string());
        let audit = audit::of_member(&caller, action, Outcome::Permitted, facts);
        let decided = Decided { by: caller.member.id.clone(), at: caller.now, operation: operation.clone() };
        let request =
            DeletionRequest { state: DeletionState::Refused, reason: None, decided: Some(decided), ..request };
        let after = call.as_ref().and_then(|call| call.refuse_deletion(&request.id));
        let write = DeletionWrite {
            request: &request,
            before: Some(DeletionState::Waiting),
            call: after.as_ref(),
            events: &events,
            audit: &audit,
        };
        match context.shared.table.write_deletion(&write).await {
            Ok(WriteOutcome::Done) => return Ok(Json(DeletionItem::new(&request, &caller))),
            Ok(WriteOutcome::Conflict) => {}
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}
