//! What a memo and a case hold beside everything that can come between, in every order.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use policy::custody;
use store::Job;
use tests::company::Company;
use tests::world::{Handler, Trace, World, every_order};

use super::holds::{DAY, Steps, arrange, holds, is_kept_by_s3, steps};
use crate::api::{Answer, Api, ApiRequest, sample_expiry};

/// 24 orders from each handler's point of view: the ones in which its last steps meet all of the other's.
const ORDERS_LIMIT: usize = 24;

fn asking(world: &World, request: &ApiRequest) -> Handler<u16> {
    let (world, request) = (world.clone(), request.clone());
    Box::pin(async move {
        let api = Api::over(&world);
        let mut answer: Answer = api.ask(&request).await;
        for _ in 0..4 {
            if answer.status != 503 {
                break;
            }
            answer = api.ask(&request).await;
        }
        answer.status
    })
}

/// `jobs`, for what the memo or the close announced.
fn following(world: &World, case: &str) -> Handler<u16> {
    let world = world.clone();
    let job = serde_json::to_string(&Job::FollowCase { case: case.parse().unwrap() }).unwrap();
    Box::pin(async move {
        let company = Company::of_without_retries(world.clone());
        let stop_at = world.now() + SignedDuration::from_mins(4);
        for _ in 0..4 {
            let batch = company.batch(tests::company::JOBS_QUEUE, std::slice::from_ref(&job));
            if jobs::handle(&company.jobs_context(), batch, stop_at).await.batch_item_failures.is_empty() {
                return 200;
            }
        }
        503
    })
}

fn sweeping(world: &World) -> Handler<u16> {
    let world = world.clone();
    Box::pin(async move {
        let swept = Company::of_without_retries(world).sweep().await;
        if swept.is_ok() { 200 } else { 503 }
    })
}

/// Runs two handlers in many orders, first from the one's and then from the other's point of view.
async fn race(
    arrange: impl AsyncFn() -> World,
    handlers: impl Fn(&World) -> [Handler<u16>; 2],
    check: impl AsyncFn(&World, [u16; 2], &Trace),
) {
    for is_turned in [false, true] {
        let explored = every_order(
            ORDERS_LIMIT,
            &arrange,
            |world| {
                let mut both = Vec::from(handlers(world));
                if is_turned {
                    both.reverse();
                }
                both
            },
            async |world, mut done, trace| {
                if is_turned {
                    done.reverse();
                }
                check(world, [done[0], done[1]], trace).await;
            },
        )
        .await;
        assert!(explored.runs > 0, "some order is looked at");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_and_a_close_in_every_order_leave_no_hold_on_a_closed_case() {
    let Steps { recording, writes, links, closes, .. } = steps().await;
    race(
        async || arrange(std::slice::from_ref(&writes)).await,
        |world| [asking(world, &links), asking(world, &closes)],
        async |world, done, trace| {
            assert!(matches!(done[0], 200 | 409), "{done:?} {trace}");
            assert_eq!(done[1], 200, "{trace}");
            let api = Api::over(world);
            assert_eq!(holds(&api, &recording).await, 0, "NEVER LATE: {trace}");
            assert!(!is_kept_by_s3(world), "{trace}");
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_memo_holds_and_a_link_or_a_close_in_every_order_leave_what_the_case_says() {
    let Steps { recording, case, writes, links, closes, .. } = steps().await;
    for (step, expected) in [(&links, 1), (&closes, 0)] {
        race(
            async || arrange(std::slice::from_ref(&writes)).await,
            |world| [following(world, &case), asking(world, step)],
            async |world, done, trace| {
                assert_eq!(done[1], 200, "{trace}");
                let api = Api::over(world);
                assert_eq!(holds(&api, &recording).await, expected, "{trace}");
                assert_eq!(is_kept_by_s3(world), expected > 0, "{trace}");
                custody::verify(&recording, &api.chain(&recording).await).unwrap();
            },
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_and_a_sweep_in_every_order_leave_the_call_held() {
    let Steps { recording, writes, links, .. } = steps().await;
    race(
        async || {
            let world = arrange(&[]).await;
            world.set_now(sample_expiry() - DAY);
            assert_eq!(Api::over(&world).ask(&writes).await.status, 201);
            Company::of(world.clone()).index().await;
            // Its period is over; what the memo holds is exchanged for the case's own hold while `sweep` looks.
            world.set_now(sample_expiry() + DAY);
            world
        },
        |world| [asking(world, &links), sweeping(world)],
        async |world, done, trace| {
            assert_eq!(done[0], 200, "{trace}");
            world.set_now(sample_expiry() + DAY * 60);
            let api = Api::over(world);
            assert_eq!(holds(&api, &recording).await, 1, "{trace}");
            api.company.sweep().await.unwrap();
            assert!(api.company.tombstone(&recording).await.is_none(), "NEVER EARLY: {trace}");
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_memo_holds_and_a_sweep_in_every_order_leave_the_call_wholly_held_or_wholly_gone() {
    let Steps { recording, case, writes, .. } = steps().await;
    let ends = RefCell::new(BTreeSet::new());
    for now in [sample_expiry() - SignedDuration::from_secs(1), sample_expiry()] {
        race(
            async || {
                let world = arrange(&[]).await;
                world.set_now(sample_expiry() - DAY);
                assert_eq!(Api::over(&world).ask(&writes).await.status, 201);
                world.take_messages(tests::company::JOBS_QUEUE);
                world.set_now(now);
                world
            },
            |world| [following(world, &case), sweeping(world)],
            async |world, _, trace| {
                let api = Api::over(world);
                api.company.index().await;
                world.set_now(now + DAY);
                api.company.sweep().await.unwrap();
                let is_gone = api.company.tombstone(&recording).await.is_some();
                // The memo was in time: only a deletion that has begun comes before its hold.
                assert!(!is_gone || now == sample_expiry(), "NEVER EARLY: {trace}");
                assert_ne!(is_gone, is_kept_by_s3(world), "{trace}");
                ends.borrow_mut().insert((now, is_gone));
            },
        )
        .await;
    }
    assert_eq!(ends.into_inner().len(), 3, "at its expiry it is held in some orders, and gone in others");
}
