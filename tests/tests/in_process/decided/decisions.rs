//! A company in which people decide on everything.

use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF};

const AUDIO: &str = "other/upload/rec_0001.flac";

/// A call of sales, on 3 November.
pub(super) async fn upload(company: &Company, call_id: &str) -> RecordingId {
    let metadata = [
        ("call-id", call_id),
        ("started-at", "2026-11-03T10:00:00+09:00"),
        ("direction", "inbound"),
        ("extension", "201"),
        ("counterpart", "09012340000"),
    ];
    let bytes = [tests::company::sample(AUDIO), call_id.into()].concat();
    company.upload(&format!("other/a/{call_id}.flac"), bytes, &metadata).await
}

/// The sample company, in a world whose table has a stream.
pub(super) async fn begin() -> (Api, RecordingId) {
    let company = Company::of(Company::builder_with_stream(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff).await;
    let id = company.upload_sample(SAMPLE).await;
    (Api::of(company), id)
}

pub(super) async fn ask(api: &Api, request: ApiRequest) -> Value {
    let answer = api.ask(&request).await;
    assert!(matches!(answer.status, 200..300), "{}", String::from_utf8_lossy(&answer.bytes));
    let said = if answer.bytes.is_empty() { Value::Null } else { answer.json() };
    api.company.index().await;
    said
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}")).to_owned()
}

/// The number of a note, as its address has it.
fn number(note: &Value) -> String {
    text(note, "event_id").split('.').next_back().unwrap().to_owned()
}

pub(super) async fn write_note(api: &Api, id: &RecordingId, said: &str) -> String {
    let path = format!("/recordings/{id}/notes");
    number(&ask(api, ApiRequest::post(&path, &json!({"text": said})).by(SALES_MANAGER)).await)
}

/// Two notes: one is corrected, the other withdrawn.
pub(super) async fn change_notes(api: &Api, id: &RecordingId, corrected: &str, withdrawn: &str) {
    let body = json!({"text": "見積は税込13万円で合意。"});
    ask(api, ApiRequest::put(&format!("/recordings/{id}/notes/{corrected}"), &body).by(SALES_MANAGER)).await;
    ask(api, ApiRequest::delete(&format!("/recordings/{id}/notes/{withdrawn}")).by(SALES_MANAGER)).await;
}

pub(super) async fn place_hold(api: &Api, id: &RecordingId, until: Option<&str>) -> String {
    let mut body = json!({"reason": "係争のおそれがあるため"});
    if let Some(until) = until {
        body["until"] = json!(until);
    }
    text(&ask(api, ApiRequest::post(&format!("/recordings/{id}/holds"), &body).by(ADMIN)).await, "hold_id")
}

pub(super) async fn lift_hold(api: &Api, id: &RecordingId, hold: &str) {
    let body = json!({"reason": "和解が成立したため"}).to_string();
    let request = ApiRequest::delete(&format!("/recordings/{id}/holds/{hold}")).body("application/json", &body);
    ask(api, request.by(ADMIN)).await;
}

/// An admin says that a call was later: it is kept longer.
pub(super) async fn correct(api: &Api, id: &RecordingId, started_at: &str) {
    let body = json!({"facts": {"started_at": started_at}, "reason": "録音機の時計が遅れていた"});
    ask(api, ApiRequest::put(&format!("/recordings/{id}/facts"), &body).by(ADMIN)).await;
}

/// A case with a recording, of which a part is shared and a release approved; their ids.
pub(super) async fn dispute(api: &Api, id: &RecordingId) -> [String; 3] {
    let memo = json!({
        "kind": "complaint", "happened_at": "2026-11-03T14:30:00+09:00", "number": "090-1234-5678",
        "summary": "請求額が見積と違うとのお申し出。",
    });
    let case = text(&ask(api, ApiRequest::post("/cases", &memo).by(STAFF)).await, "id");
    let linking = ApiRequest::post(&format!("/cases/{case}/recordings"), &json!({"recording_id": id}));
    ask(api, linking.by(SALES_MANAGER)).await;
    let part =
        json!({"recording_id": id, "staff": ["abe"], "until": "2026-11-20", "from_seconds": 0, "to_seconds": 0.5});
    let share =
        text(&ask(api, ApiRequest::post(&format!("/cases/{case}/shares"), &part).by(SALES_MANAGER)).await, "id");
    let body = json!({
        "recipient": "〇〇警察署", "basis": "investigation_inquiry", "reference": "第123号", "basis_date": "2026-11-12",
        "reason": "照会への回答のため。", "items": [{"recording_id": id, "to_seconds": 0.5}],
    });
    let release =
        text(&ask(api, ApiRequest::post(&format!("/cases/{case}/releases"), &body).by(SALES_MANAGER)).await, "id");
    let path = format!("/cases/{case}/releases/{release}/approve");
    ask(api, ApiRequest::delete(&path).with_method("POST").by(ADMIN)).await;
    [case, share, release]
}

/// Somebody requests that a call is deleted.
pub(super) async fn request_deletion(api: &Api, id: &RecordingId) -> String {
    let body = json!({"reason": "本人から利用停止の請求があった"}).to_string();
    let request = ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", &body);
    text(&ask(api, request.by(SALES_MANAGER)).await, "id")
}

/// A second person approves it.
pub(super) async fn approve_deletion(api: &Api, deletion: &str) {
    let path = format!("/deletions/{deletion}/approve");
    ask(api, ApiRequest::delete(&path).with_method("POST").by(AUDITOR)).await;
}
