//! `GET /rulebook`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::permission::RulebookAction;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::Caller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use super::stored::{read_document_of, read_pointer};
use super::view::PendingRulebook;
use crate::context::Context;
use crate::guard::require_rulebook;

/// The rulebook in force.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CurrentRulebook {
    /// 0 is the compiled-in default.
    #[schemars(example = 3)]
    version: u64,
    /// `null` for version 0, which was always in force.
    effective_at: Option<Time>,
    /// TOML, as it was handed in; `null` for version 0, which has no text.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    policy: Option<String>,
    /// CSV, as it was handed in.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    staff: Option<String>,
    /// What was published and waits.
    pending: Option<PendingRulebook>,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "read_rulebook",
        tag: "rulebook",
        summary: "The rulebook 運用ルール in force, as it was handed in, and what waits.",
    };
    Route::get("/rulebook", read, about).answers::<CurrentRulebook>(200, "The rulebook.").problems(&[&NOT_ALLOWED])
}

/// `GET /rulebook`: what is in force, as it was handed in, and what waits.
async fn read(State(context): State<Arc<Context>>, caller: Caller) -> Result<Json<CurrentRulebook>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Read, AuditAction::ReadRulebook).await?;
    let (pointer, _) = read_pointer(&context, caller.now).await?;
    let in_force = pointer.in_force(caller.now);
    let document = read_document_of(&context, in_force).await?;
    // TRACE FIRST: it holds everybody's numbers and logins.
    let version = in_force.map_or(0, |entry| entry.version);
    let facts = Facts::from([("version".to_owned(), version.to_string())]);
    let event = audit::of_publisher(&caller, AuditAction::ReadRulebook, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let (policy, staff) = document.map(|document| (document.policy, document.staff)).unzip();
    Ok(Json(CurrentRulebook {
        version,
        effective_at: in_force.map(|entry| Time::new(entry.effective_at, &caller.rulebook)),
        policy,
        staff,
        pending: pointer.waiting(caller.now).map(|entry| PendingRulebook::new(entry, &caller.rulebook)),
    }))
}
