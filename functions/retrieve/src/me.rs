//! `GET /me`: who the caller is, as the rulebook has it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::permission::{Decision, RulebookAction};
use policy::rulebook::Role;
use rokuban_http::caller::Caller;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;

/// Who asks, and what a page needs to know to speak to them.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Me {
    /// The member's id, or the login of `AdminLogin`.
    #[schemars(example = &"kato")]
    id: String,
    #[schemars(example = &"加藤 花子")]
    name: Option<String>,
    /// `null` for `AdminLogin` while the staff list has no such login.
    role: Option<Role>,
    /// The teams one belongs to today.
    #[schemars(example = ["sales"])]
    teams: Vec<String>,
    /// The teams one manages today.
    #[schemars(example = ["sales"])]
    manages: Vec<String>,
    /// Whether one may publish the rulebook 運用ルール.
    publishes_rulebook: bool,
    #[schemars(example = &"株式会社サンプル")]
    company: String,
    /// In which every time is told.
    #[schemars(example = &"Asia/Tokyo")]
    time_zone: String,
    /// What a `use` may be.
    #[schemars(example = ["evidence"])]
    purposes: Vec<String>,
    /// Of the rulebook in force; 0 is the strict default.
    #[schemars(example = 3)]
    rulebook_version: u64,
}

pub(crate) fn route() -> Route<Context> {
    let about = About { id: "me", tag: "me", summary: "Who I am here." };
    Route::get("/me", me, about).answers::<Me>(200, "Who asks.")
}

/// `AdminLogin` may be nobody on the staff list: then there is no role.
async fn me(State(context): State<Arc<Context>>, caller: Caller) -> Json<Me> {
    let rulebook = &caller.rulebook;
    let admin_login = &context.shared.config.rulebooks.admin_login;
    let member = caller.member.as_ref();
    Json(Me {
        id: caller.id().to_owned(),
        name: member.map(|member| member.name.clone()),
        role: member.map(|member| member.role),
        teams: member.map(|member| member.teams.clone()).unwrap_or_default(),
        manages: member.map(|member| member.manages.clone()).unwrap_or_default(),
        publishes_rulebook: caller.may(RulebookAction::Publish, admin_login) == Decision::Permit,
        company: rulebook.company.clone(),
        time_zone: rulebook.zone_name.clone(),
        purposes: rulebook.purposes.clone(),
        rulebook_version: rulebook.version,
    })
}
