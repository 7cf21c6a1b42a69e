//! Deletions that begin elsewhere: what is no recording, and what a person asks to be used no more.

use serde_json::{Value, json};
use tests::company::Company;

use super::{approve, delete, requested};
use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER};

#[tokio::test(start_paused = true)]
async fn what_is_no_recording_is_ended_by_two_people_who_need_not_know_what_it_is() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload("freepbx/notes.wav", b"not a sound".to_vec(), &[]).await;
    let kept = company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    let api = Api::over(&company.world);
    // Quarantine is the admins': nobody else asks for its end.
    assert_eq!(api.ask(&delete(&id).by(SALES_MANAGER)).await.problem(), "no-such-recording");
    let deletion = requested(&api, ADMIN, &id).await;
    let waiting = api.get(AUDITOR, "/deletions").await.ok();
    let item = &waiting["items"][0];
    assert_eq!(
        (&item["id"], &item["quarantine_reason"], &item["case_id"]),
        (&json!(deletion), &json!("not_audio"), &Value::Null)
    );
    assert_eq!(api.ask(&approve(&deletion).by(ADMIN)).await.json()["reason"], "own_request", "two people");
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0);
    api.ask(&approve(&deletion).by(AUDITOR)).await.ok();
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&id).await.is_some() && api.company.tombstone(&kept).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_request_to_stop_use_leads_to_a_deletion_that_names_its_case() {
    let (api, id) = Api::with_sample(1).await;
    let memo = json!({
        "kind": "stop_use", "happened_at": "2026-11-03T14:05:00+09:00", "number": "090-1234-5678", "summary": "消去の請求",
    });
    let case = api.ask(&ApiRequest::post("/cases", &memo).by(SALES_MANAGER)).await.json()["id"].clone();
    let link = ApiRequest::post(&format!("/cases/{}/recordings", case.as_str().unwrap()), &json!({"recording_id": id}));
    api.ask(&link.by(SALES_MANAGER)).await.ok();
    let body = json!({"reason": "本人から消去の請求があった", "case_id": case});
    let ask = |body: &Value| {
        ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", &body.to_string()).by(SALES_MANAGER)
    };
    // NEVER EARLY: while the case is open it holds the call.
    assert_eq!(api.ask(&ask(&body)).await.json()["reason"], "held");
    let close = ApiRequest::post(&format!("/cases/{}/close", case.as_str().unwrap()), &json!({"outcome": "resolved"}));
    api.ask(&close.by(SALES_MANAGER)).await.ok();
    api.company.index().await;
    assert_eq!(api.ask(&ask(&json!({"reason": "x", "case_id": "the one of today"}))).await.problem(), "invalid");
    let requested = api.ask(&ask(&body)).await;
    assert_eq!((requested.status, &requested.json()["case_id"]), (202, &case));
    let event = api.audit().into_iter().rfind(|event| event["action"] == "delete").unwrap();
    assert_eq!(event["facts"]["case"], case);
}
