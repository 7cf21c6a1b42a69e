//! The console: its pages, signing in, sessions, and what it passes on to the API, over a provider and an API of paper.

mod browser;
mod certified;
mod double;
mod forward;
mod origin;
mod pages;
pub(crate) mod session;
mod sign_in;
mod sign_in_attacks;
