//! `POST /rulebook/check`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::ToSpan;
use policy::audit::AuditAction;
use policy::permission::RulebookAction;
use policy::rulebook;
use rokuban_http::body;
use rokuban_http::caller::Caller;
use rokuban_http::problem::{INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ReportKind, RollUp};

use super::files::{BODY_LIMIT_BYTES, policy_text, staff_text};
use super::sooner::deletes_sooner;
use super::stored::{read_document_of, read_pointer};
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{FAULTY_RULEBOOK, RulebookError, RulebookWarning};

/// A rulebook to check, or to plan by.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// TOML, as text. This or `policy_base64`.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    pub(super) policy: Option<String>,
    /// TOML, as the bytes of the file in base64: UTF-8 or CP932.
    pub(super) policy_base64: Option<String>,
    /// CSV, as text. This or `staff_base64`.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    pub(super) staff: Option<String>,
    /// CSV, as the bytes of the file in base64.
    pub(super) staff_base64: Option<String>,
}

const FIELDS: &str = "policy (text) or policy_base64 (the file's bytes in base64), staff (text) or staff_base64 (the file's bytes in base64)";

/// What a check found. Nothing was published.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RulebookCheck {
    /// Every fault, in the caller's language; none: it can be published.
    faults: Vec<RulebookError>,
    /// Names of the rulebook that ships and must be replaced first: the company's, then people's.
    #[schemars(example = ["会社名を書いてください"])]
    placeholders: Vec<String>,
    /// What to look at, some of it to confirm; none where there is a fault.
    warnings: Vec<RulebookWarning>,
    /// Whether something would be deleted sooner than under the rulebook in force; `null` where there is a fault.
    deletes_sooner: Option<bool>,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "check_rulebook",
        tag: "rulebook",
        summary: "Checks a rulebook 運用ルール as publishing does, and publishes nothing: the same as `rokuban check`.",
    };
    Route::post("/rulebook/check", check, about)
        .body::<CheckRequest>(BODY_LIMIT_BYTES)
        .answers::<RulebookCheck>(200, "Every fault, or none.")
        .problems(&[&NOT_ALLOWED, &INVALID, &FAULTY_RULEBOOK])
}

/// `POST /rulebook/check`: every fault of what is sent.
async fn check(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<RulebookCheck>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::Publish).await?;
    let files: CheckRequest = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let policy = policy_text(files.policy, files.policy_base64)?;
    let staff = staff_text(files.staff, files.staff_base64)?;
    let placeholders = rulebook::placeholders(&policy, &staff);
    let checked = match rulebook::check(&policy, &staff, caller.now) {
        Ok(checked) => checked,
        Err(faults) => {
            let faults = faults.iter().map(|fault| RulebookError::new(fault, caller.language)).collect();
            return Ok(Json(RulebookCheck { faults, placeholders, warnings: Vec::new(), deletes_sooner: None }));
        }
    };
    let (pointer, _) = read_pointer(&context, caller.now).await?;
    let before = read_document_of(&context, pointer.in_force(caller.now)).await?;
    let publication = rulebook::publish(before.as_ref(), &checked, &caller.login, caller.now);
    let deletes_sooner = match publication {
        Ok(publication) => Some(deletes_sooner(&context, &publication, &caller.rulebook, caller.now).await?),
        Err(_) => None,
    };
    let used = sources_in_use(&context, &caller).await?;
    let warnings = checked.warnings_with_sources(caller.now, &used);
    let warnings = warnings.iter().map(|warning| RulebookWarning::new(warning, caller.language)).collect();
    Ok(Json(RulebookCheck { faults: Vec::new(), placeholders, warnings, deletes_sooner }))
}

/// 14 days: also after a week of holidays a source in use has written something.
const DAYS_OF_USE: i32 = 14;

/// The sources that recordings of the last days come from.
async fn sources_in_use(context: &Context, caller: &Caller) -> Result<BTreeSet<String>, Problem> {
    let today = caller.rulebook.day_of(caller.now);
    let mut used = BTreeSet::new();
    for days in 0..DAYS_OF_USE {
        let Ok(day) = today.checked_sub(days.days()) else { break };
        let roll_up: Option<RollUp<(String, u64)>> = context.shared.table.roll_up(ReportKind::Sources, day).await?;
        used.extend(roll_up.into_iter().flat_map(|roll_up| roll_up.lines).map(|(source, _)| source));
    }
    Ok(used)
}
