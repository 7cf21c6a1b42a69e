//! Audit events: what somebody did or was refused.

use std::collections::BTreeMap;

use policy::audit::AuditAction;
pub(crate) use policy::audit::AuditOutcome as Outcome;
use policy::id::RecordingId;
use policy::permission::Action;
use policy::recording::Listed;
use store::{AuditEvent, AuditText};

use crate::Context;
use crate::caller::{Caller, MemberCaller};
use crate::problem::Problem;

/// The facts that say whose a recording was when it was reached.
pub(crate) const OF_STAFF: &str = "of_staff";
pub(crate) const OF_TEAM: &str = "of_team";

/// What was asked for, in the words of whoever asked: apart from the facts, since a number can be among them.
pub(crate) type Asked = BTreeMap<String, AuditText>;

/// Facts that hold no number.
pub(crate) type Facts = BTreeMap<String, String>;

/// The one fact that every event about a recording has: the id that was asked for.
pub(crate) fn about(id: &RecordingId) -> Facts {
    Facts::from([("recording".to_owned(), id.as_str().to_owned())])
}

/// What is written of a recording that was reached: its id, and whose it was then, for it will be deleted.
pub(crate) fn about_owned(view: &Listed) -> Facts {
    let mut facts = about(&view.id);
    facts.extend(view.staff.clone().map(|staff| (OF_STAFF.to_owned(), staff)));
    facts.extend(view.team.clone().map(|team| (OF_TEAM.to_owned(), team)));
    facts
}

/// An event of a member of staff.
pub(crate) fn of_member(caller: &MemberCaller, action: AuditAction, outcome: Outcome, facts: Facts) -> AuditEvent {
    AuditEvent {
        at: caller.now,
        day: caller.rulebook.day_of(caller.now).to_string(),
        operation: caller.operation(action.as_str()),
        staff: caller.member.id.clone(),
        role: Some(caller.member.role),
        action,
        outcome,
        facts,
        asked: BTreeMap::new(),
        ends_at: caller.rulebook.audit_ends_at(caller.now),
    }
}

/// An event of whoever publishes or withdraws a rulebook.
pub(crate) fn of_publisher(caller: &Caller, action: AuditAction, outcome: Outcome, facts: Facts) -> AuditEvent {
    AuditEvent {
        at: caller.now,
        day: caller.rulebook.day_of(caller.now).to_string(),
        operation: caller.operation(action.as_str()),
        staff: caller.id().to_owned(),
        role: caller.member.as_ref().map(|member| member.role),
        action,
        outcome,
        facts,
        asked: BTreeMap::new(),
        ends_at: caller.rulebook.audit_ends_at(caller.now),
    }
}

/// STRICT: the one answer for a recording that does not exist and for one that may not be viewed, with
/// the one event that says so.
pub(crate) async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    action: Action,
    id: &RecordingId,
    problem: Problem,
) -> Problem {
    let event = of_member(caller, action.into(), Outcome::Refused, refusal_facts(id, &problem));
    match context.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

fn refusal_facts(id: &RecordingId, problem: &Problem) -> Facts {
    let mut facts = about(id);
    // Only whoever may view it is ever told why.
    if let Some(reason) = problem.reason() {
        facts.insert("reason".to_owned(), reason.to_owned());
    }
    facts
}
