//! `cases`: from a memo 受付メモ to the close of its case 案件.
//!
//! It reads what lists carry of recordings, and presigns none. Every route asks [`policy::permission`], writes what happened,
//! and only then answers.

mod announce;
mod candidates;
mod close;
mod config;
mod context;
mod cursor;
mod disclosure;
mod get;
mod link;
mod list;
mod lookup;
mod names;
mod open;
mod parts;
mod problem_examples;
mod problems;
mod recordings;
mod releases;
mod shares;
mod texts;
mod view;

use std::sync::Arc;

use rokuban_http::route::{self, Route};

pub use config::Config;
pub use context::Context;
pub use problem_examples::{examples as problem_examples, members as problem_members};

/// Every route.
pub fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![list::route(), open::route(), get::route()];
    routes.extend(link::routes());
    routes.push(close::route());
    routes.extend(disclosure::routes());
    routes.extend(shares::routes());
    routes.extend(releases::routes());
    routes
}

/// The routes over a context.
pub fn router(context: Arc<Context>) -> axum::Router {
    route::router(routes(), context, route::no_such_route)
}
