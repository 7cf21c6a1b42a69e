//! `PUT /cases/{id}/disclosure` and `GET /cases/{id}/letter`: what the law asks of a person's request, and its answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::case::disclosure::{Disclosure, DisclosureMedium, NewDisclosure};
use policy::case::{Case, CaseOutcome};
use policy::permission::CaseAction;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{CaseWrite, ErrorKind, WriteOutcome};

use crate::context::Context;
use crate::get::detail;
use crate::lookup::{CasePath, about, read_case, refuse};
use crate::problems::{CASE_CLOSED, NO_LETTER, NO_SUCH_CASE, NOT_OF_A_PERSON, unchanged};
use crate::texts::read_lines;
use crate::view::CaseDetail;

/// 4 tries: each fails only if somebody else changed the case in between.
const TRIES: usize = 4;

/// 500 characters, as every reason.
const TEXT_LIMIT_CHARACTERS: usize = 500;

/// How a person's request is handled.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisclosureRequest {
    /// How the person's identity was checked 本人確認の方法.
    #[schemars(length(min = 1, max = TEXT_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"運転免許証の写しと、登録の電話番号への折り返し")]
    identity_check: String,
    medium: DisclosureMedium,
    /// Until when it is answered: at most 90 days after the memo; what stands unless given.
    #[serde(default)]
    #[schemars(length(min = 10, max = 10), example = &"2026-12-04")]
    due_on: Option<String>,
}

const FIELDS: &str = "identity_check (text), medium (electronic, disc, paper, hearing), due_on (day)";

/// A letter to the person who asked, in Japanese. What stands in 〔 〕 is for its writer to fill in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LetterText {
    #[schemars(example = &"保有個人データの開示について(ご通知)")]
    title: String,
    /// Line by line.
    #[schemars(example = &"2026年11月20日\n〔ご請求者のお名前〕 様")]
    text: String,
}

const LETTER_PARAMETERS: &[Parameter] = &[Parameter::new(
    "outcome",
    Constraint::CaseOutcome,
    "Which outcome: of a case that is not closed, what it is to be; of a closed one its own counts.",
    "disclosed_whole",
)];

pub(crate) fn routes() -> Vec<Route<Context>> {
    let handles = About {
        id: "handle_disclosure",
        tag: "cases",
        summary: "Writes down how a person's request 開示・利用停止の請求 is handled: the identity check, the medium, the day.",
    };
    let letters = About {
        id: "letter",
        tag: "cases",
        summary: "The text of the letter that answers a person's request, in Japanese.",
    };
    vec![
        Route::put("/cases/{id}/disclosure", handle, handles)
            .body::<DisclosureRequest>(BODY_LIMIT_BYTES)
            .answers::<CaseDetail>(200, "It is written down.")
            .problems(&[&NO_SUCH_CASE, &NOT_ALLOWED, &INVALID, &CASE_CLOSED, &NOT_OF_A_PERSON]),
        Route::get("/cases/{id}/letter", letter, letters)
            .query(LETTER_PARAMETERS)
            .answers::<LetterText>(200, "To be filled in and sent.")
            .problems(&[&NO_SUCH_CASE, &NOT_ALLOWED, &NO_LETTER]),
    ]
}

/// Writes down how a person's request is handled.
async fn handle(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<CaseDetail>, Problem> {
    let request: DisclosureRequest = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let new = NewDisclosure {
        identity_check: read_lines(
            "identity_check",
            &request.identity_check,
            TEXT_LIMIT_CHARACTERS,
            Constraint::Reason,
        )?,
        medium: request.medium,
        due_on: request.due_on.as_ref().map(|day| read_day(day)).transpose()?,
    };
    for _ in 0..TRIES {
        let stored = read_case(&context, &caller, CaseAction::Close, &path.case).await?;
        let mut facts = about(&path.case);
        // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
        if is_done(&stored.case, &new, &caller) {
            return Ok(Json(detail(&context, &caller, &stored.case).await?));
        }
        let handled = match stored.case.handle_request(new.clone(), &caller.member, &caller.rulebook, caller.now) {
            Ok(handled) => handled,
            Err(why) => {
                let problem = unchanged(why, stored.case.view.kind);
                return Err(refuse(&context, &caller, CaseAction::Close, facts, problem).await);
            }
        };
        facts.insert("medium".to_owned(), new.medium.as_str().to_owned());
        let audit = audit::of_member(&caller, AuditAction::HandleDisclosure, Outcome::Permitted, facts);
        let write = CaseWrite { case: &handled, before: stored.generation, audit: &audit, recording: None };
        match context.shared.table.change_case(&write).await {
            Ok(WriteOutcome::Done) => return Ok(Json(detail(&context, &caller, &handled).await?)),
            Ok(WriteOutcome::Conflict) => {}
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}

fn read_day(text: &str) -> Result<Date, Problem> {
    let day = text.parse().ok().filter(|_| text.len() == 10);
    day.ok_or_else(|| Problem::invalid("due_on", Constraint::Day))
}

/// Whether the same request wrote it down.
fn is_done(case: &Case, new: &NewDisclosure, caller: &MemberCaller) -> bool {
    let is_same = |handled: &Disclosure| {
        handled.identity_check == new.identity_check
            && handled.medium == new.medium
            && handled.by == caller.member.id
            && new.due_on.is_none_or(|day| case.view.due_on == Some(day))
    };
    case.disclosure.as_ref().is_some_and(is_same)
}

/// The letter of an outcome.
async fn letter(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    given: QueryParameters,
) -> Result<Json<LetterText>, Problem> {
    let parameters = Parameters::new(&given, LETTER_PARAMETERS)?;
    let asked = match parameters.value("outcome").map(CaseOutcome::from_word) {
        None => None,
        Some(Some(outcome)) => Some(outcome),
        Some(None) => return Err(Problem::invalid("outcome", Constraint::CaseOutcome)),
    };
    let stored = read_case(&context, &caller, CaseAction::Close, &path.case).await?;
    let case = &stored.case;
    let closing = case.closing.as_ref();
    let outcome = closing.map(|closing| closing.outcome).or(asked);
    let reason = closing.and_then(|closing| closing.reason.as_ref());
    let today = caller.rulebook.day_of(caller.now);
    let letter = outcome.and_then(|outcome| case.letter(outcome, reason, &caller.rulebook, today));
    let Some(letter) = letter else {
        let problem = Problem::of(&NO_LETTER).audited("no_letter");
        return Err(refuse(&context, &caller, CaseAction::View, about(&path.case), problem).await);
    };
    let event = audit::of_member(&caller, CaseAction::View.into(), Outcome::Permitted, about(&path.case));
    context.shared.table.audit(&event).await?;
    Ok(Json(LetterText { title: letter.title, text: letter.text }))
}
