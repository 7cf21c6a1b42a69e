//! Signing in at an `OpenID` provider as a public client: discovery, the code flow with PKCE, renewal, revocation.
//!
//! The console and `rokuban login` share it. It keeps nothing, reads no environment and no clock, and writes no log.

mod error;
mod flow;
mod provider;
mod secret;
mod transport;

pub use error::SignInError;
pub use flow::{Attempt, Client, Tokens};
pub use provider::Provider;
pub use secret::{RandomError, Secret, random};
pub use transport::{HttpClient, HttpError, HttpErrorKind, Roots};
