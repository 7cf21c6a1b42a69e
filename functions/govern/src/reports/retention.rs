//! `GET /reports/retention`: what is kept, when it ends, what is held, and what a pending rulebook would change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::report::retention::{self, Ending, Estimate, LiveLine, Storage};
use rokuban_http::audit::{self, AuditTexts, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{CONDITIONS, Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::Problem;
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::{ReportKind, RollUp};

use super::held::{Held, read_held};
use super::retention_file::{RETENTION, Row, WhyKind};
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
    /// The same by class, with what it takes up.
    by_class: Vec<ClassTotal>,
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
    /// What they take up, about, by the average call; `null`: not yet measured.
    #[schemars(example = 164_000_000_u64)]
    bytes: Option<u64>,
}

/// Calls of one class.
#[derive(Debug, Serialize, JsonSchema)]
struct ClassTotal {
    #[schemars(example = &"standard")]
    class: String,
    #[schemars(example = 9_100)]
    calls: u64,
    /// What they take up, about, by the average call; `null`: not yet measured.
    storage: Option<Estimate>,
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
    /// What those that end sooner take up, about; `null`: not yet measured.
    sooner_storage: Option<Estimate>,
    /// What those that end later take up, about; `null`: not yet measured.
    later_storage: Option<Estimate>,
}

const PARAMETERS: &[Parameter] = &[CONDITIONS];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "retention",
        tag: "reports",
        summary: "What is kept 保存状況: what ends when, by class, what is held and why, how much is stored, what a pending rulebook changes.",
    };
    Route::get("/reports/retention", retention, about)
        .query(PARAMETERS)
        .answers::<Retention>(200, "By day and class.")
        .or_file(LinkRoute { path: "/reports/retention/export-link", id: "retention_export_link" })
        .problems(&[&NO_REPORTS])
}

/// How many calls of each class end on each day, and what all calls take up.
struct Kept {
    endings: BTreeMap<(Date, String), u64>,
    storage: Option<Storage>,
    /// Those that their periods keep, and those that holds keep.
    all_calls: u64,
}

impl Kept {
    fn share(&self, calls: u64) -> Option<Estimate> {
        self.storage?.share(calls, self.all_calls)
    }

    fn calls(&self) -> u64 {
        self.endings.values().sum()
    }

    fn items(&self) -> Vec<RetentionItem> {
        let item = |((day, class), calls): (&(Date, String), &u64)| RetentionItem {
            day: Day::new(*day),
            class: class.clone(),
            calls: *calls,
            bytes: self.share(*calls).map(|share| share.bytes),
        };
        self.endings.iter().map(item).collect()
    }

    /// As a file: what ends when, what is held and why, and what a pending rulebook changes.
    fn rows(&self, held: &Held, pending: Option<&PendingChange>) -> Vec<Row> {
        let row = |why: WhyKind, calls: u64| Row { why, ending: None, calls, storage: self.share(calls) };
        let endings = self.endings.iter();
        let of_periods =
            endings.map(|(ending, calls)| Row { ending: Some(ending.clone()), ..row(WhyKind::Period, *calls) });
        let of_holds = held.by_kind().map(|(kind, calls)| row(WhyKind::Held(kind), calls));
        let of_pending = pending
            .into_iter()
            .flat_map(|change| [row(WhyKind::PendingSooner, change.sooner), row(WhyKind::PendingLater, change.later)]);
        of_periods.chain(of_holds.chain(of_pending).filter(|row| row.calls > 0)).collect()
    }

    fn by_class(&self) -> Vec<ClassTotal> {
        let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
        for ((_, class), calls) in &self.endings {
            *classes.entry(class).or_default() += calls;
        }
        let total =
            |(class, calls): (&str, u64)| ClassTotal { class: class.to_owned(), calls, storage: self.share(calls) };
        classes.into_iter().map(total).collect()
    }
}

/// `GET /reports/retention`.
async fn retention(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: QueryParameters,
) -> Result<Response, Problem> {
    Parameters::new(&given, PARAMETERS)?.yes_or_no(CONDITIONS.name)?;
    require_all_reports(&context, &caller, AuditAction::ReportRetention).await?;
    let counted = context.shared.table.live_calls().await?.map(|(day, _)| day);
    let roll_up: Option<RollUp<LiveLine>> = match counted {
        Some(day) => context.shared.table.roll_up(ReportKind::Live, day).await?,
        None => None,
    };
    let storage = context.shared.table.bucket_size().await?;
    let storage = storage.map(|(objects, bytes)| Storage::new(objects, bytes));
    let mut held = read_held(&context.shared.table, &caller).await?;
    let lines = roll_up.as_ref().map_or(&[][..], |roll_up| &roll_up.lines);
    let endings = retention::endings(lines, &caller.rulebook);
    let all_calls = endings.values().sum::<u64>() + held.calls();
    let kept = Kept { endings, storage, all_calls };
    held.estimate(|calls| kept.share(calls));
    let pending = pending(&context, &caller, lines, &kept).await?;
    if let Format::Csv(file) = format {
        let (rows, given) = (&kept.rows(&held, pending.as_ref()), &given);
        let (facts, asked) = (Facts::new(), AuditTexts::new());
        let more = counted.iter().map(|day| ("day", day.to_string())).collect();
        let kept = Export { list: &RETENTION, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, kept).await;
    }
    let event = audit::of_member(&caller, AuditAction::ReportRetention, Outcome::Permitted, Facts::new());
    context.shared.table.audit(&event).await?;
    let answer = Retention {
        counted_on: counted.map(Day::new),
        counted_at: roll_up.as_ref().map(|roll_up| Time::new(roll_up.computed_at, &caller.rulebook)),
        calls: kept.calls(),
        items: kept.items(),
        by_class: kept.by_class(),
        next_cursor: None,
        pending,
        storage,
        held,
    };
    Ok(Json(answer).into_response())
}

async fn pending(
    context: &Context,
    caller: &MemberCaller,
    lines: &[LiveLine],
    kept: &Kept,
) -> Result<Option<PendingChange>, Problem> {
    let (pointer, _) = read_pointer(context, caller.now).await?;
    let Some(entry) = pointer.waiting(caller.now) else { return Ok(None) };
    let document = read_document(context, entry).await?;
    let Ok(after) = document.rulebook() else {
        tracing::error!(version = entry.version, "the pending rulebook can't be read");
        return Ok(None);
    };
    let Ending { sooner, later } = retention::compare(lines, &caller.rulebook, &after);
    let effective_at = Time::new(entry.effective_at, &caller.rulebook);
    let awaits_second_admin = entry.awaits_other_than.is_some();
    Ok(Some(PendingChange {
        version: entry.version,
        effective_at,
        awaits_second_admin,
        sooner,
        later,
        sooner_storage: kept.share(sooner),
        later_storage: kept.share(later),
    }))
}
