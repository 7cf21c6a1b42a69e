//! Notifications 通知: what was sent to whom, so that nothing is sent twice and nobody gets too much.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use policy::notification::{ClosureTally, MAILS_PER_DAY, SendAttempt, SendState};

use super::client::Table;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, key, read_text, take, text, value_of};
use super::transaction::{CountResult, WriteOutcome};
use crate::error::StoreError;

/// 100 days: what still waits then is worth another mail.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 100);

/// What was counted before closed days.
const CLOSURE_PK: &str = "P#CLOSED";

/// 100 keys: what one `BatchGetItem` takes.
const AT_ONCE: usize = 100;

/// To whom a notification goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationRecipient<'a> {
    /// A member, by id: by mail.
    Member(&'a str),
    /// The company's own tools: as an event.
    Tools,
}

impl NotificationRecipient<'_> {
    /// No id of a member begins with `#`: such a row of the staff list is a comment.
    fn pk(self) -> String {
        match self {
            Self::Member(id) => format!("M#{id}"),
            Self::Tools => "M##".to_owned(),
        }
    }
}

/// What is about to be sent together.
#[derive(Clone, Copy, Debug)]
pub struct NotificationClaim<'a> {
    /// To whom.
    pub recipient: NotificationRecipient<'a>,
    /// When.
    pub at: Timestamp,
    /// And on which day of the company's.
    pub day: Date,
    /// The keys of the notifications, each with the last attempt that was read.
    pub notifications: &'a [(String, Option<SendAttempt>)],
}

fn attempt_sk(notification: &str) -> String {
    format!("N#{notification}")
}

impl Table {
    /// The last attempts to send some notifications to one recipient, read consistently, by their keys. One that was never
    /// tried is left out.
    pub async fn notification_attempts(
        &self,
        recipient: NotificationRecipient<'_>,
        notifications: &[String],
    ) -> Result<BTreeMap<String, SendAttempt>, StoreError> {
        const ACT: &str = "read what was sent to a recipient";
        let mut found = BTreeMap::new();
        for some in notifications.chunks(AT_ONCE) {
            let keys = some.iter().map(|each| key(recipient.pk(), attempt_sk(each))).collect();
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            for item in self.batch_get(ACT, wanted).await? {
                let name = read_text(ACT, &item, "sk")?.strip_prefix("N#").ok_or(StoreError::lacks(ACT))?.to_owned();
                found.insert(name, read_attempt(ACT, &item)?);
            }
        }
        Ok(found)
    }

    /// What was counted before the closed days that begin on a day; `None` where nothing was.
    pub async fn closure_tally(&self, from: Date) -> Result<Option<ClosureTally>, StoreError> {
        const ACT: &str = "read what ends on closed days";
        let item = self.get(ACT, CLOSURE_PK.to_owned(), &from.to_string()).await?;
        item.map(|item| take(ACT, item, "tally")).transpose()
    }

    /// Writes what was counted before the closed days that begin on a day. TWICE IS ONCE: the first count stays, so that
    /// everyone is told the same.
    pub async fn put_closure_tally(&self, from: Date, at: Timestamp, tally: &ClosureTally) -> Result<(), StoreError> {
        const ACT: &str = "write what ends on closed days";
        let mut item = key(CLOSURE_PK.to_owned(), from.to_string());
        item.insert("tally".to_owned(), value_of(ACT, tally)?);
        item.insert(ENDS.to_owned(), epoch_seconds(at.checked_add(KEPT).unwrap_or(Timestamp::MAX)));
        self.put_once(ACT, item).await
    }

    /// Begins an attempt, before anything is sent: another run that read the same finds it begun. `TooMany`: this member
    /// has had the mails of the day.
    pub async fn claim_notifications(&self, claim: &NotificationClaim<'_>) -> Result<CountResult, StoreError> {
        const ACT: &str = "begin to send notifications";
        let ends_at = epoch_seconds(claim.at.checked_add(KEPT).unwrap_or(Timestamp::MAX));
        let limit = match claim.recipient {
            NotificationRecipient::Member(_) => MAILS_PER_DAY,
            NotificationRecipient::Tools => u64::from(u32::MAX),
        };
        let mut transaction = self.transaction(ACT);
        let day = key(claim.recipient.pk(), format!("D#{}", claim.day));
        transaction.count_at(day, (1, limit), ends_at.clone())?;
        for (name, read) in claim.notifications {
            let mut item = key(claim.recipient.pk(), attempt_sk(name));
            item.insert("begun_at".to_owned(), text(claim.at.to_string()));
            item.insert("outcome".to_owned(), text(SendState::Sending.as_str()));
            item.insert(ENDS.to_owned(), ends_at.clone());
            match read {
                None => transaction.put(item, ABSENT, &[])?,
                Some(read) => {
                    let begun_at = text(read.begun_at.to_string());
                    transaction.put(item, "begun_at = :read", &[(":read", begun_at)])?;
                }
            }
        }
        self.commit_counted(transaction).await
    }

    /// Writes what came of an attempt, unless another one has begun since.
    pub async fn settle_notifications(
        &self,
        claim: &NotificationClaim<'_>,
        state: SendState,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write what came of notifications";
        let mut transaction = self.transaction(ACT);
        for (name, _) in claim.notifications {
            let values =
                vec![(":state".to_owned(), text(state.as_str())), (":begun".to_owned(), text(claim.at.to_string()))];
            let at = key(claim.recipient.pk(), attempt_sk(name));
            transaction.update(at, "SET outcome = :state", "begun_at = :begun", Vec::new(), values)?;
        }
        self.commit(transaction).await
    }
}

fn read_attempt(act: &'static str, item: &Item) -> Result<SendAttempt, StoreError> {
    let begun_at = read_text(act, item, "begun_at")?.parse().map_err(|error| StoreError::garbled(act, error))?;
    let state = SendState::from_word(read_text(act, item, "outcome")?).ok_or(StoreError::lacks(act))?;
    Ok(SendAttempt { begun_at, state })
}
