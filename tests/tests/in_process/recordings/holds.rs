//! Holds: who places and lifts them, what they stop, and that lifting the last one lets expiry bite at once.

use std::time::Duration;

use aws_sdk_s3::types::ObjectLockLegalHoldStatus;
use jiff::{SignedDuration, Timestamp};
use policy::custody::{self, Committed, EventKind};
use policy::hold::{Hold, HoldKind, NewHold};
use policy::holding::HoldAct;
use policy::id::RecordingId;
use policy::recording::CallReference;
use serde_json::{Value, json};
use store::{HoldOutcome, HoldRequest, Job};
use tests::company::{BUCKET, Company, sample};
use tests::world::{EVERY_FAULT, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, sample_expiry};

const WHY: &str = "係争のおそれがあるため";

fn place(id: &RecordingId) -> ApiRequest {
    ApiRequest::post(&format!("/recordings/{id}/holds"), &json!({"reason": WHY}))
}

fn lift(id: &RecordingId, hold: &str) -> ApiRequest {
    let body = json!({"reason": "和解が成立したため"}).to_string();
    ApiRequest::delete(&format!("/recordings/{id}/holds/{hold}")).body("application/json", &body)
}

async fn placed(api: &Api, login: &str, id: &RecordingId) -> String {
    let answer = api.ask(&place(id).by(login)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()["hold_id"].as_str().unwrap().to_owned()
}

async fn read(api: &Api, login: &str, id: &RecordingId) -> Answer {
    api.get(login, &format!("/recordings/{id}/holds")).await
}

fn count(answer: &Value) -> usize {
    answer["items"].as_array().unwrap().len()
}

/// Whether S3 refuses to delete the version of a recording.
async fn is_locked(company: &Company, id: &RecordingId) -> bool {
    let object = company.recording(id).await.object;
    let versions = company.world.object_versions(BUCKET, object.key.expose());
    versions.iter().find(|version| version.version_id == object.version_id).unwrap().legal_hold
}

#[tokio::test(start_paused = true)]
async fn a_manager_of_the_team_places_a_hold_and_an_admin_lifts_it() {
    let (api, id) = Api::with_sample(1).await;
    let hold = placed(&api, SALES_MANAGER, &id).await;
    let shown = read(&api, SALES_MANAGER, &id).await.ok()["items"][0].clone();
    assert_eq!((&shown["hold_id"], &shown["kind"], &shown["reason"]), (&json!(hold), &json!("legal"), &json!(WHY)));
    assert_eq!((&shown["placed_by"], &shown["until"]), (&json!(SALES_MANAGER), &Value::Null));
    for (login, reads, places, lifts) in [
        (SUPPORT_MANAGER, 404, 404, 404),
        (STAFF, 404, 404, 404),
        (AUDITOR, 404, 404, 404),
        (SALES_MANAGER, 200, 201, 403),
        (ADMIN, 200, 201, 200),
    ] {
        assert_eq!(read(&api, login, &id).await.status, reads, "{login}");
        assert_eq!(api.ask(&place(&id).by(login)).await.status, places, "{login}");
        assert_eq!(api.ask(&lift(&id, &hold).by(login)).await.status, lifts, "{login}");
    }
    let left = read(&api, ADMIN, &id).await.ok();
    assert_eq!(count(&left), 2);
    assert!(!left.to_string().contains(&hold));
    for gone in [hold.as_str(), "x", id.as_str()] {
        assert_eq!(api.ask(&lift(&id, gone).by(ADMIN)).await.problem(), "no-such-hold");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_stops_deletion_in_the_table_and_in_s3_and_lifting_the_last_one_lets_expiry_bite_at_once() {
    let (api, id) = Api::with_sample(1).await;
    let (one, two) = (placed(&api, SALES_MANAGER, &id).await, placed(&api, ADMIN, &id).await);
    assert!(is_locked(&api.company, &id).await);
    api.world().set_now(sample_expiry() + SignedDuration::from_hours(48));
    let shown = api.get(ADMIN, &format!("/recordings/{id}")).await.ok();
    assert_eq!((&shown["holds"], &shown["expires_at"]), (&json!(2), &Value::Null));
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 200);
    let summary = api.company.sweep().await.unwrap();
    assert_eq!((summary.claimed, summary.held), (0, 0), "a held call is not even nominated");

    api.ask(&lift(&id, &one).by(ADMIN)).await.ok();
    assert!(is_locked(&api.company, &id).await, "another one stands");
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 200);
    api.ask(&lift(&id, &two).by(ADMIN)).await.ok();
    assert!(!is_locked(&api.company, &id).await);
    assert_eq!(api.play(ADMIN, &id).await.problem(), "no-such-recording");
    assert_eq!(read(&api, ADMIN, &id).await.problem(), "no-such-recording");
    assert_eq!(api.company.sweep().await.unwrap().deleted, 1, "NEVER LATE: within a sweep");
    // What is left of the requests finds nothing more to do.
    api.company.index().await;
    let holds = api.world().table_items(tests::company::TABLE);
    let is_left = |item: &&Value| ["H#", "O#"].iter().any(|prefix| item["pk"].as_str().unwrap().starts_with(prefix));
    assert_eq!(holds.iter().filter(is_left).filter(|item| item["sk"] != "G").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn custody_says_who_held_it_and_why_and_the_audit_log_that_it_was_held() {
    let (api, id) = Api::with_sample(1).await;
    let hold = placed(&api, SALES_MANAGER, &id).await;
    api.ask(&lift(&id, &hold).by(ADMIN)).await.ok();
    let chain = api.chain(&id).await;
    custody::verify(&id, &chain).unwrap();
    let [.., placing, lifting] = chain.as_slice() else { panic!("{chain:?}") };
    assert_eq!((placing.event.kind, placing.event.actor.as_str()), (EventKind::HoldPlaced, SALES_MANAGER));
    assert_eq!((lifting.event.kind, lifting.event.actor.as_str()), (EventKind::HoldLifted, ADMIN));
    assert_eq!((placing.event.facts["placed"].as_str(), lifting.event.facts["lifted"].as_str()), (&*hold, &*hold));
    assert_eq!(placing.texts["reason"].text, WHY);
    for login in [AUDITOR, ADMIN] {
        let custody = api.get(login, &format!("/recordings/{id}/custody")).await.ok();
        let shown = custody["items"].as_array().unwrap().iter().rev().nth(1).unwrap();
        assert_eq!((&custody["verified"], &shown["texts"]["reason"]), (&json!(true), &json!(WHY)), "{login}");
    }
    assert!(!Value::from(api.audit()).to_string().contains(WHY));
    let actions: Vec<Value> = api.audit().iter().map(|event| event["action"].clone()).collect();
    assert!(actions.contains(&json!("hold")) && actions.contains(&json!("lift_hold")), "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_without_a_reason_or_with_an_end_that_has_passed_is_refused_and_nothing_is_written() {
    let (api, id) = Api::with_sample(1).await;
    let before = api.chain(&id).await.len();
    let path = format!("/recordings/{id}/holds");
    let long = "録".repeat(501);
    for (body, parameter) in [
        (json!({"reason": " "}), "reason"),
        (json!({"reason": long}), "reason"),
        (json!({"reason": "a\u{0}b"}), "reason"),
        (json!({"reason": WHY, "until": "2026-11-12"}), "until"),
        (json!({"reason": WHY, "until": "2026-11-01T00:00:00+09:00"}), "until"),
    ] {
        let refused = api.ask(&ApiRequest::post(&path, &body).by(ADMIN)).await;
        assert_eq!((refused.status, &refused.json()["parameter"]), (400, &json!(parameter)), "{body}");
    }
    assert_eq!(api.ask(&ApiRequest::post(&path, &json!({"why": WHY})).by(ADMIN)).await.problem(), "wrong-fields");
    assert_eq!(api.chain(&id).await.len(), before);
    for _ in 0..12 {
        placed(&api, ADMIN, &id).await;
    }
    assert_eq!(api.ask(&place(&id).by(ADMIN)).await.problem(), "too-many-holds");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_twice_places_one_hold() {
    let (api, id) = Api::with_sample(1).await;
    let twice = place(&id).by(ADMIN).with_request_id("the-same");
    let answers = [api.ask(&twice).await.json()["hold_id"].clone(), api.ask(&twice).await.json()["hold_id"].clone()];
    assert_eq!(answers[0], answers[1]);
    assert_eq!(count(&read(&api, ADMIN, &id).await.ok()), 1);
    assert_eq!(api.chain(&id).await.iter().filter(|link| link.event.kind == EventKind::HoldPlaced).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_ends_by_itself_counts_to_its_last_second_and_is_gone_within_the_hour() {
    let (api, id) = Api::with_sample(1).await;
    let until = sample_expiry() + SignedDuration::from_hours(5);
    let body = json!({"reason": WHY, "until": until.to_string()});
    let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/holds"), &body).by(ADMIN)).await;
    assert_eq!(answer.json()["until"], "2026-12-04T05:00:00+09:00");
    api.world().set_now(until - SignedDuration::from_nanos(1));
    assert_eq!(api.play(ADMIN, &id).await.status, 200);
    assert_eq!(api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["expires_at"], "2026-12-04T05:00:00+09:00");
    api.company.run_schedule("roll_up").await;
    assert!(is_locked(&api.company, &id).await, "NEVER EARLY");
    api.world().set_now(until);
    assert_eq!(api.play(ADMIN, &id).await.problem(), "no-such-recording");
    assert_eq!(api.company.sweep().await.unwrap().deleted, 0, "S3 holds it until `jobs` has looked");
    api.world().advance(Duration::from_secs(1));
    api.company.run_schedule("roll_up").await;
    let ended = api.chain(&id).await.last().unwrap().clone();
    assert_eq!((ended.event.kind, ended.event.actor.as_str()), (EventKind::HoldLifted, "jobs"));
    assert_eq!(api.company.sweep().await.unwrap().deleted, 1);
}

/// What a test asks of the table by itself.
fn act(company: &Company, name: &str) -> HoldAct {
    let reason = Some(Committed { salt: "00".repeat(16), text: WHY.to_owned() });
    HoldAct { at: company.world.now(), actor: ADMIN.to_owned(), operation: name.to_owned(), reason }
}

fn hold_of(company: &Company, call: &CallReference, kind: HoldKind, owner: &str) -> Hold {
    let placed_at = company.world.now();
    let until = (kind == HoldKind::Provisional).then(|| placed_at + SignedDuration::from_hours(24 * 7));
    let reason = Committed { salt: "00".repeat(16), text: WHY.to_owned() };
    let new = NewHold { kind, reason, owner, placed_by: ADMIN, placed_at, until, operation: owner };
    Hold::new(&call.id, new).unwrap()
}

async fn rulebook(company: &Company) -> std::sync::Arc<policy::rulebook::Rulebook> {
    let rulebooks = store::Rulebooks::new(&company.connection(), Company::rulebooks_config());
    rulebooks.in_force(company.world.now()).await.unwrap()
}

async fn upload_leg(company: &Company, key: &str, call: &str, at: &str) -> RecordingId {
    let metadata = [("call-id", call), ("started-at", at), ("direction", "inbound"), ("extension", "201")];
    company.upload(key, sample("other/upload/rec_0001.flac"), &metadata).await
}

const AT: &str = "2026-11-12T10:00:00+09:00";

#[tokio::test(start_paused = true)]
async fn whatever_joins_a_held_call_is_held_in_the_table_and_in_s3_and_so_is_every_other_life() {
    let api = Api::new(1).await;
    let company = &api.company;
    let first = upload_leg(company, "other/1.flac", "x", AT).await;
    let other_life = upload_leg(company, "other/2.flac", "x", "2026-11-10T10:00:00+09:00").await;
    assert_ne!(company.recording(&first).await.view.call, company.recording(&other_life).await.view.call);
    let hold = placed(&api, SALES_MANAGER, &first).await;
    assert!(is_locked(company, &other_life).await, "for all lives of the call");
    let joined = upload_leg(company, "other/3.flac", "x", AT).await;
    let sidecar = company.upload("other/1.flac.json", r#"{"notice": "form"}"#, &[]).await;
    let duplicate = upload_leg(company, "other/1.flac", "x", AT).await;
    let third_life = upload_leg(company, "other/4.flac", "x", "2026-11-08T10:00:00+09:00").await;
    let linked = upload_leg(company, "other/5.flac", "y", AT).await;
    // A leg of a held call is linked to another call, and takes the hold along.
    company.upload("other/3.flac.json", r#"{"linked_id": "y"}"#, &[]).await;
    assert_eq!(company.recording(&joined).await.view.call, company.recording(&linked).await.view.call);
    for id in [&first, &other_life, &joined, &sidecar, &duplicate, &third_life, &linked] {
        let view = company.recording(id).await.view;
        let call = company.table().call(&view.call).await.unwrap().unwrap();
        assert!(call.holds.contains(&hold.parse().unwrap()), "{id}");
        assert!(is_locked(company, id).await, "{id}");
    }
    // Lifted once, it is lifted everywhere.
    api.ask(&lift(&linked, &hold).by(ADMIN)).await.ok();
    company.index().await;
    for id in [&first, &other_life, &joined, &sidecar, &duplicate, &third_life, &linked] {
        assert!(!is_locked(company, id).await, "{id}");
    }
    company.world.set_now("2027-01-31T00:00:00+09:00".parse::<Timestamp>().unwrap());
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty(), "NEVER LATE: {:?}", company.versions());
}

#[tokio::test(start_paused = true)]
async fn a_memo_holds_for_some_days_a_case_takes_over_and_lifts_all_of_its_holds() {
    let api = Api::new(1).await;
    let company = &api.company;
    let (table, rules) = (company.table(), rulebook(company).await);
    let [one, other] =
        [upload_leg(company, "other/1.flac", "x", AT).await, upload_leg(company, "other/2.flac", "y", AT).await];
    let mut placed = Vec::new();
    for id in [&one, &other] {
        let call = company.recording(id).await.view.call;
        let hold = hold_of(company, &call, HoldKind::Provisional, "memo");
        let request = HoldRequest { act: act(company, "memo"), audit: None, rulebook: &rules };
        for _ in 0..2 {
            assert_eq!(table.place_hold(&call, hold.clone(), &request).await.unwrap(), HoldOutcome::Done);
        }
        placed.push((id, call, hold.id));
    }
    for (id, call, provisional) in &placed {
        let hold = hold_of(company, call, HoldKind::Case, "case");
        let request = HoldRequest { act: act(company, "case"), audit: None, rulebook: &rules };
        for _ in 0..2 {
            let outcome = table.exchange_hold(call, provisional, &hold, &request).await.unwrap();
            assert_eq!(outcome, HoldOutcome::Done, "TWICE IS ONCE");
        }
        table.secure_holds(&store::Objects::new(&company.connection()), &call.id).await.unwrap();
        assert!(is_locked(company, id).await);
        let view = company.recording(id).await.view;
        assert_eq!(view.holds.ids().collect::<Vec<_>>(), [&hold.id]);
        let kinds: Vec<EventKind> = api.chain(id).await.iter().map(|link| link.event.kind).collect();
        assert_eq!(kinds[kinds.len() - 2..], [EventKind::HoldPlaced, EventKind::HoldExchanged]);
        assert_eq!(api.ask(&lift(id, hold.id.as_str()).by(ADMIN)).await.problem(), "held-by-a-case");
    }
    company.world.set_now("2026-12-20T00:00:00+09:00".parse::<Timestamp>().unwrap());
    company.run_schedule("roll_up").await;
    assert_eq!(company.sweep().await.unwrap().deleted, 0, "NEVER EARLY");
    let request = HoldRequest { act: act(company, "close"), audit: None, rulebook: &rules };
    let lifted = table.lift_holds_of("case", &request).await.unwrap();
    assert_eq!(lifted.len(), 2);
    for call in lifted {
        company.run_job(&Job::FollowHolds { call }).await;
    }
    assert_eq!(company.sweep().await.unwrap().deleted, 2, "NEVER LATE");
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_while_a_hold_is_placed_what_is_answered_stands_and_jobs_finishes_the_rest() {
    let arrange = async || {
        let (api, _) = Api::with_sample(1).await;
        api.warm().await;
        api.company.world
    };
    let id = Api::with_sample(1).await.1;
    let at = sample_expiry();
    let tried = for_every_fault(
        EVERY_FAULT,
        arrange,
        async |world| Api::over(world).ask(&place(&id).by(SALES_MANAGER)).await.status,
        async |world, fault, status| {
            world.clear_faults();
            let api = Api::of(Company::of(world.clone()));
            // A message that was sent before anything was written is delivered whatever became of the request.
            api.company.index().await;
            let view = api.company.recording(&id).await.view;
            let call = api.company.table().call(&view.call).await.unwrap().unwrap();
            assert_eq!(view.holds, call.holds, "{fault:?}");
            assert!(status != 201 || !call.holds.is_empty(), "{fault:?}");
            assert_eq!(is_locked(&api.company, &id).await, !call.holds.is_empty(), "both walls, or none: {fault:?}");
            custody::verify(&id, &api.chain(&id).await).unwrap();
            world.set_now(at);
            api.company.sweep().await.unwrap();
            assert_eq!(api.company.tombstone(&id).await.is_none(), !call.holds.is_empty(), "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 20, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn what_s3_holds_without_a_hold_of_ours_is_parked_and_hides_no_other() {
    let (api, id) = Api::with_sample(1).await;
    let object = api.company.recording(&id).await.object;
    aws_sdk_s3::Client::new(&api.world().sdk_config())
        .put_object_legal_hold()
        .bucket(BUCKET)
        .key(object.key.expose())
        .version_id(&object.version_id)
        .legal_hold(aws_sdk_s3::types::ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build())
        .send()
        .await
        .unwrap();
    api.world().set_now(sample_expiry());
    assert_eq!(api.company.sweep().await.unwrap().refused, 1);
    // A claimed call has no hold: what stands in S3 by mistake is taken away.
    let call = api.company.recording(&id).await.view.call.id;
    api.company.run_job(&Job::FollowHolds { call }).await;
    api.world().advance(Duration::from_secs(900));
    assert_eq!(api.company.sweep().await.unwrap().deleted, 1);
}
