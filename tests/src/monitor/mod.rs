//! The monitor: what must hold for every object version that was ever put, whatever a scenario is about.
//!
//! It reads the table, the buckets and the rulebooks as JSON and text, and computes with a model of its own: it shares
//! no code with what it checks. It looks three times:
//!
//! - after every deletion in S3, and in the random histories after every write: [`watch`];
//! - at a scenario's end, when the last handle of its world is dropped: [`standing`];
//! - at the end of a random history, and of every scenario with `ROKUBAN_MONITOR=end`, the company lives on until
//!   everything in it is gone: [`live_on`].
//!
//! It looks at every random history, and at the scenarios where `ROKUBAN_MONITOR` is set.
//!
//! A scenario that breaks a rule on purpose declares it: [`Company::leaves`](crate::company::Company::leaves).

mod breach;
mod custody;
mod end;
mod scene;
mod standing;

use crate::world::World;

use breach::undeclared;
pub use breach::{Breach, Rule};
pub use end::live_on;
use scene::Scene;
pub use standing::standing;

/// After which effects the monitor looks at a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// After every deletion of an object version.
    Deletions,
    /// After every deletion, and after every write of the table.
    Writes,
}

/// Looks at a world after its effects, and when its last handle is dropped. A world with a saboteur is left alone: it
/// breaks rules on purpose, and the scenario itself says what must be noticed.
pub fn watch(world: &World, watch: Watch) {
    if watch == Watch::Deletions && std::env::var_os("ROKUBAN_MONITOR").is_none() {
        return;
    }
    world.after_effects(move |world, operation| {
        let is_deletion = matches!(operation, "DeleteObject" | "DeleteObjects");
        let is_write = matches!(operation, "TransactWriteItems" | "UpdateItem" | "PutItem" | "DeleteItem");
        if is_deletion || watch == Watch::Writes && is_write {
            let scene = Scene::of(world);
            let mut breaches = scene.check_deletions(world);
            if watch == Watch::Writes {
                breaches.extend(scene.check_standing());
            }
            for breach in undeclared(world, breaches) {
                world.report(format!("after {operation}: {breach:?}"));
            }
        }
    });
    world.at_end(|world| {
        if world.is_sabotaged() {
            return;
        }
        let lives_on = std::env::var("ROKUBAN_MONITOR").is_ok_and(|value| value == "end");
        let breaches = if lives_on { end::live_on_elsewhere(world) } else { standing(world) };
        let seen = world.take_reports();
        assert!(breaches.is_empty() && seen.is_empty(), "the monitor, at the world's end: {breaches:#?} {seen:#?}");
    });
}
