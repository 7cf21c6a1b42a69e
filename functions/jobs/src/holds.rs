//! Holds: what a request or a placement left to be done, and what ends by itself.

use std::collections::BTreeSet;

use policy::case::holds::HOLDS_ACTOR;
use policy::holding::HoldAct;
use policy::id::{CallId, CaseId};
use store::{HoldOutcome, HoldRequest, Job};

use crate::context::Context;
use crate::error::JobError;

/// Puts every life of a call under the holds of its id, and removes what was lifted or has ended.
pub(crate) async fn follow(context: &Context, call: &CallId) -> Result<(), JobError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    let act = HoldAct { at: now, actor: "jobs".to_owned(), operation: format!("holds-{call}-{now}"), reason: None };
    match context.table.end_holds(call, &HoldRequest { act, audit: None, rulebook: &rulebook }).await? {
        HoldOutcome::Done | HoldOutcome::Gone | HoldOutcome::Refused(_) => {}
        HoldOutcome::Busy => return Err(JobError::Contended),
    }
    Ok(context.table.secure_holds(&context.objects, call).await?)
}

/// Holds what an open case's memo may mean, or lifts every hold of a closed one. S3's legal holds follow.
pub(crate) async fn follow_case(context: &Context, id: &CaseId) -> Result<(), JobError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    // It was announced before it was written.
    let Some(stored) = context.table.case(id).await? else { return Ok(()) };
    let act = stored.case.hold_act(now, HOLDS_ACTOR, format!("case-{id}-{now}"));
    let request = HoldRequest { act, audit: None, rulebook: &rulebook };
    let calls: BTreeSet<CallId> = if stored.case.closing.is_some() {
        context.table.lift_case_holds(&stored.case, &request).await?.into_iter().collect()
    } else {
        context.table.hold_candidates(&stored, &request).await?;
        stored.case.provisional.iter().map(|call| call.id.clone()).collect()
    };
    for call in calls {
        context.jobs.send(&Job::FollowHolds { call }).await?;
    }
    Ok(())
}

/// 100 calls a page.
const PAGE: u16 = 100;

/// Has every call looked at whose last hold has ended by itself. NEVER LATE: within the hour it is back in the due index.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let now = context.connection.now();
    let mut after = None;
    loop {
        let page = context.table.held_until(now, PAGE, after).await?;
        for call in page.calls {
            context.jobs.send(&Job::FollowHolds { call: call.id }).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
