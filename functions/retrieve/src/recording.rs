//! `GET /recordings/{id}`, and what every route about one recording begins with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use policy::call::Call;
use policy::id::{CallId, RecordingId};
use policy::permission::{self, Action, Decision, Refusal};
use policy::recording::{CallReference, Listed, Recording, Tombstone};
use store::{Stored, StoredRecording};

use crate::audit::{self, Outcome};
use crate::caller::MemberCaller;
use crate::problem::{Must, Problem};
use crate::{Context, present};

/// The id in the path. STRICT: what can't be an id stands for one that nothing has, and goes the same way.
#[derive(Clone, Debug)]
pub(crate) struct AskedFor(pub(crate) RecordingId);

impl<S: Send + Sync> FromRequestParts<S> for AskedFor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self::of(&path.map(|Path(text)| text).unwrap_or_default()))
    }
}

impl AskedFor {
    fn of(text: &str) -> Self {
        // No object version has an empty id of its own, so this digest is nobody's.
        Self(text.parse().unwrap_or_else(|_| RecordingId::of("", text, "")))
    }
}

/// What stands under an id, for the API: sidecars, call logs and duplicates are hidden behind others.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Recording(Box<Recording>),
    Tombstone(Box<Tombstone>),
    Nothing,
}

impl Found {
    /// Sorts what was read.
    pub(crate) fn of(stored: Option<StoredRecording>) -> Self {
        match stored.map(|stored| stored.stored) {
            Some(Stored::Recording(recording)) if permission::is_listed(&recording.view) => Self::Recording(recording),
            Some(Stored::Tombstone(tombstone)) => Self::Tombstone(tombstone),
            Some(Stored::Recording(_)) | None => Self::Nothing,
        }
    }

    /// The recording or the tombstone, where the caller may do this with it; else what to answer.
    /// `Play` and `Download` have more to be decided, see [`crate::listen`].
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
            Decision::Refuse(Refusal::NotAllowed { reason }) => Err(Problem::NotAllowed(reason)),
            Decision::Refuse(Refusal::NotVisible | Refusal::Expired | Refusal::NotAPurpose) => {
                Err(Problem::NoSuchRecording)
            }
        }
    }
}

impl Found {
    /// What to answer about a tombstone to one who asked for more than to see it.
    pub(crate) fn deleted(self, caller: &MemberCaller) -> Problem {
        match self.for_member(caller, Action::View) {
            Ok(Self::Tombstone(tombstone)) => {
                Problem::Deleted(Box::new(present::tombstone(&tombstone, &caller.rulebook)))
            }
            Ok(_) => Problem::NoSuchRecording,
            Err(problem) => problem,
        }
    }
}

/// The parameter of a list of events: the number of one of them.
pub(crate) const KNOWN: [&str; 1] = ["cursor"];

/// The number of the event where another page ended; `None` for the first page.
pub(crate) fn event_cursor(given: &[(String, String)]) -> Result<Option<u32>, Problem> {
    let number = match given {
        [] => return Ok(None),
        [(name, text)] if name == "cursor" => text.parse().ok().filter(|number: &u32| number.to_string() == *text),
        [(name, _), (again, _), ..] if name == "cursor" && again == "cursor" => {
            return Err(Problem::Invalid { parameter: "cursor", must: Must::Once });
        }
        _ => return Err(Problem::UnknownParameter { known: &KNOWN }),
    };
    number.map(Some).ok_or(Problem::Invalid { parameter: "cursor", must: Must::Cursor })
}

/// Puts the call's own periods and holds in place of the copies in a recording: what is read now beats
/// what was copied once.
pub(crate) fn refresh(view: &mut Listed, call: &Call) {
    view.periods.clone_from(&call.periods);
    view.holds = call.holds;
}

/// What stands under an id, and its call, whose periods and holds count. STRICT: two calls of AWS, whether it exists
/// or not: where there is no call, one is asked for that nothing has.
pub(crate) async fn read(context: &Context, id: &RecordingId) -> Result<(Found, Option<Call>), Problem> {
    let mut found = Found::of(context.table.recording(id).await?);
    let reference = match &found {
        Found::Recording(recording) => recording.view.call.clone(),
        Found::Tombstone(_) | Found::Nothing => CallReference { id: CallId::alone(id), incarnation: 0 },
    };
    let call = context.table.call(&reference).await?;
    if let (Found::Recording(recording), Some(call)) = (&mut found, &call) {
        refresh(&mut recording.view, call);
    }
    Ok((found, call))
}

/// One recording, whole.
pub(crate) async fn recording(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    AskedFor(id): AskedFor,
) -> Result<Json<present::Whole>, Problem> {
    let (found, call) = read(&context, &id).await?;
    let mut facts = audit::about(&id);
    let answer = match found.for_member(&caller, Action::View) {
        Ok(Found::Recording(recording)) => {
            facts = audit::about_owned(&recording.view);
            let legs = legs(&context, &caller, &id, call.as_ref()).await?;
            let is_being_deleted = call.is_some_and(|call| call.claim.is_some());
            Ok(present::whole(&recording, legs, is_being_deleted, &caller))
        }
        Ok(Found::Tombstone(tombstone)) => {
            let facts = present::tombstone(&tombstone, &caller.rulebook);
            Err(Problem::Deleted(Box::new(facts)))
        }
        Ok(Found::Nothing) => Err(Problem::NoSuchRecording),
        Err(problem) => Err(problem),
    };
    match answer {
        Err(problem) if !matches!(problem, Problem::Deleted(_)) => {
            Err(audit::refuse(&context, &caller, Action::View, &id, problem).await)
        }
        answer => {
            let event = audit::of_member(&caller, Action::View.into(), Outcome::Permitted, facts);
            context.table.audit(&event).await?;
            answer.map(Json)
        }
    }
}

/// The ids of those of a call's recordings that the caller may view. Only a call with more than one leg
/// costs a call of AWS more, and only for whoever may view this one.
async fn legs(
    context: &Context,
    caller: &MemberCaller,
    id: &RecordingId,
    call: Option<&Call>,
) -> Result<Vec<RecordingId>, Problem> {
    let mut legs = vec![id.clone()];
    let Some(call) = call else {
        return Ok(legs);
    };
    let others: Vec<RecordingId> = call.legs.iter().filter(|leg| *leg != id).cloned().collect();
    if others.is_empty() {
        return Ok(legs);
    }
    for mut view in context.table.listed(&others).await? {
        refresh(&mut view, call);
        let decision = permission::decide(&caller.member, Action::View, &view, None, &caller.rulebook, caller.now);
        if permission::is_listed(&view) && decision == Decision::Permit {
            legs.push(view.id);
        }
    }
    legs.sort();
    Ok(legs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_an_id_stands_for_one_that_nothing_has() {
        let id = RecordingId::of("bucket", "key", "version");
        assert_eq!(AskedFor::of(id.as_str()).0, id);
        let upper = id.as_str().to_uppercase();
        for text in ["", "09012345678", &upper, "../rulebook", &id.as_str()[1..]] {
            let asked_for = AskedFor::of(text).0;
            assert_ne!(asked_for, id, "{text}");
            assert_eq!(asked_for, AskedFor::of(text).0, "{text}");
        }
    }

    fn page(given: &[(&str, &str)]) -> Result<Option<u32>, Problem> {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        event_cursor(&given)
    }

    #[test]
    fn a_page_begins_where_the_event_its_cursor_names_is() {
        assert_eq!(page(&[]), Ok(None));
        assert_eq!(page(&[("cursor", "17")]), Ok(Some(17)));
        for cursor in ["", "017", "+17", "-1", "4294967296", "x"] {
            let wrong = Problem::Invalid { parameter: "cursor", must: Must::Cursor };
            assert_eq!(page(&[("cursor", cursor)]), Err(wrong), "{cursor}");
        }
        let twice = Problem::Invalid { parameter: "cursor", must: Must::Once };
        assert_eq!(page(&[("cursor", "17"), ("cursor", "17")]), Err(twice));
        assert_eq!(page(&[("limit", "1")]), Err(Problem::UnknownParameter { known: &KNOWN }));
    }
}
