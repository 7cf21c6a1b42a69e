//! After a restore of the table: what people decided since the restored moment stands again, as the stream of the table
//! before said it.
//!
//! Nothing is given back to what is deleted meanwhile. A repeat changes nothing, and it waits for what is not taken in yet.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use policy::call::Call;
use policy::correction::Corrections;
use policy::custody::{CustodyEvent, EventKind, Head, NewEvent, OF_NOTE};
use policy::deletion::{Approval, DeletionState, RequestedDeletion};
use policy::hold::Hold;
use policy::holding::HoldAct;
use policy::id::{CallId, RecordingId};
use policy::recording::Recording;
use policy::rulebook::Rulebook;
use serde::Serialize;
use store::retry::{Attempt, on_conflict};
use store::{
    Decision, DeletionRequest, IndexMessage, Newest, RestoreStep, Restored, Stored, StoredRecording, WriteOutcome,
};
use tracing::error;

use crate::context::Context;
use crate::error::JobError;

/// 16 objects are read at once: those of a month take a minute.
const OBJECTS_AT_ONCE: usize = 16;

/// 8 attempts, two seconds: each fails only if another writer was first.
const ATTEMPTS: u32 = 8;

/// What a replay did.
#[derive(Debug, Default, Serialize)]
pub struct Replayed {
    /// Decisions that stand again.
    restored: u64,
    /// Decisions that stood.
    known: u64,
    /// Decisions on what is deleted meanwhile, and approvals of requests by somebody whom the rulebook does not know.
    dead: u64,
    /// Decisions that wait: their recording is not taken in yet, or not indexed again by its correction.
    waiting: u64,
    /// `false`: the next run does the rest.
    is_done: bool,
}

/// What came of one decision.
enum Outcome {
    Restored,
    Known,
    Dead,
    Pending,
}

fn outcome_of(restored: Restored) -> Attempt<Outcome> {
    match restored {
        Restored::Written => Attempt::Done(Outcome::Restored),
        Restored::Known => Attempt::Done(Outcome::Known),
        Restored::Conflict => Attempt::Conflict,
    }
}

impl Replayed {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Restored => self.restored += 1,
            Outcome::Known => self.known += 1,
            Outcome::Dead => self.dead += 1,
            Outcome::Pending => self.waiting += 1,
        }
    }
}

/// Gives back what was decided since a moment.
pub(crate) async fn replay(context: &Context, from: Timestamp, stop_at: Timestamp) -> Result<Replayed, JobError> {
    // What was decided on the table that serves is not overwritten.
    if !context.table.is_restored().await? {
        return Err(JobError::NotRestored);
    }
    // What is deleted is given nothing back.
    if !context.table.has_taken(RestoreStep::Journal).await? {
        return Err(JobError::JournalNotReplayed);
    }
    let names = context.decisions.since(from).await?;
    let read = |name: String| async move { context.decisions.read(&name).await };
    let objects: Vec<_> = stream::iter(names).map(read).buffered(OBJECTS_AT_ONCE).try_collect().await?;
    let mut newest = Newest::default();
    objects.into_iter().flatten().for_each(|item| newest.add(item));
    let replay = Replay::new(context, newest.into_decisions()?, from).await?;
    let mut replayed = replay.run(stop_at).await?;
    replayed.is_done &= replayed.waiting == 0;
    if replayed.is_done {
        context.table.note_taken(RestoreStep::Decided).await?;
    }
    Ok(replayed)
}

/// What is replayed, sorted by what it is about.
struct Replay<'a> {
    context: &'a Context,
    rulebook: std::sync::Arc<Rulebook>,
    from: Timestamp,
    /// By recording, in the order of their numbers.
    deeds: BTreeMap<RecordingId, Vec<CustodyEvent>>,
    holds: BTreeMap<CallId, Vec<Hold>>,
    others: Vec<Decision>,
}

impl<'a> Replay<'a> {
    async fn new(context: &'a Context, decisions: Vec<Decision>, from: Timestamp) -> Result<Self, JobError> {
        let rulebook = context.rulebooks.in_force(context.connection.now()).await?;
        let mut replay =
            Self { context, rulebook, from, deeds: BTreeMap::new(), holds: BTreeMap::new(), others: Vec::new() };
        for decision in decisions {
            match decision {
                Decision::Deed(event) => {
                    replay.deeds.entry(event.event.recording.clone()).or_default().push(*event);
                }
                Decision::Hold { call, hold } => replay.holds.entry(call).or_default().push(*hold),
                other => replay.others.push(other),
            }
        }
        Ok(replay)
    }

    async fn run(&self, stop_at: Timestamp) -> Result<Replayed, JobError> {
        let mut replayed = Replayed::default();
        let is_over = || self.context.connection.now() >= stop_at;
        for (id, events) in &self.deeds {
            if is_over() {
                return Ok(replayed);
            }
            for event in events {
                replayed.count(&self.until_done(async || self.deed(id, event).await).await?);
            }
        }
        for (call, holds) in &self.holds {
            if is_over() {
                return Ok(replayed);
            }
            replayed.count(&self.until_done(async || self.hold(call, holds).await).await?);
        }
        for decision in &self.others {
            if is_over() {
                return Ok(replayed);
            }
            replayed.count(&self.until_done(async || self.other(decision).await).await?);
        }
        replayed.is_done = true;
        Ok(replayed)
    }

    async fn until_done(
        &self,
        attempt: impl AsyncFnMut() -> Result<Attempt<Outcome>, JobError>,
    ) -> Result<Outcome, JobError> {
        match on_conflict(&self.context.connection, ATTEMPTS, attempt).await? {
            Attempt::Done(outcome) => Ok(outcome),
            Attempt::Conflict => Err(JobError::Contended),
        }
    }

    /// The recording of a decision, or what comes of the decision without one.
    async fn living(&self, id: &RecordingId) -> Result<Result<Living, Outcome>, JobError> {
        Ok(match self.context.table.recording(id).await? {
            None => Err(Outcome::Pending),
            Some(StoredRecording { stored: Stored::Tombstone(_), .. }) => Err(Outcome::Dead),
            Some(StoredRecording { stored: Stored::Recording(recording), generation, head, .. }) => {
                Ok(Living { recording, generation, head })
            }
        })
    }

    /// What somebody did, behind what custody says: with its time, its words and its operation.
    async fn deed(&self, id: &RecordingId, event: &CustodyEvent) -> Result<Attempt<Outcome>, JobError> {
        let mut living = match self.living(id).await? {
            Ok(living) => living,
            Err(outcome) => return Ok(Attempt::Done(outcome)),
        };
        let standing = self.context.table.deeds(id).await?;
        if standing.iter().any(|known| is_same(known, event)) {
            return Ok(Attempt::Done(Outcome::Known));
        }
        let mut facts = event.event.facts.clone();
        // A note that was given back has another number than it had.
        if let Some(note) = facts.get_mut(OF_NOTE) {
            let was = self.deeds[id].iter().find(|deed| deed.event.number.to_string() == *note);
            if let Some(is) = was.and_then(|was| standing.iter().find(|known| is_same(known, was))) {
                *note = is.event.number.to_string();
            }
        }
        let notes = &mut living.recording.view.notes;
        *notes = match event.event.kind {
            EventKind::Noted => notes.saturating_add(1),
            EventKind::NoteWithdrawn => notes.saturating_sub(1),
            _ => *notes,
        };
        let CustodyEvent { event, texts, .. } = event.clone();
        let (at, kind, actor, operation) = (event.at, event.kind, event.actor, event.operation);
        let deed = NewEvent { at, kind, actor, operation, facts, texts };
        let Some(deed) = living.head.append(id, deed) else {
            error!(recording = %id, "a custody is full");
            return Ok(Attempt::Done(Outcome::Dead));
        };
        Ok(written(self.context.table.restore_deed(&deed, &living.recording, living.generation).await?))
    }

    /// The holds that a call id last had. S3's stand as they did: they were set before a hold was answered.
    async fn hold(&self, call: &CallId, holds: &[Hold]) -> Result<Attempt<Outcome>, JobError> {
        let act = HoldAct {
            at: self.context.connection.now(),
            actor: "jobs".to_owned(),
            operation: format!("restore-{}", self.from),
            reason: None,
        };
        Ok(outcome_of(self.context.table.restore_holds(call, holds, &self.rulebook, &act).await?))
    }

    async fn other(&self, decision: &Decision) -> Result<Attempt<Outcome>, JobError> {
        let table = &self.context.table;
        Ok(match decision {
            Decision::Corrections { recording, corrections, .. } => {
                return self.corrections(recording, corrections).await;
            }
            Decision::Deletion(request) => return self.deletion(request).await,
            Decision::Case(case, generation) => outcome_of(table.restore_case(case, *generation).await?),
            Decision::Share(share, generation) => outcome_of(table.restore_share(share, *generation).await?),
            Decision::Release(release, generation) => outcome_of(table.restore_release(release, *generation).await?),
            Decision::Derived(derived) => {
                table.restore_derived(derived).await?;
                Attempt::Done(Outcome::Known)
            }
            Decision::Deed(_) | Decision::Hold { .. } => Attempt::Done(Outcome::Known),
        })
    }

    /// What admins said of a recording. NEVER EARLY: a period that it lengthens is in force before this is done.
    async fn corrections(&self, id: &RecordingId, said: &Corrections) -> Result<Attempt<Outcome>, JobError> {
        let Self { context, .. } = self;
        let living = match self.living(id).await? {
            Ok(living) => living,
            Err(outcome) => return Ok(Attempt::Done(outcome)),
        };
        let object = &living.recording.object;
        let known = context.table.corrections(&object.key_id(), id).await?;
        if known.number < said.number
            && context.table.restore_corrections(&living.recording, said, known.number).await? == WriteOutcome::Conflict
        {
            return Ok(Attempt::Conflict);
        }
        let counts = if known.number < said.number { said } else { &known };
        let wanted = counts.standing.as_ref().map(|correction| correction.at);
        if wanted.is_some() && living.recording.corrected_at != wanted {
            context.index.send(&IndexMessage::of(object)).await?;
            return Ok(Attempt::Done(Outcome::Pending));
        }
        let is_news = known.number < said.number;
        Ok(Attempt::Done(if is_news { Outcome::Restored } else { Outcome::Known }))
    }

    /// A request to delete a call, and what the call carries of it.
    async fn deletion(&self, request: &DeletionRequest) -> Result<Attempt<Outcome>, JobError> {
        let table = &self.context.table;
        let living = match self.living(&request.recording).await? {
            Ok(living) => living,
            Err(outcome) => return Ok(Attempt::Done(outcome)),
        };
        let stored = table.deletion_request(&request.id).await?;
        let before = stored.as_ref().map(|stored| stored.state);
        let is_decided = matches!(before, Some(DeletionState::Approved | DeletionState::Refused));
        if is_decided || before == Some(request.state) {
            return Ok(Attempt::Done(Outcome::Known));
        }
        // Taken in again, it may be in another life of its call.
        let Some(call) = table.call(&living.recording.view.call).await? else { return Ok(Attempt::Conflict) };
        if call.claim.is_some() {
            return Ok(Attempt::Done(Outcome::Dead));
        }
        let request = DeletionRequest { call: call.reference.clone(), ..request.clone() };
        let approval = self.approval(&request);
        // NEVER EARLY: what somebody approved whose role nobody knows is requested again.
        if request.state == DeletionState::Approved && approval.is_none() {
            return Ok(Attempt::Done(Outcome::Dead));
        }
        let carried = (request.state != DeletionState::Refused).then(|| {
            let named = request.recordings.iter().cloned().collect();
            let requested = RequestedDeletion::new(request.id.clone(), named, request.requested_by_role);
            RequestedDeletion { approved: approval, is_redaction: request.redaction.is_some(), ..requested }
        });
        let is_its = call.deletion.as_ref().is_none_or(|standing| standing.id == request.id);
        let after: Option<Call> = (is_its && call.deletion != carried).then(|| call.with_request_restored(carried));
        Ok(written(table.restore_deletion(&request, before, after.as_ref()).await?))
    }

    /// Who approved a request, and the role then.
    fn approval(&self, request: &DeletionRequest) -> Option<Approval> {
        let decided = request.decided.as_ref().filter(|_| request.state == DeletionState::Approved)?;
        let role = self.rulebook.member_by_id(&decided.by, self.rulebook.day_of(decided.at))?.role;
        Some(Approval { at: decided.at, by: role })
    }
}

/// A recording that a decision is given back to.
struct Living {
    recording: Box<Recording>,
    generation: u64,
    head: Head,
}

/// Whether two events are of one deed, whatever their numbers are.
fn is_same(one: &CustodyEvent, other: &CustodyEvent) -> bool {
    (&one.event.operation, one.event.kind, one.event.at) == (&other.event.operation, other.event.kind, other.event.at)
}

fn written(outcome: WriteOutcome) -> Attempt<Outcome> {
    match outcome {
        WriteOutcome::Done => Attempt::Done(Outcome::Restored),
        WriteOutcome::Conflict => Attempt::Conflict,
    }
}
