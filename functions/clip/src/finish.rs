//! What came of a share or a release, with its events, where it is still wanted.

use std::collections::BTreeMap;

use policy::audit::{AuditAction, AuditOutcome};
use policy::case::part::{Clip, CutFailure};
use policy::case::release::{Package, Release};
use policy::case::share::{FinishDecision, Share};
use policy::custody::{CustodyEvent, EventKind, NewEvent};
use policy::id::RecordingId;
use policy::recording::CallReference;
use store::retry::{Attempt, on_conflict};
use store::{AuditEvent, CaseRecording, ReleaseWrite, ShareWrite, WriteOutcome};

use crate::context::{ATTEMPTS, ClipError, Context};
use crate::source;

/// Who does it, in custody and in the audit log.
const ACTOR: &str = "clip";

/// An event of custody, and the call whose claim it would meet.
type CallEvent = (CustodyEvent, CallReference);

/// What is written down of one doing.
struct Doing<'a> {
    attempt: &'a str,
    action: AuditAction,
    kind: EventKind,
    /// The share or the release.
    id: &'a str,
    facts: BTreeMap<String, String>,
}

impl<'a> Doing<'a> {
    fn of_share(share: &'a Share, attempt: &'a str) -> Self {
        let facts = [("case_id", share.case.to_string()), ("share_id", share.id.to_string())];
        Self {
            attempt,
            action: AuditAction::MakeClip,
            kind: EventKind::ClipMade,
            id: share.id.as_str(),
            facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    fn of_release(release: &'a Release, attempt: &'a str) -> Self {
        let facts = [("case_id", release.case.to_string()), ("release_id", release.id.to_string())];
        Self {
            attempt,
            action: AuditAction::MakePackage,
            kind: EventKind::ReleaseBuilt,
            id: release.id.as_str(),
            facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    /// The next event of a recording's custody; `None` where it is gone, or being deleted.
    async fn event(&self, context: &Context, recording: &RecordingId) -> Result<Option<CallEvent>, ClipError> {
        let Some(source) = source::read(context, recording).await? else {
            return Ok(None);
        };
        let happening = NewEvent {
            at: context.connection.now(),
            kind: self.kind,
            actor: ACTOR.to_owned(),
            operation: format!("clip-{}-{}", self.id, self.attempt),
            facts: self.facts.clone(),
            texts: BTreeMap::new(),
        };
        let event = source.head.append(recording, happening).ok_or(ClipError::CustodyFull)?;
        Ok(Some((event, source.recording.view.call)))
    }

    async fn audit(&self, context: &Context, failure: Option<CutFailure>) -> Result<AuditEvent, ClipError> {
        let now = context.connection.now();
        let rulebook = context.rulebooks.in_force(now).await?;
        let mut facts = self.facts.clone();
        if let Some(failure) = failure {
            facts.insert("failure".to_owned(), failure.as_str().to_owned());
        }
        Ok(AuditEvent {
            at: now,
            day: rulebook.day_of(now).to_string(),
            operation: format!("clip-{}-{}.{}", self.id, self.attempt, self.action.as_str()),
            staff: ACTOR.to_owned(),
            role: None,
            action: self.action,
            outcome: if failure.is_some() { AuditOutcome::Refused } else { AuditOutcome::Permitted },
            facts,
            asked: BTreeMap::new(),
            origin: None,
            ends_at: rulebook.audit_ends_at(now),
        })
    }
}

/// Gives the share its clip. Where it is not wanted any more, or has another, nothing is written: the object stays
/// listed, and the sweep deletes it.
pub(crate) async fn finish_share(
    context: &Context,
    share: &Share,
    clip: &Clip,
    attempt: &str,
) -> Result<(), ClipError> {
    let doing = Doing::of_share(share, attempt);
    until_written(context, async || {
        let Some(stored) = context.table.share(&share.case, &share.id).await? else {
            return Ok(Attempt::Done(()));
        };
        let FinishDecision::Finished(finished) = stored.share.finish(clip, context.connection.now()) else {
            return Ok(Attempt::Done(()));
        };
        let Some((event, call)) = doing.event(context, &share.part.recording).await? else {
            return Ok(Attempt::Done(()));
        };
        let audit = doing.audit(context, None).await?;
        let event = Some(CaseRecording { event: &event, call: &call });
        write_share(context, &finished, stored.generation, &audit, event).await
    })
    .await
}

/// Says why a share gets no clip.
pub(crate) async fn fail_share(
    context: &Context,
    share: &Share,
    failure: CutFailure,
    attempt: &str,
) -> Result<(), ClipError> {
    let doing = Doing::of_share(share, attempt);
    until_written(context, async || {
        let Some(stored) = context.table.share(&share.case, &share.id).await? else {
            return Ok(Attempt::Done(()));
        };
        let FinishDecision::Finished(failed) = stored.share.fail(failure) else {
            return Ok(Attempt::Done(()));
        };
        let audit = doing.audit(context, Some(failure)).await?;
        write_share(context, &failed, stored.generation, &audit, None).await
    })
    .await
}

/// Gives the release its package, as [`finish_share`] does.
pub(crate) async fn finish_release(
    context: &Context,
    release: &Release,
    package: &Package,
    attempt: &str,
) -> Result<(), ClipError> {
    let doing = Doing::of_release(release, attempt);
    until_written(context, async || {
        let Some(stored) = context.table.release(&release.case, &release.id).await? else {
            return Ok(Attempt::Done(()));
        };
        let FinishDecision::Finished(finished) = stored.release.finish(package) else {
            return Ok(Attempt::Done(()));
        };
        let mut events = Vec::new();
        for recording in release.recordings() {
            match doing.event(context, &recording).await? {
                Some(event) => events.push(event),
                None => return Ok(Attempt::Done(())),
            }
        }
        let audit = doing.audit(context, None).await?;
        let events = events.iter().map(|(event, call)| CaseRecording { event, call }).collect();
        write_release(context, &finished, stored.generation, &audit, events).await
    })
    .await
}

/// Says why a release gets no package.
pub(crate) async fn fail_release(
    context: &Context,
    release: &Release,
    failure: CutFailure,
    attempt: &str,
) -> Result<(), ClipError> {
    let doing = Doing::of_release(release, attempt);
    until_written(context, async || {
        let Some(stored) = context.table.release(&release.case, &release.id).await? else {
            return Ok(Attempt::Done(()));
        };
        let FinishDecision::Finished(failed) = stored.release.fail(failure) else {
            return Ok(Attempt::Done(()));
        };
        let audit = doing.audit(context, Some(failure)).await?;
        write_release(context, &failed, stored.generation, &audit, Vec::new()).await
    })
    .await
}

/// Reads, decides and writes, until nothing has come in between.
async fn until_written(
    context: &Context,
    attempt: impl AsyncFnMut() -> Result<Attempt<()>, ClipError>,
) -> Result<(), ClipError> {
    match on_conflict(&context.connection, ATTEMPTS, attempt).await? {
        Attempt::Done(()) => Ok(()),
        Attempt::Conflict => Err(ClipError::Contended),
    }
}

async fn write_share(
    context: &Context,
    share: &Share,
    before: u64,
    audit: &AuditEvent,
    event: Option<CaseRecording<'_>>,
) -> Result<Attempt<()>, ClipError> {
    let write = ShareWrite { share, before: Some(before), case_before: None, audit, event };
    Ok(attempt_of(context.table.finish_share(&write).await?))
}

async fn write_release(
    context: &Context,
    release: &Release,
    before: u64,
    audit: &AuditEvent,
    events: Vec<CaseRecording<'_>>,
) -> Result<Attempt<()>, ClipError> {
    let write = ReleaseWrite { release, before: Some(before), case_before: None, audit, events };
    Ok(attempt_of(context.table.finish_release(&write).await?))
}

fn attempt_of(outcome: WriteOutcome) -> Attempt<()> {
    match outcome {
        WriteOutcome::Done => Attempt::Done(()),
        WriteOutcome::Conflict => Attempt::Conflict,
    }
}
