//! Bytes that nobody can guess.

use data_encoding::HEXLOWER;

use crate::problem::{self, Problem};

/// 32 hexadecimal digits that nobody can guess.
///
/// # Errors
/// [`problem::FAILED`] where the system gives no random bytes.
pub fn random_hex() -> Result<String, Problem> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        Problem::of(&problem::FAILED)
    })?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn random_digits_are_32_and_differ() {
        let (one, other) = (random_hex().unwrap(), random_hex().unwrap());
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
    }
}
