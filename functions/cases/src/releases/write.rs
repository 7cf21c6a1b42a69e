//! A step of a release: the release, the custody of its recordings and the audit event are one write.

use std::collections::BTreeMap;

use policy::audit::AuditAction;
use policy::case::release::Release;
use policy::custody::{Committed, CustodyEvent, EventKind};
use policy::report::age_at_use::{NEED, Need};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use store::{CaseRecording, ErrorKind, ReleaseWrite, WriteOutcome};

use crate::context::Context;
use crate::lookup::about;
use crate::parts::next_event;
use crate::recordings::{Reached, need_of};

/// What is written.
#[derive(Debug)]
pub(super) struct ReleaseStep<'a> {
    pub(super) release: &'a Release,
    /// The generation that was read; `None` for a new one.
    pub(super) before: Option<u64>,
    /// The generation of its case that was read, where the step depends on the case.
    pub(super) case_before: Option<u64>,
    /// The recordings that stand; what is gone has no custody that goes on.
    pub(super) reached: &'a [Reached],
    pub(super) action: AuditAction,
    pub(super) kind: EventKind,
    /// What lies erasable beside the custody.
    pub(super) texts: BTreeMap<String, Committed>,
}

/// The facts of every event about a release.
pub(super) fn about_release(release: &Release) -> Facts {
    let mut facts = about(&release.case);
    facts.insert("release".to_owned(), release.id.as_str().to_owned());
    facts
}

/// TRACE FIRST: writes a step, if nothing it rests on has changed; whether it stands.
pub(super) async fn write(context: &Context, caller: &MemberCaller, step: ReleaseStep<'_>) -> Result<bool, Problem> {
    let mut facts = about_release(step.release);
    facts.insert("basis".to_owned(), step.release.basis.as_str().to_owned());
    let event_of =
        |reached: &Reached| next_event(reached, caller, step.kind, step.action, facts.clone(), step.texts.clone());
    let events: Vec<CustodyEvent> = step.reached.iter().map(event_of).collect::<Result<_, _>>()?;
    let recordings = step.release.recordings();
    let ids = recordings.iter().map(policy::id::RecordingId::as_str).collect::<Vec<_>>().join(",");
    facts.insert("recordings".to_owned(), ids);
    let needs: Vec<Need> = step.reached.iter().map(|one| need_of(&one.recording, &caller.rulebook)).collect();
    facts.insert(NEED.to_owned(), Need::join(&needs));
    let audit = audit::of_member(caller, step.action, Outcome::Permitted, facts.clone());
    let calls = step.reached.iter().map(|reached| &reached.recording.view.call);
    let write = ReleaseWrite {
        release: step.release,
        before: step.before,
        case_before: step.case_before,
        audit: &audit,
        events: events.iter().zip(calls).map(|(event, call)| CaseRecording { event, call }).collect(),
    };
    match context.shared.table.write_release(&write).await {
        Ok(WriteOutcome::Done) => Ok(true),
        Ok(WriteOutcome::Conflict) => Ok(false),
        // Another's transaction was at the same case or call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(Problem::of_store(&error)),
    }
}
