//! `GET /recordings/{id}/holds`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::permission::Action;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::lookup::{RecordingPath, about};
use super::common::reach;
use super::item::HoldItem;
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING};

/// The holds that stand on a recording's call.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HoldList {
    /// The newest first.
    items: Vec<HoldItem>,
}

pub(super) fn route() -> Route<Context> {
    let about = About { id: "holds", tag: "recordings", summary: "What stops the deletion of its call 削除停止." };
    Route::get("/recordings/{id}/holds", holds, about).answers::<HoldList>(200, "The holds that stand.").problems(&[
        &NO_SUCH_RECORDING,
        &DELETED,
        &NOT_ALLOWED,
    ])
}

/// Reads the holds of a recording's call.
async fn holds(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
) -> Result<Json<HoldList>, Problem> {
    let (_, call) = reach(&context, &caller, Action::ReadHolds, &id).await?;
    let mut holds = context.shared.table.holds(&call.reference.id).await?.holds;
    holds.retain(|hold| hold.stands_at(caller.now));
    holds.sort_by(|one, other| (other.placed_at, &other.id).cmp(&(one.placed_at, &one.id)));
    let event = audit::of_member(&caller, Action::ReadHolds.into(), Outcome::Permitted, about(&id));
    context.shared.table.audit(&event).await?;
    Ok(Json(HoldList { items: holds.iter().map(|hold| HoldItem::new(hold, &caller)).collect() }))
}
