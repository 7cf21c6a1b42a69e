//! `GET /me`: who the caller is, as the rulebook has it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::permission::{Decision, RulebookAction};
use serde_json::{Value, json};

use crate::Context;
use crate::caller::Caller;

/// Who asks, and what a page needs to know to speak to them. `AdminLogin` may be nobody on the staff list:
/// then there is no role.
pub(crate) async fn me(State(context): State<Arc<Context>>, caller: Caller) -> Json<Value> {
    let rulebook = &caller.rulebook;
    let admin_login = &context.config.rulebooks.admin_login;
    let publishes = caller.may(RulebookAction::Publish, admin_login) == Decision::Permit;
    let member = caller.member.as_ref();
    Json(json!({
        "id": caller.id(),
        "name": member.map(|member| &member.name),
        "role": member.map(|member| member.role),
        "teams": member.map(|member| member.teams.as_slice()).unwrap_or_default(),
        "manages": member.map(|member| member.manages.as_slice()).unwrap_or_default(),
        "publishes_rulebook": publishes,
        "company": rulebook.company,
        "time_zone": rulebook.zone_name,
        "purposes": rulebook.purposes,
        "rulebook_version": rulebook.version,
    }))
}
