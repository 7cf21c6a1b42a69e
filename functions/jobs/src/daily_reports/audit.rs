//! The audit of a day: its events are counted by member, role, action and outcome, and the counts written down.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::audit::admin_activity::{Line, Tallies};
use policy::audit::{AuditAction, AuditOutcome};
use policy::report::age_at_use::{self, MISSED_CLASS, MISSED_DAYS, NEED, Need, NeedKind};
use store::{AUDIT_SHARDS, AuditEvent, AuditPartition, ReportKind, RollUp, SortKey};

use crate::context::Context;
use crate::error::JobError;

/// 1,000 events a read: below the megabyte that one brings.
const READ_LIMIT: u16 = 1_000;

/// Rolls up one day of the audit; the latest roll-up counts.
pub(crate) async fn roll_up(context: &Context, day: Date, now: Timestamp) -> Result<(), JobError> {
    let (mut tallies, mut needs) = (Tallies::default(), age_at_use::Tallies::default());
    for shard in 0..AUDIT_SHARDS {
        let partition = AuditPartition::Day(day, shard);
        let (from, mut until) = (SortKey::first(), SortKey::last());
        loop {
            let page = context.table.audit_page(&partition, &from, &until, READ_LIMIT).await?;
            for (_, event) in &page.events {
                add(&mut tallies, event);
                add_needs(&mut needs, event, day);
            }
            let Some(read_to) = page.read_to else {
                break;
            };
            until = read_to.just_below();
        }
    }
    let lines: Vec<Line> = tallies.into_lines();
    context.table.put_roll_up(ReportKind::Audit, day, &RollUp { computed_at: now, lines }).await?;
    let lines = needs.into_lines();
    Ok(context.table.put_roll_up(ReportKind::AgeAtUse, day, &RollUp { computed_at: now, lines }).await?)
}

/// What an event says of when recordings were needed. What continues an earlier play is no need of its own.
fn add_needs(needs: &mut age_at_use::Tallies, event: &AuditEvent, day: Date) {
    let fact = |name: &str| event.facts.get(name).map(String::as_str);
    let Some(kind) = NeedKind::of(event.action).filter(|_| event.outcome == AuditOutcome::Permitted) else { return };
    if fact("continues").is_some() {
        return;
    }
    let ids: Vec<&str> = fact("recordings").or(fact("recording")).unwrap_or(&event.operation).split(',').collect();
    for (position, need) in Need::split(fact(NEED).unwrap_or_default()).enumerate() {
        needs.add(kind, ids.get(position).unwrap_or(&event.operation.as_str()), &need, day);
    }
    let missed = fact(MISSED_DAYS).and_then(|days| days.parse().ok());
    if let Some(age_days) = missed.filter(|_| kind == NeedKind::Missed) {
        needs.add_aged(kind, &event.operation, ("", fact(MISSED_CLASS).unwrap_or_default()), age_days);
    }
}

fn add(tallies: &mut Tallies, event: &AuditEvent) {
    let is_renewal =
        matches!(event.action, AuditAction::Play | AuditAction::Download) && event.facts.contains_key("continues");
    let action = if is_renewal { AuditAction::Renew } else { event.action };
    tallies.add(&event.staff, event.role, action, event.outcome);
}
