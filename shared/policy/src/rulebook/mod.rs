//! The rulebook 運用ルール: the company's decisions, checked, ready to be asked.

pub mod calendar;
mod check;
mod document;
mod keeping;
mod lookup;
mod model;
mod origin_copy;
mod placeholders;
mod pointer;
mod policy;
#[cfg(test)]
pub(crate) mod sample;
mod sensitive;
mod staff;
mod text;
mod warning;

pub use crate::fault::{Explanation, Fault, FaultCode, FaultIn, Wrong};
pub use check::{Checked, check};
pub use document::{Document, Publication, Unreadable, publish};
pub use model::{
    Deputy, DissolvedTeam, Handover, Limits, Line, Member, Notice, Post, Quality, RetentionRule, Role, Rulebook, When,
};
pub use placeholders::placeholders;
pub use pointer::{NotPublished, NothingToWithdraw, Pointer, PointerEntry, PointerRestore, restore_pointer};
pub use policy::QUALITY;
pub use sensitive::{SensitiveChange, sensitive_changes};
pub use staff::{NotText, decode as decode_file, not_text as staff_list_is_not_text};
pub use text::day as read_day;
pub use warning::{Warning, WarningCode};
