//! What an issuer publishes of itself (`OpenID` Connect Discovery 1.0).

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use serde::Deserialize;

use crate::error::SignInError;
use crate::transport::{HttpClient, is_sound};

/// 5 seconds: the document is a file.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where a provider's endpoints are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Where a browser signs in.
    pub authorization_endpoint: String,
    /// Where a code becomes tokens.
    pub token_endpoint: String,
    /// Where a refresh token ends (RFC 7009).
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// Where a browser signs out (`OpenID` Connect RP-Initiated Logout 1.0).
    #[serde(default)]
    pub end_session_endpoint: Option<String>,
}

impl Provider {
    /// Reads the document of an issuer. It lies below the issuer's own address unless another one is given.
    ///
    /// # Errors
    /// [`SignInError`] where it can't be read, names another issuer, or an endpoint without TLS.
    pub async fn discover(http: &HttpClient, issuer: &str, document: Option<&str>) -> Result<Self, SignInError> {
        let usual = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let request = Request::get(document.unwrap_or(&usual)).header("accept", "application/json");
        let request = request.body(Bytes::new()).map_err(|_| SignInError::Garbled("the address of its document"))?;
        let answer = http.send(request, TIMEOUT).await?;
        if !answer.status().is_success() {
            return Err(SignInError::Status(answer.status().as_u16()));
        }
        Self::parse(answer.body(), issuer)
    }

    fn parse(document: &[u8], issuer: &str) -> Result<Self, SignInError> {
        let provider: Self =
            serde_json::from_slice(document).map_err(|_| SignInError::Garbled("its discovery document"))?;
        // Mix-up: a document that speaks for another issuer is not believed (Discovery 1.0, 4.3).
        if provider.issuer != issuer {
            return Err(SignInError::Garbled("the issuer in its discovery document"));
        }
        let endpoints = [Some(&provider.authorization_endpoint), Some(&provider.token_endpoint)];
        let optional = [provider.revocation_endpoint.as_ref(), provider.end_session_endpoint.as_ref()];
        for endpoint in endpoints.into_iter().chain(optional).flatten() {
            if !endpoint.parse::<Uri>().is_ok_and(|uri| is_sound(&uri)) {
                return Err(SignInError::Garbled("an endpoint in its discovery document"));
            }
        }
        Ok(provider)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ISSUER: &str = "https://issuer.test/pool";

    fn document(changes: &[(&str, serde_json::Value)]) -> Vec<u8> {
        let mut document = serde_json::json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.test/oauth2/authorize",
            "token_endpoint": "https://login.test/oauth2/token",
        });
        for (name, value) in changes {
            document[name] = value.clone();
        }
        document.to_string().into_bytes()
    }

    #[test]
    fn an_issuer_that_revokes_nothing_is_one() {
        let provider = Provider::parse(&document(&[]), ISSUER).unwrap();
        assert_eq!((provider.revocation_endpoint, provider.end_session_endpoint), (None, None));
    }

    #[test]
    fn another_issuer_and_an_endpoint_without_tls_are_refused() {
        for (name, value) in [
            ("issuer", "https://issuer.test/other"),
            ("issuer", "https://issuer.test/pool/"),
            ("authorization_endpoint", "http://login.test/oauth2/authorize"),
            ("token_endpoint", "http://login.test/oauth2/token"),
            ("token_endpoint", "/oauth2/token"),
            ("revocation_endpoint", "http://login.test/oauth2/revoke"),
            ("end_session_endpoint", "javascript:alert(1)"),
        ] {
            let refused = Provider::parse(&document(&[(name, value.into())]), ISSUER);
            assert!(matches!(refused, Err(SignInError::Garbled(_))), "{name} {value}");
        }
        assert!(Provider::parse(b"<html>", ISSUER).is_err());
    }
}
