//! The circuit breaker: what a day may lose, and an admin's approval of more.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use policy::id::RecordingId;
use serde_json::{Value, json};
use store::{Job, SweepDay};
use tests::company::{Company, sample};
use tests::world::Sabotage;

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER};

const AUDIO: &str = "other/upload/rec_0001.flac";

/// The admin who did not publish the sample rulebook.
const OTHER_ADMIN: &str = "hayashi";

/// The midnight at which the calls of 11 November end.
fn due() -> Timestamp {
    "2026-12-12T00:00:00+09:00".parse().unwrap()
}

async fn upload_calls(company: &Company, wanted: usize) -> Vec<RecordingId> {
    let mut ids = Vec::new();
    for number in 0..wanted {
        let call_id = format!("c{number}");
        let at = "2026-11-11T10:00:00+09:00";
        let metadata = [("call-id", &*call_id), ("started-at", at), ("direction", "inbound"), ("extension", "201")];
        ids.push(company.upload(&format!("other/a/{call_id}.flac"), sample(AUDIO), &metadata).await);
    }
    ids
}

fn approve(login: &str, day: &str, count: u64) -> ApiRequest {
    ApiRequest::post("/sweeps/approval", &json!({"day": day, "count": count})).by(login)
}

async fn today(api: &Api) -> Value {
    api.get(AUDITOR, "/sweeps").await.ok()["items"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_day_loses_what_it_may_and_a_second_admin_lets_more_go() {
    let company = Company::with_sample_rulebook(1).await;
    upload_calls(&company, 33).await;
    company.world.set_now(due());
    let api = Api::over(&company.world);
    let summary = company.sweep().await.unwrap();
    assert_eq!((summary.deleted, summary.stopped), (20, 13));
    let shown = json!({
        "day": "2026-12-12", "live": 0, "allowed": 20, "approved": 0, "taken": 20, "waiting": 13, "is_stopped": true,
    });
    assert_eq!(today(&api).await, shown);
    assert_eq!(company.sweep().await.unwrap().deleted, 0, "the day is over, however often it runs");

    let own = api.ask(&approve(ADMIN, "2026-12-12", 5)).await;
    assert_eq!((own.status, own.problem().as_str()), (403, "own-rulebook"));
    let manager = api.ask(&approve(SALES_MANAGER, "2026-12-12", 5)).await;
    assert_eq!((manager.status, manager.problem().as_str()), (403, "not-allowed"));
    for day in ["2026-12-11", "2026-12-13"] {
        let other = api.ask(&approve(OTHER_ADMIN, day, 5)).await;
        assert_eq!((other.status, other.json()["today"].as_str()), (409, Some("2026-12-12")), "{day}");
    }
    for (day, count) in [("2026-12-12", 0), ("12 December", 5), ("2026-12-12", 100_000_001)] {
        assert_eq!(api.ask(&approve(OTHER_ADMIN, day, count)).await.problem(), "invalid");
    }
    assert_eq!(company.sweep().await.unwrap().deleted, 0);

    for _ in 0..2 {
        assert_eq!(api.ask(&approve(OTHER_ADMIN, "2026-12-12", 5)).await.ok()["approved"], 5);
    }
    assert_eq!(company.sweep().await.unwrap().deleted, 5, "TWICE IS ONCE");
    assert_eq!(api.ask(&approve(OTHER_ADMIN, "2026-12-12", 2)).await.ok()["approved"], 5, "never taken back");
    assert_eq!(company.sweep().await.unwrap().deleted, 0);
    let event = api.audit().into_iter().rfind(|event| event["action"] == "approve_sweep").unwrap();
    assert_eq!(
        (&event["staff"], &event["outcome"], &event["facts"]["day"]),
        (&json!("hayashi"), &json!("permitted"), &json!("2026-12-12"))
    );

    company.world.advance(Duration::from_secs(24 * 3600));
    let summary = company.sweep().await.unwrap();
    assert_eq!((summary.deleted, summary.stopped), (8, 0), "another day");
    assert_eq!(today(&api).await["is_stopped"], false);
}

#[tokio::test(start_paused = true)]
async fn what_two_people_agreed_on_goes_though_the_day_is_over() {
    let company = Company::with_sample_rulebook(1).await;
    upload_calls(&company, 21).await;
    let api = Api::over(&company.world);
    let at = [("call-id", "later"), ("started-at", "2026-11-13T08:00:00+09:00"), ("extension", "201")];
    let id = company.upload("other/a/later.flac", sample(AUDIO), &at).await;
    company.world.set_now(due());
    assert_eq!(company.sweep().await.unwrap().deleted, 20);
    let request =
        ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", r#"{"reason": "利用停止"}"#);
    let requested = api.ask(&request.by(SALES_MANAGER)).await;
    assert_eq!(requested.status, 202, "{}", String::from_utf8_lossy(&requested.bytes));
    let path = format!("/deletions/{}/approve", requested.json()["id"].as_str().unwrap());
    api.ask(&ApiRequest::delete(&path).with_method("POST").by(AUDITOR)).await.ok();
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    assert!(company.tombstone(&id).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_calls_are_counted_once_a_day_and_what_a_day_may_lose_follows() {
    let company = Company::with_sample_rulebook(1).await;
    upload_calls(&company, 3).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.table().live_calls().await.unwrap(), Some((date(2026, 11, 13), 3)));
    company.run_schedule("roll_up").await;
    assert_eq!(company.take_jobs(), []);
    let counted =
        company.snapshot().into_iter().filter(|item| item["pk"].as_str().unwrap().starts_with("P#L#")).count();
    assert_eq!(counted, 2, "the day's roll-up: its head and one part");
    company.world.set_now(due());
    company.table().put_live_calls(date(2026, 12, 12), company.world.now(), 1_000).await.unwrap();
    company.sweep().await.unwrap();
    assert_eq!(company.table().sweep_day(date(2026, 12, 12)).await.unwrap().unwrap().allowed, 100);
}

/// NEVER EARLY: two runs at once read the same day, and only one of them finds room.
#[tokio::test(start_paused = true)]
async fn runs_at_once_never_reserve_more_than_the_day_may_lose() {
    for (is_sabotaged, expected) in [(false, 20), (true, 30)] {
        let company = Company::with_sample_rulebook(1).await;
        if is_sabotaged {
            let is_limit = |condition: &tests::world::Condition| condition.expression.contains("reserved <= :limit");
            company.world.sabotage(Sabotage::strip_conditions_where(is_limit));
        }
        let day = date(2026, 12, 12);
        let read = SweepDay { day, live: 0, allowed: 20, approved: 0, reserved: 0, waiting: 0 };
        company.table().open_sweep_day(&read).await.unwrap();
        let first = company.table().reserve_deletions(&read, 15).await.unwrap();
        assert_eq!(first.map(|day| day.room()), Some(5));
        let second = company.table().reserve_deletions(&read, 15).await.unwrap();
        assert_eq!(second.is_some(), is_sabotaged);
        if !is_sabotaged {
            assert!(company.table().reserve_deletions(&read, 5).await.unwrap().is_some());
        }
        assert_eq!(company.table().sweep_day(day).await.unwrap().unwrap().reserved, expected);
        assert!(company.table().reserve_deletions(&read, 1).await.unwrap().is_some() == is_sabotaged);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_run_did_not_use_it_gives_back() {
    let company = Company::with_sample_rulebook(1).await;
    let ids = upload_calls(&company, 2).await;
    company.world.set_now(due());
    // Another run was at one of them.
    let call = company.recording(&ids[0]).await.view.call;
    let table = company.table();
    let read = table.call(&call).await.unwrap().unwrap();
    let claim = policy::call::Claim { id: "other".to_owned(), at: due(), rulebook_version: 1 };
    assert_eq!(table.claim(&read, &claim).await.unwrap(), store::WriteOutcome::Done);
    assert_eq!(company.sweep().await.unwrap().deleted, 2);
    let day = company.table().sweep_day(date(2026, 12, 12)).await.unwrap().unwrap();
    assert_eq!((day.reserved, day.waiting), (1, 0), "what another run claimed is not counted again");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_minutes_off_deletes_nothing() {
    let company = Company::with_sample_rulebook(1).await;
    let id = upload_calls(&company, 1).await.remove(0);
    company.world.set_now(due());
    for ahead_seconds in [Some(302), Some(-302), None] {
        company.world.set_aws_ahead(ahead_seconds);
        assert!(matches!(company.sweep().await, Err(sweep::SweepError::Clock)), "{ahead_seconds:?}");
        assert!(company.tombstone(&id).await.is_none());
    }
    company.world.set_aws_ahead(Some(298));
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

/// The count's job can be repeated.
#[tokio::test(start_paused = true)]
async fn counting_twice_is_counting_once() {
    let company = Company::with_sample_rulebook(1).await;
    upload_calls(&company, 2).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        company.run_job(&Job::CountCalls).await;
        seen.push(company.snapshot());
    }
    assert_eq!(seen[0], seen[1]);
}
