//! What every route about one recording begins with: the id, what it names, and who may see it.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use policy::call::Call;
use policy::id::{CallId, RecordingId};
use policy::permission::{self, Action, Decision, Refusal};
use policy::recording::{self, CallReference, Listed, Recording};
use policy::report::age_at_use::{NEED, Need};
use policy::rulebook::Rulebook;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use store::{Stored, StoredRecording};

use super::tombstone::Tombstone;
use crate::context::Context;
use crate::problems::{deleted, no_such_recording};

/// The id in the path. STRICT: a text that can't be an id stands for an id that nothing has, and goes the same way.
#[derive(Clone, Debug)]
pub(crate) struct RecordingPath(pub(crate) RecordingId);

impl<S: Send + Sync> FromRequestParts<S> for RecordingPath {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, state).await;
        Ok(Self::of(path.ok().and_then(|Path(mut names)| names.remove("id")).unwrap_or_default().as_str()))
    }
}

impl RecordingPath {
    fn of(text: &str) -> Self {
        // No object version has an empty id of its own, so this digest is nobody's.
        Self(text.parse().unwrap_or_else(|_| RecordingId::of("", text, "")))
    }
}

/// Two names in the path. What can't be read is a name that nothing has, and goes the same way.
#[derive(Clone, Debug)]
pub(crate) struct TwoNames(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for TwoNames {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let (first, second) = path.map(|Path(names)| names).unwrap_or_default();
        Ok(Self(first, second))
    }
}

/// What an id names, for the API: sidecars, call logs and duplicates are hidden behind others.
#[derive(Clone, Debug)]
pub(crate) enum Lookup {
    Recording(Box<Recording>),
    Tombstone(Box<recording::Tombstone>),
    Nothing,
}

impl Lookup {
    /// Sorts what was read.
    pub(crate) fn of(stored: Option<StoredRecording>) -> Self {
        match stored.map(|stored| stored.stored) {
            Some(Stored::Recording(recording)) if permission::is_listed(&recording.view) => Self::Recording(recording),
            Some(Stored::Tombstone(tombstone)) => Self::Tombstone(tombstone),
            Some(Stored::Recording(_)) | None => Self::Nothing,
        }
    }

    /// The recording or the tombstone, where the caller may do this with it; else what to answer.
    /// `Play` and `Download` have more to be decided, see [`super::play`].
    pub(crate) fn for_member(self, caller: &MemberCaller, action: Action) -> Result<Self, Problem> {
        let (member, rulebook) = (&caller.member, &caller.rulebook);
        let decision = match &self {
            Self::Recording(recording) => {
                permission::decide(member, action, &recording.view, None, rulebook, caller.now)
            }
            Self::Tombstone(tombstone) => permission::decide(member, action, &**tombstone, None, rulebook, caller.now),
            Self::Nothing => Decision::Refuse(Refusal::NotVisible),
        };
        match decision {
            Decision::Permit => Ok(self),
            Decision::Refuse(Refusal::NotAllowed { reason }) => Err(Problem::not_allowed(reason)),
            Decision::Refuse(Refusal::NotVisible | Refusal::Expired | Refusal::NotAPurpose) => Err(no_such_recording()),
        }
    }
}

impl Lookup {
    /// What to answer about a tombstone to one who asked for more than to see it.
    pub(crate) fn deleted(self, caller: &MemberCaller) -> Problem {
        match self.for_member(caller, Action::View) {
            Ok(Self::Tombstone(tombstone)) => deleted(&Tombstone::new(&tombstone, &caller.rulebook)),
            Ok(_) => no_such_recording(),
            Err(problem) => problem,
        }
    }
}

/// The recording, where the caller may do this with it. What is gone says so to those who may know.
pub(crate) fn recording_of(found: Lookup, caller: &MemberCaller, action: Action) -> Result<Box<Recording>, Problem> {
    if matches!(found, Lookup::Tombstone(_)) {
        return Err(found.deleted(caller));
    }
    match found.for_member(caller, action)? {
        Lookup::Recording(recording) => Ok(recording),
        Lookup::Tombstone(_) | Lookup::Nothing => Err(no_such_recording()),
    }
}

/// Puts the call's own periods and holds in place of the copies in a recording: what is read now beats
/// what was copied once.
pub(crate) fn refresh(view: &mut Listed, call: &Call) {
    view.periods.clone_from(&call.periods);
    view.holds.clone_from(&call.holds);
    view.understood_at = call.understood_at;
}

/// What stands under an id, and its call, whose periods and holds count. STRICT: two calls of AWS, whether it exists
/// or not: where there is no call, one is asked for that nothing has.
pub(crate) async fn read(context: &Context, id: &RecordingId) -> Result<(Lookup, Option<Call>), Problem> {
    let mut found = Lookup::of(context.shared.table.recording(id).await?);
    let reference = match &found {
        Lookup::Recording(recording) => recording.view.call.clone(),
        Lookup::Tombstone(_) | Lookup::Nothing => CallReference { id: CallId::alone(id), incarnation: 0 },
    };
    let call = context.shared.table.call(&reference).await?;
    if let (Lookup::Recording(recording), Some(call)) = (&mut found, &call) {
        refresh(&mut recording.view, call);
    }
    Ok((found, call))
}

/// The fact that every audit event about a recording has: its id, as it was asked for.
pub(crate) fn about(id: &RecordingId) -> Facts {
    Facts::from([("recording".to_owned(), id.as_str().to_owned())])
}

/// The facts of an event about a recording that was reached: its id, and whose it was then, for it will be deleted.
pub(crate) fn about_owned(view: &Listed) -> Facts {
    let mut facts = about(&view.id);
    facts.extend(view.staff.clone().map(|staff| (audit::OF_STAFF.to_owned(), staff)));
    facts.extend(view.team.clone().map(|team| (audit::OF_TEAM.to_owned(), team)));
    facts
}

/// The same of an event by which it was needed: of which day, class and purpose it was, so that periods can be measured.
pub(crate) fn about_needed(recording: &Recording, rulebook: &Rulebook) -> Facts {
    let view = &recording.view;
    let mut facts = about_owned(view);
    let need = Need::of(view.started_at, &view.class, &view.purpose, rulebook);
    facts.insert(NEED.to_owned(), need.to_string());
    facts
}

/// STRICT: the one answer for a recording that does not exist and for one that may not be viewed, with the one event
/// that says so. Only a caller who may view it is given a reason.
pub(crate) async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    action: Action,
    id: &RecordingId,
    problem: Problem,
) -> Problem {
    let mut facts = about(id);
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let event = audit::of_member(caller, action.into(), Outcome::Refused, facts);
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_an_id_stands_for_one_that_nothing_has() {
        let id = RecordingId::of("bucket", "key", "version");
        assert_eq!(RecordingPath::of(id.as_str()).0, id);
        let upper = id.as_str().to_uppercase();
        for text in ["", "09012345678", &upper, "../rulebook", &id.as_str()[1..]] {
            let asked_for = RecordingPath::of(text).0;
            assert_ne!(asked_for, id, "{text}");
            assert_eq!(asked_for, RecordingPath::of(text).0, "{text}");
        }
    }
}
