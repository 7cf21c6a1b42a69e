//! `jobs`: what takes longer than a request or a message may, in slices that resume. Every slice can be
//! repeated, and leaves behind a message for the next.

mod call_logs;
mod channels;
mod config;
mod context;
mod copies;
mod daily_reports;
mod decided;
mod error;
mod holds;
mod notify;
mod plans;
mod reconcile;
mod redactions;
mod reindex;
mod restore;
mod run;
mod sync_logins;

use std::pin::Pin;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Batch, BatchResponse, JOB_RUNS_LIMIT, Job, StreamBatch, metrics};

pub use channels::{MailConfig, NotificationConfig};
pub use config::Config;
pub use context::Context;
pub use decided::Replayed;
pub use error::JobError;

use crate::run::Run;

/// A slice ends this long before the time-out: the last rows are written in less.
pub const STOPS_BEFORE_TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// What Lambda brings: messages of the queue, or that a schedule's time has come.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// From the table's stream.
    Stream(StreamBatch),
    /// From the queue.
    Batch(Batch),
    /// From a schedule.
    Scheduled {
        /// Which.
        scheduled: Schedule,
    },
    /// From an operator.
    Command {
        /// The step of a restore.
        restore: RestoreStep,
    },
}

/// What `jobs` does of a restore of the table.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreStep {
    /// Gives back what people decided since a moment.
    DecidedSince(Timestamp),
    /// Holds again what S3 holds.
    Holds,
}

/// A schedule of the template.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Every hour: the reports' days, what is in quarantine, holds that have ended by themselves, redactions that
    /// wait, and legal holds that copies of deleted recordings still have.
    RollUp,
    /// Every day: bucket and table side by side.
    Reconcile,
    /// Every 5 minutes: who may sign in, if another staff list or another day has come.
    Logins,
    /// Every 10 minutes: what waits for somebody.
    Notify,
}

/// What `jobs` answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To a queue, the messages that failed; to a schedule, none.
    Batch(BatchResponse),
    /// To an operator, what a replay did.
    Replayed(Replayed),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Batch(BatchResponse::default())
    }
}

/// What `jobs` answers to Lambda. On the heap, behind one type: what lies below is deep.
pub fn answer<'a>(
    context: &'a Context,
    event: Event,
    stop_at: Timestamp,
) -> Pin<Box<dyn Future<Output = Result<Answer, JobError>> + 'a>> {
    Box::pin(answer_to(context, event, stop_at))
}

async fn answer_to(context: &Context, event: Event, stop_at: Timestamp) -> Result<Answer, JobError> {
    match event {
        Event::Stream(batch) => {
            // Where it fails, Lambda brings the same batch again: no later one overtakes it.
            context.decisions.keep(batch).await?;
            Ok(Answer::default())
        }
        Event::Batch(batch) => Ok(Answer::Batch(handle(context, batch, stop_at).await)),
        Event::Command { restore: RestoreStep::DecidedSince(from) } => {
            Ok(Answer::Replayed(decided::replay(context, from, stop_at).await?))
        }
        Event::Command { restore: RestoreStep::Holds } => {
            restore::begin(context).await?;
            Ok(Answer::default())
        }
        Event::Scheduled { scheduled: Schedule::RollUp } => {
            holds::schedule(context).await?;
            redactions::schedule(context).await?;
            copies::release(context, stop_at).await?;
            daily_reports::schedule(context).await?;
            reindex::schedule(context).await?;
            metrics::emit(context.connection.now(), &[("RollUpRuns", 1)]);
            Ok(Answer::default())
        }
        Event::Scheduled { scheduled: Schedule::Reconcile } => {
            reconcile::schedule(context).await?;
            metrics::emit(context.connection.now(), &[("ReconcileRuns", 1)]);
            Ok(Answer::default())
        }
        Event::Scheduled { scheduled: Schedule::Logins } => {
            sync_logins::sync(context, stop_at).await?;
            metrics::emit(context.connection.now(), &[("LoginsRuns", 1)]);
            Ok(Answer::default())
        }
        Event::Scheduled { scheduled: Schedule::Notify } => {
            notify::notify(context, stop_at).await?;
            metrics::emit(context.connection.now(), &[("NotifyRuns", 1)]);
            Ok(Answer::default())
        }
    }
}

/// Works on a batch; fails per message, never per batch.
pub async fn handle(context: &Context, batch: Batch, stop_at: Timestamp) -> BatchResponse {
    batch
        .process(&context.redelivery, async |body| {
            let (job, runs_before) = Job::from_message(&body).map_err(JobError::Message)?;
            // Lambda is told not to look for loops here: a job that does not end is one, and becomes a dead letter.
            if runs_before >= JOB_RUNS_LIMIT {
                return Err(JobError::Endless);
            }
            let run = Run { stop_at, runs_before };
            // On the heap, and of one kind: the jobs' own futures lie deep in each other.
            let work: Pin<Box<dyn Future<Output = Result<(), JobError>>>> = match job {
                Job::ReadCallLog { key_id, id, position } => {
                    Box::pin(async move { call_logs::read(context, &key_id, &id, position, run).await })
                }
                Job::Reindex { partition, before } => {
                    Box::pin(async move { reindex::reindex(context, &partition, before, run).await })
                }
                Job::FollowCase { case } => Box::pin(async move { holds::follow_case(context, &case).await }),
                Job::Redact { request } => Box::pin(async move { redactions::redact(context, &request).await }),
                Job::FollowHolds { call } => Box::pin(async move { holds::follow(context, &call).await }),
                Job::RollUp { day } => Box::pin(daily_reports::roll_up(context, day)),
                Job::CountPlan { plan, shard } => {
                    Box::pin(async move { plans::count(context, &plan, shard, run).await })
                }
                Job::CountCalls => Box::pin(daily_reports::live::count(context, context.connection.now())),
                Job::ReconcileBucket { pass, hop } => Box::pin(reconcile::bucket(context, pass, hop, run)),
                Job::RestoreHolds { pass, hop } => Box::pin(restore::holds(context, pass, hop, run)),
                Job::ReconcileEntries { partition, before } => {
                    Box::pin(async move { reconcile::entries(context, &partition, before, run).await })
                }
            };
            work.await
        })
        .await
}
