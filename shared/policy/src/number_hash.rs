//! The keyed hash of a counterpart's number: what a tombstone knows it by.
//!
//! There are few numbers, so a hash without a key is reversed by trying them all. Once the key is destroyed, nobody can
//! tell whose call it was.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::number::PhoneNumber;

/// 32 bytes: what HMAC-SHA-256 is made for.
const KEY_BYTES: usize = 32;

/// 64 bytes: the block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// The key of a year's hashes.
#[derive(Clone)]
pub struct NumberKey([u8; KEY_BYTES]);

/// QUIET: a key is never printed.
impl fmt::Debug for NumberKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NumberKey(…)")
    }
}

/// The HMAC-SHA-256 of a number in E.164 or of its last four digits, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumberHash(String);

impl NumberHash {
    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NumberKey {
    /// A key of 32 bytes; `None` for any other length.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The hash of a number under this key.
    pub fn hash(&self, number: &PhoneNumber) -> NumberHash {
        self.hash_text(number.expose())
    }

    /// The hash of a number's last four digits under this key.
    pub fn hash_last4(&self, last4: &str) -> NumberHash {
        self.hash_text(last4)
    }

    fn hash_text(&self, text: &str) -> NumberHash {
        // HMAC fills a shorter key up with zeros.
        let mut block = [0; BLOCK_BYTES];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(text.as_bytes());
        NumberHash(data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_the_hmac_of_the_number_in_e164() {
        // printf '+819012345678' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b…0b (32 times)
        let number = PhoneNumber::try_from("+819012345678".to_owned()).unwrap();
        let key = NumberKey::new(&[0x0b; 32]).unwrap();
        assert_eq!(key.hash(&number).as_str(), "5ea9bc0ebd644cbff083445079ea124dba42e443da339d2cc1f2ae3e94ee12e9");
        assert_ne!(key.hash_last4(number.last4()), key.hash(&number));
        assert_ne!(NumberKey::new(&[0x0c; 32]).unwrap().hash(&number), key.hash(&number));
        assert!(NumberKey::new(&[0x0b; 31]).is_none());
        assert_eq!(format!("{key:?}"), "NumberKey(…)");
    }
}
