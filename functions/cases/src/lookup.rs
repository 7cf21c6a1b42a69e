//! What every route about one case begins with: the id, what it names, and who may see it.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use policy::id::{CaseId, RecordingId, ReleaseId, ShareId};
use policy::permission::{self, CaseAction, Decision, Refusal};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use serde::Deserialize;
use store::StoredCase;

use crate::context::Context;
use crate::problems::no_such_case;

/// The ids in a path. STRICT: a text that can't be an id stands for an id that nothing has, and goes the same way.
#[derive(Clone, Debug)]
pub(crate) struct CasePath {
    pub(crate) case: CaseId,
    /// Of a path without one, an id that nothing has; the same of the others.
    pub(crate) recording: RecordingId,
    pub(crate) share: ShareId,
    pub(crate) release: ReleaseId,
}

#[derive(Default, Deserialize)]
struct Ids {
    #[serde(default)]
    id: String,
    #[serde(default)]
    recording_id: String,
    #[serde(default)]
    share_id: String,
    #[serde(default)]
    release_id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for CasePath {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<Ids>::from_request_parts(parts, state).await;
        let Ids { id, recording_id, share_id, release_id } = path.map(|Path(ids)| ids).unwrap_or_default();
        let share = share_id.parse().unwrap_or_else(|_| ShareId::of_nothing(&share_id));
        let release = release_id.parse().unwrap_or_else(|_| ReleaseId::of_nothing(&release_id));
        Ok(Self { case: case_id(&id), recording: recording_id_of(&recording_id), share, release })
    }
}

fn case_id(text: &str) -> CaseId {
    text.parse().unwrap_or_else(|_| CaseId::of_nothing(text))
}

/// No object version has an empty id of its own, so this digest is nobody's.
pub(crate) fn recording_id_of(text: &str) -> RecordingId {
    text.parse().unwrap_or_else(|_| RecordingId::of("", text, ""))
}

/// A case, where the caller may do this with it; else the answer, with its event. STRICT: one answer and one event for a
/// case that does not exist and one that may not be seen.
pub(crate) async fn read_case(
    context: &Context,
    caller: &MemberCaller,
    action: CaseAction,
    id: &CaseId,
) -> Result<StoredCase, Problem> {
    let stored = context.shared.table.case(id).await?;
    let Some(stored) = stored else {
        return Err(refuse(context, caller, action, about(id), no_such_case()).await);
    };
    match permission::decide_on_case(&caller.member, action, &stored.case.view, caller.now) {
        Decision::Permit => Ok(stored),
        Decision::Refuse(Refusal::NotAllowed { reason }) => {
            Err(refuse(context, caller, action, about(id), Problem::not_allowed(reason)).await)
        }
        Decision::Refuse(Refusal::NotVisible | Refusal::Expired | Refusal::NotAPurpose) => {
            Err(refuse(context, caller, action, about(id), no_such_case()).await)
        }
    }
}

/// The fact that every audit event about a case has: its id, as it was asked for.
pub(crate) fn about(id: &CaseId) -> Facts {
    Facts::from([("case".to_owned(), id.as_str().to_owned())])
}

/// The same of a case and a recording.
pub(crate) fn about_both(path: &CasePath) -> Facts {
    let mut facts = about(&path.case);
    facts.insert("recording".to_owned(), path.recording.as_str().to_owned());
    facts
}

/// Writes the event of a refusal, and gives the answer. Only a caller who may see the case is given a reason.
pub(crate) async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    action: CaseAction,
    mut facts: Facts,
    problem: Problem,
) -> Problem {
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let event = audit::of_member(caller, action.into(), Outcome::Refused, facts);
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}
