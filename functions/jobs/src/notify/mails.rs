//! One mail a person, with all that waits for them and was not sent yet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::notification::{Mail, NOTIFICATIONS_PER_MAIL, Notification, SendAttempt, SendState, sentence};
use policy::rulebook::Rulebook;
use store::{CountResult, MailOutcome, NotificationClaim, NotificationRecipient, StoreError};
use tracing::{error, info, warn};

use crate::channels::MailChannel;
use crate::context::Context;

/// 3 failures one behind the other: the service fails, and each further try would cost its time-out.
const FAILURES_IN_A_ROW: usize = 3;

/// What came of a person's mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    Rejected,
    /// There is no news, another run sends it, or the day's mails are sent.
    Nothing,
}

/// Mails to each who has something waiting. Returns how many mails failed.
pub(super) async fn send_mails(
    context: &Context,
    waiting: &[Notification],
    rulebook: &Rulebook,
    stop_at: Timestamp,
) -> u64 {
    if matches!(context.channels.mail, MailChannel::Off) {
        return 0;
    }
    let mut by_member: BTreeMap<&str, Vec<&Notification>> = BTreeMap::new();
    for notification in waiting {
        for member in &notification.recipients {
            by_member.entry(member).or_default().push(notification);
        }
    }
    let (mut failed, mut in_a_row) = (0, 0);
    for (member, notifications) in by_member {
        if context.connection.now() >= stop_at {
            info!("the next run goes on with the mails");
            break;
        }
        match mail_to(context, member, &notifications, rulebook).await {
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::Sent) => in_a_row = 0,
            Ok(Outcome::Rejected) => failed += 1,
            Err(error) => {
                error!(%error, member, "a mail could not be sent: a later run tries again");
                failed += 1;
                in_a_row += 1;
                if in_a_row == FAILURES_IN_A_ROW {
                    warn!("mails fail one behind the other: the next run goes on");
                    break;
                }
            }
        }
    }
    failed
}

/// At least once: the attempt is durable before the mail leaves. One that dies in between is repeated a quarter of an hour
/// later; one whose outcome is known is not.
async fn mail_to(
    context: &Context,
    member: &str,
    notifications: &[&Notification],
    rulebook: &Rulebook,
) -> Result<Outcome, StoreError> {
    let now = context.connection.now();
    let day = rulebook.day_of(now);
    let address = rulebook.mail_of(member, day);
    if address.is_none() && !matches!(context.channels.mail, MailChannel::Show) {
        return Ok(Outcome::Nothing);
    }
    let recipient = NotificationRecipient::Member(member);
    let (due, named) = find_due(context, recipient, notifications, NOTIFICATIONS_PER_MAIL, now).await?;
    if due.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let claim = NotificationClaim { recipient, at: now, day, notifications: &named };
    match context.table.claim_notifications(&claim).await? {
        CountResult::Done => {}
        CountResult::Conflict => return Ok(Outcome::Nothing),
        CountResult::TooMany => {
            info!(member, "this member has had the mails of the day: the rest follows tomorrow");
            return Ok(Outcome::Nothing);
        }
    }
    let language = rulebook.language();
    let taken = if let (MailChannel::Mail(mailer), Some(address)) = (&context.channels.mail, address) {
        mailer.send(address, &Mail::new(&due, &context.channels.console_url, language)).await?
    } else {
        for each in &due {
            let link = each.link(&context.channels.console_url);
            info!(member, kind = each.kind.as_str(), link, "a mail would say: {}", sentence(each, language));
        }
        MailOutcome::Taken
    };
    let (state, outcome) = match taken {
        MailOutcome::Taken => (SendState::Sent, Outcome::Sent),
        MailOutcome::Rejected => {
            error!(member, "SES takes no mail to the address of this member: it is tried again tomorrow");
            (SendState::Rejected, Outcome::Rejected)
        }
    };
    context.table.settle_notifications(&claim, state).await?;
    Ok(outcome)
}

/// Those of some notifications that are to be sent to a recipient now, at most `limit`; beside them their keys, each with the
/// last attempt.
pub(super) async fn find_due<'n>(
    context: &Context,
    recipient: NotificationRecipient<'_>,
    notifications: &[&'n Notification],
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<&'n Notification>, Vec<(String, Option<SendAttempt>)>), StoreError> {
    let keys: Vec<String> = notifications.iter().map(|each| each.key()).collect();
    let attempts = context.table.notification_attempts(recipient, &keys).await?;
    let with_attempts = notifications.iter().zip(keys).map(|(each, key)| (*each, (attempts.get(&key).copied(), key)));
    let due = with_attempts.filter(|(_, (last, _))| SendAttempt::is_due(last.as_ref(), now));
    Ok(due.take(limit).map(|(each, (last, key))| (each, (key, last))).unzip())
}
