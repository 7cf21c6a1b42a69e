//! Memos and cases.

mod common;
mod disclosure;
mod faults;
mod hold_races;
mod holds;
mod procedure;
mod releases;
mod rights;
mod shares;
