//! Releases 社外提出: parts of recordings that leave the company, state by state, on record.

mod ask;
mod change;
mod get;
mod list;
mod view;
mod write;

use rokuban_http::route::Route;

pub(crate) use self::view::ReleaseItem;
use crate::context::Context;

pub(crate) fn routes() -> Vec<Route<Context>> {
    let mut routes = vec![list::route(), ask::route(), get::route()];
    routes.extend(change::routes());
    routes
}
