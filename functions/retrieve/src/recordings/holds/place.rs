//! `POST /recordings/{id}/holds`: a legal hold on the whole call.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use policy::custody::Committed;
use policy::hold::{Hold, HoldKind, HoldRefusal, NewHold};
use policy::permission::Action;
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::HoldOutcome;

use super::super::lookup::{RecordingPath, refuse};
use super::common::{REASON_LIMIT_CHARACTERS, event_of, follow_later, reach, read_reason, request};
use super::item::HoldItem;
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING, TOO_MANY_HOLDS, no_such_recording};

/// A hold to place.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldRequest {
    /// Why: erasable, beside the custody of each leg.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"係争のおそれがあるため")]
    reason: String,
    /// When it ends by itself, a time to come; without it, when an admin lifts it.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"), example = &"2027-11-03T00:00:00+09:00")]
    until: Option<String>,
}

const FIELDS: &str = "reason (text), until (a time, may be left out)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "hold",
        tag: "recordings",
        summary: "Stops the deletion of the whole call 削除停止; an admin lifts it.",
    };
    Route::post("/recordings/{id}/holds", place, about)
        .body::<HoldRequest>(BODY_LIMIT_BYTES)
        .answers::<HoldItem>(201, "It stands, in the table and in S3.")
        .problems(&[&NO_SUCH_RECORDING, &DELETED, &NOT_ALLOWED, &INVALID, &TOO_MANY_HOLDS])
}

/// TRACE FIRST: the events of custody and audit are written with the hold.
async fn place(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    body: Request,
) -> Result<(StatusCode, Json<HoldItem>), Problem> {
    let HoldRequest { reason, until } = body::read(body, BODY_LIMIT_BYTES, FIELDS).await?;
    let reason = Committed { salt: random_hex()?, text: read_reason(&reason)? };
    let until = until.map(|until| until.parse::<Timestamp>()).transpose();
    let until = until.map_err(|_| Problem::invalid("until", Constraint::TimeToCome))?;
    let (recording, call) = reach(&context, &caller, Action::Hold, &id).await?;
    let operation = caller.operation(Action::Hold.as_str());
    let new = NewHold {
        kind: HoldKind::Legal,
        reason: reason.clone(),
        owner: &caller.member.id,
        placed_by: &caller.member.id,
        placed_at: caller.now,
        until,
        operation: &operation,
    };
    let hold = Hold::new(&call.reference.id, new).map_err(|_| Problem::invalid("until", Constraint::TimeToCome))?;
    follow_later(&context, &call.reference.id).await?;
    let event = event_of(&caller, Action::Hold, &recording, &hold.id);
    let request = request(&caller, Action::Hold, reason, &event);
    let table = &context.shared.table;
    match table.place_hold(&call.reference, hold.clone(), &request).await? {
        HoldOutcome::Done => {}
        HoldOutcome::Refused(HoldRefusal::TooMany | HoldRefusal::NoSuchHold) => {
            let problem = Problem::of(&TOO_MANY_HOLDS).audited("too_many_holds");
            return Err(refuse(&context, &caller, Action::Hold, &id, problem).await);
        }
        HoldOutcome::Gone => return Err(refuse(&context, &caller, Action::Hold, &id, no_such_recording()).await),
        HoldOutcome::Busy => return Err(Problem::of(&BUSY)),
    }
    // The second wall stands before the answer.
    table.secure_holds(&context.objects, &call.reference.id).await?;
    Ok((StatusCode::CREATED, Json(HoldItem::new(&hold, &caller))))
}
