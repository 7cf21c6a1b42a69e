//! The sweep's days: what the circuit breaker lets go, and an admin's approval of more.

mod approve;
mod list;
mod view;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every route about the sweep.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![list::route(), approve::route()]
}
