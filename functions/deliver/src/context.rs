//! What the handler works with, and why it fails.

use store::{Connection, Objects, PublishError, Rulebooks, StoreError, Table};

use crate::answer::Policies;
use crate::config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    pub(crate) connection: Connection,
    pub(crate) table: Table,
    pub(crate) objects: Objects,
    pub(crate) rulebooks: Rulebooks,
    pub(crate) derived_bucket: String,
    pub(crate) policies: Policies,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            table: Table::new(&connection, config.rulebooks.table.clone()),
            objects: Objects::new(&connection),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            derived_bucket: config.derived_bucket,
            policies: Policies::new(&config.package_origin),
            connection,
        }
    }
}

/// Why nothing is shown or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliverError {
    /// AWS failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Without rules nothing is decided.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
    /// Others kept writing what it works on.
    #[error("others wrote at the same time")]
    Contended,
    /// A custody has no room for another event.
    #[error("a custody is full")]
    CustodyFull,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
}
