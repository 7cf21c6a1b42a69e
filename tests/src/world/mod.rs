//! **The cloud in one process.** Production code builds its clients from an
//! `SdkConfig`; [`World::sdk_config`] gives it one whose HTTP client is the world: `DynamoDB` by
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

mod broken;
mod builder;
mod call;
mod capacity;
mod chunks;
mod clock;
mod cloud;
mod cognito;
mod dynamo;
mod encoding;
mod events;
mod exhaust;
mod faults;
mod gate;
mod kind;
mod kms;
mod ledger;
mod order;
mod plain;
mod post;
mod random;
mod replication;
mod request;
mod s3;
mod sabotage;
mod serve;
mod sqs;
mod stored;
mod streams;
mod watching;

pub use self::{
    builder::Builder,
    call::{Answer, Call, Service},
    clock::REGION,
    cloud::{HttpReply, World},
    cognito::PoolUser,
    exhaust::{for_every_fault, for_every_kill},
    faults::{Chances, EVERY_FAULT, Fault, Which},
    gate::{Moment, Step, Trace, count_gates, run_until_killed},
    kind::{FaultKind, Lag},
    ledger::PutVersion,
    order::{Explored, Handler, Interruption, Order, every_interruption, every_order},
    post::SentMail,
    random::Random,
    sabotage::{Condition, Sabotage, is_sabotaged_here, sabotaged},
    stored::StoredVersion,
};
