//! `sweep`: deletes what the rules say is due, with proof: nominate, claim, delete by version, tombstone.
//!
//! The one function that can delete. What an earlier run claimed is finished first; then the due index nominates,
//! consistent reads decide, and one conditional write claims. A run may end at any moment: what it left undone stays
//! nominated or claimed, and the next run goes on. One call that fails keeps no other.

mod config;
mod finish;
mod run;
mod summary;

use jiff::{SignedDuration, Timestamp};
use policy::recording::CallReference;
use store::retry::Contention;
use store::{Connection, Objects, PublishError, Rulebooks, StoreError, Table, metrics};
use tracing::info;

pub use config::Config;
use run::Run;
pub use summary::Summary;

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

/// What kept a run from its work: from all of it where the rules can't be read, else from some calls. The next run
/// tries again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// AWS failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Without rules nothing is deleted.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
}

impl Contention for SweepError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// A run stops this long before its time-out: one call of forty legs is finished in less.
pub const STOPS_BEFORE_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);

/// One run, with its metrics as a line of the log.
///
/// # Errors
/// The first one that a call or the rules met, after everything else was worked on.
pub async fn handle(context: &Context, run_id: &str, stop_at: Timestamp) -> Result<(), SweepError> {
    let (summary, outcome) = Run::new(context, run_id, stop_at).sweep().await;
    info!(?summary, "swept");
    let is_unreadable = matches!(outcome, Err(SweepError::Rulebook(PublishError::Unreadable { .. })));
    let overdue = summary.overdue + summary.refused + summary.unruled;
    let mut counts = vec![("Deletions", summary.deleted), ("RulebookUnreadable", u64::from(is_unreadable))];
    // A run that could not look at everything does not say that nothing is overdue.
    if outcome.is_ok() || overdue > 0 {
        counts.push(("OverdueDeletions", overdue));
    }
    metrics::emit(context.connection.now(), &counts);
    outcome
}

/// One run, until nothing is due or `stop_at` comes. `run_id` names its claims.
///
/// # Errors
/// As [`handle`].
pub async fn run(context: &Context, run_id: &str, stop_at: Timestamp) -> Result<Summary, SweepError> {
    let (summary, outcome) = Run::new(context, run_id, stop_at).sweep().await;
    info!(?summary, "swept");
    outcome.map(|()| summary)
}

/// One call alone: decided by the rules of now, claimed if it is due, and finished.
///
/// # Errors
/// The call or the rules met one.
pub async fn sweep_call(context: &Context, run_id: &str, reference: &CallReference) -> Result<Summary, SweepError> {
    let (summary, outcome) = Run::new(context, run_id, Timestamp::MAX).sweep_call(reference).await;
    outcome.map(|()| summary)
}
