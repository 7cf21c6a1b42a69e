//! `POST /recordings/{id}/notes`, and what every event of a note is written with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use policy::audit::AuditAction;
use policy::custody::{Committed, CustodyEvent, EventKind, Head, NewEvent, OF_NOTE};
use policy::id::RecordingId;
use policy::permission::Action;
use policy::recording::Recording;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, NOT_ALLOWED, Problem, TOO_MANY};
use rokuban_http::random::random_hex;
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{AccessRecord, CountResult, ErrorKind, NoteWrite};

use super::limits::{TEXT, TEXT_LIMIT_CHARACTERS};
use super::view::{Changes, Note};
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING, no_such_recording};
use crate::recordings::lookup::{Lookup, RecordingPath, about, recording_of, refresh, refuse};

/// 4 tries: each fails only if somebody else changed the recording or its call in between.
pub(super) const TRIES: usize = 4;

/// A note to write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteRequest {
    /// Without control characters except line breaks.
    #[schemars(length(min = 1, max = TEXT_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"見積は税込12万円で合意。")]
    text: String,
}

const FIELDS: &str = "text (text)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "note",
        tag: "recordings",
        summary: "Writes a note 通話メモ about its call; it ends with the recording.",
    };
    Route::post("/recordings/{id}/notes", note, about)
        .body::<NoteRequest>(BODY_LIMIT_BYTES)
        .answers::<Note>(201, "It stands.")
        .problems(&[&NO_SUCH_RECORDING, &DELETED, &NOT_ALLOWED, &INVALID, &TOO_MANY])
}

/// Writes a note.
async fn note(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    request: Request,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let text = read_text(request).await?;
    let text = Committed { salt: random_hex()?, text };
    let doing = Doing { context: &context, caller: &caller, id: &id, action: AuditAction::Note };
    for attempt in 1..=TRIES {
        let state = doing.read(attempt > 1).await?;
        let Some(state) = state else { continue };
        if state.is_done {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            return answer_again(&context, &id, state.head.number, &caller).await;
        }
        let event = doing.event(&state, EventKind::Noted, None, Some(&text))?;
        let notes = state.recording.view.notes.saturating_add(1);
        if doing.write(&state, &event, notes).await? {
            let note = Note::of(&event, &Changes::default(), &caller).ok_or_else(|| Problem::of(&FAILED))?;
            return Ok((StatusCode::CREATED, Json(note)));
        }
    }
    Err(Problem::of(&BUSY))
}

/// Reads the text of a note.
pub(super) async fn read_text(request: Request) -> Result<String, Problem> {
    let NoteRequest { text } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let characters = text.chars().count();
    let text = text.trim();
    let is_text = |character: char| character == '\n' || body::is_plain(character);
    if text.is_empty() || characters > TEXT_LIMIT_CHARACTERS || !text.chars().all(is_text) {
        return Err(Problem::invalid("text", Constraint::Note));
    }
    Ok(text.to_owned())
}

/// The answer to a note that an earlier try has written.
async fn answer_again(
    context: &Context,
    id: &RecordingId,
    number: u32,
    caller: &MemberCaller,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let link = context.shared.table.custody_event(id, number).await?;
    let note = link.as_ref().and_then(|link| Note::of(link, &Changes::default(), caller));
    note.map(|note| (StatusCode::CREATED, Json(note))).ok_or_else(no_such_recording)
}

/// One request that writes, corrects or withdraws a note.
pub(super) struct Doing<'a> {
    pub(super) context: &'a Context,
    pub(super) caller: &'a MemberCaller,
    pub(super) id: &'a RecordingId,
    pub(super) action: AuditAction,
}

/// What stands when it comes.
pub(super) struct NoteState {
    pub(super) recording: Box<Recording>,
    generation: u64,
    pub(super) head: Head,
    /// Whether an earlier try of the same request wrote the last event.
    pub(super) is_done: bool,
}

impl Doing<'_> {
    /// The operation's id.
    pub(super) fn operation(&self) -> String {
        self.caller.operation(self.action.as_str())
    }

    /// Reads and decides; `None` where the call was not to be found and the next try finds it. The first try believes the
    /// copies of the call's periods and holds, for nothing is written unless they are the call's own.
    pub(super) async fn read(&self, reads_call: bool) -> Result<Option<NoteState>, Problem> {
        let table = &self.context.shared.table;
        let stored = table.recording(self.id).await?;
        let (generation, head, last_operation) = match &stored {
            Some(stored) => (stored.generation, stored.head.clone(), stored.last_operation.clone()),
            None => (0, Head::none(), String::new()),
        };
        let mut found = Lookup::of(stored);
        if let (Lookup::Recording(recording), true) = (&mut found, reads_call) {
            match table.call(&recording.view.call).await? {
                // NEVER LATE: what is claimed is being deleted.
                Some(call) if call.claim.is_some() => found = Lookup::Nothing,
                Some(call) => refresh(&mut recording.view, &call),
                None => return Ok(None),
            }
        }
        match recording_of(found, self.caller, Action::Note) {
            Ok(recording) => {
                let is_done = last_operation == self.operation();
                Ok(Some(NoteState { recording, generation, head, is_done }))
            }
            Err(problem) => Err(self.refuse(problem).await),
        }
    }

    /// Refuses, as every refusal of a note.
    pub(super) async fn refuse(&self, problem: Problem) -> Problem {
        refuse(self.context, self.caller, Action::Note, self.id, problem).await
    }

    /// What goes on the chain: `note` is the one that is corrected or withdrawn.
    pub(super) fn event(
        &self,
        state: &NoteState,
        kind: EventKind,
        note: Option<u32>,
        text: Option<&Committed>,
    ) -> Result<CustodyEvent, Problem> {
        let happening = NewEvent {
            at: self.caller.now,
            kind,
            actor: self.caller.member.id.clone(),
            operation: self.operation(),
            facts: note.map(|note| (OF_NOTE.to_owned(), note.to_string())).into_iter().collect(),
            texts: text.map(|text| (TEXT.to_owned(), text.clone())).into_iter().collect(),
        };
        state.head.append(self.id, happening).ok_or_else(|| {
            tracing::error!(recording = %self.id, "a custody is full");
            Problem::of(&FAILED)
        })
    }

    /// Writes the event, its audit event and how many notes there are then, if nothing it rests on has changed; whether it
    /// stands. What has a text counts toward the writer's hour.
    pub(super) async fn write(&self, state: &NoteState, event: &CustodyEvent, notes: u32) -> Result<bool, Problem> {
        let mut recording = state.recording.clone();
        recording.view.notes = notes;
        let view = &recording.view;
        let mut facts: Facts = about(self.id);
        facts.extend(event.event.facts.clone());
        facts.insert("event".to_owned(), event.event.number.to_string());
        let audit = audit::of_member(self.caller, self.action, Outcome::Permitted, facts);
        let count = (!event.texts.is_empty()).then(|| Limited::Note.count(self.caller));
        let access =
            AccessRecord { event, audit: &audit, count, call: &view.call, periods: &view.periods, holds: &view.holds };
        let write = NoteWrite { access, recording: &recording, before: state.generation };
        match (self.context.shared.table.write_note(&write).await, count) {
            (Ok(CountResult::Done), _) => Ok(true),
            (Ok(CountResult::TooMany), Some(count)) => {
                let now = self.context.shared.connection.now();
                Err(self.refuse(rate::too_many(&count, &self.caller.rulebook, now)).await)
            }
            (Ok(CountResult::Conflict | CountResult::TooMany), _) => Ok(false),
            // Another's transaction was at the same call: the next try comes behind it.
            (Err(error), _) if error.kind == ErrorKind::Throttled => Ok(false),
            (Err(error), _) => Err(Problem::of_store(&error)),
        }
    }
}
