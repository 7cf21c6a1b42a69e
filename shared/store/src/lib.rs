//! The only crate that names the AWS SDK: the table's layout, the buckets, the queues. No traits over
//! them; a test swaps the SDK's HTTP client.

mod aws_date;
mod batch;
mod config;
mod connect;
mod copies;
mod decided;
mod deletion;
mod derived;
mod error;
pub mod inspection;
mod invocation;
mod journal;
mod legal_hold;
mod logins;
mod mail;
mod message;
pub mod metrics;
mod number_keys;
mod objects;
mod presigning;
mod queue;
mod redelivery;
pub mod retry;
mod rulebooks;
mod service;
mod table;
mod uploads;

pub use batch::{Batch, BatchItemFailure, BatchResponse};
pub use config::{ConfigError, Variables};
pub use connect::{AMAZON_ROOTS, ConnectError, Connection};
pub use copies::{Copies, CopiesConfig};
pub use decided::{DecidedItem, Decisions, Newest, Publications, StreamBatch};
pub use deletion::Deletions;
pub use error::{ErrorKind, StoreError};
pub use invocation::Invocation;
pub use journal::{Journal, JournalBatch, JournalEntry};
pub use legal_hold::LegalHold;
pub use logins::{Logins, TemporaryPassword};
pub use mail::{EVENTS_AT_ONCE, EventBus, MailOutcome, Mailer};
pub use message::{Message, MessageAttributes};
pub use number_keys::NumberKeys;
pub use objects::{
    DeleteOutcome, ListedVersion, ObjectRead, Objects, VersionPage, VersionPosition, announcement, url_decoded,
};
pub use presigning::{PresignedUrl, Presigning};
pub use queue::{ClipMessage, ClipQueue, IndexMessage, IndexQueue, IngestQueue, JOB_RUNS_LIMIT, Job, JobsQueue, Queue};
pub use redelivery::Redelivery;
pub use rulebooks::{PublishError, RulebookRestore, Rulebooks, RulebooksConfig};
pub use table::{
    AUDIT_SHARDS, AccessRecord, AuditEvent, AuditOrigin, AuditPage, AuditPartition, AuditText, BadLogRow, BatchPart,
    CallLife, CallWrite, CaseLink, CasePartition, CaseRecording, CaseWrite, CopyPage, CopyState, CorrectionToConfirm,
    CorrectionWrite, Count, CountResult, Decided, Decision, DeletionBatch, DeletionRequest, DeletionWrite, Derived,
    DerivedFor, DerivedImage, DerivedPage, DerivedPlace, DueDays, DueKey, ExportLink, HoldOutcome, HoldRequest,
    HoldsPlacement, ListOrder, ListPage, LogMember, LogRowOutcome, LoggedRow, LoggedRows, Month, Nominations,
    NotAMonth, NotASortKey, NoteWrite, NotificationClaim, NotificationRecipient, PageCursor, ParkedCall, Partition,
    PendingCopy, PlacedRecording, PlacementWrite, Plan, PlanPart, RecordingWrite, ReleaseToDecide, ReleaseWrite,
    ReportKind, RestoreStep, Restored, RollUp, Session, SessionKey, ShareWrite, SortKey, StandingHold, Stored,
    StoredCase, StoredKind, StoredRecording, StoredRelease, StoredShare, SweepDay, TIME_SHARDS, Table, TombstoneWrite,
    WriteOutcome,
};
pub use uploads::{Lookup, Parts, Piece, PutOutcome, Uploads};
