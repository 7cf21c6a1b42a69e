//! `POST /sweeps/approval`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::breaker;
use policy::permission::RulebookAction;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::Caller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Day;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{SweepDay, WriteOutcome};

use super::view::SweepDayItem;
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{NOT_THIS_DAY, OWN_RULEBOOK, not_this_day};
use crate::rulebook::{read_document_of, read_pointer};

/// 4 tries: each fails only if somebody else approved in between.
const TRIES: usize = 4;

/// 100 million calls: more than any company has.
const COUNT_LIMIT: u64 = 100_000_000;

/// That more calls of a day may end.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SweepApprovalRequest {
    /// Today, in the company's zone: an approval is for no other day.
    #[schemars(extend("format" = "date"), example = &"2026-11-13")]
    day: String,
    /// How many calls beyond `allowed` may end on this day, in all. Less than was approved before changes nothing.
    #[schemars(range(min = 1, max = COUNT_LIMIT), example = &6_100)]
    count: u64,
}

const FIELDS: &str = "day (`2026-11-13`), count (a whole number)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "approve_sweep",
        tag: "rulebook",
        summary: "Lets the sweep delete more calls today than the circuit breaker 1日の削除の上限 does; not by the admin \
                  who published the rulebook in force, where there is another.",
    };
    Route::post("/sweeps/approval", approve, about)
        .body::<SweepApprovalRequest>(BODY_LIMIT_BYTES)
        .answers::<SweepDayItem>(200, "The day with what is approved now; the next run goes on.")
        .problems(&[&NOT_ALLOWED, &OWN_RULEBOOK, &INVALID, &NOT_THIS_DAY, &BUSY])
}

/// `POST /sweeps/approval`.
async fn approve(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<SweepDayItem>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::ApproveSweep).await?;
    let SweepApprovalRequest { day, count } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let day: Date = day.parse().map_err(|_| Problem::invalid("day", Constraint::Day))?;
    if !(1..=COUNT_LIMIT).contains(&count) {
        return Err(Problem::invalid("count", Constraint::Count));
    }
    let today = caller.rulebook.day_of(caller.now);
    if day != today {
        return Err(not_this_day(&Day::new(today)));
    }
    let (pointer, _) = read_pointer(&context, caller.now).await?;
    let document = read_document_of(&context, pointer.in_force(caller.now)).await?;
    let published_by = document.as_ref().map(|document| document.published_by.as_str());
    let facts = Facts::from([("day".to_owned(), day.to_string()), ("count".to_owned(), count.to_string())]);
    if !breaker::may_approve(&caller.rulebook, published_by, &caller.login, today) {
        let event = audit::of_publisher(&caller, AuditAction::ApproveSweep, Outcome::Refused, facts);
        context.shared.table.audit(&event).await?;
        return Err(Problem::of(&OWN_RULEBOOK));
    }
    for _ in 0..TRIES {
        let stored = context.shared.table.begin_sweep_day(today).await?;
        let event = audit::of_publisher(&caller, AuditAction::ApproveSweep, Outcome::Permitted, facts.clone());
        if context.shared.table.approve_deletions(&stored, count, &event).await? == WriteOutcome::Done {
            let approved = stored.approved.max(count);
            return Ok(Json(SweepDayItem::new(&SweepDay { approved, ..stored })));
        }
    }
    Err(Problem::of(&BUSY))
}
