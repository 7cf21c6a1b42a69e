//! `retrieve`: finds recordings, lets the right people hear them, and leaves a trace of it.
//!
//! Every route reads the rulebook in force, asks [`policy::permission`], writes what happened, and only then answers. It
//! deletes nothing and publishes nothing.

mod calls;
mod config;
mod context;
mod corrections;
mod deletions;
mod directory;
mod document;
mod me;
mod problem_examples;
mod problems;
mod recordings;

use std::sync::Arc;

use rokuban_http::export_link;
use rokuban_http::route::{self, Route};

pub use config::Config;
pub use context::Context;
pub use problem_examples::{examples as problem_examples, members as problem_members};

/// Under which path a browser finds the files of links.
const FILES: &str = "/exports";

/// Every route.
pub fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![me::route(), directory::route(), calls::route()];
    routes.extend(recordings::routes());
    routes.push(corrections::route());
    routes.extend(deletions::routes());
    routes.push(document::route());
    export_link::with_links(FILES, routes)
}

/// The routes over a context. What no route takes comes here too.
pub fn router(context: Arc<Context>) -> axum::Router {
    let mut routes = routes();
    // A browser follows it, not a client: the document leaves it out.
    routes.push(export_link::file_route("/exports/{secret}", &routes));
    route::router(routes, context, document::unrouted)
}
