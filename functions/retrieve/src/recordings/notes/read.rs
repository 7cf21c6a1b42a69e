//! `GET /recordings/{id}/notes`: the notes of its call, newest first.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use futures_util::future::try_join_all;
use policy::call::Call;
use policy::custody::{CustodyEvent, EventKind};
use policy::id::RecordingId;
use policy::permission::{self, Action, Decision};
use rokuban_http::audit::{self, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{Parameter, QueryParameters};
use rokuban_http::problem::{Constraint, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;

use super::cursor::{LEGS_LIMIT, NoteCursor};
use super::limits::PAGE;
use super::view::{Changes, Note};
use crate::context::Context;
use crate::problems::{DELETED, NO_SUCH_RECORDING};
use crate::recordings::lookup::{Lookup, RecordingPath, about, read, recording_of, refresh, refuse};

/// What corrects and withdraws notes.
const CHANGES: &[EventKind] = &[EventKind::NoteCorrected, EventKind::NoteWithdrawn];

/// 10,000 corrections: more than anybody writes within the life of a recording.
const CHANGES_LIMIT: usize = 10_000;

/// A page of notes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Notes {
    /// Newest first, those of the call's other recordings among them, as far as they may be read. Those that were
    /// withdrawn are left out, so a page can be short.
    items: Vec<Note>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"17")]
    next_cursor: Option<String>,
}

const PARAMETERS: &[Parameter] =
    &[Parameter::new("cursor", Constraint::Cursor, "What a page gave as `next_cursor`.", "17")];

pub(super) fn route() -> Route<Context> {
    let about =
        About {
            id: "notes", tag: "recordings", summary: "What was written about its call 通話メモ, newest first."
        };
    Route::get("/recordings/{id}/notes", notes, about).query(PARAMETERS).answers::<Notes>(200, "A page.").problems(&[
        &NO_SUCH_RECORDING,
        &DELETED,
        &NOT_ALLOWED,
    ])
}

/// Reads the notes of a recording and of its call's other ones.
async fn notes(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    RecordingPath(id): RecordingPath,
    given: QueryParameters,
) -> Result<Json<Notes>, Problem> {
    let cursor = NoteCursor::read(&given, PARAMETERS)?;
    // NEVER LATE: the copies of periods and holds that lie in the recording may be behind its call, and what is claimed
    // is being deleted.
    let (mut found, call) = read(&context, &id).await?;
    if call.as_ref().is_some_and(|call| call.claim.is_some()) {
        found = Lookup::Nothing;
    }
    if let Err(problem) = recording_of(found, &caller, Action::ReadNotes) {
        return Err(refuse(&context, &caller, Action::ReadNotes, &id, problem).await);
    }
    let mut legs = vec![id.clone()];
    legs.extend(other_legs(&context, &caller, &id, call.as_ref()).await?);
    let reads = legs.iter().map(|leg| LegNotes::read(&context, leg, cursor.before(leg, &id), PAGE + 1));
    let mut legs = try_join_all(reads).await?;
    let items = merge(&mut legs, &caller);
    let has_more = legs.iter().any(|leg| !leg.notes.is_empty());
    let event = audit::of_member(&caller, Action::ReadNotes.into(), Outcome::Permitted, about(&id));
    context.shared.table.audit(&event).await?;
    let ends: Vec<(RecordingId, u32)> = legs.into_iter().map(|leg| (leg.recording, leg.before)).collect();
    Ok(Json(Notes { items, next_cursor: has_more.then(|| NoteCursor::to_text(&ends)) }))
}

/// Those of a call's other recordings whose notes the caller may read.
async fn other_legs(
    context: &Context,
    caller: &MemberCaller,
    id: &RecordingId,
    call: Option<&Call>,
) -> Result<Vec<RecordingId>, Problem> {
    let Some(call) = call else { return Ok(Vec::new()) };
    let others: Vec<RecordingId> = call.legs.iter().filter(|leg| *leg != id).take(LEGS_LIMIT - 1).cloned().collect();
    if others.is_empty() {
        return Ok(others);
    }
    let mut legs = Vec::new();
    for mut view in context.shared.table.listed(&others).await? {
        refresh(&mut view, call);
        let decision = permission::decide(&caller.member, Action::ReadNotes, &view, None, &caller.rulebook, caller.now);
        if permission::is_listed(&view) && decision == Decision::Permit {
            legs.push(view.id);
        }
    }
    legs.sort();
    Ok(legs)
}

/// What corrected and withdrew the notes of a recording, newest first.
pub(super) async fn read_changes(context: &Context, recording: &RecordingId) -> Result<Vec<CustodyEvent>, Problem> {
    let changes = context.shared.table.events_of_kinds(recording, CHANGES, u32::MAX, CHANGES_LIMIT).await?;
    Ok(changes)
}

/// The notes of one recording, newest first, and what came of them.
pub(super) struct LegNotes {
    recording: RecordingId,
    notes: VecDeque<CustodyEvent>,
    changes: Vec<CustodyEvent>,
    /// Before which number what is left begins.
    before: u32,
}

impl LegNotes {
    /// At most `limit` notes before a number.
    pub(super) async fn read(
        context: &Context,
        recording: &RecordingId,
        before: u32,
        limit: usize,
    ) -> Result<Self, Problem> {
        let table = &context.shared.table;
        let notes = table.events_of_kinds(recording, &[EventKind::Noted], before, limit).await?;
        let changes = if notes.is_empty() { Vec::new() } else { read_changes(context, recording).await? };
        Ok(Self { recording: recording.clone(), notes: notes.into(), changes, before })
    }

    /// Those that were not withdrawn.
    pub(super) fn standing(&self, caller: &MemberCaller) -> Vec<Note> {
        let changes = Changes::of(&self.changes);
        let standing = self.notes.iter().filter(|event| !changes.has_withdrawn(event.event.number));
        standing.filter_map(|event| Note::of(event, &changes, caller)).collect()
    }
}

/// Takes a page of notes off the legs, the newest of all first.
fn merge(legs: &mut [LegNotes], caller: &MemberCaller) -> Vec<Note> {
    let mut items = Vec::new();
    for _ in 0..PAGE {
        let newest = legs.iter_mut().filter(|leg| !leg.notes.is_empty());
        let Some(leg) = newest.max_by_key(|leg| leg.notes.front().map(|event| event.event.at)) else { break };
        let Some(event) = leg.notes.pop_front() else { break };
        leg.before = event.event.number;
        let changes = Changes::of(&leg.changes);
        if !changes.has_withdrawn(event.event.number) {
            items.extend(Note::of(&event, &changes, caller));
        }
    }
    items
}
