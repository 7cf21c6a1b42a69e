//! `POST /cases/{id}/releases`: requests that parts of recordings leave the company.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::case::CaseText;
use policy::case::release::{NewRelease, PARTS_LIMIT, RELEASES_LIMIT, Release, ReleaseBasis, ReleasePart};
use policy::case::share::Step;
use policy::custody::{Committed, EventKind};
use policy::id::{RecordingId, ReleaseId};
use policy::permission::{Action, CaseAction};
use rokuban_http::body;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NO_SUCH_RECORDING, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::StoredCase;

use super::view::ReleaseItem;
use super::write::{ReleaseStep, write};
use crate::context::Context;
use crate::lookup::{CasePath, about, read_case, recording_id_of, refuse};
use crate::parts::{MuteRequest, PartRequest, read_part};
use crate::problems::{CASE_CLOSED, NO_SUCH_CASE, NOT_IN_CASE, TOO_MANY_RELEASES};
use crate::recordings::{Reached, read_recording};
use crate::texts::read_lines;

/// 4 tries: each fails only if somebody else changed the case, a recording or its call in between.
const TRIES: usize = 4;

/// 128 KiB: 20 parts, and the transcripts of some of them.
const RELEASE_BODY_LIMIT_BYTES: usize = 128 * 1024;

/// 20,000 characters: the transcript of an hour.
const TRANSCRIPT_LIMIT_CHARACTERS: usize = 20_000;

/// 128 characters, as of every name.
const NAME_LIMIT_CHARACTERS: usize = 128;

/// 500 characters, as every reason.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// One part that is to leave the company.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleasePartRequest {
    /// A recording of the case.
    #[schemars(length(min = 1, max = 64), example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording_id: String,
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
    /// A timed transcript 反訳 that goes with it.
    #[serde(default)]
    #[schemars(length(min = 1, max = TRANSCRIPT_LIMIT_CHARACTERS), example = &"00:01 お電話ありがとうございます。")]
    transcript: Option<String>,
}

/// What is to leave the company, to whom, under what and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseRequest {
    /// To whom.
    #[schemars(length(min = 1, max = NAME_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"〇〇警察署")]
    recipient: String,
    basis: ReleaseBasis,
    /// The number or the name of the inquiry or the order.
    #[serde(default)]
    #[schemars(length(min = 1, max = NAME_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"捜査関係事項照会書 第123号")]
    reference: Option<String>,
    /// And its date.
    #[serde(default)]
    #[schemars(length(min = 10, max = 10), example = &"2026-11-20")]
    basis_date: Option<String>,
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"照会への回答のため。")]
    reason: String,
    #[schemars(length(min = 1, max = PARTS_LIMIT))]
    items: Vec<ReleasePartRequest>,
}

const FIELDS: &str = "recipient, reference, reason (texts), basis (investigation_inquiry, bar_inquiry, court_order, \
                      own_counsel, person_request, consent, other), basis_date (day), items (recording_id, \
                      from_seconds, to_seconds, mute, transcript)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "ask_release",
        tag: "cases",
        summary: "Requests that parts of recordings leave the company 社外提出; a second person decides.",
    };
    Route::post("/cases/{id}/releases", ask, about)
        .body::<ReleaseRequest>(RELEASE_BODY_LIMIT_BYTES)
        .answers::<ReleaseItem>(201, "It waits for a second person.")
        .problems(&[&NO_SUCH_CASE, &NO_SUCH_RECORDING, &NOT_ALLOWED, &CASE_CLOSED, &NOT_IN_CASE, &TOO_MANY_RELEASES])
        .problems(&[&INVALID])
}

/// Requests a release.
async fn ask(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<(StatusCode, Json<ReleaseItem>), Problem> {
    let request: ReleaseRequest = body::read(request, RELEASE_BODY_LIMIT_BYTES, FIELDS).await?;
    if !(1..=PARTS_LIMIT).contains(&request.items.len()) {
        return Err(Problem::invalid("items", Constraint::ReleaseParts));
    }
    let text = |field, text: &str, limit| read_lines(field, text, limit, Constraint::Text);
    let new = NewRelease {
        recipient: text("recipient", &request.recipient, NAME_LIMIT_CHARACTERS)?,
        basis: request.basis,
        reference: request.reference.as_ref().map(|one| text("reference", one, NAME_LIMIT_CHARACTERS)).transpose()?,
        basis_date: request.basis_date.as_ref().map(|day| read_day(day)).transpose()?,
        reason: read_lines("reason", &request.reason, REASON_LIMIT_CHARACTERS, Constraint::Reason)?,
        parts: Vec::new(),
        register_days: caller.rulebook.register_days,
    };
    let salt = random_hex()?;
    let id = ReleaseId::of(&caller.operation(AuditAction::AskRelease.as_str()));
    for attempt in 1..=TRIES {
        let stored = read_case(&context, &caller, CaseAction::Release, &path.case).await?;
        let (parts, reached) = read_parts(&context, &caller, &path, &request.items, &stored).await?;
        // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
        if attempt > 1
            && let Some(asked) = context.shared.table.release(&path.case, &id).await?
        {
            return Ok((StatusCode::CREATED, Json(ReleaseItem::new(&asked.release, &stored.case, &caller))));
        }
        if let Some(problem) = obstacle(&context, &stored, &path).await? {
            return Err(refuse(&context, &caller, CaseAction::Release, about(&path.case), problem).await);
        }
        let asked = Step { by: caller.member.id.clone(), at: caller.now };
        let new = NewRelease { parts, ..new.clone() };
        let release = Release::request(id.clone(), path.case.clone(), new, asked);
        let step = ReleaseStep {
            release: &release,
            before: None,
            case_before: Some(stored.generation),
            reached: &reached,
            action: AuditAction::AskRelease,
            kind: EventKind::ReleaseAsked,
            texts: texts_of(&release, &salt),
        };
        if write(&context, &caller, step).await? {
            return Ok((StatusCode::CREATED, Json(ReleaseItem::new(&release, &stored.case, &caller))));
        }
    }
    Err(Problem::of(&BUSY))
}

/// To whom and why, erasable beside the custody.
fn texts_of(release: &Release, salt: &str) -> BTreeMap<String, Committed> {
    let text = |name: &str, text: &CaseText| {
        (name.to_owned(), Committed { salt: salt.to_owned(), text: text.expose().to_owned() })
    };
    BTreeMap::from([text("recipient", &release.recipient), text("reason", &release.reason)])
}

/// Why nothing of a case is released as it is.
async fn obstacle(context: &Context, stored: &StoredCase, path: &CasePath) -> Result<Option<Problem>, Problem> {
    if stored.case.closing.is_some() {
        return Ok(Some(Problem::of(&CASE_CLOSED).audited("case_closed")));
    }
    let releases = context.shared.table.releases(&path.case, RELEASES_LIMIT).await?;
    let is_full = releases.len() >= RELEASES_LIMIT;
    Ok(is_full.then(|| Problem::of(&TOO_MANY_RELEASES).audited("too_many_releases")))
}

fn read_day(text: &str) -> Result<Date, Problem> {
    let day = text.parse().ok().filter(|_| text.len() == 10);
    day.ok_or_else(|| Problem::invalid("basis_date", Constraint::Day))
}

/// The parts, and each recording of them once. Each is the case's, and the caller may release it.
async fn read_parts(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    items: &[ReleasePartRequest],
    stored: &StoredCase,
) -> Result<(Vec<ReleasePart>, Vec<Reached>), Problem> {
    let mut parts = Vec::new();
    let mut reached: Vec<Reached> = Vec::new();
    for item in items {
        let id = recording_id_of(&item.recording_id);
        if !reached.iter().any(|other| other.recording.view.id == id) {
            reached.push(read_one(context, caller, path, &id, stored).await?);
        }
        let recording = reached.iter().find(|other| other.recording.view.id == id);
        let Some(recording) = recording else { return Err(Problem::of(&NO_SUCH_RECORDING)) };
        let part = PartRequest { from_seconds: item.from_seconds, to_seconds: item.to_seconds, mute: &item.mute };
        let transcript = item.transcript.as_ref();
        let transcript = transcript
            .map(|text| read_lines("transcript", text, TRANSCRIPT_LIMIT_CHARACTERS, Constraint::Transcript))
            .transpose()?;
        parts.push(ReleasePart { part: read_part(&recording.recording, &part)?, transcript });
    }
    Ok((parts, reached))
}

async fn read_one(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    id: &RecordingId,
    stored: &StoredCase,
) -> Result<Reached, Problem> {
    let path = CasePath { recording: id.clone(), ..path.clone() };
    let reached = read_recording(context, caller, Action::Release, &path, CaseAction::Release).await?;
    if stored.case.recordings.contains(id) {
        return Ok(reached);
    }
    let problem = Problem::of(&NOT_IN_CASE).audited("not_in_case");
    Err(refuse(context, caller, CaseAction::Release, about(&path.case), problem).await)
}
