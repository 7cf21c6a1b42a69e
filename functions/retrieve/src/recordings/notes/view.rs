//! What the API shows of a note.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::custody::{CustodyEvent, EventKind, OF_NOTE};
use policy::id::RecordingId;
use rokuban_http::caller::MemberCaller;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use super::limits::TEXT;
use crate::recordings::view::name_of;

/// One note.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Note {
    /// `{recording}.{number}`.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    event_id: String,
    /// The recording it was written on: a leg of the call.
    recording_id: RecordingId,
    /// When it was written.
    at: Time,
    #[serde(skip)]
    #[schemars(skip)]
    written_at: Timestamp,
    /// Who wrote it, by id.
    #[schemars(example = &"sato")]
    staff: String,
    /// The writer's name then.
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// What, as it was last corrected.
    #[schemars(example = &"見積は税込12万円で合意。")]
    text: String,
    /// When it was last corrected.
    corrected_at: Option<Time>,
    /// When its writer withdrew it: no list shows it from then on.
    withdrawn_at: Option<Time>,
}

/// What came of a note after it was written: the last event of each kind.
#[derive(Clone, Copy, Debug, Default)]
struct Later<'a> {
    corrected: Option<&'a CustodyEvent>,
    withdrawn: Option<&'a CustodyEvent>,
}

/// What came of the notes of one recording, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Changes<'a>(BTreeMap<u32, Later<'a>>);

impl<'a> Changes<'a> {
    /// Of the events that correct or withdraw, newest first.
    pub(super) fn of(events: &'a [CustodyEvent]) -> Self {
        let mut changes = BTreeMap::<u32, Later<'a>>::new();
        for event in events {
            let Some(note) = event.event.facts.get(OF_NOTE).and_then(|number| number.parse().ok()) else { continue };
            let later = changes.entry(note).or_default();
            match event.event.kind {
                EventKind::NoteCorrected => drop(later.corrected.get_or_insert(event)),
                EventKind::NoteWithdrawn => drop(later.withdrawn.get_or_insert(event)),
                _ => {}
            }
        }
        Self(changes)
    }

    /// Whether a note was withdrawn.
    pub(super) fn has_withdrawn(&self, note: u32) -> bool {
        self.0.get(&note).is_some_and(|later| later.withdrawn.is_some())
    }
}

impl Note {
    /// `None` where its text was erased.
    pub(super) fn of(event: &CustodyEvent, changes: &Changes<'_>, caller: &MemberCaller) -> Option<Self> {
        let Later { corrected, withdrawn } = changes.0.get(&event.event.number).copied().unwrap_or_default();
        let time = |later: Option<&CustodyEvent>| later.map(|later| Time::new(later.event.at, &caller.rulebook));
        Some(Self {
            event_id: event.event_id(),
            recording_id: event.event.recording.clone(),
            at: Time::new(event.event.at, &caller.rulebook),
            written_at: event.event.at,
            staff: event.event.actor.clone(),
            staff_name: name_of(&event.event.actor, event.event.at, &caller.rulebook),
            text: corrected.unwrap_or(event).texts.get(TEXT)?.text.clone(),
            corrected_at: time(corrected),
            withdrawn_at: time(withdrawn),
        })
    }

    pub(super) fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// By id.
    pub(super) fn writer(&self) -> &str {
        &self.staff
    }

    pub(super) fn writer_name(&self) -> Option<&String> {
        self.staff_name.as_ref()
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
