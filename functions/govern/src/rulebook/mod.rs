//! The rulebook 運用ルール: read, published, withdrawn.

mod agree;
mod backstop;
mod check;
mod difference;
mod files;
mod plan;
mod plan_view;
mod publication;
mod publish;
mod read;
mod sooner;
mod stored;
pub(crate) mod view;
mod warnings;
mod withdraw;

use rokuban_http::route::Route;
pub(crate) use stored::{read_document, read_document_of, read_pointer};

use crate::context::Context;

/// Every route about the rulebook.
pub(crate) fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![read::route(), check::route(), publish::route(), withdraw::route()];
    routes.extend(plan::routes());
    routes
}
