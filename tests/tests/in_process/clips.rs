//! What is cut out of recordings: clips of shares, from the queue's message to their end.

pub(crate) mod common;
mod end;
pub(crate) mod faults;
mod packages;
mod shares;
