//! `/audit`: who did what, and what is read out of it.

mod access;
mod access_columns;
mod admin_activity;
mod columns;
mod event;
mod filters;
mod list;
mod page;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every route about the audit.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![list::route(), access::route(), admin_activity::route()]
}
