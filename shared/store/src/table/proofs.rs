//! Proofs of deletion by time: which recordings each batch of the sweep was about to delete.
//!
//! One item holds a hundred ids, so that the list costs a deletion three hundredths of a write unit. An id can stand in
//! several batches, of which only one deleted it: the tombstone names that one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::Tombstone;

use super::client::Table;
use super::item::{from_item, key, read_text, take, text, value_of};
use super::keys::{Month, RECORDING_SK, SortKey, batches_pk, recording_pk};
use crate::error::StoreError;

/// 100 ids an item: what one `BatchGetItem` reads.
const IDS_AN_ITEM: usize = 100;

/// A batch of deletions: a run, and which of its batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionBatch {
    /// When it was begun, before the first deletion.
    pub at: Timestamp,
    /// The run's id.
    pub run: String,
    /// Which of the run's batches.
    pub number: u32,
}

impl DeletionBatch {
    /// The name that tombstones have of it.
    pub fn name(&self) -> String {
        SortKey::new(self.at, &self.id()).into()
    }

    fn id(&self) -> String {
        format!("{}-{:06}", self.run, self.number)
    }
}

/// Some recordings that a batch was about to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPart {
    /// Where it lies.
    pub at: SortKey,
    /// The batch, as tombstones name it.
    pub batch: String,
    /// The recordings, at most 100.
    pub ids: Vec<RecordingId>,
}

impl Table {
    /// Writes down which recordings a batch is about to delete. A repeat changes nothing.
    pub async fn put_deletion_batch(&self, batch: &DeletionBatch, ids: &[RecordingId]) -> Result<(), StoreError> {
        const ACT: &str = "write which recordings a batch deletes";
        for (position, ids) in ids.chunks(IDS_AN_ITEM).enumerate() {
            let at = SortKey::new(batch.at, &format!("{}-{position:04}", batch.id()));
            let mut item = key(batches_pk(&Month::of(batch.at)), String::from(at));
            item.insert("batch".to_owned(), text(batch.name()));
            item.insert("ids".to_owned(), value_of(ACT, &ids)?);
            self.put(ACT, item).await?;
        }
        Ok(())
    }

    /// The batches of a month, newest first, between two sort keys (both inclusive), at most `limit` parts. The second
    /// value is whether there may be more.
    pub async fn deletion_batches(
        &self,
        month: &Month,
        from: &SortKey,
        until: &SortKey,
        limit: u16,
    ) -> Result<(Vec<BatchPart>, bool), StoreError> {
        const ACT: &str = "list batches of deletions";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", text(batches_pk(month)))
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":until", text(until.as_str()))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let more = answer.last_evaluated_key.is_some();
        let mut parts = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(ACT, &item, "sk")?);
            let batch = read_text(ACT, &item, "batch")?.to_owned();
            parts.push(BatchPart { at, batch, ids: take(ACT, item, "ids")? });
        }
        Ok((parts, more))
    }

    /// The tombstones under ids, at most 100; what is not deleted is left out. The read may be a moment behind.
    pub async fn tombstones(&self, ids: &[RecordingId]) -> Result<HashMap<RecordingId, Tombstone>, StoreError> {
        const ACT: &str = "read tombstones";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = ids.iter().map(|id| key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys));
        let mut found = HashMap::new();
        for item in self.batch_get(ACT, wanted).await?.into_iter().filter(|item| item.contains_key("deleted_at")) {
            let tombstone: Tombstone = from_item(ACT, item)?;
            found.insert(tombstone.id.clone(), tombstone);
        }
        Ok(found)
    }
}
