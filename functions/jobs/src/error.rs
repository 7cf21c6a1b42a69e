//! Why a job failed.

use store::retry::Contention;
use store::{PublishError, StoreError};

/// Why a job failed; its message is retried.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Not what the functions send.
    #[error("the message is not one of ours")]
    Message(#[source] serde_json::Error),
    /// It sent itself the rest more often than any work needs.
    #[error("the job does not end")]
    Endless,
    /// Others kept writing a call: the message comes again.
    #[error("others kept writing a held call")]
    Contended,
    /// It is announced to `ingest`: the message is retried.
    #[error("a recording that S3 holds is not taken in yet")]
    NotTakenIn,
    /// The tombstones come first.
    #[error("the journal was not replayed on this table")]
    JournalNotReplayed,
    /// What was decided on a table that serves is not overwritten.
    #[error("the table is not a restored one, or its restore is ended")]
    NotRestored,
    /// AWS failed; the next try may do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This system does not know a zone of a plan.
    #[error(transparent)]
    Zone(#[from] policy::plan::NoSuchZone),
    /// The system gives no random bytes.
    #[error("no temporary password can be drawn")]
    Random(#[source] getrandom::Error),
    /// The rulebook can't be read: nothing is lost, the message is retried.
    #[error("{0}")]
    Rulebook(#[from] PublishError),
}

impl Contention for JobError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
