//! `GET /cases/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::case::{CANDIDATES_LIMIT, Case};
use policy::id::RecordingId;
use policy::permission::{self, Action, CaseAction, Decision};
use policy::recording::Listed;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};

use crate::candidates;
use crate::context::Context;
use crate::lookup::{CasePath, about, read_case};
use crate::problems::NO_SUCH_CASE;
use crate::view::{CandidateItem, CaseDetail};

pub(crate) fn route() -> Route<Context> {
    let about = About { id: "case", tag: "cases", summary: "One case 案件, whole, with the recordings it may mean." };
    Route::get("/cases/{id}", case, about)
        .answers::<CaseDetail>(200, "The case.")
        .problems(&[&NO_SUCH_CASE, &NOT_ALLOWED])
}

/// One case, whole.
async fn case(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
) -> Result<Json<CaseDetail>, Problem> {
    let case = read_case(&context, &caller, CaseAction::View, &path.case).await?.case;
    let detail = detail(&context, &caller, &case).await?;
    let event = audit::of_member(&caller, CaseAction::View.into(), Outcome::Permitted, about(&path.case));
    context.shared.table.audit(&event).await?;
    Ok(Json(detail))
}

/// A case as its caller may know it: of its recordings and its candidates those that the caller may view.
pub(crate) async fn detail(context: &Context, caller: &MemberCaller, case: &Case) -> Result<CaseDetail, Problem> {
    let may_view = |listed: &Listed| {
        let decision = permission::decide(&caller.member, Action::View, listed, None, &caller.rulebook, caller.now);
        permission::is_listed(listed) && decision == Decision::Permit
    };
    let ids: Vec<RecordingId> = case.recordings.iter().cloned().collect();
    let mut recordings = Vec::new();
    if !ids.is_empty() {
        let listed = context.shared.table.listed(&ids).await?;
        recordings.extend(listed.into_iter().filter(may_view).map(|listed| listed.id));
        recordings.sort();
    }
    let mut candidates = Vec::new();
    if case.closing.is_none() {
        let found = candidates::find(context, &case.view.sought).await?.into_iter();
        let open =
            found.filter(|(candidate, listed)| !case.recordings.contains(&candidate.recording) && may_view(listed));
        let items = open.map(|(candidate, listed)| CandidateItem::new(candidate, &listed, &caller.rulebook));
        candidates.extend(items.take(CANDIDATES_LIMIT));
    }
    Ok(CaseDetail::new(case, recordings, candidates, &caller.rulebook))
}
