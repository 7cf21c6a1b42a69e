//! A hold beside everything that can come between its steps, in every order: a sweep, another hold that is lifted, a leg
//! that arrives, a life that opens, a leg that moves. Each call is wholly there and held, or was wholly gone before.

use std::rc::Rc;

use policy::custody::{self, Committed};
use policy::hold::{Hold, HoldKind, NewHold};
use policy::holding::HoldAct;
use policy::id::RecordingId;
use policy::recording::CallReference;
use policy::rulebook::Rulebook;
use store::{HoldOutcome, HoldRequest, Objects, Stored};
use tests::company::{BUCKET, Company, QUEUE, failed, sample};
use tests::world::{Handler, Interruption, Trace, World, every_interruption, every_order};

/// 40 orders from each handler's point of view: the ones in which its last steps meet all of the other's.
const ORDERS_LIMIT: usize = 40;

const AT: &str = "2026-11-12T10:00:00+09:00";

/// So far before that it is another life of the call.
const EARLIER: &str = "2026-11-10T10:00:00+09:00";

fn metadata<'a>(call: &'a str, at: &'a str) -> [(&'a str, &'a str); 4] {
    [("call-id", call), ("started-at", at), ("direction", "inbound"), ("extension", "201")]
}

fn audio(number: usize) -> Vec<u8> {
    sample("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav")[..20_000 + 2 * number]
        .to_vec()
}

/// A company with a call of one leg, and what a handler needs to act on it.
struct Arranged {
    company: Company,
    call: CallReference,
    rulebook: Rc<Rulebook>,
}

async fn arrange() -> Arranged {
    let company = Company::with_sample_rulebook(4).await;
    let first = company.upload("other/1.wav", audio(1), &metadata("x", AT)).await;
    let call = company.recording(&first).await.view.call;
    let rulebooks = store::Rulebooks::new(&company.connection(), Company::rulebooks_config());
    let rulebook = rulebooks.in_force(company.world.now()).await.unwrap();
    Arranged { call, rulebook: Rc::new((*rulebook).clone()), company }
}

/// Puts an object and has it taken in; the message that `index` gets.
async fn put(company: &Company, key: &str, bytes: Vec<u8>, metadata: &[(&str, &str)]) -> (RecordingId, Vec<String>) {
    let version = company.put(key, bytes, metadata);
    assert_eq!(failed(&company.ingest(key, &version).await), 0);
    (RecordingId::of(BUCKET, key, &version), company.world.take_messages(QUEUE))
}

fn hold(call: &CallReference, name: &str, world: &World) -> Hold {
    let reason = Committed { salt: "00".repeat(16), text: "係争のおそれ".to_owned() };
    let (kind, placed_at, until) = (HoldKind::Legal, world.now(), None);
    let new = NewHold { kind, reason, owner: "yamada", placed_by: "yamada", placed_at, until, operation: name };
    Hold::new(&call.id, new).unwrap()
}

fn act(world: &World, name: &str) -> HoldAct {
    HoldAct { at: world.now(), actor: "yamada".to_owned(), operation: name.to_owned(), reason: None }
}

/// Places a hold as a request does: in the table, then in S3.
fn placing(world: &World, call: &CallReference, rulebook: &Rc<Rulebook>, name: &'static str) -> Handler<bool> {
    let (world, call, rulebook) = (world.clone(), call.clone(), rulebook.clone());
    Box::pin(async move {
        let company = Company::of_without_retries(world.clone());
        let request = HoldRequest { act: act(&world, name), audit: None, rulebook: &rulebook };
        let outcome = company.table().place_hold(&call, hold(&call, name, &world), &request).await.unwrap();
        company.table().secure_holds(&Objects::new(&company.connection()), &call.id).await.unwrap();
        assert!(matches!(outcome, HoldOutcome::Done | HoldOutcome::Gone), "{outcome:?}");
        outcome == HoldOutcome::Done
    })
}

/// Lifts a hold as a request does: in the table, then in S3.
fn lifting(world: &World, call: &CallReference, rulebook: &Rc<Rulebook>, name: &'static str) -> Handler<bool> {
    let (world, call, rulebook) = (world.clone(), call.clone(), rulebook.clone());
    Box::pin(async move {
        let company = Company::of_without_retries(world.clone());
        let request = HoldRequest { act: act(&world, "lift"), audit: None, rulebook: &rulebook };
        let id = hold(&call, name, &world).id;
        let (outcome, _) = company.table().lift_hold(&call, &id, &request).await.unwrap();
        company.table().secure_holds(&Objects::new(&company.connection()), &call.id).await.unwrap();
        outcome == HoldOutcome::Done
    })
}

fn indexing(world: &World, bodies: &[String]) -> Handler<bool> {
    let (world, bodies) = (world.clone(), bodies.to_vec());
    Box::pin(async move {
        let company = Company::of_without_retries(world.clone());
        for _ in 0..4 {
            if failed(&index::handle(&company.index_context(), company.index_batch(&bodies)).await) == 0 {
                return true;
            }
        }
        false
    })
}

fn sweeping(world: &World, call: &CallReference) -> Handler<bool> {
    let (world, call) = (world.clone(), call.clone());
    Box::pin(async move {
        let company = Company::of_without_retries(world.clone());
        sweep::sweep_call(&company.sweep_context(), "run-1", &call).await.is_ok()
    })
}

/// Runs two handlers in many orders: first those that differ near the end of the first one, then those that differ near the
/// end of the second. How many orders.
async fn both_ways(
    arrange: impl AsyncFn() -> World,
    handlers: impl Fn(&World) -> Vec<Handler<bool>>,
    check: impl AsyncFn(&World, Vec<bool>, &Trace),
) -> usize {
    let mut runs = every_interruption(Interruption::Once, &arrange, &handlers, &check).await;
    for is_turned in [false, true] {
        let turned = |mut both: Vec<Handler<bool>>| {
            if is_turned {
                both.reverse();
            }
            both
        };
        let explored = every_order(
            ORDERS_LIMIT,
            &arrange,
            |world| turned(handlers(world)),
            async |world, mut done, trace| {
                if is_turned {
                    done.reverse();
                }
                check(world, done, trace).await;
            },
        );
        runs += explored.await.runs;
    }
    runs
}

/// Does what waits for `jobs`; then asks of every recording: is it held as its call is, in the copy and in S3 alike.
async fn check_walls(world: &World, trace: &Trace) {
    let company = Company::of(world.clone());
    company.index().await;
    for item in world.table_items(tests::company::TABLE) {
        let Some(id) = item["pk"].as_str().unwrap().strip_prefix("R#").filter(|_| item["sk"] == "R") else { continue };
        let id: RecordingId = id.parse().unwrap();
        let Stored::Recording(recording) = company.table().recording(&id).await.unwrap().unwrap().stored else {
            continue;
        };
        let call = company.table().call(&recording.view.call).await.unwrap().unwrap();
        let holds = company.table().holds(&recording.view.call.id).await.unwrap();
        assert_eq!(call.holds, holds.carried(), "a life is under the holds of its id: {trace}");
        assert_eq!(recording.view.holds, call.holds, "its copy: {trace}");
        let versions = world.object_versions(BUCKET, recording.object.key.expose());
        let version = versions.iter().find(|version| version.version_id == recording.object.version_id).unwrap();
        assert_eq!(version.legal_hold, !call.holds.is_empty(), "the second wall: {trace}");
        custody::verify(&id, &company.table().custody(&id, 1, 100).await.unwrap()).unwrap();
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_hold_and_a_sweep_in_every_order_leave_the_call_wholly_held_or_wholly_gone() {
    let Arranged { call, rulebook, .. } = arrange().await;
    let due = || async {
        let company = arrange().await.company;
        company.upload("other/2.wav", audio(2), &metadata("x", AT)).await;
        company.world.set_now("2026-12-13T00:00:00+09:00".parse().unwrap());
        company.world
    };
    let (held_first, swept_first) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let explored = both_ways(
        due,
        |world| vec![placing(world, &call, &rulebook, "a"), sweeping(world, &call)],
        async |world, done, trace| {
            let company = Company::of(world.clone());
            company.sweep().await.unwrap();
            let left = company.versions().len();
            if done[0] {
                held_first.set(held_first.get() + 1);
                assert_eq!(left, 2, "NEVER EARLY: {trace}");
                check_walls(world, trace).await;
            } else {
                swept_first.set(swept_first.get() + 1);
                assert_eq!(left, 0, "NEVER LATE: {trace}");
            }
        },
    )
    .await;
    assert!(explored > 20 && held_first.get() > 0 && swept_first.get() > 0, "{explored}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn one_hold_lifted_and_another_placed_in_every_order_leave_both_walls_standing() {
    let Arranged { call, rulebook, .. } = arrange().await;
    let held = || async {
        let Arranged { company, call, rulebook } = arrange().await;
        assert!(placing(&company.world, &call, &rulebook, "a").await);
        company.world
    };
    let explored = both_ways(
        held,
        |world| vec![lifting(world, &call, &rulebook, "a"), placing(world, &call, &rulebook, "b")],
        async |world, done, trace| {
            assert_eq!(done, [true, true], "{trace}");
            let stored = world.object_versions(BUCKET, "other/1.wav");
            assert!(stored.iter().all(|version| version.legal_hold), "NEVER EARLY, before `jobs` has looked: {trace}");
            check_walls(world, trace).await;
            let company = Company::of(world.clone());
            let holds = company.table().call(&call).await.unwrap().unwrap().holds;
            assert_eq!(holds.ids().collect::<Vec<_>>(), [&hold(&call, "b", world).id], "{trace}");
        },
    )
    .await;
    assert!(explored > 20, "{explored}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn both_holds_lifted_in_every_order_leave_no_wall_and_the_call_goes() {
    let Arranged { call, rulebook, .. } = arrange().await;
    let held = || async {
        let Arranged { company, call, rulebook } = arrange().await;
        assert!(placing(&company.world, &call, &rulebook, "a").await);
        assert!(placing(&company.world, &call, &rulebook, "b").await);
        company.world
    };
    let explored = both_ways(
        held,
        |world| vec![lifting(world, &call, &rulebook, "a"), lifting(world, &call, &rulebook, "b")],
        async |world, done, trace| {
            assert_eq!(done, [true, true], "{trace}");
            check_walls(world, trace).await;
            world.advance(std::time::Duration::from_hours(24 * 60));
            Company::of(world.clone()).sweep().await.unwrap();
            assert!(world.object_keys(BUCKET).is_empty(), "NEVER LATE: {trace}");
        },
    )
    .await;
    assert!(explored > 20, "{explored}");
}

/// What comes to the call while a hold is placed on it: when it began, and whether another hold stands already.
async fn while_a_hold_is_placed(at: &str, is_held: bool) {
    let key = "other/2.wav";
    let arranged = async || {
        let Arranged { company, call, rulebook } = arrange().await;
        if is_held {
            assert!(placing(&company.world, &call, &rulebook, "b").await);
        }
        let (late, bodies) = put(&company, key, audio(2), &metadata("x", at)).await;
        (company.world, late, bodies)
    };
    let Arranged { call, rulebook, .. } = arrange().await;
    let (_, late, bodies) = arranged().await;
    let explored = both_ways(
        async || arranged().await.0,
        |world| vec![placing(world, &call, &rulebook, "a"), indexing(world, &bodies)],
        async |world, done, trace| {
            assert_eq!(done, [true, true], "{trace}");
            check_walls(world, trace).await;
            let view = Company::of(world.clone()).recording(&late).await.view;
            let expected = hold(&call, "a", world).id;
            assert!(view.call.id == call.id && view.holds.contains(&expected), "the late leg is held too: {trace}");
            world.advance(std::time::Duration::from_hours(24 * 60));
            let company = Company::of(world.clone());
            company.sweep().await.unwrap();
            assert_eq!(company.versions().len(), 2, "NEVER EARLY: {trace}");
        },
    )
    .await;
    assert!(explored > 10, "{explored}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_leg_that_arrives_while_a_hold_is_placed_is_held_in_both_ways() {
    while_a_hold_is_placed(AT, false).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_life_that_opens_while_a_hold_is_placed_is_held_in_both_ways() {
    while_a_hold_is_placed(EARLIER, false).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_life_that_opens_while_a_second_hold_is_placed_is_held_in_both_ways() {
    while_a_hold_is_placed(EARLIER, true).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_leg_that_moves_while_its_hold_is_lifted_is_free_in_every_order_and_stays_held_by_another() {
    let moving = async || {
        let Arranged { company, call, rulebook } = arrange().await;
        assert!(placing(&company.world, &call, &rulebook, "a").await);
        assert!(placing(&company.world, &call, &rulebook, "b").await);
        company.upload("other/2.wav", audio(2), &metadata("y", AT)).await;
        let (_, bodies) = put(&company, "other/1.wav.json", br#"{"linked_id": "y"}"#.to_vec(), &[]).await;
        (company, bodies)
    };
    let Arranged { call, rulebook, .. } = arrange().await;
    let bodies = moving().await.1;
    let explored = both_ways(
        async || moving().await.0.world,
        |world| vec![lifting(world, &call, &rulebook, "a"), indexing(world, &bodies)],
        async |world, done, trace| {
            assert!(done[1], "{trace}");
            check_walls(world, trace).await;
            let company = Company::of(world.clone());
            let version = world.object_versions(BUCKET, "other/1.wav").remove(0).version_id;
            let moved = company.recording(&RecordingId::of(BUCKET, "other/1.wav", &version)).await.view;
            assert_ne!(moved.call.id, call.id, "{trace}");
            // Where the call was emptied before the hold was reached, the request says so, and the hold stands on.
            let expected = if done[0] { vec!["b"] } else { vec!["a", "b"] };
            let mut expected: Vec<_> = expected.into_iter().map(|name| hold(&call, name, world).id).collect();
            expected.sort();
            assert_eq!(moved.holds.ids().cloned().collect::<Vec<_>>(), expected, "{trace}");
        },
    )
    .await;
    assert!(explored > 10, "{explored}");
}

/// A case that was closed and opens again holds the call anew, under the same id, while `jobs` clears away the old hold.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_case_that_opens_again_holds_its_calls_in_every_order_with_what_clears_the_old_hold_away() {
    let case = |call: &CallReference, world: &World| {
        let reason = Committed { salt: "00".repeat(16), text: "案件".to_owned() };
        let (kind, placed_at, until) = (HoldKind::Case, world.now(), None);
        let new = NewHold { kind, reason, owner: "case", placed_by: "kato", placed_at, until, operation: "case" };
        Hold::new(&call.id, new).unwrap()
    };
    let arranged = async || {
        let Arranged { company, call, rulebook } = arrange().await;
        let request = HoldRequest { act: act(&company.world, "case"), audit: None, rulebook: &rulebook };
        let hold = case(&call, &company.world);
        assert_eq!(company.table().place_hold(&call, hold, &request).await.unwrap(), HoldOutcome::Done);
        assert_eq!(company.table().lift_holds_of("case", &request).await.unwrap(), [call.id]);
        company.world.advance(std::time::Duration::from_secs(60));
        company.world
    };
    let Arranged { call, rulebook, .. } = arrange().await;
    let explored = both_ways(
        arranged,
        |world| {
            let (placer, clearer) = (world.clone(), world.clone());
            let (call, rulebook) = (call.clone(), rulebook.clone());
            let (call_to_clear, rules) = (call.clone(), rulebook.clone());
            let place: Handler<bool> = Box::pin(async move {
                let company = Company::of_without_retries(placer.clone());
                let request = HoldRequest { act: act(&placer, "again"), audit: None, rulebook: &rulebook };
                let hold = case(&call, &placer);
                let outcome = company.table().place_hold(&call, hold, &request).await.unwrap();
                company.table().secure_holds(&Objects::new(&company.connection()), &call.id).await.unwrap();
                outcome == HoldOutcome::Done
            });
            let clear: Handler<bool> = Box::pin(async move {
                let company = Company::of_without_retries(clearer.clone());
                let request = HoldRequest { act: act(&clearer, "jobs"), audit: None, rulebook: &rules };
                let outcome = company.table().end_holds(&call_to_clear.id, &request).await.unwrap();
                company.table().secure_holds(&Objects::new(&company.connection()), &call_to_clear.id).await.unwrap();
                outcome == HoldOutcome::Done
            });
            vec![place, clear]
        },
        async |world, done, trace| {
            assert_eq!(done, [true, true], "{trace}");
            check_walls(world, trace).await;
            let holds = Company::of(world.clone()).table().holds(&call.id).await.unwrap();
            assert!(holds.get(&case(&call, world).id).is_some(), "NEVER EARLY: {trace}");
        },
    )
    .await;
    assert!(explored > 10, "{explored}");
}
