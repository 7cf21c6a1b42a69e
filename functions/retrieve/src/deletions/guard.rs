//! What every step of a request has in common: its id, who may decide, and a refusal.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use policy::audit::AuditAction;
use policy::id::DeletionId;
use policy::permission::{self, Decision, TraceAction};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;

use crate::context::Context;
use crate::problems::NO_DELETIONS;

/// 4 tries: each fails only if somebody else changed the call or a recording of it in between.
pub(super) const TRIES: usize = 4;

/// 500 characters: a reason, not a report.
pub(super) const REASON_LIMIT_CHARACTERS: usize = 500;

/// The id of a request in the path. What can't be an id stands for one that no request has, and goes the same way.
#[derive(Clone, Debug)]
pub(super) struct DeletionPath(pub(super) DeletionId);

impl<S: Send + Sync> FromRequestParts<S> for DeletionPath {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(DeletionId::of_text(&path.map(|Path(text)| text).unwrap_or_default())))
    }
}

/// STRICT: admins and auditors know of every request. Nobody else learns whether there is one: it is decided before
/// anything is read.
pub(super) async fn require_approver(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
) -> Result<(), Problem> {
    match permission::decide_on_traces(&caller.member, TraceAction::Audit) {
        Decision::Permit => Ok(()),
        Decision::Refuse(_) => Err(refuse(context, caller, action, Facts::new(), Problem::of(&NO_DELETIONS)).await),
    }
}

/// A refusal, with the event that says so.
pub(super) async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
    mut facts: Facts,
    problem: Problem,
) -> Problem {
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let event = audit::of_member(caller, action, Outcome::Refused, facts);
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

/// The fact that every event about a request has.
pub(super) fn about(id: &DeletionId) -> Facts {
    Facts::from([("deletion".to_owned(), id.to_string())])
}
