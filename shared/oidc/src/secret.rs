//! Texts that nobody may read in a log, and random ones that nobody can guess.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// A token, a code or a proof.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// QUIET: a token never stands in a log line or an error.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({} bytes)", self.0.len())
    }
}

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct RandomError;

/// So many bytes that nobody can guess.
///
/// # Errors
/// [`RandomError`] where the system gives none.
pub fn random<const BYTES: usize>() -> Result<[u8; BYTES], RandomError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}

/// 256 bits in 43 characters of the URL-safe base64 (RFC 7636, 4.1, wants 43 to 128).
pub(crate) fn random_text() -> Result<String, RandomError> {
    Ok(BASE64URL_NOPAD.encode(&random::<32>()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_printed_secret_shows_its_length_alone() {
        assert_eq!(format!("{:?}", Secret::new("eyJhbGciOi")), "Secret(10 bytes)");
    }

    #[test]
    fn random_texts_are_43_characters_and_differ() {
        let (one, other) = (random_text().unwrap(), random_text().unwrap());
        assert_eq!((one.len(), other.len()), (43, 43));
        assert_ne!(one, other);
    }
}
