//! `PUT /recordings/{id}/facts`: an admin says what a recording is that was not understood, or wrongly.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use policy::correction::{Joins, Predicted, Rules, predict};
use policy::custody::{Committed, EventKind, Happening, Head};
use policy::fragment::{Correction, Fragments};
use policy::id::RecordingId;
use policy::permission::Action;
use policy::placement::{VERSIONS_MAX, call_id_of, speaks_for};
use policy::recording::{CallReference, Recording, State as Life};
use policy::rulebook::Rulebook;
use policy::source::SIDECAR_FACTS;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{CorrectionWrite, ErrorKind, IndexMessage, WriteOutcome};

use super::lookup::{Lookup, RecordingPath, about, refuse};
use super::view::Ignored;
use crate::context::Context;
use crate::problems::{NO_SUCH_RECORDING, REDACTED, STILL_QUARANTINED, no_such_recording, still_quarantined};

/// 4 tries: each fails only if somebody else changed the recording or its corrections in between.
const TRIES: usize = 4;

/// 500 characters: a reason, not a report.
const REASON_LIMIT_CHARACTERS: usize = 500;

/// 128 bytes, as a sidecar's.
const FACT_LIMIT_BYTES: usize = 128;

/// 1,000 versions of one key are looked at, as `index` does.
const VERSIONS_LIMIT: usize = 1000;

const FIELDS: &str = "facts (an object of texts: call_id, started_at, direction, counterpart, our_number, extension, \
                      queue, staff, notice, linked_id, kind, objection), reason (text)";

/// The facts that an admin states.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionRequest {
    /// Under the sidecar's names. What is left out comes from the rest that is known.
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"enum": correctable().collect::<Vec<_>>()}))]
    #[schemars(extend("additionalProperties" = {"type": "string", "minLength": 1, "maxLength": FACT_LIMIT_BYTES}))]
    #[schemars(example = correction_example())]
    facts: BTreeMap<String, String>,
    /// Why, in the words of whoever corrects: erasable, beside the custody.
    #[schemars(length(min = 1, max = REASON_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"発信者が名乗った")]
    reason: String,
}

/// The facts that a person can say; a call's two sides are said by what they are.
fn correctable() -> impl Iterator<Item = &'static str> {
    SIDECAR_FACTS.into_iter().filter(|fact| !["caller", "called"].contains(fact))
}

impl CorrectionRequest {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut request_body: Self = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
        if !body::is_reason(&request_body.reason, REASON_LIMIT_CHARACTERS) {
            return Err(Problem::invalid("reason", Constraint::Reason));
        }
        request_body.reason = request_body.reason.trim().to_owned();
        let fits = |(name, value): (&String, &String)| {
            correctable().any(|fact| fact == name)
                && !value.trim().is_empty()
                && value.len() <= FACT_LIMIT_BYTES
                && value.chars().all(body::is_plain)
        };
        if request_body.facts.is_empty() || !request_body.facts.iter().all(fits) {
            return Err(Problem::invalid("facts", Constraint::Facts));
        }
        Ok(request_body)
    }
}

/// Whether it stands.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CorrectionState {
    /// It stands.
    Corrected,
    /// It brings the expiry nearer: a second person must say the same.
    AwaitsASecondPerson,
}

/// What came of a correction.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Corrected {
    state: CorrectionState,
    /// What of it means nothing here.
    ignored: Vec<Ignored>,
}

fn correction_example() -> serde_json::Value {
    json!({"direction": "inbound", "counterpart": "090-1234-5678"})
}

pub(super) fn route() -> Route<Context> {
    let about = About { id: "correct", tag: "recordings", summary: "An admin 管理者 says what it is." };
    Route::put("/recordings/{id}/facts", correct, about)
        .body::<CorrectionRequest>(BODY_LIMIT_BYTES)
        .answers::<Corrected>(200, "It stands.")
        .answers::<Corrected>(202, "It brings the expiry nearer: a second person must say the same.")
        .problems(&[&NO_SUCH_RECORDING, &NOT_ALLOWED, &INVALID, &STILL_QUARANTINED, &REDACTED])
}

/// Corrects a recording. The correction ranks above everything else that is known of it; what it leaves out
/// comes from the rest.
async fn correct(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<(StatusCode, Json<Corrected>), Problem> {
    let request_body = CorrectionRequest::read(request).await?;
    let salts = [random_hex()?, random_hex()?];
    for _ in 0..TRIES {
        let stored = context.shared.table.recording(&id).await?;
        let (head, last_operation) = match &stored {
            Some(stored) => (stored.head.clone(), stored.last_operation.clone()),
            None => (Head::none(), String::new()),
        };
        let recording = match Lookup::of(stored).for_member(&caller, Action::Correct) {
            Ok(Lookup::Recording(recording)) => recording,
            Ok(Lookup::Tombstone(_) | Lookup::Nothing) => {
                return Err(refuse(&context, &caller, Action::Correct, &id, no_such_recording()).await);
            }
            Err(problem) => return Err(refuse(&context, &caller, Action::Correct, &id, problem).await),
        };
        if recording.redacted_from.is_some() {
            let problem = Problem::of(&REDACTED).audited("redacted");
            return Err(refuse(&context, &caller, Action::Correct, &id, problem).await);
        }
        let key_id = recording.object.key_id();
        let before = context.shared.table.corrections(&key_id, &id).await?;
        let operation = caller.operation(Action::Correct.as_str());
        if last_operation == operation {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            return told(&context, &recording, before.waiting.is_none(), &[]).await;
        }
        let correction = Correction {
            facts: request_body.facts.clone(),
            by: caller.member.id.clone(),
            at: caller.now,
            confirmed_by: None,
        };
        let predicted = understood(&context, &recording, &correction, &caller.rulebook).await?;
        // NEVER EARLY: what brings an expiry nearer takes two people who say the same.
        let (corrections, stands) = before.with(correction, predicted.is_nearer);
        let names: Vec<&str> = request_body.facts.keys().map(String::as_str).collect();
        let committed = |salt: &String, text: String| Committed { salt: salt.clone(), text };
        let happening = Happening {
            at: caller.now,
            kind: if stands { EventKind::Corrected } else { EventKind::CorrectionAsked },
            actor: caller.member.id.clone(),
            operation,
            facts: [("names".to_owned(), names.join(","))].into(),
            texts: [
                ("reason".to_owned(), committed(&salts[0], request_body.reason.clone())),
                ("facts".to_owned(), committed(&salts[1], json!(request_body.facts).to_string())),
            ]
            .into(),
        };
        let Some(event) = head.append(&id, happening) else {
            tracing::error!(recording = %id, "a custody is full");
            return Err(Problem::of(&FAILED));
        };
        let mut audited = about(&id);
        audited.insert("names".to_owned(), names.join(","));
        audited.insert("stands".to_owned(), stands.to_string());
        let audit = audit::of_member(&caller, Action::Correct.into(), Outcome::Permitted, audited);
        let correcting = CorrectionWrite {
            id: &id,
            key_id: &key_id,
            corrections: &corrections,
            event: &event,
            audit: &audit,
            call: &recording.view.call,
        };
        match context.shared.table.correct(&correcting).await {
            Ok(WriteOutcome::Done) => return told(&context, &recording, stands, &predicted.ignored).await,
            Ok(WriteOutcome::Conflict) => {}
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}

/// Tells `index`, where there is something to merge, and the one who asked.
async fn told(
    context: &Context,
    recording: &Recording,
    stands: bool,
    ignored: &[(String, String)],
) -> Result<(StatusCode, Json<Corrected>), Problem> {
    let object = &recording.object;
    if stands {
        context.index.send(&IndexMessage::of(object)).await?;
    }
    let (status, state) = if stands {
        (StatusCode::OK, CorrectionState::Corrected)
    } else {
        (StatusCode::ACCEPTED, CorrectionState::AwaitsASecondPerson)
    };
    Ok((status, Json(Corrected { state, ignored: Ignored::list(ignored) })))
}

/// What the recording would be, and what of the correction means nothing here.
async fn understood(
    context: &Context,
    recording: &Recording,
    correction: &Correction,
    in_force: &Rulebook,
) -> Result<Predicted, Problem> {
    let shared = &context.shared;
    let key_id = recording.object.key_id();
    let id: RecordingId = recording.object.id();
    let Some(audio) = shared.table.audio_fragment(&key_id, &id).await? else {
        return Err(Problem::of(&BUSY));
    };
    let mut sidecars = shared.table.text_fragments(&key_id, VERSIONS_MAX).await?;
    if !sidecars.is_empty() {
        // A file name is used again: each sidecar speaks for the version that it follows.
        let versions = shared.table.audio_fragments(&key_id, VERSIONS_LIMIT).await?;
        sidecars.retain(|sidecar| speaks_for(sidecar, &audio, &versions));
        sidecars.truncate(Fragments::SIDECARS_MAX);
    }
    let rows = match &recording.group {
        Some(group) => shared.table.log_rows(group, Fragments::ROWS_MAX).await?.rows,
        None => Vec::new(),
    };
    let fragments = Fragments { audio, sidecars, rows, correction: Some(correction.clone()) };
    let version = if recording.view.state == Life::Active { recording.rulebook_version } else { in_force.version };
    let pinned = if version == in_force.version { None } else { Some(rulebook_of(context, version).await?) };
    let rules = Rules { in_force, pinned: pinned.as_deref().unwrap_or(in_force), joins: Joins::Nothing };
    let predicted = predict(recording, &fragments, rules).map_err(still_quarantined)?;
    let joined = CallReference { id: call_id_of(&predicted.facts, &id), incarnation: 0 };
    if joined.id == recording.view.call.id {
        return Ok(predicted);
    }
    let Some(call) = shared.table.call(&joined).await? else {
        return Ok(predicted);
    };
    let rulebook = rulebook_of(context, call.rulebook_version).await?;
    let is_open = call.is_open_to(&id) && call.spans(&id, predicted.facts.started_at);
    let joins = if is_open { Joins::Call(&rulebook) } else { Joins::Unknown };
    predict(recording, &fragments, Rules { joins, ..rules }).map_err(still_quarantined)
}

/// A version of the rulebook.
async fn rulebook_of(context: &Context, version: u64) -> Result<Arc<Rulebook>, Problem> {
    let shared = &context.shared;
    shared.rulebooks.of_version(version).await.map_err(|error| shared.unreadable_rulebook(&error))
}
