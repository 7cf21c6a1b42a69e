//! Custody: the chained events of one recording.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use policy::custody::{Chained, EventKind};
use policy::hold::Holds;
use policy::id::RecordingId;
use policy::recording::CallReference;
use policy::retention::Periods;

use super::audit::{AuditEvent, Count, audit_item};
use super::client::Table;
use super::item::{ABSENT, from_item, key, read_number, text, to_item, value_of};
use super::keys::{CALL_SK, call_pk, event_sk, recording_pk};
use super::transaction::{CountResult, Transaction, WriteOutcome};
use crate::error::StoreError;

/// TRACE FIRST: what must be durable before a URL leaves.
#[derive(Clone, Debug)]
pub struct AccessRecord<'a> {
    /// The custody event.
    pub event: &'a Chained,
    /// The same, for the audit by day and by member.
    pub audit: &'a AuditEvent,
    /// What is counted with it; `None` for what renews an earlier event that was.
    pub count: Option<Count<'a>>,
    /// The call, which must not be claimed and whose periods and holds must be the ones decided on.
    pub call: &'a CallReference,
    /// The periods decided on.
    pub periods: &'a Periods,
    /// The holds decided on: one that was lifted meanwhile lets expiry bite at once.
    pub holds: &'a Holds,
}

impl Table {
    /// One event of a recording's custody, read consistently.
    pub async fn custody_event(&self, id: &RecordingId, number: u32) -> Result<Option<Chained>, StoreError> {
        const ACT: &str = "read an event of custody";
        let item = self.get(ACT, recording_pk(id), &event_sk(number)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// The reasons that lie beside custody events, by recording and number; an event without one, or whose texts were erased,
    /// is left out. The read may be a moment behind.
    pub async fn stated_reasons(
        &self,
        events: &[(RecordingId, u32)],
    ) -> Result<HashMap<(RecordingId, u32), String>, StoreError> {
        const ACT: &str = "read the reasons beside events of custody";
        let mut reasons = HashMap::new();
        // 100 keys are what one BatchGetItem takes.
        for some in events.chunks(100) {
            let keys = some.iter().map(|(id, number)| key(recording_pk(id), event_sk(*number))).collect();
            for item in self.batch_get(ACT, KeysAndAttributes::builder().set_keys(Some(keys))).await? {
                let chained: policy::custody::CustodyEvent = from_item(ACT, item)?;
                if let Some(reason) = chained.texts.get("reason") {
                    reasons.insert((chained.event.recording, chained.event.number), reason.text.clone());
                }
            }
        }
        Ok(reasons)
    }

    /// The custody of a recording from an event on, the first being 1, at most `limit`; read consistently.
    pub async fn custody(&self, id: &RecordingId, first: u32, limit: usize) -> Result<Vec<Chained>, StoreError> {
        const ACT: &str = "read custody";
        let mut events = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", text(recording_pk(id)))
                .expression_attribute_values(":first", text(event_sk(first)))
                .expression_attribute_values(":last", text(event_sk(u32::MAX)))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::sort(ACT, error))?;
            for item in answer.items.unwrap_or_default() {
                events.push(from_item(ACT, item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || events.len() >= limit {
                events.truncate(limit);
                return Ok(events);
            }
        }
    }

    /// The numbers of the events in a recording's custody that have texts beside them, oldest first, read consistently,
    /// at most `limit`.
    pub async fn events_with_texts(&self, id: &RecordingId, limit: usize) -> Result<Vec<u32>, StoreError> {
        const ACT: &str = "read which events have texts";
        let mut numbers = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .filter_expression("attribute_exists(texts)")
                .projection_expression("#number")
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":pk", text(recording_pk(id)))
                .expression_attribute_values(":sk", text("E#"))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::sort(ACT, error))?;
            for item in answer.items.unwrap_or_default() {
                let number = read_number(ACT, &item, "number")?;
                numbers.push(u32::try_from(number).map_err(|error| StoreError::garbled(ACT, error))?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || numbers.len() >= limit {
                numbers.truncate(limit);
                return Ok(numbers);
            }
        }
    }

    /// The events of some kinds in a recording's custody, newest first, before a number (`u32::MAX`: from the newest on),
    /// at most `limit`.
    pub async fn events_of_kinds(
        &self,
        id: &RecordingId,
        kinds: &[EventKind],
        before: u32,
        limit: usize,
    ) -> Result<Vec<Chained>, StoreError> {
        const ACT: &str = "read events of custody";
        let mut events = Vec::new();
        let mut start = None;
        // DynamoDB rejects a range that ends before it begins.
        if before <= 1 {
            return Ok(events);
        }
        let names: Vec<String> = (0..kinds.len()).map(|number| format!(":kind{number}")).collect();
        let mut values = HashMap::new();
        for (name, kind) in names.iter().zip(kinds) {
            values.insert(name.clone(), value_of(ACT, kind)?);
        }
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .filter_expression(format!("kind IN ({})", names.join(", ")))
                .set_expression_attribute_values(Some(values.clone()))
                .expression_attribute_values(":pk", text(recording_pk(id)))
                .expression_attribute_values(":first", text(event_sk(1)))
                .expression_attribute_values(":last", text(event_sk(before - 1)))
                .consistent_read(true)
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::sort(ACT, error))?;
            for item in answer.items.unwrap_or_default() {
                events.push(from_item(ACT, item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || events.len() >= limit {
                break;
            }
        }
        events.truncate(limit);
        Ok(events)
    }

    /// TRACE FIRST: the event is durable, the call not claimed and its periods and holds as decided, or nothing.
    /// What is counted is counted with it, or is over its limit, and then there is no event.
    pub async fn record_access(&self, access: &AccessRecord<'_>) -> Result<CountResult, StoreError> {
        const ACT: &str = "record an access";
        let transaction = self.access_transaction(ACT, access)?;
        self.commit_access(transaction, access).await
    }

    pub(super) fn access_transaction(
        &self,
        act: &'static str,
        access: &AccessRecord<'_>,
    ) -> Result<Transaction, StoreError> {
        let mut transaction = self.transaction(act);
        if let Some(count) = &access.count {
            transaction.count(count)?;
        }
        transaction.check(
            key(call_pk(access.call), CALL_SK),
            "attribute_exists(pk) AND attribute_not_exists(claim) AND periods = :periods AND holds = :holds",
            &[(":periods", value_of(act, access.periods)?), (":holds", value_of(act, access.holds)?)],
        )?;
        put_event(&mut transaction, access.event)?;
        transaction.put(audit_item(act, access.audit)?, ABSENT, &[])?;
        Ok(transaction)
    }

    pub(super) async fn commit_access(
        &self,
        transaction: Transaction,
        access: &AccessRecord<'_>,
    ) -> Result<CountResult, StoreError> {
        if access.count.is_some() {
            return self.commit_counted(transaction).await;
        }
        match self.commit(transaction).await? {
            WriteOutcome::Done => Ok(CountResult::Done),
            WriteOutcome::Conflict => Ok(CountResult::Conflict),
        }
    }

    /// Erases the texts beside one custody event; the chain stays whole. A repeat changes nothing.
    pub async fn erase_texts(&self, id: &RecordingId, event_number: u32) -> Result<(), StoreError> {
        const ACT: &str = "erase the texts beside an event";
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(recording_pk(id), event_sk(event_number))))
            .update_expression("REMOVE texts")
            .condition_expression("attribute_exists(pk)")
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        Ok(())
    }
}

pub(super) fn put_event(transaction: &mut Transaction, event: &Chained) -> Result<(), StoreError> {
    let mut item = to_item(transaction.act, event)?;
    item.extend(key(recording_pk(&event.event.recording), event_sk(event.event.number)));
    // `number` and `hash` are the event's own; the key is what makes it once.
    transaction.put(item, ABSENT, &[])
}
