//! The code flow with PKCE (RFC 7636), and what becomes of its tokens.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use form_urlencoded::Serializer;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SignInError;
use crate::provider::Provider;
use crate::secret::{RandomError, Secret, random_text};
use crate::transport::HttpClient;

/// 8 seconds: a person waits for it.
const TIMEOUT: Duration = Duration::from_secs(8);

/// 1 minute: so far two clocks may be apart.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// 5 minutes: how long an access token is relied on whose provider does not say how long it lasts.
const UNSAID_LIFETIME_SECONDS: i64 = 300;

/// 1 day: no access token is relied on longer.
const LIFETIME_LIMIT_SECONDS: i64 = 86_400;

/// What one sign-in is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What the provider hands back to the browser: the answer is to this browser's own question.
    pub state: Secret,
    /// What the ID token must hold: it was made for this sign-in.
    pub nonce: Secret,
    /// The proof that who brings the code also asked for it.
    pub verifier: Secret,
}

impl Attempt {
    /// One that nobody can guess.
    ///
    /// # Errors
    /// [`RandomError`] where the system gives no random bytes.
    pub fn new() -> Result<Self, RandomError> {
        let text = || random_text().map(Secret::new);
        Ok(Self { state: text()?, nonce: text()?, verifier: text()? })
    }

    fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.expose()))
    }
}

/// What a provider gives for a code, or for a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// What the API takes.
    pub access: Secret,
    /// What the next access token is asked for with; `None` where the provider gives none.
    pub refresh: Option<Secret>,
    /// What a browser signs out with; `None` where that is done without. It is no token for any API.
    #[serde(default)]
    pub id: Option<Secret>,
    /// Until when the access token is good.
    pub expires_at: Timestamp,
}

/// This client of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// What sends its requests.
    pub http: &'a HttpClient,
    /// The provider.
    pub provider: &'a Provider,
    /// The client's id. It has no secret: PKCE stands in for it.
    pub id: &'a str,
    /// Where the browser returns to.
    pub redirect_uri: &'a str,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    expires_in: Option<i64>,
    error: Option<String>,
}

/// The claims of an ID token that are looked at.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Client<'_> {
    /// The address that a browser signs in at; `scopes` with blanks between them, `more` as it is.
    pub fn sign_in_url(&self, attempt: &Attempt, scopes: &str, more: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", scopes)
            .append_pair("state", attempt.state.expose())
            .append_pair("nonce", attempt.nonce.expose())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(more);
        with_query(&self.provider.authorization_endpoint, &query.finish())
    }

    /// The address that a browser signs out at, and returns from; `None` where the provider has none. `id_token` says who
    /// signs out: Okta refuses without it, and the standard recommends it (RP-Initiated Logout 1.0, 2).
    pub fn sign_out_url(&self, return_to: &str, id_token: Option<&Secret>) -> Option<String> {
        let endpoint = self.provider.end_session_endpoint.as_ref()?;
        let mut query = Serializer::new(String::new());
        query.append_pair("client_id", self.id);
        if self.is_cognito() {
            // Cognito has a name of its own for it, and refuses the standard's.
            query.append_pair("logout_uri", return_to);
        } else {
            query.append_pair("post_logout_redirect_uri", return_to);
            query.extend_pairs(id_token.map(|token| ("id_token_hint", token.expose())));
        }
        Some(with_query(endpoint, &query.finish()))
    }

    fn is_cognito(&self) -> bool {
        self.provider.issuer.starts_with("https://cognito-idp.")
    }

    /// Exchanges the code of an attempt for tokens.
    ///
    /// # Errors
    /// [`SignInError`] where the provider refuses, or the ID token is not for this very sign-in.
    pub async fn exchange(&self, code: &str, attempt: &Attempt, now: Timestamp) -> Result<Tokens, SignInError> {
        let mut answer = self
            .ask_for_tokens(&[
                ("grant_type", "authorization_code"),
                ("client_id", self.id),
                ("redirect_uri", self.redirect_uri),
                ("code", code),
                ("code_verifier", attempt.verifier.expose()),
            ])
            .await?;
        let id_token = answer.id_token.take().ok_or(SignInError::Garbled("no ID token"))?;
        self.check_id_token(&id_token, attempt, now)?;
        let tokens = tokens(answer, now)?;
        // A copy that nobody asks for would only lie there.
        let signs_out_with_it = self.provider.end_session_endpoint.is_some() && !self.is_cognito();
        Ok(Tokens { id: signs_out_with_it.then(|| Secret::new(id_token)), ..tokens })
    }

    /// Asks for the next access token. Where refresh tokens rotate, the one used is good no more. What is not given
    /// again stays: a refresh that brings no new refresh token leaves the old one good (RFC 6749, 6).
    ///
    /// # Errors
    /// [`SignInError`] where the provider refuses; see [`SignInError::is_final`].
    pub async fn renew(&self, refresh: &Secret, id: Option<&Secret>, now: Timestamp) -> Result<Tokens, SignInError> {
        let answer = self
            .ask_for_tokens(&[
                ("grant_type", "refresh_token"),
                ("client_id", self.id),
                ("refresh_token", refresh.expose()),
            ])
            .await?;
        let tokens = tokens(answer, now)?;
        Ok(Tokens { refresh: tokens.refresh.or_else(|| Some(refresh.clone())), id: id.cloned(), ..tokens })
    }

    /// Ends a refresh token, and the access tokens it gave. Done where the provider knows no revocation.
    ///
    /// # Errors
    /// [`SignInError`] where the provider did not do it.
    pub async fn revoke(&self, refresh: &Secret) -> Result<(), SignInError> {
        let Some(endpoint) = &self.provider.revocation_endpoint else {
            return Ok(());
        };
        let fields = [("token", refresh.expose()), ("token_type_hint", "refresh_token"), ("client_id", self.id)];
        let answer = self.post(endpoint, &fields).await?;
        if answer.status().is_success() { Ok(()) } else { Err(SignInError::Status(answer.status().as_u16())) }
    }

    async fn post(&self, endpoint: &str, fields: &[(&str, &str)]) -> Result<http::Response<Bytes>, SignInError> {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(Bytes::from(form))
            .map_err(|_| SignInError::Garbled("an endpoint"))?;
        Ok(self.http.send(request, TIMEOUT).await?)
    }

    async fn ask_for_tokens(&self, fields: &[(&str, &str)]) -> Result<TokenAnswer, SignInError> {
        let answer = self.post(&self.provider.token_endpoint, fields).await?;
        let read = serde_json::from_slice::<TokenAnswer>(answer.body());
        match (answer.status(), read) {
            (StatusCode::OK, Ok(read)) => Ok(read),
            (StatusCode::OK, Err(_)) => Err(SignInError::Garbled("its tokens")),
            (status, read) => Err(match read.ok().and_then(|read| read.error) {
                Some(code) => SignInError::Refused(error_code(&code)),
                None => SignInError::Status(status.as_u16()),
            }),
        }
    }

    /// Checks that an ID token is for this sign-in. It came from the provider itself by TLS, which stands in for its
    /// signature (`OpenID` Connect Core 1.0, 3.1.3.7, 6).
    fn check_id_token(&self, token: &str, attempt: &Attempt, now: Timestamp) -> Result<(), SignInError> {
        let garbled = || SignInError::Garbled("its ID token");
        let payload = token.split('.').nth(1).ok_or_else(garbled)?;
        let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| garbled())?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| garbled())?;
        let is_for_us = match &claims.aud {
            Audience::One(audience) => audience == self.id,
            Audience::Several(audiences) => {
                audiences.iter().any(|audience| audience == self.id)
                    && (audiences.len() == 1 || claims.azp.as_deref() == Some(self.id))
            }
        };
        let ends_at = Timestamp::from_second(claims.exp).unwrap_or(Timestamp::MIN);
        if claims.iss != self.provider.issuer {
            Err(SignInError::IdToken("issuer"))
        } else if !is_for_us {
            Err(SignInError::IdToken("audience"))
        } else if ends_at.saturating_add(CLOCK_SKEW).map_or(true, |end| end <= now) {
            Err(SignInError::IdToken("end"))
        } else if claims.nonce.as_deref() != Some(attempt.nonce.expose()) {
            Err(SignInError::IdToken("nonce"))
        } else {
            Ok(())
        }
    }
}

fn with_query(endpoint: &str, query: &str) -> String {
    let sign = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{sign}{query}")
}

fn tokens(answer: TokenAnswer, now: Timestamp) -> Result<Tokens, SignInError> {
    let access = answer.access_token.filter(|token| !token.is_empty() && is_header(token));
    let access = access.ok_or(SignInError::Garbled("no access token"))?;
    let seconds = answer.expires_in.unwrap_or(UNSAID_LIFETIME_SECONDS).clamp(0, LIFETIME_LIMIT_SECONDS);
    let expires_at = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    let refresh = answer.refresh_token.filter(|token| !token.is_empty()).map(Secret::new);
    Ok(Tokens { access: Secret::new(access), refresh, id: None, expires_at })
}

/// Whether a token fits into a header (RFC 6750, 2.1).
fn is_header(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// An error code as it may be logged: what is not one says nothing.
fn error_code(code: &str) -> String {
    let is_code = (1..=40).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { code.to_owned() } else { "an unknown code".to_owned() }
}

#[cfg(test)]
mod tests;
