//! `GET /releases`: what waits for a decision that the caller may take, oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::{try_join, try_join_all};
use policy::audit::AuditAction;
use policy::case::Case;
use policy::case::release::Release;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, Route};
use store::{ReleaseToDecide, StoreError};

use super::view::{WaitingReleaseItem, WaitingReleaseList};
use crate::context::Context;
use crate::cursor::{CURSOR_PARAMETER, LIMIT_PARAMETER, read_after, to_cursor};

const PARAMETERS: &[Parameter] = &[LIMIT_PARAMETER, CURSOR_PARAMETER];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "releases",
        tag: "cases",
        summary: "The releases 社外提出 that wait for a decision which one may take, oldest first.",
    };
    Route::get("/releases", list, about).query(PARAMETERS).answers::<WaitingReleaseList>(200, "A page.")
}

/// Lists releases. STRICT: what one may not decide on is not listed.
async fn list(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    given: QueryParameters,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(&given, PARAMETERS)?;
    let limit = Pages::Json.limit(parameters.value("limit"))?;
    let after = read_after(parameters.value("cursor")).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))?;
    let limit = u16::try_from(limit).unwrap_or(u16::MAX);
    let (page, has_more) = context.shared.table.releases_to_decide(&after, limit).await?;
    let next_cursor = page.last().filter(|_| has_more).map(|(at, _)| to_cursor(at));
    let found = try_join_all(page.iter().map(|(_, listed)| read(&context, listed))).await?;
    let decidable = |(case, release): (Case, Release)| WaitingReleaseItem::new(&release, &case, &caller);
    let items: Vec<WaitingReleaseItem> = found.into_iter().flatten().filter_map(decidable).collect();
    let facts = Facts::from([("items".to_owned(), items.len().to_string())]);
    let event = audit::of_member(&caller, AuditAction::ListReleases, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let next = next_cursor.clone();
    paging::with_next(Json(WaitingReleaseList { items, next_cursor }), &given, next.as_deref())
}

/// A release as it is now: the list may be a moment behind.
async fn read(context: &Context, listed: &ReleaseToDecide) -> Result<Option<(Case, Release)>, StoreError> {
    let table = &context.shared.table;
    let (case, release) = try_join(table.case(&listed.case), table.release(&listed.case, &listed.release)).await?;
    Ok(case.zip(release).map(|(case, release)| (case.case, release.release)))
}
