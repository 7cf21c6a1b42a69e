//! The API's document, `OpenAPI` 3.1, made of the very types that the routes read and answer with. A test makes it: a
//! function carries the text, not what makes it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]
#![cfg_attr(not(feature = "document"), allow(dead_code, reason = "routes keep nothing to make it of"))]

mod parameters;
mod shape;

use std::collections::BTreeMap;

use policy::Language;
use schemars::JsonSchema;
use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use self::parameters::{in_path, in_query};
use self::shape::{example, tidy};
use crate::about::{About, BASE};
use crate::csv;
use crate::parameters::Parameter;
use crate::problem::{self, Kind, Problem};

/// What every operation can answer: the caller is read first, and the rulebook for that.
const ALWAYS: [&Kind; 4] = [&problem::NOT_A_MEMBER, &problem::RULEBOOK_UNREADABLE, &problem::BUSY, &problem::FAILED];

/// What an operation with a body can answer beside.
const OF_A_BODY: [&Kind; 4] = [&problem::NOT_JSON, &problem::MALFORMED, &problem::WRONG_FIELDS, &problem::TOO_LONG];

/// What an operation with parameters in the query can answer beside.
const OF_A_QUERY: [&Kind; 2] = [&problem::INVALID, &problem::UNKNOWN_PARAMETER];

/// What an operation that answers a file too can answer beside.
const OF_A_FILE: [&Kind; 2] = [&problem::NOT_ACCEPTABLE, &problem::TOO_MANY];

/// What an operation with an id in its path can answer too: with another text there it is another path.
const OF_AN_ID: [&Kind; 2] = [&problem::NO_SUCH_ROUTE, &problem::WRONG_METHOD];

/// What the gateway answers by itself: status, its `message`, and what that means where no problem has the status.
const GATEWAYS: [(u16, &str, &str); 4] = [
    (401, "Unauthorized", "No access token, or none that the issuer signed."),
    (429, "Too Many Requests", "More requests a second than the deployment lets through."),
    (500, "Internal Server Error", ""),
    (503, "Service Unavailable", ""),
];

/// A schema, made where all are collected.
type SchemaOf = fn(&mut Schemas) -> Value;

/// What the document says of one method of one path.
#[derive(Debug)]
pub struct Operation {
    method: &'static str,
    /// The path.
    pub path: &'static str,
    pub(crate) about: About,
    pub(crate) query: Vec<Parameter>,
    body: Option<(usize, SchemaOf)>,
    answers: Vec<(u16, &'static str, SchemaOf)>,
    pub(crate) has_file: bool,
    /// Beside what it answers by its kind.
    pub(crate) problems: Vec<&'static Kind>,
}

impl Operation {
    pub(crate) fn new(method: &'static str, path: &'static str, about: About) -> Self {
        let (query, answers, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { method, path, about, query, body: None, answers, has_file: false, problems }
    }

    pub(crate) fn take<T: JsonSchema>(&mut self, limit_bytes: usize) {
        self.body = Some((limit_bytes, |schemas| schemas.read.subschema_for::<T>().into()));
    }

    pub(crate) fn answer<T: JsonSchema>(&mut self, status: u16, description: &'static str) {
        self.answers.push((status, description, |schemas| schemas.answer::<T>()));
    }
}

/// The two sides of the schemas: what is read may leave out what has a default, what is answered is whole.
#[derive(Debug)]
pub struct Schemas {
    read: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let of = |contract| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings.contract = contract;
            settings.into_generator()
        };
        Self { read: of(Contract::Deserialize), answered: of(Contract::Serialize) }
    }

    /// The schema of what is answered.
    pub fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answered.subschema_for::<T>().into()
    }

    /// Every schema by its name.
    fn take(mut self) -> Map<String, Value> {
        let mut all = self.answered.take_definitions(true);
        for (name, schema) in self.read.take_definitions(true) {
            let before = all.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "two schemas are called {name}");
        }
        all
    }
}

/// The schema of a member of problems, by its name.
pub type Member = (&'static str, SchemaOf);

/// What a function adds to the document.
#[derive(Debug)]
pub struct Part {
    /// Its operations.
    pub operations: Vec<Operation>,
    /// One problem of each kind that only it has.
    pub problems: Vec<Problem>,
    /// The schemas of the members of these problems.
    pub members: Vec<Member>,
}

/// A member of the problems of this crate.
fn shared_member(name: &str, schemas: &mut Schemas) -> Option<Value> {
    Some(match name {
        "reason" => schemas.answer::<policy::permission::NotAllowed>(),
        "parameter" => json!({"type": "string", "description": "Which one."}),
        "candidates" => json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
                "required": ["id", "name"],
            },
            "description": "At most 10, the likeliest first.",
        }),
        "line" | "column" => json!({"type": "integer", "minimum": 0, "description": "From 1; 0 before the first."}),
        "limit_bytes" => json!({"type": "integer", "minimum": 1}),
        "limit" => json!({"type": "integer", "minimum": 1, "description": "How often it may be done."}),
        "per" => json!({"const": "hour"}),
        _ => return None,
    })
}

/// The schema of a kind of problem.
struct ProblemSchema {
    status: u16,
    name: String,
    schema: Value,
    example: Value,
}

impl ProblemSchema {
    fn new(example: &Problem, members: &[Member], schemas: &mut Schemas) -> Self {
        let kind = example.kind();
        let mut properties = json!({
            "type": {"const": format!("urn:rokuban:problem:{}", kind.word)},
            "title": {"type": "string", "description": "In English or Japanese, by `Accept-Language`."},
            "status": {"const": kind.status},
            "detail": {"type": "string", "description": "What is wrong, and how to fix it."},
            "request_id": {"type": "string", "description": "Names the request to the people who run the system."},
        });
        for name in example.members(Language::English).keys() {
            let own = members.iter().find(|(member, _)| member == name);
            let schema = own.map(|(_, schema)| schema(schemas)).or_else(|| shared_member(name, schemas));
            properties[name] = schema.unwrap_or_else(|| panic!("no schema of `{name}` in a problem: add it"));
        }
        let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
        let schema = json!({
            "type": "object",
            "description": format!("{} ({}).", kind.title.english, kind.title.japanese),
            "properties": properties,
            "required": required,
        });
        let words = kind.word.split('-');
        let camel: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        let example = Value::Object(example.body(Language::English, "JKJaXmPLvHcESHA="));
        Self { status: kind.status, name: format!("{camel}Problem"), schema, example }
    }
}

/// The schemas of problems, by their words.
fn problem_schemas(parts: &[Part], schemas: &mut Schemas) -> BTreeMap<&'static str, ProblemSchema> {
    let members: Vec<Member> = parts.iter().flat_map(|part| part.members.clone()).collect();
    let own = problem::examples();
    let examples = own.iter().chain(parts.iter().flat_map(|part| &part.problems));
    let mut all = BTreeMap::new();
    for example in examples {
        let word = example.kind().word;
        let before = all.insert(word, ProblemSchema::new(example, &members, schemas));
        assert!(before.is_none(), "two kinds of problems, or two examples of one, are called {word}");
    }
    all
}

/// An operation with its schemas made.
struct Described {
    operation: Operation,
    body: Option<(usize, Value)>,
    answers: Vec<(u16, &'static str, Value)>,
}

impl Described {
    fn new(operation: Operation, schemas: &mut Schemas) -> Self {
        let body = operation.body.map(|(limit_bytes, schema)| (limit_bytes, schema(schemas)));
        let answers =
            operation.answers.iter().map(|(status, text, schema)| (*status, *text, schema(schemas))).collect();
        Self { operation, body, answers }
    }

    fn value(&self, kinds: &BTreeMap<&str, ProblemSchema>, components: &Map<String, Value>) -> Value {
        let operation = &self.operation;
        let mut parameters = vec![json!({
            "name": "Accept-Language", "in": "header", "required": false,
            "description": "The language of what is said to people: `ja` or `en`.",
            "schema": {"type": "string"}, "example": "ja",
        })];
        parameters.extend(in_path(operation.path));
        parameters.extend(operation.query.iter().map(in_query));
        let mut problems: Vec<&Kind> = ALWAYS.to_vec();
        problems.extend(&operation.problems);
        if self.body.is_some() {
            problems.extend(OF_A_BODY);
        }
        if !operation.query.is_empty() {
            problems.extend(OF_A_QUERY);
        }
        if operation.has_file {
            problems.extend(OF_A_FILE);
        }
        if operation.path.contains('{') {
            problems.extend(OF_AN_ID);
        }
        problems.sort_unstable_by_key(|kind| kind.word);
        problems.dedup();
        let mut responses: BTreeMap<String, Value> = BTreeMap::new();
        for (status, says, schema) in &self.answers {
            let example = example(schema, components, true, operation.path);
            let content = json!({"application/json": {"schema": schema, "example": example}});
            let mut response = json!({"description": says, "content": content});
            if operation.has_file {
                response["content"][csv::CONTENT_TYPE] = file();
            }
            if operation.query.iter().any(|parameter| parameter.name == "cursor") && !operation.path.contains('{') {
                let says = "Where the next page is, `rel=\"next\"`, relative to this one; missing behind the last one.";
                response["headers"] = json!({"Link": {"description": says, "schema": {"type": "string"}}});
            }
            responses.insert(status.to_string(), response);
        }
        let mut by_status: BTreeMap<u16, Vec<&ProblemSchema>> = BTreeMap::new();
        for problem in problems {
            let word = problem.word;
            let kind = kinds.get(word).unwrap_or_else(|| panic!("no example of the problem `{word}`: add one"));
            by_status.entry(kind.status).or_default().push(kind);
        }
        for (status, kinds) in &by_status {
            responses.insert(status.to_string(), problem(kinds));
        }
        // What the gateway answers by itself.
        for (status, message, says) in GATEWAYS {
            let response =
                responses.entry(status.to_string()).or_insert_with(|| json!({"description": says, "content": {}}));
            let schema = json!({"$ref": "#/components/schemas/GatewayMessage"});
            response["content"]["application/json"] = json!({"schema": schema, "example": {"message": message}});
        }
        let mut told = json!({
            "operationId": operation.about.id,
            "tags": [operation.about.tag],
            "summary": operation.about.summary,
            "parameters": parameters,
        });
        if let Some((limit_bytes, schema)) = &self.body {
            let example = example(schema, components, false, operation.path);
            told["requestBody"] = json!({
                "required": true,
                "description": format!("At most {limit_bytes} bytes."),
                "content": {"application/json": {"schema": schema, "example": example}},
            });
        }
        told["responses"] = json!(responses);
        told
    }
}

/// The document of some functions together. `version` is the API's.
pub fn document(parts: Vec<Part>, version: &str) -> Value {
    let mut schemas = Schemas::new();
    let kinds = problem_schemas(&parts, &mut schemas);
    let operations: Vec<Described> = parts
        .into_iter()
        .flat_map(|part| part.operations)
        .map(|operation| Described::new(operation, &mut schemas))
        .collect();
    let mut components = schemas.take();
    for kind in kinds.values() {
        components.insert(kind.name.clone(), kind.schema.clone());
    }
    components.insert(
        "GatewayMessage".to_owned(),
        json!({
            "type": "object",
            "description": "What the gateway answers by itself, before or in place of the function.",
            "properties": {"message": {"type": "string", "examples": ["Unauthorized"]}},
            "required": ["message"],
        }),
    );
    let examples: Map<String, Value> =
        kinds.values().map(|kind| (kind.name.clone(), json!({"value": kind.example}))).collect();
    let mut paths = Map::new();
    for described in &operations {
        let operation = described.value(&kinds, &components);
        let path = paths.entry(described.operation.path).or_insert_with(|| json!({}));
        let before = path[described.operation.method].take();
        assert!(before.is_null(), "two functions have {} {}", described.operation.method, described.operation.path);
        path[described.operation.method] = operation;
    }
    for (word, kind) in &kinds {
        let is_used = paths.values().any(|path| path.to_string().contains(&format!("/{}\"", kind.name)));
        assert!(is_used, "no operation answers {word}");
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rokuban",
            "version": version,
            "description": "Finds a company's call recordings, lets the right people hear them, and leaves a trace of it. \
                            Whatever is not the answer asked for is an RFC 9457 problem, in English or Japanese by \
                            `Accept-Language`. What one may not view and what does not exist answer alike.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE, "description": "Under the stack's API; the output `ApiUrl` ends in it."}],
        "security": [{"accessToken": []}],
        "tags": [
            {"name": "me", "description": "Who asks, and what can be asked."},
            {"name": "recordings", "description": "Finding and hearing."},
            {"name": "cases", "description": "From a memo 受付メモ to the close of its case 案件."},
            {"name": "deletions", "description": "Deleting before the expiry, and the proofs 削除証明."},
            {"name": "audit", "description": "Who did what 操作の記録."},
            {"name": "reports", "description": "What the days say together."},
            {"name": "rulebook", "description": "The company's decisions 運用ルール."},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {"accessToken": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of the user pool, or of the company's own OpenID Connect issuer. Its bearer \
                                must be exactly one member of staff today.",
            }},
            "schemas": components,
            "examples": examples,
        },
    });
    tidy(&mut document);
    document
}

/// A list as a file.
fn file() -> Value {
    json!({
        "schema": {
            "type": "string",
            "description": "RFC 4180 with a byte order mark and headings, Japanese or English by `Accept-Language`. What a \
                            spreadsheet would take for a formula, or drop zeros of, begins with an apostrophe.",
        },
        "example": "\u{feff}id,started_at\r\n3tqk5nwo2xvq7yhl4zgm6cbeda,2026-11-03 14:05:02\r\n",
    })
}

fn problem(kinds: &[&ProblemSchema]) -> Value {
    let reference = |kind: &&ProblemSchema| json!({"$ref": format!("#/components/schemas/{}", kind.name)});
    let schema = match kinds {
        [kind] => reference(kind),
        _ => json!({"oneOf": kinds.iter().map(reference).collect::<Vec<_>>()}),
    };
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.example["title"].as_str().unwrap()).collect();
    let examples: Map<String, Value> = kinds
        .iter()
        .map(|kind| (kind.name.clone(), json!({"$ref": format!("#/components/examples/{}", kind.name)})))
        .collect();
    let status = kinds[0].status;
    // What the gateway answers by itself has neither.
    let is_ours_alone = !GATEWAYS.iter().any(|(of_gateway, ..)| *of_gateway == status);
    let mut headers =
        json!({"Content-Language": {"required": is_ours_alone, "schema": {"type": "string", "enum": ["en", "ja"]}}});
    if [429, 503].contains(&status) {
        headers["Retry-After"] = json!({
            "description": "In how many seconds the same may succeed.",
            "schema": {"type": "integer", "minimum": 1},
        });
    }
    json!({
        "description": titles.join("; "),
        "headers": headers,
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    })
}
