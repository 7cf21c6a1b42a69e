//! Recordings, and the tombstones that stay of them.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::{SignedDuration, Timestamp};
use policy::call::Call;
use policy::custody::{Chained, CustodyEvent, Head};
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use policy::number_hash::NumberHash;
use policy::recording::{Listed, ListedTombstone, Recording, Tombstone};

use super::call_logs::member_item;
use super::calls::{CallWrite, put_call};
use super::client::Table;
use super::copies::{PendingCopy, copy_item};
use super::custody::put_event;
use super::due::DueKey;
use super::hold_items::{HoldsPlacement, put_placed_holds};
use super::item::{ABSENT, from_item, key, number, read_number, read_text, take, take_view, text, to_item, value_of};
use super::keys::{
    DELETION_SK, Partition, RECORDING_SK, SortKey, correction_sk, deletion_pk, first_sk, fragments_pk,
    index_attributes, recording_pk,
};
use super::number_keys::deleted_number_key;
use super::transaction::{Transaction, WriteOutcome};
use crate::error::StoreError;

/// What is stored under a recording's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A recording, a fragment's object, or what is in quarantine.
    Recording(Box<Recording>),
    /// What is left of one.
    Tombstone(Box<Tombstone>),
}

/// What a partition has, and whether there may be more.
pub type ListPage = (Vec<(SortKey, Listed)>, bool);

/// In which order a partition is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// From the last key on.
    NewestFirst,
    /// From the first key on.
    OldestFirst,
}

/// What kind of thing is stored under a recording's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredKind {
    /// A recording, a fragment's object, or what is in quarantine.
    Recording,
    /// What is left of one.
    Tombstone,
}

/// What is stored under a recording's id, its generation, and the head of its custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecording {
    /// What.
    pub stored: Stored,
    /// Grows by one with every change.
    pub generation: u64,
    /// The end of its custody.
    pub head: Head,
    /// The operation of the last custody event; empty where it has no event.
    pub last_operation: String,
}

/// What one merge writes, in one transaction.
#[derive(Clone, Debug)]
pub struct RecordingWrite<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// The generation that was read; `None` where there was none.
    pub before: Option<u64>,
    /// The call it is in.
    pub joins: CallWrite<'a>,
    /// The call it was in.
    pub leaves: Option<CallWrite<'a>>,
    /// What goes on its custody.
    pub event: Option<&'a Chained>,
    /// Whether it is the first with its bytes under its key.
    pub is_first: bool,
}

/// One recording of a placement.
#[derive(Clone, Debug)]
pub struct PlacedRecording<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// The generation that was read; `None` where there was none.
    pub before: Option<u64>,
    /// What goes on its custody.
    pub event: Option<&'a Chained>,
    /// Whether it is the first with its bytes under its key.
    pub is_first: bool,
}

/// What one placement writes, in one transaction.
#[derive(Clone, Debug)]
pub struct PlacementWrite<'a> {
    /// The recordings.
    pub recordings: Vec<PlacedRecording<'a>>,
    /// The calls, each once.
    pub calls: Vec<CallWrite<'a>>,
    /// The holds that legs take along, and what the placement rests on.
    pub holds: HoldsPlacement<'a>,
}

/// The end of one object version, in one transaction.
#[derive(Clone, Debug)]
pub struct TombstoneWrite<'a> {
    /// What was there.
    pub recording: &'a Recording,
    /// Its generation.
    pub before: u64,
    /// What stays.
    pub tombstone: &'a Tombstone,
    /// The keyed hashes of its number and of the last four digits, where a search found it by one.
    pub number: Option<(NumberHash, NumberHash)>,
    /// Whether admins corrected it: a part of a transaction costs two write units, also where it deletes nothing.
    pub has_corrections: bool,
    /// The last event of its custody.
    pub event: &'a Chained,
    /// The generation of the call that was read.
    pub call_before: u64,
    /// The call without this leg.
    pub call: &'a Call,
    /// Its place in the due index, while it has another leg.
    pub due: DueKey,
    /// Its copy, where recordings are copied.
    pub copy: Option<&'a PendingCopy>,
}

/// 100 days: a report of completeness covers at most 92.
const MEMBER_KNOWN: SignedDuration = SignedDuration::from_hours(24 * 100);

impl Table {
    /// What is stored under an id, with the head of its custody: one consistent query of two items.
    pub async fn recording(&self, id: &RecordingId) -> Result<Option<StoredRecording>, StoreError> {
        const ACT: &str = "read a recording";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(recording_pk(id)))
            .scan_index_forward(false)
            .limit(2)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let mut items = answer.items.unwrap_or_default().into_iter();
        let Some(item) = items.next() else {
            return Ok(None);
        };
        if read_text(ACT, &item, "sk")? != RECORDING_SK {
            return Err(StoreError::lacks(ACT));
        }
        let (head, last_operation) = match items.next() {
            Some(event) => {
                let chained: Chained = from_item(ACT, event)?;
                (chained.head(), chained.event.operation)
            }
            None => (Head::none(), String::new()),
        };
        let generation = read_number(ACT, &item, "generation")?;
        let stored = if item.contains_key("deleted_at") {
            Stored::Tombstone(Box::new(from_item(ACT, item)?))
        } else {
            Stored::Recording(Box::new(from_item(ACT, item)?))
        };
        Ok(Some(StoredRecording { stored, generation, head, last_operation }))
    }

    /// What the indexes carry of recordings, read consistently, in no order: at most 100. What does not
    /// exist, or has ended, is left out.
    pub async fn listed(&self, ids: &[RecordingId]) -> Result<Vec<Listed>, StoreError> {
        const ACT: &str = "read recordings";
        let keys = ids.iter().map(|id| key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .projection_expression("#view, deleted_at")
            .expression_attribute_names("#view", "view");
        let items = self.batch_get(ACT, wanted).await?;
        let items = items.into_iter().filter(|item| item.contains_key("view") && !item.contains_key("deleted_at"));
        items.map(|item| take_view(ACT, item)).collect()
    }

    /// What kind of thing is stored under ids, at most 100, in no order; an id under which nothing is stored is left out.
    /// The read may be a moment behind.
    pub async fn existing(&self, ids: &[RecordingId]) -> Result<Vec<(RecordingId, StoredKind)>, StoreError> {
        const ACT: &str = "look for recordings";
        let keys = ids.iter().map(|id| key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).projection_expression("pk, deleted_at");
        let mut found = Vec::new();
        for item in self.batch_get(ACT, wanted).await? {
            let id = read_text(ACT, &item, "pk")?.strip_prefix("R#").and_then(|id| id.parse().ok());
            let kind = if item.contains_key("deleted_at") { StoredKind::Tombstone } else { StoredKind::Recording };
            found.push((id.ok_or(StoreError::lacks(ACT))?, kind));
        }
        Ok(found)
    }

    /// The object versions of recordings, at most 100, in no order; what has ended is left out. The read may be a moment
    /// behind.
    pub async fn object_versions(&self, ids: &[RecordingId]) -> Result<Vec<ObjectVersion>, StoreError> {
        const ACT: &str = "read which objects recordings have";
        let keys = ids.iter().map(|id| key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .projection_expression("#object")
            .expression_attribute_names("#object", "object");
        let items = self.batch_get(ACT, wanted).await?.into_iter();
        items.filter(|item| item.contains_key("object")).map(|item| take(ACT, item, "object")).collect()
    }

    /// One page of one partition of a search index, newest first, between two sort keys (both
    /// inclusive), at most `limit`. The second value is whether there may be more.
    pub async fn list(
        &self,
        partition: &Partition,
        from: &SortKey,
        until: &SortKey,
        limit: u16,
    ) -> Result<ListPage, StoreError> {
        self.list_in(ListOrder::NewestFirst, partition, from, until, limit).await
    }

    /// As [`Self::list`], in either order.
    pub async fn list_in(
        &self,
        order: ListOrder,
        partition: &Partition,
        from: &SortKey,
        until: &SortKey,
        limit: u16,
    ) -> Result<ListPage, StoreError> {
        const ACT: &str = "read a search index";
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
            .scan_index_forward(order == ListOrder::OldestFirst)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let more = answer.last_evaluated_key.is_some();
        let mut listed = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(ACT, &item, "at")?);
            listed.push((at, take_view(ACT, item)?));
        }
        Ok((listed, more))
    }

    /// Writes one recording and its call, all or nothing.
    pub async fn write_recording(&self, write: &RecordingWrite<'_>) -> Result<WriteOutcome, StoreError> {
        let recording = PlacedRecording {
            recording: write.recording,
            before: write.before,
            event: write.event,
            is_first: write.is_first,
        };
        let calls = std::iter::once(&write.joins).chain(&write.leaves).cloned().collect();
        let holds = HoldsPlacement::default();
        self.write_placement(&PlacementWrite { recordings: vec![recording], calls, holds }).await
    }

    /// Writes a placement: recordings, calls and custody, all or nothing.
    pub async fn write_placement(&self, write: &PlacementWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a recording and its call";
        let mut transaction = self.transaction(ACT);
        for placed in &write.recordings {
            let recording = placed.recording;
            put_recording(&mut transaction, recording, placed.before.unwrap_or_default() + 1, placed.before)?;
            if let Some(event) = placed.event {
                put_event(&mut transaction, event)?;
            }
            if let (true, Some(sha256)) = (placed.is_first, &recording.sha256) {
                let mut item = key(fragments_pk(&recording.object.key_id()), first_sk(sha256));
                item.insert("first_id".to_owned(), text(recording.view.id.as_str()));
                transaction.put(
                    item,
                    "attribute_not_exists(pk) OR first_id = :first",
                    &[(":first", text(recording.view.id.as_str()))],
                )?;
            }
        }
        for call in &write.calls {
            put_call(&mut transaction, call)?;
        }
        put_placed_holds(&mut transaction, &write.holds)?;
        self.commit(transaction).await
    }

    /// Puts the tombstone in the recording's place, writes the last event and takes the leg out of its call, all or
    /// nothing.
    pub async fn write_tombstone(&self, write: &TombstoneWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a tombstone";
        let mut transaction = self.transaction(ACT);
        let recording = write.recording;
        let object = &recording.object;
        let id = &recording.view.id;
        let mut item = to_item(ACT, write.tombstone)?;
        item.extend(key(recording_pk(id), RECORDING_SK));
        item.insert("generation".to_owned(), number(write.before + 1));
        if let Some((number, last4)) = &write.number {
            let listed = ListedTombstone::new(write.tombstone, number.clone());
            item.insert("view".to_owned(), value_of(ACT, &listed)?);
            item.insert("number_key".to_owned(), text(deleted_number_key(last4)));
            item.insert("at".to_owned(), text(SortKey::new(write.tombstone.deleted_at, id.as_str())));
        }
        transaction.put(item, "generation = :read", &[(":read", number(write.before))])?;
        put_event(&mut transaction, write.event)?;
        if write.has_corrections {
            transaction.delete(key(fragments_pk(&object.key_id()), correction_sk(id)), None)?;
        }
        if let (Some(group), None) = (&recording.group, &recording.view.duplicate_of) {
            let known_until = write.tombstone.deleted_at.checked_add(MEMBER_KNOWN).unwrap_or(Timestamp::MAX);
            let item = member_item(ACT, group, id, &object.key_id(), Some(known_until))?;
            transaction.put_any(item)?;
        }
        if let Some(copy) = write.copy {
            transaction.put_any(copy_item(ACT, copy, write.tombstone.deleted_at)?)?;
        }
        // NEVER LATE: why somebody asked for it ends with the call.
        if let (true, Some(deletion)) = (write.call.legs.is_empty(), &write.call.deletion) {
            transaction.delete(key(deletion_pk(&deletion.id), DELETION_SK), None)?;
        }
        let due = if write.call.legs.is_empty() { DueKey::Closed } else { write.due.clone() };
        let call = CallWrite { before: Some(write.call_before), call: write.call, due, reopens: false };
        put_call(&mut transaction, &call)?;
        self.commit(transaction).await
    }
}

impl Table {
    /// Puts the tombstone of a recording that the table does not know, with its event, and with its copy where one is left.
    /// A conflict: now it knows it.
    pub async fn write_lost_tombstone(
        &self,
        tombstone: &Tombstone,
        event: &CustodyEvent,
        copy: Option<&PendingCopy>,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a lost tombstone";
        let mut transaction = self.transaction(ACT);
        let mut item = to_item(ACT, tombstone)?;
        item.extend(key(recording_pk(&tombstone.id), RECORDING_SK));
        item.insert("generation".to_owned(), number(1_u64));
        transaction.put(item, ABSENT, &[])?;
        put_event(&mut transaction, event)?;
        if let Some(copy) = copy {
            transaction.put_any(copy_item(ACT, copy, tombstone.deleted_at)?)?;
        }
        self.commit(transaction).await
    }
}

pub(super) fn put_recording(
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
