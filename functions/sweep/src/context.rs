//! What the handler works with, and why it fails.

use store::retry::Contention;
use store::{
    Connection, Copies, Invocation, Journal, NumberKeys, Objects, PublishError, RestoreStep, Rulebooks, StoreError,
    Table,
};

use crate::config::Config;
use crate::task::Task;

/// 5 attempts, a third of a second: each fails only if another writer came in between.
pub(crate) const ATTEMPTS: u32 = 5;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    pub(crate) connection: Connection,
    pub(crate) table: Table,
    pub(crate) objects: Objects,
    pub(crate) recordings_bucket: String,
    pub(crate) journal: Journal,
    pub(crate) derived_bucket: String,
    pub(crate) copies: Option<Copies>,
    pub(crate) own_function: Invocation,
    pub(crate) runs_at_once: u64,
    pub(crate) number_keys: NumberKeys,
    pub(crate) rulebooks: Rulebooks,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        let table = Table::new(&connection, config.rulebooks.table.clone());
        Self {
            number_keys: NumberKeys::new(&connection, table.clone(), config.data_key),
            table,
            objects: Objects::new(&connection),
            recordings_bucket: config.recordings_bucket,
            journal: Journal::new(&connection, config.audit_bucket),
            derived_bucket: config.derived_bucket,
            copies: config.copies.map(|copies| Copies::new(&connection, copies)),
            own_function: Invocation::new(&connection, config.function_name),
            runs_at_once: config.runs_at_once,
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }

    /// Starts another run, without waiting for it.
    pub(crate) async fn start_run(&self, task: Task) -> Result<(), SweepError> {
        Ok(self.own_function.start(&task.event()).await?)
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
    /// Others kept writing a call whose recording is gone: the replay of the journal is repeated.
    #[error("others kept writing a call whose recording is gone")]
    Contended,
    /// Deletion goes on once every step was taken.
    #[error("a step of the restore was not taken to its end on this table: {0:?}")]
    NotTaken(RestoreStep),
    /// Deletion goes on under the rules that were decided last.
    #[error("the table does not know the rulebook that was stored last: publish it again")]
    RulebookLost,
    /// No step of a restore.
    #[error("the event names no step of a restore")]
    Event(#[source] serde_json::Error),
    /// Without the right time nothing is deleted.
    #[error("the clock is more than five minutes off AWS's, or AWS did not say its own")]
    Clock,
}

impl Contention for SweepError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
