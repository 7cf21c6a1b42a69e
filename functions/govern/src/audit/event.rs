//! Audit events that are read, and the event of reading them.

use jiff::Timestamp;
use policy::audit::AuditAction;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use store::AuditEvent;

use super::filters::AuditFilters;
use crate::context::Context;

/// An audit event, and the reason that lies beside its event of custody.
pub(super) struct Explained {
    pub(super) event: AuditEvent,
    pub(super) stated_reason: Option<String>,
}

/// From which day to which.
pub(super) fn between(asked: &AuditFilters) -> Facts {
    Facts::from([("from".to_owned(), asked.first.to_string()), ("to".to_owned(), asked.last.to_string())])
}

/// Reading the audit is an event of its own, written before anything is told.
pub(super) async fn audit_read(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
    asked: &AuditFilters,
) -> Result<(), Problem> {
    let mut event = audit::of_member(caller, action, Outcome::Permitted, between(asked));
    event.asked = asked.words();
    Ok(context.shared.table.audit(&event).await?)
}

/// What was asked for and names nothing is an event too.
pub(super) async fn audit_refused(
    context: &Context,
    caller: &MemberCaller,
    action: AuditAction,
    asked: &AuditFilters,
    problem: Problem,
) -> Problem {
    let mut facts = between(asked);
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let mut event = audit::of_member(caller, action, Outcome::Refused, facts);
    event.asked = asked.words();
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

/// NEVER LATE: DynamoDB ends what is past its time within days; it is shown to nobody from the second on.
pub(super) fn is_kept(event: &AuditEvent, now: Timestamp) -> bool {
    now < event.ends_at
}
