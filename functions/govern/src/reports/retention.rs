//! `GET /reports/retention`: what is kept, when it ends, what is held, and what a pending rulebook would change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::report::retention::{self, Ending, LiveLine, Storage};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::route::{About, Route};
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::{ReportKind, RollUp};

use super::held::{Held, read_held};
use crate::context::Context;
use crate::guard::require_all_reports;
use crate::problems::NO_REPORTS;
use crate::rulebook::{read_document, read_pointer};

/// What is kept 保存状況.
#[derive(Debug, Serialize, JsonSchema)]
struct Retention {
    /// The day on which the calls were counted; `null`: not yet.
    counted_on: Option<Day>,
    /// When.
    counted_at: Option<Time>,
    /// Every call that is kept by its period. Those under a hold 削除停止 are not among them.
    #[schemars(example = 12_400)]
    calls: u64,
    /// By the first day on which they are gone, and class. A call that came late, or was understood late, is kept
    /// `settle_hours` longer.
    items: Vec<RetentionItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    /// What the rulebook that waits would change; `null`: none waits.
    pending: Option<PendingChange>,
    /// What lies in the bucket, every copy and sidecar included; `null`: not yet measured.
    storage: Option<Storage>,
    /// What is kept by holds 削除停止, as of now.
    held: Held,
}

/// Calls of one class that end together.
#[derive(Debug, Serialize, JsonSchema)]
struct RetentionItem {
    /// The first day on which they are gone.
    day: Day,
    #[schemars(example = &"standard")]
    class: String,
    #[schemars(example = 210)]
    calls: u64,
}

/// What a pending rulebook would change.
#[derive(Debug, Serialize, JsonSchema)]
struct PendingChange {
    #[schemars(example = 4)]
    version: u64,
    /// At the earliest, where it awaits a second admin.
    effective_at: Time,
    /// Whether another admin than its publisher must publish the same two files before it comes into force.
    awaits_second_admin: bool,
    /// How many calls end sooner under it.
    #[schemars(example = 8_200)]
    sooner: u64,
    /// How many end later.
    #[schemars(example = 0)]
    later: u64,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "retention",
        tag: "reports",
        summary: "What is kept 保存状況: what ends when, by class, what is held and why, how much is stored, what a pending rulebook changes.",
    };
    Route::get("/reports/retention", retention, about)
        .answers::<Retention>(200, "By day and class.")
        .problems(&[&NO_REPORTS])
}

/// `GET /reports/retention`.
async fn retention(State(context): State<Arc<Context>>, caller: MemberCaller) -> Result<Json<Retention>, Problem> {
    require_all_reports(&context, &caller, AuditAction::ReportRetention).await?;
    let counted = context.shared.table.live_calls().await?.map(|(day, _)| day);
    let roll_up: Option<RollUp<LiveLine>> = match counted {
        Some(day) => context.shared.table.roll_up(ReportKind::Live, day).await?,
        None => None,
    };
    let storage = context.shared.table.bucket_size().await?;
    let pending = pending(&context, &caller, roll_up.as_ref()).await?;
    let held = read_held(&context.shared.table, &caller).await?;
    let event = audit::of_member(&caller, AuditAction::ReportRetention, Outcome::Permitted, Facts::new());
    context.shared.table.audit(&event).await?;
    let lines = roll_up.as_ref().map_or(&[][..], |roll_up| &roll_up.lines);
    let endings = retention::endings(lines, &caller.rulebook);
    Ok(Json(Retention {
        counted_on: counted.map(Day::new),
        counted_at: roll_up.as_ref().map(|roll_up| Time::new(roll_up.computed_at, &caller.rulebook)),
        calls: endings.values().sum(),
        items: items(endings),
        next_cursor: None,
        pending,
        storage: storage.map(|(objects, bytes)| Storage::new(objects, bytes)),
        held,
    }))
}

fn items(endings: BTreeMap<(Date, String), u64>) -> Vec<RetentionItem> {
    let item = |((day, class), calls)| RetentionItem { day: Day::new(day), class, calls };
    endings.into_iter().map(item).collect()
}

async fn pending(
    context: &Context,
    caller: &MemberCaller,
    roll_up: Option<&RollUp<LiveLine>>,
) -> Result<Option<PendingChange>, Problem> {
    let (pointer, _) = read_pointer(context, caller.now).await?;
    let Some(entry) = pointer.waiting(caller.now) else { return Ok(None) };
    let document = read_document(context, entry).await?;
    let Ok(after) = document.rulebook() else {
        tracing::error!(version = entry.version, "the pending rulebook can't be read");
        return Ok(None);
    };
    let lines = roll_up.map_or(&[][..], |roll_up| &roll_up.lines);
    let Ending { sooner, later } = retention::compare(lines, &caller.rulebook, &after);
    let effective_at = Time::new(entry.effective_at, &caller.rulebook);
    let awaits_second_admin = entry.awaits_other_than.is_some();
    Ok(Some(PendingChange { version: entry.version, effective_at, awaits_second_admin, sooner, later }))
}
