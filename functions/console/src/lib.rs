//! `console`: the web pages, and the backend of their frontend.
//!
//! Tokens stay in it; the browser holds one cookie. It touches the items of sessions and nothing else, and decides
//! nothing about recordings: the API does, for the token that goes with every request it passes on.

mod assets;
mod config;
mod context;
mod cookies;
mod forward;
mod gateway;
mod guard;
mod origin;
mod problems;
mod routes;
mod seal;
mod security;
mod session_routes;
mod sessions;
mod sign_in;

pub use config::Config;
pub use context::Context;
pub use gateway::{Answer, Request};
pub use routes::handle;
