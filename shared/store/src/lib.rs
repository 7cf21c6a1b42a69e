//! The only crate that names the AWS SDK: the table's layout, the buckets, the queues. No traits over
//! them; a test swaps the SDK's HTTP client.

mod config;
mod connect;
mod error;
mod logins;
mod objects;
mod queue;
mod rulebooks;
mod table;
mod uploads;

pub use config::{ConfigError, Variables};
pub use connect::{ConnectError, Connection};
pub use error::{ErrorKind, StoreError};
pub use logins::{Logins, TemporaryPassword};
pub use objects::{
    DeleteOutcome, ListedVersion, ObjectRead, Objects, PresignedUrl, Presigning, VersionPage, VersionPlace,
    announcement,
};
pub use queue::{
    Batch, BatchItemFailure, BatchResponse, IndexMessage, IndexQueue, IngestQueue, Job, JobsQueue, Message, Queue,
};
pub use rulebooks::{PublishError, Rulebooks, RulebooksConfig};
pub use table::{
    AUDIT_SHARDS, AuditEvent, AuditPage, AuditPartition, AuditText, BadLogRow, CallWrite, Correcting, Corrections,
    Count, Counted, Due, Finish, Indexing, LogMember, LoggedRow, LoggedRows, Nominations, Partition, Report, RollUp,
    Standing, Stored, StoredRecording, TIME_SHARDS, Table, Trace, Written, below, month, place, sortable,
};
pub use uploads::{Found, Parts, Piece, Put, Uploads};
