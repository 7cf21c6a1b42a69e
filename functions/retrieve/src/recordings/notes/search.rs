//! `GET /notes`: notes by their text, within what the caller may see.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::try_join_all;
use policy::audit::AuditAction;
use policy::names::fold;
use policy::permission::{self, Action, Decision};
use policy::recording::RecordingSummary;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters, TEXT_LIMIT_CHARACTERS};
use rokuban_http::problem::{self, Constraint, Problem};
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::AuditText;

use super::columns::{NOTES, NoteRow};
use super::read::LegNotes;
use super::view::Note;
use crate::context::Context;
use crate::recordings::lookup::refresh;
use crate::recordings::search::{self, Search};
use crate::recordings::view::RecordingItem;

/// 1,000 notes of one recording are looked through, the newest.
const NOTES_LIMIT: usize = 1_000;

/// 10 recordings are read at once.
const AT_ONCE: usize = 10;

/// A recording with those of its notes that have the text.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotedRecording {
    recording: RecordingItem,
    /// Newest first.
    notes: Vec<Note>,
}

/// A page of a search of notes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotesFound {
    /// In the order of the recordings. A page can be short or empty while there is a next one.
    items: Vec<NotedRecording>,
    /// What the next page is asked for with; `null` behind the last one.
    #[schemars(example = &"eyJ2IjoyLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiIsImYiOiI4MTFjOWRjNSJ9")]
    next_cursor: Option<String>,
    /// What was searched: calls that began then or later.
    from: Time,
    /// And before then.
    to: Time,
}

const TEXT: &[Parameter] = &[Parameter::new(
    "text",
    Constraint::Text,
    "What the note says, in any width or case; blanks make no difference.",
    "税込12万円",
)];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "search_notes",
        tag: "recordings",
        summary: "Searches notes 通話メモ by their text, of calls that one may see; the filters of recordings narrow it.",
    };
    Route::get("/notes", search_notes, about)
        .query(TEXT)
        .query(search::NOTE_PARAMETERS)
        .answers::<NotesFound>(200, "A page.")
        .or_file(LinkRoute { path: "/notes/export-link", id: "notes_export_link" })
        .problems(&[&problem::UNKNOWN_NAME, &problem::NOT_ALLOWED, &problem::TOO_MANY])
}

/// Searches notes.
async fn search_notes(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    asked_for: QueryParameters,
) -> Result<Response, Problem> {
    let (text, given) = take_text(asked_for.clone())?;
    let asked = [("text".to_owned(), AuditText::new(text.clone()))].into();
    let search = Search { given: &given, pages: Pages::of(&format), action: AuditAction::SearchNotes, asked };
    let found = search.find(&context, &caller).await?;
    let wanted = fold(&text);
    let mut items = Vec::new();
    for some in found.page.items.chunks(AT_ONCE) {
        let reads = some.iter().map(|view| noted(&context, &caller, view, &wanted));
        items.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    if let Format::Csv(file) = format {
        let of = |(recording, notes): (RecordingSummary, Vec<Note>)| {
            notes.into_iter().map(move |note| NoteRow { recording: recording.clone(), note })
        };
        let rows: Vec<NoteRow> = items.into_iter().flat_map(of).collect();
        let (facts, asked) = (found.facts(), found.asked());
        let (rows, given, next_cursor, more) = (&rows, &asked_for, found.next_cursor(), Vec::new());
        let notes = Export { list: &NOTES, file, rows, facts, asked, given, next_cursor, more };
        return export(&context.shared, &caller, notes).await;
    }
    let mut facts = found.facts();
    facts.insert("items".to_owned(), items.len().to_string());
    let mut event = audit::of_member(&caller, AuditAction::SearchNotes, Outcome::Permitted, facts);
    event.asked = found.asked();
    let shown = Limited::Items(u32::try_from(items.len()).unwrap_or(u32::MAX));
    rate::audit_counted(&context.shared, &caller, &event, shown).await?;
    let [from, to] = [found.filters.from, found.filters.to].map(|at| Time::new(at, &caller.rulebook));
    let item = |(view, notes)| NotedRecording { recording: RecordingItem::new(&view, &caller), notes };
    let items = items.into_iter().map(item).collect();
    let next_cursor = found.next_cursor();
    let next = next_cursor.clone();
    paging::with_next(Json(NotesFound { items, next_cursor, from, to }), &asked_for, next.as_deref())
}

/// The text, and what else was given, with the filter that only recordings with notes pass.
fn take_text(given: QueryParameters) -> Result<(String, QueryParameters), Problem> {
    let mut given = given.0;
    let texts: Vec<String> = given.extract_if(.., |(name, _)| name == "text").map(|(_, text)| text).collect();
    let text = match texts.as_slice() {
        [text] => text.trim(),
        [] => return Err(Problem::invalid("text", Constraint::Text)),
        _ => return Err(Problem::invalid("text", Constraint::Once)),
    };
    if !(1..=TEXT_LIMIT_CHARACTERS).contains(&text.chars().count()) || fold(text).is_empty() {
        return Err(Problem::invalid("text", Constraint::Text));
    }
    Parameters::new(&QueryParameters::of(given.clone()), search::NOTE_PARAMETERS)?;
    given.push(("notes".to_owned(), "true".to_owned()));
    Ok((text.to_owned(), QueryParameters::of(given)))
}

/// The recording with those of its notes that have the text; `None` where there is none, or they may not be read.
async fn noted(
    context: &Context,
    caller: &MemberCaller,
    view: &RecordingSummary,
    wanted: &str,
) -> Result<Option<(RecordingSummary, Vec<Note>)>, Problem> {
    let may_read = |view: &RecordingSummary| {
        let decision = permission::decide(&caller.member, Action::ReadNotes, view, None, &caller.rulebook, caller.now);
        decision == Decision::Permit
    };
    // STRICT: what one may view and whose notes one may not read costs the same, whatever its notes say.
    if !may_read(view) {
        return Ok(None);
    }
    let read = LegNotes::read(context, &view.id, u32::MAX, NOTES_LIMIT).await?;
    let mut notes = read.standing(caller);
    notes.retain(|note| fold(note.text()).contains(wanted));
    if notes.is_empty() {
        return Ok(None);
    }
    // NEVER LATE: what the index carries may be behind the call, and what is claimed is being deleted.
    let Some(call) = context.shared.table.call(&view.call).await? else { return Ok(None) };
    let mut view = view.clone();
    refresh(&mut view, &call);
    Ok((call.claim.is_none() && may_read(&view)).then_some((view, notes)))
}
