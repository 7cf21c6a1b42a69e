//! Sessions of the console: one item each, under the digest of what the browser holds.

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::client::Table;
use super::item::{ENDS, Item, epoch_seconds, key, number, read_number, read_text, text};
use super::transaction::WriteOutcome;
use crate::error::StoreError;

const SESSION_SK: &str = "U";

fn session_pk(digest: &str) -> String {
    format!("U#{digest}")
}

/// A session's key: the digest of the secret that the browser holds. Who reads the table can't take a session over.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(String);

impl SessionKey {
    /// The key of a browser's secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(secret)))
    }

    /// Its 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// QUIET: a log line tells no two sessions apart.
impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionKey(…)")
    }
}

/// A session as the table holds it. Times are whole seconds.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The tokens, sealed with a key that only the browser's secret gives.
    pub sealed: String,
    /// How often its tokens were renewed.
    pub generation: u64,
    /// When its member of staff was last seen.
    pub seen_at: Timestamp,
    /// When it ends, however active it is.
    pub ends_at: Timestamp,
    /// Until when one request alone renews the tokens; `None` while nobody does.
    pub renewing_until: Option<Timestamp>,
}

/// QUIET: the sealed tokens are nobody's to print.
impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Session(generation {}, ends at {})", self.generation, self.ends_at)
    }
}

impl Table {
    /// A session.
    pub async fn session(&self, at: &SessionKey) -> Result<Option<Session>, StoreError> {
        const ACT: &str = "read a session";
        let item = self.get(ACT, session_pk(at.as_str()), SESSION_SK).await?;
        item.map(|item| read_session(ACT, &item)).transpose()
    }

    /// Writes a new session. Its key is new too: it is the digest of a random secret.
    pub async fn put_session(&self, at: &SessionKey, session: &Session) -> Result<(), StoreError> {
        let mut item = session_key(at);
        item.insert("sealed".to_owned(), text(session.sealed.as_str()));
        item.insert("generation".to_owned(), number(session.generation));
        item.insert("seen_at".to_owned(), epoch_seconds(session.seen_at));
        item.insert("ends_at".to_owned(), epoch_seconds(session.ends_at));
        item.insert(ENDS.to_owned(), epoch_seconds(session.ends_at));
        self.put_once("write a session", item).await
    }

    /// Notes that the member of staff of a session was seen. A session that has ended stays ended.
    pub async fn touch_session(&self, at: &SessionKey, seen_at: Timestamp) -> Result<WriteOutcome, StoreError> {
        let update = self
            .update_session(at)
            .update_expression("SET seen_at = :seen")
            .condition_expression("seen_at <= :seen")
            .expression_attribute_values(":seen", epoch_seconds(seen_at));
        written("note who was seen", update).await
    }

    /// Claims the renewal of a session's tokens until a moment: one request alone asks the provider, for a refresh token
    /// is good once.
    pub async fn claim_renewal(
        &self,
        at: &SessionKey,
        generation: u64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<WriteOutcome, StoreError> {
        let update = self
            .update_session(at)
            .update_expression("SET renewing_until = :until")
            .condition_expression(
                "generation = :read AND (attribute_not_exists(renewing_until) OR renewing_until <= :now)",
            )
            .expression_attribute_values(":until", epoch_seconds(until))
            .expression_attribute_values(":read", number(generation))
            .expression_attribute_values(":now", epoch_seconds(now));
        written("claim the renewal of a session", update).await
    }

    /// Writes renewed tokens, unless others were written since that generation was read.
    pub async fn renew_session(
        &self,
        at: &SessionKey,
        generation: u64,
        sealed: &str,
    ) -> Result<WriteOutcome, StoreError> {
        let update = self
            .update_session(at)
            .update_expression("SET sealed = :sealed, generation = :next REMOVE renewing_until")
            .condition_expression("generation = :read")
            .expression_attribute_values(":sealed", text(sealed))
            .expression_attribute_values(":next", number(generation + 1))
            .expression_attribute_values(":read", number(generation));
        written("renew a session", update).await
    }

    /// Ends a session, and gives it as it was in that very moment: with the tokens of a renewal that was faster. `None`
    /// where there is none any more.
    pub async fn end_session(&self, at: &SessionKey) -> Result<Option<Session>, StoreError> {
        const ACT: &str = "end a session";
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(session_key(at)));
        let answer = delete.return_values(ReturnValue::AllOld).send().await;
        let was = answer.map_err(|error| StoreError::sort(ACT, error))?.attributes;
        was.map(|item| read_session(ACT, &item)).transpose()
    }

    fn update_session(&self, at: &SessionKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(session_key(at)))
    }
}

fn session_key(at: &SessionKey) -> Item {
    key(session_pk(at.as_str()), SESSION_SK)
}

async fn written(act: &'static str, update: UpdateItemFluentBuilder) -> Result<WriteOutcome, StoreError> {
    match update.send().await {
        Ok(_) => Ok(WriteOutcome::Done),
        Err(SdkError::ServiceError(error))
            if matches!(error.err(), UpdateItemError::ConditionalCheckFailedException(_)) =>
        {
            Ok(WriteOutcome::Conflict)
        }
        Err(error) => Err(StoreError::sort(act, error)),
    }
}

fn read_session(act: &'static str, item: &Item) -> Result<Session, StoreError> {
    let renewing_until = match item.get("renewing_until") {
        Some(_) => Some(read_time(act, item, "renewing_until")?),
        None => None,
    };
    Ok(Session {
        sealed: read_text(act, item, "sealed")?.to_owned(),
        generation: read_number(act, item, "generation")?,
        seen_at: read_time(act, item, "seen_at")?,
        ends_at: read_time(act, item, "ends_at")?,
        renewing_until,
    })
}

fn read_time(act: &'static str, item: &Item, name: &str) -> Result<Timestamp, StoreError> {
    let seconds = i64::try_from(read_number(act, item, name)?).map_err(|error| StoreError::garbled(act, error))?;
    Timestamp::from_second(seconds).map_err(|error| StoreError::garbled(act, error))
}
