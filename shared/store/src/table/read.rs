//! Reads.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use policy::call::Call;
use policy::custody::{Chained, EventKind, Head};
use policy::fragment::{AudioFragment, TextFragment};
use policy::id::{CallId, KeyId, RecordingId};
use policy::recording::{CallReference, Listed};
use policy::retention::ClassRevision;
use policy::rulebook::{Pointer, PointerEntry};
use serde::de::DeserializeOwned;

use super::layout::{
    self, CALL_SK, Item, POINTER_PK, POINTER_SK, Partition, RECORDING_SK, audio_sk, call_pk, claimed_key, due_key,
    event_sk, first_sk, fragments_pk, recording_pk, text, version_sk,
};
use super::write::value_of;
use super::{Standing, Stored, StoredRecording, Table};
use crate::error::{ErrorKind, StoreError};

pub(super) fn from_item<T: DeserializeOwned>(act: &'static str, item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::garbled(act, error))
}

pub(super) fn read_number(act: &'static str, item: &Item, name: &str) -> Result<u64, StoreError> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
        .ok_or(StoreError::lacks(act))
}

pub(super) fn read_text<'a>(act: &'static str, item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str).ok_or(StoreError::lacks(act))
}

impl Table {
    pub(super) async fn get(&self, act: &'static str, pk: String, sk: &str) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(layout::key(pk, sk)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::sort(act, error))?;
        Ok(answer.item)
    }

    /// Every item of a partition whose `sk` begins so (empty: every item), ascending, read consistently.
    pub(super) async fn all(
        &self,
        act: &'static str,
        pk: String,
        sk_prefix: &str,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        // An empty prefix is no value that DynamoDB takes.
        let mut values = Item::from([(":pk".to_owned(), text(pk))]);
        let mut condition = "pk = :pk";
        if !sk_prefix.is_empty() {
            values.insert(":sk".to_owned(), text(sk_prefix));
            condition = "pk = :pk AND begins_with(sk, :sk)";
        }
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(condition)
                .set_expression_attribute_values(Some(values.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::sort(act, error))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= limit {
                items.truncate(limit);
                return Ok(items);
            }
        }
    }

    /// One audio fragment.
    pub async fn audio_fragment(&self, key_id: &KeyId, id: &RecordingId) -> Result<Option<AudioFragment>, StoreError> {
        const ACT: &str = "read an audio fragment";
        let item = self.get(ACT, fragments_pk(key_id), &audio_sk(id)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// The audio fragments of the versions of a key, by S3's sequencer, at most `limit`.
    pub async fn audio_fragments(&self, key_id: &KeyId, limit: usize) -> Result<Vec<AudioFragment>, StoreError> {
        const ACT: &str = "read the audio fragments of a key";
        let items = self.all(ACT, fragments_pk(key_id), "A#", limit).await?;
        let mut fragments: Vec<AudioFragment> =
            items.into_iter().map(|item| from_item(ACT, item)).collect::<Result<_, _>>()?;
        fragments.sort_by(|a, b| a.object.sequencer.cmp(&b.object.sequencer));
        Ok(fragments)
    }

    /// The sidecars (or the call-log versions) of a key, by S3's sequencer, at most `limit`.
    pub async fn text_fragments(&self, key_id: &KeyId, limit: usize) -> Result<Vec<TextFragment>, StoreError> {
        const ACT: &str = "read the sidecars of a key";
        let items = self.all(ACT, fragments_pk(key_id), "T#", limit).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// The first recording with these bytes under this key.
    pub async fn first_with(&self, key_id: &KeyId, sha256: &str) -> Result<Option<RecordingId>, StoreError> {
        const ACT: &str = "look for the same bytes";
        let Some(item) = self.get(ACT, fragments_pk(key_id), &first_sk(sha256)).await? else {
            return Ok(None);
        };
        let first = read_text(ACT, &item, "first_id")?.parse();
        first.map(Some).map_err(|error| StoreError::garbled(ACT, error))
    }

    /// What stands under an id, with the head of its custody: one consistent query of two items.
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
        let keys = ids.iter().map(|id| layout::key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .projection_expression("#view")
            .expression_attribute_names("#view", "view");
        let items = self.batch_get(ACT, wanted).await?;
        let views = items.into_iter().filter_map(|mut item| item.remove("view"));
        views
            .map(|view| serde_dynamo::from_attribute_value(view).map_err(|error| StoreError::garbled(ACT, error)))
            .collect()
    }

    async fn batch_get(&self, act: &'static str, wanted: KeysAndAttributesBuilder) -> Result<Vec<Item>, StoreError> {
        /// 4 requests: each brings more of what the one before was throttled on.
        const REQUESTS: usize = 4;
        let wanted = wanted.build().map_err(|error| StoreError::garbled(act, error))?;
        let mut asked = HashMap::from([(self.name.clone(), wanted)]);
        let mut found = Vec::new();
        for _ in 0..REQUESTS {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(asked))
                .send()
                .await
                .map_err(|error| StoreError::sort(act, error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            asked = answer.unprocessed_keys.unwrap_or_default();
            if asked.is_empty() {
                return Ok(found);
            }
        }
        Err(StoreError::plain(act, ErrorKind::Throttled))
    }

    /// What stands under ids, at most 100, in no order; what nothing stands under is left out. A read that
    /// is a moment behind will do: whoever asks acts only on what is an hour old.
    pub async fn standing(&self, ids: &[RecordingId]) -> Result<Vec<(RecordingId, Standing)>, StoreError> {
        const ACT: &str = "look for recordings";
        let keys = ids.iter().map(|id| layout::key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).projection_expression("pk, deleted_at");
        let mut found = Vec::new();
        for item in self.batch_get(ACT, wanted).await? {
            let id = read_text(ACT, &item, "pk")?.strip_prefix("R#").and_then(|id| id.parse().ok());
            let standing = if item.contains_key("deleted_at") { Standing::Tombstone } else { Standing::Recording };
            found.push((id.ok_or(StoreError::lacks(ACT))?, standing));
        }
        Ok(found)
    }

    /// A call.
    pub async fn call(&self, reference: &CallReference) -> Result<Option<Call>, StoreError> {
        const ACT: &str = "read a call";
        let item = self.get(ACT, call_pk(reference), CALL_SK).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// One event of a recording's custody, read consistently.
    pub async fn custody_event(&self, id: &RecordingId, number: u32) -> Result<Option<Chained>, StoreError> {
        const ACT: &str = "read an event of custody";
        let item = self.get(ACT, recording_pk(id), &event_sk(number)).await?;
        item.map(|item| from_item(ACT, item)).transpose()
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

    /// The events of one kind in a recording's custody, newest first, before a number (`u32::MAX`: from the newest on),
    /// at most `limit`.
    pub async fn events_of_kind(
        &self,
        id: &RecordingId,
        kind: EventKind,
        before: u32,
        limit: usize,
    ) -> Result<Vec<Chained>, StoreError> {
        const ACT: &str = "read events of custody";
        let mut events = Vec::new();
        let mut start = None;
        // A range that ends before it begins is none that DynamoDB takes.
        if before <= 1 {
            return Ok(events);
        }
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .filter_expression("kind = :kind")
                .expression_attribute_values(":pk", text(recording_pk(id)))
                .expression_attribute_values(":first", text(event_sk(1)))
                .expression_attribute_values(":last", text(event_sk(before - 1)))
                .expression_attribute_values(":kind", value_of(ACT, &kind)?)
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

    /// One page of one partition of a search index, newest first, between two range keys (both
    /// inclusive), at most `limit`. The second value is whether there may be more.
    pub async fn list(
        &self,
        partition: &Partition,
        from: &str,
        until: &str,
        limit: u16,
    ) -> Result<(Vec<(String, Listed)>, bool), StoreError> {
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
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(until))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let more = answer.last_evaluated_key.is_some();
        let mut listed = Vec::new();
        for mut item in answer.items.unwrap_or_default() {
            let at = read_text(ACT, &item, "at")?.to_owned();
            let Some(view) = item.remove("view") else {
                return Err(StoreError::lacks(ACT));
            };
            let view = serde_dynamo::from_attribute_value(view).map_err(|error| StoreError::garbled(ACT, error))?;
            listed.push((at, view));
        }
        Ok((listed, more))
    }

    /// Calls of one shard that a class revision nominates: begun at `until` or before, oldest first.
    pub async fn nominated(
        &self,
        revision: &ClassRevision,
        shard: u8,
        until: &str,
        limit: u16,
        after: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Nominations, StoreError> {
        self.due(due_key(revision, shard), until, limit, after).await
    }

    /// Calls of one shard that were claimed and are not finished.
    pub async fn claimed(&self, shard: u8, limit: u16) -> Result<Nominations, StoreError> {
        // `~` sorts behind every digit: all of them.
        self.due(claimed_key(shard), "~", limit, None).await
    }

    /// The rulebook's pointer and its generation; 0 where nothing was ever published.
    pub(crate) async fn rulebook_pointer(&self) -> Result<(Pointer, u64), StoreError> {
        const ACT: &str = "read the rulebook's pointer";
        let Some(mut item) = self.get(ACT, POINTER_PK.to_owned(), POINTER_SK).await? else {
            return Ok((Pointer::default(), 0));
        };
        let generation = read_number(ACT, &item, "generation")?;
        let pointer = item.remove("pointer").ok_or(StoreError::lacks(ACT))?;
        let pointer = serde_dynamo::from_attribute_value(pointer).map_err(|error| StoreError::garbled(ACT, error))?;
        Ok((pointer, generation))
    }

    /// What a version of the rulebook was.
    pub(crate) async fn rulebook_version(&self, version: u64) -> Result<Option<PointerEntry>, StoreError> {
        const ACT: &str = "read a rulebook's version";
        let item = self.get(ACT, POINTER_PK.to_owned(), &version_sk(version)).await?;
        let Some(mut item) = item else {
            return Ok(None);
        };
        let entry = item.remove("entry").ok_or(StoreError::lacks(ACT))?;
        serde_dynamo::from_attribute_value(entry).map(Some).map_err(|error| StoreError::garbled(ACT, error))
    }

    async fn due(
        &self,
        due_key: String,
        until: &str,
        limit: u16,
        after: Option<HashMap<String, AttributeValue>>,
    ) -> Result<Nominations, StoreError> {
        const ACT: &str = "read the due index";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at <= :until")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(due_key))
            .expression_attribute_values(":until", text(until))
            .limit(i32::from(limit))
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let calls = answer
            .items
            .unwrap_or_default()
            .iter()
            .map(|item| {
                let pk = read_text(ACT, item, "pk")?;
                parse_call_pk(pk).ok_or(StoreError::lacks(ACT))
            })
            .collect::<Result<_, _>>()?;
        Ok(Nominations { calls, next: answer.last_evaluated_key })
    }
}

/// A page of the due index.
#[derive(Clone, Debug)]
pub struct Nominations {
    /// The calls, oldest first.
    pub calls: Vec<CallReference>,
    /// Where the next page begins.
    pub next: Option<HashMap<String, AttributeValue>>,
}

fn parse_call_pk(pk: &str) -> Option<CallReference> {
    let (id, incarnation) = pk.strip_prefix("C#")?.split_once('#')?;
    Some(CallReference { id: id.parse::<CallId>().ok()?, incarnation: incarnation.parse().ok()? })
}
