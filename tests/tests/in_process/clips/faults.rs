//! Every call of `clip` failed, every gate its death, and others at the same share: no object that nothing lists, and one
//! clip or none.

use std::time::Duration;

use policy::call::Claim;
use policy::case::share::{Share, ShareState};
use policy::custody;
use tests::company::{BUCKET, Company, failed};
use tests::monitor::Rule;
use tests::world::{EVERY_FAULT, Handler, World, every_order, for_every_fault, for_every_kill};

use super::common::{listed, message, objects, require_listed, share_now, with_share, write_share};
use crate::api::Api;

/// 3,000 orders: all of them.
const ORDERS_LIMIT: usize = 3_000;

/// 300 orders: the sweep makes many calls, most of which meet none of `clip`.
const SWEEP_ORDERS: usize = 300;

/// Runs the message as SQS does: another invocation for each try.
async fn until_done(world: &World, share: &Share, prefix: &str) -> bool {
    let company = Company::of_without_retries(world.clone());
    for number in 0..4 {
        if failed(&company.clip(&message(share), &format!("{prefix}{number}")).await) == 0 {
            return true;
        }
    }
    false
}

/// After everybody who wrote has died or ended: the sweep leaves what the share took, and nothing else.
async fn require_end(world: &World, share: &Share, when: &str) {
    require_listed(world, when);
    let api = Api::over(world);
    custody::verify(&share.part.recording, &api.chain(&share.part.recording).await).unwrap();
    world.advance(Duration::from_secs(6 * 60 + 1));
    let swept = Company::of(world.clone());
    swept.sweep().await.unwrap();
    let now = share_now(&swept, share).await;
    let taken: Vec<String> =
        now.clip.filter(|_| now.state == ShareState::Ready).map(|clip| clip.key).into_iter().collect();
    assert_eq!(objects(world).into_keys().collect::<Vec<_>>(), taken, "{when}");
    assert_eq!(listed(world).into_iter().collect::<Vec<_>>(), taken, "{when}");
    assert_eq!(world.unfinished_uploads(), 0, "{when}");
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_there_is_one_clip_and_one_event_of_it() {
    let (.., share) = with_share().await;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || with_share().await.0.company.world,
        async |world| until_done(world, &share, "a").await,
        async |world, fault, done| {
            let when = format!("{fault:?}");
            let api = Api::over(world);
            // A call that is refused by AWS is tried again by the message, which is delivered again.
            assert!(done, "{when}");
            assert_eq!(share_now(&api.company, &share).await.state, ShareState::Ready, "{when}");
            let events = api.chain(&share.part.recording).await;
            let made = events.iter().filter(|event| event.event.kind == custody::EventKind::ClipMade).count();
            assert_eq!(made, 1, "{when}");
            require_end(world, &share, &when).await;
        },
    )
    .await;
    assert!(tried >= 30, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_it_leaves_nothing_that_is_not_listed_and_the_message_comes_again() {
    let (.., share) = with_share().await;
    let gates = for_every_kill(
        async || with_share().await.0.company.world,
        async |world| Company::of_without_retries(world.clone()).clip(&message(&share), "one").await,
        async |world, gate| {
            let when = format!("killed at {gate:?}");
            require_listed(world, &when);
            assert!(until_done(world, &share, "again").await, "{when}");
            assert_eq!(share_now(&Company::of(world.clone()), &share).await.state, ShareState::Ready, "{when}");
            require_end(world, &share, &when).await;
        },
    )
    .await;
    assert!(gates >= 16, "{gates}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_share_that_is_withdrawn_meanwhile_has_no_clip_in_any_order() {
    let (.., share) = with_share().await;
    let explored = every_order(
        ORDERS_LIMIT,
        async || with_share().await.0.company.world,
        |world| {
            let (cutting, withdrawing) = (world.clone(), world.clone());
            let (cut, withdrawn) = (share.clone(), share.clone());
            let handlers: Vec<Handler<bool>> = vec![
                Box::pin(async move { until_done(&cutting, &cut, "a").await }),
                Box::pin(async move {
                    let company = Company::of_without_retries(withdrawing);
                    let stored = company.table().share(&withdrawn.case, &withdrawn.id).await.unwrap().unwrap();
                    let changed = stored.share.withdraw("kato", company.world.now());
                    write_share(&company, &changed, Some(stored.generation)).await == store::WriteOutcome::Done
                }),
            ];
            handlers
        },
        async |world, outcomes, trace| {
            let now = share_now(&Company::of(world.clone()), &share).await;
            // One came first; the other read again, or gave up.
            assert!(outcomes[0], "{trace:?}");
            assert_eq!(now.state == ShareState::Withdrawn, outcomes[1], "{trace:?}");
            require_end(world, &share, &format!("{trace:?}")).await;
        },
    )
    .await;
    assert!(explored.is_complete, "{explored:?}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_recording_that_is_swept_meanwhile_leaves_no_clip_in_any_order() {
    let (api, recording, share) = with_share().await;
    let call = api.company.recording(&recording).await.view.call;
    let explored = every_order(
        SWEEP_ORDERS,
        async || {
            let company = with_share().await.0.company;
            company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end");
            company.world
        },
        |world| {
            let (cutting, sweeping) = (world.clone(), world.clone());
            let (cut, call) = (share.clone(), call.clone());
            let handlers: Vec<Handler<bool>> = vec![
                Box::pin(async move { until_done(&cutting, &cut, "a").await }),
                Box::pin(async move {
                    let company = Company::of_without_retries(sweeping);
                    // As where two people agreed on it: before its time.
                    let read = company.table().call(&call).await.unwrap().unwrap();
                    let claim = Claim { id: "run-1".to_owned(), at: company.world.now(), rulebook_version: 1 };
                    assert_eq!(company.table().claim(&read, &claim).await.unwrap(), store::WriteOutcome::Done);
                    sweep::sweep_call(&company.sweep_context(), "run-1", &call).await.is_ok()
                }),
            ];
            handlers
        },
        async |world, outcomes, trace| {
            assert!(outcomes[1], "{trace:?}");
            require_listed(world, &format!("{trace:?}"));
            world.advance(Duration::from_secs(6 * 60 + 1));
            let company = Company::of(world.clone());
            // It was claimed before its day: no day nominates it yet.
            sweep::sweep_call(&company.sweep_context(), "run-2", &call).await.unwrap();
            company.sweep().await.unwrap();
            assert!(objects(world).is_empty() && listed(world).is_empty(), "{trace:?}");
            assert!(world.object_keys(BUCKET).is_empty(), "{trace:?}");
            assert!(company.tombstone(&recording).await.is_some(), "{trace:?}");
        },
    )
    .await;
    assert!(explored.runs >= 100 || explored.is_complete, "{explored:?}");
}
