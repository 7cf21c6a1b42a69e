//! The same as events, for a company's own tools.

use jiff::Timestamp;
use policy::notification::{Notification, SendState};
use policy::rulebook::Rulebook;
use store::{CountResult, EVENTS_AT_ONCE, EventBus, NotificationClaim, NotificationRecipient, StoreError};
use tracing::error;

use super::mails::find_due;
use crate::context::Context;

/// Puts what waits on the event bus, where there is one. Returns how many events failed.
pub(super) async fn put_events(
    context: &Context,
    waiting: &[Notification],
    rulebook: &Rulebook,
    now: Timestamp,
) -> u64 {
    let Some(bus) = &context.channels.events else { return 0 };
    let waiting: Vec<&Notification> = waiting.iter().filter(|each| each.is_for_tools).collect();
    let mut failed = 0;
    for some in waiting.chunks(EVENTS_AT_ONCE) {
        match put_some(context, bus, some, rulebook, now).await {
            Ok(not_taken) => failed += not_taken,
            Err(error) => {
                error!(%error, "events could not be put: a later run tries again");
                failed += 1;
            }
        }
    }
    failed
}

async fn put_some(
    context: &Context,
    bus: &EventBus,
    notifications: &[&Notification],
    rulebook: &Rulebook,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let recipient = NotificationRecipient::Tools;
    let (due, named) = find_due(context, recipient, notifications, EVENTS_AT_ONCE, now).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let claim = NotificationClaim { recipient, at: now, day: rulebook.day_of(now), notifications: &named };
    if context.table.claim_notifications(&claim).await? != CountResult::Done {
        return Ok(0);
    }
    let taken = bus.put(&due, &context.channels.console_url).await?;
    let put: Vec<_> = named.iter().zip(&taken).filter(|(_, is_taken)| **is_taken).map(|(one, _)| one.clone()).collect();
    if !put.is_empty() {
        let settled = NotificationClaim { notifications: &put, ..claim };
        context.table.settle_notifications(&settled, SendState::Sent).await?;
    }
    Ok(u64::try_from(due.len() - put.len()).unwrap_or(u64::MAX))
}
