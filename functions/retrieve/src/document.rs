//! `GET /openapi.json`: what the API takes and answers, as `OpenAPI` 3.1 has it.

use axum::http::header::{CONTENT_TYPE, HeaderName};
use rokuban_http::caller::Caller;
use rokuban_http::route::{About, Route};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::context::Context;

/// Made of the routes of every function by a test, which fails where it differs from the code.
const DOCUMENT: &str = include_str!("../openapi.json");

/// What the document says of itself.
struct Document;

impl JsonSchema for Document {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Document".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": true, "examples": [{"openapi": "3.1.0"}]})
    }
}

pub(crate) fn route() -> Route<Context> {
    let about = About { id: "document", tag: "me", summary: "This document." };
    Route::get("/openapi.json", document, about).answers::<Document>(200, "OpenAPI 3.1.")
}

/// The document. It holds no secret; it asks for a token like every other route, so that no stranger's
/// request starts the function.
async fn document(_caller: Caller) -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
