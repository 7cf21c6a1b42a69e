//! `POST /recordings/{id}/redactions`: asks that parts of a recording are silenced for good.
//!
//! The request is one for a deletion: of the recording as it is. It is listed, approved and refused as any other; the call
//! lives on with a version without the parts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use policy::call::Call;
use policy::case::part::Part;
use policy::custody::Committed;
use policy::deletion::{self, Obstacle};
use policy::id::DeletionId;
use policy::permission::{Action, NotAllowed};
use policy::placement::DEPENDANTS_AT_ONCE;
use policy::recording::{Recording, State as Life};
use policy::redaction::Redaction;
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::DeletionRequest;

use super::guard::{REASON_LIMIT_CHARACTERS, TRIES};
use super::legs::read_recordings;
use super::request::{decide_on_all, new_request, write};
use super::view::DeletionItem;
use crate::context::Context;
use crate::problems::{
    DELETED, DELETION_REQUESTED, NO_APPROVER, NO_SUCH_RECORDING, NOT_REDACTABLE, deletion_requested, no_such_recording,
};
use crate::recordings::lookup::{Lookup, RecordingPath, read, recording_of, refuse};
use crate::recordings::silenced::SilencedRange;

/// What of a recording is to be silenced for good, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactionRequest {
    /// In the words of the one who asks: erasable, beside the custody.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"))]
    #[schemars(example = &"カード番号が読み上げられている")]
    reason: String,
    /// Each is silenced on every channel; a block of the coding that is touched is silenced whole.
    #[schemars(length(min = 1, max = 50))]
    mute: Vec<SilencedRange>,
}

impl RedactionRequest {
    async fn read(request: Request) -> Result<(String, Vec<(u64, u64)>), Problem> {
        let Self { reason, mute } = body::read(request, BODY_LIMIT_BYTES, "reason (text), mute (ranges)").await?;
        if reason.trim().is_empty() || reason.chars().count() > REASON_LIMIT_CHARACTERS {
            return Err(Problem::invalid("reason", Constraint::Reason));
        }
        let mute = mute.into_iter().map(SilencedRange::milliseconds).collect::<Option<Vec<_>>>();
        let mute = mute.filter(|mute| !mute.is_empty());
        Ok((reason.trim().to_owned(), mute.ok_or_else(|| Problem::invalid("mute", Constraint::Mute))?))
    }
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "requestRedaction",
        tag: "deletions",
        summary: "Requests マスキングの依頼 that parts of a recording are silenced for good; a second person approves. A version without them takes its place, and the recording as it was is deleted.",
    };
    Route::post("/recordings/{id}/redactions", request_redaction, about)
        .body::<RedactionRequest>(BODY_LIMIT_BYTES)
        .answers::<DeletionItem>(202, "It waits for a second person.")
        .problems(&[
            &NO_SUCH_RECORDING,
            &DELETED,
            &NOT_ALLOWED,
            &INVALID,
            &NOT_REDACTABLE,
            &DELETION_REQUESTED,
            &NO_APPROVER,
        ])
}

/// Requests that parts of a recording are silenced for good. Nothing is changed before a second person approves.
async fn request_redaction(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<(StatusCode, Json<DeletionItem>), Problem> {
    let (text, mute) = RedactionRequest::read(request).await?;
    let reason = Committed { text, salt: random_hex()? };
    let salt = random_hex()?;
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
        let operation = caller.operation("redact");
        let deletion_id = DeletionId::of(&call.reference.id, &operation);
        let after = match call.request_redaction(deletion_id.clone(), caller.member.role, &id) {
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
        let mute = match read_mute(&recording, &call, &mute) {
            Ok(mute) => mute,
            Err(problem) => return refused(problem).await,
        };
        let recordings = read_recordings(&context, std::iter::once(&id), Some(&call)).await?;
        if let Err(problem) = decide_on_all(&recordings, &caller) {
            return refused(problem).await;
        }
        let request = new_request(&recording, &call, &recordings, &caller, (deletion_id, reason.text.clone()));
        let request = DeletionRequest {
            recordings: vec![id.clone()],
            redaction: Some(Redaction::new(mute, salt.clone())),
            ..request
        };
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

/// The ranges, where they lie within the recording and its bytes can be silenced one by one.
fn read_mute(recording: &Recording, call: &Call, mute: &[(u64, u64)]) -> Result<Vec<(u64, u64)>, Problem> {
    let not_redactable = || Problem::of(&NOT_REDACTABLE).audited("not_redactable");
    let view = &recording.view;
    let audio = recording.audio.as_ref().filter(|_| view.state == Life::Active).ok_or_else(not_redactable)?;
    let part = Part::new(view.id.clone(), (None, None), mute, view.duration_milliseconds);
    let mute = part.map_err(|_| Problem::invalid("mute", Constraint::Mute))?.mute;
    let following = call.brought.values().filter(|brought| brought.follows.as_ref() == Some(&view.id)).count();
    let is_redactable = cutter::silences_in_place(audio, &mute) && following <= DEPENDANTS_AT_ONCE;
    if is_redactable { Ok(mute) } else { Err(not_redactable()) }
}
