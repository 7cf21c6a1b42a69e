//! `GET /sweeps`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::permission::RulebookAction;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::Caller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::SweepDayItem;
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::reports::days::{PARAMETERS, Query, between, read_days};

/// The days of the sweep.
#[derive(Debug, Serialize, JsonSchema)]
struct SweepDays {
    /// Newest first; a day on which nothing was due is not among them.
    items: Vec<SweepDayItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "sweeps",
        tag: "rulebook",
        summary: "How many calls each day may lose 1日の削除の上限, has lost, and how many wait for an approval.",
    };
    Route::get("/sweeps", list, about)
        .query(PARAMETERS)
        .answers::<SweepDays>(200, "Day by day.")
        .problems(&[&NOT_ALLOWED])
}

/// `GET /sweeps`.
async fn list(State(context): State<Arc<Context>>, caller: Caller, query: Query) -> Result<Json<SweepDays>, Problem> {
    let days = read_days(&query, caller.rulebook.day_of(caller.now))?;
    require_rulebook(&context, &caller, RulebookAction::Read, AuditAction::ReadSweeps).await?;
    let (first, last) = (days[0], days[days.len() - 1]);
    let limit = u16::try_from(days.len()).unwrap_or(u16::MAX);
    let found = context.shared.table.sweep_days(first, last, limit).await?;
    let event = audit::of_publisher(&caller, AuditAction::ReadSweeps, Outcome::Permitted, between(&days));
    context.shared.table.audit(&event).await?;
    Ok(Json(SweepDays { items: found.iter().map(SweepDayItem::new).collect(), next_cursor: None }))
}
