//! What an admin approves beyond the sweep's limit of a day.

use std::collections::BTreeMap;

use policy::audit::{AuditAction, AuditOutcome};
use store::{AuditEvent, Rulebooks};

use super::Company;

impl Company {
    /// Lets everything that is due today go, as an admin's approval would: beyond what a day may lose.
    pub async fn approve_every_deletion(&self) {
        let now = self.world.now();
        let rulebooks = Rulebooks::new(&self.connection(), Self::rulebooks_config());
        let Ok(rulebook) = rulebooks.in_force(now).await else { return };
        let day = self.table().begin_sweep_day(rulebook.day_of(now)).await.unwrap();
        let event = AuditEvent {
            at: now,
            day: day.day.to_string(),
            operation: "tests.approve_sweep".to_owned(),
            staff: "hayashi".to_owned(),
            role: None,
            action: AuditAction::ApproveSweep,
            outcome: AuditOutcome::Permitted,
            facts: BTreeMap::new(),
            asked: BTreeMap::new(),
            origin: None,
            ends_at: rulebook.audit_ends_at(now),
        };
        self.table().approve_deletions(&day, 1_000_000, &event).await.unwrap();
    }
}
