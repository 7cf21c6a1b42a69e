//! What every test of cases needs.

use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::world::{FaultKind, Moment};

use crate::api::{Answer, Api, ApiRequest};

/// What a call can come to, for steps of many calls: nothing is written, another writer was first, or it is written and the
/// reply is lost.
pub(super) const WRITTEN_OR_NOT: &[(Moment, FaultKind)] = &[
    (Moment::Effect, FaultKind::TimedOut),
    (Moment::Effect, FaultKind::Conflict),
    (Moment::Reply, FaultKind::TimedOut),
];

/// In sales, as the writer of most memos.
pub(super) const COLLEAGUE: &str = "abe";

pub(super) const SUMMARY: &str = "請求額が見積と違うとのお申し出。\n折り返しを約束した。";

/// A memo about the sample, ten days after the call.
pub(super) fn memo() -> Value {
    json!({
        "kind": "complaint", "happened_at": "2026-11-03T14:30:00+09:00", "number": "090-1234-5678", "summary": SUMMARY,
    })
}

pub(super) fn with(changes: &Value) -> Value {
    let mut body = memo();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

pub(super) async fn write(api: &Api, login: &str, body: &Value) -> String {
    let written = api.ask(&ApiRequest::post("/cases", body).by(login)).await;
    assert_eq!(written.status, 201, "{}", String::from_utf8_lossy(&written.bytes));
    written.json()["id"].as_str().unwrap().to_owned()
}

pub(super) fn linking(case: &str, recording: &RecordingId) -> ApiRequest {
    ApiRequest::post(&format!("/cases/{case}/recordings"), &json!({"recording_id": recording}))
}

pub(super) fn closing(case: &str) -> ApiRequest {
    ApiRequest::post(&format!("/cases/{case}/close"), &json!({"outcome": "resolved"}))
}

pub(super) async fn read(api: &Api, login: &str, case: &str) -> Answer {
    api.get(login, &format!("/cases/{case}")).await
}

pub(super) async fn listed(api: &Api, login: &str, query: &str) -> Vec<String> {
    let list = api.get(login, &format!("/cases{query}")).await.ok();
    list["items"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn actions(api: &Api) -> Vec<(String, String, String)> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let events = api.audit();
    events.iter().map(|event| (text(event, "staff"), text(event, "action"), text(event, "outcome"))).collect()
}
