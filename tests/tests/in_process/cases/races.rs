//! Two people who decide on one share or release at once: what was answered stands, in any order.

use policy::case::share::FinishDecision;
use policy::custody::EventKind;
use store::{AuditEvent, ReleaseWrite, WriteOutcome};
use tests::world::{Handler, World};

use super::common::COLLEAGUE;
use super::{releases, shares};
use crate::api::{Api, ApiRequest};
use crate::deletions::races::until_answered;
use crate::faults::must;
use crate::faults::orders::{ORDERS_LIMIT, side_by_side};

fn asking(world: &World, ask: ApiRequest) -> Handler<u16> {
    let world = world.clone();
    Box::pin(async move { until_answered(&world, &ask).await })
}

#[tokio::test(start_paused = true)]
pub(crate) async fn nobody_hears_a_share_after_it_was_withdrawn_in_any_order() {
    let arrange = async || {
        let (api, recording, case) = shares::arrange().await;
        let share = shares::share(&api, &recording, &case).await;
        shares::cut(&api, &case, &share).await;
        (api.company.world, recording, case, share)
    };
    let (_, recording, case, share) = arrange().await;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || arrange().await.0,
        |world| {
            let play = shares::playing(&share).by(COLLEAGUE).with_request_id("play");
            vec![asking(world, play), asking(world, shares::withdrawing(&case, &share).with_request_id("withdraw"))]
        },
        async |world, done, trace| {
            must(matches!(done[0], 200 | 404) && done[1] == 200, || format!("{done:?}: {trace}"));
            let chain = Api::over(world).chain(&recording).await;
            let place = |kind: EventKind| chain.iter().position(|link| link.event.kind == kind);
            let (played, withdrawn) = (place(EventKind::SharePlayed), place(EventKind::ShareWithdrawn));
            must(played.is_some() == (done[0] == 200), || format!("TRACE FIRST: {done:?}: {trace}"));
            must(played < withdrawn, || format!("heard after it was withdrawn: {trace}"));
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn of_an_approval_and_a_refusal_of_a_release_one_stands_in_any_order() {
    let arrange = async || {
        let (api, recording, case) = releases::arrange().await;
        let release = releases::request(&api, &case, &recording).await;
        (api.company.world, recording, case, release)
    };
    let (_, recording, case, release) = arrange().await;
    let runs = side_by_side(
        ORDERS_LIMIT,
        async || arrange().await.0,
        |world| {
            let step = |name: &str| releases::stepping(&case, &release, name).with_request_id(name);
            vec![asking(world, step("approve")), asking(world, step("refuse").by("hayashi"))]
        },
        async |world, done, trace| {
            must((done[0] == 200) != (done[1] == 200), || format!("both or neither: {done:?}: {trace}"));
            let chain = Api::over(world).chain(&recording).await;
            let decided = |kind: EventKind| chain.iter().any(|link| link.event.kind == kind);
            let both = [decided(EventKind::ReleaseApproved), decided(EventKind::ReleaseRefused)];
            must(both == [done[0] == 200, done[1] == 200], || format!("{both:?}, {done:?}: {trace}"));
        },
    )
    .await;
    assert!(runs > 1, "{runs}");
}

/// The package of an attempt that was slow is not the release's: another one was built meanwhile.
#[tokio::test(start_paused = true)]
pub(crate) async fn a_release_is_built_once_from_one_reading() {
    let (api, recording, case) = releases::arrange().await;
    let release = releases::request(&api, &case, &recording).await;
    api.ask(&releases::stepping(&case, &release, "approve")).await.ok();
    let table = api.company.table();
    let (case_id, release_id) = (case.parse().unwrap(), release.parse().unwrap());
    let read = table.release(&case_id, &release_id).await.unwrap().unwrap();
    releases::build(&api, &case, &release).await;
    let FinishDecision::Finished(slow) = read.release.finish(&releases::package(&case, &release, 2)) else {
        panic!("it is not wanted");
    };
    let audit: AuditEvent = serde_json::from_value(serde_json::json!({
        "at": api.world().now(), "day": "2026-11-13", "operation": "clip-2", "staff": "clip", "action": "make_package",
        "outcome": "permitted",
    }))
    .unwrap();
    let before = Some(read.generation);
    let write = ReleaseWrite { release: &slow, before, case_before: None, audit: &audit, events: Vec::new() };
    assert_eq!(table.finish_release(&write).await.unwrap(), WriteOutcome::Conflict);
}
