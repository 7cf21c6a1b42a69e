//! `GET /cases/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::case::Case;
use policy::case::holds::CANDIDATES_LIMIT;
use policy::case::release::RELEASES_LIMIT;
use policy::case::share::SHARES_LIMIT;
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
use crate::releases::ReleaseItem;
use crate::shares::ShareItem;
use crate::view::{CandidateItem, CaseDetail, Visible};

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
    let mut visible = Visible::default();
    let may = |action: &CaseAction| {
        permission::decide_on_case(&caller.member, *action, &case.view, caller.now) == Decision::Permit
    };
    visible.can = CaseAction::ALL.into_iter().filter(may).collect();
    if !ids.is_empty() {
        let listed = context.shared.table.listed(&ids).await?;
        visible.linked.extend(listed.into_iter().filter(may_view));
        visible.linked.sort_by(|one, other| one.id.cmp(&other.id));
    }
    if may(&CaseAction::Release) {
        let releases = context.shared.table.releases(&case.view.id, RELEASES_LIMIT).await?;
        visible.releases = releases.iter().map(|release| ReleaseItem::new(release, case, caller)).collect();
    }
    if may(&CaseAction::Share) {
        let shares = context.shared.table.shares(&case.view.id, SHARES_LIMIT).await?;
        visible.shares = shares.iter().map(|share| ShareItem::new(share, &caller.rulebook)).collect();
    }
    if case.closing.is_none() {
        let found = candidates::find(context, &case.view.sought).await?.into_iter();
        let open =
            found.filter(|(candidate, listed)| !case.recordings.contains(&candidate.recording) && may_view(listed));
        let items = open.map(|(candidate, listed)| CandidateItem::new(candidate, &listed, &caller.rulebook));
        visible.candidates.extend(items.take(CANDIDATES_LIMIT));
    }
    Ok(CaseDetail::new(case, visible, &caller.rulebook))
}
