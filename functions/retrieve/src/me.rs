//! `GET /me`: who the caller is, as the rulebook has it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::permission::{self, Decision, RulebookAction, TraceAction};
use policy::report;
use policy::rulebook::{Member, Role, Rulebook};
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
    /// What one may do at all; of one recording the rules of the rulebook decide.
    can: Vec<Ability>,
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

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Ability {
    /// Find calls.
    Search,
    /// Hear them 再生.
    Play,
    /// Take them away as a file ダウンロード.
    Download,
    /// Write notes 通話メモ.
    Note,
    /// Write memos 受付メモ, and see the cases they began.
    WriteMemo,
    /// Work on cases 案件: link recordings, share, close.
    WorkOnCases,
    /// Read custody 取扱履歴.
    Custody,
    /// Place holds 削除停止.
    Hold,
    /// Lift holds.
    LiftHold,
    /// Request a deletion before the expiry.
    RequestDeletion,
    /// Approve the deletions that others requested.
    ApproveDeletion,
    /// Work the quarantine 要確認.
    Correct,
    /// Read the audit log 操作の記録.
    Audit,
    /// Read reports.
    Reports,
    /// Read and publish the rulebook 運用ルール.
    Publish,
}

impl Ability {
    /// What a member may do by the role and the rulebook's switches.
    fn of(member: &Member, rulebook: &Rulebook) -> Vec<Self> {
        let role = member.role;
        let is_on_calls = role != Role::Auditor;
        let hears = match role {
            Role::Admin | Role::Manager => true,
            Role::Staff => rulebook.staff_hears_own_calls,
            Role::Auditor => false,
        };
        let runs_teams = matches!(role, Role::Admin | Role::Manager);
        let audits = permission::decide_on_traces(member, TraceAction::Audit) == Decision::Permit;
        [
            (Self::Search, is_on_calls),
            (Self::Play, hears),
            (Self::Download, role == Role::Admin || (role == Role::Manager && rulebook.manager_download)),
            (Self::Note, is_on_calls),
            (Self::WriteMemo, permission::decide_on_memo(member) == Decision::Permit),
            (Self::WorkOnCases, runs_teams),
            (Self::Custody, role != Role::Staff),
            (Self::Hold, runs_teams),
            (Self::LiftHold, role == Role::Admin),
            (Self::RequestDeletion, runs_teams),
            (Self::ApproveDeletion, matches!(role, Role::Admin | Role::Auditor)),
            (Self::Correct, role == Role::Admin),
            (Self::Audit, audits),
            (Self::Reports, report::may_read(member)),
        ]
        .into_iter()
        .filter_map(|(ability, may)| may.then_some(ability))
        .collect()
    }
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
    let publishes_rulebook = caller.may(RulebookAction::Publish, admin_login) == Decision::Permit;
    let mut can = member.map(|member| Ability::of(member, rulebook)).unwrap_or_default();
    can.extend(publishes_rulebook.then_some(Ability::Publish));
    Json(Me {
        id: caller.id().to_owned(),
        name: member.map(|member| member.name.clone()),
        role: member.map(|member| member.role),
        teams: member.map(|member| member.teams.clone()).unwrap_or_default(),
        manages: member.map(|member| member.manages.clone()).unwrap_or_default(),
        can,
        publishes_rulebook,
        company: rulebook.company.clone(),
        time_zone: rulebook.zone_name.clone(),
        purposes: rulebook.purposes.clone(),
        rulebook_version: rulebook.version,
    })
}
