//! What a request may not bring, what a link does not pass on, and what the audit says of where a request came from.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, made};
use tests::company::ADMIN_LOGIN;
use tests::monitor::Rule;

#[tokio::test(start_paused = true)]
async fn an_encoding_that_the_uploader_named_never_reaches_the_listener() {
    let (api, id) = Api::with_sample(1).await;
    let answer = api.play(SALES_MANAGER, &id).await.ok();
    assert!(answer["url"].as_str().unwrap().contains("response-content-encoding=identity"));
}

#[tokio::test(start_paused = true)]
async fn no_reason_and_no_note_turns_around_or_hides_what_stands_beside_it() {
    let (api, id) = Api::with_sample(1).await;
    for text in ["\u{202e}fdp.exe", "a\u{2066}b\u{2069}", "bell\u{7}", "two\rlines", "\u{1b}[2J"] {
        let body = json!({"use": "evidence", "reason": text});
        let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(SALES_MANAGER)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid"), "{text:?}");
        let note = api
            .ask(&ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": text})).by(SALES_MANAGER))
            .await;
        assert_eq!((note.status, note.problem().as_str()), (400, "invalid"), "{text:?}");
    }
    let body = json!({"use": "evidence", "reason": "見積の金額の確認 👨‍👩‍👧"});
    let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &body).by(SALES_MANAGER)).await;
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_event_says_where_its_request_came_from_and_which_sign_in_it_was_of() {
    let api = Api::new(1).await;
    let ask = |session: &str| {
        let claims = json!({"token_use": "access", "username": "kato", "origin_jti": session, "jti": "of this token"});
        ApiRequest::get("/recordings").with_claims(claims)
    };
    for session in ["one", "one", "two"] {
        api.ask(&ask(session)).await.ok();
    }
    let page = api.get(ADMIN, "/audit?action=search").await.ok();
    let origins: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["origin"]).collect();
    assert_eq!((&origins[0]["address"], &origins[0]["user_agent"]), (&json!("192.0.2.1"), &json!("test")));
    assert_eq!(origins[1]["session"], origins[2]["session"]);
    assert_ne!(origins[0]["session"], origins[1]["session"]);
    assert!(!page.to_string().contains("of this token"));
}

#[tokio::test(start_paused = true)]
async fn reading_the_rulebook_with_everybodys_numbers_leaves_an_event() {
    let api = Api::new(1).await;
    assert_eq!(api.get(ADMIN_LOGIN, "/rulebook").await.status, 200);
    let event = api.audit().pop().unwrap();
    assert_eq!((&event["action"], &event["outcome"]), (&json!("read_rulebook"), &json!("permitted")));
    assert_eq!(event["facts"], json!({"version": "1"}));
}

#[tokio::test(start_paused = true)]
async fn no_url_is_made_for_another_bucket() {
    let api = Api::new(1).await;
    api.company.leaves(Rule::LivesOn, "reconciliation looks in vain in the other bucket");
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let mut recording = made(1, at);
    recording.object.bucket = "somebody-elses".to_owned();
    recording.view.id = recording.object.id();
    api.put(&recording).await;
    assert_eq!(api.play(ADMIN, &recording.view.id).await.status, 500);
}
