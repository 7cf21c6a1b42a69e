//! What the handler works with, and why it fails.

use store::retry::Contention;
use store::{Connection, JobsQueue, PublishError, Redelivery, Rulebooks, StoreError, Table};

use crate::config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    pub(crate) connection: Connection,
    pub(crate) redelivery: Redelivery,
    pub(crate) table: Table,
    pub(crate) rulebooks: Rulebooks,
    pub(crate) jobs: JobsQueue,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            redelivery: Redelivery::new(&connection),
            table: Table::new(&connection, config.rulebooks.table.clone()),
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }
}

/// Why a message is delivered again.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Not what `ingest` sends.
    #[error("the message is not one of ours")]
    Message(#[source] serde_json::Error),
    /// AWS failed; the next try may succeed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rulebook can't be read: nothing is lost, the message is delivered again.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
    /// Others kept writing the same call.
    #[error("the call kept changing while it was written")]
    Contended,
    /// A sidecar's message that does not say S3's order.
    #[error("a sidecar's message does not say its order")]
    WithoutOrder,
    /// A call has had a million lives, or a custody four billion events.
    #[error("a call or a custody is full")]
    Full,
}

impl Contention for IndexError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
