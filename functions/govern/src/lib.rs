//! `govern`: the rulebook 運用ルール, sources, reports and the audit.
//!
//! It reads and presigns no audio, and is the only function that may publish a rulebook.

mod audit;
mod config;
mod context;
mod guard;
mod problem_examples;
mod problems;
mod reports;
mod restore;
mod roll_ups;
mod rulebook;
mod sources;
mod sweeps;

use std::sync::Arc;

use rokuban_http::export_link;
use rokuban_http::route::{self, Route};

pub use config::Config;
pub use context::Context;
pub use problem_examples::{examples as problem_examples, members as problem_members};
pub use restore::{RestoreCommand, RestoreError, RestoredRulebook, answer as answer_restore};

/// Under which path a browser finds the files of links.
const FILES: &str = "/reports/exports";

/// Every route.
pub fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![sources::route()];
    routes.extend(reports::routes());
    routes.extend(audit::routes());
    routes.extend(rulebook::routes());
    routes.extend(sweeps::routes());
    export_link::with_links(FILES, routes)
}

/// The routes over a context.
pub fn router(context: Arc<Context>) -> axum::Router {
    let mut routes = routes();
    // A browser follows it, not a client: the document leaves it out.
    routes.push(export_link::file_route("/reports/exports/{secret}", &routes));
    route::router(routes, context, route::no_such_route)
}
