//! `PUT` and `DELETE /recordings/{id}/notes/{number}`: the writer of a note corrects or withdraws it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::audit::AuditAction;
use policy::custody::{Committed, CustodyEvent, EventKind};
use policy::permission::NotAllowed;
use rokuban_http::body::BODY_LIMIT_BYTES;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, FAILED, INVALID, Kind, NOT_ALLOWED, Problem, TOO_MANY};
use rokuban_http::random::random_hex;
use rokuban_http::route::{About, Route};

use super::read::read_changes;
use super::view::{Changes, Note};
use super::write::{Doing, NoteRequest, NoteState, TRIES, read_text};
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_NOTE, NO_SUCH_RECORDING};
use crate::recordings::lookup::{RecordingPath, TwoNames};

const PATH: &str = "/recordings/{id}/notes/{number}";

const PROBLEMS: &[&Kind] = &[&NO_SUCH_RECORDING, &NO_SUCH_NOTE, &DELETED, &NOT_ALLOWED];

pub(super) fn routes() -> Vec<Route<Context>> {
    let corrects = About {
        id: "correct_note",
        tag: "recordings",
        summary: "Corrects one's own note 通話メモ; the text before stays committed in custody.",
    };
    let withdraws = About {
        id: "withdraw_note",
        tag: "recordings",
        summary: "Withdraws one's own note 通話メモ: no list shows it.",
    };
    vec![
        Route::put(PATH, correct, corrects)
            .body::<NoteRequest>(BODY_LIMIT_BYTES)
            .answers::<Note>(200, "It is corrected.")
            .problems(PROBLEMS)
            .problems(&[&INVALID, &TOO_MANY]),
        Route::delete(PATH, withdraw, withdraws).answers::<Note>(200, "It is withdrawn.").problems(PROBLEMS),
    ]
}

/// Corrects a note.
async fn correct(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    TwoNames(_, number): TwoNames,
    request: Request,
) -> Result<Json<Note>, Problem> {
    let text = Committed { text: read_text(request).await?, salt: random_hex()? };
    let doing = Doing { context: &context, caller: &caller, id: &id, action: AuditAction::CorrectNote };
    change(&doing, &number, Some(&text)).await
}

/// Withdraws a note.
async fn withdraw(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    TwoNames(_, number): TwoNames,
) -> Result<Json<Note>, Problem> {
    let doing = Doing { context: &context, caller: &caller, id: &id, action: AuditAction::WithdrawNote };
    change(&doing, &number, None).await
}

/// Corrects a note where there is a text, else withdraws it.
async fn change(doing: &Doing<'_>, number: &str, text: Option<&Committed>) -> Result<Json<Note>, Problem> {
    for attempt in 1..=TRIES {
        let Some(state) = doing.read(attempt > 1).await? else { continue };
        let Written { note, mut changes } = find(doing, number).await?;
        let of_note = note.event.number;
        let is_withdrawn = Changes::of(&changes).has_withdrawn(of_note);
        // TWICE IS ONCE: an earlier try wrote it, or it is withdrawn, and that again changes nothing.
        let is_written = changes.iter().any(|event| event.event.operation == doing.operation());
        let is_done = is_written || (is_withdrawn && text.is_none());
        if !is_done {
            if is_withdrawn {
                return Err(doing.refuse(no_such_note()).await);
            }
            let event = next(doing, &state, of_note, text)?;
            let taken = u32::from(text.is_none());
            if !doing.write(&state, &event, state.recording.view.notes.saturating_sub(taken)).await? {
                continue;
            }
            changes.insert(0, event);
        }
        let changed = Note::of(&note, &Changes::of(&changes), doing.caller);
        return changed.map(Json).ok_or_else(|| Problem::of(&FAILED));
    }
    Err(Problem::of(&BUSY))
}

fn next(doing: &Doing<'_>, state: &NoteState, note: u32, text: Option<&Committed>) -> Result<CustodyEvent, Problem> {
    let kind = if text.is_some() { EventKind::NoteCorrected } else { EventKind::NoteWithdrawn };
    doing.event(state, kind, Some(note), text)
}

/// A note of the caller's, and what came of the notes of its recording.
struct Written {
    note: CustodyEvent,
    changes: Vec<CustodyEvent>,
}

/// The note of a number, where the caller wrote it.
async fn find(doing: &Doing<'_>, number: &str) -> Result<Written, Problem> {
    let table = &doing.context.shared.table;
    let number = number.parse().ok().filter(|one: &u32| one.to_string() == number);
    let event = match number {
        Some(number) => table.custody_event(doing.id, number).await?,
        None => None,
    };
    let Some(note) = event.filter(|event| event.event.kind == EventKind::Noted) else {
        return Err(doing.refuse(no_such_note()).await);
    };
    if note.event.actor != doing.caller.member.id {
        return Err(doing.refuse(Problem::not_allowed(NotAllowed::NotYourNote)).await);
    }
    let changes = read_changes(doing.context, doing.id).await?;
    Ok(Written { note, changes })
}

fn no_such_note() -> Problem {
    Problem::of(&NO_SUCH_NOTE).audited("no_such_note")
}
