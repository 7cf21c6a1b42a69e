//! The rules, and how one is broken.

use std::collections::BTreeSet;

use crate::company::BUCKET;
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
    /// Once all is gone, no fragment, row, text or leg stays in the table.
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

impl Rule {
    /// As [`World::note`] keeps it.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// A rule that is broken, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// How, by ids and moments.
    pub how: String,
}

pub(super) fn breach(rule: Rule, how: impl Into<String>) -> Breach {
    Breach { rule, how: how.into() }
}

/// Without what the scenario breaks on purpose, each once.
pub(super) fn undeclared(world: &World, breaches: Vec<Breach>) -> Vec<Breach> {
    let declared = world.notes();
    let found: BTreeSet<Breach> =
        breaches.into_iter().filter(|breach| !declared.contains(&breach.rule.name())).collect();
    found.into_iter().collect()
}

/// The versions in the recordings bucket.
pub(super) fn in_bucket(world: &World) -> BTreeSet<String> {
    let keys = world.object_keys(BUCKET);
    let versions = keys.iter().flat_map(|key| world.object_versions(BUCKET, key));
    versions.filter(|version| !version.is_delete_marker).map(|version| version.version_id).collect()
}
