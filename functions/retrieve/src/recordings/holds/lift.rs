//! `DELETE /recordings/{id}/holds/{hold_id}`: lifts a legal hold. Where it was the last one, expiry bites at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::custody::Committed;
use policy::hold::HoldKind;
use policy::id::HoldId;
use policy::permission::Action;
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{HoldOutcome, Job};

use super::super::lookup::{RecordingPath, TwoNames, refuse};
use super::common::{REASON_LIMIT_CHARACTERS, event_of, follow_later, reach, read_reason, request};
use crate::context::Context;
use crate::problems::{DELETED, HELD_BY_A_CASE, NO_SUCH_HOLD, NO_SUCH_RECORDING, no_such_recording};

/// Why a hold is lifted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiftRequest {
    /// Why: erasable, beside the custody of each leg.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"和解が成立したため")]
    reason: String,
}

/// What was lifted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Lifted {
    /// The hold's id.
    lifted: HoldId,
}

const FIELDS: &str = "reason (text)";

pub(super) fn route() -> Route<Context> {
    let about = About { id: "lift_hold", tag: "recordings", summary: "An admin 管理者 lifts a hold 削除停止." };
    Route::delete("/recordings/{id}/holds/{hold_id}", lift, about)
        .body::<LiftRequest>(BODY_LIMIT_BYTES)
        .answers::<Lifted>(200, "It is lifted.")
        .problems(&[&NO_SUCH_RECORDING, &NO_SUCH_HOLD, &HELD_BY_A_CASE, &DELETED, &NOT_ALLOWED, &INVALID])
}

async fn lift(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    TwoNames(_, hold_id): TwoNames,
    body: Request,
) -> Result<Json<Lifted>, Problem> {
    let LiftRequest { reason } = body::read(body, BODY_LIMIT_BYTES, FIELDS).await?;
    let reason = Committed { salt: random_hex()?, text: read_reason(&reason)? };
    let (recording, call) = reach(&context, &caller, Action::LiftHold, &id).await?;
    let table = &context.shared.table;
    let holds = table.holds(&call.reference.id).await?;
    // What can't be an id is one that nothing has.
    let hold = hold_id.parse::<HoldId>().ok().and_then(|hold_id| holds.get(&hold_id));
    let Some(hold) = hold.filter(|hold| hold.stands_at(caller.now)) else {
        let problem = Problem::of(&NO_SUCH_HOLD).audited("no_such_hold");
        return Err(refuse(&context, &caller, Action::LiftHold, &id, problem).await);
    };
    if hold.kind == HoldKind::Case {
        let problem = Problem::of(&HELD_BY_A_CASE).audited("held_by_a_case");
        return Err(refuse(&context, &caller, Action::LiftHold, &id, problem).await);
    }
    let lifted = hold.id.clone();
    follow_later(&context, &call.reference.id).await?;
    let event = event_of(&caller, Action::LiftHold, &recording, &hold.id);
    let request = request(&caller, Action::LiftHold, reason, &event);
    let (outcome, others) = table.lift_hold(&call.reference, &hold.id, &request).await?;
    match outcome {
        HoldOutcome::Done => {}
        HoldOutcome::Refused(_) => {
            let problem = Problem::of(&NO_SUCH_HOLD).audited("no_such_hold");
            return Err(refuse(&context, &caller, Action::LiftHold, &id, problem).await);
        }
        HoldOutcome::Gone => return Err(refuse(&context, &caller, Action::LiftHold, &id, no_such_recording()).await),
        HoldOutcome::Busy => return Err(Problem::of(&BUSY)),
    }
    for call in others {
        context.jobs.send(&Job::FollowHolds { call }).await?;
    }
    table.secure_holds(&context.objects, &call.reference.id).await?;
    Ok(Json(Lifted { lifted }))
}
