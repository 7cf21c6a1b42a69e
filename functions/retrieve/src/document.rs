//! `GET /openapi.json`: what the API takes and answers, as `OpenAPI` 3.1 has it.

use axum::http::header::{CONTENT_TYPE, HeaderName};

use crate::caller::Caller;

/// Generated from the code by a test of `openapi.rs`, which fails where it isn't what the code says.
const DOCUMENT: &str = include_str!("../openapi.json");

/// The document. It holds no secret; it asks for a token like every other route, so that no stranger's
/// request starts the function.
pub(crate) async fn document(_caller: Caller) -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
