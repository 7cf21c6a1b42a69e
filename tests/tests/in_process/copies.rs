//! Copies in another Region: each ends before its recording, or is found and ended later; the proof says which.

use std::time::Duration;

use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::{BackupState, Tombstone};
use serde_json::json;
use tests::company::{BUCKET, COPY_BUCKET, Company, TABLE, sample};
use tests::world::{Fault, FaultKind, Moment, Service, Which, World, for_every_kill};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, sample_expiry};
use crate::restore;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A recording whose period is over, with its copy.
async fn due(prepare: impl FnOnce(&World)) -> (Company, RecordingId) {
    let company = Company::with_copies(1).await;
    prepare(&company.world);
    let id = company.upload_sample(SAMPLE).await;
    company.world.set_now(sample_expiry());
    (company, id)
}

async fn proof(company: &Company, id: &RecordingId) -> Tombstone {
    company.tombstone(id).await.expect("it is deleted")
}

async fn backup(company: &Company, id: &RecordingId) -> BackupState {
    proof(company, id).await.backup
}

async fn sweep_after(company: &Company, seconds: u64) -> sweep::Summary {
    company.world.advance(Duration::from_secs(seconds));
    company.sweep().await.unwrap()
}

fn pending_items(world: &World) -> usize {
    world.table_items(TABLE).iter().filter(|item| item["pk"].as_str().unwrap().starts_with("Q#")).count()
}

#[tokio::test(start_paused = true)]
async fn the_copy_is_deleted_first_and_a_day_later_the_proof_says_that_none_is_left() {
    let (company, id) = due(|_| {}).await;
    assert_eq!(company.copies(), company.versions().into_iter().collect::<Vec<_>>(), "key and version id alike");
    company.world.take_calls();
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    let calls = company.world.take_calls();
    let deletes = calls.iter().filter(|call| call.operation == "DeleteObjects");
    assert_eq!(deletes.map(|call| call.resource.as_str()).collect::<Vec<_>>(), [COPY_BUCKET, BUCKET]);
    assert!(company.copies().is_empty() && company.versions().is_empty());
    assert_eq!(backup(&company, &id).await, BackupState::Pending);

    assert_eq!(sweep_after(&company, HOUR).await.copies_ended, 0);
    assert_eq!(backup(&company, &id).await, BackupState::Pending, "S3 copies with a delay");
    assert_eq!(sweep_after(&company, 22 * HOUR).await.copies_ended, 0);
    assert_eq!(sweep_after(&company, HOUR).await.copies_ended, 1);
    let proof = proof(&company, &id).await;
    assert_eq!((proof.backup, proof.backup_checked_at), (BackupState::NoneLeft, Some(company.world.now())));
    assert_eq!(pending_items(&company.world), 0, "the key is gone with the copy");

    company.world.take_calls();
    sweep_after(&company, 48 * HOUR).await;
    assert!(company.world.take_calls().iter().all(|call| call.resource != COPY_BUCKET), "nobody asks again");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_arrives_after_its_recording_is_gone_is_found_and_deleted() {
    for arrives_after in [0, 5 * HOUR] {
        let (company, id) = due(World::slow_copies).await;
        company.sweep().await.unwrap();
        assert!(company.versions().is_empty() && company.copies().is_empty());
        for passed in (0..24).map(|hour| hour * HOUR) {
            if passed == arrives_after {
                company.world.let_copies_arrive();
                assert_eq!(company.copies().len(), 1);
            }
            assert_eq!(backup(&company, &id).await, BackupState::Pending);
            sweep_after(&company, HOUR).await;
        }
        assert!(company.copies().is_empty(), "NEVER LATE: it arrived after {arrives_after} seconds");
        assert_eq!(backup(&company, &id).await, BackupState::NoneLeft);
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_down_keeps_no_recording_and_its_copy_goes_later() {
    for kind in [FaultKind::ServerError, FaultKind::TimedOut, FaultKind::Throttled, FaultKind::AccessDenied] {
        let (company, id) = due(|_| {}).await;
        let which = Which::EveryOn(Service::S3, COPY_BUCKET);
        company.world.set_fault(Fault { which, moment: Moment::Effect, kind });
        let without_retries = Company::of_without_retries(company.world.clone());
        let summary = without_retries.sweep().await.unwrap();
        assert_eq!((summary.deleted, summary.copies_kept), (1, 1), "NEVER LATE: {kind:?}");
        assert!(company.versions().is_empty() && company.copies().len() == 1);
        assert_eq!(backup(&company, &id).await, BackupState::Pending);
        // Tried again ever more seldom, and counted by every run, so that the alarm stands.
        let mut tries = Vec::new();
        for run in 1..=8 {
            company.world.take_calls();
            company.world.advance(Duration::from_secs(15 * MINUTE));
            assert_eq!(without_retries.sweep().await.unwrap().copies_kept, 1, "run {run}");
            let asked = company.world.take_calls().iter().any(|call| call.resource == COPY_BUCKET);
            tries.extend(asked.then_some(run));
        }
        assert_eq!(tries, [1, 2, 4, 8], "{kind:?}");
        company.world.clear_faults();
        for _ in 0..4 {
            sweep_after(&company, 8 * HOUR).await;
        }
        assert!(company.copies().is_empty());
        assert_eq!(backup(&company, &id).await, BackupState::NoneLeft, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_does_not_answer_is_asked_once_a_run() {
    let company = Company::with_copies(1).await;
    for name in ["c0", "c1", "c2", "c3", "c4", "c5"] {
        let metadata = [("call-id", name), ("started-at", "2026-11-11T10:00:00+09:00"), ("extension", "201")];
        let bytes = [sample("other/upload/rec_0001.flac"), name.into()].concat();
        company.upload(&format!("other/a/{name}.flac"), bytes, &metadata).await;
    }
    company.world.set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
    let which = Which::EveryOn(Service::S3, COPY_BUCKET);
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::TimedOut });
    company.world.take_calls();
    let without_retries = Company::of_without_retries(company.world.clone());
    assert_eq!(without_retries.sweep().await.unwrap().deleted, 6);
    let calls = company.world.take_calls();
    assert!(calls.iter().filter(|call| call.resource == BUCKET).count() > 1, "they are several batches");
    assert_eq!(calls.iter().filter(|call| call.resource == COPY_BUCKET).count(), 1);
}

async fn placed(api: &Api, id: &RecordingId) -> String {
    let hold = ApiRequest::post(&format!("/recordings/{id}/holds"), &json!({"reason": "係争のおそれがあるため"}));
    let answer = api.ask(&hold.by(SALES_MANAGER)).await;
    assert_eq!(answer.status, 201);
    answer.json()["hold_id"].as_str().unwrap().to_owned()
}

async fn lift(api: &Api, id: &RecordingId, hold: &str) {
    let body = json!({"reason": "和解が成立したため"}).to_string();
    let lift = ApiRequest::delete(&format!("/recordings/{id}/holds/{hold}")).body("application/json", &body);
    api.ask(&lift.by(ADMIN)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn under_a_hold_neither_the_recording_nor_its_copy_is_deleted() {
    let (company, id) = due(|_| {}).await;
    company.world.set_now(sample_expiry() - Duration::from_secs(HOUR));
    let api = Api::over(&company.world);
    let hold = placed(&api, &id).await;
    for _ in 0..3 {
        sweep_after(&company, 24 * HOUR).await;
        assert_eq!((company.copies().len(), company.versions().len()), (1, 1), "NEVER EARLY");
    }
    let copies = company.world.object_versions(COPY_BUCKET, SAMPLE);
    assert!(copies[0].legal_hold, "the second wall stands around the copy too");
    lift(&api, &id, &hold).await;
    company.sweep().await.unwrap();
    assert!(company.copies().is_empty() && company.versions().is_empty());
    assert_eq!(backup(&company, &id).await, BackupState::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_legal_hold_that_stayed_on_the_copy_of_a_deleted_recording_is_lifted_and_the_copy_deleted() {
    let (company, id) = due(|_| {}).await;
    company.world.set_now(sample_expiry() - Duration::from_secs(HOUR));
    let api = Api::over(&company.world);
    let hold = placed(&api, &id).await;
    company.world.set_now(sample_expiry());
    // The last hold is lifted and the recording deleted before S3 has told the copy.
    company.world.slow_copies();
    lift(&api, &id, &hold).await;
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    company.world.lose_copies();
    assert_eq!((company.versions().len(), company.copies().len()), (0, 1));
    for _ in 0..3 {
        assert_eq!(sweep_after(&company, HOUR).await.copies_kept, 1, "no role can both lift and delete");
    }
    company.run_schedule("roll_up").await;
    sweep_after(&company, 4 * HOUR).await;
    assert!(company.copies().is_empty());
    sweep_after(&company, 24 * HOUR).await;
    assert_eq!(backup(&company, &id).await, BackupState::NoneLeft);
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_a_run_leaves_no_copy_behind_a_recording_that_is_gone() {
    let id = due(|_| {}).await.1;
    let gates = for_every_kill(
        async || due(|_| {}).await.0.world,
        async |world| Company::of(world.clone()).sweep().await,
        async |world, gate| {
            let company = Company::of(world.clone());
            assert!(company.copies().is_empty() || !company.versions().is_empty(), "the copy goes first: {gate:?}");
            sweep_after(&company, 15 * MINUTE).await;
            assert!(company.copies().is_empty() && company.versions().is_empty(), "{gate:?}");
            assert_eq!((backup(&company, &id).await, pending_items(world)), (BackupState::Pending, 1), "{gate:?}");
            // The monitor lives on until the proof says that none is left.
        },
    )
    .await;
    assert!(gates >= 20, "{gates}");
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_the_last_check_is_made_by_the_next_run() {
    async fn deleted() -> (Company, RecordingId) {
        let (company, id) = due(|_| {}).await;
        company.sweep().await.unwrap();
        sweep_after(&company, HOUR).await;
        company.world.advance(Duration::from_secs(24 * HOUR));
        (company, id)
    }
    let id = deleted().await.1;
    let gates = for_every_kill(
        async || deleted().await.0.world,
        async |world| Company::of(world.clone()).sweep().await,
        async |world, gate| {
            let company = Company::of(world.clone());
            sweep_after(&company, 15 * MINUTE).await;
            assert_eq!((backup(&company, &id).await, pending_items(world)), (BackupState::NoneLeft, 0), "{gate:?}");
        },
    )
    .await;
    assert!(gates >= 20, "{gates}");
}

#[tokio::test(start_paused = true)]
async fn a_run_again_at_the_same_second_changes_nothing() {
    let (company, _) = due(|_| {}).await;
    for seconds in [0, HOUR, 24 * HOUR] {
        sweep_after(&company, seconds).await;
        let once = company.snapshot();
        sweep_after(&company, 0).await;
        assert_eq!(company.snapshot(), once, "after {seconds} seconds");
    }
}

#[tokio::test(start_paused = true)]
async fn what_two_people_agree_to_delete_takes_its_copies_along_sidecar_duplicate_and_quarantine_too() {
    let company = Company::with_copies(1).await;
    let id = company.upload_sample(SAMPLE).await;
    let sidecar = company.upload(&format!("{SAMPLE}.json"), b"{}".to_vec(), &[]).await;
    let duplicate = company.upload(SAMPLE, sample(SAMPLE), &[]).await;
    let unread = company.upload("freepbx/2026/11/03/no such name.wav", sample(SAMPLE), &[]).await;
    assert_eq!(company.copies().len(), 4);
    let api = Api::over(&company.world);
    for (asked, left) in [(&id, 1), (&unread, 0)] {
        let body = json!({"reason": "本人から利用停止の請求があった"}).to_string();
        let request = ApiRequest::delete(&format!("/recordings/{asked}")).body("application/json", &body);
        let answer = api.ask(&request.by(ADMIN)).await;
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.bytes));
        let deletion = answer.json()["id"].as_str().unwrap().to_owned();
        let approval = ApiRequest::delete(&format!("/deletions/{deletion}/approve")).with_method("POST");
        api.ask(&approval.by(AUDITOR)).await.ok();
        company.sweep().await.unwrap();
        assert_eq!(company.copies().len(), left);
    }
    for id in [&id, &sidecar, &duplicate, &unread] {
        assert_eq!(backup(&company, id).await, BackupState::Pending);
    }
    for _ in 0..2 {
        sweep_after(&company, 24 * HOUR).await;
    }
    for id in [&id, &sidecar, &duplicate, &unread] {
        assert_eq!(backup(&company, id).await, BackupState::NoneLeft);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_copys_bucket_nothing_more_is_asked_and_with_one_an_idle_run_asks_twice() {
    let idle = async |company: Company| {
        company.world.take_calls();
        company.sweep().await.unwrap();
        company.world.take_calls().len()
    };
    let without = idle(Company::with_sample_rulebook(1).await).await;
    let with = idle(Company::with_copies(1).await).await;
    assert_eq!(with, without + 2, "two queries of the due index");

    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SAMPLE).await;
    company.world.set_now(sample_expiry());
    company.sweep().await.unwrap();
    assert_eq!(backup(&company, &id).await, BackupState::NotKept);
    assert_eq!(pending_items(&company.world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_restored_table_looks_for_the_copies_of_what_it_had_forgotten_to_be_deleted() {
    let (company, id) = due(|_| {}).await;
    company.world.set_now("2026-11-13T10:00:00+09:00".parse().unwrap());
    let (restored_to, image): (Timestamp, _) = (company.world.now(), company.world.table_image(TABLE));
    let since = company.upload(
        "other/a/since.flac",
        sample("other/upload/rec_0001.flac"),
        &[("call-id", "since"), ("started-at", "2026-11-12T10:00:00+09:00"), ("extension", "201")],
    );
    let since = since.await;
    // The Region is down while they are deleted.
    let which = Which::EveryOn(Service::S3, COPY_BUCKET);
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ServerError });
    company.world.set_now("2026-12-20T00:00:00+09:00".parse().unwrap());
    assert_eq!(Company::of_without_retries(company.world.clone()).sweep().await.unwrap().deleted, 2);
    company.world.clear_faults();
    restore::restore(&company, &image);
    let replayed = restore::replay(&company, restored_to).await;
    assert_eq!((&replayed["entombed"], &replayed["is_done"]), (&json!(2), &json!(true)));
    for id in [&id, &since] {
        assert_eq!(backup(&company, id).await, BackupState::Pending);
    }
    assert_eq!(company.copies().len(), 2);
    sweep_after(&company, 2 * HOUR).await;
    assert!(company.copies().is_empty());
    sweep_after(&company, 24 * HOUR).await;
    for id in [&id, &since] {
        assert_eq!(backup(&company, id).await, BackupState::NoneLeft);
    }
}

/// NEVER LATE where a copy is written with the tombstone or not at all: the two are one transaction.
#[tokio::test(start_paused = true)]
async fn no_tombstone_says_pending_without_an_item_that_is_looked_at() {
    let (company, id) = due(|_| {}).await;
    let which = Which::NthOf(Service::DynamoDb, "TransactWriteItems", 1);
    company.world.set_fault(Fault { which, moment: Moment::Reply, kind: FaultKind::TimedOut });
    let _ = Company::of_without_retries(company.world.clone()).sweep().await;
    assert_eq!((backup(&company, &id).await, pending_items(&company.world)), (BackupState::Pending, 1));
}

#[tokio::test(start_paused = true)]
async fn the_proof_says_over_the_api_and_in_the_file_what_is_known_of_the_copy() {
    let (company, id) = due(|_| {}).await;
    company.sweep().await.unwrap();
    let deleted_at = company.world.now();
    let api = Api::over(&company.world);
    let read = async |wanted: &str, japanese: &str| {
        let gone = api.get(ADMIN, &format!("/recordings/{id}")).await;
        assert_eq!((gone.status, &gone.json()["deleted"]["backup"]), (410, &json!(wanted)));
        let day = deleted_at.strftime("%Y-%m-%d");
        let listed = api.get(AUDITOR, &format!("/deletions?from={day}")).await.ok();
        assert_eq!(listed["items"][0]["backup"], wanted, "{listed}");
        let file = ApiRequest::get(&format!("/deletions?from={day}")).by(AUDITOR).header("accept", "text/csv");
        let text = api.ask(&file.header("accept-language", "ja")).await.bytes;
        assert!(String::from_utf8(text).unwrap().contains(japanese));
        gone.json()["deleted"]["backup_checked_at"].clone()
    };
    assert_eq!(read("pending", "確認待ち").await, json!(null));
    sweep_after(&company, HOUR).await;
    sweep_after(&company, 24 * HOUR).await;
    assert_eq!(read("none_left", "残っていない").await, "2026-12-05T01:00:00+09:00");
}
