//! What each operation asks of AWS: the calls it makes and the capacity they consume, counted in the world
//! and printed as JSON. `cargo xtask bench` makes the tables of docs/internals/performance.md of it. Nothing here
//! depends on the machine, so two runs print the same.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use lambda_http::Service as _;
use policy::id::RecordingId;
use serde_json::{Value, json};
use store::{Batch, Job};
use tests::company::{self, ADMIN_LOGIN, BUCKET, Company, DATA_KEY, JOBS_QUEUE, QUEUE, RULEBOOK_BUCKET, TABLE, sample};

/// 30 recordings a team: with the other team's they are more than a page of 50.
const CALLS_OF_A_TEAM: u32 = 30;

/// Any audio will do: its size makes no difference to what is counted here.
const AUDIO: &str = "other/upload/rec_0001.flac";

/// The audio that has a sidecar.
const WITH_SIDECAR: &str = "other/meeting-room/通話 2026-11-11 (1).m4a";

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let mut costs = Box::pin(Costs::open()).await;
    costs.taking_in().await;
    costs.working().await;
    costs.hearing().await;
    costs.sweeping().await;
    #[expect(clippy::print_stdout, reason = "what is asked for")]
    {
        println!("{}", serde_json::to_string_pretty(&costs.rows).unwrap());
    }
}

/// A company, its functions warm, and what was counted so far.
struct Costs {
    company: Company,
    ingest: ingest::Context,
    index: index::Context,
    jobs: jobs::Context,
    sweep: sweep::Context,
    retrieve: Router,
    govern: Router,
    rows: Vec<Value>,
}

impl Costs {
    /// A company under the sample rulebook with a month of calls.
    async fn open() -> Self {
        let company = Company::with_sample_rulebook(1).await;
        let variable = |name: &str| {
            Some(String::from(match name {
                "TABLE_NAME" => TABLE,
                "RULEBOOK_BUCKET" => RULEBOOK_BUCKET,
                "RECORDINGS_BUCKET" => BUCKET,
                "DECIDED_BUCKET" => company::DECIDED_BUCKET,
                "ADMIN_LOGIN" => ADMIN_LOGIN,
                "ISSUER" => "https://issuer.test/pool",
                "AUDIENCE" => "console",
                "DATA_KEY" => DATA_KEY,
                "INDEX_QUEUE_URL" => "https://world.test/000000000000/index",
                "JOBS_QUEUE_URL" => "https://world.test/000000000000/jobs",
                _ => return None,
            }))
        };
        let retrieve = retrieve::Context::new(retrieve::Config::read(variable).unwrap(), company.connection());
        let govern = govern::Context::new(govern::Config::read(variable).unwrap(), company.connection());
        let costs = Self {
            ingest: company.ingest_context(),
            index: company.index_context(),
            jobs: company.jobs_context(),
            sweep: company.sweep_context(),
            retrieve: retrieve::router(Arc::new(retrieve)),
            govern: govern::router(Arc::new(govern)),
            rows: Vec::new(),
            company,
        };
        for number in 0..CALLS_OF_A_TEAM {
            for extension in ["201", "204"] {
                costs.upload_call(number, extension).await;
            }
        }
        costs
    }

    /// A call of the month before, described by its object's metadata.
    async fn upload_call(&self, number: u32, extension: &str) -> RecordingId {
        let begin: Timestamp = "2026-10-16T10:00:00+09:00".parse().unwrap();
        let started_at = begin + SignedDuration::from_hours(22 * i64::from(number));
        let metadata = [
            ("call-id", format!("{extension}-{number}")),
            ("started-at", format!("{started_at}")),
            ("direction", "inbound".to_owned()),
            ("counterpart", format!("090-1234-{:04}", 5_600 + number)),
            ("extension", extension.to_owned()),
        ];
        let metadata: Vec<(&str, &str)> = metadata.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let key = format!("other/day/{extension}-{number}.flac");
        self.company.upload(&key, sample(AUDIO), &metadata).await
    }

    /// Notes what was called since the calls were last taken.
    fn note(&mut self, function: &str, operation: &str) {
        let mut kinds: Vec<(String, u32)> = Vec::new();
        let (mut read_units, mut write_units, mut refused_writes) = (0.0, 0.0, 0);
        for call in self.company.world.take_calls() {
            // DynamoDB charges for a write whose condition does not hold; its answer does not say how much.
            refused_writes += u32::from(matches!(call.answer, tests::world::Answer::Error(_)));
            read_units += call.read_units;
            write_units += call.write_units;
            let kind = match &call.index {
                Some(index) => format!("{} {} {index}", call.service, call.operation),
                None => format!("{} {}", call.service, call.operation),
            };
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, times)) => *times += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let calls: Vec<Value> = kinds.iter().map(|(kind, times)| json!({ "kind": kind, "times": times })).collect();
        self.rows.push(json!({
            "function": function,
            "operation": operation,
            "calls": calls,
            "read_units": read_units,
            "write_units": write_units,
            "refused_writes": refused_writes,
        }));
    }

    async fn taken_in(&mut self, key: &str, version: &str, operation: &str) {
        self.company.world.take_calls();
        let batch = self.company.event_of(&[(key, version)]);
        let response = ingest::handle(&self.ingest, batch).await;
        assert!(response.batch_item_failures.is_empty(), "{operation}");
        self.note("ingest", operation);
    }

    async fn indexed(&mut self, bodies: &[String], operation: &str) {
        assert!(!bodies.is_empty(), "{operation}");
        self.company.world.take_calls();
        let batch: Batch = self.company.index_batch(bodies);
        let response = index::handle(&self.index, batch).await;
        assert!(response.batch_item_failures.is_empty(), "{operation}");
        self.note("index", operation);
    }

    async fn taking_in(&mut self) {
        let line = company::expected().remove(0);
        let key = line["key"].as_str().unwrap();
        // The first message reads the rulebook; what it costs is shown once, with `retrieve`.
        let warming = self.company.put("other/day/first.flac", sample(AUDIO), &[]);
        let batch = self.company.event_of(&[("other/day/first.flac", &warming)]);
        ingest::handle(&self.ingest, batch).await;
        let first = self.company.world.take_messages(QUEUE);
        self.indexed(&first, "warming").await;
        self.rows.clear();

        let version = self.company.put(key, sample(key), &[]);
        self.taken_in(key, &version, "take in an audio object").await;
        let bodies = self.company.world.take_messages(QUEUE);
        self.taken_in(key, &version, "the same event again").await;
        self.company.world.take_messages(QUEUE);
        self.indexed(&bodies, "index it").await;
        self.indexed(&bodies, "the same message again").await;

        let audio = self.company.put(WITH_SIDECAR, sample(WITH_SIDECAR), &[]);
        let batch = self.company.event_of(&[(WITH_SIDECAR, &audio)]);
        ingest::handle(&self.ingest, batch).await;
        self.company.index().await;
        let sidecar_key = format!("{WITH_SIDECAR}.json");
        let sidecar = self.company.put(&sidecar_key, sample(&sidecar_key), &[]);
        self.taken_in(&sidecar_key, &sidecar, "take in a late sidecar").await;
        let bodies = self.company.world.take_messages(QUEUE);
        self.indexed(&bodies, "index it: its audio leaves quarantine").await;
    }

    async fn worked(&mut self, job: &Job, operation: &str) {
        self.company.world.take_calls();
        let batch = self.company.batch(JOBS_QUEUE, &[serde_json::to_string(job).unwrap()]);
        let stop_at = self.company.world.now() + SignedDuration::from_mins(4);
        let response = jobs::handle(&self.jobs, batch, stop_at).await;
        assert!(response.batch_item_failures.is_empty(), "{operation}");
        self.note("jobs", operation);
    }

    /// A call log, a day, the bucket.
    async fn working(&mut self) {
        let day = "2026-11-03".parse().unwrap();
        // The first job reads the rulebook.
        self.worked(&Job::RollUp { day: "2026-01-01".parse().unwrap() }, "warming").await;
        self.rows.pop();
        let log = company::CALL_LOGS[1];
        let version = self.company.put(log, sample(log), &[]);
        let batch = self.company.event_of(&[(log, &version)]);
        ingest::handle(&self.ingest, batch).await;
        let bodies = self.company.world.take_messages(QUEUE);
        self.indexed(&bodies, "index a call log").await;
        let job = self.company.take_jobs().remove(0);
        self.worked(&job, "read a call log: 10 rows of 3 days, one of whose calls has its recording here").await;
        let bodies = self.company.world.take_messages(QUEUE);
        self.indexed(&bodies, "index that recording again, with its row").await;
        self.worked(&Job::RollUp { day }, "roll up a day with 2 rows of a log").await;
        self.company.world.advance(Duration::from_hours(2));
        let versions = self.company.versions().len();
        let operation = format!("compare a bucket of {versions} versions with the table");
        self.worked(&Job::ReconcileBucket { pass: self.company.world.now(), hop: 0 }, &operation).await;
        self.company.index().await;
    }

    /// Asks the API; the calls of this request alone are noted.
    async fn asked(&mut self, login: &str, request: &Asked<'_>, status: u16, operation: &str) -> Value {
        self.company.world.take_calls();
        let answer = self.ask(login, request).await;
        assert_eq!(answer.0, status, "{operation}: {}", answer.1);
        let function = if request.path.starts_with("/reports/") { "govern" } else { "retrieve" };
        self.note(function, operation);
        answer.1
    }

    async fn ask(&mut self, login: &str, request: &Asked<'_>) -> (u16, Value) {
        let path = format!("/v1{}", request.path);
        let event = json!({
            "version": "2.0",
            "routeKey": format!("{} {path}", request.method),
            "rawPath": path,
            "rawQueryString": request.query,
            "headers": {"content-type": "application/json", "host": "api.test"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "api",
                "stage": "$default",
                "requestId": format!("request-{}", self.rows.len()),
                "routeKey": format!("{} {path}", request.method),
                "http": {"method": request.method, "path": path, "sourceIp": "192.0.2.1"},
                "authorizer": {"jwt": {
                    "claims": {
                        "iss": "https://issuer.test/pool",
                        "client_id": "console",
                        "exp": "32503680000",
                        "token_use": "access",
                        "username": login,
                    },
                    "scopes": null,
                }},
            },
            "body": request.body.as_ref().map(Value::to_string),
            "isBase64Encoded": false,
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let function =
            if request.uri().path().starts_with("/v1/reports/") { &mut self.govern } else { &mut self.retrieve };
        let response = function.call(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn hearing(&mut self) {
        let id = self.upload_call(CALLS_OF_A_TEAM, "201").await;
        // A minute later, the rulebook is read anew.
        self.company.world.advance(Duration::from_mins(2));
        self.asked("yamada", &Asked::get("/me"), 200, "the rulebook, once in 60 s").await;
        let me = Asked::get("/me");
        self.asked("yamada", &me, 200, "/me").await;

        let range = "from=2026-10-15T00:00:00%2B09:00&to=2026-11-14T00:00:00%2B09:00";
        let page = |filter: &str| format!("{range}{filter}");
        for (login, filter, full, operation) in [
            ("yamada", "", true, "search: an admin, 30 days, a page of 50"),
            ("kato", "", false, "search: a manager of one team, 30 days"),
            ("mori", "", false, "search: a manager of two teams, 30 days"),
            ("yamada", "&number=09012345607", false, "search: by number"),
            ("yamada", "&last4=5607", false, "search: by last four digits"),
            ("yamada", "&staff=sato", false, "search: by staff"),
        ] {
            let query = page(filter);
            let answer = self.asked(login, &Asked::search(&query), 200, operation).await;
            let found = answer["items"].as_array().unwrap().len();
            assert!(found > 0 && (!full || found == 50), "{operation}: {found}");
            let row = self.rows.last_mut().unwrap();
            row["operation"] = json!(format!("{operation} ({found} found)"));
        }

        let one = format!("/recordings/{id}");
        let days = Asked { query: "from=2026-11-01&to=2026-11-13", ..Asked::get("/reports/completeness") };
        self.asked("yamada", &days, 200, "report of completeness, 13 days").await;
        let made_up = "/recordings/aaaaaaaaaaaaaaaaaaaaaaaaaa";
        self.asked("yamada", &Asked::get(&one), 200, "one recording").await;
        for (suffix, operation) in [("/play", "play"), ("/download", "download")] {
            let path = format!("{one}{suffix}");
            let asked = Asked::post(&path, json!({"use": "evidence", "reason": "契約内容の確認"}));
            self.asked("yamada", &asked, 200, operation).await;
        }
        let custody = format!("{one}/custody");
        self.asked("yamada", &Asked::get(&custody), 200, "custody, 3 events").await;
        for (suffix, body, name) in [
            ("", None, "one recording"),
            ("/play", Some(json!({"use": "evidence", "reason": "確認"})), "play"),
            ("/custody", None, "custody"),
        ] {
            for (path, kind) in [(one.as_str(), "refused"), (made_up, "absent")] {
                let path = format!("{path}{suffix}");
                let asked = match &body {
                    Some(body) => Asked::post(&path, body.clone()),
                    None => Asked::get(&path),
                };
                let operation = format!("{name}, {kind}");
                // The manager of another team.
                self.asked("mori", &asked, 404, &operation).await;
            }
        }
    }

    async fn sweeping(&mut self) {
        // Everything that was taken in above is gone before the count begins, but for one call.
        self.company.world.set_now("2027-06-01T00:00:00+09:00".parse().unwrap());
        self.company.approve_every_deletion().await;
        while self.swept().await.claimed > 0 {}
        self.company.world.take_calls();
        assert_eq!(self.swept().await, sweep::Summary::default());
        self.note("sweep", "a run with nothing due");
        let now = self.company.world.now();
        let id = self.upload_recent(now).await;
        self.company.world.set_now(now + SignedDuration::from_hours(24 * 40));
        self.company.world.take_calls();
        let report = self.swept().await;
        assert_eq!((report.claimed, report.deleted), (1, 1));
        self.note("sweep", "a run with one call of one leg due");
        assert!(self.company.tombstone(&id).await.is_some());
        self.subtract_the_idle_run();
    }

    async fn upload_recent(&self, now: Timestamp) -> RecordingId {
        let started_at = (now - SignedDuration::from_hours(1)).to_string();
        let metadata = [
            ("call-id", "last"),
            ("started-at", started_at.as_str()),
            ("direction", "inbound"),
            ("counterpart", "090-1234-5678"),
            ("extension", "201"),
        ];
        let key = "other/day/last.flac";
        self.company.upload(key, sample(AUDIO), &metadata).await
    }

    async fn swept(&self) -> sweep::Summary {
        let stop_at = self.company.world.now() + SignedDuration::from_mins(5);
        sweep::run(&self.sweep, "run", stop_at).await.unwrap()
    }

    /// What one due call adds to a run.
    fn subtract_the_idle_run(&mut self) {
        let mut due = self.rows.pop().unwrap();
        let idle = self.rows.last().unwrap();
        let idle_times: BTreeMap<&str, i64> = idle["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| (call["kind"].as_str().unwrap(), call["times"].as_i64().unwrap()))
            .collect();
        let calls: Vec<Value> = due["calls"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|call| {
                let kind = call["kind"].as_str().unwrap();
                let more = call["times"].as_i64().unwrap() - idle_times.get(kind).unwrap_or(&0);
                (more > 0).then(|| json!({ "kind": kind, "times": more }))
            })
            .collect();
        let units = |name: &str| due[name].as_f64().unwrap() - idle[name].as_f64().unwrap();
        let (read_units, write_units) = (units("read_units"), units("write_units"));
        due["operation"] = json!("each due call of one leg, beyond that");
        due["calls"] = json!(calls);
        due["read_units"] = json!(read_units);
        due["write_units"] = json!(write_units);
        self.rows.push(due);
    }
}

/// A request to the API.
struct Asked<'a> {
    method: &'static str,
    path: &'a str,
    query: &'a str,
    body: Option<Value>,
}

impl<'a> Asked<'a> {
    fn get(path: &'a str) -> Self {
        Self { method: "GET", path, query: "", body: None }
    }

    fn search(query: &'a str) -> Self {
        Self { query, ..Self::get("/recordings") }
    }

    fn post(path: &'a str, body: Value) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(path) }
    }
}
