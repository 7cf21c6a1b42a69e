//! What placing and lifting share.

use policy::call::Call;
use policy::custody::Committed;
use policy::holding::HoldAct;
use policy::id::{CallId, HoldId, RecordingId};
use policy::permission::Action;
use policy::recording::Recording;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{Constraint, Problem};
use store::{AuditEvent, HoldRequest, Job};

use super::super::lookup::{Lookup, about_owned, read, refuse};
use crate::context::Context;
use crate::problems::no_such_recording;

/// 500 characters: a reason, not a report.
pub(super) const REASON_LIMIT_CHARACTERS: usize = 500;

/// 60 seconds: a request has ended by then, done or not.
const FOLLOWS_AFTER_SECONDS: u16 = 60;

/// The recording and its call, where the caller may do this with it; else the answer, with its event. What is claimed is
/// being deleted: no hold comes to it any more.
pub(super) async fn reach(
    context: &Context,
    caller: &MemberCaller,
    action: Action,
    id: &RecordingId,
) -> Result<(Box<Recording>, Call), Problem> {
    let (mut found, call) = read(context, id).await?;
    if call.as_ref().is_none_or(|call| call.claim.is_some()) && matches!(found, Lookup::Recording(_)) {
        found = Lookup::Nothing;
    }
    let problem = match (found, call) {
        (Lookup::Tombstone(tombstone), _) => Lookup::Tombstone(tombstone).deleted(caller),
        (found, Some(call)) => match found.for_member(caller, action) {
            Ok(Lookup::Recording(recording)) => return Ok((recording, call)),
            Ok(Lookup::Tombstone(_) | Lookup::Nothing) => no_such_recording(),
            Err(problem) => problem,
        },
        (_, None) => no_such_recording(),
    };
    Err(refuse(context, caller, action, id, problem).await)
}

/// A reason, trimmed.
pub(super) fn read_reason(reason: &str) -> Result<String, Problem> {
    let characters = reason.chars().count();
    let reason = reason.trim();
    let is_text = |character: char| character == '\n' || !character.is_control();
    if reason.is_empty() || characters > REASON_LIMIT_CHARACTERS || !reason.chars().all(is_text) {
        return Err(Problem::invalid("reason", Constraint::Reason));
    }
    Ok(reason.to_owned())
}

/// The event of a change of holds.
pub(super) fn event_of(caller: &MemberCaller, action: Action, recording: &Recording, hold: &HoldId) -> AuditEvent {
    let mut facts = about_owned(&recording.view);
    facts.insert("hold".to_owned(), hold.as_str().to_owned());
    audit::of_member(caller, action.into(), Outcome::Permitted, facts)
}

/// What the table is asked, by whom and why.
pub(super) fn request<'a>(
    caller: &'a MemberCaller,
    action: Action,
    reason: Committed,
    audit: &'a AuditEvent,
) -> HoldRequest<'a> {
    let act = HoldAct {
        at: caller.now,
        actor: caller.member.id.clone(),
        operation: caller.operation(action.as_str()),
        reason: Some(reason),
    };
    HoldRequest { act, audit: Some(audit), rulebook: &caller.rulebook }
}

/// Has `jobs` finish what this request may leave undone: sent before anything is written, read when it has ended.
pub(super) async fn follow_later(context: &Context, call: &CallId) -> Result<(), Problem> {
    let job = Job::FollowHolds { call: call.clone() };
    Ok(context.jobs.send_later(&job, FOLLOWS_AFTER_SECONDS).await?)
}
