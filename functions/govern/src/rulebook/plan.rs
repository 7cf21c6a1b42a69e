//! `POST /rulebook/plan`, `GET /rulebook/plans/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use policy::audit::AuditAction;
use policy::id::{CallId, PlanId, sha256_hex};
use policy::permission::RulebookAction;
use policy::plan::{PLAN_LIFETIME, Terms};
use policy::rulebook::{self, Document};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body;
use rokuban_http::caller::Caller;
use rokuban_http::problem::{INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use store::{Job, Plan};

use super::backstop::{require_backstop, unreadable};
use super::check::CheckRequest;
use super::files::{BODY_LIMIT_BYTES, policy_text, staff_text, with_one_line_ending};
use super::plan_view::{PlanItem, PlanState};
use super::sooner::{deletes_sooner, effective_at, full, is_anything_quarantined};
use super::stored::{read_document_of, read_pointer};
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{BEYOND_BACKSTOP, FAULTY_RULEBOOK, NO_SUCH_PLAN, PlanNeeded, faulty_rulebook, plan_needed};

const FIELDS: &str = "policy (text), staff (text) or staff_base64 (the file's bytes in base64)";

pub(super) fn routes() -> [Route<Context>; 2] {
    let about = About {
        id: "plan_rulebook",
        tag: "rulebook",
        summary: "Begins to count what a rulebook 運用ルール would do: how many calls are deleted sooner or later.",
    };
    let make = Route::post("/rulebook/plan", make, about)
        .body::<CheckRequest>(BODY_LIMIT_BYTES)
        .answers::<PlanItem>(202, "It is being counted; read it until it is ready.")
        .problems(&[&NOT_ALLOWED, &INVALID, &FAULTY_RULEBOOK, &BEYOND_BACKSTOP]);
    let about = About {
        id: "plan",
        tag: "rulebook",
        summary: "One plan: how many calls are deleted sooner or later, by day, class and team.",
    };
    let read = Route::get("/rulebook/plans/{id}", read, about)
        .answers::<PlanItem>(200, "The plan, as far as it is counted.")
        .problems(&[&NOT_ALLOWED, &NO_SUCH_PLAN]);
    [make, read]
}

/// `POST /rulebook/plan`: what is in force and what is sent, side by side, for every call that lives.
async fn make(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanItem>), Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::PlanRulebook).await?;
    let files: CheckRequest = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let policy = policy_text(files.policy, files.policy_base64)?;
    let staff = staff_text(files.staff, files.staff_base64)?;
    let now = caller.now;
    let checked = rulebook::check(&policy, &staff, now).map_err(|faults| faulty_rulebook(&faults))?;
    let (pointer, _) = read_pointer(&context, now).await?;
    let previous = read_document_of(&context, pointer.in_force(now)).await?;
    let publication = rulebook::publish(previous.as_ref(), &checked, &caller.login, now).map_err(full)?;
    require_backstop(&context, &publication.document)?;
    let deletes_sooner = deletes_sooner(&context, &publication, &caller.rulebook, now).await?;
    let after = publication.document.rulebook().map_err(unreadable)?;
    let plan = Plan {
        id: PlanId::of(&caller.operation(AuditAction::PlanRulebook.as_str())),
        base_version: pointer.in_force(now).map_or(0, |entry| entry.version),
        files_sha256: files_sha256(&publication.document),
        created_by: caller.login.clone(),
        created_at: now,
        effective_at: effective_at(&context, now, deletes_sooner)?,
        deletes_sooner,
        reads_differently: publication.reads_differently,
        in_quarantine: is_anything_quarantined(&context, &caller.rulebook, now).await?,
        before: Terms::of(&caller.rulebook),
        after: Terms::of(&after),
    };
    let facts = Facts::from([
        ("plan".to_owned(), plan.id.to_string()),
        ("version".to_owned(), plan.base_version.to_string()),
        ("deletes_sooner".to_owned(), deletes_sooner.to_string()),
    ]);
    let event = audit::of_publisher(&caller, AuditAction::PlanRulebook, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    context.shared.table.put_plan(&plan).await?;
    for shard in 0..CallId::SHARDS {
        context.jobs.send(&Job::CountPlan { plan: plan.id.clone(), shard }).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(PlanItem::new(&plan, &[], PlanState::Counting, &caller.rulebook))))
}

/// `GET /rulebook/plans/{id}`.
async fn read(
    State(context): State<Arc<Context>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PlanItem>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Read, AuditAction::ReadPlan).await?;
    let id: PlanId = id.parse().unwrap_or_else(|_| PlanId::of_nothing(&id));
    let facts = Facts::from([("plan".to_owned(), id.to_string())]);
    let event = audit::of_publisher(&caller, AuditAction::ReadPlan, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let plan = context.shared.table.plan(&id).await?.ok_or_else(|| Problem::of(&NO_SUCH_PLAN))?;
    let parts = context.shared.table.plan_parts(&id).await?;
    let (pointer, _) = read_pointer(&context, caller.now).await?;
    let in_force = pointer.in_force(caller.now).map_or(0, |entry| entry.version);
    let is_stale = plan.base_version != in_force || is_too_old(&plan, &caller);
    let state = match (is_stale, is_counted(&parts)) {
        (true, _) => PlanState::Stale,
        (false, true) => PlanState::Ready,
        (false, false) => PlanState::Counting,
    };
    Ok(Json(PlanItem::new(&plan, &parts, state, &caller.rulebook)))
}

/// NEVER EARLY: who publishes what deletes sooner has looked at what it does. A plan that is named is checked in any
/// case.
pub(super) async fn require_plan(
    context: &Context,
    caller: &Caller,
    document: &Document,
    (base_version, deletes_sooner): (u64, bool),
    plan_id: Option<&str>,
) -> Result<(), Problem> {
    let Some(text) = plan_id else {
        return if deletes_sooner { Err(plan_needed(PlanNeeded::Missing)) } else { Ok(()) };
    };
    let id: PlanId = text.parse().unwrap_or_else(|_| PlanId::of_nothing(text));
    let plan = context.shared.table.plan(&id).await?.ok_or_else(|| plan_needed(PlanNeeded::Unknown))?;
    let lacks = if plan.files_sha256 != files_sha256(document) {
        Some(PlanNeeded::OtherFiles)
    } else if plan.base_version != base_version {
        Some(PlanNeeded::OtherVersion)
    } else if is_too_old(&plan, caller) {
        Some(PlanNeeded::TooOld)
    } else if !is_counted(&context.shared.table.plan_parts(&id).await?) {
        Some(PlanNeeded::Counting)
    } else {
        None
    };
    lacks.map_or(Ok(()), |lacks| Err(plan_needed(lacks)))
}

fn is_too_old(plan: &Plan, caller: &Caller) -> bool {
    caller.now.duration_since(plan.created_at) > PLAN_LIFETIME
}

fn is_counted(parts: &[store::PlanPart]) -> bool {
    parts.iter().filter(|part| part.is_done).count() >= usize::from(CallId::SHARDS)
}

/// Both files together; no text of either holds a NUL. Other line endings are no other files.
fn files_sha256(document: &Document) -> String {
    sha256_hex(with_one_line_ending(&format!("{}\0{}", document.policy, document.staff)).as_bytes())
}
