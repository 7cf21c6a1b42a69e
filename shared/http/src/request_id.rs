//! The id of a request.

use axum::extract::Request;
use lambda_http::request::RequestContext;

use crate::random::random_hex;

/// The API's id of a request; the access log has it too.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The gateway's, or else a random one.
    pub(crate) fn of(request: &Request) -> Self {
        let given = match request.extensions().get() {
            Some(RequestContext::ApiGatewayV2(gateway)) => gateway.request_id.clone().filter(|id| !id.is_empty()),
            _ => None,
        };
        Self(given.or_else(|| random_hex().ok()).unwrap_or_default())
    }
}
