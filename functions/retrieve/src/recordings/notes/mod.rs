//! `/recordings/{id}/notes` and `/notes`: what was written about a call 通話メモ.
//!
//! A note is an event of the recording's custody; its text lies beside it, and ends with the recording. What corrects or
//! withdraws it is an event too: the text before stays committed.

mod change;
mod columns;
mod cursor;
mod limits;
mod read;
mod search;
mod view;
mod write;

use rokuban_http::route::Route;

use crate::context::Context;

pub(super) fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![read::route(), write::route()];
    routes.extend(change::routes());
    routes.push(search::route());
    routes
}
