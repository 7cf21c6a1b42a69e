//! `GET /recordings/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::call::Call;
use policy::id::RecordingId;
use policy::permission::{self, Action, Decision};
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};

use super::lookup::{Lookup, RecordingPath, about, about_owned, read, refresh, refuse};
use super::taken_away::read_taken_away;
use super::tombstone::Tombstone;
use super::view::RecordingDetail;
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING, deleted, no_such_recording};

pub(super) fn route() -> Route<Context> {
    let about = About { id: "recording", tag: "recordings", summary: "One recording, whole." };
    Route::get("/recordings/{id}", recording, about).answers::<RecordingDetail>(200, "The recording.").problems(&[
        &NO_SUCH_RECORDING,
        &DELETED,
        &NOT_ALLOWED,
    ])
}

/// One recording, whole.
async fn recording(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
) -> Result<Json<RecordingDetail>, Problem> {
    let (found, call) = read(&context, &id).await?;
    let mut facts = about(&id);
    let answer = match found.for_member(&caller, Action::View) {
        Ok(Lookup::Recording(recording)) => {
            facts = about_owned(&recording.view);
            let legs = legs(&context, &caller, &id, call.as_ref()).await?;
            let is_being_deleted = call.is_some_and(|call| call.claim.is_some());
            Ok(RecordingDetail::new(&recording, legs, is_being_deleted, &caller))
        }
        Ok(Lookup::Tombstone(tombstone)) => {
            let taken_away = read_taken_away(&context, &caller, &tombstone).await?;
            Err(deleted(&Tombstone::new(&tombstone, &caller.rulebook).with_taken_away(taken_away)))
        }
        Ok(Lookup::Nothing) => Err(no_such_recording()),
        Err(problem) => Err(problem),
    };
    match answer {
        Err(problem) if !problem.is(&DELETED) => Err(refuse(&context, &caller, Action::View, &id, problem).await),
        answer => {
            let event = audit::of_member(&caller, Action::View.into(), Outcome::Permitted, facts);
            context.shared.table.audit(&event).await?;
            answer.map(Json)
        }
    }
}

/// The ids of those of a call's recordings that the caller may view. Only a call with several legs costs one more call
/// of AWS, and only for a caller who may view this one.
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
    for mut view in context.shared.table.listed(&others).await? {
        refresh(&mut view, call);
        let decision = permission::decide(&caller.member, Action::View, &view, None, &caller.rulebook, caller.now);
        if permission::is_listed(&view) && decision == Decision::Permit {
            legs.push(view.id);
        }
    }
    legs.sort();
    Ok(legs)
}
