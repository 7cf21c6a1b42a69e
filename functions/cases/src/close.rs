//! `POST /cases/{id}/close`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::case::{Case, CaseOutcome, CaseText};
use policy::permission::CaseAction;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CaseWrite, ErrorKind, Job, WriteOutcome};

use crate::announce::{follow, follow_later};
use crate::context::Context;
use crate::get::detail;
use crate::lookup::{CasePath, about, read_case, refuse};
use crate::problems::{CASE_CLOSED, IDENTITY_UNCHECKED, NO_SUCH_CASE, WRONG_OUTCOME, unchanged};
use crate::texts::read_lines;
use crate::view::CaseDetail;

/// 4 tries: each fails only if somebody else changed the case in between.
const TRIES: usize = 4;

/// 500 characters, as every reason.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// How a case ends.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseRequest {
    #[schemars(example = &"resolved")]
    outcome: CaseOutcome,
    /// Why; required for what was refused, and for what was disclosed in part.
    #[serde(default)]
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"お客様に説明し、ご了承いただいた。")]
    reason: Option<String>,
}

const FIELDS: &str = "outcome (resolved, unresolved, withdrawn, disclosed_whole, disclosed_part, refused, none_held), \
                      reason (text)";

pub(crate) fn route() -> Route<Context> {
    let about = About { id: "close_case", tag: "cases", summary: "Closes a case 案件 with an outcome." };
    Route::post("/cases/{id}/close", close, about)
        .body::<CloseRequest>(BODY_LIMIT_BYTES)
        .answers::<CaseDetail>(200, "It is closed.")
        .problems(&[&NO_SUCH_CASE, &NOT_ALLOWED, &INVALID, &CASE_CLOSED, &WRONG_OUTCOME])
        .problems(&[&IDENTITY_UNCHECKED])
}

/// Closes a case.
async fn close(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<CaseDetail>, Problem> {
    let CloseRequest { outcome, reason } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let reason =
        reason.map(|text| read_lines("reason", &text, REASON_LIMIT_CHARACTERS, Constraint::Reason)).transpose()?;
    // NEVER LATE: its holds are lifted, whatever becomes of this request.
    let job = Job::FollowCase { case: path.case.clone() };
    for _ in 0..TRIES {
        let stored = read_case(&context, &caller, CaseAction::Close, &path.case).await?;
        let mut facts = about(&path.case);
        // TWICE IS ONCE: an earlier try closed it, and only its answer was lost.
        let case = if is_done(&stored.case, outcome, reason.as_ref(), &caller) {
            stored.case
        } else {
            let closed = stored.case.close(outcome, reason.clone(), &caller.member, &caller.rulebook, caller.now);
            let closed = match closed {
                Ok(closed) => closed,
                Err(why) => {
                    let problem = unchanged(why, stored.case.view.kind);
                    return Err(refuse(&context, &caller, CaseAction::Close, facts, problem).await);
                }
            };
            facts.insert("outcome".to_owned(), outcome.as_str().to_owned());
            let audit = audit::of_member(&caller, CaseAction::Close.into(), Outcome::Permitted, facts);
            let write = CaseWrite { case: &closed, before: stored.generation, audit: &audit, recording: None };
            follow_later(&context, &job).await?;
            match context.shared.table.change_case(&write).await {
                Ok(WriteOutcome::Done) => closed,
                Ok(WriteOutcome::Conflict) => continue,
                Err(error) if error.kind == ErrorKind::Throttled => continue,
                Err(error) => return Err(Problem::of_store(&error)),
            }
        };
        follow(&context, &job).await?;
        return Ok(Json(detail(&context, &caller, &case).await?));
    }
    Err(Problem::of(&BUSY))
}

/// Whether the same request closed it.
fn is_done(case: &Case, outcome: CaseOutcome, reason: Option<&CaseText>, caller: &MemberCaller) -> bool {
    case.closing.as_ref().is_some_and(|closing| {
        closing.outcome == outcome && closing.reason.as_ref() == reason && closing.by == caller.member.id
    })
}
