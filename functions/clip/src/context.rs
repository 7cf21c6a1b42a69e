//! What the handler works with, and why a message is retried.

use jiff::SignedDuration;
use store::retry::Contention;
use store::{Connection, Objects, PublishError, Redelivery, Rulebooks, StoreError, Table, Uploads};

use crate::config::Config;

/// 6 minutes: the function's time-out is 5, and what S3 was asked last takes no minute more. Nobody writes an object
/// that was listed longer ago.
pub const WRITING: SignedDuration = SignedDuration::from_mins(6);

/// 5 attempts, a third of a second: each fails only if another writer came in between.
pub(crate) const ATTEMPTS: u32 = 5;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    pub(crate) connection: Connection,
    pub(crate) redelivery: Redelivery,
    pub(crate) table: Table,
    pub(crate) objects: Objects,
    pub(crate) derived: Uploads,
    pub(crate) recordings: Uploads,
    pub(crate) rulebooks: Rulebooks,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            redelivery: Redelivery::new(&connection),
            table: Table::new(&connection, config.rulebooks.table.clone()),
            objects: Objects::new(&connection),
            derived: Uploads::new(&connection, config.derived_bucket),
            recordings: Uploads::new(&connection, config.recordings_bucket),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }
}

/// Why a message is retried.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// It is no message of ours: it ends in the dead-letter queue.
    #[error("not a message of this queue")]
    Message(#[from] serde_json::Error),
    /// AWS failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Without rules nothing is decided.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
    /// A body ended before its length.
    #[error("the object's body ended after {received} of {expected} bytes")]
    CutShort {
        /// Bytes that came.
        received: u64,
        /// Bytes that were asked for.
        expected: u64,
    },
    /// Somebody else took the object version away.
    #[error("the object version is gone")]
    ObjectGone,
    /// Others kept writing what it works on.
    #[error("others wrote at the same time")]
    Contended,
    /// There is no time left to write what was listed.
    #[error("there was no time to write the object")]
    Late,
    /// An archive grew too large.
    #[error("the archive is larger than 4 GiB")]
    Archive,
    /// A custody has no room for another event.
    #[error("a custody is full")]
    CustodyFull,
}

impl Contention for ClipError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
