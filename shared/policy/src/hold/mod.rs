//! Holds 削除停止: what stops deletion.
//!
//! A hold is an item of its call id, for all lives of the call. Each life carries the ids of the holds and when each of them
//! ends ([`Holds`]): a claim, a trace and a leg that joins compare exactly these. [`CallHolds::changed`] decides what a
//! request does to the holds of a call id; [`crate::holding::follow`] decides what one life of it becomes.

mod call_holds;
mod item;
#[cfg(test)]
mod tests;

pub use call_holds::{CallHolds, HOLDS_LIMIT, HoldChange, HoldRefusal, LIFTED_AT_ONCE};
pub use item::{Hold, HoldKind, Holds, NewHold, NoEnd};
