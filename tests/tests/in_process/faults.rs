//! What goes wrong on the way: every call of every handler failed before and after, and every handler killed at every
//! gate. Two handlers side by side are in `orders` and `legs`.

pub(crate) mod legs;
pub(crate) mod orders;

use std::cell::RefCell;

use jiff::Timestamp;
use policy::recording::CallReference;
use serde_json::Value;
use tests::company::{self, BUCKET, Company, QUEUE, TABLE, expected, failed, sample};
use tests::world::{EVERY_FAULT, Lag, World, for_every_fault, for_every_kill};

/// One retry more than three: the first try and "three retries or fewer".
const TRIES: usize = 4;

const SIDECAR_AUDIO: &str = "other/meeting-room/通話 2026-11-11 (1).m4a";

fn first_key() -> String {
    expected()[0]["key"].as_str().unwrap().to_owned()
}

/// Midnight at the end of the sample call's 30th day.
fn first_expiry() -> Timestamp {
    "2026-12-04T00:00:00+09:00".parse().unwrap()
}

/// What must be so, and how it is not.
pub(crate) fn must(is_so: bool, how: impl FnOnce() -> String) {
    assert!(is_so, "{}", how());
}

/// The table without what batches were about to delete, and which one deleted: a run that failed leaves its list behind, and
/// the next one writes its own. What a day has reserved of its limit counts a deletion again whose claim got no answer: the
/// day may delete less than its limit, never more.
fn state(world: &World) -> Vec<Value> {
    let mut items = world.table_items(TABLE);
    items.retain(|item| !item["pk"].as_str().unwrap().starts_with("X#"));
    for item in items.iter_mut().filter(|item| item["pk"] == "Y#DAYS") {
        assert!(item["reserved"].as_u64() >= Some(1), "{item}");
        item["reserved"] = Value::Null;
    }
    for item in items.iter_mut().filter(|item| !item["batch"].is_null()) {
        item["batch"] = Value::Null;
    }
    items
}

/// The table is as after the run without a fault; what differs is named.
fn must_end_alike(clean: &[Value], world: &World, when: impl FnOnce() -> String) {
    let now = state(world);
    let only_in = |one: &[Value], other: &[Value]| -> Vec<String> {
        one.iter().filter(|item| !other.contains(item)).map(Value::to_string).collect()
    };
    must(clean == now, || {
        format!("another end, {}: gone {:#?}, come {:#?}", when(), only_in(clean, &now), only_in(&now, clean))
    });
}

async fn put_and_ingest(company: &Company, key: &str) -> String {
    let version = company.put(key, sample(key), &[]);
    assert_eq!(failed(&company.ingest(key, &version).await), 0);
    version
}

async fn ingest_until_done(world: &World, key: &str) -> bool {
    let company = Company::of_without_retries(world.clone());
    let version = world.object_versions(BUCKET, key)[0].version_id.clone();
    for _ in 0..TRIES {
        if failed(&company.ingest(key, &version).await) == 0 {
            return true;
        }
    }
    false
}

async fn index_until_done(world: &World, bodies: &[String]) -> bool {
    let company = Company::of_without_retries(world.clone());
    let context = company.index_context();
    for body in bodies {
        let mut done = false;
        for _ in 0..TRIES {
            done = failed(&index::handle(&context, company.index_batch(std::slice::from_ref(body))).await) == 0;
            if done {
                break;
            }
        }
        if !done {
            return false;
        }
    }
    true
}

async fn sweep_until_done(world: &World) -> bool {
    let company = Company::of_without_retries(world.clone());
    for _ in 0..TRIES {
        let stop_at = world.now() + jiff::SignedDuration::from_mins(5);
        // Lambda tries again under the same request id.
        let report = sweep::run(&company.sweep_context(), "run-1", stop_at).await;
        if report.is_ok_and(|report| report.refused + report.failed + report.left == 0) {
            return true;
        }
    }
    false
}

/// `sweep` at the one call there is, as the due index would nominate it: the reads of the index itself
/// change nothing, and would multiply the orders.
async fn sweep_the_call(world: &World, run: &str) -> bool {
    let company = Company::of_without_retries(world.clone());
    sweep::sweep_call(&company.sweep_context(), run, &the_call(world)).await.is_ok()
}

/// The one call there is.
fn the_call(world: &World) -> CallReference {
    let pk = calls(world).remove(0);
    let (id, incarnation) = pk.strip_prefix("C#").unwrap().split_once('#').unwrap();
    CallReference { id: id.parse().unwrap(), incarnation: incarnation.parse().unwrap() }
}

/// The keys of the calls in the table.
fn calls(world: &World) -> Vec<String> {
    let items = world.table_items(TABLE).into_iter();
    items.filter(|item| item["sk"] == "C").map(|item| item["pk"].as_str().unwrap().to_owned()).collect()
}

/// A company with the rulebook, and in it one object put and not yet taken in.
async fn with_an_object() -> World {
    let company = Company::with_sample_rulebook(1).await;
    company.put(&first_key(), sample(&first_key()), &[]);
    company.world
}

/// A company in which an audio and its sidecar were taken in and wait to be indexed, in this order.
async fn with_fragments() -> (World, Vec<String>) {
    let company = Company::with_sample_rulebook(2).await;
    put_and_ingest(&company, SIDECAR_AUDIO).await;
    put_and_ingest(&company, &format!("{SIDECAR_AUDIO}.json")).await;
    let bodies = company.world.take_messages(QUEUE);
    (company.world, bodies)
}

/// A company in which a call of two legs, with a duplicate, is due.
async fn with_a_due_call() -> World {
    let company = Company::with_sample_rulebook(3).await;
    company.upload_sample(&first_key()).await;
    company.upload_sample(&first_key()).await;
    company.world.set_now(first_expiry());
    company.world
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_call_of_ingest_failed_before_and_after_ends_as_the_run_without_a_fault() {
    let clean = RefCell::new(Vec::new());
    let key = first_key();
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_an_object().await,
        async |world| ingest_until_done(world, &key).await,
        async |world, fault, done| {
            must(done, || format!("not taken in after three retries: {fault:?}"));
            must(!world.take_messages(QUEUE).is_empty(), || format!("NOTHING LOST: index not told: {fault:?}"));
            if fault.is_none() {
                *clean.borrow_mut() = state(world);
            }
            must_end_alike(&clean.borrow(), world, || format!("{fault:?}"));
        },
    )
    .await;
    assert!(tried >= 15, "{tried}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_call_of_index_failed_before_and_after_ends_as_the_run_without_a_fault() {
    let clean = RefCell::new(Vec::new());
    let bodies = with_fragments().await.1;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_fragments().await.0,
        async |world| index_until_done(world, &bodies).await,
        async |world, fault, done| {
            must(done, || format!("not indexed after three retries: {fault:?}"));
            if fault.is_none() {
                *clean.borrow_mut() = state(world);
            }
            must_end_alike(&clean.borrow(), world, || format!("{fault:?}"));
        },
    )
    .await;
    assert!(tried >= 60, "{tried}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_call_of_sweep_failed_before_and_after_ends_as_the_run_without_a_fault() {
    let clean = RefCell::new(Vec::new());
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_a_due_call().await,
        async |world| sweep_until_done(world).await,
        async |world, fault, done| {
            must(done, || format!("not swept after three retries: {fault:?}"));
            must(world.object_keys(BUCKET).is_empty(), || format!("NEVER LATE: audio stays: {fault:?}"));
            if fault.is_none() {
                *clean.borrow_mut() = state(world);
            }
            must_end_alike(&clean.borrow(), world, || format!("{fault:?}"));
        },
    )
    .await;
    assert!(tried >= 60, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn each_handler_killed_at_every_gate_is_finished_by_the_next_run() {
    let clean = RefCell::new(Vec::new());
    let compare = |world: &World, gate: Option<usize>| {
        if gate.is_none() {
            *clean.borrow_mut() = state(world);
        }
        must_end_alike(&clean.borrow(), world, || format!("after gate {gate:?}"));
    };
    let key = first_key();
    let mut gates = for_every_kill(
        async || with_an_object().await,
        async |world| ingest_until_done(world, &key).await,
        async |world, gate| {
            assert!(ingest_until_done(world, &key).await);
            compare(world, gate);
        },
    )
    .await;
    let bodies = with_fragments().await.1;
    gates += for_every_kill(
        async || with_fragments().await.0,
        async |world| index_until_done(world, &bodies).await,
        async |world, gate| {
            assert!(index_until_done(world, &bodies).await);
            compare(world, gate);
        },
    )
    .await;
    gates += for_every_kill(
        async || with_a_due_call().await,
        async |world| sweep_until_done(world).await,
        async |world, gate| {
            assert!(sweep_until_done(world).await);
            compare(world, gate);
        },
    )
    .await;
    assert!(gates > 100, "{gates}");
}

/// `settle` still runs from the first taking in.
#[tokio::test(start_paused = true)]
pub(crate) async fn an_event_that_comes_again_an_hour_later_changes_nothing() {
    let company = Company::with_sample_rulebook(8).await;
    let version = put_and_ingest(&company, &first_key()).await;
    company.index().await;
    let before = state(&company.world);
    company.world.advance(std::time::Duration::from_hours(1));
    assert_eq!(failed(&company.ingest(&first_key(), &version).await), 0);
    company.index().await;
    assert!(before == state(&company.world), "TWICE IS ONCE");
}

#[tokio::test(start_paused = true)]
async fn indexes_that_lag_delay_a_sweep_and_never_mislead_it() {
    for seed in 0..20 {
        let world = Company::builder(seed).lag(Lag { percent: 50, writes: 5 }).build();
        let company = Company::of(world);
        let (policy, staff) = company::sample_rulebook();
        company.publish(&policy, &staff).await;
        let id = company.upload_sample(&first_key()).await;
        company.world.set_now(first_expiry());
        for _ in 0..20 {
            company.sweep().await.unwrap();
        }
        assert!(company.tombstone(&id).await.is_some(), "seed {seed}");
        assert!(company.versions().is_empty(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_is_to_come_again_soon() {
    use tests::world::{Fault, FaultKind, Moment, Service, Which};
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(&first_key()).await;
    let version = company.put_sample(&first_key());
    assert_eq!(failed(&company.ingest(&first_key(), &version).await), 0);
    let bodies = company.world.take_messages(QUEUE);
    let which = Which::EveryOf(Service::DynamoDb, "TransactWriteItems");
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ServerError });
    company.world.take_calls();
    assert_eq!(failed(&index::handle(&company.index_context(), company.index_batch(&bodies)).await), 1);
    let calls = company.world.take_calls();
    assert_eq!(calls.iter().filter(|call| call.operation == "ChangeMessageVisibility").count(), 1);
    company.world.clear_faults();
    assert_eq!(failed(&index::handle(&company.index_context(), company.index_batch(&bodies)).await), 0);
    assert!(company.world.take_calls().iter().all(|call| call.operation != "ChangeMessageVisibility"));
}
