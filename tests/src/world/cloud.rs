//! The world itself: what stands in it, and what a test may do to it and ask of it.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::retry::RetryConfig;
use aws_types::{SdkConfig, region::Region};
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use s3s::service::S3Service;
use serde_json::Value;

use super::{
    call::Call,
    clock::{ACCESS_KEY, Clock, ENDPOINT, REGION, SECRET_KEY, SharedClock},
    cognito::{PoolUser, Pools},
    dynamo::{self, Tables},
    faults::{Fault, Faults},
    gate::Gates,
    post::{Post, SentMail},
    s3::{self, Buckets},
    sabotage::{Condition, Sabotage, Saboteurs},
    sqs::Queues,
    stored::StoredVersion,
};

/// The cloud in one process. Clones are the same world.
#[derive(Clone)]
pub struct World {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) clock: Arc<Clock>,
    pub(super) tables: Tables,
    pub(super) buckets: Arc<Buckets>,
    pub(super) queues: Queues,
    pub(super) pools: Pools,
    pub(super) post: Post,
    pub(super) s3: S3Service,
    pub(super) gates: Gates,
    pub(super) faults: Faults,
    pub(super) saboteurs: Arc<Saboteurs>,
    pub(super) calls: Mutex<Calls>,
    pub(super) watchers: Mutex<Watchers>,
    /// How many seconds AWS's clock is ahead of the world's; `None`: it does not say.
    pub(super) ahead_seconds: Mutex<Option<i64>>,
}

/// Who looks at a world, and what was found.
#[derive(Default)]
pub(super) struct Watchers {
    pub(super) at_end: Option<AtEnd>,
    pub(super) after_effects: Option<AfterEffects>,
    /// Whether somebody has begun to look at the end.
    pub(super) is_over: bool,
    pub(super) notes: BTreeSet<String>,
    pub(super) reports: Vec<String>,
}

pub(super) type AtEnd = Box<dyn FnOnce(&World) + Send>;

pub(super) type AfterEffects = Arc<dyn Fn(&World, &str) + Send + Sync>;

#[derive(Default)]
pub(super) struct Calls {
    pub(super) made: usize,
    pub(super) kept: Vec<Call>,
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

    /// Puts the clock that AWS's answers tell ahead of the world's; `None`: they tell none.
    pub fn set_aws_ahead(&self, seconds: Option<i64>) {
        *self.inner.ahead_seconds.lock().expect("nothing panics while holding it") = seconds;
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

    /// Where what is put into a bucket is copied to, if it is.
    pub fn copied_to(&self, bucket: &str) -> Option<String> {
        self.inner.buckets.with_replication(|replication, _| replication.destination_of(bucket))
    }

    /// From now on what is put stays on its way to its copy, until the test lets it arrive.
    pub fn slow_copies(&self) {
        self.inner.buckets.with_replication(|replication, _| replication.set_slow(true));
    }

    /// Lets everything that is on its way arrive; what is put from now on arrives at once.
    pub fn let_copies_arrive(&self) {
        self.inner.buckets.with_replication(|replication, buckets| {
            replication.set_slow(false);
            replication.arrive(buckets);
        });
    }

    /// Loses everything that is on its way, as S3 does where the original is gone.
    pub fn lose_copies(&self) {
        self.inner.buckets.with_replication(|replication, _| replication.lose());
    }

    /// From now on eventually consistent reads see the present.
    pub fn catch_up(&self) {
        self.inner.tables.catch_up();
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

    /// The mails that SES took, in their order.
    pub fn mails(&self) -> Vec<SentMail> {
        self.inner.post.lock().mails.clone()
    }

    /// The events that the event bus took, in their order, each with its detail read.
    pub fn events(&self) -> Vec<Value> {
        self.inner.post.lock().events.clone()
    }

    /// Lets SES reject every mail to an address, or take them again.
    pub fn reject_mails_to(&self, address: &str, is_rejected: bool) {
        let mut kept = self.inner.post.lock();
        if is_rejected {
            kept.rejected.insert(address.to_owned())
        } else {
            kept.rejected.remove(address)
        };
    }

    /// Lets the first events of every call fail, by their number.
    pub fn fail_events(&self, events: usize) {
        self.inner.post.lock().failing_events = events;
    }

    /// Every item of a table, sorted by its key, without `DynamoDB`'s type names.
    pub fn table_items(&self, table: &str) -> Vec<Value> {
        self.inner.tables.items(table).iter().map(dynamo::plain).collect()
    }

    /// What a table holds, to be put back later.
    pub fn table_image(&self, table: &str) -> Vec<Value> {
        self.inner.tables.items(table)
    }

    /// Puts items into a table, uncounted, as if they had been there before.
    pub fn put_items(&self, table: &str, items: impl IntoIterator<Item = Value>) {
        for item in items {
            let request = serde_json::json!({"TableName": table, "Item": item});
            let reply = self.inner.tables.apply("PutItem", request, None).reply;
            assert!(reply.error.is_none(), "{}", String::from_utf8_lossy(&reply.body));
        }
    }

    /// Puts a table back to an earlier moment, as a restore does; everything else stays as it is.
    pub fn put_back_table(&self, table: &str, image: &[Value]) {
        self.inner.tables.put_back(table, image);
    }

    /// What a table's stream says since it was last asked, as Lambda brings it.
    pub fn take_stream(&self, table: &str) -> Vec<Value> {
        self.inner.tables.take_stream(table)
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
        if response.status().is_success() {
            self.inner.buckets.note_fetched(url);
        }
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

    pub(super) fn call_list(&self) -> MutexGuard<'_, Calls> {
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
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
