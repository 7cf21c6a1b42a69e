//! Why a sign-in fails.

use crate::secret::RandomError;
use crate::transport::HttpError;

/// A sign-in failed. QUIET: its text holds no token, no code and no address.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The provider did not answer.
    #[error("the provider gave no answer")]
    Http(#[from] HttpError),
    /// It refused, with a code of RFC 6749, 5.2.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// It answered a status that says nothing more.
    #[error("the provider answered {0}")]
    Status(u16),
    /// What it answered is not understood.
    #[error("the provider's answer is not understood: {0}")]
    Garbled(&'static str),
    /// Its ID token is not for this sign-in.
    #[error("the ID token is not for this sign-in: its {0} is another")]
    IdToken(&'static str),
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl SignInError {
    /// Whether the refresh token is good for nothing any more: who had it must sign in again.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(code) if code == "invalid_grant")
    }
}
