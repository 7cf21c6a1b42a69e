//! A company in the world, so that a scenario reads as what people and machines do.

mod approval;
mod clip;
mod copies;
mod decided;
pub mod mail;
mod watched;

use std::path::PathBuf;

use crate::world::{Builder, World};
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use policy::id::RecordingId;
use policy::recording::{Recording, Tombstone};
use policy::rulebook;
use serde_json::{Value, json};
use store::{Batch, BatchResponse, Connection, Job, Rulebooks, RulebooksConfig, Stored, Table};

/// The recordings bucket.
pub const BUCKET: &str = "recordings";
/// The rulebook bucket.
pub const RULEBOOK_BUCKET: &str = "rulebooks";
/// The bucket of the journal.
pub const AUDIT_BUCKET: &str = "audit";
/// The bucket of what is cut out of recordings.
pub const DERIVED_BUCKET: &str = "derived";
/// The bucket of what people decided.
pub const DECIDED_BUCKET: &str = "decided";
/// The bucket of the copies, in a world that has them.
pub const COPY_BUCKET: &str = "copies";
/// The clip queue.
pub const CLIP_QUEUE: &str = "clip";
/// The table.
pub const TABLE: &str = "rokuban";
/// The index queue.
pub const QUEUE: &str = "index";
/// The ingest queue, of which only what `jobs` puts in comes out here.
pub const INGEST_QUEUE: &str = "ingest";
/// The jobs queue.
pub const JOBS_QUEUE: &str = "jobs";
/// The pool of those who may sign in.
pub const USER_POOL: &str = "ap-northeast-1_company";
/// The key of KMS.
pub const DATA_KEY: &str = "data-key";
/// Who is admin under the compiled-in default.
pub const ADMIN_LOGIN: &str = "yamada";

/// The morning after the last of the sample calls.
pub fn morning() -> Timestamp {
    "2026-11-13T09:00:00+09:00".parse().unwrap()
}

/// The repository's sample recordings.
pub fn samples() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples"))
}

/// One sample's bytes.
pub fn sample(key: &str) -> Vec<u8> {
    std::fs::read(samples().join(key)).unwrap_or_else(|error| panic!("sample {key}: {error}"))
}

/// The call logs that go with the samples.
pub const CALL_LOGS: [&str; 3] = [
    "calllog/amazon-connect/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01.json",
    "calllog/asterisk/Master-20261105.csv",
    "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json",
];

/// The lines of `expected.json`.
pub fn expected() -> Vec<Value> {
    serde_json::from_slice(&sample("expected.json")).unwrap()
}

/// The sample rulebook's policy and staff list.
pub fn sample_rulebook() -> (String, String) {
    (
        String::from_utf8(sample("rulebook/policy.toml")).unwrap(),
        String::from_utf8(sample("rulebook/staff.csv")).unwrap(),
    )
}

/// The table as the template has it.
pub fn table_description() -> Value {
    let index = |name: &str, hash: &str, projection: Value| {
        json!({
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": hash, "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": projection,
        })
    };
    let view = || json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["view"]});
    let names = ["pk", "sk", "at", "number_key", "last4_key", "staff_key", "team_key", "time_key", "due_key"];
    let attributes: Vec<Value> =
        names.iter().map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect();
    json!({
        "AttributeDefinitions": attributes,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            index("by_number", "number_key", view()),
            index("by_last4", "last4_key", view()),
            index("by_staff", "staff_key", view()),
            index("by_team", "team_key", view()),
            index("by_time", "time_key", view()),
            index("by_due", "due_key", json!({"ProjectionType": "KEYS_ONLY"})),
        ],
        "TimeToLiveSpecification": {"AttributeName": "expires_epoch_seconds", "Enabled": true},
    })
}

/// A company.
pub struct Company {
    /// The cloud it is in.
    pub world: World,
    config: SdkConfig,
}

/// What ran out of the index queue or the event queue, and must come again.
pub fn failed(response: &BatchResponse) -> usize {
    response.batch_item_failures.len()
}

/// Handles one message as often as it comes again: three times.
async fn until_done(function: &str, handle: impl AsyncFn() -> BatchResponse) {
    for _ in 0..3 {
        if handle().await.batch_item_failures.is_empty() {
            return;
        }
    }
    panic!("{function} failed three times");
}

impl Company {
    /// A world for a company; more can be said before it is built.
    pub fn builder(seed: u64) -> Builder {
        World::builder(seed)
            .now(morning())
            .bucket(BUCKET)
            .bucket(RULEBOOK_BUCKET)
            .bucket(AUDIT_BUCKET)
            .bucket(DERIVED_BUCKET)
            .bucket(DECIDED_BUCKET)
            .queue(QUEUE)
            .queue(JOBS_QUEUE)
            .queue(CLIP_QUEUE)
            .queue(INGEST_QUEUE)
            .user_pool(USER_POOL)
            .table(TABLE, &table_description())
    }

    /// Under the sample rulebook.
    pub async fn with_sample_rulebook(seed: u64) -> Self {
        let company = Self::of(Self::builder(seed).build());
        let (policy, staff) = sample_rulebook();
        company.publish(&policy, &staff).await;
        company
    }

    /// The connection of every function.
    pub fn connection(&self) -> Connection {
        Connection::of(self.config.clone())
    }

    /// The table.
    pub fn table(&self) -> Table {
        Table::new(&self.connection(), TABLE)
    }

    /// The rulebooks' whereabouts.
    pub fn rulebooks_config() -> RulebooksConfig {
        RulebooksConfig {
            table: TABLE.to_owned(),
            bucket: RULEBOOK_BUCKET.to_owned(),
            admin_login: ADMIN_LOGIN.to_owned(),
            cache_seconds: 60,
        }
    }

    /// Publishes a rulebook that is in force at once.
    pub async fn publish(&self, policy: &str, staff: &str) {
        let now = self.world.now();
        let rulebooks = Rulebooks::new(&self.connection(), Self::rulebooks_config());
        let (pointer, generation) = rulebooks.read_pointer(now).await.unwrap();
        let previous = match pointer.in_force(now) {
            Some(entry) => Some(rulebooks.document(entry).await.unwrap()),
            None => None,
        };
        let checked = rulebook::check(policy, staff, now).unwrap();
        let publication = rulebook::publish(previous.as_ref(), &checked, "yamada", now).unwrap();
        let entry = rulebook::PointerEntry {
            version: publication.document.version,
            sha256: policy::id::sha256_hex(&publication.document.to_bytes().unwrap()),
            effective_at: now,
            awaits_other_than: None,
        };
        let pointer = pointer.with_pending(entry.clone(), now).unwrap();
        let written = rulebooks.store(&publication.document, &pointer, &entry, generation).await.unwrap();
        assert_eq!(written, store::WriteOutcome::Done);
    }

    /// A function's context, as its `main` builds it.
    pub fn ingest_context(&self) -> ingest::Context {
        let url = self.world.queue_url(QUEUE);
        let config = ingest::Config::read(|name| match name {
            "TABLE_NAME" => Some(TABLE.to_owned()),
            "RECORDINGS_BUCKET" => Some(BUCKET.to_owned()),
            "INDEX_QUEUE_URL" => Some(url.clone()),
            "MAX_OBJECT_BYTES" => Some("2000000".to_owned()),
            _ => None,
        });
        ingest::Context::new(config.unwrap(), self.connection())
    }

    /// A function's context, as its `main` builds it.
    pub fn index_context(&self) -> index::Context {
        let jobs_queue_url = self.world.queue_url(JOBS_QUEUE);
        index::Context::new(index::Config { rulebooks: Self::rulebooks_config(), jobs_queue_url }, self.connection())
    }

    /// A function's context, as its `main` builds it.
    pub fn jobs_context(&self) -> jobs::Context {
        jobs::Context::new(self.jobs_config(), self.connection())
    }

    /// What `jobs` is told by its environment.
    pub fn jobs_config(&self) -> jobs::Config {
        jobs::Config {
            rulebooks: Self::rulebooks_config(),
            recordings_bucket: BUCKET.to_owned(),
            decided_bucket: DECIDED_BUCKET.to_owned(),
            copies: self.copies_config(),
            ingest_queue_url: self.world.queue_url(INGEST_QUEUE),
            index_queue_url: self.world.queue_url(QUEUE),
            user_pool_id: Some(USER_POOL.to_owned()),
            jobs_queue_url: self.world.queue_url(JOBS_QUEUE),
            clip_queue_url: self.world.queue_url(CLIP_QUEUE),
            notifications: mail::notifications(),
        }
    }

    /// What Lambda gives `ingest` for object versions.
    pub fn event_of(&self, objects: &[(&str, &str)]) -> Batch {
        let objects: Vec<(&str, &str, &str)> = objects.iter().map(|(key, version)| (BUCKET, *key, *version)).collect();
        serde_json::from_value(self.world.s3_event(&objects)).unwrap()
    }

    /// What Lambda gives a function for messages.
    pub fn batch(&self, queue: &str, bodies: &[String]) -> Batch {
        serde_json::from_value(self.world.sqs_event(queue, bodies)).unwrap()
    }

    /// What Lambda gives `index` for messages.
    pub fn index_batch(&self, bodies: &[String]) -> Batch {
        self.batch(QUEUE, bodies)
    }

    /// Puts an object and tells nobody yet.
    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>, metadata: &[(&str, &str)]) -> String {
        self.world.put_object(BUCKET, key, bytes.into(), metadata)
    }

    /// Runs `ingest` for one object version.
    pub async fn ingest(&self, key: &str, version: &str) -> BatchResponse {
        ingest::handle(&self.ingest_context(), self.event_of(&[(key, version)])).await
    }

    /// Runs `ingest`, `index` and `jobs` for what waits in their queues, until nothing does; what fails comes again,
    /// three times.
    pub async fn index(&self) {
        for _ in 0..8 {
            let to_ingest = self.world.take_messages(INGEST_QUEUE);
            let to_index = self.world.take_messages(QUEUE);
            let to_jobs = self.world.take_messages(JOBS_QUEUE);
            if to_ingest.is_empty() && to_index.is_empty() && to_jobs.is_empty() {
                return;
            }
            let context = self.ingest_context();
            for body in to_ingest {
                let batch = || self.batch(INGEST_QUEUE, std::slice::from_ref(&body));
                until_done("ingest", async || ingest::handle(&context, batch()).await).await;
            }
            let context = self.index_context();
            for body in to_index {
                let batch = || self.batch(QUEUE, std::slice::from_ref(&body));
                until_done("index", async || index::handle(&context, batch()).await).await;
            }
            let context = self.jobs_context();
            for body in to_jobs {
                let batch = || self.batch(JOBS_QUEUE, std::slice::from_ref(&body));
                until_done("jobs", async || jobs::handle(&context, batch(), self.stop_at()).await).await;
            }
        }
        panic!("the queues never ran dry");
    }

    /// Runs `jobs` for one piece of work, and whatever follows from it.
    pub async fn run_job(&self, job: &Job) {
        self.run_job_until(job, self.stop_at()).await;
        Box::pin(self.index()).await;
    }

    /// Runs `jobs` for one piece of work, with that much time.
    pub async fn run_job_until(&self, job: &Job, stop_at: Timestamp) {
        let body = serde_json::to_string(job).unwrap();
        let batch = self.batch(JOBS_QUEUE, &[body]);
        assert_eq!(failed(&jobs::handle(&self.jobs_context(), batch, stop_at).await), 0);
    }

    /// Lets a schedule's time come, and whatever follows from it.
    pub async fn run_schedule(&self, name: &str) {
        let event = serde_json::from_value(json!({"scheduled": name})).unwrap();
        jobs::answer(&self.jobs_context(), event, self.stop_at()).await.unwrap();
        Box::pin(self.index()).await;
    }

    /// Takes what waits for `jobs`.
    pub fn take_jobs(&self) -> Vec<Job> {
        self.world.take_messages(JOBS_QUEUE).iter().map(|body| Job::from_message(body).unwrap().0).collect()
    }

    /// When a function that is asked now must stop.
    fn stop_at(&self) -> Timestamp {
        self.world.now() + SignedDuration::from_mins(4)
    }

    /// Puts an object and lets `ingest` and `index` run; its id.
    pub async fn upload(&self, key: &str, bytes: impl Into<Vec<u8>>, metadata: &[(&str, &str)]) -> RecordingId {
        let version = self.put(key, bytes, metadata);
        assert_eq!(failed(&Box::pin(self.ingest(key, &version)).await), 0);
        Box::pin(self.index()).await;
        RecordingId::of(BUCKET, key, &version)
    }

    /// Uploads a sample under its own key.
    pub async fn upload_sample(&self, key: &str) -> RecordingId {
        let version = self.put_sample(key);
        assert_eq!(failed(&Box::pin(self.ingest(key, &version)).await), 0);
        Box::pin(self.index()).await;
        RecordingId::of(BUCKET, key, &version)
    }

    /// Puts a sample under its own key, with its metadata, and tells nobody yet.
    pub fn put_sample(&self, key: &str) -> String {
        let line = expected().into_iter().find(|line| line["key"] == key);
        let metadata: Vec<(String, String)> = line
            .and_then(|line| line["object_metadata"].as_object().cloned())
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect();
        let metadata: Vec<(&str, &str)> =
            metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.put(key, sample(key), &metadata)
    }

    /// Runs `sweep` once, with all the time it wants.
    pub async fn sweep(&self) -> Result<sweep::Summary, sweep::SweepError> {
        let stop_at = self.world.now() + SignedDuration::from_mins(5);
        Box::pin(sweep::run(&self.sweep_context(), "run-1", stop_at)).await
    }

    /// The recording of an id.
    pub async fn recording(&self, id: &RecordingId) -> Recording {
        match self.table().recording(id).await.unwrap().expect("it stands in the table").stored {
            Stored::Recording(recording) => *recording,
            Stored::Tombstone(_) => panic!("{id} has ended"),
        }
    }

    /// The tombstone of an id, if it has ended.
    pub async fn tombstone(&self, id: &RecordingId) -> Option<Tombstone> {
        match self.table().recording(id).await.unwrap().expect("it stands in the table").stored {
            Stored::Recording(_) => None,
            Stored::Tombstone(tombstone) => Some(*tombstone),
        }
    }

    /// The table, but for the moments and run ids that differ from run to run.
    pub fn snapshot(&self) -> Vec<Value> {
        self.world.table_items(TABLE)
    }
}
