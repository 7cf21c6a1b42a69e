//! Requests and answers as the gateway hands them over: the HTTP API's payload version 2.0. They are read here and not by
//! a framework, for strangers send what they like, and every byte of an answer must reach the browser as it is.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// 200 characters: browsers name themselves in 150.
const BROWSER_CHARACTERS_LIMIT: usize = 200;

/// A request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The path, its percent codes decoded once.
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    /// As the gateway sends them; the emulator leaves them among the headers.
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(rename = "requestContext")]
    context: RequestContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Clone, Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    /// The gateway's own word: no header changes it.
    #[serde(default)]
    source_ip: String,
    #[serde(default)]
    user_agent: String,
}

/// QUIET: a request holds cookies, numbers and texts.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Request({})", self.context.http.method)
    }
}

impl Request {
    pub(crate) fn method(&self) -> &str {
        &self.context.http.method
    }

    pub(crate) fn path(&self) -> &str {
        &self.raw_path
    }

    /// Where the browser is, as the gateway saw it.
    pub(crate) fn address(&self) -> &str {
        &self.context.http.source_ip
    }

    /// What the browser says it is, at most [`BROWSER_CHARACTERS_LIMIT`] characters of it.
    pub(crate) fn browser(&self) -> String {
        self.context.http.user_agent.chars().take(BROWSER_CHARACTERS_LIMIT).collect()
    }

    /// Everything behind the `?`, as it was sent.
    pub(crate) fn query(&self) -> &str {
        &self.raw_query_string
    }

    /// The first value of a parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.raw_query_string.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every cookie, wherever the gateway put it.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        let listed = self.cookies.iter().flatten().map(String::as_str);
        listed.chain(self.header("cookie")).flat_map(|line| line.split(';')).map(str::trim)
    }

    /// The body; `None` where it is not what the gateway says it is.
    pub(crate) fn body(&self) -> Option<Bytes> {
        match &self.body {
            None => Some(Bytes::new()),
            Some(text) if self.is_base64_encoded => BASE64.decode(text).ok().map(Bytes::from),
            Some(text) => Some(Bytes::from(text.clone())),
        }
    }
}

/// An answer.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

/// QUIET: an answer holds what the API said, and cookies.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({})", self.status_code)
    }
}

impl Answer {
    /// An empty answer.
    pub(crate) fn of(status: u16) -> Self {
        Self {
            status_code: status,
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: String::new(),
            is_base64_encoded: false,
        }
    }

    /// See Other (RFC 9110, 15.4.4).
    pub(crate) fn see_other(to: &str) -> Self {
        Self::of(303).header("location", to)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// The same header unless it is there.
    #[must_use]
    pub(crate) fn header_by_default(mut self, name: &str, value: &str) -> Self {
        self.headers.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// With a body of bytes. A text goes as it is, for it is a third shorter so, and a function answers 6 MB at most.
    #[must_use]
    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(body) {
            text.clone_into(&mut self.body);
        } else {
            self.body = BASE64.encode(body);
            self.is_base64_encoded = true;
        }
        self
    }

    /// With a body of JSON.
    #[must_use]
    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().as_bytes())
    }
}
