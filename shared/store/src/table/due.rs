//! The due index: which calls the sweep looks at, oldest first.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::call::Call;
use policy::recording::CallReference;
use policy::retention::ClassRevision;

use super::client::Table;
use super::hold_items::HELD_KEY;
use super::item::{Item, PageCursor, key, number, read_text, text};
use super::keys::{CALL_SK, REFUSED_KEY, SortKey, call_pk, due_key, parse_call_pk, requested_key};
use super::transaction::WriteOutcome;
use crate::error::StoreError;

/// Under which key of the due index a call lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueKey {
    /// It expires under this revision.
    Under(ClassRevision),
    /// Where it lies: it is only checked, or a part of it has ended.
    Unchanged,
    /// It has no leg left.
    Closed,
}

/// A page of the due index.
#[derive(Clone, Debug)]
pub struct Nominations<Nominee = CallReference> {
    /// The calls, oldest first.
    pub calls: Vec<Nominee>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

/// How many calls of one shard count from each day.
#[derive(Clone, Debug)]
pub struct DueDays {
    /// The days, oldest first, and their calls.
    pub days: Vec<(Date, u64)>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

/// A claimed call of which S3 keeps a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedCall {
    /// The call.
    pub call: CallReference,
    /// When it is to be tried again, to the millisecond.
    pub retry_at: Timestamp,
}

impl Table {
    /// Calls of one shard that a class revision nominates: begun at `until` or before, oldest first.
    pub async fn nominated(
        &self,
        revision: &ClassRevision,
        shard: u8,
        until: &SortKey,
        limit: u16,
        after: Option<PageCursor>,
    ) -> Result<Nominations, StoreError> {
        self.due(due_key(revision, shard), until, limit, after, |call, _| Some(call)).await
    }

    /// How many calls of one shard a class revision has, up to `until`, by the day they count from. A page holds some
    /// 6,000 of them.
    pub async fn due_days(
        &self,
        revision: &ClassRevision,
        shard: u8,
        until: &SortKey,
        after: Option<PageCursor>,
    ) -> Result<DueDays, StoreError> {
        const ACT: &str = "count what the due index holds";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at <= :until")
            .projection_expression("#at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(due_key(revision, shard)))
            .expression_attribute_values(":until", text(until.as_str()))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let mut days: Vec<(Date, u64)> = Vec::new();
        for item in answer.items.unwrap_or_default() {
            // The index counts days, as the moment they begin in UTC.
            let day = read_text(ACT, &item, "at")?.get(..10).and_then(|day| day.parse().ok());
            let day: Date = day.ok_or(StoreError::lacks(ACT))?;
            match days.last_mut() {
                Some((last, count)) if *last == day => *count += 1,
                _ => days.push((day, 1)),
            }
        }
        Ok(DueDays { days, next: answer.last_evaluated_key.map(PageCursor) })
    }

    /// Calls whose deletion two people agreed on, the first approved first.
    pub async fn requested(&self, limit: u16, after: Option<PageCursor>) -> Result<Nominations, StoreError> {
        self.due(requested_key().to_owned(), &SortKey::last(), limit, after, |call, _| Some(call)).await
    }

    /// Claimed calls of which S3 keeps a version, the ones to try first first.
    pub async fn parked(&self, limit: u16, after: Option<PageCursor>) -> Result<Nominations<ParkedCall>, StoreError> {
        let parked = |call, at: &str| {
            let retry_at = at.split_once('#')?.0.parse().ok()?;
            Some(ParkedCall { call, retry_at })
        };
        self.due(REFUSED_KEY.to_owned(), &SortKey::last(), limit, after, parked).await
    }

    /// Calls whose last hold ended by itself at `until` or before, the ones that ended first first.
    pub async fn held_until(
        &self,
        until: Timestamp,
        limit: u16,
        after: Option<PageCursor>,
    ) -> Result<Nominations, StoreError> {
        let until = SortKey::from_time(until);
        self.due(HELD_KEY.to_owned(), &until, limit, after, |call, _| Some(call)).await
    }

    /// Parks a claimed call of which S3 keeps a version until a moment, if nothing of it has changed since it was read.
    pub async fn park(&self, call: &Call, retry_at: Timestamp) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "park a claimed call";
        let id = &call.reference.id;
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(call_pk(&call.reference), CALL_SK)))
            .update_expression("SET due_key = :due, #at = :at")
            .condition_expression("generation = :read AND attribute_exists(claim)")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":due", text(REFUSED_KEY))
            .expression_attribute_values(":at", text(SortKey::new(retry_at, id.as_str())))
            .expression_attribute_values(":read", number(call.generation));
        match update.send().await {
            Ok(_) => Ok(WriteOutcome::Done),
            Err(error) => {
                let is_changed = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if is_changed { Ok(WriteOutcome::Conflict) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }

    async fn due<Nominee>(
        &self,
        due_key: String,
        until: &SortKey,
        limit: u16,
        after: Option<PageCursor>,
        nominee: impl Fn(CallReference, &str) -> Option<Nominee>,
    ) -> Result<Nominations<Nominee>, StoreError> {
        const ACT: &str = "read the due index";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at <= :until")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(due_key))
            .expression_attribute_values(":until", text(until.as_str()))
            .limit(i32::from(limit))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let read = |item: &Item| {
            let call = parse_call_pk(read_text(ACT, item, "pk")?).ok_or(StoreError::lacks(ACT))?;
            nominee(call, read_text(ACT, item, "at")?).ok_or(StoreError::lacks(ACT))
        };
        let calls = answer.items.unwrap_or_default().iter().map(read).collect::<Result<_, _>>()?;
        Ok(Nominations { calls, next: answer.last_evaluated_key.map(PageCursor) })
    }
}
