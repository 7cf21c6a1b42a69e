//! **The cloud in one process.** Production code builds its clients from an
//! [`SdkConfig`]; [`World::sdk_config`] gives it one whose HTTP client is the world: `DynamoDB` by
//! `dynoxide`, S3 by `s3s` over memory, SQS and Cognito by lists. No socket, no thread, no clock but the
//! world's. Nothing in production knows of it.
//!
//! ```
//! use serde_json::json;
//! use tests::world::{Fault, FaultKind, Moment, Service, Which, World};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
//! #     .block_on(async {
//! let world = World::builder(1).bucket("recordings").build();
//! world.set_now("2026-06-01T09:00:00+09:00".parse().unwrap());
//!
//! // As an uploader would, uncounted; then as a function would, counted.
//! let version = world.put_object("recordings", "a b.wav", &b"RIFF"[..], &[]);
//! let s3 = aws_sdk_s3::Client::new(&world.sdk_config());
//! let object = s3.get_object().bucket("recordings").key("a b.wav").send().await.unwrap();
//! assert_eq!(object.version_id(), Some(version.as_str()));
//! assert_eq!(world.calls()[0].to_string(), "  1 s3 GetObject recordings");
//!
//! // What Lambda receives for the upload.
//! let event = world.s3_event(&[("recordings", "a b.wav", &version)]);
//! assert!(event["Records"][0]["body"].as_str().unwrap().contains("a+b.wav"));
//!
//! // The next deletion is carried out, but its reply is lost.
//! world.set_fault(Fault {
//!     which: Which::NthOf(Service::S3, "DeleteObject", 1),
//!     moment: Moment::Reply,
//!     kind: FaultKind::TimedOut,
//! });
//! let s3 = aws_sdk_s3::Client::new(&world.sdk_config_without_retries());
//! let delete = s3.delete_object().bucket("recordings").key("a b.wav").version_id(&version);
//! assert!(delete.send().await.is_err());
//! assert!(world.object_versions("recordings", "a b.wav").is_empty());
//! # });
//! ```
//!
//! Every call stops at two gates, before its effect and before its reply. There a call can fail
//! ([`Fault`], [`for_every_fault`]), a handler can die ([`run_until_killed`], [`for_every_kill`]),
//! and a scheduler can choose who goes next ([`World::interleave`], [`every_order`]). A
//! [`Sabotage`] makes the world behave as if the code had forgotten something, to show that a test
//! would notice.
//!
//! What it does not do: IAM, bucket policies, KMS, real latency, capacity limits. The signatures of
//! S3 requests are checked, those of the other services are not.
//!
//! The SDK keeps one account of retries a process and service, which worlds share: a test in which
//! most calls fail should take [`World::sdk_config_without_retries`].

mod call;
mod cognito;
mod dynamo;
mod events;
mod faults;
mod gate;
mod random;
mod s3;
mod sabotage;
mod sqs;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::TimeSource};
use aws_smithy_runtime_api::{
    client::{
        behavior_version::BehaviorVersion,
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
        stalled_stream_protection::StalledStreamProtectionConfig,
    },
    shared::IntoShared as _,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream, retry::RetryConfig};
use aws_types::{SdkConfig, region::Region};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use s3s::service::S3Service;
use serde_json::Value;

pub use self::{
    call::{Answer, Call, Service},
    cognito::PoolUser,
    dynamo::Lag,
    faults::{Chances, EVERY_FAULT, Fault, FaultKind, Which, for_every_fault, for_every_kill},
    gate::{Explored, Handler, Moment, Order, Step, Trace, count_gates, every_order, run_until_killed},
    s3::StoredVersion,
    sabotage::{Condition, Sabotage},
};
use self::{
    call::{Footprint, Reply},
    cognito::Pools,
    dynamo::Tables,
    faults::Faults,
    gate::Gates,
    random::Random,
    s3::Buckets,
    sabotage::Saboteurs,
    sqs::Queues,
};

/// The only region of the world.
pub const REGION: &str = "ap-northeast-1";
const DOMAIN: &str = "world.test";
const ENDPOINT: &str = "https://world.test";
const ACCESS_KEY: &str = "test";
const SECRET_KEY: &str = "test";

/// The cloud in one process. Clones are the same world.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<Clock>,
    tables: Tables,
    buckets: Arc<Buckets>,
    queues: Queues,
    pools: Pools,
    s3: S3Service,
    gates: Gates,
    faults: Faults,
    saboteurs: Arc<Saboteurs>,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    made: usize,
    kept: Vec<Call>,
}

/// The world's clock: it stands still until it is set.
struct Clock(Mutex<Timestamp>);

impl Clock {
    fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.0.lock().expect("nothing panics while holding it")
    }

    fn now(&self) -> Timestamp {
        *self.lock()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[derive(Debug)]
struct SharedClock(Arc<Clock>);

impl TimeSource for SharedClock {
    fn now(&self) -> SystemTime {
        system_time(self.0.now())
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::try_from(at).expect("a time this machine knows")
}

impl dynoxide::storage_backend::Clock for Clock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.now().as_duration().as_secs_f64()
    }
}

/// Says what stands in a world before anything happens.
pub struct Builder {
    seed: u64,
    now: Timestamp,
    buckets: Vec<String>,
    queues: Vec<String>,
    pools: Vec<String>,
    tables: Vec<(String, Value)>,
    lag: Option<Lag>,
    chances: Chances,
}

impl Builder {
    /// The world's first moment; by default 2026-07-01T00:00:00Z.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// A bucket, versioned, under Object Lock without a default period.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.buckets.push(name.to_owned());
        self
    }

    /// A queue.
    #[must_use]
    pub fn queue(mut self, name: &str) -> Self {
        self.queues.push(name.to_owned());
        self
    }

    /// A pool of users, empty.
    #[must_use]
    pub fn user_pool(mut self, id: &str) -> Self {
        self.pools.push(id.to_owned());
        self
    }

    /// A table; see [`World::create_table`].
    #[must_use]
    pub fn table(mut self, name: &str, description: &Value) -> Self {
        self.tables.push((name.to_owned(), description.clone()));
        self
    }

    /// Lets eventually consistent reads see the past; by default they see the present.
    #[must_use]
    pub fn lag(mut self, lag: Lag) -> Self {
        self.lag = Some(lag);
        self
    }

    /// What goes wrong by chance; by default nothing.
    #[must_use]
    pub fn chances(mut self, chances: Chances) -> Self {
        self.chances = chances;
        self
    }

    /// The world.
    pub fn build(self) -> World {
        let clock = Arc::new(Clock(Mutex::new(self.now)));
        let saboteurs = Arc::<Saboteurs>::default();
        let buckets = Buckets::new(self.seed, &clock, &saboteurs);
        let world = World {
            inner: Arc::new(Inner {
                tables: Tables::new(&clock, self.lag, Random::new(self.seed, "lag")),
                s3: s3::service(&buckets),
                buckets,
                queues: Queues::default(),
                pools: Pools::default(),
                gates: Gates::default(),
                faults: Faults::new(self.chances, Random::new(self.seed, "faults")),
                saboteurs,
                calls: Mutex::default(),
                clock,
            }),
        };
        for bucket in &self.buckets {
            world.create_bucket(bucket);
        }
        for queue in &self.queues {
            world.create_queue(queue);
        }
        for pool in &self.pools {
            world.inner.pools.create(pool);
        }
        for (name, description) in &self.tables {
            world.create_table(name, description);
        }
        world
    }
}

/// What an HTTP client outside the SDK gets.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl HttpReply {
    /// A header's text, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        s3::header_of(&self.headers, name)
    }
}

impl World {
    /// An empty world. The seed decides everything that is left to chance, and the version ids.
    pub fn new(seed: u64) -> Self {
        Self::builder(seed).build()
    }

    /// A world with something in it.
    pub fn builder(seed: u64) -> Builder {
        Builder {
            seed,
            now: Timestamp::constant(1_782_864_000, 0),
            buckets: Vec::new(),
            queues: Vec::new(),
            pools: Vec::new(),
            tables: Vec::new(),
            lag: None,
            chances: Chances::default(),
        }
    }

    /// What production builds its clients from. The SDK tries three times, without a delay, so that
    /// no dice are thrown.
    pub fn sdk_config(&self) -> SdkConfig {
        self.config(RetryConfig::standard().with_initial_backoff(Duration::ZERO))
    }

    /// The same, but every failure reaches the handler.
    pub fn sdk_config_without_retries(&self) -> SdkConfig {
        self.config(RetryConfig::disabled())
    }

    fn config(&self, retries: RetryConfig) -> SdkConfig {
        let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "world");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(ENDPOINT)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.clone())
            .time_source(SharedClock(Arc::clone(&self.inner.clock)))
            .sleep_impl(TokioSleep::new())
            .retry_config(retries)
            // It would count the runtime's time while a call stands at a gate.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// The world's time. It stands still; the runtime's paused time does not move it.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Sets the world's time, forward or back.
    pub fn set_now(&self, now: Timestamp) {
        *self.inner.clock.lock() = now;
    }

    /// Moves the world's time forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.inner.clock.lock();
        *now = now.checked_add(by).expect("a time that exists");
    }

    /// Makes a bucket, versioned, under Object Lock without a default period.
    pub fn create_bucket(&self, name: &str) {
        self.inner.buckets.create(name);
    }

    /// Makes a queue.
    pub fn create_queue(&self, name: &str) {
        self.inner.queues.create(name);
    }

    /// The URL production sends to.
    pub fn queue_url(&self, name: &str) -> String {
        format!("{ENDPOINT}/000000000000/{name}")
    }

    /// Makes a table of a `CreateTable` request or of the properties of an `AWS::DynamoDB::Table`,
    /// as JSON: keys, attributes, indexes and time to live are taken from it.
    pub fn create_table(&self, name: &str, description: &Value) {
        self.inner.tables.create(name, description);
    }

    /// Puts an object as an uploader would: not counted, no gates. Returns its version id.
    pub fn put_object(&self, bucket: &str, key: &str, body: impl Into<Bytes>, metadata: &[(&str, &str)]) -> String {
        self.inner.buckets.put(bucket, key, body.into(), metadata)
    }

    /// A key's versions and delete markers, oldest first; none where there is no such key.
    pub fn object_versions(&self, bucket: &str, key: &str) -> Vec<StoredVersion> {
        self.inner.buckets.versions(bucket, key)
    }

    /// One version. Ends the test where there is none.
    pub fn object(&self, bucket: &str, key: &str, version_id: &str) -> StoredVersion {
        self.object_versions(bucket, key)
            .into_iter()
            .find(|version| version.version_id == version_id)
            .expect("the version exists")
    }

    /// Takes a version away behind everybody's back, as nobody but AWS itself could; returns it. Ends the
    /// test where there is none.
    pub fn remove_version(&self, bucket: &str, key: &str, version_id: &str) -> StoredVersion {
        self.inner.buckets.remove(bucket, key, version_id)
    }

    /// Puts a version that was deleted or taken away back, its id and all.
    pub fn restore_version(&self, bucket: &str, key: &str, version: StoredVersion) {
        self.inner.buckets.restore(bucket, key, version);
    }

    /// Every key that has a version or a delete marker, sorted.
    pub fn object_keys(&self, bucket: &str) -> Vec<String> {
        self.inner.buckets.keys(bucket)
    }

    /// How many uploads in parts are neither completed nor aborted.
    pub fn unfinished_uploads(&self) -> usize {
        self.inner.buckets.unfinished_uploads()
    }

    /// Takes the messages waiting in a queue, oldest first.
    pub fn take_messages(&self, queue: &str) -> Vec<String> {
        self.inner.queues.take(queue)
    }

    /// Every user of a pool, sorted by name.
    pub fn pool_users(&self, pool: &str) -> Vec<PoolUser> {
        self.inner.pools.users(pool)
    }

    /// Makes a user as an administrator would in the console, or changes one: not counted, no gates.
    pub fn put_pool_user(&self, pool: &str, user: PoolUser) {
        self.inner.pools.put(pool, user);
    }

    /// Sets how many invitations can still be mailed.
    pub fn limit_mails(&self, mails: usize) {
        self.inner.pools.limit_mails(mails);
    }

    /// Every item of a table, sorted by its key, without `DynamoDB`'s type names.
    pub fn table_items(&self, table: &str) -> Vec<Value> {
        self.inner.tables.items(table).iter().map(dynamo::plain).collect()
    }

    /// Removes the items whose time to live is over by the world's clock, as `DynamoDB` does some
    /// day; returns how many.
    pub fn sweep_time_to_live(&self) -> usize {
        self.inner.tables.sweep_time_to_live()
    }

    /// Fetches a URL as a browser would, with nothing but the URL and perhaps a `Range` header. A
    /// presigned URL's signature and time are checked. Not counted.
    pub async fn http_get(&self, url: &str, range: Option<&str>) -> HttpReply {
        let mut request = http::Request::get(url);
        if let Some(range) = range {
            request = request.header(http::header::RANGE, range);
        }
        let request = request.body(Bytes::new()).expect("a URL");
        let response = s3::serve(&self.inner.s3, self.now(), request).await;
        let response = s3::collect(response).await;
        HttpReply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.into_body(),
        }
    }

    /// The calls made since they were last taken, in the order they began.
    pub fn calls(&self) -> Vec<Call> {
        self.call_list().kept.clone()
    }

    /// Takes the calls; counting goes on.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.call_list().kept)
    }

    fn call_list(&self) -> MutexGuard<'_, Calls> {
        self.inner.calls.lock().expect("nothing panics while holding it")
    }

    /// Lets a call fail; counted from now.
    pub fn set_fault(&self, fault: Fault) {
        self.inner.faults.set(fault);
    }

    /// From now on nothing fails, not even by chance.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// How many calls have failed, or gone less far than they might, by a fault.
    pub fn faults_fired(&self) -> usize {
        self.inner.faults.fired()
    }

    /// Sets a saboteur to work.
    pub fn sabotage(&self, sabotage: Sabotage) {
        self.inner.saboteurs.add(sabotage);
    }

    /// How often a saboteur found something to spoil. A test of a saboteur that never struck shows
    /// nothing.
    pub fn sabotage_strikes(&self) -> usize {
        self.inner.saboteurs.strikes()
    }

    /// Every condition asked of `DynamoDB` so far, without doubles, so that a test can strip each.
    pub fn conditions_seen(&self) -> Vec<Condition> {
        self.inner.saboteurs.conditions()
    }

    async fn serve(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let asked = Asked::read(request).await?;
        let (call, footprint) = asked.describe(&self.inner.tables);
        let kind = call.kind();
        let position = self.begin(&call);
        let fate = self.inner.faults.fate_of(&call);

        let gates = &self.inner.gates;
        gates.pass(Moment::Effect, &kind, &footprint).await;
        let body = match &asked {
            Asked::Json { body, .. } => body,
            Asked::S3 { .. } => &Value::Null,
        };
        let refused = fate.before_effect.and_then(|fault| faults::refuse(fault, &call, body));
        let outcome = match refused {
            Some(Ok(reply)) => Ok((Outgoing::from(reply), 0.0, 0.0)),
            Some(Err(lost)) => Err(lost),
            None => Ok(self.apply(asked, fate.before_effect).await),
        };
        gates.pass(Moment::Reply, &kind, &footprint).await;

        let (mut outgoing, read_units, write_units) = outcome?;
        self.amend(position, |call| {
            call.read_units = read_units;
            call.write_units = write_units;
        });
        match fate.before_reply {
            Some(FaultKind::TimedOut) => return Err(faults::timed_out()),
            Some(FaultKind::CutShort) => outgoing.cut_short().await,
            _ => {}
        }
        self.amend(position, |call| {
            call.answer = match outgoing.error.take() {
                Some(code) => Answer::Error(code),
                None => Answer::Done,
            };
        });
        outgoing.into_response()
    }

    /// Notes a call; returns its sequence.
    fn begin(&self, call: &Call) -> usize {
        let mut calls = self.call_list();
        calls.made += 1;
        let sequence = calls.made;
        calls.kept.push(Call { sequence, ..call.clone() });
        sequence
    }

    /// Adds to a noted call what has become known, unless it was taken meanwhile.
    fn amend(&self, sequence: usize, change: impl FnOnce(&mut Call)) {
        let mut calls = self.call_list();
        let found = calls.kept.iter_mut().find(|call| call.sequence == sequence);
        if let Some(call) = found {
            change(call);
        }
    }

    async fn apply(&self, asked: Asked, fault: Option<FaultKind>) -> (Outgoing, f64, f64) {
        match asked {
            Asked::Json { service: Service::Sqs, operation, body } => {
                let reply = self.inner.queues.apply(&operation, &body, fault);
                (reply.into(), 0.0, 0.0)
            }
            Asked::Json { service: Service::Cognito, operation, body } => {
                (self.inner.pools.apply(&operation, &body, fault).into(), 0.0, 0.0)
            }
            Asked::Json { operation, mut body, .. } => {
                if let Some(reply) = self.inner.saboteurs.spoil(&operation, &mut body) {
                    return (reply.into(), 0.0, 0.0);
                }
                let applied = self.inner.tables.apply(&operation, body, fault);
                (applied.reply.into(), applied.read_units, applied.write_units)
            }
            Asked::S3 { mut request } => {
                match fault {
                    Some(FaultKind::Unprocessed) => {
                        request.extensions_mut().insert(s3::HalfFails);
                    }
                    Some(FaultKind::ShortPage) => {
                        request.extensions_mut().insert(s3::ShortPage);
                    }
                    _ => {}
                }
                let response = s3::serve(&self.inner.s3, self.now(), request).await;
                (Outgoing::from_s3(response).await, 0.0, 0.0)
            }
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl HttpClient for World {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

impl HttpConnector for World {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.clone();
        HttpConnectorFuture::new(async move { world.serve(request).await })
    }
}

/// A request, read to its end.
enum Asked {
    Json { service: Service, operation: String, body: Value },
    S3 { request: http::Request<Bytes> },
}

impl Asked {
    async fn read(mut request: HttpRequest) -> Result<Self, ConnectorError> {
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
        let body =
            ByteStream::new(request.take_body()).collect().await.map_err(|error| wrong(error.into()))?.into_bytes();
        let request = request.try_into_http1x().map_err(|error| wrong(error.into()))?.map(|_| body);
        let target = request
            .headers()
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok())
            .and_then(|target| target.split_once('.'));
        let Some((prefix, operation)) = target else {
            return Ok(Self::S3 { request });
        };
        let service = match prefix {
            "AmazonSQS" => Service::Sqs,
            "AWSCognitoIdentityProviderService" => Service::Cognito,
            _ => Service::DynamoDb,
        };
        Ok(Self::Json {
            service,
            operation: operation.to_owned(),
            body: serde_json::from_slice(request.body()).map_err(|error| wrong(error.into()))?,
        })
    }

    fn describe(&self, tables: &Tables) -> (Call, Footprint) {
        let (service, operation, resource, index, footprint) = match self {
            Self::Json { service: Service::Sqs, operation, body } => {
                let queue = Queues::name_of(body);
                let places = vec![format!("sqs/{queue}")];
                let footprint = Footprint::Places { writes: true, places };
                (Service::Sqs, operation.clone(), queue, None, footprint)
            }
            Self::Json { service: Service::Cognito, operation, body } => {
                let pool = Pools::id_of(body);
                let footprint =
                    Footprint::Places { writes: operation != "ListUsers", places: vec![format!("cognito/{pool}")] };
                (Service::Cognito, operation.clone(), pool, None, footprint)
            }
            Self::Json { service, operation, body } => (
                *service,
                operation.clone(),
                Tables::tables_of(operation, body).join("+"),
                body["IndexName"].as_str().map(str::to_owned),
                tables.footprint(operation, body),
            ),
            Self::S3 { request } => {
                let (operation, bucket, key) = s3::classify(request);
                let place = if key.is_empty() { format!("s3/{bucket}") } else { format!("s3/{bucket}/{key}") };
                let footprint = Footprint::Places {
                    writes: !matches!(
                        operation,
                        "GetObject" | "HeadObject" | "GetObjectLegalHold" | "ListObjectVersions"
                    ),
                    places: vec![place],
                };
                (Service::S3, operation.to_owned(), bucket, None, footprint)
            }
        };
        let call = Call {
            sequence: 0,
            service,
            operation,
            resource,
            index,
            read_units: 0.0,
            write_units: 0.0,
            answer: Answer::Nothing,
        };
        (call, footprint)
    }
}

/// A reply as the SDK takes it: S3's bodies stay streams.
struct Outgoing {
    status: StatusCode,
    headers: HeaderMap,
    body: SdkBody,
    error: Option<String>,
}

impl From<Reply> for Outgoing {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, headers: reply.headers, body: SdkBody::from(reply.body), error: reply.error }
    }
}

impl Outgoing {
    async fn from_s3(response: http::Response<s3s::Body>) -> Self {
        if response.status().is_success() {
            let (parts, body) = response.into_parts();
            return Self {
                status: parts.status,
                headers: parts.headers,
                body: SdkBody::from_body_1_x(body),
                error: None,
            };
        }
        let (parts, body) = s3::collect(response).await.into_parts();
        let text = String::from_utf8_lossy(&body);
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map_or_else(|| parts.status.to_string(), |(code, _)| code.to_owned());
        Self { status: parts.status, headers: parts.headers, body: SdkBody::from(body), error: Some(code) }
    }

    /// Lets the first half of the body through, then breaks the connection.
    async fn cut_short(&mut self) {
        let body = std::mem::replace(&mut self.body, SdkBody::taken());
        if let Ok(whole) = ByteStream::new(body).collect().await {
            let whole = whole.into_bytes();
            self.body = SdkBody::from_body_1_x(s3::Broken::after(whole.slice(..whole.len() / 2)));
        }
    }

    fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        HttpResponse::try_from(response).map_err(|error| ConnectorError::user(error.into()))
    }
}
