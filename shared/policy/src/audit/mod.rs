//! The audit log: what people did and were refused, and what one month of it says of every admin.

mod action;
pub mod admin_activity;
pub mod fact;

pub use action::{AuditAction, AuditOutcome};
