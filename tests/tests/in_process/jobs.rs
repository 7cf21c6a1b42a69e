//! What `jobs` does by the clock and from its queue.

mod call_logs;
mod faults;
mod logins;
pub(crate) mod notify;
mod reconcile;
