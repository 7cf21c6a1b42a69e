//! Putting one object version in its place: its recording, its call, its custody, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::audio::{Audio, Probe};
use policy::call::{Call, Leg};
use policy::custody::{EventKind, Happening, Head};
use policy::facts::{Conflict, Direction, NoticeKind, QuarantineReason};
use policy::fragment::{AudioFragment, Fragments, ObjectKind, ObjectVersion, TextFragment};
use policy::id::{CallId, RecordingId};
use policy::merge::{Merged, merge};
use policy::number::{Absent, Counterpart};
use policy::recording::{CallReference, Listed, Recording, State};
use policy::retention::{ClassRevision, Periods};
use policy::rulebook::Rulebook;
use store::{CallWrite, DueKey, LoggedRows, RecordingWrite, Stored, WriteOutcome};

use crate::{Context, IndexError};

/// What stood under the object version's id.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    pub(crate) recording: Recording,
    pub(crate) generation: u64,
    pub(crate) head: Head,
}

/// A million lives of one call: legs that came after a claim, again and again.
const INCARNATIONS_LIMIT: u32 = 1_000_000;

/// Merges what is known of an audio object and puts it in its place.
pub(crate) async fn place_audio(
    context: &Context,
    mut fragments: Fragments,
    before: Option<Before>,
) -> Result<WriteOutcome, IndexError> {
    let now = context.connection.now();
    let in_force = context.rulebooks.in_force(now).await?;
    // Class and team stay what they were at the call's first indexing; what was not understood is read
    // by the rules of today.
    let pinned = match &before {
        Some(before) if before.recording.view.state == State::Active => {
            Some(context.rulebooks.of_version(before.recording.rulebook_version).await?)
        }
        _ => None,
    };
    let mut rulebook = pinned.as_deref().unwrap_or(&in_force);
    let mut merged = merge(&fragments, rulebook);
    let group = merged.group();
    let rows = log_rows(context, &fragments, &merged, before.as_ref(), &in_force).await?;
    if !rows.rows.is_empty() {
        fragments.rows.clone_from(&rows.rows);
        merged = merge(&fragments, rulebook);
    }
    let mut recording = understand(&fragments, &merged, group.clone(), rulebook);
    let call = find_call(context, &recording, before.as_ref()).await?;
    let Some(call) = call else {
        return Ok(WriteOutcome::Done);
    };
    if let (State::Active, Some(group)) = (recording.view.state, &group) {
        context.table.keep_log_rows(group, &rows).await?;
    }
    // A leg that joins a call is read by the rules the call is pinned to.
    let calls_own;
    if let Some(standing) = &call.standing
        && standing.rulebook_version != rulebook.version
        && recording.view.state == State::Active
    {
        calls_own = context.rulebooks.of_version(standing.rulebook_version).await?;
        rulebook = &calls_own;
        recording = understand(&fragments, &merge(&fragments, rulebook), group, rulebook);
        recording.view.call = call.reference.clone();
    }
    if recording.view.state == State::Active {
        give_team(context, &fragments, before.as_ref(), &in_force, rulebook.version, &mut recording).await?;
    }
    write(context, recording, before, call, &in_force, rulebook.version, true).await
}

/// A call without a team is looked at again by a later rulebook. The first that gives one gives it for good;
/// class and period stay what they were.
async fn give_team(
    context: &Context,
    fragments: &Fragments,
    before: Option<&Before>,
    in_force: &Arc<Rulebook>,
    rulebook_version: u64,
    recording: &mut Recording,
) -> Result<(), IndexError> {
    let view = &mut recording.view;
    let teamed_by = match before.and_then(|before| before.recording.teamed_by_version) {
        Some(version) => context.rulebooks.of_version(version).await?,
        None if view.team.is_some() || in_force.version == rulebook_version => return Ok(()),
        None => in_force.clone(),
    };
    if let Ok(facts) = merge(fragments, &teamed_by).outcome
        && facts.team.is_some()
    {
        view.team = facts.team;
        view.staff = facts.staff.or(view.staff.take());
        view.line = view.line.take().or(facts.line);
        recording.teamed_by_version = Some(teamed_by.version);
    }
    Ok(())
}

/// The rows that call logs have of the recording's call. That it is of the call is durable before they are
/// read: a row that is written afterwards finds it, and has it merged again.
async fn log_rows(
    context: &Context,
    fragments: &Fragments,
    merged: &Merged,
    before: Option<&Before>,
    in_force: &Rulebook,
) -> Result<LoggedRows, IndexError> {
    let object = &fragments.audio.object;
    let group = merged.group();
    let was_in = before.and_then(|before| before.recording.group.as_ref());
    if let Some(other) = was_in.filter(|was_in| group.as_ref() != Some(was_in)) {
        context.table.end_log_member(other, &object.id()).await?;
    }
    let (Some(group), Some(source)) = (group, &merged.source) else {
        return Ok(LoggedRows::default());
    };
    if was_in != Some(&group) {
        context.table.put_log_member(&group, &object.id(), &object.key_id()).await?;
    }
    if !in_force.has_log_of(source) {
        return Ok(LoggedRows::default());
    }
    Ok(context.table.log_rows(&group, crate::ROWS_MERGED_LIMIT).await?)
}

/// Puts a second upload of the same bytes under the same key beside the first: hidden, in the first's call.
pub(crate) async fn place_duplicate(
    context: &Context,
    audio: &AudioFragment,
    before: Option<Before>,
    first: &RecordingId,
) -> Result<WriteOutcome, IndexError> {
    let Some(stored) = context.table.recording(first).await? else {
        // The marker and the first are written in one transaction.
        return Ok(WriteOutcome::Conflict);
    };
    let Stored::Recording(first) = stored.stored else {
        // The first ended since, and its marker with it: this one is the first now.
        return Ok(WriteOutcome::Conflict);
    };
    let in_force = context.rulebooks.in_force(context.connection.now()).await?;
    let mut recording = *first;
    recording.view.duplicate_of = Some(recording.view.id.clone());
    recording.view.id = audio.object.id();
    recording.object = audio.object.clone();
    let version = recording.rulebook_version;
    let Some(call) = find_call(context, &recording, before.as_ref()).await? else {
        return Ok(WriteOutcome::Done);
    };
    write(context, recording, before, call, &in_force, version, false).await
}

/// Puts a sidecar or a call log in its place: with the first audio of its key that lives, else alone.
pub(crate) async fn place_text(context: &Context, text: &TextFragment) -> Result<(), IndexError> {
    for _ in 0..crate::TRIES {
        let id = text.object.id();
        let before = match context.table.recording(&id).await? {
            None => None,
            Some(stored) => match stored.stored {
                Stored::Tombstone(_) => {
                    return Ok(context.table.end_fragment(&text.object).await?);
                }
                Stored::Recording(recording) => {
                    // Announced twice, by S3 and by a reconciliation: one version is one fragment.
                    if recording.object.sequencer != text.object.sequencer {
                        return Ok(context.table.end_fragment(&text.object).await?);
                    }
                    if recording.view.call.id != CallId::alone(&id) {
                        return Ok(());
                    }
                    Some(Before { recording: *recording, generation: stored.generation, head: stored.head })
                }
            },
        };
        let host = match text.kind {
            ObjectKind::Sidecar => host(context, text).await?,
            ObjectKind::Audio | ObjectKind::CallLog => None,
        };
        let in_force = context.rulebooks.in_force(context.connection.now()).await?;
        // A log that no source claims waits where an admin sees it, for the rulebook that names it.
        let state = match text.kind {
            ObjectKind::CallLog if in_force.log_of(&text.object.key).is_none() => State::Quarantined,
            _ => State::Fragment,
        };
        let mut recording = alone(&text.object, state, &in_force);
        if state == State::Quarantined {
            recording.view.quarantine_reason = Some(QuarantineReason::NoSourceMatches);
        }
        recording.sha256.clone_from(&text.sha256);
        if let Some(host) = host {
            recording.view.call = host.view.call;
            recording.view.class = host.view.class;
            recording.view.started_at = host.view.started_at;
            recording.view.team = host.view.team;
            recording.day = host.day;
            recording.rulebook_version = host.rulebook_version;
        }
        let version = recording.rulebook_version;
        let Some(call) = find_call(context, &recording, before.as_ref()).await? else {
            return Ok(());
        };
        if write(context, recording, before, call, &in_force, version, false).await? == WriteOutcome::Done {
            return Ok(());
        }
    }
    Err(IndexError::Contended)
}

/// The first audio version of those that the sidecar speaks for, in S3's order, that is a recording.
async fn host(context: &Context, text: &TextFragment) -> Result<Option<Recording>, IndexError> {
    for audio in context.table.audio_fragments(&text.object.key_id(), crate::VERSIONS_LIMIT).await? {
        if text.object.key.is_sidecar_of(&audio.object.key)
            && let Some(stored) = context.table.recording(&audio.object.id()).await?
            && let Stored::Recording(recording) = stored.stored
        {
            return Ok(Some(*recording));
        }
    }
    Ok(None)
}

/// The recording that the merge makes; its call's incarnation, periods and holds come later.
fn understand(fragments: &Fragments, merged: &Merged, group: Option<CallId>, rulebook: &Rulebook) -> Recording {
    let audio = &fragments.audio;
    let probed = probed(&audio.probe);
    let mut recording = alone(&audio.object, State::Quarantined, rulebook);
    recording.view.duration_milliseconds =
        probed.as_ref().and_then(|audio| audio.duration_milliseconds).unwrap_or_default();
    recording.sha256.clone_from(&audio.sha256);
    recording.audio = probed;
    recording.conflicts.clone_from(&merged.conflicts);
    recording.aside.clone_from(&merged.aside);
    recording.group = group;
    let view = &mut recording.view;
    match &merged.outcome {
        Err(reason) => view.quarantine_reason = Some(*reason),
        Ok(facts) => {
            let call_id = facts.call_id.clone().unwrap_or_else(|| view.id.as_str().to_owned());
            // What is linked is one call: a transfer, a queue and then an agent.
            let unit = facts.linked_id.as_deref().unwrap_or(&call_id);
            view.state = State::Active;
            view.call = CallReference { id: CallId::of(&facts.source, facts.folder.as_deref(), unit), incarnation: 0 };
            view.call_id = call_id;
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
    }
    recording
}

fn probed(probe: &Probe) -> Option<Audio> {
    match probe {
        Probe::Audio(audio) => Some(audio.clone()),
        Probe::NoAudio | Probe::NotAudio | Probe::Empty | Probe::TooLarge | Probe::Unreadable => None,
    }
}

/// An object version that is a call of its own, under quarantine's period.
fn alone(object: &ObjectVersion, state: State, rulebook: &Rulebook) -> Recording {
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
            holds: 0,
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
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
        teamed_by_version: None,
    }
}

/// The call an object version goes to, as it stands.
#[derive(Debug)]
pub(crate) struct FoundCall {
    reference: CallReference,
    standing: Option<Call>,
    /// The call it was in, where that is another.
    left: Option<Call>,
}

/// Finds the call: the one it is in if it still belongs there, else the first life that is open to it.
/// `None` where `sweep` has claimed the call it is in: it is being deleted, and nothing may move.
async fn find_call(
    context: &Context,
    recording: &Recording,
    before: Option<&Before>,
) -> Result<Option<FoundCall>, IndexError> {
    let wanted = &recording.view.call;
    let id = &recording.view.id;
    let mut left = None;
    if let Some(before) = before {
        let was_in = &before.recording.view.call;
        match context.table.call(was_in).await? {
            // NEVER EARLY, NEVER LATE: what is claimed is neither kept back nor added to.
            Some(call) if call.claim.is_some() => return Ok(None),
            Some(call) if was_in.id == wanted.id => {
                return Ok(Some(FoundCall { reference: was_in.clone(), standing: Some(call), left: None }));
            }
            other => left = other,
        }
    }
    for incarnation in wanted.incarnation..INCARNATIONS_LIMIT {
        let reference = CallReference { id: wanted.id.clone(), incarnation };
        match context.table.call(&reference).await? {
            // A leg that arrives after the claim opens the call's next life.
            Some(call) if !call.is_open_to(id) => {}
            standing => {
                return Ok(Some(FoundCall { reference, standing, left }));
            }
        }
    }
    Err(IndexError::Full)
}

async fn write(
    context: &Context,
    mut recording: Recording,
    before: Option<Before>,
    found: FoundCall,
    in_force: &Rulebook,
    rulebook_version: u64,
    is_first: bool,
) -> Result<WriteOutcome, IndexError> {
    let leg = Leg {
        id: recording.view.id.clone(),
        started_at: recording.view.started_at,
        taken_in_at: recording.object.taken_in_at,
        period: (recording.view.class.clone(), recording.day),
    };
    let mut joined = match &found.standing {
        None => Call::open(found.reference.clone(), &leg, rulebook_version),
        Some(standing) => standing.join(&leg),
    };
    // NEVER EARLY: a leg that a lesser fragment links elsewhere takes along the periods it had. What leaves
    // quarantine had none but quarantine's own.
    let was_understood = before.as_ref().is_some_and(|before| before.recording.view.state == State::Active);
    if let Some(left) = found.left.as_ref().filter(|_| was_understood) {
        for (revision, day) in left.periods.iter() {
            joined.periods.add(revision.clone(), day);
        }
    }
    recording.rulebook_version = rulebook_version;
    recording.view.call = found.reference;
    recording.view.periods = joined.periods.clone();
    recording.view.holds = joined.holds;
    let joins_unchanged = found.standing.as_ref() == Some(&joined);
    if joins_unchanged && found.left.is_none() && before.as_ref().is_some_and(|before| before.recording == recording) {
        // TWICE IS ONCE: nothing new, nothing written; but the legs beside it may be behind.
        refresh_copies(context, &joined, &recording.view.id).await?;
        return Ok(WriteOutcome::Done);
    }
    let head = before.as_ref().map_or_else(Head::none, |before| before.head.clone());
    let event = match &before {
        Some(before) if only_copies_differ(&before.recording, &recording) => None,
        before => Some(
            head.append(&recording.view.id, happening(context, &recording, before.is_none(), head.number))
                .ok_or(IndexError::Full)?,
        ),
    };
    let due_under = |call: &Call| call.due_under(in_force).unwrap_or_else(|| leg.period.0.clone());
    let left = found.left.as_ref().map(|call| (call.generation, call.leave(&leg.id)));
    let indexing = RecordingWrite {
        recording: &recording,
        before: before.as_ref().map(|before| before.generation),
        joins: CallWrite {
            before: found.standing.as_ref().map(|call| call.generation),
            due: DueKey::Under(due_under(&joined)),
            call: &joined,
        },
        leaves: left.as_ref().map(|(generation, call)| CallWrite {
            before: Some(*generation),
            due: DueKey::Under(due_under(call)),
            call,
        }),
        event: event.as_ref(),
        is_first,
    };
    let written = context.table.write_recording(&indexing).await?;
    if written == WriteOutcome::Done {
        refresh_copies(context, &joined, &recording.view.id).await?;
    }
    Ok(written)
}

/// Whether two states of a recording differ in nothing but what is copied from the call.
fn only_copies_differ(before: &Recording, after: &Recording) -> bool {
    let mut copied = before.clone();
    copied.view.periods = after.view.periods.clone();
    copied.view.holds = after.view.holds;
    copied == *after
}

fn happening(context: &Context, recording: &Recording, is_new: bool, number: u32) -> Happening {
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
        at: context.connection.now(),
        kind: if is_new { EventKind::TakenIn } else { EventKind::FactsChanged },
        actor: "index".to_owned(),
        operation: format!("index-{}", number + 1),
        facts,
        texts: BTreeMap::new(),
    }
}

fn describe(conflict: &Conflict) -> String {
    format!("{}: {} stands, {} refused", conflict.fact, conflict.stands, conflict.refused)
}

/// The other legs carry copies of the call's periods and holds, so that hearing one needs no reading of
/// the call. A copy that is behind costs a reader one more read, never a wrong answer.
async fn refresh_copies(context: &Context, call: &Call, but: &RecordingId) -> Result<(), IndexError> {
    for id in call.legs.iter().filter(|id| *id != but) {
        let Some(stored) = context.table.recording(id).await? else {
            continue;
        };
        let Stored::Recording(mut recording) = stored.stored else {
            continue;
        };
        if recording.view.periods == call.periods && recording.view.holds == call.holds {
            continue;
        }
        recording.view.periods = call.periods.clone();
        recording.view.holds = call.holds;
        let indexing = RecordingWrite {
            recording: &recording,
            before: Some(stored.generation),
            // The same generation: the call is only checked, and that nobody claimed it.
            joins: CallWrite { before: Some(call.generation), call, due: DueKey::Claimed },
            leaves: None,
            event: None,
            is_first: false,
        };
        // A conflict means that somebody wrote the leg or the call meanwhile, and copies the newer state.
        context.table.write_recording(&indexing).await?;
    }
    Ok(())
}
