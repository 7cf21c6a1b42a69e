//! `POST /cases/{id}/shares`: shares the needed part of a recording.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::case::part::Part;
use policy::case::share::{SHARES_LIMIT, STAFF_LIMIT, Share, ShareState, Step};
use policy::custody::EventKind;
use policy::id::ShareId;
use policy::permission::{Action, CaseAction};
use policy::report::age_at_use::NEED;
use policy::retention::{Expiry, expiry};
use policy::rulebook::Role;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::TEXT_LIMIT_CHARACTERS;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NO_SUCH_RECORDING, NOT_ALLOWED, Problem, UNKNOWN_NAME};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CaseRecording, ClipMessage, ErrorKind, ShareWrite, StoredCase, WriteOutcome};

use super::view::ShareItem;
use crate::announce::{cut, cut_later};
use crate::context::Context;
use crate::lookup::{CasePath, about, about_both, read_case, recording_id_of, refuse};
use crate::parts::{MuteRequest, PartRequest, next_event, read_part};
use crate::problems::{CASE_CLOSED, NO_SUCH_CASE, NOT_IN_CASE, TOO_MANY_SHARES};
use crate::recordings::{Reached, need_of, read_recording};

/// 4 tries: each fails only if somebody else changed the case, the recording or its call in between.
const TRIES: usize = 4;

/// 90 days: who needs it longer is asked again.
const DAYS_LIMIT: i64 = 90;

/// The part of a recording that colleagues need.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareRequest {
    /// A recording of the case.
    #[schemars(length(min = 1, max = 64), example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording_id: String,
    /// Who may hear it, by id; no auditors.
    #[schemars(length(min = 1, max = STAFF_LIMIT), inner(length(min = 1, max = TEXT_LIMIT_CHARACTERS)))]
    #[schemars(example = &["abe"])]
    staff: Vec<String>,
    /// The last day on which they may, at most 90 days away.
    #[schemars(length(min = 10, max = 10), example = &"2026-12-10")]
    until: String,
    /// Where the part begins; the beginning unless given.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1_000_000.0), example = &60.0)]
    from_seconds: Option<f64>,
    /// Where it ends; the end unless given.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1_000_000.0), example = &65.0)]
    to_seconds: Option<f64>,
    /// What of it is silenced: card numbers, other people.
    #[serde(default)]
    #[schemars(length(max = 50))]
    mute: Vec<MuteRequest>,
}

const FIELDS: &str = "recording_id (text), staff (ids), until (day), from_seconds, to_seconds (numbers), \
                      mute (list of from_seconds, to_seconds)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "share_part",
        tag: "cases",
        summary: "Shares a part of a recording with named colleagues until a day 社内共有.",
    };
    Route::post("/cases/{id}/shares", make, about)
        .body::<ShareRequest>(BODY_LIMIT_BYTES)
        .answers::<ShareItem>(201, "It is shared; its clip is being made.")
        .problems(&[&NO_SUCH_CASE, &NO_SUCH_RECORDING, &NOT_ALLOWED, &CASE_CLOSED, &NOT_IN_CASE, &TOO_MANY_SHARES])
        .problems(&[&INVALID, &UNKNOWN_NAME])
}

/// Shares a part.
async fn make(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<(StatusCode, Json<ShareItem>), Problem> {
    let request: ShareRequest = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let path = CasePath { recording: recording_id_of(&request.recording_id), ..path };
    let until = read_until(&request.until, &caller)?;
    let id = ShareId::of(&caller.operation(AuditAction::SharePart.as_str()));
    for attempt in 1..=TRIES {
        let stored = read_case(&context, &caller, CaseAction::Share, &path.case).await?;
        // STRICT: who is on the staff list is told to nobody else.
        let staff = read_staff(&request.staff, &caller)?;
        let reached = read_recording(&context, &caller, Action::Share, &path, CaseAction::Share).await?;
        // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
        if attempt > 1
            && let Some(made) = context.shared.table.share(&path.case, &id).await?
        {
            return Ok((StatusCode::CREATED, Json(ShareItem::new(&made.share, &caller.rulebook))));
        }
        if let Some(problem) = obstacle(&context, &stored, &path).await? {
            return Err(refuse(&context, &caller, CaseAction::Share, about_both(&path), problem).await);
        }
        let part =
            PartRequest { from_seconds: request.from_seconds, to_seconds: request.to_seconds, mute: &request.mute };
        let part = read_part(&reached.recording, &part)?;
        let share = share_of(&id, &path, part, (&staff, until), &caller)?;
        if write(&context, &caller, &stored, &reached, &share).await? {
            return Ok((StatusCode::CREATED, Json(ShareItem::new(&share, &caller.rulebook))));
        }
    }
    Err(Problem::of(&BUSY))
}

/// Why nothing of a recording is shared with a case as it is.
async fn obstacle(context: &Context, stored: &StoredCase, path: &CasePath) -> Result<Option<Problem>, Problem> {
    if stored.case.closing.is_some() {
        return Ok(Some(Problem::of(&CASE_CLOSED).audited("case_closed")));
    }
    if !stored.case.recordings.contains(&path.recording) {
        return Ok(Some(Problem::of(&NOT_IN_CASE).audited("not_in_case")));
    }
    let shares = context.shared.table.shares(&path.case, SHARES_LIMIT).await?;
    let is_full = shares.len() >= SHARES_LIMIT;
    Ok(is_full.then(|| Problem::of(&TOO_MANY_SHARES).audited("too_many_shares")))
}

fn read_until(text: &str, caller: &MemberCaller) -> Result<Date, Problem> {
    let invalid = || Problem::invalid("until", Constraint::ShareDay);
    let until: Date = text.parse().map_err(|_| invalid())?;
    let today = caller.rulebook.day_of(caller.now);
    let last = today.checked_add(DAYS_LIMIT.days()).map_err(|_| invalid())?;
    let fits = text.len() == 10 && today <= until && until <= last;
    if fits { Ok(until) } else { Err(invalid()) }
}

/// Members of today who hear anything at all. The caller's list of them is the staff list, which managers know.
fn read_staff(ids: &[String], caller: &MemberCaller) -> Result<BTreeSet<String>, Problem> {
    if !(1..=STAFF_LIMIT).contains(&ids.len()) {
        return Err(Problem::invalid("staff", Constraint::ShareStaff));
    }
    let rulebook = &caller.rulebook;
    let today = rulebook.day_of(caller.now);
    let hears = |id: &String| rulebook.post_by_id(id, today).is_some_and(|post| post.role != Role::Auditor);
    if ids.iter().all(|id| hears(id) || rulebook.admin_logins.contains(id)) {
        Ok(ids.iter().cloned().collect())
    } else {
        Err(Problem::invalid("staff", Constraint::ShareStaff))
    }
}

fn share_of(
    id: &ShareId,
    path: &CasePath,
    part: Part,
    (staff, until): (&BTreeSet<String>, Date),
    caller: &MemberCaller,
) -> Result<Share, Problem> {
    // NEVER LATE: fixed now, whatever a later rulebook says of the zone.
    let Expiry::At(ends_at) = expiry(until, 0, &caller.rulebook.zone) else {
        return Err(Problem::invalid("until", Constraint::ShareDay));
    };
    Ok(Share {
        id: id.clone(),
        case: path.case.clone(),
        part,
        staff: staff.clone(),
        until,
        ends_at,
        shared: Step { by: caller.member.id.clone(), at: caller.now },
        state: ShareState::Making,
        clip: None,
        failure: None,
        withdrawn: None,
    })
}

/// TRACE FIRST: the share, the custody event and the audit event are one write; whether it stands.
async fn write(
    context: &Context,
    caller: &MemberCaller,
    stored: &StoredCase,
    reached: &Reached,
    share: &Share,
) -> Result<bool, Problem> {
    let mut facts = about(&share.case);
    facts.insert("share".to_owned(), share.id.as_str().to_owned());
    let with = share.staff.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let mut on_custody = facts.clone();
    on_custody.insert("with".to_owned(), with);
    let action = AuditAction::SharePart;
    let event = next_event(reached, caller, EventKind::Shared, action, on_custody.clone(), [].into())?;
    facts = on_custody;
    facts.extend(reached.facts());
    facts.insert(NEED.to_owned(), need_of(&reached.recording, &caller.rulebook).to_string());
    let audit = audit::of_member(caller, action, Outcome::Permitted, facts);
    let write = ShareWrite {
        share,
        before: None,
        case_before: Some(stored.generation),
        audit: &audit,
        event: Some(CaseRecording { event: &event, call: &reached.recording.view.call }),
    };
    let message = ClipMessage::Share { case: share.case.clone(), share: share.id.clone() };
    cut_later(context, &message).await?;
    match context.shared.table.write_share(&write).await {
        Ok(WriteOutcome::Done) => {}
        Ok(WriteOutcome::Conflict) => return Ok(false),
        // Another's transaction was at the same case or call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => return Ok(false),
        Err(error) => return Err(Problem::of_store(&error)),
    }
    cut(context, &message).await?;
    Ok(true)
}
