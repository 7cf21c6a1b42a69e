//! What fails, and what is done twice.

use policy::custody::{self, EventKind};
use serde_json::json;
use tests::world::{EVERY_FAULT, for_every_fault};

use super::common::{closing, linking, listed, memo, write};
use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, STAFF};

#[tokio::test(start_paused = true)]
async fn what_is_taken_out_of_a_case_is_a_candidate_again_and_each_change_is_on_its_custody_once() {
    let (api, recording) = Api::with_sample(1).await;
    let case = write(&api, STAFF, &memo()).await;
    for _ in 0..2 {
        api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.ok();
    }
    let out = ApiRequest::delete(&format!("/cases/{case}/recordings/{recording}")).by(SALES_MANAGER);
    for _ in 0..2 {
        let without = api.ask(&out).await.ok();
        assert_eq!((&without["recordings"], &without["state"]), (&json!([]), &json!("in_progress")));
        assert_eq!(without["candidates"][0]["recording_id"], json!(recording));
    }
    let kinds: Vec<EventKind> = api.chain(&recording).await.iter().map(|link| link.event.kind).collect();
    let held = [EventKind::TakenIn, EventKind::HoldPlaced, EventKind::LinkedToCase];
    assert_eq!(kinds, [&held[..], &[EventKind::HoldLifted, EventKind::UnlinkedFromCase]].concat());
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_memo_is_one_case_or_none_and_so_is_a_link_and_a_close() {
    let setting = Api::with_sample(1).await;
    let recording = setting.1;
    let writing = ApiRequest::post("/cases", &memo()).by(STAFF).with_request_id("once");
    let case = setting.0.ask(&writing).await.json()["id"].as_str().unwrap().to_owned();
    for (ask, action) in [
        (writing.clone(), "write_memo"),
        (linking(&case, &recording).by(SALES_MANAGER).with_request_id("link"), "link_recording"),
        (closing(&case).by(SALES_MANAGER).with_request_id("close"), "close_case"),
    ] {
        let is_first = action == "write_memo";
        let tried = for_every_fault(
            EVERY_FAULT,
            async || {
                let api = Api::with_sample(1).await.0;
                if !is_first {
                    api.ask(&writing).await;
                }
                api.company.world
            },
            async |world| Api::over(world).ask(&ask).await,
            async |world, fault, answer| {
                assert!(matches!(answer.status, 200 | 201 | 500 | 503), "{fault:?}: {}", answer.status);
                let api = Api::over(world);
                // The browser tries again, the same request.
                let again = api.ask(&ask).await;
                assert!(matches!(again.status, 200 | 201), "{fault:?}: {}", again.status);
                assert_eq!(again.json()["id"], json!(case), "{fault:?}");
                assert_eq!(listed(&api, ADMIN, "").await.len(), 1, "{fault:?}");
                let events = api.audit().iter().filter(|event| event["action"] == action).count();
                assert_eq!(events, 1, "{fault:?}");
                custody::verify(&recording, &api.chain(&recording).await).unwrap();
            },
        )
        .await;
        assert!(tried >= 10, "{action}: {tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_being_deleted_comes_to_no_case() {
    let (api, recording) = Api::with_sample(1).await;
    let case = write(&api, STAFF, &memo()).await;
    let call = api.company.recording(&recording).await.view.call;
    let call = api.company.table().call(&call).await.unwrap().unwrap();
    let claim = policy::call::Claim { id: "claim-1".to_owned(), at: api.world().now(), rulebook_version: 1 };
    let why = "the call is claimed by hand, weeks before its end";
    api.company.leaves(tests::monitor::Rule::NeverEarly, why);
    api.company.table().claim(&call, &claim).await.unwrap();
    assert_eq!(api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.problem(), "no-such-recording");
}
