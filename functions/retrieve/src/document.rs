//! `GET /openapi.json`: what the API takes and answers, as `OpenAPI` 3.1 has it; and what is answered to a path or a
//! method that is not in it.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rokuban_http::caller::Caller;
use rokuban_http::problem::{FAILED, NO_SUCH_ROUTE, Problem, WRONG_METHOD};
use rokuban_http::route::{About, BASE, Route};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

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

/// The document's paths with their methods.
#[derive(Deserialize)]
struct Paths {
    paths: BTreeMap<String, Map<String, Value>>,
}

impl Paths {
    /// The methods of a path, `GET, PUT`; `None` where no route has it.
    fn methods(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix(BASE)?;
        let is_of = |template: &str| {
            let (parts, wanted) = (path.split('/'), template.split('/'));
            let mut pairs = parts.clone().zip(wanted.clone());
            let fits = |(part, wanted): (&str, &str)| part == wanted || (wanted.starts_with('{') && !part.is_empty());
            parts.count() == wanted.count() && pairs.all(fits)
        };
        // What is written out comes before what stands for anything, as at the gateway.
        let named = self.paths.get(path);
        let methods = named.or_else(|| self.paths.iter().find(|(template, _)| is_of(template)).map(|(_, all)| all))?;
        Some(methods.keys().map(|method| method.to_ascii_uppercase()).collect::<Vec<_>>().join(", "))
    }
}

/// Answers a request that the gateway has no route for. Nobody has checked a token: it says no more than the document, which
/// is public.
pub(crate) fn unrouted(request: &Request) -> Response {
    let Ok(paths) = serde_json::from_str::<Paths>(DOCUMENT) else {
        return Problem::of(&FAILED).into_response();
    };
    let Some(methods) = paths.methods(request.uri().path()) else {
        return Problem::of(&NO_SUCH_ROUTE).into_response();
    };
    // A browser asks before it sends a request of another origin; the gateway adds what it then may.
    if request.method() == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(ALLOW, methods)]).into_response();
    }
    // The gateway's own routes take a method that a path has: this path is written in another way.
    if methods.split(", ").any(|method| method == request.method().as_str()) {
        return Problem::of(&NO_SUCH_ROUTE).into_response();
    }
    ([(ALLOW, methods)], Problem::of(&WRONG_METHOD)).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_is_one_of_the_documents_under_its_base() {
        let paths: Paths = serde_json::from_str(DOCUMENT).unwrap();
        for (path, methods) in [
            ("/v1/me", Some("GET")),
            ("/v1/recordings/x/notes", Some("GET, POST")),
            ("/v1/rulebook/pending", Some("DELETE")),
            ("/me", None),
            ("/v1", None),
            ("/v1/", None),
            ("/v2/me", None),
            ("/v1/me/", None),
            ("/v1/recordings/", None),
            ("/v1/recordings//notes", None),
            ("/v1/recordings/x/y", None),
        ] {
            assert_eq!(paths.methods(path).as_deref(), methods, "{path}");
        }
    }
}
