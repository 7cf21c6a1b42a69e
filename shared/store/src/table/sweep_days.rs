//! The sweep's days: how many calls each company day may lose, and has lost. Beside them how many calls live.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use jiff::civil::Date;
use policy::breaker::{self, DAYS_COMPARED};
use serde::{Deserialize, Serialize};

use super::audit::{AuditEvent, audit_item};
use super::client::Table;
use super::item::{from_item, key, number, read_number, read_text, text, to_item};
use super::transaction::WriteOutcome;
use crate::error::StoreError;

/// Under one partition: few days, written some times a quarter of an hour.
const DAYS_PK: &str = "Y#DAYS";

const LIVE_PK: &str = "Y#LIVE";

const LIVE_SK: &str = "LIVE";

/// One company day of the sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepDay {
    /// Which.
    pub day: Date,
    /// How many calls lived when it began.
    pub live: u64,
    /// How many of them may end without an approval.
    pub allowed: u64,
    /// How many more an admin has approved.
    #[serde(default)]
    pub approved: u64,
    /// How many were reserved: claimed, or about to be.
    #[serde(default)]
    pub reserved: u64,
    /// How many were due and not taken, when a run last looked.
    #[serde(default)]
    pub waiting: u64,
}

impl SweepDay {
    /// How many calls may still be reserved.
    pub fn room(&self) -> u64 {
        self.allowed.saturating_add(self.approved).saturating_sub(self.reserved)
    }
}

impl Table {
    /// A day of the sweep; `None` where nothing was due on it yet.
    pub async fn sweep_day(&self, day: Date) -> Result<Option<SweepDay>, StoreError> {
        const ACT: &str = "read a day of the sweep";
        let item = self.get(ACT, DAYS_PK.to_owned(), &day.to_string()).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// The days of the sweep from one to another, newest first, at most `limit`.
    pub async fn sweep_days(&self, from: Date, to: Date, limit: u16) -> Result<Vec<SweepDay>, StoreError> {
        const ACT: &str = "read the days of the sweep";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(DAYS_PK))
            .expression_attribute_values(":from", text(from.to_string()))
            .expression_attribute_values(":to", text(to.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        answer.items.unwrap_or_default().into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// A day of the sweep; opened where nothing was due on it, nor approved, before.
    pub async fn begin_sweep_day(&self, today: Date) -> Result<SweepDay, StoreError> {
        if let Some(day) = self.sweep_day(today).await? {
            return Ok(day);
        }
        let live = breaker::believed(self.live_calls().await?, today);
        let allowed = breaker::allowed(live, &self.sweep_days_before(today).await?);
        let day = SweepDay { day: today, live, allowed, approved: 0, reserved: 0, waiting: 0 };
        self.open_sweep_day(&day).await?;
        Ok(self.sweep_day(today).await?.unwrap_or(day))
    }

    /// What earlier days lost, newest first: as many as are compared, and some that lost none.
    async fn sweep_days_before(&self, day: Date) -> Result<Vec<u64>, StoreError> {
        let yesterday = day.yesterday().unwrap_or(Date::MIN);
        let limit = u16::try_from(2 * DAYS_COMPARED).unwrap_or(u16::MAX);
        let days = self.sweep_days(Date::ZERO, yesterday, limit).await?;
        Ok(days.into_iter().map(|day| day.reserved).collect())
    }

    /// Opens a day of the sweep, unless it is open.
    pub async fn open_sweep_day(&self, day: &SweepDay) -> Result<(), StoreError> {
        const ACT: &str = "open a day of the sweep";
        let mut item = to_item(ACT, day)?;
        item.extend(key(DAYS_PK.to_owned(), day.day.to_string()));
        self.put_once(ACT, item).await
    }

    /// NEVER EARLY: reserves some calls of a day that was read, if there is still room for all of them. `None` where
    /// there is not: read it again.
    pub async fn reserve_deletions(&self, day: &SweepDay, count: u64) -> Result<Option<SweepDay>, StoreError> {
        const ACT: &str = "reserve deletions";
        // What was approved meanwhile only adds to this.
        let limit = day.allowed.saturating_add(day.approved).saturating_sub(count);
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(DAYS_PK.to_owned(), day.day.to_string())))
            .update_expression("SET reserved = reserved + :count")
            .condition_expression("reserved <= :limit")
            .expression_attribute_values(":count", number(count))
            .expression_attribute_values(":limit", number(limit))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => from_item(ACT, answer.attributes.unwrap_or_default()).map(Some),
            Err(error) => {
                let is_full =
                    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception);
                if is_full { Ok(None) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }

    /// Gives back what a run reserved and did not use.
    pub async fn give_deletions_back(&self, day: Date, unused: u64) -> Result<(), StoreError> {
        const ACT: &str = "give reserved deletions back";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(DAYS_PK.to_owned(), day.to_string())))
            .update_expression("SET reserved = reserved - :unused")
            .condition_expression("reserved >= :unused")
            .expression_attribute_values(":unused", number(unused));
        update.send().await.map_err(|error| StoreError::sort(ACT, error))?;
        Ok(())
    }

    /// Writes how many calls of a day wait beyond what is allowed; with `before` only where so many waited until now.
    pub async fn note_waiting(&self, day: Date, waiting: u64, before: Option<u64>) -> Result<(), StoreError> {
        const ACT: &str = "write how many deletions wait";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(DAYS_PK.to_owned(), day.to_string())))
            .update_expression("SET waiting = :waiting")
            .set_condition_expression(before.map(|_| "waiting = :before".to_owned()))
            .expression_attribute_values(":waiting", number(waiting));
        let update = match before {
            Some(before) => update.expression_attribute_values(":before", number(before)),
            None => update,
        };
        match update.send().await {
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            answer => answer.map(|_| ()).map_err(|error| StoreError::sort(ACT, error)),
        }
    }

    /// Lets more calls of a day go, with its audit event. What was approved before stays where it is more.
    pub async fn approve_deletions(
        &self,
        day: &SweepDay,
        count: u64,
        event: &AuditEvent,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "approve deletions";
        let mut transaction = self.transaction(ACT);
        transaction.update(
            key(DAYS_PK.to_owned(), day.day.to_string()),
            "SET approved = :count",
            "approved = :read",
            Vec::new(),
            vec![(":count".to_owned(), number(count.max(day.approved))), (":read".to_owned(), number(day.approved))],
        )?;
        transaction.put_any(audit_item(ACT, event)?)?;
        self.commit(transaction).await
    }

    /// How many calls lived, and on which day they were counted; `None` where they never were.
    pub async fn live_calls(&self) -> Result<Option<(Date, u64)>, StoreError> {
        const ACT: &str = "read how many calls live";
        let Some(item) = self.get(ACT, LIVE_PK.to_owned(), LIVE_SK).await? else {
            return Ok(None);
        };
        let day = read_text(ACT, &item, "day")?.parse().map_err(|error| StoreError::garbled(ACT, error))?;
        Ok(Some((day, read_number(ACT, &item, "calls")?)))
    }

    /// Writes how many calls live.
    pub async fn put_live_calls(&self, day: Date, counted_at: Timestamp, calls: u64) -> Result<(), StoreError> {
        let mut item = key(LIVE_PK.to_owned(), LIVE_SK);
        item.insert("day".to_owned(), text(day.to_string()));
        item.insert("counted_at".to_owned(), text(counted_at.to_string()));
        item.insert("calls".to_owned(), number(calls));
        self.put("write how many calls live", item).await
    }
}
