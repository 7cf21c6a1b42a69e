//! The API as its callers meet it: requests as the gateway hands them over, in process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lambda_http::http::HeaderMap;
use lambda_http::{IntoResponse as _, Service as _};
use policy::audio::{Audio, Codec, Container, Sound};
use policy::call::{Call, Leg};
use policy::custody::{Chained, EventKind, Happening, Head};
use policy::facts::Direction;
use policy::fragment::{ObjectKey, ObjectVersion};
use policy::hold::Holds;
use policy::id::{CallId, HoldId, RecordingId};
use policy::number::{Absent, Counterpart};
use policy::recording::{CallReference, Listed, Recording, State};
use policy::retention::{ClassRevision, Periods};
use rokuban_http::gateway::GatewayResponse;
use rokuban_http::route::BASE;
use serde_json::{Value, json};
use store::{CallWrite, DueKey, RecordingWrite, Stored, WriteOutcome};
use tests::world::World;

use crate::document;
use tests::company::{ADMIN_LOGIN, BUCKET, Company, DATA_KEY, RULEBOOK_BUCKET, TABLE};

/// The sample staff list's people. This one manages all, the next sales.
pub(crate) const ADMIN: &str = "yamada";
pub(crate) const SALES_MANAGER: &str = "kato";
/// Manages support and general.
pub(crate) const SUPPORT_MANAGER: &str = "mori";
/// In sales; the next sees traces, and hears nothing.
pub(crate) const STAFF: &str = "sato";
pub(crate) const AUDITOR: &str = "ono";

/// The first sample: an inbound call to sales.
pub(crate) const SAMPLE: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";

/// The second at which [`SAMPLE`] expires: the end of its 30th day in Tokyo.
pub(crate) fn sample_expiry() -> Timestamp {
    "2026-12-04T00:00:00+09:00".parse().unwrap()
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

/// The gateway's route for what no other one takes.
const DEFAULT_ROUTE: &str = "$default";

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The JSON of an answer that must be 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Without the id of its request, by which two answers always differ.
    pub(crate) fn without_request_id(mut self) -> Self {
        if let Ok(Value::Object(mut body)) = serde_json::from_slice(&self.bytes)
            && let Some(id) = body.remove("request_id")
        {
            let text = String::from_utf8(self.bytes).unwrap();
            self.bytes = text.replace(&format!(",\"request_id\":{id}"), "").into_bytes();
        }
        self
    }

    /// The last word of a problem's type.
    pub(crate) fn problem(&self) -> String {
        let json = self.json();
        assert_eq!(json["status"], self.status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        json["type"].as_str().unwrap().strip_prefix("urn:rokuban:problem:").unwrap().to_owned()
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    method: &'static str,
    base: &'static str,
    path: String,
    query: String,
    route_key: Option<&'static str>,
    claims: Value,
    headers: Value,
    body: Option<String>,
    request_id: Option<String>,
}

impl ApiRequest {
    fn new(method: &'static str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            base: BASE,
            path: path.to_owned(),
            query: query.to_owned(),
            route_key: None,
            claims: Value::Null,
            headers: json!({}),
            body: None,
            request_id: None,
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).body("application/json", &body.to_string())
    }

    pub(crate) fn put(path: &str, body: &Value) -> Self {
        Self::new("PUT", path).body("application/json", &body.to_string())
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// With another method.
    pub(crate) fn with_method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// Beside the API's paths, not under them.
    pub(crate) fn at_the_root(mut self) -> Self {
        self.base = "";
        self
    }

    /// As if the gateway had no route for it, with all that the caller says.
    pub(crate) fn by_the_default_route(mut self) -> Self {
        self.route_key = Some(DEFAULT_ROUTE);
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self.header("content-type", content_type)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers[name] = json!(value);
        self
    }

    /// With an access token of Cognito's.
    pub(crate) fn by(self, login: &str) -> Self {
        self.with_claims(json!({"token_use": "access", "username": login, "sub": "4a1f"}))
    }

    /// With a token that is ours and valid, but for what its claims say; `null` is a claim it lacks.
    pub(crate) fn with_claims(mut self, claims: Value) -> Self {
        let Some(claims) = claims.as_object() else {
            self.claims = claims;
            return self;
        };
        self.claims = json!({"iss": ISSUER, "client_id": AUDIENCE, "iat": "0", "exp": "32503680000"});
        for (name, value) in claims {
            self.claims[name] = value.clone();
        }
        self.claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self
    }

    /// Whether its path ends with a word.
    pub(crate) fn is_about(&self, word: &str) -> bool {
        self.path.rsplit('/').next() == Some(word)
    }

    /// The gateway's id of the request; a new one each time unless told.
    pub(crate) fn with_request_id(mut self, id: &str) -> Self {
        self.request_id = Some(id.to_owned());
        self
    }

    /// The gateway's route for it.
    fn route_key(&self) -> String {
        match (self.route_key, document::template_of(self.method, &self.path)) {
            (None, Some(template)) if self.base == BASE => format!("{} {BASE}{template}", self.method),
            (None, None) if document::is_file(&self.path) => document::route_of(&self.path),
            (given, _) => given.unwrap_or(DEFAULT_ROUTE).to_owned(),
        }
    }

    /// As an HTTP API hands it over, payload version 2.0.
    pub(crate) fn event(&self, request_id: &str) -> Value {
        let (path, route_key) = (format!("{}{}", self.base, self.path), self.route_key());
        let mut context = json!({
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "api.example",
            "http": {
                "method": self.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": "13/Nov/2026:00:00:00 +0000",
            "timeEpoch": 0,
        });
        // The default route asks for no token, so it hands no claims over; a test can say otherwise.
        if !self.claims.is_null() && (route_key != DEFAULT_ROUTE || self.route_key.is_some()) {
            context["authorizer"] = json!({"jwt": {"claims": self.claims, "scopes": null}});
        }
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": context,
            "isBase64Encoded": false,
        });
        if let Some(body) = &self.body {
            event["body"] = json!(body);
        }
        event
    }
}

/// Who issues the tokens that count, and for whom.
pub(crate) const ISSUER: &str = "https://issuer.test/pool";
pub(crate) const AUDIENCE: &str = "console";

/// What is asked for when the purpose does not matter.
pub(crate) fn evidence() -> Value {
    json!({"use": "evidence", "reason": "見積の金額の確認"})
}

/// A company and the API over it: the gateway, and the functions behind it.
pub(crate) struct Api {
    pub(crate) company: Company,
    retrieve: axum::Router,
    cases: axum::Router,
    govern: axum::Router,
}

/// The first part of the paths that the gateway sends to `cases`.
const OF_CASES: [&str; 3] = ["cases", "releases", "shares"];

/// The same of `govern`; it sends every other one to `retrieve`.
const OF_GOVERN: [&str; 5] = ["sources", "reports", "audit", "rulebook", "sweeps"];

pub(crate) fn variable(name: &str, changes: &[(&str, &str)]) -> Option<String> {
    let usual = [
        ("TABLE_NAME", TABLE),
        ("RECORDINGS_BUCKET", BUCKET),
        ("RULEBOOK_BUCKET", RULEBOOK_BUCKET),
        ("ADMIN_LOGIN", ADMIN_LOGIN),
        ("ISSUER", ISSUER),
        ("AUDIENCE", AUDIENCE),
        ("INDEX_QUEUE_URL", "https://world.test/000000000000/index"),
        ("JOBS_QUEUE_URL", "https://world.test/000000000000/jobs"),
        ("CLIP_QUEUE_URL", "https://world.test/000000000000/clip"),
        ("DERIVED_BUCKET", "derived"),
        ("DECIDED_BUCKET", "decided"),
        ("DATA_KEY", DATA_KEY),
    ];
    changes.iter().chain(&usual).find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
}

impl Api {
    pub(crate) fn of(company: Company) -> Self {
        Self::with(company, &[])
    }

    pub(crate) fn with(company: Company, changes: &[(&str, &str)]) -> Self {
        let config = retrieve::Config::read(|name| variable(name, changes)).unwrap();
        let retrieve = retrieve::Context::new(config, company.connection());
        let config = govern::Config::read(|name| variable(name, changes)).unwrap();
        let govern = govern::Context::new(config, company.connection());
        let config = cases::Config::read(|name| variable(name, changes)).unwrap();
        let cases = cases::Context::new(config, company.connection());
        Self {
            retrieve: retrieve::router(Arc::new(retrieve)),
            cases: cases::router(Arc::new(cases)),
            govern: govern::router(Arc::new(govern)),
            company,
        }
    }

    /// Over a world that stands, every failure of AWS reaching the API.
    pub(crate) fn over(world: &World) -> Self {
        Self::of(Company::of_without_retries(world.clone()))
    }

    /// Under the sample rulebook.
    pub(crate) async fn new(seed: u64) -> Self {
        Self::of(Company::with_sample_rulebook(seed).await)
    }

    /// Under the sample rulebook, with [`SAMPLE`].
    pub(crate) async fn with_sample(seed: u64) -> (Self, RecordingId) {
        let api = Self::new(seed).await;
        let id = api.company.upload_sample(SAMPLE).await;
        (api, id)
    }

    pub(crate) fn world(&self) -> &World {
        &self.company.world
    }

    pub(crate) async fn ask(&self, ask: &ApiRequest) -> Answer {
        static REQUESTS: AtomicU32 = AtomicU32::new(0);
        // As wide as the greatest, so that events sort by it.
        let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
        let request_id = ask.request_id.clone().unwrap_or_else(|| format!("request-{number:08}"));
        let event = ask.event(&request_id).to_string();
        let request = lambda_http::request::from_str(&event).unwrap();
        let response = self.function_of(ask).call(request).await.unwrap();
        // As the gateway gets it.
        let (parts, body) = GatewayResponse(response).into_response().await.into_parts();
        let (status, headers, bytes) = (parts.status.as_u16(), parts.headers, body.to_vec());
        if ask.route_key() == DEFAULT_ROUTE {
            document::check_unrouted(status, &bytes);
        } else if !document::is_file(&ask.path) {
            document::check(ask.method, &ask.path, &ask.query, ask.body.as_deref(), status, &headers, &bytes);
        }
        Answer { status, headers, bytes }
    }

    /// The function that the gateway sends a request to.
    fn function_of(&self, ask: &ApiRequest) -> axum::Router {
        let first = ask.path.trim_start_matches('/').split('/').next().unwrap();
        match first {
            _ if ask.route_key() == DEFAULT_ROUTE => self.retrieve.clone(),
            first if OF_CASES.contains(&first) => self.cases.clone(),
            first if OF_GOVERN.contains(&first) => self.govern.clone(),
            _ => self.retrieve.clone(),
        }
    }

    pub(crate) async fn play(&self, login: &str, id: &RecordingId) -> Answer {
        self.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()).by(login)).await
    }

    pub(crate) async fn download(&self, login: &str, id: &RecordingId) -> Answer {
        self.ask(&ApiRequest::post(&format!("/recordings/{id}/download"), &evidence()).by(login)).await
    }

    pub(crate) async fn get(&self, login: &str, path: &str) -> Answer {
        self.ask(&ApiRequest::get(path).by(login)).await
    }

    /// Has every function read the rulebook, so that the next request finds it warm, and forgets the calls made so far.
    pub(crate) async fn warm(&self) {
        self.get(ADMIN, "/me").await.ok();
        assert_eq!(self.get("nobody", "/cases").await.status, 403);
        // A stranger is refused after the rulebook was read, and leaves no event.
        assert_eq!(self.get("nobody", "/rulebook").await.status, 403);
        self.world().take_calls();
    }

    /// The kinds of the calls made since they were last taken.
    pub(crate) fn take_kinds(&self) -> Vec<String> {
        self.world().take_calls().iter().map(tests::world::Call::kind).collect()
    }

    /// The custody of a recording.
    pub(crate) async fn chain(&self, id: &RecordingId) -> Vec<Chained> {
        self.company.table().custody(id, 1, 1_000).await.unwrap()
    }

    /// The audit events, oldest first.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let mut events: Vec<Value> = self
            .world()
            .table_items(TABLE)
            .into_iter()
            .filter(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with("A#")))
            .map(|item| item["view"].clone())
            .collect();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        events.sort_by_key(|event| (text(&event["at"]), text(&event["operation"])));
        events
    }

    /// Writes a recording made by hand, alone in its call unless the call stands, with a first event.
    pub(crate) async fn put(&self, recording: &Recording) {
        let table = self.company.table();
        let leg = Leg::new(
            recording.view.id.clone(),
            recording.view.started_at,
            recording.object.taken_in_at,
            (recording.view.class.clone(), recording.day),
        );
        let standing = table.call(&recording.view.call).await.unwrap();
        let call = match &standing {
            Some(call) => call.join(&leg),
            None => Call::open(recording.view.call.clone(), &leg, recording.rulebook_version),
        };
        let happening = Happening {
            at: recording.object.taken_in_at,
            kind: EventKind::TakenIn,
            actor: "index".to_owned(),
            operation: "index-1".to_owned(),
            facts: std::collections::BTreeMap::new(),
            texts: std::collections::BTreeMap::new(),
        };
        let event = Head::none().append(&recording.view.id, happening).unwrap();
        let indexing = RecordingWrite {
            recording,
            before: None,
            joins: CallWrite {
                before: standing.as_ref().map(|call| call.generation),
                call: &call,
                due: DueKey::Under(recording.view.class.clone()),
                reopens: false,
            },
            leaves: None,
            event: Some(&event),
            is_first: false,
        };
        assert_eq!(table.write_recording(&indexing).await.unwrap(), WriteOutcome::Done);
    }

    /// Writes a recording and its call anew, as somebody else would between two steps of ours. Neither
    /// is given an event.
    pub(crate) async fn change(&self, id: &RecordingId, change: impl FnOnce(&mut Recording, &mut Call)) {
        let table = self.company.table();
        let stored = table.recording(id).await.unwrap().unwrap();
        let Stored::Recording(mut recording) = stored.stored else {
            panic!("{id} has ended");
        };
        let mut call = table.call(&recording.view.call).await.unwrap().unwrap();
        let before = call.generation;
        change(&mut recording, &mut call);
        call.generation += 1;
        let indexing = RecordingWrite {
            recording: &recording,
            before: Some(stored.generation),
            joins: CallWrite {
                before: Some(before),
                call: &call,
                due: DueKey::Under(recording.view.class.clone()),
                reopens: false,
            },
            leaves: None,
            event: None,
            is_first: false,
        };
        assert_eq!(table.write_recording(&indexing).await.unwrap(), WriteOutcome::Done);
    }
}

/// One hold that stands until it is lifted.
pub(crate) fn one_hold() -> Holds {
    [(HoldId::of(&CallId::of("freepbx", None, "1"), "legal", "1"), None)].into_iter().collect()
}

/// A recording made by hand: active, of sales, at a time, standard class.
pub(crate) fn made(number: usize, started_at: Timestamp) -> Recording {
    let object = ObjectVersion {
        bucket: BUCKET.to_owned(),
        key: ObjectKey::new(format!("other/{number}.wav")),
        version_id: format!("version-{number}"),
        sequencer: format!("{number:032}"),
        stored_at: started_at,
        taken_in_at: started_at + SignedDuration::from_secs(60),
        size_bytes: 1_000,
    };
    let day = started_at.to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap()).date();
    let class = ClassRevision::new("standard", 1).unwrap();
    let mut periods = Periods::default();
    periods.add(class.clone(), day);
    Recording {
        view: Listed {
            call: CallReference { id: CallId::of("freepbx", None, &number.to_string()), incarnation: 0 },
            id: object.id(),
            state: State::Active,
            call_id: number.to_string(),
            source: "freepbx".to_owned(),
            started_at,
            duration_milliseconds: 1_500,
            direction: Direction::Inbound,
            counterpart: Counterpart::Absent(Absent::Withheld),
            our_number: None,
            line: None,
            extension: None,
            queue: None,
            staff: None,
            team: Some("sales".to_owned()),
            notice: policy::facts::NoticeKind::Ivr,
            purpose: "evidence".to_owned(),
            class,
            periods,
            understood_at: None,
            holds: Holds::default(),
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
            notes: 0,
            sound: Some(Sound { container: Container::Wav, codec: Codec::Pcm }),
        },
        object,
        sha256: Some("0".repeat(64)),
        audio: Some(Audio {
            container: Container::Wav,
            codec: Codec::Pcm,
            channels: 1,
            sample_rate_hertz: 8_000,
            duration_milliseconds: Some(1_500),
        }),
        day,
        conflicts: Vec::new(),
        kind: None,
        aside: Vec::new(),
        group: None,
        rulebook_version: 1,
        corrected_at: None,
        teamed_by_version: None,
        redacted_from: None,
    }
}

/// Makes a recording one of another class.
pub(crate) fn in_class(recording: &mut Recording, class: &str) {
    recording.view.class = ClassRevision::new(class, 1).unwrap();
    recording.view.periods = Periods::default();
    recording.view.periods.add(recording.view.class.clone(), recording.day);
}
