//! Memos and cases.

mod common;
mod faults;
mod procedure;
mod rights;
