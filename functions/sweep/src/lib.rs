//! `sweep`: deletes what the rules say is due, with proof: nominate, claim, journal, delete by version, tombstone.
//!
//! The one function that can delete. What an earlier run claimed is finished first; then the due index nominates,
//! consistent reads decide, what the day may lose is reserved, and one conditional write claims. A run may end at any moment: what it left undone stays
//! nominated or claimed, and the next run goes on. One call that fails keeps no other.

mod allowance;
mod batch;
mod check_copies;
mod config;
mod context;
mod copies;
mod derived;
mod divide;
mod finish;
mod reserve;
mod restore;
mod rules;
mod run;
mod summary;
mod task;

use jiff::{SignedDuration, Timestamp};
use policy::recording::CallReference;
use serde::Deserialize;
use serde_json::Value;
use store::{PublishError, metrics};
use tracing::{error, info};

pub use config::Config;
pub use context::{Context, SweepError};
use restore::Step;
use run::Run;
pub use summary::Summary;
pub use task::{HOPS_LIMIT, Part, Task};

/// A run stops this long before its time-out: one call of forty legs is finished in less.
pub const STOPS_BEFORE_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);

/// What `sweep` answers to Lambda: to a step of a restore what it did, to everything else nothing.
///
/// # Errors
/// As [`handle`]; no step of a restore.
pub async fn answer(context: &Context, event: &Value, run_id: &str, stop_at: Timestamp) -> Result<Value, SweepError> {
    let Some(step) = event.get("restore") else {
        return handle(context, run_id, stop_at, Task::of(event)).await.map(|()| Value::Null);
    };
    let step = Step::deserialize(step).map_err(SweepError::Event)?;
    let did = Box::pin(step.take(context, stop_at)).await?;
    info!(?step, %did, "a step of a restore");
    Ok(did)
}

/// One run, with its metrics as a line of the log. A run that ends by time starts the next.
///
/// # Errors
/// The first one that a call or the rules met, after everything else was worked on.
pub async fn handle(context: &Context, run_id: &str, stop_at: Timestamp, task: Task) -> Result<(), SweepError> {
    // NEVER EARLY: a restored table has lost what was decided since, holds among it.
    if context.table.is_restored().await? {
        error!("the table is a restored one: nothing is deleted until its restore is ended");
        metrics::emit(context.connection.now(), &[("DeletionsStopped", 1)]);
        return Ok(());
    }
    let run = Run::new(context, run_id, stop_at, task);
    let (summary, outcome) = Box::pin(run.sweep()).await;
    info!(?summary, "swept");
    let is_unreadable = matches!(outcome, Err(SweepError::Rulebook(PublishError::Unreadable { .. })));
    let overdue = summary.overdue + summary.refused + summary.unruled + summary.copies_kept;
    let is_clock_off = matches!(outcome, Err(SweepError::Clock));
    let mut counts = vec![
        ("Deletions", summary.deleted),
        ("RulebookUnreadable", u64::from(is_unreadable)),
        ("DeletionsStopped", summary.stopped + u64::from(is_clock_off)),
    ];
    // A run that could not look at everything does not say that nothing is overdue.
    if outcome.is_ok() || overdue > 0 {
        counts.push(("OverdueDeletions", overdue));
    }
    metrics::emit(context.connection.now(), &counts);
    outcome?;
    // A run that failed, or found nothing that it could delete, leaves the rest to the schedule.
    if let Some(next) = run.task.get().next()
        && context.connection.now() >= stop_at
        && summary.deleted > 0
    {
        context.start_run(next).await?;
    }
    Ok(())
}

/// One run, until nothing is due or `stop_at` comes. `run_id` names its claims.
///
/// # Errors
/// As [`handle`].
pub async fn run(context: &Context, run_id: &str, stop_at: Timestamp) -> Result<Summary, SweepError> {
    let (summary, outcome) = Box::pin(sweep_all(context, run_id, stop_at)).await;
    outcome.map(|()| summary)
}

/// One run: what it did, also where it failed at some of it.
pub async fn sweep_all(context: &Context, run_id: &str, stop_at: Timestamp) -> (Summary, Result<(), SweepError>) {
    let (summary, outcome) = Box::pin(Run::new(context, run_id, stop_at, Task::default()).sweep()).await;
    info!(?summary, "swept");
    (summary, outcome)
}

/// One call alone: decided by the rules of now, claimed if it is due, and finished.
///
/// # Errors
/// The call or the rules met one.
pub async fn sweep_call(context: &Context, run_id: &str, reference: &CallReference) -> Result<Summary, SweepError> {
    let (summary, outcome) = Run::new(context, run_id, Timestamp::MAX, Task::default()).sweep_call(reference).await;
    outcome.map(|()| summary)
}
