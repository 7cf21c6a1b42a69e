//! Shares 社内共有: the needed part of a recording, for named colleagues until a day.

mod list;
mod make;
mod play;
mod view;
mod withdraw;

use rokuban_http::route::Route;

pub(crate) use self::view::ShareItem;
use crate::context::Context;

pub(crate) fn routes() -> Vec<Route<Context>> {
    vec![list::route(), make::route(), withdraw::route(), play::route()]
}
