//! Signing in: the way to the provider and back. Both are addresses a browser goes to, so what fails leads to a page.

use data_encoding::BASE64URL_NOPAD;
use oidc::{Attempt, SignInError};
use policy::Language;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::cookies;
use crate::gateway::{Answer, Request};
use crate::problems::Problem;
use crate::sessions;

/// 1,024 bytes: a page's address with its filters. The cookie stays below 4 KB.
const FRAGMENT_BYTES_LIMIT: usize = 1_024;

/// What the cookie of a sign-in holds. It is not sealed: it is this browser's own, and `__Host-` keeps others from
/// writing it. What it holds is worth nothing without the code, which is good once. ADR 0016.
#[derive(Serialize, Deserialize)]
struct Login {
    #[serde(flatten)]
    attempt: Attempt,
    /// Until when, in seconds since 1970.
    until: i64,
    /// The page to return to.
    to: String,
}

impl Login {
    fn to_cookie(&self) -> Result<String, Problem> {
        let text = serde_json::to_vec(self).map_err(|_| Problem::Failed)?;
        Ok(cookies::set_login(&BASE64URL_NOPAD.encode(&text)))
    }

    fn of_cookie(request: &Request) -> Option<Self> {
        let value = cookies::find(request, cookies::LOGIN)?;
        serde_json::from_slice(&BASE64URL_NOPAD.decode(value.as_bytes()).ok()?).ok()
    }
}

/// Why nobody is signed in: the word that the page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// It was not begun in this browser, or too long ago.
    Expired,
    /// The provider let nobody in.
    Refused,
    /// What came back does not fit what was asked.
    Failed,
    /// The provider or the table does not answer now.
    Unreachable,
}

impl Failure {
    fn answer(self) -> Answer {
        let word = match self {
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        };
        Answer::see_other(&format!("/signed-out#{word}"))
    }
}

impl From<&SignInError> for Failure {
    fn from(error: &SignInError) -> Self {
        match error {
            SignInError::Http(_) | SignInError::Status(429 | 500..) => Self::Unreachable,
            _ => Self::Failed,
        }
    }
}

/// `GET /session/login?to=FRAGMENT`: to the provider.
pub(crate) async fn begin(context: &Context, request: &Request) -> Result<Answer, Problem> {
    let client = match context.provider().await {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(%error, "nobody can sign in");
            return Ok(Failure::from(&error).answer());
        }
    };
    let attempt = Attempt::new()?;
    // The standard's name for it, and Cognito's.
    let language = Language::asked_for(request.header("accept-language")).tag();
    let languages = [("ui_locales", language), ("lang", language)];
    let to = client.sign_in_url(&attempt, &context.config.scopes, &languages);
    let login = Login {
        attempt,
        until: context.now().as_second() + i64::from(cookies::LOGIN_SECONDS),
        to: request.parameter("to").map(|to| clean_fragment(&to)).unwrap_or_default(),
    };
    Ok(Answer::see_other(&to).cookie(login.to_cookie()?))
}

/// `GET /signed-in`: back from the provider.
pub(crate) async fn finish(context: &Context, request: &Request) -> Answer {
    match try_to_finish(context, request).await {
        Ok((session, to)) => Answer::see_other(&to).cookie(session).cookie(cookies::clear_login()),
        Err(failure) => failure.answer(),
    }
}

async fn try_to_finish(context: &Context, request: &Request) -> Result<(String, String), Failure> {
    let login = Login::of_cookie(request).ok_or(Failure::Expired)?;
    if login.until <= context.now().as_second() {
        return Err(Failure::Expired);
    }
    // Login CSRF: a code that this browser did not ask for signs nobody in.
    if request.parameter("state").as_deref() != Some(login.attempt.state.expose()) {
        return Err(Failure::Failed);
    }
    // Mix-up: a provider that says who it is must be ours (RFC 9207).
    if request.parameter("iss").is_some_and(|issuer| issuer != context.config.issuer) {
        return Err(Failure::Failed);
    }
    if request.parameter("error").is_some() {
        return Err(Failure::Refused);
    }
    let code = request.parameter("code").ok_or(Failure::Failed)?;
    let refused = |error: SignInError| {
        tracing::warn!(%error, "a sign-in failed");
        Failure::from(&error)
    };
    let client = context.provider().await.map_err(refused)?;
    let tokens = client.exchange(&code, &login.attempt, context.now()).await.map_err(refused)?;
    let session = sessions::begin(context, &tokens).await.map_err(|_| Failure::Unreachable)?;
    let to = if login.to.is_empty() { "/".to_owned() } else { format!("/#{}", clean_fragment(&login.to)) };
    Ok((session, to))
}

/// A page's address as a header may hold it; empty where it is not an address. It is the browser's own word, twice: in the query
/// of the first request, and in the cookie.
fn clean_fragment(text: &str) -> String {
    let text = text.strip_prefix('#').unwrap_or(text);
    if !text.starts_with('/') || text.len() > FRAGMENT_BYTES_LIMIT {
        return String::new();
    }
    let mut clean = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
            clean.push(char::from(byte));
        } else {
            clean.push_str(&format!("%{byte:02X}"));
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_a_pages_address_or_nothing() {
        for (text, clean) in [
            ("/calls?from=2026-11-01&staff=%E4%BD%90", "/calls?from=2026-11-01&staff=%E4%BD%90"),
            ("/calls?team=営", "/calls?team=%E5%96%B6"),
            ("/a\r\nset-cookie: x=y", "/a%0D%0Aset-cookie:%20x=y"),
            ("/a\"><script>", "/a%22%3E%3Cscript%3E"),
            ("#/calls/abc", "/calls/abc"),
            ("##/calls", ""),
            ("https://evil.test/", ""),
            ("javascript:alert(1)", ""),
            ("", ""),
        ] {
            assert_eq!(clean_fragment(text), clean, "{text}");
        }
        assert_eq!(clean_fragment(&format!("/{}", "a".repeat(FRAGMENT_BYTES_LIMIT))), "");
    }
}
