//! Legs that come to one call at once, and a recording that is placed again while its call is claimed.

use policy::call::Claim;
use policy::id::RecordingId;
use store::WriteOutcome;
use tests::company::{BUCKET, Company, QUEUE, failed, sample};
use tests::world::{Handler, Interruption, Moment, Step, World, every_interruption};

use super::orders::{LEG_KEY, check_custody, indexers, metadata};
use super::{first_key, index_until_done, must, sweep_until_done, the_call};
use crate::api::{ADMIN, Api, ApiRequest};

/// What two legs find that come to one call at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Neither finds the call.
    Nothing,
    /// The call stands, with one leg.
    Standing,
    /// Its last leg left the call.
    Emptied,
}

/// Two legs come to one call at once.
async fn two_legs_join_one_call(found: Found) {
    let arrange = async || {
        let company = Company::with_sample_rulebook(9).await;
        let audio = sample("other/upload/rec_0001.flac");
        let metadata = |direction| metadata("shared", direction);
        let mut ids = Vec::new();
        if found != Found::Nothing {
            ids.push(company.upload("other/a/0.flac", audio.clone(), &metadata("inbound")).await);
        }
        if found == Found::Emptied {
            company.upload("other/a/0.flac.json", br#"{"linked_id": "elsewhere"}"#.to_vec(), &[]).await;
            ids.clear();
        }
        for (key, direction) in [("other/a/1.flac", "inbound"), ("other/a/2.flac", "outbound")] {
            let version = company.put(key, audio.clone(), &metadata(direction));
            assert_eq!(failed(&company.ingest(key, &version).await), 0);
            ids.push(RecordingId::of(BUCKET, key, &version));
        }
        let bodies = company.world.take_messages(QUEUE);
        (company.world, ids, bodies)
    };
    let (_, ids, bodies) = arrange().await;
    let runs = every_interruption(
        Interruption::Once,
        async || arrange().await.0,
        |world| indexers(world, &bodies),
        async |world, done, trace| {
            let company = Company::of(world.clone());
            must(done.iter().all(|done| *done), || format!("not indexed: {trace}"));
            check_custody(&company, &ids).await;
            for id in &ids {
                let view = company.recording(id).await.view;
                let call = company.table().call(&view.call).await.unwrap().unwrap();
                must(call.legs.len() == ids.len(), || format!("a leg is in another call: {trace}"));
                must(view.periods == call.periods, || format!("a copy of the periods stayed behind: {trace}"));
            }
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn two_legs_that_come_at_once_open_one_call() {
    two_legs_join_one_call(Found::Nothing).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn two_legs_that_come_at_once_join_a_call_that_stands() {
    two_legs_join_one_call(Found::Standing).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn two_legs_that_come_at_once_open_a_call_again_that_was_emptied() {
    two_legs_join_one_call(Found::Emptied).await;
}

/// `sweep` as far as its claim.
async fn claim_the_call(world: &World) -> bool {
    let company = Company::of_without_retries(world.clone());
    let call = company.table().call(&the_call(world)).await.unwrap().unwrap();
    let claim = Claim { id: "run-1".to_owned(), at: world.now(), rulebook_version: 1 };
    company.table().claim(&call, &claim).await.is_ok_and(|outcome| outcome == WriteOutcome::Done)
}

/// A recording is placed again, in a call that does not change by it, while the call is claimed.
#[tokio::test(start_paused = true)]
pub(crate) async fn what_is_claimed_stands_as_it_was_read() {
    let arrange = async || {
        let api = Api::of(Company::with_sample_rulebook(10).await);
        let bytes = sample(&first_key())[..20_000].to_vec();
        let id = api.company.upload(LEG_KEY, bytes, &metadata("x", "inbound")).await;
        let body = serde_json::json!({"facts": {"counterpart": "090-3333-4444"}, "reason": "本人に確認した"});
        let request = ApiRequest::put(&format!("/recordings/{id}/facts"), &body).by(ADMIN);
        assert_eq!(api.ask(&request.with_request_id("correction")).await.status, 200);
        let bodies = api.world().take_messages(QUEUE);
        assert_eq!(bodies.len(), 1);
        api.world().set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
        (api.company.world, id, bodies)
    };
    let events = async |world: &World, id: &RecordingId| {
        Company::of(world.clone()).table().custody(id, 1, 100).await.unwrap().len()
    };
    let (world, id, bodies) = arrange().await;
    let events_before = events(&world, &id).await;
    let runs = every_interruption(
        Interruption::Once,
        async || arrange().await.0,
        |world| {
            let (sweeper, indexer, bodies) = (world.clone(), world.clone(), bodies.clone());
            vec![
                Box::pin(async move { claim_the_call(&sweeper).await }) as Handler<bool>,
                Box::pin(async move { index_until_done(&indexer, &bodies).await }),
            ]
        },
        async |world, done, trace| {
            must(done[1], || format!("not indexed: {trace}"));
            must(sweep_until_done(world).await && world.object_keys(BUCKET).is_empty(), || {
                format!("NEVER LATE: {trace}")
            });
            let place = |handler: usize, operation: &str| {
                let is_it = |step: &Step| {
                    step.handler == Some(handler) && step.moment == Moment::Effect && step.what.contains(operation)
                };
                trace.0.iter().position(is_it)
            };
            let (claim, write) = (place(0, "UpdateItem"), place(1, "TransactWriteItems"));
            if done[0] && write.is_none_or(|write| claim.is_some_and(|claim| claim < write)) {
                let added = events(world, &id).await - events_before;
                must(added == 1, || format!("it changed after it was claimed: {trace}"));
            }
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}
