//! What a recording is, by its fragments and two rulebooks: the one its call is pinned to and the one in force.

use crate::audio::{Audio, Probe};
use crate::facts::{Direction, NoticeKind};
use crate::fragment::{AudioFragment, Fragments, ObjectVersion, TextFragment};
use crate::hold::Holds;
use crate::id::{CallId, RecordingId};
use crate::merge::{CallFacts, Merged, merge};
use crate::number::{Absent, Counterpart};
use crate::recording::{CallReference, Listed, Recording, State};
use crate::retention::{ClassRevision, Periods};
use crate::rulebook::Rulebook;

/// Merges fragments under the rulebook a call is pinned to. Only class and team come from the pin: what the
/// pinned rulebook can't read is read by the sources of the one in force.
pub fn read_facts(fragments: &Fragments, pinned: &Rulebook, in_force: &Rulebook) -> Merged {
    let merged = merge(fragments, pinned);
    if merged.outcome.is_ok() || pinned.version == in_force.version {
        return merged;
    }
    let readable = Rulebook {
        sources: in_force.sources.clone(),
        logs: in_force.logs.clone(),
        late_arrival_days: in_force.late_arrival_days,
        ..pinned.clone()
    };
    let other = merge(fragments, &readable);
    if other.outcome.is_ok() { other } else { merged }
}

/// The audio version that a sidecar version follows in S3's order, of those that it is beside. One that comes
/// before the first audio follows that.
pub fn followed<'a>(sidecar: &TextFragment, versions: &'a [AudioFragment]) -> Option<&'a AudioFragment> {
    followed_of(sidecar, versions.iter())
}

/// Whether a sidecar version speaks for an audio version: it follows that one of all versions of its key. Audio keys
/// that differ in their ending share a `{stem}.json`.
pub fn speaks_for(sidecar: &TextFragment, audio: &AudioFragment, versions: &[AudioFragment]) -> bool {
    let of_the_key = versions.iter().filter(|version| version.object.key == audio.object.key);
    followed_of(sidecar, of_the_key).is_some_and(|version| is_same(version, audio))
}

/// 100 versions of one key are placed with what lies beside them; a recorder writes one, or a few. It bounds what one
/// message costs: each dependant is read, and a sidecar is 64 KiB at most.
pub const VERSIONS_MAX: usize = 100;

/// 20 dependants a transaction: each is two or three of its 100 items.
pub const DEPENDANTS_AT_ONCE: usize = 20;

/// Whether an audio version is among the first [`VERSIONS_MAX`] of its key in S3's order, by the versions in that order.
pub fn has_room(id: &RecordingId, versions: &[AudioFragment]) -> bool {
    versions.iter().take(VERSIONS_MAX).any(|version| version.object.id() == *id)
}

/// Whether two audio versions are one recording: the same version, or the same bytes.
pub fn is_same(one: &AudioFragment, other: &AudioFragment) -> bool {
    one.object.id() == other.object.id() || one.sha256.is_some() && one.sha256 == other.sha256
}

fn followed_of<'a>(
    sidecar: &TextFragment,
    versions: impl Iterator<Item = &'a AudioFragment>,
) -> Option<&'a AudioFragment> {
    fn order(object: &ObjectVersion) -> (&str, &str) {
        (&object.sequencer, &object.version_id)
    }
    let beside: Vec<_> = versions.filter(|audio| sidecar.object.key.is_sidecar_of(&audio.object.key)).collect();
    let before = beside.iter().copied().filter(|audio| audio.object.sequencer <= sidecar.object.sequencer);
    before
        .max_by_key(|audio| order(&audio.object))
        .or_else(|| beside.iter().copied().min_by_key(|audio| order(&audio.object)))
}

/// The recording that a merge makes. Its call's life, periods and holds are filled in later.
pub(super) fn understand(
    fragments: &Fragments,
    merged: &Merged,
    group: Option<CallId>,
    rulebook: &Rulebook,
) -> Recording {
    let audio = &fragments.audio;
    let probed = probed(&audio.probe);
    let mut recording = alone(&audio.object, State::Quarantined, rulebook);
    recording.view.duration_milliseconds =
        probed.as_ref().and_then(|audio| audio.duration_milliseconds).unwrap_or_default();
    recording.sha256.clone_from(&audio.sha256);
    recording.view.sound = probed.as_ref().map(Audio::sound);
    recording.audio = probed;
    recording.conflicts.clone_from(&merged.conflicts);
    recording.aside.clone_from(&merged.aside);
    recording.group = group;
    recording.corrected_at = fragments.correction.as_ref().map(|correction| correction.at);
    match &merged.outcome {
        Err(reason) => recording.view.quarantine_reason = Some(*reason),
        Ok(facts) => fill(&mut recording, facts),
    }
    recording
}

/// The call of a recording with these facts. What is linked is one call: a transfer, a queue and then an agent.
pub fn call_id_of(facts: &CallFacts, id: &RecordingId) -> CallId {
    let unit = facts.linked_id.as_deref().or(facts.call_id.as_deref()).unwrap_or(id.as_str());
    CallId::of(&facts.source, facts.folder.as_deref(), unit)
}

fn fill(recording: &mut Recording, facts: &CallFacts) {
    let view = &mut recording.view;
    view.state = State::Active;
    view.call = CallReference { id: call_id_of(facts, &view.id), incarnation: 0 };
    view.call_id = facts.call_id.clone().unwrap_or_else(|| view.id.as_str().to_owned());
    view.source.clone_from(&facts.source);
    view.started_at = facts.started_at;
    view.direction = facts.direction;
    view.counterpart = facts.counterpart.clone();
    view.our_number.clone_from(&facts.our_number);
    view.line.clone_from(&facts.line);
    view.extension.clone_from(&facts.extension);
    view.queue.clone_from(&facts.queue);
    view.staff.clone_from(&facts.staff);
    view.team.clone_from(&facts.team);
    view.notice = facts.notice;
    view.has_objection = facts.has_objection;
    view.purpose.clone_from(&facts.purpose);
    view.class = facts.class.clone();
    recording.kind.clone_from(&facts.kind);
    recording.day = facts.day;
}

fn probed(probe: &Probe) -> Option<Audio> {
    match probe {
        Probe::Audio(audio) => Some(audio.clone()),
        Probe::NoAudio | Probe::NotAudio | Probe::Empty | Probe::TooLarge | Probe::Unreadable => None,
    }
}

/// An object version that is a call of its own, under quarantine's period.
pub(crate) fn alone(object: &ObjectVersion, state: State, rulebook: &Rulebook) -> Recording {
    let id = object.id();
    Recording {
        view: Listed {
            state,
            call: CallReference { id: CallId::alone(&id), incarnation: 0 },
            call_id: id.as_str().to_owned(),
            source: String::new(),
            started_at: object.taken_in_at,
            duration_milliseconds: 0,
            direction: Direction::Unknown,
            counterpart: Counterpart::Absent(Absent::Unknown),
            our_number: None,
            line: None,
            extension: None,
            queue: None,
            staff: None,
            team: None,
            notice: NoticeKind::Unknown,
            purpose: rulebook.purposes.first().cloned().unwrap_or_default(),
            class: ClassRevision::quarantine(),
            periods: Periods::default(),
            understood_at: None,
            holds: Holds::default(),
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
            notes: 0,
            sound: None,
            id,
        },
        object: object.clone(),
        sha256: None,
        audio: None,
        day: rulebook.day_of(object.taken_in_at),
        kind: None,
        conflicts: Vec::new(),
        aside: Vec::new(),
        group: None,
        rulebook_version: rulebook.version,
        corrected_at: None,
        teamed_by_version: None,
        redacted_from: None,
    }
}
