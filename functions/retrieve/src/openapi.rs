//! The API's document, `OpenAPI` 3.1, made of the very types that the routes read and answer with. It is made
//! in a test alone: the function carries the text, not what makes it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use policy::fragment::ObjectKey;
use policy::source::{Definition, TRIAL_KEYS_LIMIT};
use schemars::JsonSchema;
use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::problem::{Language, Must, Problem, every_problem};
use crate::{
    body, csv, custody, facts, listen, me, notes, present, recording, reports, rulebook, search, sources, traces,
};

/// Where it is kept, and the command that renews it.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
const RENEW: &str = "RENEW_OPENAPI=1 cargo test -p retrieve --lib openapi";

/// What every operation can answer: who asks is read first, and the rulebook for that.
const ALWAYS: [&str; 4] = ["not-a-member", "rulebook-unreadable", "busy", "failed"];

/// What an operation with a body can answer beside.
const OF_A_BODY: [&str; 4] = ["not-json", "malformed", "wrong-fields", "too-long"];

/// What an operation with parameters in the query can answer beside.
const OF_A_QUERY: [&str; 2] = ["invalid", "unknown-parameter"];

/// What the gateway answers by itself: status, its `message`, and what that means where no problem has the status.
const GATEWAYS: [(u16, &str, &str); 5] = [
    (401, "Unauthorized", "No access token, or none that the issuer signed."),
    (404, "Not Found", ""),
    (429, "Too Many Requests", "More requests a second than the deployment lets through."),
    (500, "Internal Server Error", ""),
    (503, "Service Unavailable", ""),
];

/// The operations whose answer is a file too, where that is accepted.
const FILED: [&str; 4] = ["search", "completeness", "notice", "audit"];

/// What they can answer beside.
const OF_A_FILE: [&str; 2] = ["not-acceptable", "too-many"];

/// One method of one path.
struct Operation {
    method: &'static str,
    path: &'static str,
    /// Its `operationId`.
    id: &'static str,
    /// Its `tag`.
    about: &'static str,
    /// One sentence.
    does: &'static str,
    query: Vec<Parameter>,
    body: Option<Body>,
    /// By status.
    answers: Vec<(u16, &'static str, Value)>,
    /// Beside what it answers by its kind.
    problems: Vec<&'static str>,
}

/// A parameter of a query.
struct Parameter {
    name: &'static str,
    must: Must,
    says: &'static str,
    example: Value,
}

struct Body {
    schema: Value,
    limit_bytes: usize,
}

/// The two sides of the schemas: what is read may leave out what has a default, what is answered is whole.
struct Schemas {
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

    fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answered.subschema_for::<T>().into()
    }

    fn body<T: JsonSchema>(&mut self, limit_bytes: usize) -> Body {
        Body { schema: self.read.subschema_for::<T>().into(), limit_bytes }
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

/// The body of a trial, which [`policy::source::try_keys`] takes apart by itself.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema is what is asked for")]
struct Trial {
    /// The keys to try; behind `prefix`, where there is none.
    #[schemars(length(max = TRIAL_KEYS_LIMIT), inner(length(max = ObjectKey::LIMIT_BYTES)))]
    #[schemars(example = ["2026/11/call-5.wav"])]
    keys: Vec<String>,
    #[serde(flatten)]
    definition: Definition,
}

fn parameter(name: &'static str, must: Must, says: &'static str, example: impl Into<Value>) -> Parameter {
    Parameter { name, must, says, example: example.into() }
}

/// What a search is asked.
fn search_parameters() -> Vec<Parameter> {
    vec![
        parameter(
            "from",
            Must::Time,
            "Calls that began then or later; 30 days before `to` unless told.",
            "2026-11-03T00:00:00+09:00",
        ),
        parameter(
            "to",
            Must::Time,
            "Calls that began before then; now unless told. At most 400 days after `from`.",
            "2026-11-04T00:00:00+09:00",
        ),
        parameter("number", Must::Number, "The counterpart's number 相手番号, in any form.", "090-1234-5678"),
        parameter("last4", Must::FourDigits, "The last four digits of it.", "5678"),
        parameter("staff", Must::Text, "The member of staff, by id.", "sato"),
        parameter("team", Must::Text, "The team at the time of the call.", "sales"),
        parameter("extension", Must::Text, "Our extension.", "201"),
        parameter("line", Must::Text, "Our line 回線・窓口, by its name in the rulebook.", "代表"),
        parameter(
            "state",
            Must::State,
            "What is active unless told; what is in quarantine 要確認 is the admins'.",
            "active",
        ),
        parameter(
            "limit",
            Must::Limit,
            "The most items of a page; 50 unless told. Of CSV a page takes 1,000 rows, and has them unless told.",
            50,
        ),
        parameter(
            "cursor",
            Must::Cursor,
            "What the page before gave as `next_cursor`.",
            "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiJ9",
        ),
    ]
}

/// The days of a report.
fn day_parameters() -> Vec<Parameter> {
    vec![
        parameter("from", Must::Day, "The first day; 29 days before `to` unless told.", "2026-11-01"),
        parameter("to", Must::Day, "The last day, at most 92 days with the first; today unless told.", "2026-11-13"),
    ]
}

/// What the audit is asked.
fn audit_parameters() -> Vec<Parameter> {
    vec![
        parameter(
            "day",
            Must::Day,
            "The one day, in the company's zone; without `staff` today unless told.",
            "2026-11-03",
        ),
        parameter("staff", Must::Text, "Whose events, by id; everybody's unless told, and then of one day.", "kato"),
        parameter("from", Must::Day, "The first day; with `staff` 29 days before `to` unless told.", "2026-11-01"),
        parameter("to", Must::Day, "The last day, at most 92 days with the first; today unless told.", "2026-11-13"),
        parameter("action", Must::Text, "What was done or asked for.", "play"),
        parameter("outcome", Must::Outcome, "What came of it.", "refused"),
        parameter("recording", Must::Text, "The recording it was about.", "3tqk5nwo2xvq7yhl4zgm6cbeda"),
        parameter("limit", Must::Limit, "The most items of a page; 50 unless told.", 50),
        parameter(
            "cursor",
            Must::Cursor,
            "What the page before gave as `next_cursor`.",
            "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSJ9",
        ),
    ]
}

/// The days of a member.
fn reach_parameters() -> Vec<Parameter> {
    let mut parameters = vec![parameter("staff", Must::Text, "Who reached them, by id. It must be given.", "kato")];
    parameters.extend(day_parameters());
    parameters
}

fn month_parameters() -> Vec<Parameter> {
    vec![parameter("month", Must::Month, "The month, in the company's zone; this one unless told.", "2026-10")]
}

/// What is read as a parameter.
fn schema_of(must: Must) -> Value {
    match must {
        Must::Time => json!({"type": "string", "format": "date-time", "minLength": 20, "maxLength": 35}),
        Must::Day => json!({"type": "string", "format": "date", "minLength": 10, "maxLength": 10}),
        Must::Number => json!({"type": "string", "minLength": 1, "maxLength": search::NUMBER_LIMIT_CHARACTERS}),
        Must::FourDigits => json!({"type": "string", "pattern": "^[0-9]{4}$"}),
        Must::Text => json!({"type": "string", "minLength": 1, "maxLength": search::TEXT_LIMIT_CHARACTERS}),
        Must::State => json!({"type": "string", "enum": ["active", "quarantined"], "default": "active"}),
        Must::Month => json!({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}),
        Must::Outcome => json!({"type": "string", "enum": ["permitted", "refused"]}),
        Must::Limit => {
            json!({"type": "integer", "minimum": 1, "maximum": search::LIMIT, "default": search::DEFAULT_LIMIT})
        }
        Must::Cursor => json!({
            "type": "string", "minLength": 1, "maxLength": search::CURSOR_LIMIT_CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$",
        }),
        other => panic!("no parameter of a query must be {other:?}"),
    }
}

/// Every operation, in the order of the routes.
fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let of_one = || vec!["no-such-recording"];
    vec![
        Operation {
            method: "get",
            path: "/me",
            id: "me",
            about: "me",
            does: "Who I am here.",
            query: Vec::new(),
            body: None,
            answers: vec![(200, "Who asks.", schemas.answer::<me::Me>())],
            problems: Vec::new(),
        },
        Operation {
            method: "get",
            path: "/recordings",
            id: "search",
            about: "recordings",
            does: "Searches, newest first; all filters combine. Every search is an audit event.",
            query: search_parameters(),
            body: None,
            answers: vec![(200, "A page.", schemas.answer::<search::Found>())],
            problems: Vec::new(),
        },
        Operation {
            method: "get",
            path: "/recordings/{id}",
            id: "recording",
            about: "recordings",
            does: "One recording, whole.",
            query: Vec::new(),
            body: None,
            answers: vec![(200, "The recording.", schemas.answer::<present::Whole>())],
            problems: vec!["no-such-recording", "deleted", "not-allowed"],
        },
        Operation {
            method: "post",
            path: "/recordings/{id}/play",
            id: "play",
            about: "recordings",
            does: "A link to hear it, after its trace 取扱履歴.",
            query: Vec::new(),
            body: Some(schemas.body::<listen::Ask>(body::BODY_LIMIT_BYTES)),
            answers: vec![(200, "A link that lives two minutes.", schemas.answer::<listen::Link>())],
            problems: vec![
                "no-such-recording",
                "deleted",
                "not-allowed",
                "not-a-purpose",
                "no-audio",
                "invalid",
                "too-many",
            ],
        },
        Operation {
            method: "post",
            path: "/recordings/{id}/download",
            id: "download",
            about: "recordings",
            does: "A link to take it away as a file, after its trace 取扱履歴.",
            query: Vec::new(),
            body: Some(schemas.body::<listen::Ask>(body::BODY_LIMIT_BYTES)),
            answers: vec![(200, "A link that lives two minutes.", schemas.answer::<listen::Link>())],
            problems: vec![
                "no-such-recording",
                "deleted",
                "not-allowed",
                "not-a-purpose",
                "no-audio",
                "invalid",
                "too-many",
            ],
        },
        Operation {
            method: "get",
            path: "/recordings/{id}/custody",
            id: "custody",
            about: "recordings",
            does: "Everything that happened to it 取扱履歴, as a chain, oldest first.",
            query: vec![parameter("cursor", Must::Cursor, "What a page gave as `next_cursor`.", "2000")],
            body: None,
            answers: vec![(200, "A page of the chain.", schemas.answer::<custody::Custody>())],
            problems: vec!["no-such-recording", "not-allowed"],
        },
        Operation {
            method: "get",
            path: "/recordings/{id}/notes",
            id: "notes",
            about: "recordings",
            does: "What was written about its call 通話メモ, newest first.",
            query: vec![parameter("cursor", Must::Cursor, "What a page gave as `next_cursor`.", "17")],
            body: None,
            answers: vec![(200, "A page.", schemas.answer::<notes::Notes>())],
            problems: vec!["no-such-recording", "deleted", "not-allowed"],
        },
        Operation {
            method: "post",
            path: "/recordings/{id}/notes",
            id: "note",
            about: "recordings",
            does: "Writes a note 通話メモ about its call; it ends with the recording.",
            query: Vec::new(),
            body: Some(schemas.body::<notes::HandedIn>(body::BODY_LIMIT_BYTES)),
            answers: vec![(201, "It stands.", schemas.answer::<notes::Note>())],
            problems: vec!["no-such-recording", "deleted", "not-allowed", "invalid"],
        },
        Operation {
            method: "put",
            path: "/recordings/{id}/facts",
            id: "correct",
            about: "recordings",
            does: "An admin 管理者 says what it is.",
            query: Vec::new(),
            body: Some(schemas.body::<facts::HandedIn>(body::BODY_LIMIT_BYTES)),
            answers: vec![
                (200, "It stands.", schemas.answer::<facts::Corrected>()),
                (
                    202,
                    "It brings the expiry nearer: a second person must say the same.",
                    schemas.answer::<facts::Corrected>(),
                ),
            ],
            problems: [of_one(), vec!["not-allowed", "invalid", "still-not-understood"]].concat(),
        },
        Operation {
            method: "post",
            path: "/sources/try",
            id: "try_source",
            about: "rulebook",
            does: "What each key would give under a source 録音元 that is not published yet.",
            query: Vec::new(),
            body: Some(schemas.body::<Trial>(sources::BODY_LIMIT_BYTES)),
            answers: vec![(200, "By key.", schemas.answer::<sources::Trials>())],
            problems: vec!["not-allowed", "bad-source"],
        },
        Operation {
            method: "get",
            path: "/reports/completeness",
            id: "completeness",
            about: "reports",
            does: "Call logs beside recordings: what is missing, what is too much.",
            query: day_parameters(),
            body: None,
            answers: vec![(200, "By day, source and team.", schemas.answer::<reports::Completeness>())],
            problems: vec!["no-reports"],
        },
        Operation {
            method: "get",
            path: "/reports/notice",
            id: "notice",
            about: "reports",
            does: "Where callers were told 案内, and where not.",
            query: day_parameters(),
            body: None,
            answers: vec![(200, "By day, line and direction.", schemas.answer::<reports::Notice>())],
            problems: vec!["no-reports"],
        },
        Operation {
            method: "get",
            path: "/audit",
            id: "audit",
            about: "audit",
            does: "Who searched, heard, was refused and decided what 監査記録, newest first. Reading it is an event of its own.",
            query: audit_parameters(),
            body: None,
            answers: vec![(200, "A page.", schemas.answer::<traces::AuditPage>())],
            problems: vec!["no-audit"],
        },
        Operation {
            method: "get",
            path: "/audit/reach",
            id: "audit_reach",
            about: "audit",
            does: "Whose recordings one member viewed, heard and downloaded, how often, first and last.",
            query: reach_parameters(),
            body: None,
            answers: vec![(200, "By whose they were then.", schemas.answer::<traces::reach::Reach>())],
            problems: vec!["no-audit"],
        },
        Operation {
            method: "get",
            path: "/audit/monthly",
            id: "audit_monthly",
            about: "audit",
            does: "What every admin 管理者 did in a month, those who did nothing among them.",
            query: month_parameters(),
            body: None,
            answers: vec![(200, "By admin.", schemas.answer::<traces::monthly::Monthly>())],
            problems: vec!["no-audit"],
        },
        Operation {
            method: "get",
            path: "/rulebook",
            id: "read_rulebook",
            about: "rulebook",
            does: "The rulebook 運用ルール in force, as it was handed in, and what waits.",
            query: Vec::new(),
            body: None,
            answers: vec![(200, "The rulebook.", schemas.answer::<rulebook::InForce>())],
            problems: vec!["not-allowed"],
        },
        Operation {
            method: "put",
            path: "/rulebook",
            id: "publish",
            about: "rulebook",
            does: "Publishes a rulebook 運用ルール, after a check that tells every fault at once.",
            query: Vec::new(),
            body: Some(schemas.body::<rulebook::HandedIn>(rulebook::BODY_LIMIT_BYTES)),
            answers: vec![(200, "It waits, or is in force already.", schemas.answer::<rulebook::Published>())],
            problems: vec!["not-allowed", "invalid", "faulty-rulebook", "pending-stands", "published-meanwhile"],
        },
        Operation {
            method: "delete",
            path: "/rulebook/pending",
            id: "withdraw",
            about: "rulebook",
            does: "Withdraws what waits to come into force.",
            query: Vec::new(),
            body: None,
            answers: vec![(200, "It is withdrawn.", schemas.answer::<rulebook::Withdrawn>())],
            problems: vec!["not-allowed", "nothing-pending", "published-meanwhile"],
        },
        Operation {
            method: "get",
            path: "/openapi.json",
            id: "document",
            about: "me",
            does: "This document.",
            query: Vec::new(),
            body: None,
            answers: vec![(
                200,
                "OpenAPI 3.1.",
                json!({"type": "object", "additionalProperties": true, "examples": [{"openapi": "3.1.0"}]}),
            )],
            problems: Vec::new(),
        },
    ]
}

/// What a machine reads in a problem beside what all have, by its name.
fn member(name: &str, schemas: &mut Schemas) -> Value {
    match name {
        "deleted" => schemas.answer::<present::Tombstone>(),
        "reason" => schemas.answer::<policy::permission::NotAllowed>(),
        "quarantine_reason" => schemas.answer::<Option<policy::facts::QuarantineReason>>(),
        "quarantine_fix" => json!({"type": ["string", "null"], "description": "What a person can do about it."}),
        "flaws" => schemas.answer::<Vec<crate::problem::ToldFlaw>>(),
        "faults" => schemas.answer::<Vec<crate::problem::ToldFault>>(),
        "purposes" => json!({"type": "array", "items": {"type": "string"}, "description": "What `use` may be."}),
        "parameter" => json!({"type": "string", "description": "Which one."}),
        "line" | "column" => json!({"type": "integer", "minimum": 0, "description": "From 1; 0 before the first."}),
        "limit_bytes" => json!({"type": "integer", "minimum": 1}),
        "limit" => json!({"type": "integer", "minimum": 1, "description": "How often it may be done."}),
        "per" => json!({"const": "hour"}),
        "pending" => schemas.answer::<rulebook::Waiting>(),
        other => panic!("no schema says what `{other}` is in a problem: add it here"),
    }
}

/// A type of problem: the first sample of each.
struct Kind {
    status: u16,
    /// Its schema's name.
    name: String,
    schema: Value,
    example: Value,
}

fn kinds(schemas: &mut Schemas) -> BTreeMap<&'static str, Kind> {
    let mut kinds = BTreeMap::new();
    for sample in every_problem() {
        kinds.entry(sample.word()).or_insert_with(|| kind(&sample, schemas));
    }
    kinds
}

fn kind(sample: &Problem, schemas: &mut Schemas) -> Kind {
    let example = Value::Object(sample.body(Language::English));
    let mut properties = json!({
        "type": {"const": format!("urn:rokuban:problem:{}", sample.word())},
        "title": {"type": "string", "description": "In English or Japanese, by `Accept-Language`."},
        "status": {"const": sample.status().as_u16()},
        "detail": {"type": "string", "description": "What is wrong, and how to fix it."},
    });
    let members = sample.members(Language::English);
    for name in members.keys() {
        properties[name] = member(name, schemas);
    }
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    let title = sample.title(Language::English);
    let japanese = sample.title(Language::Japanese);
    let schema = json!({
        "type": "object",
        "description": format!("{title} ({japanese})."),
        "properties": properties,
        "required": required,
    });
    let words = sample.word().split('-');
    let camel: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    Kind { status: sample.status().as_u16(), name: format!("{camel}Problem"), schema, example }
}

/// The document.
fn document() -> Value {
    let mut schemas = Schemas::new();
    let operations = operations(&mut schemas);
    let kinds = kinds(&mut schemas);
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
    for operation in &operations {
        let told = told(operation, &kinds, &components);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = told;
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rokuban 録番",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Finds a company's call recordings, lets the right people hear them, and leaves a trace of it. \
                            Whatever is not the answer asked for is an RFC 9457 problem, in English or Japanese by \
                            `Accept-Language`. What one may not view and what does not exist answer alike.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"accessToken": []}],
        "tags": [
            {"name": "me", "description": "Who asks, and what can be asked."},
            {"name": "recordings", "description": "Finding and hearing."},
            {"name": "audit", "description": "Who did what 監査記録."},
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

fn told(operation: &Operation, kinds: &BTreeMap<&str, Kind>, components: &Map<String, Value>) -> Value {
    let mut parameters = vec![json!({
        "name": "Accept-Language", "in": "header", "required": false,
        "description": "The language of what is said to people: `ja` or `en`.",
        "schema": {"type": "string"}, "example": "ja",
    })];
    if operation.path.contains("{id}") {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true, "description": "The recording's id.",
            "schema": {"type": "string", "pattern": "^[a-z2-7]{26}$"}, "example": "3tqk5nwo2xvq7yhl4zgm6cbeda",
        }));
    }
    for Parameter { name, must, says, example } in &operation.query {
        parameters.push(json!({
            "name": name, "in": "query", "required": false, "description": says, "schema": schema_of(*must), "example": example,
        }));
    }
    let mut problems: Vec<&str> = ALWAYS.to_vec();
    problems.extend(&operation.problems);
    if operation.body.is_some() {
        problems.extend(OF_A_BODY);
    }
    if !operation.query.is_empty() {
        problems.extend(OF_A_QUERY);
    }
    let is_filed = FILED.contains(&operation.id);
    if is_filed {
        problems.extend(OF_A_FILE);
    }
    problems.sort_unstable();
    problems.dedup();
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for (status, says, schema) in &operation.answers {
        let example = example(schema, components, true, operation.path);
        let content = json!({"application/json": {"schema": schema, "example": example}});
        let mut response = json!({"description": says, "content": content});
        if is_filed {
            response["content"][csv::CONTENT_TYPE] = file();
            response["headers"] = json!({"Link": {
                "description": "Of CSV: where the next page is, `rel=\"next\"`, relative to this one; missing behind the last one.",
                "schema": {"type": "string"},
            }});
        }
        responses.insert(status.to_string(), response);
    }
    let mut by_status: BTreeMap<u16, Vec<&Kind>> = BTreeMap::new();
    for word in problems {
        let kind =
            kinds.get(word).unwrap_or_else(|| panic!("no sample of the problem `{word}`: add one to every_problem"));
        by_status.entry(kind.status).or_default().push(kind);
    }
    for (status, kinds) in &by_status {
        responses.insert(status.to_string(), problem(kinds));
    }
    // What the gateway answers by itself.
    for (status, message, says) in GATEWAYS {
        // What the gateway can't take for an id is none of its routes.
        if status == 404 && !operation.path.contains("{id}") {
            continue;
        }
        let response =
            responses.entry(status.to_string()).or_insert_with(|| json!({"description": says, "content": {}}));
        let schema = json!({"$ref": "#/components/schemas/GatewayMessage"});
        response["content"]["application/json"] = json!({"schema": schema, "example": {"message": message}});
    }
    let mut told = json!({
        "operationId": operation.id,
        "tags": [operation.about],
        "summary": operation.does,
        "parameters": parameters,
    });
    if let Some(Body { schema, limit_bytes }) = &operation.body {
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

/// A list as a file.
fn file() -> Value {
    json!({
        "schema": {
            "type": "string",
            "description": "RFC 4180 with a byte order mark and headings, Japanese or English by `Accept-Language`. Of phone \
                            numbers the last four digits; what would be a formula begins with an apostrophe.",
        },
        "example": "\u{feff}id,started_at\r\n3tqk5nwo2xvq7yhl4zgm6cbeda,2026-11-03 14:05:02\r\n",
    })
}

fn problem(kinds: &[&Kind]) -> Value {
    let reference = |kind: &&Kind| json!({"$ref": format!("#/components/schemas/{}", kind.name)});
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

/// An example made of the examples of what it is made of. Of an answer it has every field, of a body those
/// that must be there.
fn example(schema: &Value, components: &Map<String, Value>, is_whole: bool, place: &str) -> Value {
    let of = |schema: &Value, place: &str| example(schema, components, is_whole, place);
    if let Some(first) = schema.pointer("/examples/0") {
        return first.clone();
    }
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return of(&components[name], name);
    }
    if let Some(value) = schema.get("const").or(schema.pointer("/enum/0")) {
        return value.clone();
    }
    if let Some(first) = schema.pointer("/oneOf/0").or(schema.pointer("/anyOf/0")) {
        return of(first, place);
    }
    let kind = schema["type"].as_str().or(schema.pointer("/type/0").and_then(Value::as_str));
    match kind {
        Some("object") => {
            let is_required =
                |name: &String| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            let properties = schema["properties"].as_object().into_iter().flatten();
            let shown = properties.filter(|(name, _)| is_whole || is_required(name));
            shown
                .map(|(name, schema)| (name.clone(), of(schema, &format!("{place}.{name}"))))
                .collect::<Map<_, _>>()
                .into()
        }
        Some("array") => json!([of(&schema["items"], &format!("{place}[]"))]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        _ => panic!("{place} has no example: give it one"),
    }
}

/// STRICT for readers: an object has the fields that are named and no other. And what is said of a type in
/// Rust's documentation is plain text here.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
            }
            members.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

#[test]
fn the_document_that_is_served_is_what_the_code_says() {
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("RENEW_OPENAPI").is_some() {
        std::fs::write(KEPT, &made).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap();
    let line = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made).map(|line| line + 1);
    assert!(kept == made, "{KEPT} is behind the code (from line {line:?}): renew it with `{RENEW}`");
}

#[test]
fn every_route_is_in_the_document_and_nothing_else_is() {
    let mut routed: Vec<String> = crate::routes().into_iter().map(|(path, _)| path.to_owned()).collect();
    let document = document();
    let mut told: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    routed.sort();
    told.sort();
    assert_eq!(routed, told);
}

#[test]
fn the_parameters_told_are_the_ones_that_are_known() {
    let names = |parameters: Vec<Parameter>| parameters.into_iter().map(|parameter| parameter.name).collect::<Vec<_>>();
    assert_eq!(names(search_parameters()), search::KNOWN);
    assert_eq!(names(day_parameters()), reports::KNOWN);
    assert_eq!(names(audit_parameters()), traces::asked::KNOWN);
    assert_eq!(names(reach_parameters()), traces::asked::KNOWN_OF_A_MEMBER);
    assert_eq!(names(month_parameters()), traces::monthly::KNOWN);
    let lists_events = |operation: &Operation| ["notes", "custody"].contains(&operation.id);
    for operation in operations(&mut Schemas::new()).into_iter().filter(lists_events) {
        assert_eq!(names(operation.query), recording::KNOWN);
    }
}

#[test]
fn every_problem_can_be_answered_by_some_operation_or_by_no_route_at_all() {
    let document = document().to_string();
    for (word, kind) in kinds(&mut Schemas::new()) {
        let is_told = document.contains(&format!("#/components/schemas/{}", kind.name));
        assert_eq!(is_told, !["no-such-route", "wrong-method"].contains(&word), "{word}");
    }
}
