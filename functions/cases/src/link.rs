//! `POST /cases/{id}/recordings` and `DELETE /cases/{id}/recordings/{recording_id}`: the recordings of a case.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::audit::AuditAction;
use policy::case::{Case, Unchanged};
use policy::custody::{EventKind, NewEvent};
use policy::id::RecordingId;
use policy::permission::{Action, CaseAction};
use policy::recording::{CallReference, Recording};
use policy::report::age_at_use::NEED;
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{BUSY, FAILED, NO_SUCH_RECORDING, NOT_ALLOWED, Problem, TOO_MANY_HOLDS};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CaseLink, CaseWrite, ErrorKind, HoldOutcome, HoldRequest, Job, StoredCase};

use crate::announce::{follow, follow_later};
use crate::context::Context;
use crate::get::detail;
use crate::lookup::{CasePath, about, about_both, read_case, recording_id_of, refuse};
use crate::problems::{CASE_CLOSED, CASE_FULL, NO_SUCH_CASE, unchanged};
use crate::recordings::{Reached, need_of, read_recording};
use crate::view::CaseDetail;

/// 4 tries: each fails only if somebody else changed the case, the recording or its call in between.
const TRIES: usize = 4;

/// A recording that is about a case.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// The recording's id.
    #[schemars(length(min = 1, max = 64), example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording_id: String,
}

const FIELDS: &str = "recording_id (text)";

/// What happens to a recording of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkChange {
    Link,
    Unlink,
}

impl LinkChange {
    fn audit_action(self) -> AuditAction {
        match self {
            Self::Link => AuditAction::LinkRecording,
            Self::Unlink => AuditAction::UnlinkRecording,
        }
    }

    fn event_kind(self) -> EventKind {
        match self {
            Self::Link => EventKind::LinkedToCase,
            Self::Unlink => EventKind::UnlinkedFromCase,
        }
    }

    fn apply(self, case: &Case, recording: &Recording, caller: &MemberCaller) -> Result<Case, Unchanged> {
        let view = &recording.view;
        match self {
            Self::Link => case.link(&view.id, &caller.member).map(|linked| linked.decide_on(&view.call)),
            Self::Unlink => case.unlink(&view.id),
        }
    }
}

pub(crate) fn routes() -> Vec<Route<Context>> {
    let links = About {
        id: "link_recording",
        tag: "cases",
        summary: "Adds a recording to a case 案件. Who adds the first one owns the case from then on.",
    };
    let unlinks =
        About { id: "unlink_recording", tag: "cases", summary: "Takes a recording out of a case 案件 again." };
    let problems = [&NO_SUCH_CASE, &NO_SUCH_RECORDING, &NOT_ALLOWED, &CASE_CLOSED];
    vec![
        Route::post("/cases/{id}/recordings", link, links)
            .body::<LinkRequest>(BODY_LIMIT_BYTES)
            .answers::<CaseDetail>(200, "The case with it.")
            .problems(&problems)
            .problems(&[&CASE_FULL, &TOO_MANY_HOLDS]),
        Route::delete("/cases/{id}/recordings/{recording_id}", unlink, unlinks)
            .answers::<CaseDetail>(200, "The case without it.")
            .problems(&problems),
    ]
}

/// Adds a recording.
async fn link(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
    request: Request,
) -> Result<Json<CaseDetail>, Problem> {
    let LinkRequest { recording_id } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let path = CasePath { recording: recording_id_of(&recording_id), ..path };
    change(&context, &caller, &path, LinkChange::Link).await
}

/// Takes a recording out.
async fn unlink(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    path: CasePath,
) -> Result<Json<CaseDetail>, Problem> {
    change(&context, &caller, &path, LinkChange::Unlink).await
}

async fn change(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    change: LinkChange,
) -> Result<Json<CaseDetail>, Problem> {
    for _ in 0..TRIES {
        let stored = read_case(context, caller, CaseAction::Link, &path.case).await?;
        let Reached { recording, .. } = read_recording(context, caller, Action::Hold, path, CaseAction::Link).await?;
        let changed = match change.apply(&stored.case, &recording, caller) {
            Ok(changed) => changed,
            Err(why) => {
                let problem = unchanged(why, stored.case.view.kind);
                return Err(refuse(context, caller, CaseAction::Link, about_both(path), problem).await);
            }
        };
        // TWICE IS ONCE: what is so already is answered and not written again.
        let is_done = changed == stored.case;
        if is_done || write(context, caller, path, change, (&stored, &changed), &recording).await? {
            follow(context, &job_of(&recording)).await?;
            return Ok(Json(detail(context, caller, &changed).await?));
        }
    }
    Err(Problem::of(&BUSY))
}

/// Has S3's legal hold follow the table's: this function may not touch an object.
fn job_of(recording: &Recording) -> Job {
    Job::FollowHolds { call: recording.view.call.id.clone() }
}

async fn no_recording(context: &Context, caller: &MemberCaller, path: &CasePath, problem: Problem) -> Problem {
    refuse(context, caller, CaseAction::Link, about_both(path), problem).await
}

/// Writes the case, its hold and the event on the recording's custody, if nothing they rest on has changed; whether they
/// stand.
async fn write(
    context: &Context,
    caller: &MemberCaller,
    path: &CasePath,
    change: LinkChange,
    (before, after): (&StoredCase, &Case),
    recording: &Recording,
) -> Result<bool, Problem> {
    let table = &context.shared.table;
    let call = &recording.view.call;
    let operation = caller.operation(change.audit_action().as_str());
    let mut facts = about_both(path);
    facts.insert(NEED.to_owned(), need_of(recording, &caller.rulebook).to_string());
    let audit = audit::of_member(caller, change.audit_action(), Outcome::Permitted, facts);
    let happening = NewEvent {
        at: caller.now,
        kind: change.event_kind(),
        actor: caller.member.id.clone(),
        operation: operation.clone(),
        // QUIET: who reads custody may not see the case; the id says nothing of it.
        facts: about(&path.case),
        texts: [].into(),
    };
    let write = CaseWrite { case: after, before: before.generation, audit: &audit, recording: None };
    let link = CaseLink { write, recording: &path.recording, call, happening: &happening };
    let act = after.hold_act(caller.now, &caller.member.id, operation);
    let request = HoldRequest { act, audit: None, rulebook: &caller.rulebook };
    follow_later(context, &job_of(recording)).await?;
    let written = match change {
        LinkChange::Link => {
            let hold = after.own_hold(&call.id, &caller.member.id, caller.now);
            table.link_recording(&link, hold.ok_or_else(|| Problem::of(&FAILED))?, &request).await
        }
        LinkChange::Unlink => {
            let is_last = is_last_of_call(context, after, call).await?;
            table.unlink_recording(&link, is_last, &request).await
        }
    };
    let problem = match written {
        Ok(HoldOutcome::Done) => return Ok(true),
        Ok(HoldOutcome::Busy) => return Ok(false),
        Ok(HoldOutcome::Gone) => Problem::of(&NO_SUCH_RECORDING),
        Ok(HoldOutcome::Refused(_)) => Problem::of(&TOO_MANY_HOLDS).audited("too_many_holds"),
        // Another's transaction was at the same case or call: the next try comes behind it.
        Err(error) if error.kind == ErrorKind::Throttled => return Ok(false),
        Err(error) => return Err(Problem::of_store(&error)),
    };
    Err(no_recording(context, caller, path, problem).await)
}

/// Whether no recording of a case is of a call any more.
async fn is_last_of_call(context: &Context, case: &Case, call: &CallReference) -> Result<bool, Problem> {
    let ids: Vec<RecordingId> = case.recordings.iter().cloned().collect();
    let others = if ids.is_empty() { Vec::new() } else { context.shared.table.listed(&ids).await? };
    Ok(others.iter().all(|other| other.call.id != call.id))
}
