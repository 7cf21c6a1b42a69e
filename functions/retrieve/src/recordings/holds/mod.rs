//! `/recordings/{id}/holds`: what stops the deletion of its call 削除停止.
//!
//! Placed in the table, then in S3, then answered; lifted in the table, then in S3. What a request that stops in the middle
//! leaves undone, a message to `jobs` that was sent before it finishes.

mod common;
mod item;
mod lift;
mod list;
mod place;

use rokuban_http::route::Route;

use crate::context::Context;

pub(super) fn routes() -> Vec<Route<Context>> {
    vec![list::route(), place::route(), lift::route()]
}
