//! What is written of one recording: the change itself, its custody event, and how dependants look.

use std::collections::BTreeMap;

use super::facts::alone;
use super::{Before, DependantKind, Known, RecordingChange, Step};
use crate::custody::{EventKind, Happening, Head};
use crate::facts::Conflict;
use crate::recording::{Recording, State};
use crate::rulebook::Rulebook;

impl Known {
    pub(super) fn change(
        &self,
        recording: Recording,
        before: Option<&Before>,
        is_first: bool,
    ) -> Result<RecordingChange, Step> {
        let head = before.map_or_else(Head::none, |before| before.head.clone());
        let event = match before {
            Some(before) if only_copies_differ(&before.recording, &recording) => None,
            before => {
                let happening = self.happening(&recording, before.is_none(), head.number);
                Some(head.append(&recording.view.id, happening).ok_or(Step::Full)?)
            }
        };
        Ok(RecordingChange { recording, before: before.map(|before| before.generation), event, is_first })
    }

    fn happening(&self, recording: &Recording, is_new: bool, number: u32) -> Happening {
        let mut facts = BTreeMap::from([
            ("class".to_owned(), recording.view.class.to_string()),
            ("rulebook_version".to_owned(), recording.rulebook_version.to_string()),
        ]);
        let state = match recording.view.state {
            State::Active => "active",
            State::Quarantined => "quarantined",
            State::Fragment => "fragment",
            State::Deleted => "deleted",
        };
        facts.insert("state".to_owned(), state.to_owned());
        if let Some(version) = recording.teamed_by_version {
            facts.insert("teamed_by_version".to_owned(), version.to_string());
        }
        if let Some(reason) = recording.view.quarantine_reason {
            facts.insert("quarantine_reason".to_owned(), reason.as_str().to_owned());
        }
        if let Some(sha256) = &recording.sha256 {
            facts.insert("sha256".to_owned(), sha256.clone());
        }
        if let Some(first) = &recording.view.duplicate_of {
            facts.insert("duplicate_of".to_owned(), first.as_str().to_owned());
        }
        if !recording.conflicts.is_empty() {
            let conflicts: Vec<String> = recording.conflicts.iter().map(describe).collect();
            facts.insert("conflicts".to_owned(), conflicts.join(", "));
        }
        Happening {
            at: self.now,
            kind: if is_new { EventKind::TakenIn } else { EventKind::FactsChanged },
            actor: "index".to_owned(),
            operation: format!("index-{}", number + 1),
            facts,
            texts: BTreeMap::new(),
        }
    }
}

/// A sidecar or a duplicate as a recording of its own: hidden, in the call of what it follows.
pub(super) fn as_dependant(kind: &DependantKind, of: &Recording, in_force: &Rulebook) -> Recording {
    match kind {
        DependantKind::Sidecar(text) => {
            let mut recording = alone(&text.object, State::Fragment, in_force);
            recording.sha256.clone_from(&text.sha256);
            recording.view.call = of.view.call.clone();
            recording.view.class = of.view.class.clone();
            recording.view.started_at = of.view.started_at;
            recording.view.team.clone_from(&of.view.team);
            recording.view.purpose.clone_from(&of.view.purpose);
            recording.day = of.day;
            recording.rulebook_version = of.rulebook_version;
            recording
        }
        DependantKind::Duplicate(audio) => {
            let mut recording = of.clone();
            recording.view.duplicate_of = Some(of.view.id.clone());
            recording.view.id = audio.object.id();
            recording.view.object_gone_at = None;
            recording.view.notes = 0;
            recording.object = audio.object.clone();
            recording.sha256.clone_from(&audio.sha256);
            recording
        }
    }
}

/// Whether two states of a recording differ in nothing but what is copied from the call.
pub(super) fn only_copies_differ(before: &Recording, after: &Recording) -> bool {
    let mut copied = before.clone();
    copied.view.periods = after.view.periods.clone();
    copied.view.holds = after.view.holds.clone();
    copied.view.understood_at = after.view.understood_at;
    copied == *after
}

fn describe(conflict: &Conflict) -> String {
    format!("{}: {} stands, {} refused", conflict.fact, conflict.stands, conflict.refused)
}
