//! The monitor: what must hold for every object version that was ever put, whatever a scenario is about.
//!
//! It reads the table, the buckets and the rulebooks as JSON and text, and computes with a model of its own: it shares
//! no code with what it checks. It looks at every company of the tests in process ([`watch`]):
//!
//! - after every deletion in S3, and in one random history of ten after every write;
//! - at the end, when the last handle of a world is dropped: [`standing`];
//! - once in each test, and in every random history, the company then lives on until everything in it is gone:
//!   [`live_on`].
//!
//! A scenario that breaks a rule on purpose says which and why: [`Company::leaves`](crate::company::Company::leaves).

mod breach;
mod end;
mod scene;
mod standing;

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::world::World;

use breach::Found;
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

/// Looks at a world after its effects, and when its last handle is dropped. A world is left alone where the scenario
/// itself set a saboteur to work: it says what must be noticed.
pub fn watch(world: &World, watch: Watch) {
    world.after_effects(move |world, operation| {
        let is_write = match operation {
            "DeleteObject" | "DeleteObjects" => false,
            "TransactWriteItems" | "UpdateItem" | "PutItem" | "DeleteItem" if watch == Watch::Writes => true,
            _ => return,
        };
        let (scene, mut found) = (Scene::of(world), Found::default());
        scene.check_deletions(&mut found);
        if is_write {
            scene.check_standing(&mut found);
        }
        for breach in found.undeclared(world) {
            world.report(format!("after {operation}: {breach:?}"));
        }
    });
    world.at_end(|world| {
        if world.is_sabotaged() {
            return;
        }
        let breaches = if is_first_of_its_test() { end::live_on_elsewhere(world) } else { standing(world) };
        let seen = world.take_reports();
        assert!(breaches.is_empty() && seen.is_empty(), "the monitor, at the world's end: {breaches:#?} {seen:#?}");
    });
}

/// Threads have the names of their tests. A test that explores orders ends in thousands of worlds that are much alike.
fn is_first_of_its_test() -> bool {
    static ENDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let thread = std::thread::current();
    let is_new = |name: &str| ENDED.lock().expect("nothing panics while holding it").insert(name.to_owned());
    thread.name().is_some_and(is_new)
}
