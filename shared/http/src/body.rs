//! Bodies: limited, JSON, and nothing in them that a route does not know.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::problem::{self, Problem};

/// 16 KiB: the longest body has a reason of 500 characters and a handful of ids.
pub const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// Reads a JSON body of at most `limit_bytes`. `fields` lists the route's fields, for the answer to a body that has others.
///
/// # Errors
/// [`problem::NOT_JSON`], [`problem::TOO_LONG`], [`problem::MALFORMED`] or [`problem::WRONG_FIELDS`].
pub async fn read<T: DeserializeOwned>(
    request: Request,
    limit_bytes: usize,
    fields: &'static str,
) -> Result<T, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_json) {
        return Err(Problem::of(&problem::NOT_JSON));
    }
    let Ok(bytes) = to_bytes(request.into_body(), limit_bytes).await else {
        return Err(Problem::too_long(limit_bytes));
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        // QUIET: the parser's message repeats what it found. The position is enough.
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Data => Problem::wrong_fields(line, column, fields),
            Category::Syntax | Category::Eof | Category::Io => Problem::malformed(line, column),
        }
    })
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// Whether a text says something, within its limit and in plain characters.
pub fn is_reason(text: &str, limit_characters: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= limit_characters && text.chars().all(is_plain)
}

/// Whether a character is plain text: no control character, and none that turns the direction of what is read.
pub fn is_plain(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::Body;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        name: String,
    }

    async fn read_named(content_type: Option<&str>, body: &str) -> Result<Named, Problem> {
        let mut request = Request::builder();
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        read(request.body(Body::from(body.to_owned())).unwrap(), 32, "name").await
    }

    #[tokio::test]
    async fn only_json_within_its_limit_is_read() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
            let named = read_named(Some(content_type), r#"{"name": "a"}"#).await.unwrap();
            assert_eq!(named.name, "a");
        }
        for content_type in [None, Some("text/plain"), Some("application/jsonp"), Some("")] {
            let refused = read_named(content_type, r#"{"name": "a"}"#).await.unwrap_err();
            assert!(refused.is(&problem::NOT_JSON), "{content_type:?}");
        }
        let long = format!(r#"{{"name": "{}"}}"#, "a".repeat(32));
        let refused = read_named(Some("application/json"), &long).await.unwrap_err();
        assert_eq!(refused, Problem::too_long(32));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_named_by_its_position() {
        for (body, line, column) in [("", 1, 0), ("{\n\"name\": }", 2, 9), (r#"{"name": "a"} x"#, 1, 15)] {
            let refused = read_named(Some("application/json"), body).await.unwrap_err();
            assert_eq!(refused, Problem::malformed(line, column), "{body}");
        }
        for body in ["{}", r#"{"name": 1}"#, r#"{"name": "a", "b": 1}"#, r#"{"name":"a","name":"a"}"#, "[]"] {
            let refused = read_named(Some("application/json"), body).await.unwrap_err();
            assert!(refused.is(&problem::WRONG_FIELDS), "{body}: {refused:?}");
        }
    }
}
