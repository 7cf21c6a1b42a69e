//! The audit: what people did and were refused, and how often they did it this hour.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use policy::audit::{AuditAction, AuditOutcome};
use policy::rulebook::Role;
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, key, number, read_text, take_view, text, value_of};
use super::keys::{Month, SortKey, audit_pk, audit_staff_key, count_pk, shard_of};
use super::transaction::{CountResult, Transaction};
use crate::error::StoreError;

/// 4 shards a day: one partition takes 1,000 writes a second, and a play is one of them.
pub const AUDIT_SHARDS: u8 = 4;

/// 1 hour: the clocks of two instances do not differ by more, so that a count never ends before its hour.
const COUNT_KEPT_BEYOND_ITS_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A value of a request, as its caller wrote it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuditText(String);

impl AuditText {
    /// The text of one value.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for those who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// QUIET: it can be a number.
impl fmt::Debug for AuditText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AuditText({} bytes)", self.0.len())
    }
}

/// What somebody did or was refused, outside or beside the chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// The day in the company's zone, `2026-11-03`.
    pub day: String,
    /// The operation's id.
    pub operation: String,
    /// The member's id.
    pub staff: String,
    /// The role the member had then; `None` for `AdminLogin` while it is no member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What was done.
    pub action: AuditAction,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// What it was about, in words that hold no number: the recording's id, the filters used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The values of the request, as its caller wrote them: a number can be among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<String, AuditText>,
    /// Where the request came from; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<AuditOrigin>,
    /// NEVER LATE: from then on it is shown to nobody, and `DynamoDB` ends it. An event that says no end has none.
    #[serde(default = "no_end")]
    pub ends_at: Timestamp,
}

/// Where a request came from: what tells a stolen session from its owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditOrigin {
    /// The address that the API saw; of a request of the console's pages the browser's, where the console proves it.
    pub address: String,
    /// What the client calls itself, shortened.
    pub user_agent: String,
    /// A digest that is the same for all requests of one sign-in, where the token names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

fn no_end() -> Timestamp {
    Timestamp::MAX
}

/// Where audit events lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditPartition {
    /// Of everybody: a shard of a day in the company's zone, below [`AUDIT_SHARDS`].
    Day(Date, u8),
    /// Of one member, by id, in a month.
    Member(String, Month),
}

/// Some audit events of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// Newest first, each with its sort key.
    pub events: Vec<(SortKey, AuditEvent)>,
    /// The sort key down to which it was read; `None` where there is no more.
    pub read_to: Option<SortKey>,
}

/// What is counted with an event: how often one member did one thing in one clock hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// The member's id.
    pub staff: &'a str,
    /// What is counted, in a word.
    pub what: &'static str,
    /// Any moment of the hour, UTC.
    pub at: Timestamp,
    /// How many it adds: 1, or the items of a list.
    pub adds: u32,
    /// How many there may be in that hour; what is below it may pass it once.
    pub limit: u32,
}

impl Count<'_> {
    /// The moment from which it begins again: the next full hour.
    pub fn begins_again_at(&self) -> Timestamp {
        let second = self.at.as_second();
        Timestamp::from_second(second - second.rem_euclid(3_600) + 3_600).unwrap_or(Timestamp::MAX)
    }
}

impl Table {
    /// Writes an audit event; a repeat changes nothing.
    pub async fn audit(&self, event: &AuditEvent) -> Result<(), StoreError> {
        const ACT: &str = "write an audit event";
        self.put_once(ACT, audit_item(ACT, event)?).await
    }

    /// One page of the events of a partition, newest first, between two sort keys (both inclusive), at most `limit`.
    /// A day is read consistently; a member's index may be a moment behind.
    pub async fn audit_page(
        &self,
        partition: &AuditPartition,
        from: &SortKey,
        until: &SortKey,
        limit: u16,
    ) -> Result<AuditPage, StoreError> {
        const ACT: &str = "read the audit";
        let query = self.client.query().table_name(&self.name).scan_index_forward(false).limit(i32::from(limit));
        let (query, hash, range, value) = match partition {
            AuditPartition::Day(day, shard) => {
                (query.consistent_read(true), "pk", "sk", audit_pk(&day.to_string(), *shard))
            }
            AuditPartition::Member(staff, month) => {
                (query.index_name("by_staff"), "staff_key", "at", audit_staff_key(staff, month))
            }
        };
        let answer = query
            .key_condition_expression("#hash = :key AND #range BETWEEN :from AND :until")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_names("#range", range)
            .expression_attribute_values(":key", text(value))
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":until", text(until.as_str()))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let read_to = answer.last_evaluated_key.as_ref().map(|last| read_text(ACT, last, range).map(SortKey::of_item));
        let mut events = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(ACT, &item, range)?);
            events.push((at, take_view(ACT, item)?));
        }
        Ok(AuditPage { events, read_to: read_to.transpose()? })
    }

    /// Writes an audit event of something that is limited by the hour, and counts it in the same transaction: in
    /// whatever race the limit can't be overrun, and an event that is written already is [`CountResult::Done`] and not counted again.
    /// Never [`CountResult::Conflict`].
    pub async fn audit_counted(&self, event: &AuditEvent, count: &Count<'_>) -> Result<CountResult, StoreError> {
        const ACT: &str = "write an audit event that is counted";
        let mut transaction = self.transaction(ACT);
        transaction.count(count)?;
        transaction.put(audit_item(ACT, event)?, ABSENT, &[])?;
        match self.commit_counted(transaction).await? {
            // TWICE IS ONCE: beside the count the one condition is that the event is not there yet.
            CountResult::Conflict => Ok(CountResult::Done),
            other => Ok(other),
        }
    }
}

impl Transaction {
    /// Counts, unless the limit is reached. It comes first, see [`Table::commit_counted`].
    pub(super) fn count(&mut self, count: &Count<'_>) -> Result<(), StoreError> {
        let ends_at = count.begins_again_at().checked_add(COUNT_KEPT_BEYOND_ITS_HOUR).unwrap_or(Timestamp::MAX);
        let at = key(count_pk(count.staff, count.at), count.what);
        self.count_at(at, (u64::from(count.adds), u64::from(count.limit)), epoch_seconds(ends_at))
    }

    /// Adds to the count of an item of one's own, unless the limit is reached.
    pub(super) fn count_at(
        &mut self,
        at: Item,
        (adds, limit): (u64, u64),
        ends: AttributeValue,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(at))
            .update_expression(format!("SET {ENDS} = :ends ADD #count :adds"))
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":ends", ends)
            .expression_attribute_values(":adds", number(adds))
            .expression_attribute_values(":limit", number(limit))
            .build()
            .map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().update(update).build());
        Ok(())
    }
}

pub(super) fn audit_item(act: &'static str, event: &AuditEvent) -> Result<Item, StoreError> {
    let shard = shard_of(&event.operation, AUDIT_SHARDS);
    let at = String::from(SortKey::new(event.at, &event.operation));
    let mut item = key(audit_pk(&event.day, shard), at.clone());
    item.insert("view".to_owned(), value_of(act, event)?);
    item.insert("at".to_owned(), text(at));
    item.insert("staff_key".to_owned(), text(audit_staff_key(&event.staff, &Month::of(event.at))));
    item.insert(ENDS.to_owned(), epoch_seconds(event.ends_at));
    Ok(item)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_event_that_says_no_end_is_read_and_has_none() {
        let event = serde_json::json!({
            "at": "2026-11-13T00:00:00Z", "day": "2026-11-13", "operation": "1.view", "staff": "sato",
            "action": "view", "outcome": "permitted",
        });
        let event: AuditEvent = serde_json::from_value(event).unwrap();
        assert_eq!((event.ends_at, event.role), (Timestamp::MAX, None));
    }

    #[test]
    fn a_count_begins_again_at_the_next_full_hour() {
        for (at, next) in [
            ("2026-11-13T00:00:00Z", "2026-11-13T01:00:00Z"),
            ("2026-11-13T00:59:59.999Z", "2026-11-13T01:00:00Z"),
            ("2026-11-13T23:30:00Z", "2026-11-14T00:00:00Z"),
        ] {
            let count = Count { staff: "sato", what: "play", at: at.parse().unwrap(), adds: 1, limit: 60 };
            assert_eq!(count.begins_again_at(), next.parse().unwrap(), "{at}");
        }
    }

    #[test]
    fn what_is_done_in_one_hour_is_counted_in_one_place() {
        let at = |text: &str| count_pk("sato", text.parse().unwrap());
        assert_eq!(at("2026-11-13T00:00:00Z"), "W#sato#2026-11-13T00");
        assert_eq!(at("2026-11-13T09:59:59.999+09:00"), "W#sato#2026-11-13T00");
        assert_eq!(at("2026-11-13T01:00:00Z"), "W#sato#2026-11-13T01");
    }
}
