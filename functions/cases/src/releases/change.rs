//! What is done with a release once it is requested: approve, refuse, withdraw, link, delivered.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::SignedDuration;
use policy::audit::AuditAction;
use policy::case::release::{ReleaseChange, ReleaseRefusal};
use policy::case::share::Step;
use policy::case::{Case, CaseText};
use policy::custody::{Committed, EventKind};
use policy::id::sha256_hex;
use policy::permission::{Action, CaseAction, NotAllowed};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, Kind, NO_SUCH_RECORDING, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, BASE, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ClipMessage, StoredCase, StoredRelease};

use super::get::read_release;
use super::view::ReleaseItem;
use super::write::{ReleaseStep, about_release, write};
use crate::announce::{cut, cut_later};
use crate::context::Context;
use crate::lookup::{CasePath, read_case, refuse};
use crate::problems::{CASE_CLOSED, NO_SUCH_CASE, NO_SUCH_RELEASE, WRONG_RELEASE_STATE, wrong_release_state};
use crate::recordings::{Reached, reach, read_recording};
use crate::texts::read_lines;

/// 8 tries: each fails only if somebody else changed the release, a recording or its call in between.
const TRIES: usize = 8;

/// 500 characters, as every reason.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// 128 characters, as of every name.
const NAME_LIMIT_CHARACTERS: usize = 128;

/// 7 days: who has not opened it by then gets another link.
const LINK_DAYS_LIMIT: i64 = 7;

/// Why a release is refused or withdrawn.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseReasonRequest {
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"範囲が広すぎるため。")]
    reason: String,
}

/// How long a link lives.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkReleaseRequest {
    #[schemars(range(min = 1, max = LINK_DAYS_LIMIT), example = &7)]
    days: i64,
}

/// Who received a release, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveredRequest {
    #[schemars(length(min = 1, max = NAME_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"担当官")]
    received_by: String,
    #[schemars(length(min = 1, max = NAME_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"リンク")]
    channel: String,
}

/// A link for the recipient. It is shown once: only its hash is stored.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecipientLink {
    /// Anyone who has it opens the package. The link that was made before opens nothing any more.
    #[schemars(extend("format" = "uri"), example = &"https://api.example/v1/r/0")]
    link: String,
    /// When it stops.
    expires_at: Time,
}

const OF_REASON: &str = "reason (text)";
const OF_LINK: &str = "days (1 to 7)";
const OF_DELIVERED: &str = "received_by, channel (texts)";

const PROBLEMS: &[&Kind] = &[&NO_SUCH_CASE, &NO_SUCH_RELEASE, &NOT_ALLOWED, &WRONG_RELEASE_STATE];

pub(super) fn routes() -> Vec<Route<Context>> {
    let about = |id, summary| About { id, tag: "cases", summary };
    let approves = about("approve_release", "Approves a release that somebody else requested; its package is made.");
    let refuses = about("refuse_release", "Refuses a release that somebody else requested.");
    let withdraws = about("withdraw_release", "Takes a release back: its link opens nothing from then on.");
    let links = about("link_release", "Makes a link for the recipient, which is shown once.");
    let delivers = about("deliver_release", "Records to whom a release was given, and how.");
    vec![
        Route::post("/cases/{id}/releases/{release_id}/approve", approve, approves)
            .answers::<ReleaseItem>(200, "It is approved.")
            .problems(PROBLEMS)
            .problems(&[&CASE_CLOSED, &NO_SUCH_RECORDING]),
        Route::post("/cases/{id}/releases/{release_id}/refuse", refuse_it, refuses)
            .body::<ReleaseReasonRequest>(BODY_LIMIT_BYTES)
            .answers::<ReleaseItem>(200, "It is refused.")
            .problems(PROBLEMS)
            .problems(&[&INVALID]),
        Route::post("/cases/{id}/releases/{release_id}/withdraw", withdraw, withdraws)
            .body::<ReleaseReasonRequest>(BODY_LIMIT_BYTES)
            .answers::<ReleaseItem>(200, "It is withdrawn.")
            .problems(PROBLEMS)
            .problems(&[&INVALID]),
        Route::post("/cases/{id}/releases/{release_id}/link", link, links)
            .body::<LinkReleaseRequest>(BODY_LIMIT_BYTES)
            .answers::<RecipientLink>(200, "The link.")
            .problems(PROBLEMS)
            .problems(&[&INVALID]),
        Route::post("/cases/{id}/releases/{release_id}/delivered", deliver, delivers)
            .body::<DeliveredRequest>(BODY_LIMIT_BYTES)
            .answers::<ReleaseItem>(200, "It is delivered.")
            .problems(PROBLEMS)
            .problems(&[&INVALID]),
    ]
}

/// Approves.
async fn approve(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
) -> Result<Json<ReleaseItem>, Problem> {
    change(&context, &caller, &path, &ReleaseChange::Approve).await
}

/// Refuses.
async fn refuse_it(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<ReleaseItem>, Problem> {
    let reason = read_reason(request).await?;
    change(&context, &caller, &path, &ReleaseChange::Refuse(reason)).await
}

/// Withdraws.
async fn withdraw(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<ReleaseItem>, Problem> {
    let reason = read_reason(request).await?;
    change(&context, &caller, &path, &ReleaseChange::Withdraw(reason)).await
}

/// Makes a link.
async fn link(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<RecipientLink>, Problem> {
    let (parts, body) = request.into_parts();
    let origin = context.shared.link_origin(&parts).ok_or_else(|| Problem::of(&FAILED))?;
    let request = Request::from_parts(parts, body);
    let LinkReleaseRequest { days } = body::read(request, BODY_LIMIT_BYTES, OF_LINK).await?;
    let invalid = || Problem::invalid("days", Constraint::LinkDays);
    if !(1..=LINK_DAYS_LIMIT).contains(&days) {
        return Err(invalid());
    }
    let expires_at = caller.now.checked_add(SignedDuration::from_hours(24 * days)).map_err(|_| invalid())?;
    // 256 bits that nobody can guess. QUIET: the token is in this answer and nowhere else.
    let token = format!("{}{}", random_hex()?, random_hex()?);
    let token_sha256 = sha256_hex(token.as_bytes());
    let Json(_) = change(&context, &caller, &path, &ReleaseChange::Link { token_sha256, expires_at }).await?;
    let link = format!("{origin}{BASE}/r/{token}");
    Ok(Json(RecipientLink { link, expires_at: Time::new(expires_at, &caller.rulebook) }))
}

/// Records a delivery.
async fn deliver(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<ReleaseItem>, Problem> {
    let DeliveredRequest { received_by, channel } = body::read(request, BODY_LIMIT_BYTES, OF_DELIVERED).await?;
    let read = |field, text: &str| read_lines(field, text, NAME_LIMIT_CHARACTERS, Constraint::Text);
    let (received_by, channel) = (read("received_by", &received_by)?, read("channel", &channel)?);
    change(&context, &caller, &path, &ReleaseChange::Deliver { received_by, channel }).await
}

async fn read_reason(request: Request) -> Result<CaseText, Problem> {
    let ReleaseReasonRequest { reason } = body::read(request, BODY_LIMIT_BYTES, OF_REASON).await?;
    read_lines("reason", &reason, REASON_LIMIT_CHARACTERS, Constraint::Reason)
}

/// The words of a change.
fn words_of(change: &ReleaseChange) -> (CaseAction, AuditAction, EventKind) {
    match change {
        ReleaseChange::Approve => (CaseAction::Approve, AuditAction::ApproveRelease, EventKind::ReleaseApproved),
        ReleaseChange::Refuse(_) => (CaseAction::Approve, AuditAction::RefuseRelease, EventKind::ReleaseRefused),
        ReleaseChange::Withdraw(_) => (CaseAction::Release, AuditAction::WithdrawRelease, EventKind::ReleaseWithdrawn),
        ReleaseChange::Link { .. } => (CaseAction::Release, AuditAction::LinkRelease, EventKind::ReleaseLinked),
        ReleaseChange::Deliver { .. } => {
            (CaseAction::Release, AuditAction::DeliverRelease, EventKind::ReleaseDelivered)
        }
    }
}

/// What lies erasable beside the custody.
fn texts_of(change: &ReleaseChange) -> Result<BTreeMap<String, Committed>, Problem> {
    let salt = random_hex()?;
    let text = |name: &str, text: &CaseText| {
        (name.to_owned(), Committed { salt: salt.clone(), text: text.expose().to_owned() })
    };
    Ok(match change {
        ReleaseChange::Approve | ReleaseChange::Link { .. } => BTreeMap::new(),
        ReleaseChange::Refuse(reason) | ReleaseChange::Withdraw(reason) => [text("reason", reason)].into(),
        ReleaseChange::Deliver { received_by, channel } => {
            [text("received_by", received_by), text("channel", channel)].into()
        }
    })
}

async fn change(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    change: &ReleaseChange,
) -> Result<Json<ReleaseItem>, Problem> {
    let (case_action, action, kind) = words_of(change);
    let texts = texts_of(change)?;
    for _ in 0..TRIES {
        let case = read_case(context, caller, case_action, &path.case).await?;
        let stored = read_release(context, caller, case_action, path).await?;
        let step = Step { by: caller.member.id.clone(), at: caller.now };
        let changed = match stored.release.change(change, step) {
            Ok(changed) => changed,
            Err(why) => return Err(refuse_change(context, caller, case_action, &stored, why).await),
        };
        let is_approval = *change == ReleaseChange::Approve;
        let reached = gather(context, caller, path, (&case, &stored), is_approval).await?;
        let message = ClipMessage::Release { case: path.case.clone(), release: path.release.clone() };
        if is_approval {
            cut_later(context, &message).await?;
        }
        let step = ReleaseStep {
            release: &changed,
            before: Some(stored.generation),
            // An approval and a close: the one that comes second finds the other.
            case_before: is_approval.then_some(case.generation),
            reached: &reached,
            action,
            kind,
            texts: texts.clone(),
        };
        // TWICE IS ONCE: what is so already is answered and not written again.
        if changed == stored.release || write(context, caller, step).await? {
            if is_approval {
                cut(context, &message).await?;
            }
            return Ok(Json(ReleaseItem::new(&changed, &case.case, caller)));
        }
    }
    Err(Problem::of(&BUSY))
}

/// The recordings of a release whose custody goes on. An approval needs every one of them, and a case that is open; nothing
/// else depends on what became of them.
async fn gather(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    (case, stored): (&StoredCase, &StoredRelease),
    is_approval: bool,
) -> Result<Vec<Reached>, Problem> {
    if is_approval && is_closed(&case.case) {
        let problem = Problem::of(&CASE_CLOSED).audited("case_closed");
        return Err(refuse(context, caller, CaseAction::Approve, about_release(&stored.release), problem).await);
    }
    let mut reached = Vec::new();
    for id in stored.release.recordings() {
        let path = CasePath { recording: id.clone(), ..path.clone() };
        if is_approval {
            reached.push(read_recording(context, caller, Action::Release, &path, CaseAction::Approve).await?);
        } else {
            reached.extend(reach(context, &id).await?);
        }
    }
    Ok(reached)
}

fn is_closed(case: &Case) -> bool {
    case.closing.is_some()
}

async fn refuse_change(
    context: &Context,
    caller: &MemberCaller,
    action: CaseAction,
    stored: &StoredRelease,
    why: ReleaseRefusal,
) -> Problem {
    let problem = match why {
        ReleaseRefusal::OwnRequest => Problem::not_allowed(NotAllowed::OwnRequest),
        ReleaseRefusal::WrongState(state) => wrong_release_state(state),
    };
    refuse(context, caller, action, about_release(&stored.release), problem).await
}
