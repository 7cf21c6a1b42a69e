//! The planner: from what is known to one transaction.

use std::sync::Arc;

use super::call_of::Destination;
use super::calls::Calls;
use super::change::{as_dependant, only_copies_differ};
use super::facts::{DEPENDANTS_AT_ONCE, alone, read_facts, understand};
use super::{Before, Dependant, DependantKind, Known, Plan, Step, Subject};
use crate::call::{Call, Leg};
use crate::facts::QuarantineReason;
use crate::fragment::{Fragments, ObjectKind, TextFragment};
use crate::id::CallId;
use crate::recording::{Recording, State};
use crate::rulebook::Rulebook;

/// A dependant as it will be, and what is stored of it.
type Followed<'d> = (Recording, Option<&'d Before>);

/// The recording that is placed, before its call is written into it.
struct Own {
    recording: Recording,
    rulebook_version: u64,
    fragments: Fragments,
}

impl Known {
    pub(super) fn plan(&self) -> Result<Plan, Step> {
        match &self.subject {
            Subject::Recording { fragments, dependants } => self.plan_recording(fragments, dependants),
            Subject::SurplusRecording(fragments) => self.plan_recording(fragments, &[]),
            Subject::Alone(text) | Subject::SurplusSidecar(text) => self.plan_alone(text),
            Subject::Orphan { kind, of } => self.plan_orphan(kind, of),
            Subject::Redacted(redacted) => self.plan_redacted(redacted),
        }
    }

    fn plan_recording(&self, fragments: &Fragments, dependants: &[Dependant]) -> Result<Plan, Step> {
        let before = self.before.as_ref();
        let Own { mut recording, mut rulebook_version, fragments } = self.own(fragments)?;
        let id = recording.view.id.clone();
        let was_in = before.map(|before| &before.recording.view.call);
        let mut destination = self.destination(&recording.view.call, &id, recording.view.started_at, was_in)?;
        if recording.view.state == State::Active && recording.redacted_from.is_none() {
            self.pin(&fragments, &destination, &mut recording, &mut rulebook_version)?;
        }
        let mut leg = self.leg(&recording, &fragments, &destination);
        if self.is_expired_on_arrival(&recording, &fragments, &destination, &leg) {
            // NEVER EARLY: nobody had a moment to see it, so it waits for a person.
            let mut merged = read_facts(&fragments, &self.in_force, &self.in_force);
            merged.outcome = Err(QuarantineReason::ExpiredOnArrival);
            recording = understand(&fragments, &merged, merged.group(), &self.in_force);
            rulebook_version = self.in_force.version;
            destination = self.destination(&recording.view.call, &id, recording.view.started_at, was_in)?;
            leg = self.leg(&recording, &fragments, &destination);
        }
        recording.rulebook_version = rulebook_version;
        recording.view.object_gone_at = before.and_then(|before| before.recording.view.object_gone_at);
        recording.view.notes = before.map_or(0, |before| before.recording.view.notes);

        let mut calls = Calls::default();
        if let Some(left) = destination.left {
            calls.leave(left, &id);
        }
        calls.join(&destination.reference, destination.standing, &leg, rulebook_version);
        let (followed, has_more) = self.follow(&recording, &destination, dependants, &mut calls)?;
        let holds = self.take_holds(&mut calls)?;
        let copy = |recording: &mut Recording| {
            recording.view.call = destination.reference.clone();
            if let Some(call) = calls.get(&destination.reference) {
                recording.view.periods = call.periods.clone();
                recording.view.holds = call.holds.clone();
                recording.view.understood_at = call.understood_at;
            }
        };
        copy(&mut recording);
        // The marker of its bytes is another version's.
        let is_first = recording.sha256.is_some() && !self.is_surplus();
        let left_group = before.and_then(|before| before.recording.group.clone());
        let left_group = left_group.filter(|left| recording.group.as_ref() != Some(left)).map(|left| (left, id));
        let is_active = recording.view.state == State::Active;
        let logged = self.rows.as_ref().filter(|logged| is_active && recording.group.as_ref() == Some(&logged.group));
        let keeps = logged.map(|logged| logged.group.clone());
        let is_own_unchanged = before.is_some_and(|before| before.recording == recording);
        let mut changes = vec![self.change(recording, before, is_first && !is_own_unchanged)?];
        for (mut dependant, before) in followed {
            copy(&mut dependant);
            changes.push(self.change(dependant, before, false)?);
        }
        let calls = calls.into_changes(&self.in_force);
        let copies = calls.iter().map(|change| change.call.clone()).collect();
        let is_unchanged = is_own_unchanged
            && changes.len() == 1
            && calls.iter().all(|change| change.before == Some(change.call.generation));
        let plan = Plan { keeps, left_group, copies, has_more, held: holds.held, ..Plan::default() };
        if is_unchanged {
            return Ok(plan);
        }
        // Written also where it stays as it was: what has ended since it was read joins no call.
        Ok(Plan { recordings: changes, calls, holds_taken: holds.taken, holds_read: holds.read, ..plan })
    }

    /// The recording that its fragments come to under the rules of its call, or of today where it has none.
    fn own(&self, fragments: &Fragments) -> Result<Own, Step> {
        let before = self.before.as_ref().map(|before| &before.recording);
        if let Some(redacted) = before.filter(|before| before.redacted_from.is_some()) {
            // What made its facts may have ended with its original: they stay.
            let rulebook_version = redacted.rulebook_version;
            return Ok(Own { recording: redacted.clone(), rulebook_version, fragments: fragments.clone() });
        }
        let active = before.filter(|before| before.view.state == State::Active);
        // Class and team stay what they were at the call's first indexing; what was not understood is read by
        // the rules of today.
        let pinned = match active {
            Some(active) => self.rulebook(active.rulebook_version)?,
            None => &self.in_force,
        };
        let mut fragments = fragments.clone();
        let mut merged = read_facts(&fragments, pinned, &self.in_force);
        let group = merged.group();
        if let (Some(group), Some(source)) = (&group, &merged.source) {
            let was_in = before.and_then(|before| before.group.as_ref());
            if was_in != Some(group) && self.member_of.as_ref() != Some(group) {
                return Err(Step::NeedMember(group.clone()));
            }
            // What rows once made stays, also where no rulebook names their log any more.
            if before.is_some() || pinned.has_log_of(source) || self.in_force.has_log_of(source) {
                let logged = self.rows.as_ref().filter(|logged| logged.group == *group);
                let rows = &logged.ok_or_else(|| Step::NeedLogRows(group.clone()))?.rows;
                if !rows.is_empty() {
                    fragments.rows.clone_from(rows);
                    merged = read_facts(&fragments, pinned, &self.in_force);
                }
            }
        }
        if self.is_surplus() && fragments.correction.is_none() && merged.outcome.is_ok() {
            merged.outcome = Err(QuarantineReason::TooManyVersions);
        }
        let recording = understand(&fragments, &merged, group, pinned);
        match active {
            // What is active never goes back to quarantine: what was understood once stays understood.
            Some(active) if recording.view.state != State::Active => {
                Ok(Own { recording: active.clone(), rulebook_version: active.rulebook_version, fragments })
            }
            _ => Ok(Own { recording, rulebook_version: pinned.version, fragments }),
        }
    }

    /// A leg that joins a call takes class and team from the rules that the call is pinned to. A call without a
    /// team is looked at again by a later rulebook: the first that gives one gives it for good.
    fn pin(
        &self,
        fragments: &Fragments,
        destination: &Destination<'_>,
        recording: &mut Recording,
        rulebook_version: &mut u64,
    ) -> Result<(), Step> {
        let has_legs = |call: &&Call| call.brought.keys().any(|leg| *leg != recording.view.id);
        if let Some(standing) = destination.standing.filter(has_legs)
            && standing.rulebook_version != *rulebook_version
        {
            let pinned = self.rulebook(standing.rulebook_version)?;
            let merged = read_facts(fragments, pinned, &self.in_force);
            let pinned_recording = understand(fragments, &merged, recording.group.clone(), pinned);
            if pinned_recording.view.state == State::Active {
                *recording = pinned_recording;
                *rulebook_version = pinned.version;
            }
        }
        let teamed_by_version = self.before.as_ref().and_then(|before| before.recording.teamed_by_version);
        let teamed_by: &Arc<Rulebook> = match teamed_by_version {
            Some(version) => self.rulebook(version)?,
            None if recording.view.team.is_some() || self.in_force.version == *rulebook_version => return Ok(()),
            None => &self.in_force,
        };
        if let Ok(facts) = read_facts(fragments, teamed_by, &self.in_force).outcome
            && facts.team.is_some()
        {
            let view = &mut recording.view;
            view.team = facts.team;
            view.staff = facts.staff.or(view.staff.take());
            view.line = view.line.take().or(facts.line);
            recording.teamed_by_version = Some(teamed_by.version);
        }
        Ok(())
    }

    /// What follows the recording and is not in its place yet, at most [`DEPENDANTS_AT_ONCE`], and whether there is
    /// more. What is being deleted is left out.
    fn follow<'d>(
        &self,
        recording: &Recording,
        destination: &Destination<'_>,
        dependants: &'d [Dependant],
        calls: &mut Calls,
    ) -> Result<(Vec<Followed<'d>>, bool), Step> {
        let mut followed = Vec::new();
        for dependant in dependants {
            let mut follows = as_dependant(&dependant.kind, recording, &self.in_force);
            follows.view.call = destination.reference.clone();
            let before = dependant.before.as_ref();
            if before.is_some_and(|before| only_copies_differ(&before.recording, &follows)) {
                continue;
            }
            let id = follows.view.id.clone();
            let was_in = before.map(|before| &before.recording.view.call);
            let left = match was_in.filter(|was_in| **was_in != destination.reference) {
                Some(was_in) => self.call(was_in)?.filter(|call| call.legs.contains(&id)),
                None => None,
            };
            if left.is_some_and(|left| left.claim.is_some()) {
                continue;
            }
            if followed.len() == DEPENDANTS_AT_ONCE {
                return Ok((followed, true));
            }
            if let Some(left) = left {
                calls.leave(left, &id);
            }
            let leg = Leg::dependant(id, &recording.view.id, recording.view.started_at, follows.object.taken_in_at);
            calls.join(&destination.reference, destination.standing, &leg, recording.rulebook_version);
            followed.push((follows, before));
        }
        Ok((followed, false))
    }

    fn plan_alone(&self, text: &TextFragment) -> Result<Plan, Step> {
        let id = text.object.id();
        let before = self.before.as_ref();
        if before.is_some_and(|before| before.recording.view.call.id != CallId::alone(&id)) {
            // It follows a recording, or once did, and ends with that.
            return Ok(Plan::default());
        }
        let mut recording = alone(&text.object, State::Fragment, &self.in_force);
        // A log that can't be read waits where an admin sees it, such as for the rulebook that names its source.
        let surplus = self.is_surplus().then_some(QuarantineReason::TooManyVersions);
        if let Some(reason) = surplus.or_else(|| self.log_is_unread(text)) {
            recording.view.state = State::Quarantined;
            recording.view.quarantine_reason = Some(reason);
        }
        recording.sha256.clone_from(&text.sha256);
        self.plan_by_itself(recording)
    }

    fn is_surplus(&self) -> bool {
        matches!(self.subject, Subject::SurplusRecording(_) | Subject::SurplusSidecar(_))
    }

    fn log_is_unread(&self, text: &TextFragment) -> Option<QuarantineReason> {
        if text.kind != ObjectKind::CallLog {
            None
        } else if text.is_too_large_log() {
            Some(QuarantineReason::TooLarge)
        } else if self.in_force.log_of(&text.object.key).is_none() {
            Some(QuarantineReason::NoSourceMatches)
        } else {
            text.unread_under.map(|_| QuarantineReason::NotThisFormat)
        }
    }

    /// A sidecar or a duplicate whose recording is being deleted: it ends in the next life of the same call.
    fn plan_orphan(&self, kind: &DependantKind, of: &Recording) -> Result<Plan, Step> {
        self.plan_by_itself(as_dependant(kind, of, &self.in_force))
    }

    pub(super) fn plan_by_itself(&self, mut recording: Recording) -> Result<Plan, Step> {
        let before = self.before.as_ref();
        let view = &recording.view;
        let was_in = before.map(|before| &before.recording.view.call);
        let destination = self.destination(&view.call, &view.id, view.started_at, was_in)?;
        let period = (view.class.clone(), recording.day);
        let leg = Leg::new(view.id.clone(), view.started_at, recording.object.taken_in_at, period);
        let mut calls = Calls::default();
        calls.join(&destination.reference, destination.standing, &leg, recording.rulebook_version);
        let holds = self.take_holds(&mut calls)?;
        if let Some(call) = calls.get(&destination.reference) {
            recording.view.periods = call.periods.clone();
            recording.view.holds = call.holds.clone();
        }
        recording.view.call = destination.reference.clone();
        let plan = Plan { held: holds.held, ..Plan::default() };
        if before.is_some_and(|before| before.recording == recording) {
            return Ok(plan);
        }
        let change = self.change(recording, before, false)?;
        let calls = calls.into_changes(&self.in_force);
        Ok(Plan { recordings: vec![change], calls, holds_taken: holds.taken, holds_read: holds.read, ..plan })
    }
}
