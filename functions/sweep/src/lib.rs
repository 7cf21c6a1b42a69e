//! `sweep`: deletes what the rules say is due, with proof: nominate, claim, delete by version, tombstone.
//!
//! The one function that can delete. What an earlier run claimed is finished first; then the due index
//! nominates, consistent reads decide, and one conditional write claims. A run may end at any moment:
//! what it left undone stays nominated or claimed, and the next run goes on.

mod config;
mod finish;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::call::{self, Claim};
use policy::id::CallId;
use policy::recording::CallReference;
use policy::retention::ClassRevision;
use policy::rulebook::Rulebook;
use store::{Connection, Objects, PublishError, Rulebooks, SortKey, StoreError, Table, WriteOutcome, metrics};
use tracing::{error, info, warn};

pub use config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    connection: Connection,
    table: Table,
    objects: Objects,
    rulebooks: Rulebooks,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            table: Table::new(&connection, config.rulebooks.table.clone()),
            objects: Objects::new(&connection),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }
}

/// Why a run ended before its work did. The next run goes on where it ended.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// AWS failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Without rules nothing is deleted.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls claimed.
    pub claimed: u64,
    /// Object versions that S3 said are gone, each with its tombstone.
    pub deleted: u64,
    /// Object versions that S3 would not delete; they stay claimed.
    pub refused: u64,
    /// Calls past their period under a hold.
    pub held: u64,
    /// Calls of a class that no rulebook has: kept, and an alarm.
    pub unruled: u64,
    /// Calls that were due and had to be left to the next run.
    pub overdue: u64,
}

/// 25 calls: few enough that rules read before them are seconds old when the last is claimed.
const BATCH_CALLS: u16 = 25;

/// Rules older than this are not claimed on, by the wall clock.
const RULES_LIMIT: SignedDuration = SignedDuration::from_secs(60);

/// A run stops this long before its time-out: one call of forty legs is finished in less.
pub const STOPS_BEFORE_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);

/// One run, with its metrics as a line of the log.
pub async fn handle(context: &Context, run_id: &str, stop_at: Timestamp) -> Result<(), SweepError> {
    let outcome = run(context, run_id, stop_at).await;
    let (unreadable, report) = match &outcome {
        Ok(report) => (0, *report),
        Err(SweepError::Rulebook(PublishError::Unreadable { .. })) => (1, Summary::default()),
        Err(_) => (0, Summary::default()),
    };
    let counts = [
        ("OverdueDeletions", report.overdue + report.refused + report.unruled),
        ("Deletions", report.deleted),
        ("RulebookUnreadable", unreadable),
    ];
    metrics::emit(context.connection.now(), &counts);
    outcome.map(|_| ())
}

/// One run, until nothing is due or `stop_at` comes. `run_id` names its claims.
pub async fn run(context: &Context, run_id: &str, stop_at: Timestamp) -> Result<Summary, SweepError> {
    let mut report = Summary::default();
    let outcome = sweep(context, run_id, stop_at, &mut report).await;
    info!(?report, "swept");
    outcome.map(|()| report)
}

async fn sweep(context: &Context, run_id: &str, stop_at: Timestamp, report: &mut Summary) -> Result<(), SweepError> {
    // What was claimed is finished first, whatever the rules say now: a claim is never taken back.
    for shard in 0..CallId::SHARDS {
        for reference in context.table.claimed(shard, BATCH_CALLS).await?.calls {
            if context.connection.now() >= stop_at {
                report.overdue += 1;
                return Ok(());
            }
            finish::finish(context, &reference, report).await?;
        }
    }
    let rulebook = context.rulebooks.in_force_read_now(context.connection.now()).await?;
    let revisions: Vec<ClassRevision> = rulebook.revisions.iter().map(|(revision, _)| revision.clone()).collect();
    for revision in &revisions {
        for shard in 0..CallId::SHARDS {
            if !sweep_shard(context, run_id, stop_at, revision, shard, report).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Sweeps one shard of one revision; `false` when time is up.
async fn sweep_shard(
    context: &Context,
    run_id: &str,
    stop_at: Timestamp,
    revision: &ClassRevision,
    shard: u8,
    report: &mut Summary,
) -> Result<bool, SweepError> {
    let mut after = None;
    loop {
        // NEVER EARLY: the pointer is read consistently before each batch of claims.
        let read_at = context.connection.now();
        let rulebook = context.rulebooks.in_force_read_now(read_at).await?;
        let Some(until) = latest_due(&rulebook, revision, read_at) else {
            return Ok(true);
        };
        let nominations = context.table.nominated(revision, shard, &until, BATCH_CALLS, after).await?;
        for reference in &nominations.calls {
            let now = context.connection.now();
            if now >= stop_at {
                report.overdue += 1;
                return Ok(false);
            }
            if now.duration_since(read_at).abs() >= RULES_LIMIT {
                // Slow, or the clock jumped: read the rules again. The same page comes again.
                warn!("rules grew old within a batch; the next run goes on");
                report.overdue += 1;
                return Ok(true);
            }
            consider(context, run_id, &rulebook, reference, report).await?;
        }
        after = nominations.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}

/// One call alone: decided by the rules of now, claimed if it is due, and finished.
pub async fn sweep_call(context: &Context, run_id: &str, reference: &CallReference) -> Result<Summary, SweepError> {
    let rulebook = context.rulebooks.in_force_read_now(context.connection.now()).await?;
    let mut report = Summary::default();
    consider(context, run_id, &rulebook, reference, &mut report).await?;
    Ok(report)
}

/// Decides on one nominated call from a consistent read, claims it if it is due, and finishes it.
async fn consider(
    context: &Context,
    run_id: &str,
    rulebook: &Rulebook,
    reference: &CallReference,
    report: &mut Summary,
) -> Result<(), SweepError> {
    let Some(call) = context.table.call(reference).await? else {
        return Ok(());
    };
    let now = context.connection.now();
    match call::due(&call, rulebook, now) {
        call::Due::NotBefore(_) => {}
        call::Due::Held => report.held += 1,
        call::Due::Unruled => {
            error!(call = %reference.id, "a call's class has no rule: it is kept");
            report.unruled += 1;
        }
        call::Due::Claimed => finish::finish(context, reference, report).await?,
        call::Due::Now => {
            let claim = Claim { id: run_id.to_owned(), at: now, rulebook_version: rulebook.version };
            match context.table.claim(&call, &claim).await? {
                WriteOutcome::Done => {
                    report.claimed += 1;
                    finish::finish(context, reference, report).await?;
                }
                // A leg joined, a hold came, or another run was first: the next run decides anew.
                WriteOutcome::Conflict => report.overdue += 1,
            }
        }
    }
    Ok(())
}

/// The end of the range of days that a revision makes due: all that are more than its days ago, in the company's
/// zone of now. `None` where no calendar reaches back so far, or the revision has no rule.
fn latest_due(rulebook: &Rulebook, revision: &ClassRevision, now: Timestamp) -> Option<SortKey> {
    let keep_days = rulebook.revisions.keep_days(revision)?;
    let first_day_kept: Date = rulebook.day_of(now).checked_sub(i64::from(keep_days).days()).ok()?;
    let first_moment_kept = first_day_kept.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
    // The index counts days, as the moment they begin in UTC; this sorts before all that count from that day.
    Some(SortKey::from_time(first_moment_kept))
}
