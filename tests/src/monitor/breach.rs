//! The rules, and how one is broken.

use std::collections::BTreeSet;

use crate::world::World;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// NOTHING LOST: every version that was put has an entry, or a tombstone once it is gone.
    NothingLost,
    /// Every recording is a leg of the call it names, and of no other.
    OneCall,
    /// Every call with legs is where `sweep` looks for it.
    Nominated,
    /// What was active is never quarantined again, and what is quarantined is in no call of others.
    StaysUnderstood,
    /// NEVER EARLY.
    NeverEarly,
    /// NEVER LATE: gone at its own second.
    NeverLate,
    /// A sidecar and a duplicate end with their recording.
    EndsWithItsRecording,
    /// Once all is gone, no fragment, row, text or leg stays in the table, and no copy in another Region.
    NothingStays,
    /// TRACE FIRST: what was fetched has an event, and every event of an access has its audit event.
    TraceFirst,
    /// UNBROKEN: every custody is a whole chain.
    Unbroken,
    /// QUIET: no tombstone and no journal names an object or a number.
    Quiet,
    /// What the search indexes carry is what the recording says.
    Indexed,
    /// The company can live on: its rulebook can be read, its jobs and sweeps succeed.
    LivesOn,
}

/// A rule that is broken, and how, by ids and moments.
pub type Breach = (Rule, String);

/// What is wrong, each once.
#[derive(Default)]
pub(super) struct Found(pub(super) BTreeSet<Breach>);

impl Found {
    pub(super) fn unless(&mut self, is_right: bool, rule: Rule, how: impl FnOnce() -> String) {
        if !is_right {
            self.0.insert((rule, how()));
        }
    }

    /// Without what the scenario breaks on purpose.
    pub(super) fn undeclared(self, world: &World) -> Vec<Breach> {
        self.0.into_iter().filter(|(rule, _)| !is_declared(world, *rule)).collect()
    }
}

pub(super) fn is_declared(world: &World, rule: Rule) -> bool {
    world.notes().iter().any(|note| note.starts_with(&format!("{rule:?}: ")))
}
