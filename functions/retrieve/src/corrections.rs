//! `GET /corrections`: what one admin stated of a recording and a second one has to state too, oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use policy::audit::AuditAction;
use policy::id::RecordingId;
use policy::permission::NotAllowed;
use policy::rulebook::Role;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::{Constraint, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::{CorrectionToConfirm, SortKey};

use crate::context::Context;
use crate::deletions::cursor::Position;
use crate::recordings::view::name_of;

/// A correction that a second admin has not confirmed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CorrectionItem {
    recording_id: RecordingId,
    /// Who stated it, by id.
    #[schemars(example = &"hayashi")]
    corrected_by: String,
    /// The name then.
    #[schemars(example = &"林 由美")]
    corrected_by_name: Option<String>,
    corrected_at: Time,
}

/// A page of corrections that wait.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CorrectionsPage {
    /// Oldest first.
    items: Vec<CorrectionItem>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSIsImRvbmUiOjB9")]
    next_cursor: Option<String>,
}

const PARAMETERS: &[Parameter] = &[
    Parameter::new("limit", Constraint::Limit, "The most items of a page; 50 unless told.", "50"),
    Parameter::new(
        "cursor",
        Constraint::Cursor,
        "What the page before gave as `next_cursor`.",
        "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSIsImRvbmUiOjB9",
    ),
];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "corrections",
        tag: "recordings",
        summary: "The corrections that wait for a second admin 管理者 to state the same, oldest first.",
    };
    Route::get("/corrections", list, about)
        .query(PARAMETERS)
        .answers::<CorrectionsPage>(200, "A page.")
        .problems(&[&NOT_ALLOWED])
}

/// Lists corrections, for those who may confirm one.
async fn list(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    given: QueryParameters,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(&given, PARAMETERS)?;
    let limit = Pages::Json.limit(parameters.value("limit"))?;
    let after = match parameters.value("cursor") {
        None => SortKey::first(),
        Some(text) => Position::of_cursor(text).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))?.at,
    };
    if caller.member.role != Role::Admin {
        return Err(refuse(&context, &caller).await);
    }
    let limit = u16::try_from(limit).unwrap_or(u16::MAX);
    let (page, has_more) = context.shared.table.corrections_to_confirm(&after, limit).await?;
    let last = page.last().filter(|_| has_more).map(|(at, _)| Position { at: at.clone(), done: 0 });
    let facts = Facts::from([("items".to_owned(), page.len().to_string())]);
    let event = audit::of_member(&caller, AuditAction::ListCorrections, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let items = page.into_iter().map(|(_, listed)| CorrectionItem::new(listed, &caller)).collect();
    let next_cursor = last.map(|last| last.to_cursor());
    let next = next_cursor.clone();
    paging::with_next(Json(CorrectionsPage { items, next_cursor }), &given, next.as_deref())
}

async fn refuse(context: &Context, caller: &MemberCaller) -> Problem {
    let problem = Problem::not_allowed(NotAllowed::NotForTheRole);
    let facts = problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned()));
    let event =
        audit::of_member(caller, AuditAction::ListCorrections, Outcome::Refused, facts.into_iter().collect::<Facts>());
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

impl CorrectionItem {
    fn new(listed: CorrectionToConfirm, caller: &MemberCaller) -> Self {
        Self {
            recording_id: listed.recording,
            corrected_by_name: name_of(&listed.by, listed.at, &caller.rulebook),
            corrected_by: listed.by,
            corrected_at: Time::new(listed.at, &caller.rulebook),
        }
    }
}
