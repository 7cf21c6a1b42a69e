//! From a memo to the close, and to the end of the case.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use policy::custody::{self, EventKind};
use serde_json::{Value, json};

use super::common::{COLLEAGUE, SUMMARY, actions, closing, linking, listed, memo, read, with, write};
use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, STAFF};

#[tokio::test(start_paused = true)]
async fn a_memo_becomes_a_case_that_its_manager_finds_links_and_closes_each_step_on_record() {
    let (api, recording) = Api::with_sample(1).await;
    // The call is ten days old: its own member may not see it any more, and writes the memo all the same.
    assert_eq!(api.get(STAFF, &format!("/recordings/{recording}")).await.status, 404);
    let case = write(&api, STAFF, &memo()).await;
    let own = read(&api, STAFF, &case).await.ok();
    assert_eq!((&own["summary"], &own["state"], &own["candidates"]), (&json!(SUMMARY), &json!("new"), &json!([])));
    assert_eq!(
        (&own["writer_name"], &own["team"], &own["owner"]),
        (&json!("佐藤 花子"), &json!("sales"), &Value::Null)
    );
    assert_eq!(listed(&api, SALES_MANAGER, "?state=new").await, [case.as_str()]);
    let found = read(&api, SALES_MANAGER, &case).await.ok();
    assert_eq!(found["candidates"][0]["recording_id"], json!(recording));
    assert_eq!(found["candidates"][0]["reasons"], json!(["number", "last4", "time"]));
    let linked = api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.ok();
    assert_eq!((&linked["recordings"], &linked["candidates"]), (&json!([recording]), &json!([])));
    assert_eq!((&linked["state"], &linked["owner"]), (&json!("in_progress"), &json!(SALES_MANAGER)));
    assert_eq!(read(&api, STAFF, &case).await.ok()["recordings"], json!([]), "what one may not view is not named");
    let reasoned = json!({"outcome": "resolved", "reason": "ご説明し、ご了承いただいた。"});
    let closed = api.ask(&ApiRequest::post(&format!("/cases/{case}/close"), &reasoned).by(SALES_MANAGER)).await.ok();
    assert_eq!((&closed["state"], &closed["closed_by"]), (&json!("closed"), &json!(SALES_MANAGER)));
    assert_eq!((&closed["outcome"], &closed["outcome_reason"]), (&json!("resolved"), &reasoned["reason"]));
    assert_eq!(closed["ends_at"], "2027-11-13T09:00:00+09:00");
    for (state, expected) in [("new", 0), ("in_progress", 0), ("closed", 1)] {
        for login in [ADMIN, SALES_MANAGER, STAFF] {
            assert_eq!(listed(&api, login, &format!("?state={state}")).await.len(), expected, "{login} {state}");
        }
    }
    let chain = api.chain(&recording).await;
    custody::verify(&recording, &chain).unwrap();
    let last = &chain.last().unwrap().event;
    assert_eq!((last.kind, last.actor.as_str()), (EventKind::LinkedToCase, SALES_MANAGER));
    assert_eq!(last.facts["case"], case);
    let written: Vec<_> = actions(&api).into_iter().map(|(staff, action, _)| format!("{staff} {action}")).collect();
    for step in ["sato write_memo", "kato list_cases", "kato view_case", "kato link_recording", "kato close_case"] {
        assert!(written.iter().any(|event| event == step), "{step}: {written:?}");
    }
    assert!(!Value::from(api.audit()).to_string().contains("請求額"), "the audit log has no words of a memo");
}

#[tokio::test(start_paused = true)]
async fn what_a_memo_may_not_say_is_named_and_nothing_is_written() {
    let api = Api::new(1).await;
    let long = "録".repeat(2_001);
    for (changes, parameter) in [
        (json!({"happened_at": null}), "happened_at"),
        (json!({"from": "2026-11-03"}), "happened_at"),
        (json!({"happened_at": null, "from": "2026-11-04", "to": "2026-11-02"}), "happened_at"),
        (json!({"happened_at": null, "from": "2026-10-01", "to": "2026-11-03"}), "happened_at"),
        (json!({"happened_at": "2026-11-13T09:00:01+09:00"}), "happened_at"),
        (json!({"happened_at": "yesterday 14"}), "happened_at"),
        (json!({"number": "call me back"}), "number"),
        (json!({"last4": "56789"}), "last4"),
        (json!({"staff": ""}), "staff"),
        (json!({"team": "a\nb"}), "team"),
        (json!({"summary": " \n"}), "summary"),
        (json!({"summary": long}), "summary"),
        (json!({"summary": "a\u{0}b"}), "summary"),
    ] {
        for language in ["en", "ja"] {
            let ask = ApiRequest::post("/cases", &with(&changes)).by(STAFF).header("accept-language", language);
            let refused = api.ask(&ask).await;
            assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"), "{changes}");
            assert_eq!(refused.json()["parameter"], parameter, "{changes}");
        }
    }
    for changes in [json!({"kind": "gossip"}), json!({"summary": null}), json!({"more": 1})] {
        assert_eq!(api.ask(&ApiRequest::post("/cases", &with(&changes)).by(STAFF)).await.problem(), "wrong-fields");
    }
    assert_eq!(listed(&api, ADMIN, "").await, [""; 0]);
    for changes in [
        json!({"number": null}),
        json!({"number": "非通知"}),
        json!({"number": null, "last4": "5678", "staff": STAFF}),
        json!({"happened_at": "2026-11-03"}),
        json!({"happened_at": null, "from": "2026-10-03", "to": "2026-11-02"}),
    ] {
        write(&api, STAFF, &with(&changes)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_comes_in_pages_each_case_once_newest_first() {
    let api = Api::new(1).await;
    let mut written = Vec::new();
    for number in 0..7 {
        let writer = [STAFF, SALES_MANAGER, COLLEAGUE][number % 3];
        written.push(write(&api, writer, &memo()).await);
        api.world().set_now(api.world().now() + SignedDuration::from_secs(1));
    }
    written.reverse();
    for login in [ADMIN, SALES_MANAGER] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = api.get(login, &format!("/cases?limit=3{cursor}")).await.ok();
            found.extend(page["items"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, written, "{login}");
    }
    for query in ["state=old", "limit=0", "cursor=x", "kind=complaint"] {
        assert_eq!(api.get(ADMIN, &format!("/cases?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_case_ends_a_year_after_its_close_and_is_shown_to_nobody_from_that_second() {
    let (api, recording) = Api::with_sample(1).await;
    let case = write(&api, STAFF, &memo()).await;
    api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.ok();
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    let items: Vec<Value> = api.company.snapshot();
    let items = items.iter().filter(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with("J#")));
    let ends: BTreeSet<String> = items.map(|item| item["expires_epoch_seconds"].to_string().replace('"', "")).collect();
    let end = "2027-11-13T09:00:00+09:00".parse::<Timestamp>().unwrap().as_second().to_string();
    assert_eq!(ends, BTreeSet::from([end]), "every item of it ends by itself");
    api.world().set_now("2027-11-13T08:59:59+09:00".parse().unwrap());
    assert_eq!(read(&api, ADMIN, &case).await.status, 200);
    api.world().set_now("2027-11-13T09:00:00+09:00".parse().unwrap());
    assert_eq!(read(&api, ADMIN, &case).await.problem(), "no-such-case");
    assert_eq!(listed(&api, ADMIN, "").await, [""; 0]);
}
