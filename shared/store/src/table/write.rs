//! Writes: each conditional on what was read, or harmless when repeated.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use policy::call::{Call, Claim};
use policy::custody::Chained;
use policy::fragment::{AudioFragment, ObjectKind, ObjectVersion, TextFragment};
use policy::id::RecordingId;
use policy::recording::Recording;
use policy::rulebook::{Pointer, PointerEntry};
use serde::Serialize;

use super::audit::{Counted, audit_item};
use super::layout::{
    CALL_SK, Item, POINTER_PK, POINTER_SK, RECORDING_SK, audio_sk, call_pk, claimed_key, correction_sk, due_key,
    event_sk, first_sk, fragments_pk, index_attributes, key, number, place, recording_pk, text, text_sk, version_sk,
};
use super::logs::member_item;
use super::{CallWrite, Due, Finish, Indexing, Table, Trace, Written};
use crate::error::{ErrorKind, StoreError};

pub(super) fn to_item(act: &'static str, value: &impl Serialize) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(|error| StoreError::garbled(act, error))
}

pub(super) fn value_of(act: &'static str, value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::garbled(act, error))
}

/// 100 days: a report of completeness covers at most 92.
const MEMBER_KNOWN: SignedDuration = SignedDuration::from_hours(24 * 100);

pub(super) const ABSENT: &str = "attribute_not_exists(pk)";

/// The parts of a transaction.
pub(super) struct Transaction {
    pub(super) act: &'static str,
    pub(super) table: String,
    pub(super) items: Vec<TransactWriteItem>,
}

impl Transaction {
    pub(super) fn put(
        &mut self,
        item: Item,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<(), StoreError> {
        self.put_named(item, condition, &[], values)
    }

    /// The same, with names that DynamoDB has reserved.
    pub(super) fn put_named(
        &mut self,
        item: Item,
        condition: &str,
        names: &[(&str, &str)],
        values: &[(&str, AttributeValue)],
    ) -> Result<(), StoreError> {
        let mut put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(condition);
        for (name, attribute) in names {
            put = put.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in values {
            put = put.expression_attribute_values(*name, value.clone());
        }
        let put = put.build().map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    fn put_any(&mut self, item: Item) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    fn delete(&mut self, key: Item, condition: Option<(&str, &[(&str, AttributeValue)])>) -> Result<(), StoreError> {
        let mut delete = Delete::builder().table_name(&self.table).set_key(Some(key));
        if let Some((condition, values)) = condition {
            delete = delete.condition_expression(condition);
            for (name, value) in values {
                delete = delete.expression_attribute_values(*name, value.clone());
            }
        }
        let delete = delete.build().map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().delete(delete).build());
        Ok(())
    }

    pub(super) fn check(
        &mut self,
        key: Item,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<(), StoreError> {
        let mut check =
            ConditionCheck::builder().table_name(&self.table).set_key(Some(key)).condition_expression(condition);
        for (name, value) in values {
            check = check.expression_attribute_values(*name, value.clone());
        }
        let check = check.build().map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().condition_check(check).build());
        Ok(())
    }
}

impl Table {
    pub(super) fn transaction(&self, act: &'static str) -> Transaction {
        Transaction { act, table: self.name.clone(), items: Vec::new() }
    }

    pub(super) async fn commit(&self, transaction: Transaction) -> Result<Written, StoreError> {
        let Transaction { act, items, .. } = transaction;
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match answer {
            Ok(_) => Ok(Written::Done),
            Err(error) => match cancelled(&error) {
                Some(Cancelled::Condition | Cancelled::First) => Ok(Written::Conflict),
                Some(Cancelled::Contention) => Err(StoreError::plain(act, ErrorKind::Throttled)),
                None => Err(StoreError::sort(act, error)),
            },
        }
    }

    /// Commits a transaction whose first part is a count, see [`Transaction::count`]. STRICT: the limit is the answer
    /// only where everything else would have been written.
    pub(super) async fn commit_counted(&self, transaction: Transaction) -> Result<Counted, StoreError> {
        let Transaction { act, items, .. } = transaction;
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match answer {
            Ok(_) => Ok(Counted::Done),
            Err(error) => match cancelled(&error) {
                Some(Cancelled::First) => Ok(Counted::TooMany),
                Some(Cancelled::Condition) => Ok(Counted::Conflict),
                Some(Cancelled::Contention) => Err(StoreError::plain(act, ErrorKind::Throttled)),
                None => Err(StoreError::sort(act, error)),
            },
        }
    }

    /// Puts an item unless one stands there: a repeat changes nothing.
    pub(super) async fn put_once(&self, act: &'static str, item: Item) -> Result<(), StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(ABSENT)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) => {
                let stands = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception,
                );
                if stands { Ok(()) } else { Err(StoreError::sort(act, error)) }
            }
        }
    }

    /// Writes an audio fragment; the first writing stands (TWICE IS ONCE).
    pub async fn put_audio_fragment(&self, fragment: &AudioFragment) -> Result<(), StoreError> {
        const ACT: &str = "write an audio fragment";
        let mut item = to_item(ACT, fragment)?;
        item.extend(key(fragments_pk(&fragment.object.key_id()), audio_sk(&fragment.object.id())));
        self.put_once(ACT, item).await
    }

    /// Writes the fragment of a sidecar or a call log; the first writing stands.
    pub async fn put_text_fragment(&self, fragment: &TextFragment) -> Result<(), StoreError> {
        const ACT: &str = "write a sidecar fragment";
        let mut item = to_item(ACT, fragment)?;
        let object = &fragment.object;
        item.extend(key(fragments_pk(&object.key_id()), text_sk(&object.sequencer, &object.id())));
        self.put_once(ACT, item).await
    }

    /// Writes what a merge made: recording, call and custody, all or nothing.
    pub async fn index(&self, indexing: &Indexing<'_>) -> Result<Written, StoreError> {
        const ACT: &str = "write a recording and its call";
        let mut transaction = self.transaction(ACT);
        let recording = indexing.recording;
        let generation = indexing.before.unwrap_or_default() + 1;
        put_recording(&mut transaction, recording, generation, indexing.before)?;
        put_call(&mut transaction, &indexing.joins)?;
        if let Some(left) = &indexing.leaves {
            put_call(&mut transaction, left)?;
        }
        if let Some(event) = indexing.event {
            put_event(&mut transaction, event)?;
        }
        if let (true, Some(sha256)) = (indexing.is_first, &recording.sha256) {
            let mut item = key(fragments_pk(&recording.object.key_id()), first_sk(sha256));
            item.insert("first_id".to_owned(), text(recording.view.id.as_str()));
            transaction.put(
                item,
                "attribute_not_exists(pk) OR first_id = :first",
                &[(":first", text(recording.view.id.as_str()))],
            )?;
        }
        self.commit(transaction).await
    }

    /// TRACE FIRST: the event is durable, the call not claimed and its periods and holds as decided, or nothing.
    /// What is counted is counted with it, or is over its limit, and then there is no event.
    pub async fn trace(&self, trace: &Trace<'_>) -> Result<Counted, StoreError> {
        const ACT: &str = "write the trace";
        let mut transaction = self.transaction(ACT);
        if let Some(count) = &trace.count {
            transaction.count(count)?;
        }
        transaction.check(
            key(call_pk(trace.call), CALL_SK),
            "attribute_exists(pk) AND attribute_not_exists(claim) AND periods = :periods AND holds = :holds",
            &[(":periods", value_of(ACT, trace.periods)?), (":holds", number(trace.holds))],
        )?;
        put_event(&mut transaction, trace.event)?;
        transaction.put(audit_item(ACT, trace.audit)?, ABSENT, &[])?;
        if trace.count.is_some() {
            return self.commit_counted(transaction).await;
        }
        match self.commit(transaction).await? {
            Written::Done => Ok(Counted::Done),
            Written::Conflict => Ok(Counted::Conflict),
        }
    }

    /// NEVER EARLY: claims a call, if nothing of it has changed since it was read, no hold stands and
    /// nobody claimed it.
    pub async fn claim(&self, call: &Call, claim: &Claim) -> Result<Written, StoreError> {
        const ACT: &str = "claim a call";
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(call_pk(&call.reference), CALL_SK)))
            .update_expression("SET claim = :claim, due_key = :due, generation = :next")
            .condition_expression("generation = :read AND holds = :none AND attribute_not_exists(claim)")
            .expression_attribute_values(":claim", value_of(ACT, claim)?)
            .expression_attribute_values(":due", text(claimed_key(call.reference.id.shard())))
            .expression_attribute_values(":next", number(call.generation + 1))
            .expression_attribute_values(":read", number(call.generation))
            .expression_attribute_values(":none", number(0_u64))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Written::Done),
            Err(error) => {
                let changed = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if changed { Ok(Written::Conflict) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }

    /// Moves the rulebook's pointer, and writes a new version beside it, if the pointer is still of the
    /// generation that was read. A version's number is used once: the pointer's next generation serves.
    pub(crate) async fn point(
        &self,
        pointer: &Pointer,
        version: Option<&PointerEntry>,
        generation: u64,
    ) -> Result<Written, StoreError> {
        const ACT: &str = "move the rulebook's pointer";
        let mut transaction = self.transaction(ACT);
        let mut item = key(POINTER_PK.to_owned(), POINTER_SK);
        item.insert("pointer".to_owned(), value_of(ACT, pointer)?);
        item.insert("generation".to_owned(), number(generation + 1));
        if generation == 0 {
            transaction.put(item, ABSENT, &[])?;
        } else {
            transaction.put(item, "generation = :read", &[(":read", number(generation))])?;
        }
        if let Some(version) = version {
            let mut item = key(POINTER_PK.to_owned(), version_sk(version.version));
            item.insert("entry".to_owned(), value_of(ACT, version)?);
            transaction.put(item, ABSENT, &[])?;
        }
        self.commit(transaction).await
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

    /// NEVER LATE: ends a fragment that a late event wrote again for an object version that has ended.
    pub async fn end_fragment(&self, object: &ObjectVersion) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(fragment_key(object)))
            .send()
            .await
            .map_err(|error| StoreError::sort("end a fragment", error))?;
        Ok(())
    }

    /// Puts the tombstone in the recording's place, ends its fragment, writes the last event and takes
    /// the leg out of its call, all or nothing.
    pub async fn finish(&self, finish: &Finish<'_>) -> Result<Written, StoreError> {
        const ACT: &str = "write a tombstone";
        let mut transaction = self.transaction(ACT);
        let recording = finish.recording;
        let object = &recording.object;
        let id = &recording.view.id;
        let mut item = to_item(ACT, finish.tombstone)?;
        item.extend(key(recording_pk(id), RECORDING_SK));
        item.insert("generation".to_owned(), number(finish.before + 1));
        transaction.put(item, "generation = :read", &[(":read", number(finish.before))])?;
        put_event(&mut transaction, finish.event)?;
        transaction.delete(fragment_key(object), None)?;
        // A first holds the marker of its bytes; with it gone, the same bytes are a first again.
        if let (Some(sha256), None, ObjectKind::Audio) =
            (&recording.sha256, &recording.view.duplicate_of, object.key.kind())
        {
            transaction.delete(key(fragments_pk(&object.key_id()), first_sk(sha256)), None)?;
        }
        if object.key.kind() == ObjectKind::Audio {
            transaction.delete(key(fragments_pk(&object.key_id()), correction_sk(id)), None)?;
        }
        if let (Some(group), None) = (&recording.group, &recording.view.duplicate_of) {
            let known_until = finish.tombstone.deleted_at.checked_add(MEMBER_KNOWN).unwrap_or(Timestamp::MAX);
            let item = member_item(ACT, group, id, &object.key_id(), Some(known_until))?;
            transaction.put_any(item)?;
        }
        let due = if finish.call.legs.is_empty() { Due::Closed } else { Due::Claimed };
        put_call(&mut transaction, &CallWrite { before: Some(finish.call_before), call: finish.call, due })?;
        self.commit(transaction).await
    }
}

fn fragment_key(object: &ObjectVersion) -> Item {
    let id = object.id();
    let sk = match object.key.kind() {
        ObjectKind::Audio => audio_sk(&id),
        ObjectKind::Sidecar | ObjectKind::CallLog => text_sk(&object.sequencer, &id),
    };
    key(fragments_pk(&object.key_id()), sk)
}

fn put_recording(
    transaction: &mut Transaction,
    recording: &Recording,
    generation: u64,
    before: Option<u64>,
) -> Result<(), StoreError> {
    let mut item = to_item(transaction.act, recording)?;
    item.extend(index_attributes(recording));
    item.extend(key(recording_pk(&recording.view.id), RECORDING_SK));
    item.insert("generation".to_owned(), number(generation));
    match before {
        None => transaction.put(item, ABSENT, &[]),
        Some(read) => transaction.put(item, "generation = :read", &[(":read", number(read))]),
    }
}

fn put_call(transaction: &mut Transaction, write: &CallWrite<'_>) -> Result<(), StoreError> {
    let call = write.call;
    let at = key(call_pk(&call.reference), CALL_SK);
    let Some(read) = write.before else {
        return transaction.put(call_item(transaction.act, call, &write.due)?, ABSENT, &[]);
    };
    let unchanged = [(":read", number(read))];
    if call.claim.is_some() {
        return transaction.put(call_item(transaction.act, call, &write.due)?, "generation = :read", &unchanged);
    }
    // NEVER EARLY: a leg never joins or leaves a call that is being deleted.
    let condition = "generation = :read AND attribute_not_exists(claim)";
    if call.legs.is_empty() {
        transaction.delete(at, Some((condition, &unchanged)))
    } else if call.generation == read {
        transaction.check(at, condition, &unchanged)
    } else {
        transaction.put(call_item(transaction.act, call, &write.due)?, condition, &unchanged)
    }
}

fn call_item(act: &'static str, call: &Call, due: &Due) -> Result<Item, StoreError> {
    let mut item = to_item(act, call)?;
    item.extend(key(call_pk(&call.reference), CALL_SK));
    let shard = call.reference.id.shard();
    let due_key = match due {
        Due::Under(revision) => Some(due_key(revision, shard)),
        Due::Claimed => Some(claimed_key(shard)),
        Due::Closed => None,
    };
    if let Some(due_key) = due_key {
        item.insert("due_key".to_owned(), text(due_key));
        item.insert("at".to_owned(), text(place(call.started_at, call.reference.id.as_str())));
    }
    Ok(item)
}

pub(super) fn put_event(transaction: &mut Transaction, event: &Chained) -> Result<(), StoreError> {
    let mut item = to_item(transaction.act, event)?;
    item.extend(key(recording_pk(&event.event.recording), event_sk(event.event.number)));
    // `number` and `hash` are the event's own; the key is what makes it once.
    transaction.put(item, ABSENT, &[])
}

/// Why a transaction was cancelled.
enum Cancelled {
    /// The condition of its first part did not hold, and nothing else stood in the way.
    First,
    /// A condition did not hold.
    Condition,
    /// Another transaction was under way, or there was no capacity.
    Contention,
}

fn cancelled(error: &SdkError<TransactWriteItemsError>) -> Option<Cancelled> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    // One reason a part, in their order; `None` where nothing was wrong with it.
    let codes: Vec<&str> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
    if let ["ConditionalCheckFailed", others @ ..] = codes.as_slice()
        && others.iter().all(|code| *code == "None")
    {
        Some(Cancelled::First)
    } else if codes.contains(&"ConditionalCheckFailed") {
        Some(Cancelled::Condition)
    } else if codes
        .iter()
        .any(|code| matches!(*code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"))
    {
        Some(Cancelled::Contention)
    } else {
        None
    }
}
