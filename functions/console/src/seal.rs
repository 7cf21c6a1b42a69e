//! Seals a session's tokens with a key that only the browser's secret gives: the table alone, a backup of it or a person
//! who may read it holds no token. ADR 0016.

use data_encoding::BASE64;
use oidc::{Tokens, random};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use store::SessionKey;

use crate::problems::Problem;

/// What the key is for, so that the same secret gives no other key the same.
const PURPOSE: &[u8] = b"rokuban console session tokens, 1";

fn key_of(secret: &[u8; 32]) -> Option<LessSafeKey> {
    // The secret has 256 random bits: it needs no salt (RFC 5869, 3.1).
    let derived = Salt::new(HKDF_SHA256, &[]).extract(secret);
    let key = derived.expand(&[PURPOSE], &AES_256_GCM).ok().map(UnboundKey::from)?;
    Some(LessSafeKey::new(key))
}

/// Seals tokens for one session: sealed for one, they open in no other.
///
/// # Errors
/// [`Problem::Failed`] where the system gives no random bytes.
pub(crate) fn seal(secret: &[u8; 32], session: &SessionKey, tokens: &Tokens) -> Result<String, Problem> {
    // A session is sealed some dozens of times: 96 random bits don't meet twice.
    let nonce = random::<NONCE_LEN>()?;
    let mut text = serde_json::to_vec(tokens).map_err(|_| Problem::Failed)?;
    let key = key_of(secret).ok_or(Problem::Failed)?;
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(session.as_str()), &mut text)
        .map_err(|_| Problem::Failed)?;
    Ok(BASE64.encode(&[&nonce[..], &text].concat()))
}

/// Opens what was sealed; `None` for what was not sealed with this secret for this session.
pub(crate) fn open(secret: &[u8; 32], session: &SessionKey, sealed: &str) -> Option<Tokens> {
    let bytes = BASE64.decode(sealed.as_bytes()).ok()?;
    let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let opened = key_of(secret)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(session.as_str()), &mut text)
        .ok()?;
    serde_json::from_slice(opened).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use oidc::Secret;

    use super::*;

    fn tokens() -> Tokens {
        Tokens {
            access: Secret::new("eyJ.access"),
            refresh: Some(Secret::new("eyJ.refresh")),
            id: None,
            expires_at: "2026-11-13T00:15:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn tokens_open_with_their_own_secret_in_their_own_session_alone() {
        let (secret, other) = ([1; 32], [2; 32]);
        let session = SessionKey::of(&secret);
        let sealed = seal(&secret, &session, &tokens()).unwrap();
        assert_eq!(open(&secret, &session, &sealed), Some(tokens()));
        assert_eq!(open(&other, &session, &sealed), None);
        assert_eq!(open(&secret, &SessionKey::of(&other), &sealed), None);
        for garbled in ["", "AAAA", "!", &sealed[..sealed.len() - 4]] {
            assert_eq!(open(&secret, &session, garbled), None, "{garbled}");
        }
    }

    #[test]
    fn what_is_sealed_shows_no_token_and_differs_each_time() {
        let secret = [1; 32];
        let session = SessionKey::of(&secret);
        let [one, again] = [(); 2].map(|()| seal(&secret, &session, &tokens()).unwrap());
        assert_ne!(one, again);
        let bytes = BASE64.decode(one.as_bytes()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("eyJ"));
    }
}
