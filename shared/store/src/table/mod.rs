//! The table: one file for each kind of item, over `item` (reads and writes), `transaction` and `keys` (their spelling).
//! Every access pattern is one function of [`Table`].

mod audit;
mod browser_origin_keys;
mod call_logs;
mod calls;
mod case_holds;
mod case_link;
mod cases;
mod client;
mod copies;
mod corrections;
mod custody;
mod deletions;
mod derived;
mod due;
mod export_links;
mod fragments;
mod hold_items;
mod holds;
mod item;
mod keys;
mod legal_holds;
mod notes;
mod notifications;
mod number_keys;
mod plans;
mod progress;
mod proofs;
mod recordings;
mod releases;
mod reports;
mod restored;
mod rulebook;
mod sessions;
mod shares;
mod standing_holds;
mod sweep_days;
mod transaction;
mod waiting;

pub use audit::{AUDIT_SHARDS, AuditEvent, AuditOrigin, AuditPage, AuditPartition, AuditText, Count};
pub use call_logs::{BadLogRow, LogMember, LogRowOutcome, LoggedRow, LoggedRows};
pub use calls::{CallLife, CallWrite};
pub use case_link::CaseLink;
pub use cases::{CasePartition, CaseRecording, CaseWrite, StoredCase};
pub use client::Table;
pub use copies::{CopyPage, CopyState, PendingCopy};
pub use corrections::CorrectionWrite;
pub use custody::AccessRecord;
pub use deletions::{Decided, DeletionRequest, DeletionWrite};
pub use derived::{Derived, DerivedFor, DerivedPage, DerivedPlace};
pub use due::{DueDays, DueKey, Nominations, ParkedCall};
pub use export_links::ExportLink;
pub use hold_items::HoldsPlacement;
pub use holds::{HoldOutcome, HoldRequest};
pub use item::PageCursor;
pub use keys::{Month, NotAMonth, NotASortKey, Partition, SortKey, TIME_SHARDS};
pub use notes::NoteWrite;
pub use notifications::{NotificationClaim, NotificationRecipient};
pub(crate) use number_keys::WrappedNumberKey;
pub use plans::{Plan, PlanPart};
pub use proofs::{BatchPart, DeletionBatch};
pub use recordings::{
    ListOrder, ListPage, PlacedRecording, PlacementWrite, RecordingWrite, Stored, StoredKind, StoredRecording,
    TombstoneWrite,
};
pub use releases::{ReleaseWrite, StoredRelease};
pub use reports::{ReportKind, RollUp};
pub use restored::RestoreStep;
pub(crate) use rulebook::VersionWrite;
pub use sessions::{Session, SessionKey};
pub use shares::{ShareWrite, StoredShare};
pub use standing_holds::StandingHold;
pub use sweep_days::SweepDay;
pub use transaction::{CountResult, WriteOutcome};
pub use waiting::{CorrectionToConfirm, ReleaseToDecide};
