//! The sweep where something is in the way: a call that fails, versions that S3 keeps, another writer, and time.

pub(crate) mod at_once;
mod runs;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::types::{ObjectLockLegalHold, ObjectLockLegalHoldStatus};
use jiff::{SignedDuration, Timestamp};
use policy::call::Claim;
use policy::id::RecordingId;
use policy::recording::CallReference;
use tests::company::{AUDIT_BUCKET, BUCKET, Company, TABLE, expected, sample};
use tests::monitor::Rule;
use tests::world::{Fault, FaultKind, Moment, Service, Which};

const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
const AUDIO: &str = "other/upload/rec_0001.flac";

/// Midnight at the end of the 30th day of the call of 3 November.
fn expiry() -> Timestamp {
    "2026-12-04T00:00:00+09:00".parse().unwrap()
}

/// The next midnight but one: everything of 11 and 12 November is due.
fn all_due() -> Timestamp {
    "2026-12-14T00:00:00+09:00".parse().unwrap()
}

async fn upload_call(company: &Company, call_id: &str, at: &str) -> (RecordingId, CallReference) {
    let metadata = [("call-id", call_id), ("started-at", at), ("direction", "inbound"), ("extension", "201")];
    let id = company.upload(&format!("other/a/{call_id}.flac"), sample(AUDIO), &metadata).await;
    let call = company.recording(&id).await.view.call;
    (id, call)
}

/// Makes the recording's item one that this version of the code can't read.
async fn garble(company: &Company, id: &RecordingId) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    aws_sdk_dynamodb::Client::new(&company.world.sdk_config())
        .update_item()
        .table_name(TABLE)
        .key("pk", text(&format!("R#{id}")))
        .key("sk", text("R"))
        .update_expression("SET #day = :other")
        .expression_attribute_names("#day", "day")
        .expression_attribute_values(":other", text("as another version writes it"))
        .send()
        .await
        .unwrap();
}

async fn set_legal_hold(company: &Company, id: &RecordingId, status: ObjectLockLegalHoldStatus) {
    let object = company.recording(id).await.object;
    aws_sdk_s3::Client::new(&company.world.sdk_config())
        .put_object_legal_hold()
        .bucket(BUCKET)
        .key(object.key.expose())
        .version_id(&object.version_id)
        .legal_hold(ObjectLockLegalHold::builder().status(status).build())
        .send()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_call_that_can_not_be_read_keeps_no_other_and_is_the_runs_error() {
    let company = Company::with_sample_rulebook(1).await;
    for rule in [Rule::OneCall, Rule::NothingLost] {
        company.leaves(rule, "the recording's item cannot be read");
    }
    let unreadable = company.upload_sample(SALES).await;
    let keys = expected();
    let other = keys.iter().filter_map(|line| line["key"].as_str()).find(|key| key.starts_with("freepbx/2026/11/05"));
    let other = company.upload_sample(other.unwrap()).await;
    garble(&company, &unreadable).await;
    company.world.set_now("2027-01-31T00:00:00+09:00".parse().unwrap());
    for _ in 0..2 {
        assert!(company.sweep().await.is_err());
        assert!(company.tombstone(&other).await.is_some(), "NEVER LATE: one call stops no other");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_claimed_is_finished_however_many_calls_s3_keeps_before_it() {
    let company = Company::with_sample_rulebook(1).await;
    let mut kept = Vec::new();
    let mut last = None;
    for call_id in (0..).map(|number| format!("c{number}")) {
        let at = if kept.len() < 26 { "2026-11-11T10:00:00+09:00" } else { "2026-11-12T10:00:00+09:00" };
        let (id, call) = upload_call(&company, &call_id, at).await;
        // One shard alone; a call of another one is not part of this scenario.
        if call.id.shard() != 3 {
            let object = company.recording(&id).await.object;
            company.world.remove_version(BUCKET, object.key.expose(), &object.version_id);
            continue;
        }
        if kept.len() < 26 {
            set_legal_hold(&company, &id, ObjectLockLegalHoldStatus::On).await;
            kept.push(id);
        } else {
            last = Some((id, call));
            break;
        }
    }
    let (last, call) = last.unwrap();
    company.world.set_now("2026-12-12T00:00:00+09:00".parse().unwrap());
    company.approve_every_deletion().await;
    let summary = company.sweep().await.unwrap();
    assert_eq!(summary.refused, kept.len() as u64);
    company.world.set_now(all_due());
    company.approve_every_deletion().await;
    // A run claims the last one and is killed.
    let read = company.table().call(&call).await.unwrap().unwrap();
    let claim = Claim { id: "killed".to_owned(), at: company.world.now(), rulebook_version: 1 };
    company.table().claim(&read, &claim).await.unwrap();
    company.world.advance(Duration::from_secs(900));
    let summary = company.sweep().await.unwrap();
    assert!(company.tombstone(&last).await.is_some(), "NEVER LATE: it was claimed");
    assert_eq!(summary.refused, kept.len() as u64, "what S3 keeps is counted by every run");
}

#[tokio::test(start_paused = true)]
async fn what_s3_keeps_is_tried_again_ever_more_seldom_and_goes_once_it_may() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    set_legal_hold(&company, &id, ObjectLockLegalHoldStatus::On).await;
    company.world.set_now(expiry());
    let mut tries = Vec::new();
    for run in 0..97_u32 {
        company.world.take_calls();
        assert_eq!(company.sweep().await.unwrap().refused, 1, "run {run}: kept, and said so");
        let calls = company.world.take_calls();
        tries.extend(calls.iter().filter(|call| call.operation == "DeleteObjects").map(|_| run));
        company.world.advance(Duration::from_secs(900));
    }
    assert_eq!(tries, [0, 1, 2, 4, 8, 16, 32, 64]);
    set_legal_hold(&company, &id, ObjectLockLegalHoldStatus::Off).await;
    company.world.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_contention_is_tried_again_within_the_run() {
    for (service, operation, kind) in [
        (Service::DynamoDb, "TransactWriteItems", FaultKind::Conflict),
        (Service::DynamoDb, "UpdateItem", FaultKind::Throttled),
    ] {
        let company = Company::with_sample_rulebook(1).await;
        let id = company.upload_sample(SALES).await;
        company.world.set_now(expiry());
        let which = Which::NthOf(service, operation, 1);
        company.world.set_fault(Fault { which, moment: Moment::Effect, kind });
        let without_retries = Company::of_without_retries(company.world.clone());
        let summary = without_retries.sweep().await.unwrap();
        assert_eq!((summary.deleted, summary.failed, summary.left), (1, 0, 0), "{operation}");
        assert!(company.tombstone(&id).await.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_left_for_want_of_time_is_overdue_only_once_the_promise_is_broken() {
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(SALES).await;
    for (hours, overdue) in [(0, 0), (5, 0), (7, 1)] {
        company.world.set_now(expiry() + SignedDuration::from_hours(hours));
        let summary = sweep::run(&company.sweep_context(), "run-1", company.world.now()).await.unwrap();
        assert_eq!((summary.deleted, summary.left, summary.overdue), (0, 1, overdue), "after {hours} hours");
    }
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_with_nothing_to_do_reads_the_rules_once() {
    let company = Company::with_sample_rulebook(1).await;
    company.world.take_calls();
    company.sweep().await.unwrap();
    let calls = company.world.take_calls();
    assert_eq!(calls.iter().filter(|call| call.operation == "GetItem").count(), 1);
}

/// NEVER EARLY: what was read is what is claimed, also when its key was emptied and opened again in between.
#[tokio::test(start_paused = true)]
async fn a_claim_never_meets_another_call_under_the_same_key() {
    let company = Company::with_sample_rulebook(1).await;
    let (_, call) = upload_call(&company, "x", "2026-11-12T10:00:00+09:00").await;
    company.world.set_now("2026-12-20T00:00:00+09:00".parse().unwrap());
    let read = company.table().call(&call).await.unwrap().unwrap();
    // A sidecar links the only leg to another call, and a recording of this morning opens the call again.
    company.upload("other/a/x.flac.json", r#"{"linked_id": "y"}"#, &[]).await;
    assert_eq!(company.table().call(&call).await.unwrap(), None);
    let metadata = [("call-id", "x"), ("started-at", "2026-12-19T23:00:00+09:00"), ("direction", "inbound")];
    let later = company.upload("other/a/2.flac", sample(AUDIO), &metadata).await;
    assert_eq!(company.recording(&later).await.view.call, call);
    let opened = company.table().call(&call).await.unwrap().unwrap();
    assert!(opened.generation > read.generation);
    let claim = Claim { id: "run-1".to_owned(), at: company.world.now(), rulebook_version: 1 };
    assert_eq!(company.table().claim(&read, &claim).await.unwrap(), store::WriteOutcome::Conflict);
    company.sweep().await.unwrap();
    assert!(company.tombstone(&later).await.is_none());
}

/// Calls of one shard, so that they are one batch.
async fn upload_calls_of_one_shard(company: &Company, wanted: usize) -> Vec<RecordingId> {
    let mut ids = Vec::new();
    for number in 0.. {
        let name = format!("c{number}");
        let (id, call) = upload_call(company, &name, "2026-11-11T10:00:00+09:00").await;
        if call.id.shard() == 3 {
            ids.push(id);
        } else {
            let object = company.recording(&id).await.object;
            company.world.remove_version(BUCKET, object.key.expose(), &object.version_id);
        }
        if ids.len() == wanted {
            break;
        }
    }
    ids
}

fn journal(company: &Company) -> Vec<store::JournalBatch> {
    let versions = |key: &String| company.world.object_versions(AUDIT_BUCKET, key);
    let keys = company.world.object_keys(AUDIT_BUCKET);
    keys.iter().flat_map(versions).map(|version| serde_json::from_slice(&version.body).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_journal_names_every_version_before_it_is_deleted_and_no_number() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    let version_id = company.recording(&id).await.object.version_id;
    company.world.set_now(expiry());
    company.world.take_calls();
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    let calls = company.world.take_calls();
    let position = |operation: &str| calls.iter().position(|call| call.operation == operation).unwrap();
    assert!(position("PutObject") < position("DeleteObjects"));
    let [batch] = journal(&company).try_into().unwrap();
    assert_eq!(batch.deletions.len(), 1);
    assert_eq!((&batch.deletions[0].recording, &batch.deletions[0].version_id), (&id, &version_id));
    let text = serde_json::to_string(&batch).unwrap() + &company.world.object_keys(AUDIT_BUCKET).concat();
    assert!(!text.contains("9012345678") && !text.contains("freepbx"), "QUIET: {text}");
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_nothing_is_deleted() {
    for kind in [FaultKind::AccessDenied, FaultKind::ServerError, FaultKind::TimedOut, FaultKind::Throttled] {
        let company = Company::with_sample_rulebook(1).await;
        let id = company.upload_sample(SALES).await;
        company.world.set_now(expiry());
        let which = Which::EveryOf(Service::S3, "PutObject");
        company.world.set_fault(Fault { which, moment: Moment::Effect, kind });
        assert!(company.sweep().await.is_err());
        assert!(company.tombstone(&id).await.is_none() && company.versions().len() == 1, "{kind:?}");
        company.world.clear_faults();
        assert_eq!(company.sweep().await.unwrap().deleted, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_journal_and_one_delete_call_and_what_s3_leaves_out_is_tried_again() {
    let company = Company::with_sample_rulebook(1).await;
    let ids = upload_calls_of_one_shard(&company, 6).await;
    company.world.set_now(all_due());
    company.approve_every_deletion().await;
    company.world.take_calls();
    let which = Which::NthOf(Service::S3, "DeleteObjects", 1);
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::Unprocessed });
    company.sweep().await.unwrap();
    for id in &ids {
        assert!(company.tombstone(id).await.is_some());
    }
    let batches = journal(&company);
    let batch = batches.iter().find(|batch| batch.deletions.iter().any(|entry| entry.recording == ids[0])).unwrap();
    for id in &ids {
        assert!(batch.deletions.iter().any(|entry| entry.recording == *id), "one batch");
    }
    let calls = company.world.take_calls();
    let deletes = calls.iter().filter(|call| call.operation == "DeleteObjects").count();
    assert_eq!(deletes, batches.len() + 1, "one call a batch, and one more for what the first left");
}

#[tokio::test(start_paused = true)]
async fn s3_asks_to_slow_down_and_the_run_does() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    company.world.set_now(expiry());
    for number in [1, 2] {
        let which = Which::NthOf(Service::S3, "DeleteObjects", number);
        company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::Throttled });
    }
    let without_retries = Company::of_without_retries(company.world.clone());
    assert_eq!(without_retries.sweep().await.unwrap().deleted, 1);
    assert!(company.tombstone(&id).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_xml_can_not_hold_is_deleted_too() {
    let company = Company::with_sample_rulebook(1).await;
    let mut ids = Vec::new();
    for key in ["other/a\u{1}b.flac", "other/a\n<&>b.flac", "other/plain <&>.flac", "other/ends in a space.flac "] {
        let metadata = [("call-id", "x"), ("started-at", "2026-11-11T10:00:00+09:00"), ("extension", "201")];
        ids.push(company.upload(key, sample(AUDIO), &metadata).await);
    }
    company.world.set_now("2027-03-31T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty(), "{:?}", company.versions());
    for id in &ids {
        assert!(company.tombstone(id).await.is_some());
    }
}
