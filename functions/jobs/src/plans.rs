//! Counting a plan: each shard of the due index by itself, call by call, in slices. A slice writes what it came to together
//! with its place, so that one that runs again counts nothing twice.

use std::collections::BTreeMap;

use policy::call::Call;
use policy::id::{PlanId, RecordingId};
use policy::plan::{Comparison, Tally};
use policy::recording::CallReference;
use policy::retention::ClassRevision;
use store::{Job, Plan, PlanPart, SortKey, WriteOutcome};
use tracing::{info, warn};

use crate::context::Context;
use crate::error::JobError;
use crate::run::Run;

/// 100 calls: what one `BatchGetItem` takes.
const AT_ONCE: u16 = 100;

/// Counts one shard, on from where an earlier slice ended.
pub(crate) async fn count(context: &Context, id: &PlanId, shard: u8, run: Run) -> Result<(), JobError> {
    let Some(plan) = context.table.plan(id).await? else {
        warn!(plan = %id, "a plan that is to be counted is gone");
        return Ok(());
    };
    let mut part = context.table.plan_part(id, shard).await?;
    if part.is_done {
        return Ok(());
    }
    let comparison = Comparison::new(plan.before.clone(), plan.after.clone(), plan.effective_at)?;
    let revisions: Vec<&ClassRevision> = plan.before.revisions.iter().map(|(revision, _)| revision).collect();
    while let Some(revision) = revisions.get(part.revisions_done as usize).copied() {
        let after = part.after.clone().unwrap_or_else(SortKey::first);
        let found = context.table.calls_due_after(revision, shard, &after, AT_ONCE).await?;
        match found.last() {
            None => (part.after, part.revisions_done) = (None, part.revisions_done + 1),
            Some((last, _)) => part.after = Some(last.clone()),
        }
        let calls: Vec<CallReference> = found.into_iter().map(|(_, call)| call).collect();
        if !calls.is_empty() {
            count_calls(context, &comparison, revision, &calls, &mut part.tally).await?;
        }
        if run.is_over(context) {
            break;
        }
    }
    part.is_done = part.revisions_done as usize >= revisions.len();
    write(context, &plan, shard, part, run).await
}

async fn write(context: &Context, plan: &Plan, shard: u8, mut part: PlanPart, run: Run) -> Result<(), JobError> {
    part.slices += 1;
    let is_done = part.is_done;
    if context.table.put_plan_part(plan, shard, &part).await? == WriteOutcome::Conflict {
        warn!(plan = %plan.id, shard, "another run counted the same slice");
        return Ok(());
    }
    if !is_done {
        let job = Job::CountPlan { plan: plan.id.clone(), shard };
        return Ok(run.send_rest(context, &job).await?);
    }
    info!(plan = %plan.id, shard, calls = part.tally.total.calls(), "a shard of a plan is counted");
    Ok(())
}

/// Counts some calls that a revision nominates. What is claimed, held or about to be deleted on request is not the
/// rulebook's any more.
async fn count_calls(
    context: &Context,
    comparison: &Comparison,
    revision: &ClassRevision,
    references: &[CallReference],
    tally: &mut Tally,
) -> Result<(), JobError> {
    let calls = context.table.calls(references).await?;
    let counted: Vec<&Call> = calls
        .iter()
        .filter(|call| call.claim.is_none() && call.holds.is_empty() && !call.is_deletion_approved())
        .collect();
    let first_legs: Vec<RecordingId> = counted.iter().filter_map(|call| call.own_legs().next().cloned()).collect();
    let teams = if first_legs.is_empty() { BTreeMap::new() } else { context.table.teams(&first_legs).await? };
    for call in counted {
        let team = call.own_legs().next().and_then(|leg| teams.get(leg)?.as_deref());
        comparison.count(tally, call, revision.class(), team);
    }
    Ok(())
}
