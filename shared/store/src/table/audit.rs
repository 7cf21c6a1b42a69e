//! The audit: what people did and were refused, and how often they did it this hour.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::{SignedDuration, Timestamp};

use super::layout::{AUDIT_SHARDS, Item, count_pk, key, month, number, place, shard_of, sortable, text};
use super::logs::ENDS;
use super::write::{ABSENT, Transaction, value_of};
use super::{AuditEvent, Table};
use crate::error::StoreError;

/// 1 hour: the clocks of two instances do not differ by more, so that no hour is counted anew while it lasts.
const COUNT_KEPT_BEYOND_ITS_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What is counted with an event: how often one member did one thing in one clock hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// The member's id.
    pub staff: &'a str,
    /// What is counted, in a word.
    pub what: &'static str,
    /// Any moment of the hour, UTC.
    pub at: Timestamp,
    /// How often it may be done in that hour.
    pub limit: u32,
}

impl Count<'_> {
    /// The moment from which it begins again: the next full hour.
    pub fn begins_again_at(&self) -> Timestamp {
        let second = self.at.as_second();
        Timestamp::from_second(second - second.rem_euclid(3_600) + 3_600).unwrap_or(Timestamp::MAX)
    }
}

/// What came of a write that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It stands, and was counted, once.
    Done,
    /// Something had changed since it was read: read again. Nothing was written or counted.
    Conflict,
    /// The limit of the hour is reached, and nothing else stood in the way. Nothing was written.
    TooMany,
}

impl Table {
    /// Writes an audit event; a repeat changes nothing.
    pub async fn audit(&self, event: &AuditEvent) -> Result<(), StoreError> {
        const ACT: &str = "write an audit event";
        self.put_once(ACT, audit_item(ACT, event)?).await
    }

    /// Writes an audit event of something that is limited by the hour, and counts it in the same transaction: in
    /// whatever race the limit can't be overrun, and an event that stands is [`Counted::Done`] and not counted again.
    /// Never [`Counted::Conflict`].
    pub async fn audit_counted(&self, event: &AuditEvent, count: &Count<'_>) -> Result<Counted, StoreError> {
        const ACT: &str = "write an audit event that is counted";
        let mut transaction = self.transaction(ACT);
        transaction.count(count)?;
        transaction.put(audit_item(ACT, event)?, ABSENT, &[])?;
        match self.commit_counted(transaction).await? {
            // TWICE IS ONCE: beside the count the one condition is that the event is not there yet.
            Counted::Conflict => Ok(Counted::Done),
            other => Ok(other),
        }
    }
}

impl Transaction {
    /// Counts one more, unless the limit is reached. It comes first, see [`Table::commit_counted`].
    pub(super) fn count(&mut self, count: &Count<'_>) -> Result<(), StoreError> {
        let ends_at = count.begins_again_at().checked_add(COUNT_KEPT_BEYOND_ITS_HOUR).unwrap_or(Timestamp::MAX);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(count_pk(count.staff, count.at), count.what)))
            .update_expression(format!("SET {ENDS} = :ends ADD #count :one"))
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":ends", number(u64::try_from(ends_at.as_second()).unwrap_or_default()))
            .expression_attribute_values(":one", number(1_u64))
            .expression_attribute_values(":limit", number(count.limit))
            .build()
            .map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().update(update).build());
        Ok(())
    }
}

pub(super) fn audit_item(act: &'static str, event: &AuditEvent) -> Result<Item, StoreError> {
    let shard = shard_of(&event.operation, AUDIT_SHARDS);
    let at: Timestamp = event.at;
    let mut item = key(format!("A#{}#{shard}", event.day), format!("{}#{}", sortable(at), event.operation));
    item.insert("view".to_owned(), value_of(act, event)?);
    item.insert("at".to_owned(), text(place(at, &event.operation)));
    item.insert("staff_key".to_owned(), text(format!("A#{}#{}", event.staff, month(at))));
    Ok(item)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_count_begins_again_at_the_next_full_hour() {
        for (at, next) in [
            ("2026-11-13T00:00:00Z", "2026-11-13T01:00:00Z"),
            ("2026-11-13T00:59:59.999Z", "2026-11-13T01:00:00Z"),
            ("2026-11-13T23:30:00Z", "2026-11-14T00:00:00Z"),
            ("1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"),
        ] {
            let count = Count { staff: "sato", what: "play", at: at.parse().unwrap(), limit: 60 };
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
