//! `GET /cases/{id}/releases/{release_id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::permission::CaseAction;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use store::StoredRelease;

use super::view::ReleaseItem;
use crate::context::Context;
use crate::lookup::{CasePath, about, read_case, refuse};
use crate::problems::{NO_SUCH_CASE, NO_SUCH_RELEASE};

pub(super) fn route() -> Route<Context> {
    let about = About { id: "release", tag: "cases", summary: "One release 社外提出." };
    Route::get("/cases/{id}/releases/{release_id}", get, about).answers::<ReleaseItem>(200, "The release.").problems(&[
        &NO_SUCH_CASE,
        &NO_SUCH_RELEASE,
        &NOT_ALLOWED,
    ])
}

/// Reads a release.
async fn get(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
) -> Result<Json<ReleaseItem>, Problem> {
    let case = read_case(&context, &caller, CaseAction::Release, &path.case).await?.case;
    let stored = read_release(&context, &caller, CaseAction::Release, &path).await?;
    let facts = super::write::about_release(&stored.release);
    let event = audit::of_member(&caller, AuditAction::ViewRelease, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    Ok(Json(ReleaseItem::new(&stored.release, &case, &caller)))
}

/// A release of a case that the caller works on; else the answer, with its event.
pub(super) async fn read_release(
    context: &Context,
    caller: &MemberCaller,
    action: CaseAction,
    path: &CasePath,
) -> Result<StoredRelease, Problem> {
    if let Some(stored) = context.shared.table.release(&path.case, &path.release).await? {
        return Ok(stored);
    }
    let mut facts = about(&path.case);
    facts.insert("release".to_owned(), path.release.as_str().to_owned());
    let problem = Problem::of(&NO_SUCH_RELEASE).audited("no_such_release");
    Err(refuse(context, caller, action, facts, problem).await)
}
