//! `GET /shares`: what is shared with the caller, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use policy::audit::AuditAction;
use policy::rulebook::Role;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, Route};

use super::view::{OwnShareItem, OwnShareList};
use crate::context::Context;
use crate::cursor::{CURSOR_PARAMETER, LIMIT_PARAMETER, read_until, to_cursor};

const PARAMETERS: &[Parameter] = &[LIMIT_PARAMETER, CURSOR_PARAMETER];

pub(super) fn route() -> Route<Context> {
    let about =
        About { id: "shares", tag: "cases", summary: "What is shared with oneself 社内共有, newest first." };
    Route::get("/shares", list, about).query(PARAMETERS).answers::<OwnShareList>(200, "A page.")
}

/// Lists the caller's own shares: those that can be heard now.
async fn list(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    given: QueryParameters,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(&given, PARAMETERS)?;
    let limit = Pages::Json.limit(parameters.value("limit"))?;
    let until = read_until(parameters.value("cursor")).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))?;
    // One more tells whether there is another page.
    let wanted = u16::try_from(limit + 1).unwrap_or(u16::MAX);
    let mut page = context.shared.table.list_grants(&caller.member.id, &until, wanted).await?;
    let has_more = page.len() > limit;
    page.truncate(limit);
    let next_cursor = page.last().filter(|_| has_more).map(|(at, _)| to_cursor(at));
    let event = audit::of_member(&caller, AuditAction::ListShares, Outcome::Permitted, Facts::new());
    context.shared.table.audit(&event).await?;
    // Who has become an auditor hears nothing, whatever was shared before.
    let hears = caller.member.role != Role::Auditor;
    let open = page.iter().map(|(_, grant)| grant).filter(|grant| hears && grant.is_open_at(caller.now));
    let items = open.map(|grant| OwnShareItem::new(grant, &caller.rulebook)).collect();
    let next = next_cursor.clone();
    paging::with_next(Json(OwnShareList { items, next_cursor }), &given, next.as_deref())
}
