//! `POST /cases`: a memo 受付メモ, which opens a case 案件.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use policy::audit::AuditAction;
use policy::case::holds::CANDIDATES_LIMIT;
use policy::case::{Case, CaseKind, CaseText, Memo, Sought};
use policy::id::CaseId;
use policy::number::{self, Absent, Counterpart};
use policy::permission::{self, Decision, Refusal};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{NUMBER_LIMIT_CHARACTERS, TEXT_LIMIT_CHARACTERS, read_moment};
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, NOT_ALLOWED, Problem, TOO_MANY};
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CountResult, ErrorKind, Job};

use crate::announce::{follow, follow_later};
use crate::candidates;
use crate::context::Context;
use crate::lookup::about;
use crate::texts::read_lines;
use crate::view::CaseItem;

/// 4 tries: each fails only if the same member's other request was counted in between.
const TRIES: usize = 4;

/// 2,000 characters: what happened and what was promised, not the minutes of a meeting.
const SUMMARY_LIMIT_CHARACTERS: usize = 2_000;

/// 31 days: "some time last month" is the least that helps to find a call.
const RANGE_LIMIT: SignedDuration = SignedDuration::from_hours(24 * 31);

/// A memo 受付メモ: when, which number, what about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoRequest {
    kind: CaseKind,
    /// When the call was: RFC 3339 with an offset, or a day; else `from` and `to`.
    #[serde(default)]
    #[schemars(length(min = 10, max = 35), example = &"2026-11-03T14:05:00+09:00")]
    happened_at: Option<String>,
    /// When it was at the earliest.
    #[serde(default)]
    #[schemars(length(min = 10, max = 35))]
    from: Option<String>,
    /// And at the latest.
    #[serde(default)]
    #[schemars(length(min = 10, max = 35))]
    to: Option<String>,
    /// The other party's number 相手番号 in any form, or why there was none, such as `非通知`; left out where nobody knows.
    #[serde(default)]
    #[schemars(length(min = 1, max = NUMBER_LIMIT_CHARACTERS), example = &"090-1234-5678")]
    number: Option<String>,
    /// The last four digits, where no more is known.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[0-9]{4}$"))]
    last4: Option<String>,
    /// Who was on the call, by id.
    #[serde(default)]
    #[schemars(length(min = 1, max = TEXT_LIMIT_CHARACTERS))]
    staff: Option<String>,
    /// The team whose managers are to work on it; the writer's own unless given.
    #[serde(default)]
    #[schemars(length(min = 1, max = TEXT_LIMIT_CHARACTERS))]
    team: Option<String>,
    /// What happened. Without control characters except line breaks.
    #[schemars(length(min = 1, max = SUMMARY_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"請求額が見積と違うとのお申し出。折り返しを約束した。")]
    summary: String,
}

const FIELDS: &str = "kind (complaint, harassment, legal, investigation, disclosure, stop_use, incident), \
                      happened_at or from and to (times), number, last4, staff, team, summary (texts)";

pub(crate) fn route() -> Route<Context> {
    let about = About {
        id: "write_memo",
        tag: "cases",
        summary: "Writes a memo 受付メモ about a call, recorded or not, which opens a case 案件.",
    };
    Route::post("/cases", open, about)
        .body::<MemoRequest>(BODY_LIMIT_BYTES)
        .answers::<CaseItem>(201, "The case.")
        .problems(&[&NOT_ALLOWED, &INVALID, &TOO_MANY])
}

/// Writes a memo.
async fn open(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    request: Request,
) -> Result<(StatusCode, Json<CaseItem>), Problem> {
    let memo = read_memo(body::read(request, BODY_LIMIT_BYTES, FIELDS).await?, &caller)?;
    if let Decision::Refuse(Refusal::NotAllowed { reason }) = permission::decide_on_memo(&caller.member) {
        return Err(refuse(&context, &caller, Facts::new(), Problem::not_allowed(reason)).await);
    }
    // STRICT: the writer is not told what there is, and nothing of the answer depends on it.
    let found = candidates::find(&context, &memo.sought).await?.into_iter();
    let calls = found.take(CANDIDATES_LIMIT).map(|(_, listed)| listed.call).collect();
    let memo = Memo { candidates: calls, ..memo };
    let operation = caller.operation(AuditAction::WriteMemo.as_str());
    let case = Case::open(CaseId::of(&operation), memo, &caller.member, &caller.rulebook, caller.now);
    // NEVER EARLY: what it may mean is held, whatever becomes of this request.
    let job = Job::FollowCase { case: case.view.id.clone() };
    follow_later(&context, &job).await?;
    let case = write(&context, &caller, case).await?;
    follow(&context, &job).await?;
    Ok((StatusCode::CREATED, Json(CaseItem::new(&case.view, &caller.rulebook))))
}

/// TRACE FIRST: the case and its event are one write. TWICE IS ONCE: a repeat of the request finds what it wrote.
async fn write(context: &Context, caller: &MemberCaller, case: Case) -> Result<Case, Problem> {
    let id = &case.view.id;
    let mut facts = about(id);
    facts.insert("kind".to_owned(), case.view.kind.as_str().to_owned());
    let event = audit::of_member(caller, AuditAction::WriteMemo, Outcome::Permitted, facts);
    let count = Limited::Memo.count(caller);
    for _ in 0..TRIES {
        match context.shared.table.open_case(&case, &event, &count).await {
            Ok(CountResult::Done) => return Ok(case),
            Ok(CountResult::Conflict) => {
                let stored = context.shared.table.case(id).await?;
                return stored.map(|stored| stored.case).ok_or_else(|| Problem::of(&FAILED));
            }
            Ok(CountResult::TooMany) => {
                let problem = rate::too_many(&count, &caller.rulebook, context.shared.connection.now());
                return Err(refuse(context, caller, Facts::new(), problem).await);
            }
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}

async fn refuse(context: &Context, caller: &MemberCaller, mut facts: Facts, problem: Problem) -> Problem {
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let event = audit::of_member(caller, AuditAction::WriteMemo, Outcome::Refused, facts);
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

fn read_memo(request: MemoRequest, caller: &MemberCaller) -> Result<Memo, Problem> {
    let (from, to) = read_range(&request, caller)?;
    let counterpart = request.number.map(|text| read_counterpart(&text, &caller.rulebook.country)).transpose()?;
    let last4 = request.last4.map(|digits| read_last4(&digits)).transpose()?;
    let staff = request.staff.map(|text| read_text("staff", text)).transpose()?;
    let team = request.team.map(|text| read_text("team", text)).transpose()?;
    let summary = read_lines("summary", &request.summary, SUMMARY_LIMIT_CHARACTERS, Constraint::Note)?;
    Ok(Memo {
        kind: request.kind,
        sought: Sought { from, to, counterpart, last4, staff },
        summary,
        team,
        candidates: BTreeSet::new(),
    })
}

/// A time, a day from its first moment to its last, or a range of either.
fn read_range(request: &MemoRequest, caller: &MemberCaller) -> Result<(Timestamp, Timestamp), Problem> {
    let invalid = || Problem::invalid("happened_at", Constraint::MemoTime);
    let (from, to) = match (&request.happened_at, &request.from, &request.to) {
        (Some(at), None, None) => (("happened_at", at), ("happened_at", at)),
        (None, Some(from), Some(to)) => (("from", from), ("to", to)),
        _ => return Err(invalid()),
    };
    let zone = &caller.rulebook.zone;
    let (from, to) = (read_moment(from.0, from.1, zone, 0)?, read_moment(to.0, to.1, zone, 1)?);
    if from > caller.now || to < from || to.duration_since(from) > RANGE_LIMIT {
        Err(invalid())
    } else {
        Ok((from, to))
    }
}

fn read_counterpart(text: &str, country: &str) -> Result<Counterpart, Problem> {
    let invalid = || Problem::invalid("number", Constraint::Number);
    if text.chars().count() > NUMBER_LIMIT_CHARACTERS {
        return Err(invalid());
    }
    match number::read(text, country) {
        Counterpart::Absent(Absent::Unknown) => Err(invalid()),
        counterpart => Ok(counterpart),
    }
}

fn read_last4(digits: &str) -> Result<CaseText, Problem> {
    let is_last4 = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_last4 { Ok(CaseText::new(digits)) } else { Err(Problem::invalid("last4", Constraint::FourDigits)) }
}

fn read_text(field: &'static str, text: String) -> Result<String, Problem> {
    let is_fit = (1..=TEXT_LIMIT_CHARACTERS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_fit { Ok(text) } else { Err(Problem::invalid(field, Constraint::Text)) }
}
