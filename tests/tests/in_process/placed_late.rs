//! An event that is read before its call is swept, and placed after: nothing of the call stands again.

use std::cell::RefCell;

use policy::id::RecordingId;
use policy::recording::CallReference;
use tests::company::{BUCKET, Company, QUEUE, TABLE, expected, failed, sample};
use tests::monitor;
use tests::world::{Handler, Interruption, World, every_interruption};

use crate::api::{ADMIN, Api, ApiRequest};

const KEY: &str = "other/placed late.wav";

/// A recording, and a correction of it that `index` has not read yet, on the day after the call's end.
async fn corrected_and_expired() -> (World, RecordingId, Vec<String>) {
    let api = Api::of(Company::with_sample_rulebook(10).await);
    let metadata =
        [("call-id", "x"), ("started-at", "2026-11-12T10:00:00+09:00"), ("direction", "inbound"), ("extension", "201")];
    let bytes = sample(expected()[0]["key"].as_str().unwrap())[..20_000].to_vec();
    let id = api.company.upload(KEY, bytes, &metadata).await;
    let body = serde_json::json!({"facts": {"counterpart": "090-3333-4444"}, "reason": "本人に確認した"});
    let request = ApiRequest::put(&format!("/recordings/{id}/facts"), &body).by(ADMIN);
    assert_eq!(api.ask(&request.with_request_id("correction")).await.status, 200);
    let bodies = api.world().take_messages(QUEUE);
    api.world().set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
    (api.company.world, id, bodies)
}

async fn index(world: World, bodies: Vec<String>) -> bool {
    let company = Company::of_without_retries(world);
    for _ in 0..4 {
        let batch = company.index_batch(&bodies);
        if failed(&index::handle(&company.index_context(), batch).await) == 0 {
            return true;
        }
    }
    false
}

async fn sweep(world: World) -> bool {
    let items = world.table_items(TABLE);
    let call = items.iter().find(|item| item["sk"] == "C").unwrap()["pk"].as_str().unwrap().to_owned();
    let (id, incarnation) = call.strip_prefix("C#").unwrap().split_once('#').unwrap();
    let call = CallReference { id: id.parse().unwrap(), incarnation: incarnation.parse().unwrap() };
    let company = Company::of_without_retries(world);
    sweep::sweep_call(&company.sweep_context(), "run-1", &call).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_ends_while_an_event_of_it_is_read_is_a_leg_of_nothing() {
    let (_, id, bodies) = corrected_and_expired().await;
    let ended_first = RefCell::new(0);
    let runs = every_interruption(
        Interruption::Once,
        async || corrected_and_expired().await.0,
        |world| {
            let (sweeper, indexer, bodies) = (world.clone(), world.clone(), bodies.clone());
            vec![
                Box::pin(async move { sweep(sweeper).await }) as Handler<bool>,
                Box::pin(async move { index(indexer, bodies).await }),
            ]
        },
        async |world, done, trace| {
            assert!(done[1], "not indexed: {trace}");
            let breaches = monitor::standing(world);
            assert!(breaches.is_empty(), "{breaches:?}: {trace}");
            if world.object_keys(BUCKET).is_empty() {
                assert!(Company::of(world.clone()).tombstone(&id).await.is_some(), "{trace}");
                *ended_first.borrow_mut() += 1;
            }
        },
    )
    .await;
    assert!(runs > 20 && *ended_first.borrow() > 10, "{runs} runs, {} of which end it", ended_first.borrow());
}
