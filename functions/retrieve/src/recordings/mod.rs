//! `/recordings`: search, and what is done with one recording.

mod correct;
mod custody;
mod event_cursor;
mod get;
mod holds;
pub(crate) mod lookup;
mod notes;
mod object;
mod play;
mod search;
pub(crate) mod silenced;
mod taken_away;
pub(crate) mod tombstone;
pub(crate) mod view;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every route about recordings.
pub(crate) fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![search::route(), get::route()];
    routes.extend(play::routes());
    routes.push(custody::route());
    routes.extend(notes::routes());
    routes.extend(holds::routes());
    routes.push(correct::route());
    routes
}
