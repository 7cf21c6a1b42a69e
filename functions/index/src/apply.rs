//! Writes a plan, once. Nothing is decided here.

use jiff::{SignedDuration, Timestamp};
use policy::call::Call;
use policy::id::{CallId, RecordingId};
use policy::placement::Plan;
use store::{
    CallWrite, DueKey, HoldsPlacement, Job, LoggedRows, PlacedRecording, PlacementWrite, Stored, WriteOutcome,
};

use crate::context::{Context, IndexError};

/// A plan, and the rows of a call log that were read for it.
pub(crate) struct Planned {
    pub(crate) plan: Box<Plan>,
    pub(crate) rows: Option<LoggedRows>,
}

/// Writes a plan in one transaction, with what must be durable before it.
pub(crate) async fn apply(context: &Context, planned: &Planned) -> Result<WriteOutcome, IndexError> {
    let Planned { plan, rows } = planned;
    if let Some((left, id)) = &plan.left_group {
        leave_logged_call(context, id, left).await?;
    }
    if let (Some(group), Some(rows)) = (&plan.keeps, rows) {
        context.table.keep_log_rows(group, rows).await?;
    }
    if !plan.is_empty() {
        let recordings = plan.recordings.iter().map(|change| PlacedRecording {
            recording: &change.recording,
            before: change.before,
            event: change.event.as_ref(),
            is_first: change.is_first,
        });
        let calls = plan.calls.iter().map(|change| CallWrite {
            before: change.before,
            call: &change.call,
            due: DueKey::Under(change.due_under.clone()),
            reopens: plan.holds_read.contains_key(&change.call.reference.id),
        });
        let holds = HoldsPlacement { taken: &plan.holds_taken, read: Some(&plan.holds_read) };
        let placing = PlacementWrite { recordings: recordings.collect(), calls: calls.collect(), holds };
        if context.table.write_placement(&placing).await? == WriteOutcome::Conflict {
            return Ok(WriteOutcome::Conflict);
        }
    }
    // Also where nothing was written: an earlier try may have written it and sent nothing.
    for call in &plan.held {
        context.jobs.send(&Job::FollowHolds { call: call.clone() }).await?;
    }
    for call in &plan.copies {
        refresh_copies(context, call, plan).await?;
    }
    Ok(WriteOutcome::Done)
}

/// 1,000 recordings of one logged call.
const MEMBERS_LIMIT: usize = 1000;

/// NEVER LATE: the rows of a call that no living recording belongs to any more end by themselves again.
async fn leave_logged_call(context: &Context, id: &RecordingId, group: &CallId) -> Result<(), IndexError> {
    context.table.end_log_member(group, id).await?;
    if context.table.log_members(group, MEMBERS_LIMIT).await?.iter().all(|member| member.has_ended) {
        let now = context.connection.now();
        let quarantine_days = context.rulebooks.in_force(now).await?.quarantine_days;
        let keep = SignedDuration::from_hours(24 * i64::from(quarantine_days));
        let ends_at = now.checked_add(keep).unwrap_or(Timestamp::MAX);
        context.table.release_log_rows(group, ends_at).await?;
    }
    Ok(())
}

/// The other legs carry copies of the call's periods and holds, so that hearing one needs no reading of
/// the call. A copy that is behind costs a reader one more read, never a wrong answer.
async fn refresh_copies(context: &Context, call: &Call, plan: &Plan) -> Result<(), IndexError> {
    let is_written = |id: &RecordingId| plan.recordings.iter().any(|change| change.recording.view.id == *id);
    let others = call.brought.iter().filter(|(id, brought)| brought.follows.is_none() && !is_written(id));
    for (id, _) in others {
        let Some(stored) = context.table.recording(id).await? else {
            continue;
        };
        let Stored::Recording(mut recording) = stored.stored else {
            continue;
        };
        let view = &mut recording.view;
        if view.periods == call.periods && view.holds == call.holds && view.understood_at == call.understood_at {
            continue;
        }
        view.periods = call.periods.clone();
        view.holds.clone_from(&call.holds);
        view.understood_at = call.understood_at;
        let placing = PlacementWrite {
            recordings: vec![PlacedRecording {
                recording: &recording,
                before: Some(stored.generation),
                event: None,
                is_first: false,
            }],
            // The same generation: the call is only checked, and that nobody claimed it.
            calls: vec![CallWrite { before: Some(call.generation), call, due: DueKey::Unchanged, reopens: false }],
            holds: HoldsPlacement::default(),
        };
        // A conflict means that somebody wrote the leg or the call meanwhile, and copies the newer state.
        context.table.write_placement(&placing).await?;
    }
    Ok(())
}
