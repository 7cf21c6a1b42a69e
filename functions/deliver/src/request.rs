//! A request as the HTTP API passes it on (payload format 2.0).

use policy::id::sha256_hex;
use serde::Deserialize;
use store::AuditOrigin;

/// 300 characters: what a client calls itself.
const USER_AGENT_CHARACTERS: usize = 300;

/// A request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    request_context: RequestContext,
    path_parameters: PathParameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    http: Http,
    request_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    method: String,
    source_ip: String,
    user_agent: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PathParameters {
    token: String,
}

/// QUIET: the token opens a package.
impl std::fmt::Debug for PathParameters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PathParameters(…)")
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// `GET`, `HEAD`.
    Read,
    /// `POST`.
    Post,
    /// Anything else.
    Other,
}

/// The hash of a token: all that is stored of it.
pub(crate) struct TokenHash(pub(crate) String);

impl Request {
    pub(crate) fn method(&self) -> Method {
        match self.request_context.http.method.as_str() {
            "GET" | "HEAD" => Method::Read,
            "POST" => Method::Post,
            _ => Method::Other,
        }
    }

    /// Of any text: one that is no token is the hash of nothing.
    pub(crate) fn token(&self) -> TokenHash {
        TokenHash(sha256_hex(self.path_parameters.token.as_bytes()))
    }

    /// Names this request: the gateway gives each another id.
    pub(crate) fn operation(&self) -> String {
        format!("open-{}", self.request_context.request_id)
    }

    pub(crate) fn origin(&self) -> AuditOrigin {
        let http = &self.request_context.http;
        let user_agent = http.user_agent.chars().filter(|one| !one.is_control()).take(USER_AGENT_CHARACTERS).collect();
        AuditOrigin { address: http.source_ip.clone(), user_agent, session: None }
    }
}
