//! The document and the API say the same: every answer that the tests of the API get is held against it.

use std::sync::OnceLock;

use lambda_http::http::HeaderMap;
use regex::Regex;
use rokuban_http::openapi::{self, Part};
use rokuban_http::route::{BASE, Route};
use serde_json::{Map, Value, json};

use crate::api::{ADMIN, Api, ApiRequest};

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(include_str!("../../../functions/retrieve/openapi.json")).unwrap())
}

/// Where the document is kept, and the command that renews it.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/retrieve/openapi.json");
const RENEW: &str = "RENEW_OPENAPI=1 cargo test -p tests --test in_process the_document_that_is_served";

/// The document as the routes of every function make it.
fn made() -> Value {
    let retrieve = Part {
        operations: retrieve::routes().into_iter().map(Route::into_operation).collect(),
        problems: retrieve::problem_examples(),
        members: retrieve::problem_members(),
    };
    let govern = Part {
        operations: govern::routes().into_iter().map(Route::into_operation).collect(),
        problems: govern::problem_examples(),
        members: govern::problem_members(),
    };
    let cases = Part {
        operations: cases::routes().into_iter().map(Route::into_operation).collect(),
        problems: cases::problem_examples(),
        members: cases::problem_members(),
    };
    openapi::document(vec![retrieve, cases, govern], env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_document_that_is_served_is_what_the_routes_say() {
    let made = serde_json::to_string_pretty(&made()).unwrap() + "\n";
    if std::env::var_os("RENEW_OPENAPI").is_some() {
        std::fs::write(KEPT, &made).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap();
    let line = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made).map(|line| line + 1);
    assert!(kept == made, "{KEPT} is behind the code (from line {line:?}): renew it with `{RENEW}`");
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// What a reference stands for.
fn resolved(reference: &Value) -> &'static Value {
    document().pointer(reference["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What of a value a schema does not allow, each with its place. A keyword that is not understood here is
/// one that nothing checks, so it is a fault too.
fn faults(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &dyn std::fmt::Display| {
        if !holds {
            found.push(format!("{place}: {what}, and it is {value}"));
        }
    };
    let length = value.as_str().map(|text| text.chars().count() as u64);
    let number = value.as_f64();
    let mut inner = Vec::new();
    for (keyword, wanted) in members(schema) {
        match keyword.as_str() {
            "description" | "examples" | "title" | "default" => {}
            "$ref" => {
                inner.extend(faults(resolved(schema), value, place));
            }
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("no type {other}"),
                };
                let fits = if wanted.is_array() { items(wanted).any(is) } else { is(wanted) };
                must(fits, &format!("is of type {wanted}"));
            }
            "const" => must(value == wanted, &format!("is {wanted}")),
            "enum" => must(items(wanted).any(|one| one == value), &format!("is one of {wanted}")),
            "oneOf" | "anyOf" => {
                let fitting = items(wanted).filter(|one| faults(one, value, place).is_empty()).count();
                must(fitting == 1 || (keyword == "anyOf" && fitting > 0), &format!("fits {fitting} of {wanted}"));
            }
            "required" => {
                for name in items(wanted).map(|name| name.as_str().unwrap()) {
                    must(value.get(name).is_some() || !value.is_object(), &format!("has `{name}`"));
                }
            }
            "properties" => {
                for (name, schema) in members(wanted) {
                    if let Some(value) = value.get(name) {
                        inner.extend(faults(schema, value, &format!("{place}.{name}")));
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in members(value).filter(|(name, _)| schema["properties"].get(name).is_none()) {
                    match wanted {
                        Value::Bool(allowed) => must(*allowed, &format!("has no `{name}`")),
                        schema => inner.extend(faults(schema, value, &format!("{place}.{name}"))),
                    }
                }
            }
            "propertyNames" => {
                for (name, _) in members(value) {
                    inner.extend(faults(wanted, &json!(name), place));
                }
            }
            "maxProperties" => must(members(value).count() as u64 <= wanted.as_u64().unwrap(), &"has fewer members"),
            "minProperties" => must(members(value).count() as u64 >= wanted.as_u64().unwrap(), &"has members"),
            "items" => {
                for (position, value) in items(value).enumerate() {
                    inner.extend(faults(wanted, value, &format!("{place}[{position}]")));
                }
            }
            "minItems" => must(items(value).count() as u64 >= wanted.as_u64().unwrap(), &"has more items"),
            "maxItems" => must(items(value).count() as u64 <= wanted.as_u64().unwrap(), &"has fewer items"),
            "minLength" => must(length.is_none_or(|length| length >= wanted.as_u64().unwrap()), &"is longer"),
            "maxLength" => must(length.is_none_or(|length| length <= wanted.as_u64().unwrap()), &"is shorter"),
            "minimum" => must(number.is_none_or(|number| number >= wanted.as_f64().unwrap()), &"is greater"),
            "maximum" => must(number.is_none_or(|number| number <= wanted.as_f64().unwrap()), &"is less"),
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                must(value.as_str().is_none_or(|text| pattern.is_match(text)), &format!("fits {wanted}"));
            }
            "format" => {
                let fits = |text: &str| match wanted.as_str().unwrap() {
                    "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
                    "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
                    "uri" => text.starts_with("https://"),
                    // Of numbers: how many bits they have.
                    "uint" | "uint16" | "uint32" | "uint64" | "double" => true,
                    other => panic!("no format {other}"),
                };
                must(value.as_str().is_none_or(fits), &format!("is a {wanted}"));
            }
            other => panic!("{place}: nothing here checks `{other}`"),
        }
    }
    found.extend(inner);
    found
}

/// The path of the document, with its operations, that a request's path is one of.
fn path_of(path: &str) -> Option<(&'static String, &'static Value)> {
    let fits = |template: &str| {
        let (mut parts, mut wanted) = (path.split('/'), template.split('/'));
        let all = parts
            .by_ref()
            .zip(wanted.by_ref())
            .all(|(part, wanted)| wanted == part || (wanted.starts_with('{') && !part.is_empty()));
        all && path.split('/').count() == template.split('/').count()
    };
    // What is written out comes before what stands for anything.
    let paths = || members(&document()["paths"]);
    let exact = paths().find(|(template, _)| *template == path);
    exact.or_else(|| paths().find(|(template, _)| fits(template)))
}

/// Whether a browser asks for a file by a link: the document leaves these routes out.
pub(crate) fn is_file(path: &str) -> bool {
    ["/exports/", "/reports/exports/"].iter().any(|files| path.starts_with(files))
}

/// The gateway's route for such a file.
pub(crate) fn route_of(path: &str) -> String {
    format!("GET {BASE}{}/{{secret}}", path.rsplit_once('/').unwrap().0)
}

/// The paths of the document that answer a file too.
pub(crate) fn paths_with_a_file() -> Vec<&'static str> {
    let answers_a_file =
        |path: &Value| !path["get"]["responses"]["200"]["content"]["text/csv; charset=utf-8"].is_null();
    members(&document()["paths"]).filter(|(_, path)| answers_a_file(path)).map(|(name, _)| name.as_str()).collect()
}

/// The path of the document that has a request's operation.
pub(crate) fn template_of(method: &str, path: &str) -> Option<&'static str> {
    let (template, operations) = path_of(path)?;
    operations.get(method.to_ascii_lowercase()).map(|_| template.as_str())
}

/// Panics where an answer is not what the document says of requests that no route takes.
pub(crate) fn check_unrouted(status: u16, body: &[u8]) {
    let about = format!("{status} {}", String::from_utf8_lossy(body));
    let name = match status {
        _ if body.is_empty() => return assert!(matches!(status, 204 | 404 | 405), "{about}"),
        404 => "NoSuchRouteProblem",
        405 => "WrongMethodProblem",
        _ => panic!("no route takes it: {about}"),
    };
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let found = faults(&schema, &serde_json::from_slice(body).unwrap(), "");
    assert!(found.is_empty(), "{found:#?} in {about}");
}

/// Panics where an answer is not what the document says of its operation, or where something was accepted
/// that the document does not have.
pub(crate) fn check(
    method: &str,
    path: &str,
    query: &str,
    sent: Option<&str>,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) {
    let about = format!("{method} {path} {status} {}", String::from_utf8_lossy(body));
    let (_, operations) = path_of(path).unwrap();
    let operation = &operations[method.to_ascii_lowercase()];
    let content_type = headers["content-type"].to_str().unwrap();
    let response = &operation["responses"][status.to_string()];
    let content = &response["content"][content_type];
    assert!(!content.is_null(), "the document has no such status or content type: {content_type}, {about}");
    let is_text = content_type.starts_with("text/");
    let value = if is_text { json!(std::str::from_utf8(body).unwrap()) } else { serde_json::from_slice(body).unwrap() };
    let found = faults(&content["schema"], &value, "");
    assert!(found.is_empty(), "{found:#?} in {about}");
    for (name, header) in members(&response["headers"]).filter(|(_, header)| header["required"] == true) {
        let text = headers[name.as_str()].to_str().unwrap();
        let value = text.parse::<u64>().map_or(json!(text), Value::from);
        let found = faults(&header["schema"], &value, name);
        assert!(found.is_empty(), "{found:#?} in {about}");
    }
    if status < 300 {
        accepted(operation, query, sent, &about);
    }
}

/// What was accepted is what the document asks for.
fn accepted(operation: &Value, query: &str, sent: Option<&str>, about: &str) {
    for (name, value) in form(query) {
        let known = items(&operation["parameters"]).find(|known| known["name"] == name && known["in"] == "query");
        let schema = &known.unwrap_or_else(|| panic!("the document has no parameter {name}: {about}"))["schema"];
        let value = match schema["type"].as_str() {
            Some("integer") => json!(value.parse::<u64>().unwrap()),
            // A `+` that was not encoded is a space here, and is understood all the same.
            _ if ["from", "to"].contains(&name.as_str()) => json!(value.replace(' ', "+")),
            _ => json!(value),
        };
        let found = faults(schema, &value, &name);
        assert!(found.is_empty(), "{found:#?} in the query of {about}");
    }
    if let (Some(sent), content) = (sent, &operation["requestBody"]["content"]["application/json"]) {
        let found = faults(&content["schema"], &serde_json::from_str(sent).unwrap(), "");
        assert!(found.is_empty(), "{found:#?} in the body of {about}");
    }
}

/// The pairs of a query, decoded.
fn form(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            let hexadecimal = (*first == b'%').then(|| std::str::from_utf8(&after[..2]).unwrap());
            bytes.push(match hexadecimal {
                Some(digits) => u8::from_str_radix(digits, 16).unwrap(),
                None if *first == b'+' => b' ',
                None => *first,
            });
            rest = if *first == b'%' { &after[2..] } else { after };
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Every operation: its method, its path, and what the document says of it.
fn operations() -> impl Iterator<Item = (&'static String, &'static String, &'static Value)> {
    members(&document()["paths"])
        .flat_map(|(path, operations)| members(operations).map(move |(method, operation)| (method, path, operation)))
}

#[tokio::test(start_paused = true)]
async fn the_methods_of_every_route_are_the_documents() {
    let (api, id) = Api::with_sample(1).await;
    for (path, operations) in members(&document()["paths"]) {
        let ask = ApiRequest::get(&path.replace("{id}", id.as_str()).replace("{recording_id}", id.as_str()))
            .with_method("TRACE");
        let answer = api.ask(&ask.by(ADMIN)).await;
        assert_eq!(answer.status, 405, "{path}");
        let mut allowed: Vec<&str> = answer.headers["allow"].to_str().unwrap().split(", ").collect();
        let mut told: Vec<String> = members(operations).map(|(method, _)| method.to_ascii_uppercase()).collect();
        allowed.sort_unstable();
        told.sort_unstable();
        assert_eq!(allowed, told, "{path}");
    }
}

#[test]
fn every_example_of_the_document_is_what_its_schema_allows() {
    let mut examples = 0;
    let mut check = |content: &Value, about: &str| {
        let named = members(&content["examples"]).map(|(_, example)| &resolved(example)["value"]);
        for example in content.get("example").into_iter().chain(named) {
            let found = faults(&content["schema"], example, "");
            assert!(found.is_empty(), "{about}: {found:#?}");
            examples += 1;
        }
    };
    for (method, path, operation) in operations() {
        let about = format!("{method} {path}");
        for parameter in items(&operation["parameters"]) {
            check(parameter, &about);
        }
        let responses = members(&operation["responses"]).map(|(_, response)| response);
        for body in responses.chain(operation.get("requestBody")) {
            for (kind, content) in members(&body["content"]) {
                assert!(content.get("example").or(content.get("examples")).is_some(), "{about}: {kind} has no example");
                check(content, &about);
            }
        }
    }
    assert!(examples > 100, "{examples}");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_a_member_reads_the_document_and_nobody_else() {
    let api = Api::new(1).await;
    let answer = api.get(ADMIN, "/openapi.json").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(&answer.ok(), document());
    let stranger = api.get("nobody", "/openapi.json").await;
    assert_eq!((stranger.status, stranger.problem().as_str()), (403, "not-a-member"));
}

#[test]
fn what_a_schema_does_not_allow_is_found() {
    let schema = json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "count": {"type": "integer", "minimum": 1, "maximum": 2},
            "kind": {"oneOf": [{"const": "a"}, {"enum": ["b", "c"]}]},
            "list": {"type": "array", "items": {"type": "boolean"}, "maxItems": 1},
        },
        "required": ["id"],
        "additionalProperties": false,
    });
    let allowed = json!({"id": "abc", "at": null, "count": 2, "kind": "c", "list": [true]});
    assert_eq!(faults(&schema, &allowed, ""), Vec::<String>::new());
    for (name, value) in [
        ("id", json!("abcd")),
        ("id", json!("A")),
        ("id", json!(1)),
        ("at", json!("yesterday")),
        ("count", json!(0)),
        ("count", json!(3)),
        ("count", json!(1.5)),
        ("kind", json!("d")),
        ("list", json!([1])),
        ("list", json!([true, true])),
        ("more", json!(1)),
    ] {
        let mut changed: Map<String, Value> = allowed.as_object().unwrap().clone();
        changed.insert(name.to_owned(), value.clone());
        assert_eq!(faults(&schema, &Value::Object(changed), "").len(), 1, "{name} {value}");
    }
    assert_eq!(faults(&schema, &json!({}), "").len(), 1);
}
