//! `DELETE /recordings/{id}`: asks for the deletion of the whole call before its time.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use policy::call::Call;
use policy::custody::{Committed, EventKind, Happening};
use policy::deletion::{self, DeletionState, Obstacle};
use policy::id::{CaseId, DeletionId};
use policy::permission::{self, Action, Decision, NotAllowed};
use policy::recording::Recording;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{AuditText, DeletionRequest, DeletionWrite, ErrorKind, WriteOutcome};

use super::guard::{REASON_LIMIT_CHARACTERS, TRIES};
use super::legs::{CallRecording, append, read_recordings};
use super::view::DeletionItem;
use crate::context::Context;
use crate::problems::{
    DELETED, DELETION_REQUESTED, NO_APPROVER, NO_SUCH_RECORDING, deletion_requested, no_such_recording,
};
use crate::recordings::lookup::{Lookup, RecordingPath, about_owned, read, recording_of, refuse};

/// Why a call is to be deleted, or why it is not.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonRequest {
    /// In the words of whoever asks: erasable, beside the custody.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"本人から利用停止の請求があった")]
    reason: String,
}

impl ReasonRequest {
    pub(super) async fn read(request: Request) -> Result<String, Problem> {
        let Self { reason } = body::read(request, BODY_LIMIT_BYTES, "reason (text)").await?;
        if reason.trim().is_empty() || reason.chars().count() > REASON_LIMIT_CHARACTERS {
            return Err(Problem::invalid("reason", Constraint::Reason));
        }
        Ok(reason.trim().to_owned())
    }
}

/// Why a call is to be deleted, and for which case.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletionReasonRequest {
    /// In the words of the one who asks: erasable, beside the custody.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"本人から利用停止の請求があった")]
    reason: String,
    /// The case that led to it, such as a request to stop use 利用停止・消去の請求.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-z2-7]{26}$"), example = &"5mzd2ayqc4w7k3tfh6xnvbog2e")]
    case_id: Option<String>,
}

impl DeletionReasonRequest {
    async fn read(request: Request) -> Result<(String, Option<CaseId>), Problem> {
        let Self { reason, case_id } = body::read(request, BODY_LIMIT_BYTES, "reason (text), case_id (text)").await?;
        if reason.trim().is_empty() || reason.chars().count() > REASON_LIMIT_CHARACTERS {
            return Err(Problem::invalid("reason", Constraint::Reason));
        }
        // QUIET: it stays in the audit log, so it can't be words.
        let read = |text: String| text.parse().map_err(|_| Problem::invalid("case_id", Constraint::Id));
        Ok((reason.trim().to_owned(), case_id.map(read).transpose()?))
    }
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "requestDeletion",
        tag: "deletions",
        summary: "Requests 削除依頼 that the whole call be deleted before its time; a second person approves. It ends what is no recording in quarantine 要確認 too.",
    };
    Route::delete("/recordings/{id}", request_deletion, about)
        .body::<DeletionReasonRequest>(BODY_LIMIT_BYTES)
        .answers::<DeletionItem>(202, "It waits for a second person.")
        .problems(&[&NO_SUCH_RECORDING, &DELETED, &NOT_ALLOWED, &INVALID, &DELETION_REQUESTED, &NO_APPROVER])
}

/// Requests the deletion of a recording's whole call. Nothing is deleted before a second person approves.
async fn request_deletion(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<(StatusCode, Json<DeletionItem>), Problem> {
    let (text, case) = DeletionReasonRequest::read(request).await?;
    let reason = Committed { text, salt: random_hex()? };
    for _ in 0..TRIES {
        let (mut found, call) = read(&context, &id).await?;
        // NEVER LATE: what is claimed is being deleted.
        if call.as_ref().is_some_and(|call| call.claim.is_some()) {
            found = Lookup::Nothing;
        }
        let refused = async |problem| Err(refuse(&context, &caller, Action::Delete, &id, problem).await);
        let recording = match recording_of(found, &caller, Action::Delete) {
            Ok(recording) => recording,
            Err(problem) => return refused(problem).await,
        };
        let Some(call) = call else { continue };
        let operation = caller.operation(Action::Delete.as_str());
        let deletion_id = DeletionId::of(&call.reference.id, &operation);
        let after = match call.request_deletion(deletion_id.clone(), caller.member.role) {
            Ok(after) => after,
            Err(Obstacle::Requested) => match &call.deletion {
                // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
                Some(standing) if standing.id == deletion_id => {
                    let request = context.shared.table.deletion_request(&deletion_id).await?;
                    let request = request.ok_or_else(|| Problem::of(&BUSY))?;
                    return Ok((StatusCode::ACCEPTED, Json(DeletionItem::new(&request, &caller))));
                }
                Some(standing) => return refused(deletion_requested(&standing.id)).await,
                None => continue,
            },
            Err(Obstacle::Held) => return refused(Problem::not_allowed(NotAllowed::Held)).await,
            Err(Obstacle::BeingDeleted | Obstacle::NotRequested | Obstacle::Grown) => {
                return refused(no_such_recording()).await;
            }
        };
        let recordings = read_recordings(&context, call.own_legs(), Some(&call)).await?;
        if let Err(problem) = decide_on_all(&recordings, &caller) {
            return refused(problem).await;
        }
        let request = new_request(&recording, &call, &recordings, &caller, (deletion_id, reason.text.clone()));
        let request = DeletionRequest { case: case.clone(), ..request };
        let today = caller.rulebook.day_of(caller.now);
        if deletion::approvers(&caller.rulebook, today, &request.requested_by, &request.on_the_call).is_empty() {
            return refused(Problem::of(&NO_APPROVER).audited("no_approver")).await;
        }
        if write(&context, &caller, &request, (&recording, &after, &recordings), (operation, &reason)).await? {
            return Ok((StatusCode::ACCEPTED, Json(DeletionItem::new(&request, &caller))));
        }
    }
    Err(Problem::of(&BUSY))
}

/// Whoever requests the end of the whole call may request that of each of its recordings.
pub(super) fn decide_on_all(recordings: &[CallRecording], caller: &MemberCaller) -> Result<(), Problem> {
    let may_delete = |one: &CallRecording| {
        let view = &one.recording.view;
        permission::decide(&caller.member, Action::Delete, view, None, &caller.rulebook, caller.now) == Decision::Permit
    };
    if recordings.iter().all(may_delete) { Ok(()) } else { Err(Problem::not_allowed(NotAllowed::OthersRecordings)) }
}

pub(super) fn new_request(
    recording: &Recording,
    call: &Call,
    recordings: &[CallRecording],
    caller: &MemberCaller,
    (id, reason): (DeletionId, String),
) -> DeletionRequest {
    let on_the_call: BTreeSet<String> = recordings.iter().filter_map(|one| one.recording.view.staff.clone()).collect();
    DeletionRequest {
        id,
        state: DeletionState::Waiting,
        call: call.reference.clone(),
        recording: recording.view.id.clone(),
        recordings: call.own_legs().cloned().collect(),
        on_the_call: on_the_call.into_iter().collect(),
        day: recording.day,
        team: recording.view.team.clone(),
        quarantine_reason: recording.view.quarantine_reason,
        case: None,
        requested_by: caller.member.id.clone(),
        requested_by_role: caller.member.role,
        requested_at: caller.now,
        reason: Some(AuditText::new(reason)),
        decided: None,
        redaction: None,
    }
}

/// Writes a request with its events, if nothing it rests on has changed; whether it stands.
pub(super) async fn write(
    context: &Context,
    caller: &MemberCaller,
    request: &DeletionRequest,
    (recording, after, recordings): (&Recording, &Call, &[CallRecording]),
    (operation, reason): (String, &Committed),
) -> Result<bool, Problem> {
    let happening = Happening {
        at: caller.now,
        kind: if request.redaction.is_some() { EventKind::RedactionRequested } else { EventKind::DeletionRequested },
        actor: caller.member.id.clone(),
        operation,
        facts: [("request".to_owned(), request.id.to_string())].into(),
        texts: [("reason".to_owned(), reason.clone())].into(),
    };
    let events = append(recordings, &happening)?;
    let mut facts = about_owned(&recording.view);
    facts.insert("deletion".to_owned(), request.id.to_string());
    facts.extend(request.case.as_ref().map(|case| ("case".to_owned(), case.to_string())));
    facts.extend(request.redaction.as_ref().map(|_| ("redaction".to_owned(), true.to_string())));
    let audit = audit::of_member(caller, Action::Delete.into(), Outcome::Permitted, facts);
    let write = DeletionWrite { request, before: None, call: Some(after), events: &events, audit: &audit };
    match context.shared.table.write_deletion(&write).await {
        Ok(outcome) => Ok(outcome == WriteOutcome::Done),
        // Another's transaction was at the same call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(Problem::of_store(&error)),
    }
}
