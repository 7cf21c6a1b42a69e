//! What can't be read keeps nothing else waiting.

use std::collections::BTreeSet;

use serde_json::json;
use tests::company::Company;
use tests::world::{Fault, FaultKind, Moment, Service, Which, World};

use super::{event_kinds, later, memo, run, with_addresses, write};
use crate::api::{ADMIN, ApiRequest, SALES_MANAGER, STAFF};
use crate::quiet::Log;

/// A memo, a deletion request and a correction, each of which waits for somebody.
async fn three_kinds() -> World {
    let (api, recording) = with_addresses().await;
    write(&api, STAFF, &memo("complaint")).await;
    let asking = ApiRequest::delete(&format!("/recordings/{recording}")).by(SALES_MANAGER);
    api.ask(&asking.body("application/json", r#"{"reason": "本人からの請求"}"#)).await;
    let id = api.company.upload_sample("freepbx/2026/11/12/voicemail greeting.wav").await;
    let facts = json!({"started_at": "2026-08-01T08:00:00+09:00", "direction": "inbound", "extension": "201"});
    let correcting = json!({"facts": facts, "reason": "受付時刻を確認した"});
    api.ask(&ApiRequest::put(&format!("/recordings/{id}/facts"), &correcting).by(ADMIN)).await;
    api.world().clone()
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_can_not_be_read_keeps_no_other_waiting_and_is_in_the_log() {
    let all = ["correction_to_confirm", "deletion_to_decide", "memo_waiting"];
    let kinds = |world: &World| event_kinds(world).into_iter().collect::<BTreeSet<String>>();
    let mut hidden = BTreeSet::new();
    for query in 0.. {
        let world = three_kinds().await;
        let company = Company::of_without_retries(world.clone());
        world.take_calls();
        let which = Which::NthOf(Service::DynamoDb, "Query", query);
        world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.clone());
        run(&company).await.unwrap();
        drop(guard);
        let calls = world.take_calls();
        if calls.iter().filter(|call| call.operation == "Query").count() <= query {
            break;
        }
        let shown = kinds(&world);
        assert!(shown.len() >= 2, "query {query}: {shown:?}");
        if shown.len() < all.len() {
            assert!(log.text().contains("what waits could not be read"), "query {query}: {}", log.text());
        }
        hidden.extend(all.into_iter().filter(|kind| !shown.contains(*kind)));
        world.clear_faults();
        later(&world, 15);
        run(&company).await.unwrap();
        assert_eq!(kinds(&world), all.map(str::to_owned).into(), "query {query}");
    }
    assert_eq!(hidden, all.into(), "each was hidden once");
}
