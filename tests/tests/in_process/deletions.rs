//! Deletion on request: two people agree, and the whole call is gone within minutes, with proof.

mod ended;
mod numbers;
mod origin_copy;
mod proofs;
pub(crate) mod races;

use jiff::SignedDuration;
use policy::hold::Holds;
use policy::id::RecordingId;
use policy::recording::Tombstone;
use serde_json::{Value, json};
use tests::company::{Company, TABLE, failed, sample, sample_rulebook};
use tests::world::World;

use crate::api::{
    ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF, SUPPORT_MANAGER, made, one_hold,
    sample_expiry,
};

const SECOND_ADMIN: &str = "hayashi";

fn reason() -> Value {
    json!({"reason": "本人から利用停止の請求があった"})
}

/// Asks for the deletion of a recording's call.
fn delete(id: &RecordingId) -> ApiRequest {
    ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", &reason().to_string())
}

fn approve(deletion: &str) -> ApiRequest {
    ApiRequest::delete(&format!("/deletions/{deletion}/approve")).with_method("POST")
}

fn refuse(deletion: &str) -> ApiRequest {
    ApiRequest::post(&format!("/deletions/{deletion}/refuse"), &json!({"reason": "契約の証拠なので残す"}))
}

async fn requested(api: &Api, login: &str, id: &RecordingId) -> String {
    // Two worlds of one seed have the same requests.
    let answer = api.ask(&delete(id).by(login).with_request_id(&format!("request-of-{id}"))).await;
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn approved(api: &Api, id: &RecordingId) -> String {
    let deletion = requested(api, SALES_MANAGER, id).await;
    api.ask(&approve(&deletion).by(AUDITOR).with_request_id(&format!("approval-of-{id}"))).await.ok();
    deletion
}

async fn ids_of(api: &Api, state: &str) -> Vec<String> {
    let page = api.get(AUDITOR, &format!("/deletions?state={state}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Why a request was refused: the problem's word, and its reason.
fn why(answer: &Answer) -> (u16, String, Value) {
    (answer.status, answer.problem(), answer.json()["reason"].clone())
}

/// The request's item of the table.
fn request_item(world: &World) -> Option<Value> {
    world.table_items(TABLE).into_iter().find(|item| item["sk"] == "D")
}

/// Sets how many holds stand on a recording's call.
async fn set_holds(api: &Api, id: &RecordingId, holds: u32) {
    api.change(id, |recording, call| {
        let holds = if holds == 0 { Holds::default() } else { one_hold() };
        recording.view.holds.clone_from(&holds);
        call.holds = holds;
    })
    .await;
}

async fn tombstone(api: &Api, id: &RecordingId) -> Tombstone {
    api.company.tombstone(id).await.expect("it is deleted")
}

#[tokio::test(start_paused = true)]
async fn what_a_second_person_approves_is_gone_with_the_next_sweep_sidecar_and_duplicate_too() {
    let (api, id) = Api::with_sample(1).await;
    let sidecar = api.company.upload(&format!("{SAMPLE}.json"), b"{}".to_vec(), &[]).await;
    let duplicate = api.company.upload(SAMPLE, sample(SAMPLE), &[]).await;
    let asked = api.ask(&delete(&id).by(SALES_MANAGER)).await;
    assert_eq!(asked.status, 202);
    let request = asked.json();
    assert_eq!((&request["state"], &request["recordings"]), (&json!("waiting"), &json!([id.as_str()])));
    assert_eq!(request["approvers"], json!(["hayashi", "ono", "yamada"]));
    assert_eq!(request["requested_by_name"], "加藤 恵");
    let deletion = request["id"].as_str().unwrap();

    // Nothing is deleted before somebody else approves.
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0);
    let listed = api.get(AUDITOR, "/deletions").await.ok();
    assert_eq!(listed["items"], json!([request]));
    let approved = api.ask(&approve(deletion).by(AUDITOR)).await.ok();
    assert_eq!((&approved["state"], &approved["decided_by"]), (&json!("approved"), &json!(AUDITOR)));
    assert_eq!((ids_of(&api, "waiting").await.len(), ids_of(&api, "approved").await), (0, vec![deletion.to_owned()]));

    let summary = api.company.sweep().await.unwrap();
    assert_eq!((summary.claimed, summary.deleted), (1, 3));
    assert!(api.company.versions().is_empty());
    let proof = tombstone(&api, &id).await;
    let roles = proof.requested.expect("it says that it was requested");
    assert_eq!((roles.requested_by.as_str(), roles.approved_by.as_str()), ("manager", "auditor"));
    for dependant in [&sidecar, &duplicate] {
        assert!(tombstone(&api, dependant).await.requested.is_some());
    }
    let gone = api.get(ADMIN, &format!("/recordings/{id}")).await;
    assert_eq!((gone.status, gone.problem().as_str()), (410, "deleted"));
    assert_eq!(
        gone.json()["deleted"]["requested"],
        json!({"requested_by": "manager", "approved_by": "auditor"}),
        "by their roles, not by name"
    );
    // NEVER LATE: neither the request nor its reason stays.
    assert_eq!(request_item(api.world()), None);
    assert!(ids_of(&api, "approved").await.is_empty());
    let custody = api.get(AUDITOR, &format!("/recordings/{id}/custody")).await.ok();
    assert_eq!(custody["verified"], true);
    let events = custody["items"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[kinds.len() - 3..], ["deletion_requested", "deletion_approved", "deleted"]);
    assert!(events.iter().all(|event| event["texts"] == json!({})));
    assert!(events[kinds.len() - 3..].iter().all(|event| event["facts"]["request"] == deletion));
}

#[tokio::test(start_paused = true)]
async fn what_expires_by_itself_says_nothing_of_a_request() {
    let (api, id) = Api::with_sample(1).await;
    requested(&api, SALES_MANAGER, &id).await;
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    assert_eq!(tombstone(&api, &id).await.requested, None);
    assert_eq!(request_item(api.world()), None, "a request ends with its call");
}

#[tokio::test(start_paused = true)]
async fn two_people_decide_and_nobody_who_was_on_the_call() {
    let (api, id) = Api::with_sample(1).await;
    // An admin who answered the call himself.
    api.change(&id, |recording, _| recording.view.staff = Some(SECOND_ADMIN.to_owned())).await;
    let deletion = requested(&api, ADMIN, &id).await;
    for (login, status, problem, reason) in [
        (ADMIN, 403, "not-allowed", json!("own_request")),
        (SECOND_ADMIN, 403, "not-allowed", json!("on_the_call")),
        (SALES_MANAGER, 403, "no-deletions", Value::Null),
        (STAFF, 403, "no-deletions", Value::Null),
    ] {
        let answer = api.ask(&approve(&deletion).by(login)).await;
        assert_eq!(why(&answer), (status, problem.to_owned(), reason), "{login}");
    }
    let listed = api.get(ADMIN, "/deletions").await.ok();
    assert_eq!(listed["items"][0]["approvers"], json!(["ono"]));
    api.ask(&approve(&deletion).by(AUDITOR)).await.ok();
    // It is decided once.
    let again = api.ask(&approve(&deletion).by(AUDITOR)).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "deletion-decided"));
    assert_eq!(again.json()["deletion_state"], "approved");
    let late = api.ask(&refuse(&deletion).by(ADMIN)).await;
    assert_eq!((late.status, late.problem().as_str()), (409, "deletion-decided"));
}

#[tokio::test(start_paused = true)]
async fn those_who_do_not_decide_learn_nothing_of_a_request() {
    let (api, id) = Api::with_sample(1).await;
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    let absent = "a".repeat(26);
    for login in [SALES_MANAGER, SUPPORT_MANAGER, STAFF] {
        api.warm().await;
        for ask in [approve, refuse] {
            let mut alike = Vec::new();
            for one in [&deletion, &absent, &"x".to_owned()] {
                api.world().take_calls();
                alike.push((api.ask(&ask(one).by(login)).await.without_request_id(), api.take_kinds()));
            }
            assert!(alike.iter().all(|one| *one == alike[0]), "{login}");
        }
        assert_eq!(api.get(login, "/deletions").await.problem(), "no-deletions");
    }
    for ask in [approve, refuse] {
        assert_eq!(api.ask(&ask(&absent).by(AUDITOR)).await.problem(), "no-such-deletion");
    }
    let events = api.audit();
    assert!(events.iter().any(|event| event["action"] == "approve" && event["outcome"] == "refused"));
}

#[tokio::test(start_paused = true)]
async fn under_a_hold_it_is_refused_when_requested_when_approved_and_by_the_sweep() {
    let (api, id) = Api::with_sample(1).await;
    set_holds(&api, &id, 1).await;
    let held = (403, "not-allowed".to_owned(), json!("held"));
    assert_eq!(why(&api.ask(&delete(&id).by(SALES_MANAGER)).await), held);
    set_holds(&api, &id, 0).await;
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    set_holds(&api, &id, 1).await;
    assert_eq!(why(&api.ask(&approve(&deletion).by(AUDITOR)).await), held);
    set_holds(&api, &id, 0).await;
    api.ask(&approve(&deletion).by(AUDITOR)).await.ok();
    set_holds(&api, &id, 1).await;
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0, "NEVER EARLY");
    assert_eq!(api.company.versions().len(), 1);
    // It waits for the end of the hold, and needs no other approval then.
    set_holds(&api, &id, 0).await;
    assert_eq!(api.company.sweep().await.unwrap().deleted, 1);
}

/// A leg with the call id of another, under a name of its own.
fn leg(call: &str) -> [(&str, &str); 4] {
    [("call-id", call), ("started-at", "2026-11-12T10:00:00+09:00"), ("direction", "inbound"), ("extension", "201")]
}

async fn leg_of(company: &Company, key: &str) -> RecordingId {
    company.upload(key, [sample(SAMPLE), key.as_bytes().to_vec()].concat(), &leg("x")).await
}

#[tokio::test(start_paused = true)]
async fn a_request_covers_the_recordings_it_names_and_no_later_one() {
    let api = Api::new(1).await;
    let first = leg_of(&api.company, "other/a.wav").await;
    let second = leg_of(&api.company, "other/b.wav").await;
    let answer = api.ask(&delete(&first).by(SALES_MANAGER)).await.json();
    let mut named = [first.as_str(), second.as_str()];
    named.sort_unstable();
    assert_eq!(answer["recordings"], json!(named), "the whole call");
    let deletion = answer["id"].as_str().unwrap();
    // One that joins before the approval makes the request void.
    let third = leg_of(&api.company, "other/c.wav").await;
    let changed = api.ask(&approve(deletion).by(AUDITOR)).await;
    assert_eq!((changed.status, changed.problem().as_str()), (409, "call-changed"));
    let refused = api.ask(&refuse(deletion).by(AUDITOR)).await.ok();
    assert_eq!((&refused["state"], &refused["reason"]), (&json!("refused"), &Value::Null));
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0);
    // One that comes after it opens the call's next life.
    approved(&api, &third).await;
    let fourth = leg_of(&api.company, "other/d.wav").await;
    assert_eq!(api.company.recording(&fourth).await.view.call.incarnation, 1);
    assert_eq!(api.company.sweep().await.unwrap().deleted, 3);
    assert_eq!(api.company.versions().len(), 1, "NEVER EARLY: the late one has a period of its own");
    api.get(SALES_MANAGER, &format!("/recordings/{fourth}")).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_manager_requests_no_call_that_has_a_recording_of_another_team() {
    let api = Api::new(1).await;
    let at = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let (own, mut other) = (made(1, at), made(2, at));
    other.view.call = own.view.call.clone();
    other.view.team = Some("support".to_owned());
    api.put(&own).await;
    api.put(&other).await;
    let refused = api.ask(&delete(&own.view.id).by(SALES_MANAGER)).await;
    assert_eq!(why(&refused), (403, "not-allowed".to_owned(), json!("others_recordings")));
    assert!(!String::from_utf8_lossy(&refused.bytes).contains(other.view.id.as_str()));
    requested(&api, ADMIN, &own.view.id).await;
    // And one request stands at a time.
    for login in [SUPPORT_MANAGER, SECOND_ADMIN] {
        let second = api.ask(&delete(&other.view.id).by(login)).await;
        assert_eq!((second.status, second.problem().as_str()), (409, "deletion-requested"));
        assert_eq!(json!([second.json()["deletion_id"]]), json!(ids_of(&api, "waiting").await));
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_could_approve_the_answer_says_what_to_do() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let alone = staff.lines().filter(|line| !line.starts_with("hayashi,") && !line.starts_with("ono,"));
    company.publish(&policy, &(alone.collect::<Vec<_>>().join("\n") + "\n")).await;
    let id = company.upload_sample(SAMPLE).await;
    let api = Api::of(company);
    let answer = api.ask(&delete(&id).by(ADMIN)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "no-approver"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("a second admin"), "{}", answer.json());
    // A manager's request can be approved by the one admin.
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    api.ask(&approve(&deletion).by(ADMIN)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn the_same_request_twice_is_one_and_so_is_the_same_decision() {
    for is_approved in [true, false] {
        let (api, id) = Api::with_sample(1).await;
        let ask = delete(&id).by(SALES_MANAGER).with_request_id("one");
        let first = api.ask(&ask).await.json();
        let state = api.world().table_items(TABLE);
        assert_eq!(api.ask(&ask).await.json(), first);
        assert_eq!(api.world().table_items(TABLE), state);
        let deletion = first["id"].as_str().unwrap();
        let decision = if is_approved { approve(deletion) } else { refuse(deletion) };
        let decision = decision.by(AUDITOR).with_request_id("two");
        let decided = api.ask(&decision).await.ok();
        let state = api.world().table_items(TABLE);
        assert_eq!(api.ask(&decision).await.ok(), decided);
        assert_eq!(api.world().table_items(TABLE), state);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_requests_goes_on_where_the_one_before_ended() {
    let api = Api::new(1).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let recording = made(number, "2026-11-12T10:00:00+09:00".parse().unwrap());
        api.put(&recording).await;
        api.world().advance(std::time::Duration::from_secs(1));
        expected.push(requested(&api, ADMIN, &recording.view.id).await);
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(AUDITOR, &format!("/deletions?state=waiting&limit=2{cursor}")).await.ok();
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, expected, "oldest first, each once");
    for query in ["state=refused", "limit=0", "cursor=x", "day=2026-11-03"] {
        assert_eq!(api.get(AUDITOR, &format!("/deletions?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_expired_claimed_or_gone_can_not_be_requested_or_approved() {
    let (api, id) = Api::with_sample(1).await;
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    api.world().set_now(sample_expiry());
    assert_eq!(api.ask(&delete(&id).by(ADMIN)).await.problem(), "no-such-recording");
    assert_eq!(api.ask(&approve(&deletion).by(AUDITOR)).await.problem(), "no-such-deletion");
    api.company.sweep().await.unwrap();
    assert_eq!(api.ask(&delete(&id).by(ADMIN)).await.problem(), "deleted");
    assert_eq!(api.ask(&approve(&deletion).by(AUDITOR)).await.problem(), "no-such-deletion");

    let (api, id) = Api::with_sample(2).await;
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    let claim = policy::call::Claim { id: "run".to_owned(), at: api.world().now(), rulebook_version: 1 };
    let call = api.company.recording(&id).await.view.call;
    let call = api.company.table().call(&call).await.unwrap().unwrap();
    let why = "the call is claimed by hand, weeks before its end";
    api.company.leaves(tests::monitor::Rule::NeverEarly, why);
    api.company.table().claim(&call, &claim).await.unwrap();
    assert_eq!(api.ask(&delete(&id).by(ADMIN)).await.problem(), "no-such-recording");
    assert_eq!(api.ask(&approve(&deletion).by(AUDITOR)).await.problem(), "no-such-deletion");
}

#[tokio::test(start_paused = true)]
async fn an_approved_deletion_that_time_left_over_is_late_only_after_its_promise() {
    let (api, id) = Api::with_sample(1).await;
    approved(&api, &id).await;
    let context = api.company.sweep_context();
    let stop_at = api.world().now();
    let summary = sweep::run(&context, "run-1", stop_at).await.unwrap();
    assert_eq!((summary.left, summary.overdue), (1, 0));
    api.world().advance(std::time::Duration::from_hours(7));
    let summary = sweep::run(&context, "run-2", api.world().now() - SignedDuration::from_secs(1)).await.unwrap();
    assert_eq!((summary.left, summary.overdue), (1, 1));
}

/// A company in which the sample's call waits to be deleted.
async fn with_a_request() -> (World, RecordingId, String) {
    let (api, id) = Api::with_sample(1).await;
    let deletion = requested(&api, SALES_MANAGER, &id).await;
    (api.company.world, id, deletion)
}

/// Puts a further leg of the call of [`leg_of`], and what `index` is told of it.
async fn late_leg(company: &Company, key: &str) -> Vec<String> {
    let version = company.put(key, [sample(SAMPLE), key.as_bytes().to_vec()].concat(), &leg("x"));
    assert_eq!(failed(&company.ingest(key, &version).await), 0);
    company.world.take_messages(tests::company::QUEUE)
}
