//! Call logs: the rows that tell of a call, and the recordings that are of it, side by side in one
//! partition: whichever comes first finds the other when it comes.

use jiff::Timestamp;
use policy::calllog::{BadRow, Row};
use policy::id::{CallId, KeyId, RecordingId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::{
    ABSENT, ENDS, Item, PageCursor, epoch_seconds, from_item, key, read_number, read_text, take_view, text, to_item,
    value_of,
};
use super::keys::{
    MEMBER_PREFIX, Month, Partition, ROW_PREFIX, SortKey, TIME_SHARDS, log_pk, member_sk, row_sk, shard_of,
};
use crate::error::{ErrorKind, StoreError};
use crate::retry::{Attempt, on_conflict};

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRow {
    /// The call it describes: by source and the PBX's own id.
    pub group: CallId,
    /// The log's object version.
    pub log_id: RecordingId,
    /// What it says.
    pub row: Row,
}

/// A row that could not be read, kept aside: where it is and why, never what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLogRow {
    /// The log's object version.
    pub log_id: RecordingId,
    /// The source whose log it is in.
    pub source: String,
    /// Where it is, and what is wrong with it.
    #[serde(flatten)]
    pub row: BadRow,
}

/// A recording of a call that a log may tell of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMember {
    /// The recording.
    pub id: RecordingId,
    /// Its key's fragments.
    pub key_id: KeyId,
    /// Whether it has ended since. It stays known for a while, so that a report does not call it lost.
    #[serde(default)]
    pub has_ended: bool,
}

/// What came of writing a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRowOutcome {
    /// It is written.
    Written,
    /// It was written before, from the same version of the log.
    WrittenBefore,
    /// A row of another version of the log says as much or more. Nothing was written.
    Superseded,
}

/// Rows and whether each still has an end of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedRows {
    /// What the rows say, in an order of their own.
    pub rows: Vec<Row>,
    /// The rows that end by themselves unless they are kept, by key.
    ending: Vec<String>,
}

impl Table {
    /// Writes a row, unless one that supersedes it is stored: the same rows in any order and number end in
    /// the same. It ends by itself after `ends_at`, unless a recording keeps it.
    pub async fn put_log_row(&self, logged: &LoggedRow, ends_at: Timestamp) -> Result<LogRowOutcome, StoreError> {
        const ACT: &str = "write a row of a call log";
        /// 8 attempts: each fails only if another reading of the same row was written in between.
        const ATTEMPTS: u32 = 8;
        let row = &logged.row;
        let sk = row_sk(&row.row_key());
        let mut item = key(log_pk(&logged.group), sk.clone());
        item.insert("view".to_owned(), value_of(ACT, logged)?);
        let shard = shard_of(logged.group.as_str(), TIME_SHARDS);
        let (_, attribute, value) = Partition::Log(Month::of(row.started_at), shard).locate();
        item.insert(attribute.to_owned(), text(value));
        item.insert("at".to_owned(), text(SortKey::new(row.started_at, &format!("{}{}", logged.group, row.row_key()))));
        item.insert(ENDS.to_owned(), epoch_seconds(ends_at));
        let mut stored: Option<LoggedRow> = None;
        let outcome = on_conflict(&self.connection, ATTEMPTS, async || {
            let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
            let put = match &stored {
                None => put.condition_expression(ABSENT),
                Some(stored) => put
                    .condition_expression("#view = :stored")
                    .expression_attribute_names("#view", "view")
                    .expression_attribute_values(":stored", value_of(ACT, stored)?),
            };
            let Err(error) = put.send().await else {
                return Ok(Attempt::Done(LogRowOutcome::Written));
            };
            let is_other = error.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception,
            );
            if !is_other {
                return Err(StoreError::sort(ACT, error));
            }
            let item = self.get(ACT, log_pk(&logged.group), &sk).await?;
            stored = item.map(|item| take_view::<LoggedRow>(ACT, item)).transpose()?;
            Ok(match &stored {
                Some(stored) if !row.supersedes(&stored.row) && stored.log_id == logged.log_id => {
                    Attempt::Done(LogRowOutcome::WrittenBefore)
                }
                Some(stored) if !row.supersedes(&stored.row) => Attempt::Done(LogRowOutcome::Superseded),
                _ => Attempt::Conflict,
            })
        });
        match outcome.await? {
            Attempt::Done(outcome) => Ok(outcome),
            Attempt::Conflict => Err(StoreError::plain(ACT, ErrorKind::Throttled)),
        }
    }

    /// Keeps a row that could not be read; only the first writing counts. It is listed under the moment its log was taken in.
    pub async fn put_bad_log_row(
        &self,
        bad: &BadLogRow,
        taken_in_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        const ACT: &str = "write a bad row of a call log";
        let name = format!("{}{:010}", bad.log_id, bad.row.line);
        let mut item = key(format!("B#{}", bad.log_id), format!("{:010}", bad.row.line));
        item.insert("view".to_owned(), value_of(ACT, bad)?);
        let shard = shard_of(bad.log_id.as_str(), TIME_SHARDS);
        let (_, attribute, value) = Partition::BadLogRow(Month::of(taken_in_at), shard).locate();
        item.insert(attribute.to_owned(), text(value));
        item.insert("at".to_owned(), text(SortKey::new(taken_in_at, &name)));
        item.insert(ENDS.to_owned(), epoch_seconds(ends_at));
        self.put_once(ACT, item).await
    }

    /// The rows of a call, read consistently, at most `limit`.
    pub async fn log_rows(&self, group: &CallId, limit: usize) -> Result<LoggedRows, StoreError> {
        const ACT: &str = "read the log rows of a call";
        let mut found = LoggedRows::default();
        for item in self.all(ACT, log_pk(group), ROW_PREFIX, limit).await? {
            if item.contains_key(ENDS) {
                found.ending.push(read_text(ACT, &item, "sk")?.to_owned());
            }
            found.rows.push(take_view::<LoggedRow>(ACT, item)?.row);
        }
        Ok(found)
    }

    /// The rows of a call that have not ended by a moment, read consistently, at most `limit`.
    pub async fn log_rows_at(&self, group: &CallId, limit: usize, now: Timestamp) -> Result<Vec<Row>, StoreError> {
        const ACT: &str = "read the log rows of a call";
        let mut rows = Vec::new();
        for item in self.all(ACT, log_pk(group), ROW_PREFIX, limit).await? {
            // NEVER LATE: DynamoDB ends what is past its time within days.
            let has_ended = item.contains_key(ENDS)
                && i64::try_from(read_number(ACT, &item, ENDS)?).unwrap_or(i64::MAX) <= now.as_second();
            if !has_ended {
                rows.push(take_view::<LoggedRow>(ACT, item)?.row);
            }
        }
        Ok(rows)
    }

    /// Keeps rows as long as their call: what a recording was made of must not end before it.
    pub async fn keep_log_rows(&self, group: &CallId, rows: &LoggedRows) -> Result<(), StoreError> {
        const ACT: &str = "keep the log rows of a call";
        for sk in &rows.ending {
            let answer = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key(log_pk(group), sk.clone())))
                .update_expression(format!("REMOVE {ENDS}"))
                // A row that ended meanwhile must not come back as an empty one.
                .condition_expression("attribute_exists(pk)")
                .send()
                .await;
            if let Err(error) = answer {
                let is_gone = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if !is_gone {
                    return Err(StoreError::sort(ACT, error));
                }
            }
        }
        Ok(())
    }

    /// Gives the rows of a call an end again: no recording is made of them any more.
    pub async fn release_log_rows(&self, group: &CallId, ends_at: Timestamp) -> Result<(), StoreError> {
        const ACT: &str = "release the log rows of a call";
        /// 10,000 rows of one call: more than any PBX writes.
        const LIMIT: usize = 10_000;
        for item in self.all(ACT, log_pk(group), ROW_PREFIX, LIMIT).await? {
            if item.contains_key(ENDS) {
                continue;
            }
            let sk = read_text(ACT, &item, "sk")?.to_owned();
            let answer = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key(log_pk(group), sk)))
                .update_expression(format!("SET {ENDS} = :ends"))
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":ends", epoch_seconds(ends_at))
                .send()
                .await;
            if let Err(error) = answer {
                let is_gone = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if !is_gone {
                    return Err(StoreError::sort(ACT, error));
                }
            }
        }
        Ok(())
    }

    /// Ends the rows of a call.
    pub async fn end_log_rows(&self, group: &CallId) -> Result<(), StoreError> {
        const ACT: &str = "end the log rows of a call";
        /// 10,000 rows of one call: more than any PBX writes.
        const LIMIT: usize = 10_000;
        for item in self.all(ACT, log_pk(group), ROW_PREFIX, LIMIT).await? {
            let sk = read_text(ACT, &item, "sk")?.to_owned();
            self.delete(ACT, key(log_pk(group), sk)).await?;
        }
        Ok(())
    }

    /// Says that a recording is of a call, before the call's rows are read: a row that is written
    /// afterwards finds it here. One that has ended stays so.
    pub async fn put_log_member(&self, group: &CallId, id: &RecordingId, key_id: &KeyId) -> Result<(), StoreError> {
        const ACT: &str = "write a recording of a logged call";
        self.put_once(ACT, member_item(ACT, group, id, key_id, None)?).await
    }

    /// Takes a recording out of those of a call: it turned out to be of another.
    pub async fn end_log_member(&self, group: &CallId, id: &RecordingId) -> Result<(), StoreError> {
        self.delete("end a recording of a logged call", key(log_pk(group), member_sk(id))).await
    }

    /// The recordings of a call, read consistently, at most `limit`.
    pub async fn log_members(&self, group: &CallId, limit: usize) -> Result<Vec<LogMember>, StoreError> {
        const ACT: &str = "read the recordings of a logged call";
        let items = self.all(ACT, log_pk(group), MEMBER_PREFIX, limit).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// One page of the rows of one month and shard that began between two sort keys (both inclusive),
    /// oldest first. The second value is where the next page begins.
    pub async fn logged_between<Logged: DeserializeOwned>(
        &self,
        partition: &Partition,
        from: &SortKey,
        until: &SortKey,
        after: Option<PageCursor>,
        limit: Option<u16>,
    ) -> Result<(Vec<Logged>, Option<PageCursor>), StoreError> {
        const ACT: &str = "read the rows of a day";
        let (index, attribute, value) = partition.locate();
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .key_condition_expression(format!("{attribute} = :key AND #at BETWEEN :from AND :until"))
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(value))
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":until", text(until.as_str()))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .set_limit(limit.map(i32::from))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let items = answer.items.unwrap_or_default().into_iter();
        let rows = items.map(|item| take_view(ACT, item)).collect::<Result<_, _>>()?;
        Ok((rows, answer.last_evaluated_key.map(PageCursor)))
    }
}

/// A recording among those of a call; ended, it ends by itself some time later.
pub(super) fn member_item(
    act: &'static str,
    group: &CallId,
    id: &RecordingId,
    key_id: &KeyId,
    ended_until: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let member = LogMember { id: id.clone(), key_id: key_id.clone(), has_ended: ended_until.is_some() };
    let mut item = to_item(act, &member)?;
    item.extend(key(log_pk(group), member_sk(id)));
    if let Some(at) = ended_until {
        item.insert(ENDS.to_owned(), epoch_seconds(at));
    }
    Ok(item)
}
