//! `/reports`: what the days say together, from their roll-ups.

mod columns;
mod completeness;
mod days;
mod notice;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every report.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![completeness::route(), notice::route()]
}
