//! The recordings of cases: read with their call, and decided on.

use policy::custody::Head;
use policy::id::{CallId, RecordingId};
use policy::permission::{self, Action, CaseAction, Decision, Refusal};
use policy::recording::{CallReference, Recording};
use policy::report::age_at_use::Need;
use policy::rulebook::Rulebook;
use rokuban_http::audit::{Facts, OF_STAFF, OF_TEAM};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{NO_SUCH_RECORDING, Problem};
use store::Stored;

use crate::context::Context;
use crate::lookup::{CasePath, about_both, refuse};

/// A recording whose call stands and is not being deleted, and the end of its custody.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) recording: Box<Recording>,
    pub(crate) head: Head,
    pub(crate) last_operation: String,
}

impl Reached {
    /// What the audit log says of it: which, and whose it was.
    pub(crate) fn facts(&self) -> Facts {
        let view = &self.recording.view;
        let mut facts = Facts::from([("recording".to_owned(), view.id.as_str().to_owned())]);
        facts.extend(view.staff.iter().map(|staff| (OF_STAFF.to_owned(), staff.clone())));
        facts.extend(view.team.iter().map(|team| (OF_TEAM.to_owned(), team.clone())));
        facts
    }
}

/// What was needed, so that periods can be measured.
pub(crate) fn need_of(recording: &Recording, rulebook: &Rulebook) -> Need {
    let view = &recording.view;
    Need::of(view.started_at, &view.class, &view.purpose, rulebook)
}

/// A recording with what its call says of it. STRICT: the same calls for one that does not exist.
pub(crate) async fn reach(context: &Context, id: &RecordingId) -> Result<Option<Reached>, Problem> {
    let stored = context.shared.table.recording(id).await?;
    let end = stored.as_ref().map(|stored| (stored.head.clone(), stored.last_operation.clone()));
    let recording = match stored.map(|stored| stored.stored) {
        Some(Stored::Recording(recording)) if permission::is_listed(&recording.view) => Some(recording),
        Some(Stored::Recording(_) | Stored::Tombstone(_)) | None => None,
    };
    let nothing = CallReference { id: CallId::alone(id), incarnation: 0 };
    let reference = recording.as_ref().map_or(nothing, |recording| recording.view.call.clone());
    let call = context.shared.table.call(&reference).await?.filter(|call| call.claim.is_none());
    let (Some(mut recording), Some((head, last_operation)), Some(call)) = (recording, end, call) else {
        return Ok(None);
    };
    // The copies that lie in the recording may be behind its call.
    recording.view.periods.clone_from(&call.periods);
    recording.view.holds.clone_from(&call.holds);
    recording.view.understood_at = call.understood_at;
    Ok(Some(Reached { recording, head, last_operation }))
}

/// A recording, where the caller may do this with it; else the answer, with its event. STRICT: the same calls, answer and
/// event for one that does not exist and one that may not be viewed.
pub(crate) async fn read_recording(
    context: &Context,
    caller: &MemberCaller,
    action: Action,
    path: &CasePath,
    of_case: CaseAction,
) -> Result<Reached, Problem> {
    let reached = reach(context, &path.recording).await?;
    let decision = reached.as_ref().map(|reached| {
        let view = &reached.recording.view;
        permission::decide(&caller.member, action, view, None, &caller.rulebook, caller.now)
    });
    let problem = match (reached, decision) {
        (Some(reached), Some(Decision::Permit)) => return Ok(reached),
        (_, Some(Decision::Refuse(Refusal::NotAllowed { reason }))) => Problem::not_allowed(reason),
        _ => Problem::of(&NO_SUCH_RECORDING),
    };
    Err(refuse(context, caller, of_case, about_both(path), problem).await)
}
