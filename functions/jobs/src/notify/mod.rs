//! Notifications 通知: every few minutes, what waits is mailed to those who may act on it, and put on the company's event
//! bus. The acts themselves know nothing of it: a mail that fails delays none of them.

mod closure;
mod events;
mod gather;
mod mails;

use jiff::Timestamp;
use store::metrics;

use self::gather::Gathered;
use crate::context::Context;
use crate::error::JobError;

/// Sends what waits and was not sent. What can't be read or sent keeps nothing else waiting: a later run tries again.
pub(crate) async fn notify(context: &Context, stop_at: Timestamp) -> Result<(), JobError> {
    if context.channels.are_off() {
        return Ok(());
    }
    let now = context.connection.now();
    // Read now: one who left gets no mail.
    let rulebook = context.rulebooks.in_force_read_now(now).await?;
    let Gathered { found, unread } = gather::gather(context, &rulebook, now).await;
    let events_failed = events::put_events(context, &found, &rulebook, now).await;
    let mails_failed = mails::send_mails(context, &found, &rulebook, stop_at).await;
    metrics::emit(now, &[("NotificationsFailed", unread + events_failed + mails_failed)]);
    Ok(())
}
