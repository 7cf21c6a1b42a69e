//! What production counts on from S3 and `DynamoDB`, held against the world and against the local
//! cloud alike, so that the world can't promise what a real socket does not keep.
//!
//! The half on the local cloud is ignored by a plain run, and shown as such. To run it, start a
//! local cloud with `AUTH=true` and the keys `test`/`test`, then
//!
//! ```text
//! CONTRACT_ENDPOINT_URL=http://127.0.0.1:4566 cargo test -p tests --test contract -- --include-ignored
//! ```
//!
//! Every test there makes a bucket and a table of its own and removes them, whether it held or not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::{error::ProvideErrorMetadata as _, types as dynamo};
use aws_sdk_s3::{presigning::PresigningConfig, types as storage};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use dynamo::AttributeValue::{N, S};
use serde_json::json;
use tests::world::World;

/// The variable that says where the local cloud listens, as `http://host:port`.
const ENDPOINT_VARIABLE: &str = "CONTRACT_ENDPOINT_URL";
const INDEX: &str = "by_number";

fn credentials(secret: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("test", secret, None, None, "contract"))
}

/// A cloud, and a bucket and a table in it.
#[derive(Clone)]
struct Cloud {
    config: SdkConfig,
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    bucket: String,
    table: String,
    world: Option<World>,
}

impl Cloud {
    fn new(config: &SdkConfig, name: &str, world: Option<World>) -> Self {
        Self {
            config: config.clone(),
            s3: aws_sdk_s3::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            bucket: name.to_owned(),
            table: name.to_owned(),
            world,
        }
    }

    fn in_the_world() -> Self {
        let description = json!({
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" },
                { "AttributeName": "sk", "AttributeType": "S" },
                { "AttributeName": "number", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
            "GlobalSecondaryIndexes": [{
                "IndexName": INDEX,
                "KeySchema": [
                    { "AttributeName": "number", "KeyType": "HASH" },
                    { "AttributeName": "sk", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "ALL" },
            }],
        });
        let world = World::builder(1).bucket("contract").table("contract", &description).build();
        Self::new(&world.sdk_config(), "contract", Some(world))
    }

    async fn on_the_local_cloud() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let endpoint = std::env::var(ENDPOINT_VARIABLE)
            .unwrap_or_else(|_| panic!("{ENDPOINT_VARIABLE} does not say where the local cloud is"));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("ap-northeast-1"))
            .endpoint_url(endpoint)
            .credentials_provider(credentials("test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .sleep_impl(TokioSleep::new())
            .build();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("contract-{}-{}-{number}", std::process::id(), since.as_millis());
        let cloud = Self::new(&config, &name, None);
        cloud.make().await;
        cloud
    }

    async fn make(&self) {
        let place = storage::CreateBucketConfiguration::builder()
            .location_constraint(storage::BucketLocationConstraint::ApNortheast1);
        self.s3
            .create_bucket()
            .bucket(&self.bucket)
            .create_bucket_configuration(place.build())
            .object_lock_enabled_for_bucket(true)
            .send()
            .await
            .unwrap();
        let attribute = |name: &str| {
            let attribute = dynamo::AttributeDefinition::builder().attribute_name(name);
            attribute.attribute_type(dynamo::ScalarAttributeType::S).build().unwrap()
        };
        let key = |name: &str, kind| {
            let key = dynamo::KeySchemaElement::builder().attribute_name(name);
            key.key_type(kind).build().unwrap()
        };
        let index = dynamo::GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .key_schema(key("number", dynamo::KeyType::Hash))
            .key_schema(key("sk", dynamo::KeyType::Range))
            .projection(dynamo::Projection::builder().projection_type(dynamo::ProjectionType::All).build());
        self.dynamodb
            .create_table()
            .table_name(&self.table)
            .billing_mode(dynamo::BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(["pk", "sk", "number"].map(attribute).into()))
            .key_schema(key("pk", dynamo::KeyType::Hash))
            .key_schema(key("sk", dynamo::KeyType::Range))
            .global_secondary_indexes(index.build().unwrap())
            .send()
            .await
            .unwrap();
    }

    async fn remove(&self) {
        let listed = self.versions().await;
        for (key, version_id) in listed {
            let lift = self.hold(&key, &version_id, false);
            // A delete marker takes no hold.
            lift.await.ok();
            self.delete(&key, Some(&version_id)).await.unwrap();
        }
        let bucket = self.s3.delete_bucket().bucket(&self.bucket).send().await;
        let table = self.dynamodb.delete_table().table_name(&self.table).send().await;
        bucket.unwrap();
        table.unwrap();
    }

    /// Lets time pass.
    async fn pass(&self, time: Duration) {
        match &self.world {
            Some(world) => world.advance(time),
            None => tokio::time::sleep(time).await,
        }
    }

    fn now(&self) -> SystemTime {
        match &self.world {
            Some(world) => world.now().try_into().unwrap(),
            None => SystemTime::now(),
        }
    }

    /// Fetches a URL as a browser does: status, the header `name`, body.
    async fn get(&self, url: &str, name: &str, range: Option<&str>) -> (u16, String, Vec<u8>) {
        if let Some(world) = &self.world {
            let reply = world.http_get(url, range).await;
            let header = reply.header(name).unwrap_or_default().to_owned();
            return (reply.status, header, reply.body.to_vec());
        }
        // HTTP/1.0 ends a body by closing, so there is nothing to decode.
        let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let range = range.map(|range| format!("Range: {range}\r\n")).unwrap_or_default();
        let request = format!("GET /{path} HTTP/1.0\r\nHost: {authority}\r\n{range}\r\n");
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&reply[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let header = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned());
        (status, header.unwrap_or_default(), reply[end + 4..].to_vec())
    }

    async fn put(&self, key: &str, body: &'static str) -> String {
        let put = self.s3.put_object().bucket(&self.bucket).key(key);
        let put = put.body(body.as_bytes().to_vec().into()).send().await.unwrap();
        put.version_id.expect("versions are on")
    }

    async fn read(&self, key: &str, version_id: Option<&str>) -> Result<String, String> {
        let get = self.s3.get_object().bucket(&self.bucket).key(key);
        match get.set_version_id(version_id.map(str::to_owned)).send().await {
            Ok(object) => {
                let bytes = object.body.collect().await.unwrap().to_vec();
                Ok(String::from_utf8(bytes).unwrap())
            }
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }

    async fn delete(&self, key: &str, version_id: Option<&str>) -> Result<Option<bool>, String> {
        let delete = self.s3.delete_object().bucket(&self.bucket).key(key);
        match delete.set_version_id(version_id.map(str::to_owned)).send().await {
            Ok(deleted) => Ok(deleted.delete_marker),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }

    async fn hold(&self, key: &str, version_id: &str, on: bool) -> Result<(), String> {
        let status = if on { storage::ObjectLockLegalHoldStatus::On } else { storage::ObjectLockLegalHoldStatus::Off };
        let hold = storage::ObjectLockLegalHold::builder().status(status).build();
        let put = self.s3.put_object_legal_hold().bucket(&self.bucket).key(key);
        match put.version_id(version_id).legal_hold(hold).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }

    /// Keys and ids of versions and delete markers, two a page.
    async fn versions(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let page = self
                .s3
                .list_object_versions()
                .bucket(&self.bucket)
                .max_keys(2)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .send()
                .await
                .unwrap();
            let versions = page.versions().iter();
            found.extend(versions.map(|one| (one.key.clone().unwrap(), one.version_id.clone().unwrap())));
            let markers = page.delete_markers().iter();
            found.extend(markers.map(|one| (one.key.clone().unwrap(), one.version_id.clone().unwrap())));
            if page.is_truncated() != Some(true) {
                return found;
            }
            key_marker = page.next_key_marker;
            version_marker = page.next_version_id_marker;
        }
    }

    async fn presign(&self, key: &str, version_id: Option<&str>, seconds: u64) -> String {
        let config = PresigningConfig::builder()
            .start_time(self.now())
            .expires_in(Duration::from_secs(seconds))
            .build()
            .unwrap();
        self.s3
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_version_id(version_id.map(str::to_owned))
            .response_content_type("audio/wav")
            .presigned(config)
            .await
            .unwrap()
            .uri()
            .to_owned()
    }

    fn put_item(&self, pk: &str, sk: &str) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
        self.dynamodb.put_item().table_name(&self.table).item("pk", S(pk.into())).item("sk", S(sk.into()))
    }

    async fn has_item(&self, pk: &str, sk: &str) -> bool {
        let get = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let got = get.key("pk", S(pk.into())).key("sk", S(sk.into())).send().await;
        got.unwrap().item.is_some()
    }

    fn put_action(&self, pk: &str, condition: Option<&str>) -> dynamo::TransactWriteItem {
        let put = dynamo::Put::builder()
            .table_name(&self.table)
            .item("pk", S(pk.into()))
            .item("sk", S("a".into()))
            .set_condition_expression(condition.map(str::to_owned));
        dynamo::TransactWriteItem::builder().put(put.build().unwrap()).build()
    }
}

macro_rules! contract {
    (both [$($name:ident)*] in_the_world_only [$($world_only:ident)*]) => {
        mod in_the_world {
            $(
                #[tokio::test]
                async fn $world_only() {
                    super::$world_only(super::Cloud::in_the_world()).await;
                }
            )*
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(super::Cloud::in_the_world()).await;
                }
            )*
        }

        mod on_the_local_cloud {
            $(
                #[tokio::test]
                #[ignore = "needs a local cloud, named by CONTRACT_ENDPOINT_URL"]
                async fn $name() {
                    let cloud = super::Cloud::on_the_local_cloud().await;
                    let held = tokio::spawn(super::$name(cloud.clone())).await;
                    cloud.remove().await;
                    held.unwrap();
                }
            )*
        }
    };
}

contract! {
    both [
        every_put_makes_a_version_and_each_can_be_read
        deleting_one_version_leaves_the_others
        deleting_without_a_version_makes_a_marker_and_loses_nothing
        deleting_a_version_that_is_gone_succeeds
        a_legal_hold_blocks_deleting_the_version_alone_and_in_a_batch
        versions_are_listed_page_by_page_without_gaps_or_doubles
        any_key_comes_back_as_it_was_put
        metadata_and_type_come_back
        a_range_is_a_part
        a_presigned_url_gives_the_version_it_names
        a_presigned_url_gives_the_type_it_names
        a_presigned_url_expires
        a_presigned_url_that_was_touched_is_refused
        a_url_without_a_signature_is_refused
        a_put_if_none_match_happens_once
        a_conditional_put_happens_once
        a_failed_condition_can_return_the_item_that_stood_in_its_way
        a_transaction_happens_wholly_or_not_at_all_and_says_why
        a_transaction_with_a_token_happens_once
        an_index_answers_in_order_between_bounds_and_backwards_and_in_pages
        an_item_without_the_key_is_not_in_the_index
        a_consistent_read_sees_the_write_before_it
        batches_and_transactions_have_limits
        consumed_capacity_is_reported
    ]
    in_the_world_only [
        // AWS holds to these. ministack 1.5.33 leaves `Range` and the `response-…` parameters aside
        // as soon as a version is named, and takes any signature in a header.
        a_range_of_a_named_version_is_a_part
        a_named_version_has_the_type_its_url_names
        a_request_signed_with_another_secret_is_refused
    ]
}

async fn every_put_makes_a_version_and_each_can_be_read(cloud: Cloud) {
    let first = cloud.put("a", "1").await;
    let second = cloud.put("a", "2").await;
    assert_ne!(first, second);
    assert_eq!(cloud.read("a", Some(&first)).await.unwrap(), "1");
    assert_eq!(cloud.read("a", Some(&second)).await.unwrap(), "2");
    assert_eq!(cloud.read("a", None).await.unwrap(), "2");
    assert_eq!(cloud.read("b", None).await.unwrap_err(), "NoSuchKey");
}

async fn deleting_one_version_leaves_the_others(cloud: Cloud) {
    let first = cloud.put("a", "1").await;
    let second = cloud.put("a", "2").await;
    assert_eq!(cloud.delete("a", Some(&second)).await, Ok(None));
    assert_eq!(cloud.read("a", Some(&second)).await.unwrap_err(), "NoSuchVersion");
    assert_eq!(cloud.read("a", None).await.unwrap(), "1");
    assert_eq!(cloud.versions().await, [("a".to_owned(), first)]);
}

async fn deleting_without_a_version_makes_a_marker_and_loses_nothing(cloud: Cloud) {
    let version = cloud.put("a", "1").await;
    assert_eq!(cloud.delete("a", None).await, Ok(Some(true)));
    assert_eq!(cloud.read("a", None).await.unwrap_err(), "NoSuchKey");
    assert_eq!(cloud.read("a", Some(&version)).await.unwrap(), "1");
    let versions = cloud.versions().await;
    assert_eq!(versions.len(), 2);
    let marker = versions.iter().find(|(_, id)| *id != version).unwrap();
    assert_eq!(cloud.delete("a", Some(&marker.1)).await, Ok(Some(true)));
    assert_eq!(cloud.read("a", None).await.unwrap(), "1");
}

async fn deleting_a_version_that_is_gone_succeeds(cloud: Cloud) {
    let version = cloud.put("a", "1").await;
    assert_eq!(cloud.delete("a", Some(&version)).await, Ok(None));
    assert_eq!(cloud.delete("a", Some(&version)).await, Ok(None));
    assert!(cloud.versions().await.is_empty());
}

async fn a_legal_hold_blocks_deleting_the_version_alone_and_in_a_batch(cloud: Cloud) {
    let held = cloud.put("a", "1").await;
    let free = cloud.put("b", "2").await;
    cloud.hold("a", &held, true).await.unwrap();
    assert_eq!(cloud.delete("a", Some(&held)).await.unwrap_err(), "AccessDenied");

    let status = cloud.s3.get_object_legal_hold().bucket(&cloud.bucket);
    let status = status.key("a").version_id(&held).send().await.unwrap();
    let status = status.legal_hold.and_then(|hold| hold.status);
    assert_eq!(status, Some(storage::ObjectLockLegalHoldStatus::On));

    let objects = [("a", &held), ("b", &free)].map(|(key, version_id)| {
        let object = storage::ObjectIdentifier::builder().key(key);
        object.version_id(version_id).build().unwrap()
    });
    let delete = storage::Delete::builder().set_objects(Some(objects.into()));
    let batch = cloud.s3.delete_objects().bucket(&cloud.bucket);
    let batch = batch.delete(delete.build().unwrap()).send().await.unwrap();
    let deleted: Vec<_> = batch.deleted().iter().map(|one| (one.key(), one.version_id())).collect();
    assert_eq!(deleted, [(Some("b"), Some(free.as_str()))]);
    let refused: Vec<_> = batch.errors().iter().map(|one| (one.key(), one.version_id(), one.code())).collect();
    assert_eq!(refused, [(Some("a"), Some(held.as_str()), Some("AccessDenied"))]);

    assert_eq!(cloud.delete("a", None).await, Ok(Some(true)), "a marker hides, and is allowed");
    cloud.hold("a", &held, false).await.unwrap();
    assert_eq!(cloud.delete("a", Some(&held)).await, Ok(None));
}

async fn versions_are_listed_page_by_page_without_gaps_or_doubles(cloud: Cloud) {
    let mut put = BTreeSet::new();
    for key in ["a", "b", "c"] {
        for body in ["1", "2"] {
            put.insert((key.to_owned(), cloud.put(key, body).await));
        }
    }
    let listed = cloud.versions().await;
    assert_eq!(listed.len(), put.len());
    assert_eq!(BTreeSet::from_iter(listed), put);
}

async fn any_key_comes_back_as_it_was_put(cloud: Cloud) {
    let long = format!("長い/{}", "あ".repeat(339));
    assert_eq!(long.len(), 1024);
    let keys = [
        "in/a b+c%20d&e=f.wav",
        "録音/2026/06/通話 1.wav",
        "3cx/100/[佐藤]_100-0312345678(1).wav",
        "connect/a_20260601T10:00_UTC.wav",
        "~!*'();@$,#?",
        &long,
    ];
    for key in keys {
        let version = cloud.put(key, "x").await;
        assert_eq!(cloud.read(key, Some(&version)).await.as_deref(), Ok("x"), "{key}");
        let url = cloud.presign(key, Some(&version), 60).await;
        assert_eq!(cloud.get(&url, "etag", None).await.0, 200, "{key}");
    }
    let listed: BTreeSet<String> = cloud.versions().await.into_iter().map(|(key, _)| key).collect();
    assert_eq!(listed, keys.map(str::to_owned).into());
}

async fn metadata_and_type_come_back(cloud: Cloud) {
    let put = cloud.s3.put_object().bucket(&cloud.bucket).key("a");
    put.metadata("call-id", "c-1").content_type("audio/wav").body(b"x".to_vec().into()).send().await.unwrap();
    let head = cloud.s3.head_object().bucket(&cloud.bucket).key("a").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["call-id"], "c-1");
    assert_eq!(head.content_type(), Some("audio/wav"));
    assert_eq!(head.content_length(), Some(1));
    let none = cloud.s3.head_object().bucket(&cloud.bucket).key("b").send().await;
    assert!(none.unwrap_err().into_service_error().is_not_found());
}

async fn a_range_is_a_part(cloud: Cloud) {
    cloud.put("a", "0123456789").await;
    let url = cloud.presign("a", None, 60).await;
    ranges_are_parts(&cloud, &url).await;
}

async fn a_range_of_a_named_version_is_a_part(cloud: Cloud) {
    let version = cloud.put("a", "0123456789").await;
    cloud.put("a", "something else").await;
    let url = cloud.presign("a", Some(&version), 60).await;
    ranges_are_parts(&cloud, &url).await;
}

async fn ranges_are_parts(cloud: &Cloud, url: &str) {
    for (range, part, said) in
        [("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-2", "89", "bytes 8-9/10")]
    {
        let (status, header, body) = cloud.get(url, "content-range", Some(range)).await;
        assert_eq!((status, header.as_str(), body.as_slice()), (206, said, part.as_bytes()));
    }
    assert_eq!(cloud.get(url, "etag", Some("bytes=10-")).await.0, 416);
}

async fn a_presigned_url_gives_the_version_it_names(cloud: Cloud) {
    let first = cloud.put("a", "1").await;
    cloud.put("a", "2").await;
    let url = cloud.presign("a", Some(&first), 60).await;
    let (status, _, body) = cloud.get(&url, "etag", None).await;
    assert_eq!((status, body.as_slice()), (200, &b"1"[..]));
}

async fn a_presigned_url_gives_the_type_it_names(cloud: Cloud) {
    cloud.put("a", "1").await;
    let url = cloud.presign("a", None, 60).await;
    assert_eq!(cloud.get(&url, "content-type", None).await.1, "audio/wav");
}

async fn a_named_version_has_the_type_its_url_names(cloud: Cloud) {
    let version = cloud.put("a", "1").await;
    let url = cloud.presign("a", Some(&version), 60).await;
    assert_eq!(cloud.get(&url, "content-type", None).await.1, "audio/wav");
}

async fn a_presigned_url_expires(cloud: Cloud) {
    let version = cloud.put("a", "1").await;
    let url = cloud.presign("a", Some(&version), 1).await;
    cloud.pass(Duration::from_secs(3)).await;
    assert_eq!(cloud.get(&url, "etag", None).await.0, 403);
}

async fn a_presigned_url_that_was_touched_is_refused(cloud: Cloud) {
    let first = cloud.put("a", "1").await;
    let second = cloud.put("a", "2").await;
    cloud.put("b", "3").await;
    let url = cloud.presign("a", Some(&first), 60).await;
    assert_eq!(cloud.get(&url, "etag", None).await.0, 200);
    for (what, from, to) in [
        ("key", "/a?", "/b?"),
        ("version", first.as_str(), second.as_str()),
        ("type", "audio%2Fwav", "text%2Fhtml"),
        ("life", "X-Amz-Expires=60", "X-Amz-Expires=600"),
    ] {
        assert!(url.contains(from), "{what} is in the URL");
        let (status, ..) = cloud.get(&url.replace(from, to), "etag", None).await;
        assert_eq!(status, 403, "{what}");
    }
    let more = format!("{url}&response-content-disposition=inline");
    assert_eq!(cloud.get(&more, "etag", None).await.0, 403, "a parameter more");
}

async fn a_url_without_a_signature_is_refused(cloud: Cloud) {
    let version = cloud.put("a", "1").await;
    let url = cloud.presign("a", Some(&version), 60).await;
    let (bare, _) = url.split_once('?').unwrap();
    assert_eq!(cloud.get(bare, "etag", None).await.0, 403);
}

async fn a_request_signed_with_another_secret_is_refused(cloud: Cloud) {
    cloud.put("a", "1").await;
    let config = cloud.config.to_builder().credentials_provider(credentials("another"));
    let stranger = aws_sdk_s3::Client::new(&config.build());
    let get = stranger.get_object().bucket(&cloud.bucket).key("a").send().await;
    assert_eq!(get.unwrap_err().code(), Some("SignatureDoesNotMatch"));
}

async fn a_put_if_none_match_happens_once(cloud: Cloud) {
    let put = || {
        let put = cloud.s3.put_object().bucket(&cloud.bucket).key("a");
        put.if_none_match("*").send()
    };
    put().await.unwrap();
    let refused = put().await.unwrap_err();
    assert_eq!(refused.code(), Some("PreconditionFailed"));
    assert_eq!(cloud.versions().await.len(), 1);
}

async fn a_conditional_put_happens_once(cloud: Cloud) {
    let put = || {
        let put = cloud.put_item("1", "a");
        put.condition_expression("attribute_not_exists(pk)").send()
    };
    put().await.unwrap();
    let refused = put().await.unwrap_err().into_service_error();
    assert!(refused.is_conditional_check_failed_exception());
    cloud.put_item("1", "b").condition_expression("attribute_not_exists(pk)").send().await.unwrap();
}

async fn a_failed_condition_can_return_the_item_that_stood_in_its_way(cloud: Cloud) {
    cloud.put_item("1", "a").item("n", N("7".into())).send().await.unwrap();
    let refused = cloud
        .put_item("1", "a")
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(dynamo::ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) = refused else {
        panic!("another error: {refused}");
    };
    assert_eq!(refused.item().unwrap()["n"], N("7".into()));
}

async fn a_transaction_happens_wholly_or_not_at_all_and_says_why(cloud: Cloud) {
    let write = |third: Option<&'static str>| {
        let write = cloud.dynamodb.transact_write_items();
        write.transact_items(cloud.put_action("1", None)).transact_items(cloud.put_action("2", third)).send()
    };
    let refused = write(Some("attribute_exists(pk)")).await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = refused
    else {
        panic!("another error: {refused}");
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
    assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    assert!(!cloud.has_item("1", "a").await);
    write(None).await.unwrap();
    assert!(cloud.has_item("1", "a").await && cloud.has_item("2", "a").await);
}

async fn a_transaction_with_a_token_happens_once(cloud: Cloud) {
    let add = || {
        let update = dynamo::Update::builder()
            .table_name(&cloud.table)
            .key("pk", S("1".into()))
            .key("sk", S("a".into()))
            .update_expression("ADD n :one")
            .expression_attribute_values(":one", N("1".into()));
        let action = dynamo::TransactWriteItem::builder().update(update.build().unwrap()).build();
        let write = cloud.dynamodb.transact_write_items().transact_items(action);
        write.client_request_token(&cloud.table).send()
    };
    add().await.unwrap();
    add().await.unwrap();
    let get = cloud.dynamodb.get_item().table_name(&cloud.table).consistent_read(true);
    let got = get.key("pk", S("1".into())).key("sk", S("a".into())).send().await.unwrap();
    assert_eq!(got.item.unwrap()["n"], N("1".into()));
}

async fn an_index_answers_in_order_between_bounds_and_backwards_and_in_pages(cloud: Cloud) {
    for number in [3, 1, 5, 2, 4] {
        let put = cloud.put_item(&number.to_string(), &format!("2026-06-0{number}"));
        put.item("number", S("n".into())).send().await.unwrap();
    }
    let query = |forward: bool| {
        cloud
            .dynamodb
            .query()
            .table_name(&cloud.table)
            .index_name(INDEX)
            .key_condition_expression("#n = :n AND sk BETWEEN :from AND :to")
            .expression_attribute_names("#n", "number")
            .expression_attribute_values(":n", S("n".into()))
            .expression_attribute_values(":from", S("2026-06-02".into()))
            .expression_attribute_values(":to", S("2026-06-04".into()))
            .scan_index_forward(forward)
    };
    let keys = |items: &[std::collections::HashMap<String, dynamo::AttributeValue>]| -> Vec<String> {
        items.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect()
    };
    assert_eq!(keys(query(true).send().await.unwrap().items()), ["2", "3", "4"]);
    assert_eq!(keys(query(false).send().await.unwrap().items()), ["4", "3", "2"]);

    let mut paged = Vec::new();
    let mut start = None;
    loop {
        let page = query(false).limit(2).set_exclusive_start_key(start).send().await.unwrap();
        paged.extend(keys(page.items()));
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    assert_eq!(paged, ["4", "3", "2"]);
}

async fn an_item_without_the_key_is_not_in_the_index(cloud: Cloud) {
    cloud.put_item("1", "a").send().await.unwrap();
    cloud.put_item("2", "a").item("number", S("n".into())).send().await.unwrap();
    let scan = cloud.dynamodb.scan().table_name(&cloud.table);
    let found = scan.index_name(INDEX).send().await.unwrap();
    assert_eq!(found.items().len(), 1);
    assert_eq!(found.items()[0]["pk"], S("2".into()));

    let update = cloud.dynamodb.update_item().table_name(&cloud.table);
    update
        .key("pk", S("2".into()))
        .key("sk", S("a".into()))
        .update_expression("REMOVE #n")
        .expression_attribute_names("#n", "number")
        .send()
        .await
        .unwrap();
    let scan = cloud.dynamodb.scan().table_name(&cloud.table);
    assert!(scan.index_name(INDEX).send().await.unwrap().items().is_empty());
}

async fn a_consistent_read_sees_the_write_before_it(cloud: Cloud) {
    for number in 0..20 {
        let pk = number.to_string();
        cloud.put_item(&pk, "a").send().await.unwrap();
        let query = cloud.dynamodb.query().table_name(&cloud.table).consistent_read(true);
        let found = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", S(pk.clone()))
            .send()
            .await
            .unwrap();
        assert_eq!(found.count(), 1);
        assert!(cloud.has_item(&pk, "a").await);
    }
    let query = cloud.dynamodb.query().table_name(&cloud.table).index_name(INDEX);
    let refused = query
        .consistent_read(true)
        .key_condition_expression("#n = :n")
        .expression_attribute_names("#n", "number")
        .expression_attribute_values(":n", S("n".into()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"), "an index is never consistent");
}

async fn batches_and_transactions_have_limits(cloud: Cloud) {
    let write = |count: u32| {
        let requests = (0..count).map(|number| {
            let put = dynamo::PutRequest::builder().item("pk", S(number.to_string())).item("sk", S("a".into()));
            dynamo::WriteRequest::builder().put_request(put.build().unwrap()).build()
        });
        let write = cloud.dynamodb.batch_write_item();
        write.request_items(&cloud.table, requests.collect()).send()
    };
    write(25).await.unwrap();
    assert_eq!(write(26).await.unwrap_err().code(), Some("ValidationException"));

    let read = |count: u32| {
        let mut keys = dynamo::KeysAndAttributes::builder();
        for number in 0..count {
            let key = [("pk", number.to_string()), ("sk", "a".to_owned())];
            keys = keys.keys(key.map(|(name, value)| (name.to_owned(), S(value))).into());
        }
        let read = cloud.dynamodb.batch_get_item();
        read.request_items(&cloud.table, keys.build().unwrap()).send()
    };
    assert_eq!(read(100).await.unwrap().responses().unwrap()[&cloud.table].len(), 25);
    assert_eq!(read(101).await.unwrap_err().code(), Some("ValidationException"));

    let transact = |count: u32| {
        let actions = (0..count).map(|number| cloud.put_action(&number.to_string(), None));
        let write = cloud.dynamodb.transact_write_items();
        write.set_transact_items(Some(actions.collect())).send()
    };
    transact(100).await.unwrap();
    assert_eq!(transact(101).await.unwrap_err().code(), Some("ValidationException"));
}

async fn consumed_capacity_is_reported(cloud: Cloud) {
    let put = cloud.put_item("1", "a").item("number", S("n".into()));
    let put = put.return_consumed_capacity(dynamo::ReturnConsumedCapacity::Indexes);
    let consumed = put.send().await.unwrap().consumed_capacity.unwrap();
    // One unit for the table, one for the index.
    assert_eq!(consumed.capacity_units(), Some(2.0));
}
