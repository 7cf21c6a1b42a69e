//! What the report of what is kept says of holds.

use std::time::Duration;

use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::sample;

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF};

async fn held(api: &Api, login: &str) -> Value {
    api.get(login, "/reports/retention").await.ok()["held"].clone()
}

/// Calls and recordings by kind.
fn counts(held: &Value) -> Value {
    let kinds = held["by_kind"].as_array().unwrap().iter();
    json!(kinds.map(|kind| json!([kind["kind"], kind["calls"], kind["recordings"]])).collect::<Vec<_>>())
}

fn holding(recording: &RecordingId) -> ApiRequest {
    ApiRequest::post(&format!("/recordings/{recording}/holds"), &json!({"reason": "係争のおそれがあるため"}))
}

/// An investigation by an admin, about the sample.
async fn investigate(api: &Api) -> String {
    let memo = json!({
        "kind": "investigation", "happened_at": "2026-11-03T14:30:00+09:00", "number": "090-1234-5678", "summary": "社内調査",
    });
    let written = api.ask(&ApiRequest::post("/cases", &memo).by(ADMIN)).await;
    assert_eq!(written.status, 201, "{}", String::from_utf8_lossy(&written.bytes));
    api.company.index().await;
    written.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_told_by_kind_from_the_first_hold_to_the_last() {
    let (api, recording) = Api::with_sample(1).await;
    let none = held(&api, ADMIN).await;
    assert_eq!((&none["calls"], &none["recordings"], &none["is_exact"]), (&json!(0), &json!(0), &json!(true)));
    assert_eq!(counts(&none), json!([["legal", 0, 0], ["case", 0, 0], ["provisional", 0, 0]]));
    assert_eq!(none["items"], json!([]));

    let hold = api.ask(&holding(&recording).by(ADMIN)).await.json()["hold_id"].as_str().unwrap().to_owned();
    api.world().advance(Duration::from_secs(60));
    let case = investigate(&api).await;
    let both = held(&api, ADMIN).await;
    assert_eq!((&both["calls"], &both["recordings"]), (&json!(1), &json!(1)), "one call, however many holds");
    assert_eq!(counts(&both), json!([["legal", 1, 1], ["case", 0, 0], ["provisional", 1, 1]]));
    let items = both["items"].as_array().unwrap();
    assert_eq!(
        (&items[0]["kind"], &items[0]["case_id"], &items[0]["until"]),
        (&json!("legal"), &Value::Null, &Value::Null)
    );
    assert_eq!((&items[1]["kind"], &items[1]["case_id"]), (&json!("provisional"), &json!(case)));
    assert!(items.iter().all(|item| item["recording_id"] == json!(recording)), "{items:?}");
    let provisional = &both["by_kind"][2];
    assert_eq!((&provisional["next_end_at"], &provisional["oldest_at"]), (&items[1]["until"], &items[1]["placed_at"]));
    assert_eq!(both["by_kind"][0]["next_end_at"], Value::Null);

    let linked = ApiRequest::post(&format!("/cases/{case}/recordings"), &json!({"recording_id": recording}));
    api.ask(&linked.by(ADMIN)).await.ok();
    assert_eq!(counts(&held(&api, ADMIN).await), json!([["legal", 1, 1], ["case", 1, 1], ["provisional", 0, 0]]));

    let lifted = ApiRequest::delete(&format!("/recordings/{recording}/holds/{hold}"));
    let lifted =
        api.ask(&lifted.body("application/json", &json!({"reason": "解決したため"}).to_string()).by(ADMIN)).await;
    assert!(lifted.status < 300, "{}", lifted.status);
    let closed = ApiRequest::post(&format!("/cases/{case}/close"), &json!({"outcome": "resolved"}));
    api.ask(&closed.by(ADMIN)).await.ok();
    api.company.index().await;
    assert_eq!(held(&api, ADMIN).await, none);
}

#[tokio::test(start_paused = true)]
async fn an_investigation_and_its_recording_are_named_to_admins_alone() {
    let (api, recording) = Api::with_sample(1).await;
    let case = investigate(&api).await;
    let answer = api.get(AUDITOR, "/reports/retention").await.ok();
    assert_eq!(counts(&answer["held"]), json!([["legal", 0, 0], ["case", 0, 0], ["provisional", 1, 1]]));
    let text = answer.to_string();
    assert!(!text.contains(&case) && !text.contains(&recording.to_string()), "{text}");
    assert_eq!(answer["held"]["items"][0]["kind"], "provisional", "since when and until when is for auditors too");
    let own = held(&api, ADMIN).await.to_string();
    assert!(own.contains(&case) && own.contains(&recording.to_string()), "{own}");
    for login in [SALES_MANAGER, STAFF] {
        assert_eq!(api.get(login, "/reports/retention").await.problem(), "no-reports");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_has_ended_by_itself_is_not_counted_before_it_is_lifted() {
    let (api, _) = Api::with_sample(1).await;
    investigate(&api).await;
    api.world().advance(Duration::from_secs(14 * 24 * 3_600 - 1));
    assert_eq!(held(&api, AUDITOR).await["calls"], 1);
    api.world().advance(Duration::from_secs(2));
    assert_eq!(held(&api, AUDITOR).await["calls"], 0);
}

#[tokio::test(start_paused = true)]
async fn the_report_costs_the_same_however_many_recordings_there_are() {
    let (api, recording) = Api::with_sample(1).await;
    api.ask(&holding(&recording).by(ADMIN)).await;
    api.company.run_schedule("roll_up").await;
    let mut costs = Vec::new();
    for batch in 0..2 {
        for number in 0..batch * 12 {
            let bytes = sample(SAMPLE)[..20_000 + 2 * number].to_vec();
            let call = format!("other-{number}");
            let metadata =
                [("call-id", call.as_str()), ("started-at", "2026-11-12T10:00:00+09:00"), ("extension", "201")];
            api.company.upload(&format!("other/{number}.wav"), bytes, &metadata).await;
        }
        api.warm().await;
        assert_eq!(held(&api, ADMIN).await["calls"], 1);
        costs.push(api.take_kinds());
    }
    assert_eq!(costs[0], costs[1]);
}
