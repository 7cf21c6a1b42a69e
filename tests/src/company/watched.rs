//! Every company is looked at by the monitor.

use super::Company;
use crate::monitor::{self, Rule, Watch};
use crate::world::World;

impl Company {
    /// In a world.
    pub fn of(world: World) -> Self {
        monitor::watch(&world, Watch::Deletions);
        Self { config: world.sdk_config(), world }
    }

    /// In a world that no monitor looks at: where copies of a recording's items have no object.
    pub fn unwatched(world: World) -> Self {
        Self { config: world.sdk_config(), world }
    }

    /// In a world, every failure of AWS reaching the handlers.
    pub fn of_without_retries(world: World) -> Self {
        monitor::watch(&world, Watch::Deletions);
        Self { config: world.sdk_config_without_retries(), world }
    }

    /// Declares that the scenario breaks a rule on purpose, and why.
    pub fn leaves(&self, rule: Rule, why: &str) {
        self.world.note(format!("{rule:?}: {why}"));
    }
}
