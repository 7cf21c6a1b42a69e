//! Memos and cases.

mod common;
mod disclosure;
mod faults;
mod hold_races;
mod holds;
mod procedure;
pub(crate) mod races;
mod releases;
mod rights;
mod shares;
