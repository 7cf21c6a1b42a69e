//! `GET` and `POST /recordings/{id}/notes`: what was written about a call 通話メモ.
//!
//! A note is an event of the recording's custody; its text lies beside it, and ends with the recording.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use policy::custody::{Chained, Committed, EventKind, Happening, Head};
use policy::id::RecordingId;
use policy::permission::Action;
use policy::recording::Recording;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{Given, Parameter};
use rokuban_http::problem::{BUSY, Constraint, FAILED, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccessRecord, CountResult, ErrorKind};

use super::event_cursor::read_event_cursor;
use super::lookup::{Lookup, RecordingPath, about, read, recording_of, refresh, refuse};
use super::view::name_of;
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING, no_such_recording};

/// 4 tries: each fails only if somebody else changed the recording or its call in between.
const TRIES: usize = 4;

/// 2,000 characters: what was said and agreed, not the minutes of a meeting.
const TEXT_LIMIT_CHARACTERS: usize = 2_000;

/// 100 notes a page: with the longest texts they are a tenth of what one answer carries.
const PAGE: usize = 100;

/// A note to write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteRequest {
    /// Without control characters but for line breaks.
    #[schemars(length(min = 1, max = TEXT_LIMIT_CHARACTERS), regex(pattern = r"\S"), example = &"見積は税込12万円で合意。")]
    text: String,
}

const FIELDS: &str = "text (text)";

/// One note.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Note {
    /// `{recording}.{number}`.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    event_id: String,
    /// When it was written.
    at: Time,
    /// Who wrote it, by id.
    #[schemars(example = &"sato")]
    staff: String,
    /// The writer's name then.
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// What.
    #[schemars(example = &"見積は税込12万円で合意。")]
    text: String,
}

/// A page of notes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Notes {
    /// Newest first.
    items: Vec<Note>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"17")]
    next_cursor: Option<String>,
}

impl Note {
    /// `None` where its text was erased.
    fn of(link: &Chained, caller: &MemberCaller) -> Option<Self> {
        Some(Self {
            event_id: link.event_id(),
            at: Time::new(link.event.at, &caller.rulebook),
            staff: link.event.actor.clone(),
            staff_name: name_of(&link.event.actor, link.event.at, &caller.rulebook),
            text: link.texts.get(TEXT)?.text.clone(),
        })
    }
}

/// The name of a note's text beside its event.
const TEXT: &str = "text";

const PARAMETERS: &[Parameter] =
    &[Parameter::new("cursor", Constraint::Cursor, "What a page gave as `next_cursor`.", "17")];

pub(super) fn routes() -> Vec<Route<Context>> {
    let path = "/recordings/{id}/notes";
    let reads =
        About {
            id: "notes", tag: "recordings", summary: "What was written about its call 通話メモ, newest first."
        };
    let writes = About {
        id: "note",
        tag: "recordings",
        summary: "Writes a note 通話メモ about its call; it ends with the recording.",
    };
    vec![
        Route::get(path, notes, reads).query(PARAMETERS).answers::<Notes>(200, "A page.").problems(&[
            &NO_SUCH_RECORDING,
            &DELETED,
            &NOT_ALLOWED,
        ]),
        Route::post(path, note, writes)
            .body::<NoteRequest>(BODY_LIMIT_BYTES)
            .answers::<Note>(201, "It stands.")
            .problems(&[&NO_SUCH_RECORDING, &DELETED, &NOT_ALLOWED, &INVALID]),
    ]
}

/// Reads the notes of a recording.
async fn notes(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    given: Given,
) -> Result<Json<Notes>, Problem> {
    let cursor = read_event_cursor(&given, PARAMETERS)?;
    // NEVER LATE: the copies of periods and holds that lie in the recording may be behind its call, and what is claimed
    // is being deleted.
    let (mut found, call) = read(&context, &id).await?;
    if call.is_some_and(|call| call.claim.is_some()) {
        found = Lookup::Nothing;
    }
    if let Err(problem) = recording_of(found, &caller, Action::ReadNotes) {
        return Err(refuse(&context, &caller, Action::ReadNotes, &id, problem).await);
    }
    // One more tells whether there is another page.
    let mut links =
        context.shared.table.events_of_kind(&id, EventKind::Noted, cursor.unwrap_or(u32::MAX), PAGE + 1).await?;
    let has_more = links.len() > PAGE;
    links.truncate(PAGE);
    let event = audit::of_member(&caller, Action::ReadNotes.into(), Outcome::Permitted, about(&id));
    context.shared.table.audit(&event).await?;
    let next_cursor = links.last().filter(|_| has_more).map(|last| last.event.number.to_string());
    Ok(Json(Notes { items: links.iter().filter_map(|link| Note::of(link, &caller)).collect(), next_cursor }))
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
    for attempt in 1..=TRIES {
        let stored = context.shared.table.recording(&id).await?;
        let (head, last_operation) = match &stored {
            Some(stored) => (stored.head.clone(), stored.last_operation.clone()),
            None => (Head::none(), String::new()),
        };
        let mut found = Lookup::of(stored);
        if let (Lookup::Recording(recording), true) = (&mut found, attempt > 1) {
            // The copies that lie in the recording may be behind its call.
            match context.shared.table.call(&recording.view.call).await? {
                // NEVER LATE: what is claimed is being deleted.
                Some(call) if call.claim.is_some() => found = Lookup::Nothing,
                Some(call) => refresh(&mut recording.view, &call),
                None => continue,
            }
        }
        let recording = match recording_of(found, &caller, Action::Note) {
            Ok(recording) => recording,
            Err(problem) => return Err(refuse(&context, &caller, Action::Note, &id, problem).await),
        };
        let operation = caller.operation(Action::Note.as_str());
        let written = last_operation == operation;
        let link = next(&head, &id, &caller, operation, &text)?;
        if written {
            // TWICE IS ONCE: an earlier try wrote it, and only its answer was lost.
            return told(&context, &id, head.number, &caller).await;
        }
        if write(&context, &caller, &recording, &link).await? {
            let note = Note::of(&link, &caller).ok_or_else(|| Problem::of(&FAILED))?;
            return Ok((StatusCode::CREATED, Json(note)));
        }
    }
    Err(Problem::of(&BUSY))
}

async fn read_text(request: Request) -> Result<String, Problem> {
    let NoteRequest { text } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let characters = text.chars().count();
    let text = text.trim();
    let is_text = |character: char| character == '\n' || body::is_plain(character);
    if text.is_empty() || characters > TEXT_LIMIT_CHARACTERS || !text.chars().all(is_text) {
        return Err(Problem::invalid("text", Constraint::Note));
    }
    Ok(text.to_owned())
}

fn next(
    head: &Head,
    id: &RecordingId,
    caller: &MemberCaller,
    operation: String,
    text: &Committed,
) -> Result<Chained, Problem> {
    let happening = Happening {
        at: caller.now,
        kind: EventKind::Noted,
        actor: caller.member.id.clone(),
        operation,
        facts: Facts::new(),
        texts: [(TEXT.to_owned(), text.clone())].into(),
    };
    head.append(id, happening).ok_or_else(|| {
        tracing::error!(recording = %id, "a custody is full");
        Problem::of(&FAILED)
    })
}

/// Writes a note and its audit event, if nothing it rests on has changed; whether it stands.
async fn write(
    context: &Context,
    caller: &MemberCaller,
    recording: &Recording,
    link: &Chained,
) -> Result<bool, Problem> {
    let view = &recording.view;
    let mut facts = about(&view.id);
    facts.insert("event".to_owned(), link.event.number.to_string());
    let audit = audit::of_member(caller, Action::Note.into(), Outcome::Permitted, facts);
    let trace = AccessRecord {
        event: link,
        audit: &audit,
        count: None,
        call: &view.call,
        periods: &view.periods,
        holds: &view.holds,
    };
    match context.shared.table.record_access(&trace).await {
        Ok(CountResult::Done) => Ok(true),
        Ok(CountResult::Conflict | CountResult::TooMany) => Ok(false),
        // Another's transaction was at the same call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(Problem::of_store(&error)),
    }
}

/// The answer to a note that an earlier try has written.
async fn told(
    context: &Context,
    id: &RecordingId,
    number: u32,
    caller: &MemberCaller,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let link = context.shared.table.custody_event(id, number).await?;
    let note = link.as_ref().and_then(|link| Note::of(link, caller)).ok_or_else(no_such_recording)?;
    Ok((StatusCode::CREATED, Json(note)))
}
