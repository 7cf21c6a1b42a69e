//! `/reports`: what the days say together, from their roll-ups.

mod age_at_use;
mod columns;
mod completeness;
pub(crate) mod days;
mod held;
mod notice;
mod permissions;
mod retention;
mod retention_file;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every report.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![completeness::route(), notice::route(), retention::route(), age_at_use::route(), permissions::route()]
}
