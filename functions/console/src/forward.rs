//! Passes a request of the pages on to the API, with the session's access token. The API's authorizer checks that token as
//! it checks every other one.

use std::time::Duration;

use bytes::Bytes;
use oidc::HttpErrorKind;
use policy::browser_origin::BROWSER_ORIGIN_HEADER;

use crate::context::Context;
use crate::cookies;
use crate::gateway::{Answer, Request};
use crate::problems::Problem;
use crate::sessions::{self, Activity};

/// 26 seconds: the API's functions take 15 at most, this function 29.
const TIMEOUT: Duration = Duration::from_secs(26);

/// 2,048 bytes: no path of the API is half as long.
const PATH_BYTES_LIMIT: usize = 2_048;

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// What is passed on of a request. No cookie, no `Authorization` and no word on its address of the browser's own.
const REQUEST_HEADERS: [&str; 3] = ["accept", "accept-language", "content-type"];

/// What is handed back of an answer. No cookie, and nothing that changes what a browser may do.
const RESPONSE_HEADERS: [&str; 7] =
    ["allow", "content-disposition", "content-language", "content-type", "link", "retry-after", "vary"];

/// `ANY /api/{path}`.
pub(crate) async fn forward(context: &Context, request: &Request, path: &str) -> Result<Answer, Problem> {
    let path = encode_path(path).ok_or(Problem::NoRoute)?;
    if !METHODS.contains(&request.method()) {
        return Err(Problem::NoMethod);
    }
    let body = request.body().ok_or(Problem::BadBody)?;
    let mut current = sessions::find(context, request, Activity::Counts).await?;
    let token = sessions::access_token(context, &mut current).await?;

    let sign = if request.query().is_empty() { "" } else { "?" };
    let url = format!("{}/{path}{sign}{}", context.config.api_url, request.query());
    let mut asked = http::Request::builder().method(request.method()).uri(url);
    for name in REQUEST_HEADERS {
        if let Some(value) = request.header(name) {
            asked = asked.header(name, value);
        }
    }
    if let Some(origin) = context.origin_keys.header_of(&context.table, request, token.expose(), context.now()).await {
        asked = asked.header(BROWSER_ORIGIN_HEADER, origin);
    }
    let asked = asked.header("authorization", format!("Bearer {}", token.expose()));
    let asked = asked.body(body).map_err(|_| Problem::NoRoute)?;
    let answer = context.http.send(asked, TIMEOUT).await.map_err(|error| {
        tracing::warn!(%error, "the API gave no answer");
        match error.kind {
            HttpErrorKind::Unreachable => Problem::Busy,
            HttpErrorKind::NoAnswer => Problem::NoAnswer,
            HttpErrorKind::Invalid => Problem::Failed,
        }
    })?;
    log_origin(request, &answer);
    if answer.status().as_u16() == 401 {
        // The token is good by the clock, and not by the authorizer: it was revoked. No request will be let in.
        sessions::end(context, &current).await?;
        return Err(Problem::SignedOut);
    }
    Ok(handed_back(&answer))
}

/// Logs from where the browser asked, under the API's own id of the request, which custody keeps.
fn log_origin(request: &Request, answer: &http::Response<Bytes>) {
    let id = answer.headers().get("apigw-requestid").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let (status, address, browser) = (answer.status().as_u16(), request.address(), request.browser());
    tracing::info!(request_id = id, status, address, browser, "the API answered");
}

fn handed_back(answer: &http::Response<Bytes>) -> Answer {
    let mut handed = Answer::of(answer.status().as_u16()).body(answer.body());
    for name in RESPONSE_HEADERS {
        if let Some(value) = answer.headers().get(name).and_then(|value| value.to_str().ok()) {
            handed = handed.header(name, value);
        }
    }
    handed
}

/// A signed-out browser forgets its cookie.
pub(crate) fn signed_out(answer: Answer) -> Answer {
    answer.cookie(cookies::clear_session())
}

/// The path behind `/api/` as it is put behind the API's address; `None` for one that could lead elsewhere. The gateway
/// has decoded it once, so every sign that is not plain is encoded again: a `%` too, so that nothing is decoded twice.
fn encode_path(path: &str) -> Option<String> {
    if path.len() > PATH_BYTES_LIMIT {
        return None;
    }
    let mut encoded = String::with_capacity(path.len());
    for (number, segment) in path.split('/').enumerate() {
        let is_control = |character: char| character.is_control() || character == '\\';
        if segment.is_empty() || segment == "." || segment == ".." || segment.contains(is_control) {
            return None;
        }
        if number > 0 {
            encoded.push('/');
        }
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_api_alone() {
        for (path, encoded) in [
            ("me", "me"),
            ("recordings/abc/play", "recordings/abc/play"),
            ("calls/freepbx/1793682300.101", "calls/freepbx/1793682300.101"),
            ("calls/x/a b?c#d", "calls/x/a%20b%3Fc%23d"),
            ("calls/x/%2e%2e", "calls/x/%252e%252e"),
            ("calls/x/a%2Fb", "calls/x/a%252Fb"),
            ("calls/x/通話", "calls/x/%E9%80%9A%E8%A9%B1"),
            ("@evil.test/", ""),
            (":8080@evil.test", "%3A8080%40evil.test"),
            ("", ""),
            ("/evil.test", ""),
            ("..", ""),
            ("../me", ""),
            ("recordings/../../me", ""),
            ("recordings/./me", ""),
            ("recordings//me", ""),
            ("recordings/", ""),
            ("recordings\\..\\me", ""),
            ("a\r\nhost: evil.test", ""),
            ("a\0", ""),
        ] {
            assert_eq!(encode_path(path).unwrap_or_default(), encoded, "{path}");
        }
        assert_eq!(encode_path(&"a".repeat(PATH_BYTES_LIMIT + 1)), None);
    }
}
