//! Who may ask for a redaction, who may approve it, and what is refused at once.

use serde_json::json;

use super::{approve, ask_for, make, request_item, requested};
use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF};

#[tokio::test(start_paused = true)]
async fn who_may_not_delete_may_not_ask_and_nobody_approves_alone() {
    let (api, id) = Api::with_sample(1).await;
    for login in [STAFF, AUDITOR] {
        let refused = api.ask(&ask_for(&id).by(login)).await.status;
        assert!(matches!(refused, 403 | 404), "{login}: {refused}");
    }
    assert_eq!(request_item(api.world()), None);
    let request = requested(&api, &id).await;
    let again = api.ask(&ask_for(&id).by(ADMIN)).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "deletion-requested"));
    let whole = ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", r#"{"reason": "x"}"#);
    assert_eq!(api.ask(&whole.by(ADMIN)).await.problem(), "deletion-requested");
    assert_eq!(api.ask(&approve(&request).by(SALES_MANAGER)).await.problem(), "no-deletions");
    let refuse = ApiRequest::post(&format!("/deletions/{request}/refuse"), &json!({"reason": "証拠として残す"}));
    assert_eq!(api.ask(&refuse.by(ADMIN)).await.ok()["state"], "refused");
    assert!(make(&api.company, "one").await.is_empty());
    assert_eq!(api.ask(&approve(&request).by(AUDITOR)).await.problem(), "deletion-decided");
    // It can be asked for again.
    assert_eq!(api.ask(&ask_for(&id).by(SALES_MANAGER)).await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_range_and_what_can_not_be_silenced_is_refused_at_once() {
    let (api, id) = Api::with_sample(1).await;
    let range = |from: f64, to: f64| json!([{"from_seconds": from, "to_seconds": to}]);
    for mute in [json!([]), range(3.0, 3.0), range(3.0, 2.0), range(-1.0, 2.0), range(2.0, 90_000.0), range(0.0, 2e6)] {
        let wrong = json!({"reason": "番号", "mute": mute});
        let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/redactions"), &wrong).by(ADMIN)).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    let without = json!({"reason": " ", "mute": range(1.0, 2.0)});
    let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/redactions"), &without).by(ADMIN)).await;
    assert_eq!(answer.status, 400);
    // Audio whose bytes have no place that is silent by itself.
    api.change(&id, |recording, _| {
        recording.audio.as_mut().unwrap().codec = policy::audio::Codec::Opus;
    })
    .await;
    let refused = api.ask(&ask_for(&id).by(ADMIN)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "not-redactable"));
    assert_eq!(request_item(api.world()), None);
}
