//! `/deletions`, and `DELETE /recordings/{id}`: a deletion before its time takes two people.
//!
//! The routes are here, beside those of recordings: who may request and approve is decided on the recordings of the call,
//! and each writes to their custody. Nothing is deleted here. [`store::Table::write_deletion`] puts an approved call where
//! the sweep looks first.

mod approve;
mod columns;
pub(crate) mod cursor;
mod guard;
mod legs;
mod list;
mod proofs;
mod redact;
mod refuse;
mod request;
mod view;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every route about deletions.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![request::route(), redact::route(), list::route(), approve::route(), refuse::route()]
}
