//! Two handlers side by side: first with one change of turn, in which most faults show, then in every order.

use policy::id::{HoldId, RecordingId};
use policy::number::Counterpart;
use policy::recording::State;
use store::Stored;
use tests::company::{BUCKET, Company, QUEUE, TABLE, failed, sample};
use tests::monitor;
use tests::world::{Handler, Interruption, Trace, World, every_interruption, every_order, is_sabotaged_here};

use super::{
    SIDECAR_AUDIO, calls, first_expiry, first_key, index_until_done, must, put_and_ingest, sweep_the_call,
    sweep_until_done, with_a_due_call, with_fragments,
};

/// 3,000 orders: all of them, for the scenarios here.
pub(crate) const ORDERS_LIMIT: usize = 3_000;

/// 200 orders of a leg that joins while another learns more: there are thousands, and most are alike.
const JOINING_ORDERS: usize = 200;

/// 1,500 orders of two sweeps: each reserves, claims, writes its journal and finishes, and there are tens of thousands.
const SWEEPING_ORDERS: usize = 1_500;

/// 60 orders beside a saboteur: most show with one change of turn.
const SABOTAGE_ORDERS: usize = 60;

/// Runs handlers with one change of turn, then in every order up to a limit; how many runs there were.
pub(crate) async fn side_by_side<Outcome>(
    limit: usize,
    arrange: impl AsyncFn() -> World,
    handlers: impl Fn(&World) -> Vec<Handler<Outcome>>,
    check: impl AsyncFn(&World, Vec<Outcome>, &Trace),
) -> usize {
    let interrupted = every_interruption(Interruption::Once, &arrange, &handlers, &check).await;
    let limit = if is_sabotaged_here() { limit.min(SABOTAGE_ORDERS) } else { limit };
    let explored = every_order(limit, arrange, handlers, check).await;
    assert!(explored.is_complete || limit < ORDERS_LIMIT, "{explored:?}");
    interrupted + explored.runs
}

/// What a recorder says of a leg.
pub(super) fn metadata<'a>(call: &'a str, direction: &'a str) -> [(&'a str, &'a str); 4] {
    let began = "2026-11-12T10:00:00+09:00";
    [("call-id", call), ("started-at", began), ("direction", direction), ("extension", "201")]
}

/// Two invocations of `index`, one told of the audio and one of the sidecar, in every order.
#[tokio::test(start_paused = true)]
pub(crate) async fn two_indexes_of_one_key_can_not_miss_each_other_in_any_order() {
    let (world, bodies) = with_fragments().await;
    let ids: Vec<RecordingId> = [SIDECAR_AUDIO.to_owned(), format!("{SIDECAR_AUDIO}.json")]
        .iter()
        .map(|key| RecordingId::of(BUCKET, key, &world.object_versions(BUCKET, key)[0].version_id))
        .collect();
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || with_fragments().await.0,
        |world| indexers(world, &bodies),
        async |world, done, trace| {
            let company = Company::of(world.clone());
            must(done.iter().all(|done| *done), || format!("not indexed: {trace}"));
            check_custody(&company, &ids).await;
            let mut calls = Vec::new();
            for (id, state) in ids.iter().zip([State::Active, State::Fragment]) {
                let Some(stored) = company.table().recording(id).await.unwrap() else {
                    must(false, || format!("NOTHING LOST: {state:?} is not there: {trace}"));
                    continue;
                };
                let Stored::Recording(recording) = stored.stored else { continue };
                must(recording.view.state == state, || {
                    format!("{:?} where {state:?} belongs: {trace}", recording.view.state)
                });
                calls.push(recording.view.call);
            }
            must(calls.windows(2).all(|pair| pair[0] == pair[1]), || format!("two calls: {trace}"));
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

/// UNBROKEN: every custody is a whole chain.
pub(super) async fn check_custody(company: &Company, ids: &[RecordingId]) {
    for id in ids {
        let custody = company.table().custody(id, 1, 100).await.unwrap();
        if let Err(broken) = policy::custody::verify(id, &custody) {
            must(false, || format!("UNBROKEN: {broken}"));
        }
    }
}

/// A name that says nothing of its call.
pub(super) const LEG_KEY: &str = "other/leg.wav";

/// A leg arrives while its call is being swept, in every order.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_leg_that_arrives_during_a_sweep_is_never_deleted_with_the_call_in_any_order() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(4).await;
        // One call id, two directions: `standard` keeps 30 days, `contracts` 90.
        let metadata = |direction| metadata("x", direction);
        let bytes = sample(&first_key());
        let first = company.upload(LEG_KEY, bytes[..20_000].to_vec(), &metadata("inbound")).await;
        company.world.set_now("2026-12-13T00:00:00+09:00".parse().unwrap());
        // Other bytes under the same name: another leg of the same call.
        let version = company.put(LEG_KEY, bytes[..20_002].to_vec(), &metadata("outbound"));
        assert_eq!(failed(&company.ingest(LEG_KEY, &version).await), 0);
        let bodies = company.world.take_messages(QUEUE);
        (company.world, first, version, bodies)
    };
    let (_, first, version, bodies) = arrange().await;
    let late = RecordingId::of(BUCKET, LEG_KEY, &version);
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || arrange().await.0,
        |world| {
            let (sweeper, indexer, bodies) = (world.clone(), world.clone(), bodies.clone());
            vec![
                Box::pin(async move { sweep_the_call(&sweeper, "run-1").await }) as Handler<bool>,
                Box::pin(async move { index_until_done(&indexer, &bodies).await }),
            ]
        },
        async |world, done, trace| {
            let company = Company::of(world.clone());
            must(done[1], || format!("the late leg was not indexed: {trace}"));
            must(world.object_versions(BUCKET, LEG_KEY).iter().any(|stored| stored.version_id == version), || {
                format!("NEVER EARLY: the late leg has a period of its own: {trace}")
            });
            let stands = company.table().recording(&late).await.unwrap();
            let stands = stands.is_some_and(|stored| matches!(stored.stored, Stored::Recording(_)));
            must(stands, || format!("NOTHING LOST: the late leg is no recording: {trace}"));
            check_custody(&company, &[first.clone(), late.clone()]).await;
            let found = monitor::standing(world);
            must(found.is_empty(), || format!("{found:?}: {trace}"));
            // Once its period is over, everything goes.
            world.advance(std::time::Duration::from_hours(24 * 61));
            must(sweep_until_done(world).await && world.object_keys(BUCKET).is_empty(), || {
                format!("NEVER LATE: something stays for ever: {trace}")
            });
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

/// A hold comes while the call is being swept, in every order. Holds are set as the design says: on the
/// call, if nobody claimed it, with the generation.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_hold_that_was_granted_keeps_everything_in_any_order() {
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || with_a_due_call().await,
        |world| {
            let (sweeper, holder) = (world.clone(), world.clone());
            vec![
                Box::pin(async move {
                    sweep_the_call(&sweeper, "run-1").await;
                    false
                }) as Handler<bool>,
                Box::pin(async move { hold(&holder).await }),
            ]
        },
        async |world, held, trace| {
            let kept = world.object_versions(BUCKET, &first_key()).len();
            must(!held[1] || kept == 2, || format!("NEVER EARLY: {kept} of 2 kept under a hold: {trace}"));
            must(held[1] || kept == 0, || format!("NEVER LATE: {kept} kept without a hold: {trace}"));
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

async fn hold(world: &World) -> bool {
    let call = calls(world).remove(0);
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.sdk_config());
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let one = aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned());
    let hold = HoldId::of(&policy::id::CallId::of("freepbx", None, "1"), "legal", "1");
    let outcome = dynamodb
        .update_item()
        .table_name(TABLE)
        .key("pk", text(&call))
        .key("sk", text("C"))
        .update_expression("SET holds.#id = :no_end, generation = generation + :one")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(claim)")
        .expression_attribute_names("#id", hold.as_str())
        .expression_attribute_values(":no_end", aws_sdk_dynamodb::types::AttributeValue::Null(true))
        .expression_attribute_values(":one", one)
        .send()
        .await;
    outcome.is_ok()
}

/// Two runs of `sweep` at once, in many orders.
#[tokio::test(start_paused = true)]
pub(crate) async fn two_sweeps_at_once_leave_one_tombstone_in_many_orders() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(5).await;
        let id = company.upload_sample(&first_key()).await;
        company.world.set_now(first_expiry());
        (company.world, id)
    };
    let id = arrange().await.1;
    let runs = side_by_side(
        SWEEPING_ORDERS,
        async || arrange().await.0,
        |world| {
            ["run-1", "run-2"]
                .into_iter()
                .map(|run| {
                    let world = world.clone();
                    Box::pin(async move { sweep_the_call(&world, run).await }) as Handler<bool>
                })
                .collect()
        },
        async |world, _, trace| {
            let company = Company::of(world.clone());
            must(sweep_until_done(world).await, || format!("never finished: {trace}"));
            must(world.object_keys(BUCKET).is_empty(), || format!("NEVER LATE: {trace}"));
            must(company.tombstone(&id).await.is_some(), || format!("no tombstone: {trace}"));
            check_custody(&company, std::slice::from_ref(&id)).await;
            let events = company.table().custody(&id, 1, 10).await.unwrap().len();
            must(events == 2, || format!("TWICE IS ONCE: {events} events: {trace}"));
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

/// An invocation of `index` for each message.
pub(super) fn indexers(world: &World, bodies: &[String]) -> Vec<Handler<bool>> {
    bodies
        .iter()
        .map(|body| {
            let (world, body) = (world.clone(), body.clone());
            Box::pin(async move { index_until_done(&world, &[body]).await }) as Handler<bool>
        })
        .collect()
}

/// Two uploads of the same bytes under one key are indexed side by side, in every order.
#[tokio::test(start_paused = true)]
pub(crate) async fn of_two_same_uploads_exactly_one_is_the_first_in_any_order() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(6).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let version = put_and_ingest(&company, &first_key()).await;
            ids.push(RecordingId::of(BUCKET, &first_key(), &version));
        }
        let bodies = company.world.take_messages(QUEUE);
        (company.world, ids, bodies)
    };
    let (_, ids, bodies) = arrange().await;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || arrange().await.0,
        |world| indexers(world, &bodies),
        async |world, done, trace| {
            let company = Company::of(world.clone());
            must(done.iter().all(|done| *done), || format!("not indexed: {trace}"));
            check_custody(&company, &ids).await;
            let mut firsts = 0;
            for id in &ids {
                firsts += usize::from(company.recording(id).await.view.duplicate_of.is_none());
            }
            must(firsts == 1, || format!("{firsts} of 2 are the first: {trace}"));
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}

/// A second leg with a longer period joins a call while its first leg learns more from a sidecar, in
/// many orders.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_leg_that_joins_does_not_undo_what_another_leg_learns() {
    let (first_key, second_key) = ("other/a/1.flac", "other/a/2.flac");
    let arrange = async || {
        let company = Company::with_sample_rulebook(7).await;
        let audio = sample("other/upload/rec_0001.flac");
        let metadata = |direction| metadata("transferred", direction);
        let first = company.upload(first_key, audio.clone(), &metadata("inbound")).await;
        let second = company.put(second_key, audio, &metadata("outbound"));
        assert_eq!(failed(&company.ingest(second_key, &second).await), 0);
        let sidecar_key = format!("{first_key}.json");
        let more = br#"{"started_at": "2026-11-12T10:00:00+09:00", "counterpart": "090-3333-4444"}"#;
        let sidecar = company.put(&sidecar_key, more.to_vec(), &[]);
        assert_eq!(failed(&company.ingest(&sidecar_key, &sidecar).await), 0);
        let bodies = company.world.take_messages(QUEUE);
        (company.world, [first, RecordingId::of(BUCKET, second_key, &second)], bodies)
    };
    let (_, ids, bodies) = arrange().await;
    let runs = side_by_side(
        JOINING_ORDERS,
        async || arrange().await.0,
        |world| indexers(world, &bodies),
        async |world, done, trace| {
            let company = Company::of(world.clone());
            must(done.iter().all(|done| *done), || format!("not indexed: {trace}"));
            check_custody(&company, &ids).await;
            let (first, second) = (company.recording(&ids[0]).await, company.recording(&ids[1]).await);
            let call = company.table().call(&first.view.call).await.unwrap().unwrap();
            must(matches!(first.view.counterpart, Counterpart::Number(_)), || {
                format!("what the sidecar said was lost: {trace}")
            });
            must(first.view.periods == call.periods && second.view.periods == call.periods, || {
                format!("a copy of the call's periods stayed behind: {trace}")
            });
        },
    )
    .await;
    assert!(runs > 10, "{runs}");
}
