//! Every fault, and every death, one after the other.

use super::{
    cloud::World,
    faults::{Fault, Which},
    gate::{self, Moment},
    kind::FaultKind,
};

/// Runs `act` once without a fault, then once for each call it made and each of `faults` that can
/// strike that call, every time in a world of its own. `check` sees each world and what `act` gave
/// back, first the run without a fault.
///
/// Returns how many faults were tried. `arrange` makes the world and whatever must stand before;
/// its calls are not failed. Whether the SDK tries again is decided by the configuration `act`
/// takes: [`World::sdk_config`] or [`World::sdk_config_without_retries`].
pub async fn for_every_fault<Outcome>(
    faults: &[(Moment, FaultKind)],
    arrange: impl AsyncFn() -> World,
    act: impl AsyncFn(&World) -> Outcome,
    check: impl AsyncFn(&World, Option<&Fault>, Outcome),
) -> usize {
    let world = arrange().await;
    world.take_calls();
    let outcome = Box::pin(act(&world)).await;
    let calls = world.take_calls();
    check(&world, None, outcome).await;

    let mut tried = 0;
    for (position, call) in calls.iter().enumerate() {
        let of_call = faults.iter().filter(|(moment, kind)| kind.applies_to(*moment, call.service, &call.operation));
        for (moment, kind) in of_call {
            let fault = Fault { which: Which::Nth(position + 1), moment: *moment, kind: *kind };
            let world = arrange().await;
            world.set_fault(fault.clone());
            let outcome = Box::pin(act(&world)).await;
            assert!(world.faults_fired() > 0, "the run without a fault made call {call}, this one did not: {fault:?}");
            world.clear_faults();
            check(&world, Some(&fault), outcome).await;
            tried += 1;
        }
    }
    tried
}

/// Runs `act` once to its end, then once for each gate it passed, killed there, every time in a
/// world of its own. `check` sees each world, and at which gate the handler died.
///
/// Returns how many gates there were.
pub async fn for_every_kill<Outcome>(
    arrange: impl AsyncFn() -> World,
    act: impl AsyncFn(&World) -> Outcome,
    check: impl AsyncFn(&World, Option<usize>),
) -> usize {
    let world = arrange().await;
    let (_, gates) = gate::count_gates(act(&world)).await;
    check(&world, None).await;
    for number in 1..=gates {
        let world = arrange().await;
        let outcome = gate::run_until_killed(number, act(&world)).await;
        assert!(outcome.is_none(), "the run to the end passed {gates} gates, this one ended before gate {number}");
        check(&world, Some(number)).await;
    }
    gates
}
