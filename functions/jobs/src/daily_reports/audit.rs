//! The audit of a day: its events are counted by member, role, action and outcome, and the counts written down.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::audit::admin_activity::{Line, Tallies};
use store::{AUDIT_SHARDS, AuditEvent, AuditPartition, ReportKind, RollUp, SortKey};

use crate::context::Context;
use crate::error::JobError;

/// 1,000 events a read: below the megabyte that one brings.
const READ_LIMIT: u16 = 1_000;

/// Rolls up one day of the audit; the latest roll-up counts.
pub(crate) async fn roll_up(context: &Context, day: Date, now: Timestamp) -> Result<(), JobError> {
    let mut tallies = Tallies::default();
    for shard in 0..AUDIT_SHARDS {
        let partition = AuditPartition::Day(day, shard);
        let (from, mut until) = (SortKey::first(), SortKey::last());
        loop {
            let page = context.table.audit_page(&partition, &from, &until, READ_LIMIT).await?;
            page.events.iter().for_each(|(_, event)| add(&mut tallies, event));
            let Some(read_to) = page.read_to else {
                break;
            };
            until = read_to.just_below();
        }
    }
    let lines: Vec<Line> = tallies.into_lines();
    Ok(context.table.put_roll_up(ReportKind::Audit, day, &RollUp { computed_at: now, lines }).await?)
}

fn add(tallies: &mut Tallies, event: &AuditEvent) {
    let is_renewal =
        matches!(event.action, AuditAction::Play | AuditAction::Download) && event.facts.contains_key("continues");
    let action = if is_renewal { AuditAction::Renew } else { event.action };
    tallies.add(&event.staff, event.role, action, event.outcome);
}
