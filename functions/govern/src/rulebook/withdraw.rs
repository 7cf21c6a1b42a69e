//! `DELETE /rulebook/pending`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::permission::RulebookAction;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::Caller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;
use store::WriteOutcome;

use super::stored::read_pointer;
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{NOTHING_PENDING, PUBLISHED_MEANWHILE};

/// What was withdrawn.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Withdrawn {
    /// Its version.
    #[schemars(example = 4)]
    withdrawn: u64,
}

pub(super) fn route() -> Route<Context> {
    let about = About { id: "withdraw", tag: "rulebook", summary: "Withdraws what waits to come into force." };
    Route::delete("/rulebook/pending", withdraw, about).answers::<Withdrawn>(200, "It is withdrawn.").problems(&[
        &NOT_ALLOWED,
        &NOTHING_PENDING,
        &PUBLISHED_MEANWHILE,
    ])
}

/// `DELETE /rulebook/pending`: withdraws what waits.
async fn withdraw(State(context): State<Arc<Context>>, caller: Caller) -> Result<Json<Withdrawn>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::Withdraw).await?;
    let (pointer, generation) = read_pointer(&context, caller.now).await?;
    let version = pointer.waiting(caller.now).map(|waiting| waiting.version);
    let (Some(version), Ok(without)) = (version, pointer.withdraw(caller.now)) else {
        return Err(Problem::of(&NOTHING_PENDING));
    };
    let facts = Facts::from([("version".to_owned(), version.to_string())]);
    context.shared.table.audit(&audit::of_publisher(&caller, AuditAction::Withdraw, Outcome::Permitted, facts)).await?;
    let written = context.shared.rulebooks.point(&without, generation).await;
    match written.map_err(|error| context.shared.unreadable_rulebook(&error))? {
        WriteOutcome::Done => Ok(Json(Withdrawn { withdrawn: version })),
        // TWICE IS ONCE: withdrawn it is, by this very request or by somebody else's.
        WriteOutcome::Conflict if read_pointer(&context, caller.now).await? == (without, generation + 1) => {
            Ok(Json(Withdrawn { withdrawn: version }))
        }
        WriteOutcome::Conflict => Err(Problem::of(&PUBLISHED_MEANWHILE)),
    }
}
