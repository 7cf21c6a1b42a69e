//! A redacted version takes the place of its original.
//!
//! One transaction: it joins the call with its original's facts and period, and the original, with everything that follows
//! it, moves to a further life of the same call, whose end two people agreed on. Holds are of the call's id: one that comes
//! later stops that life too.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::call_of::INCARNATIONS_LIMIT;
use super::calls::Calls;
use super::change::as_dependant;
use super::facts::DEPENDANTS_AT_ONCE;
use super::{Before, DependantKind, Known, Plan, RecordingChange, Redacted, Step};
use crate::audio::{Audio, Probe};
use crate::call::{Brought, Call, Leg};
use crate::case::part::merge;
use crate::custody::{EventKind, Head, NewEvent};
use crate::deletion::{AgreedRoles, RequestedDeletion};
use crate::id::RecordingId;
use crate::recording::{CallReference, Recording};
use crate::redaction::Original;

impl Known {
    pub(super) fn plan_redacted(&self, redacted: &Redacted) -> Result<Plan, Step> {
        let of = &redacted.of.recording;
        // What the original's end left behind is nobody's to change.
        let call = self.call(&of.view.call)?.ok_or(Step::Claimed)?;
        if call.claim.is_some() {
            // NOTHING LOST: the original ends before it was replaced, and this one after it.
            return self.plan_by_itself(self.hidden(redacted));
        }
        let is_free = self.holds(&call.reference.id)?.carried().is_empty();
        let agreed = call.agreed_redaction(&redacted.approved.request, &of.view.id);
        match agreed.filter(|_| is_free && redacted.following.len() <= DEPENDANTS_AT_ONCE) {
            Some(agreed) => self.replace(redacted, call, agreed),
            None => self.wait(redacted, call),
        }
    }

    /// NEVER EARLY: under a hold it waits beside its original, hidden, and ends with it if it must.
    fn wait(&self, redacted: &Redacted, call: &Call) -> Result<Plan, Step> {
        let mut recording = self.hidden(redacted);
        let (of, id) = (&redacted.of.recording.view, recording.view.id.clone());
        let mut calls = self.without(call, &id)?;
        let leg = Leg::dependant(id, &of.id, of.started_at, recording.object.taken_in_at);
        calls.join(&call.reference, Some(call), &leg, redacted.of.recording.rulebook_version);
        let holds = self.take_holds(&mut calls)?;
        copy(&calls, &call.reference, &mut recording);
        let plan = Plan { held: holds.held, ..Plan::default() };
        if self.before.as_ref().is_some_and(|before| before.recording == recording) {
            return Ok(plan);
        }
        let change = self.change(recording, self.before.as_ref(), false)?;
        let calls = calls.into_changes(&self.in_force);
        Ok(Plan { recordings: vec![change], calls, holds_taken: holds.taken, holds_read: holds.read, ..plan })
    }

    fn replace(&self, redacted: &Redacted, call: &Call, agreed: &RequestedDeletion) -> Result<Plan, Step> {
        let of = &redacted.of.recording;
        let mut recording = self.redacted(redacted);
        let id = recording.view.id.clone();
        if let Some(group) = recording.group.as_ref().filter(|group| self.member_of.as_ref() != Some(*group)) {
            return Err(Step::NeedMember(group.clone()));
        }
        let life = self.next_life(&call.reference)?;
        let (mut calls, version) = (self.without(call, &id)?, call.rulebook_version);
        let moved = || std::iter::once(&redacted.of).chain(&redacted.following).map(|one| &one.recording.view.id);
        for leg in moved() {
            calls.leave(call, leg);
            let brought = call.brought.get(leg).cloned().ok_or(Step::Claimed)?;
            calls.join(&life, None, &Leg { id: leg.clone(), brought }, version);
        }
        // It keeps its original's period; only that it settles counts from its own arrival.
        let brought = call.brought.get(&of.view.id).cloned().ok_or(Step::Claimed)?;
        let brought = Brought { taken_in_at: recording.object.taken_in_at, ..brought };
        calls.join(&call.reference, Some(call), &Leg { id: id.clone(), brought }, version);
        calls.request(&call.reference, None);
        let ends = RequestedDeletion { is_redaction: false, replaced_by: Some(id), ..agreed.clone() };
        calls.request(&life, Some(ends));
        let holds = self.take_holds(&mut calls)?;
        copy(&calls, &call.reference, &mut recording);
        let mut original = of.clone();
        copy(&calls, &life, &mut original);
        let mut facts = facts_of(redacted, &recording, agreed.agreed_roles());
        let mut changes = vec![self.said(redacted, original, Some(&redacted.of), facts.clone())?];
        facts.extend([
            ("state".to_owned(), "active".to_owned()),
            ("class".to_owned(), recording.view.class.to_string()),
            ("rulebook_version".to_owned(), recording.rulebook_version.to_string()),
        ]);
        let change = self.said(redacted, recording, self.before.as_ref(), facts)?;
        changes.push(RecordingChange { is_first: redacted.is_first, ..change });
        for follows in &redacted.following {
            let mut moved = follows.recording.clone();
            copy(&calls, &life, &mut moved);
            changes.push(self.change(moved, Some(follows), false)?);
        }
        let copies = calls.get(&call.reference).cloned().into_iter().collect();
        let calls = calls.into_changes(&self.in_force);
        let plan = Plan { recordings: changes, calls, copies, held: holds.held, ..Plan::default() };
        Ok(Plan { holds_taken: holds.taken, holds_read: holds.read, ..plan })
    }

    /// The calls, where it waited in another one than its original is in now.
    fn without(&self, call: &Call, id: &RecordingId) -> Result<Calls, Step> {
        let mut calls = Calls::default();
        let was_in = self.before.as_ref().map(|before| &before.recording.view.call);
        if let Some(was_in) = was_in.filter(|was_in| **was_in != call.reference)
            && let Some(left) = self.call(was_in)?.filter(|left| left.legs.contains(id))
        {
            if left.claim.is_some() {
                return Err(Step::Claimed);
            }
            calls.leave(left, id);
        }
        Ok(calls)
    }

    /// A recording with the event that says what became of the two. Why it is silent lies beside the event of the new one.
    fn said(
        &self,
        redacted: &Redacted,
        recording: Recording,
        before: Option<&Before>,
        facts: BTreeMap<String, String>,
    ) -> Result<RecordingChange, Step> {
        let head = before.map_or_else(Head::none, |before| before.head.clone());
        let reason = redacted.approved.reason.clone().filter(|_| recording.redacted_from.is_some());
        let event = NewEvent {
            at: self.now,
            kind: EventKind::Redacted,
            actor: "index".to_owned(),
            operation: format!("index-{}", head.number + 1),
            facts,
            texts: reason.map(|reason| ("reason".to_owned(), reason)).into_iter().collect(),
        };
        let event = Some(head.append(&recording.view.id, event).ok_or(Step::Full)?);
        Ok(RecordingChange { recording, before: before.map(|before| before.generation), event, is_first: false })
    }

    /// What it is, with its original's facts.
    fn redacted(&self, redacted: &Redacted) -> Recording {
        let (audio, of) = (&redacted.audio, &redacted.of.recording);
        let mut recording = of.clone();
        recording.view.id = audio.object.id();
        recording.view.duplicate_of = None;
        recording.view.object_gone_at = None;
        // Notes are in its original's custody, and end with it.
        recording.view.notes = 0;
        recording.object = audio.object.clone();
        recording.sha256.clone_from(&audio.sha256);
        if let Probe::Audio(probed) = &audio.probe {
            recording.view.duration_milliseconds = probed.duration_milliseconds.unwrap_or_default();
            recording.view.sound = Some(Audio::sound(probed));
            recording.audio = Some(probed.clone());
        }
        recording.redacted_from = Some(original_of(redacted, self.now));
        recording
    }

    /// What it is while its original stands: hidden behind that.
    fn hidden(&self, redacted: &Redacted) -> Recording {
        as_dependant(&DependantKind::Duplicate(redacted.audio.clone()), &redacted.of.recording, &self.in_force)
    }

    /// The first life of the call, behind one, that nothing is in.
    fn next_life(&self, of: &CallReference) -> Result<CallReference, Step> {
        for incarnation in of.incarnation + 1..INCARNATIONS_LIMIT {
            let reference = CallReference { id: of.id.clone(), incarnation };
            if self.call(&reference)?.is_none() {
                return Ok(reference);
            }
        }
        Err(Step::Full)
    }
}

/// Writes into a recording which call it is in, and what it copies from that.
fn copy(calls: &Calls, reference: &CallReference, recording: &mut Recording) {
    recording.view.call = reference.clone();
    if let Some(call) = calls.get(reference) {
        recording.view.periods = call.periods.clone();
        recording.view.holds = call.holds.clone();
        recording.view.understood_at = call.understood_at;
    }
}

/// What a redacted version says of the recording whose place it takes.
fn original_of(redacted: &Redacted, at: Timestamp) -> Original {
    let (of, approved) = (&redacted.of.recording, &redacted.approved);
    let earlier = of.redacted_from.iter().flat_map(|original| original.mute.iter().copied());
    Original {
        recording: of.view.id.clone(),
        sha256: of.sha256.clone(),
        version_id: of.object.version_id.clone(),
        request: approved.request.clone(),
        mute: merge(earlier.chain(approved.mute.iter().copied()).collect()),
        at,
    }
}

/// What custody says of it, of both. QUIET: ids, hashes and roles.
fn facts_of(redacted: &Redacted, by: &Recording, roles: Option<AgreedRoles>) -> BTreeMap<String, String> {
    let (of, approved) = (&redacted.of.recording, &redacted.approved);
    let mute: Vec<String> = approved.mute.iter().map(|(from, to)| format!("{from}-{to}")).collect();
    let mut facts = BTreeMap::from([
        ("request".to_owned(), approved.request.to_string()),
        ("mute_milliseconds".to_owned(), mute.join(", ")),
        ("original".to_owned(), of.view.id.to_string()),
        ("original_version_id".to_owned(), of.object.version_id.clone()),
        ("redacted".to_owned(), by.view.id.to_string()),
        ("redacted_version_id".to_owned(), by.object.version_id.clone()),
    ]);
    let hashes = [("original_sha256", &of.sha256), ("redacted_sha256", &by.sha256)];
    facts.extend(hashes.into_iter().filter_map(|(name, hash)| Some((name.to_owned(), hash.clone()?))));
    if let Some(roles) = roles {
        facts.insert("requested_by".to_owned(), roles.requested_by.as_str().to_owned());
        facts.insert("approved_by".to_owned(), roles.approved_by.as_str().to_owned());
    }
    facts
}
