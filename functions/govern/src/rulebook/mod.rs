//! The rulebook 運用ルール: read, published, withdrawn.

mod check;
mod difference;
mod files;
mod publish;
mod read;
mod stored;
pub(crate) mod view;
mod withdraw;

use rokuban_http::route::Route;

use crate::context::Context;

/// Every route about the rulebook.
pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![read::route(), check::route(), publish::route(), withdraw::route()]
}
