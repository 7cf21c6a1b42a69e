//! Answers as the gateway takes them from Lambda.

use std::convert::Infallible;
use std::pin::Pin;

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use lambda_http::tower::ServiceExt;
use lambda_http::{Body, IntoResponse, Request, Service};

use crate::csv;

/// Routes as Lambda runs them.
pub fn service(
    router: axum::Router,
) -> impl Service<Request, Response = GatewayResponse, Error = Infallible, Future: Send> + Clone + Send {
    ServiceExt::<Request>::map_response(router, GatewayResponse)
}

/// An answer that reaches the gateway byte by byte. `lambda_http` decodes every text: a byte order mark is lost, and Excel
/// then reads a file in the machine's own code page.
#[derive(Debug)]
pub struct GatewayResponse(pub Response);

impl IntoResponse for GatewayResponse {
    fn into_response(self) -> Pin<Box<dyn Future<Output = lambda_http::Response<Body>> + Send>> {
        let Self(mut response) = self;
        Box::pin(async move {
            if response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind != csv::CONTENT_TYPE) {
                return IntoResponse::into_response(response).await;
            }
            // With an encoding the body is taken as bytes. The header itself must not be sent (RFC 9110, 8.4.1).
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
            let mut response = IntoResponse::into_response(response).await;
            response.headers_mut().remove(CONTENT_ENCODING);
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn handed(content_type: &'static str, body: &'static str) -> lambda_http::Response<Body> {
        let mut response = Response::new(body.into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        GatewayResponse(response).into_response().await
    }

    #[tokio::test]
    async fn a_file_keeps_its_byte_order_mark_and_is_not_said_to_be_encoded() {
        let file = handed(csv::CONTENT_TYPE, "\u{feff}日時\r\n").await;
        assert_eq!(file.body(), &Body::Binary("\u{feff}日時\r\n".into()));
        assert!(!file.headers().contains_key(CONTENT_ENCODING));
        let other = handed("text/csv", "\u{feff}日時\r\n").await;
        assert_eq!(other.body(), &Body::Text("日時\r\n".into()), "this is what it is for");
    }

    #[tokio::test]
    async fn everything_else_is_handed_over_as_text() {
        for content_type in ["application/json", "application/problem+json"] {
            assert_eq!(handed(content_type, "{}").await.body(), &Body::Text("{}".into()));
        }
    }
}
