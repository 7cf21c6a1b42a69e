//! What people decided, as the table's stream says it, in a bucket of its own. After a restore of the table it says what was
//! decided since the restored moment.
//!
//! Its objects end after the days that the table's own recovery reaches back: no text and no number is kept longer than the
//! table's backups keep it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use policy::fragment::ObjectKey;
use policy::rulebook::{Pointer, PointerEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connect::Connection;
use crate::error::StoreError;
use crate::objects::{Objects, VersionPosition};
use crate::table::{Decision, RulebookImage, is_decided, is_of_rulebook};

/// 64 MiB: 100 records of two items of at most 400 KB each, in JSON.
const OBJECT_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// Where publications lie, apart from what else people decided: their reader reads no text and no number.
const RULEBOOK: &str = "rulebook/";

/// 5 minutes: the stream's times are approximate, and what it says twice is replayed once.
const WRITTEN_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// Records of the table's stream, as Lambda brings them.
#[derive(Debug, Deserialize)]
pub struct StreamBatch {
    /// In the order in which each item was written.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// One write of one item.
#[derive(Debug, Deserialize)]
pub struct StreamRecord {
    dynamodb: Write,
}

/// QUIET: it holds whole items, and masks them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    keys: Value,
    #[serde(default)]
    new_image: Option<Value>,
    #[serde(default)]
    old_image: Option<Value>,
    sequence_number: String,
    /// Seconds since 1970, about when it was written.
    approximate_creation_date_time: f64,
}

impl std::fmt::Debug for Write {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Write({}…)", self.sequence_number)
    }
}

/// One item that somebody decided on, as it was written or removed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedItem {
    /// `DynamoDB`'s number: of one item, the greater one is the later one.
    pub sequence_number: String,
    /// The item as it became; as it last was, where it is gone.
    item: Value,
    /// Whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_gone: bool,
}

impl std::fmt::Debug for DecidedItem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "DecidedItem({}…)", self.sequence_number)
    }
}

impl DecidedItem {
    /// What a record says of an item of these kinds; `None` of any other.
    fn of(write: Write) -> Option<Self> {
        let is_gone = write.new_image.is_none();
        let item = write.new_image.or(write.old_image)?;
        let text = |value: &Value, name: &str| value[name]["S"].as_str().map(str::to_owned);
        let (pk, sk) = (text(&write.keys, "pk")?, text(&write.keys, "sk")?);
        let is_kept = is_decided(&pk, &sk, text(&item, "kind").as_deref());
        is_kept.then_some(Self { sequence_number: write.sequence_number, item, is_gone })
    }

    fn is_of_rulebook(&self) -> bool {
        self.item["pk"]["S"].as_str().is_some_and(is_of_rulebook)
    }

    fn order(&self) -> (usize, String) {
        (self.sequence_number.len(), self.sequence_number.clone())
    }
}

/// Each item as it last was.
#[derive(Debug, Default)]
pub struct Newest {
    items: BTreeMap<(String, String), DecidedItem>,
}

impl Newest {
    /// Adds an item, unless a later state of it is known.
    pub fn add(&mut self, item: DecidedItem) {
        let text = |name: &str| item.item[name]["S"].as_str().unwrap_or_default().to_owned();
        let key = (text("pk"), text("sk"));
        if self.items.get(&key).is_none_or(|known| known.order() < item.order()) {
            self.items.insert(key, item);
        }
    }

    /// What was decided, item by item; the events of a custody in the order of their numbers.
    ///
    /// # Errors
    /// An item that can't be read.
    pub fn into_decisions(self) -> Result<Vec<Decision>, StoreError> {
        const ACT: &str = "read what was decided";
        let mut decisions = Vec::new();
        for DecidedItem { item, is_gone, .. } in self.items.into_values() {
            let item: serde_dynamo::Item =
                serde_json::from_value(item).map_err(|error| StoreError::garbled(ACT, error))?;
            decisions.extend(Decision::of(item.into(), is_gone)?);
        }
        Ok(decisions)
    }
}

/// What was published of the rulebook.
#[derive(Debug, Default)]
pub struct Publications {
    /// The pointer, as often as it was moved, with its generation.
    pub pointers: Vec<(u64, Pointer)>,
    /// The versions, each as it last was.
    pub versions: BTreeMap<u64, PointerEntry>,
}

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Decisions {
    objects: Objects,
    bucket: String,
}

impl Decisions {
    /// In this bucket.
    pub fn new(connection: &Connection, bucket: impl Into<String>) -> Self {
        Self { objects: Objects::new(connection), bucket: bucket.into() }
    }

    /// Keeps what people decided of a batch of the stream; how many items. TWICE IS ONCE: a repeat writes the same object.
    pub async fn keep(&self, batch: StreamBatch) -> Result<usize, StoreError> {
        const ACT: &str = "keep what was decided";
        let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else { return Ok(0) };
        let at = Timestamp::from_second(whole_seconds(last.dynamodb.approximate_creation_date_time))
            .map_err(|error| StoreError::garbled(ACT, error))?;
        let (from, until) = (&first.dynamodb.sequence_number, &last.dynamodb.sequence_number);
        let key = format!("{}-{from:0>40}-{until:0>40}.json", beginning(at));
        let items = batch.records.into_iter().filter_map(|record| DecidedItem::of(record.dynamodb));
        let (of_rulebook, others): (Vec<_>, Vec<_>) = items.partition(DecidedItem::is_of_rulebook);
        for (key, items) in [(format!("{RULEBOOK}{key}"), &of_rulebook), (key, &others)] {
            if !items.is_empty() {
                let bytes = serde_json::to_vec(items).map_err(|error| StoreError::garbled(ACT, error))?;
                self.objects.write_small(&self.bucket, &key, bytes, "application/json").await?;
            }
        }
        Ok(of_rulebook.len() + others.len())
    }

    /// What was published since a moment, and shortly before.
    pub async fn publications_since(&self, from: Timestamp) -> Result<Publications, StoreError> {
        const ACT: &str = "read what was published";
        let mut items = Vec::new();
        for name in self.names_since(RULEBOOK, from).await? {
            items.extend(self.read(&name).await?);
        }
        items.sort_by_key(DecidedItem::order);
        let mut publications = Publications::default();
        // No version and no pointer is ever removed.
        for DecidedItem { item, .. } in items.into_iter().filter(|item| !item.is_gone) {
            let item: serde_dynamo::Item =
                serde_json::from_value(item).map_err(|error| StoreError::garbled(ACT, error))?;
            match RulebookImage::of(item.into())? {
                RulebookImage::Pointer(pointer, generation) => publications.pointers.push((generation, pointer)),
                RulebookImage::Version(entry) => {
                    publications.versions.insert(entry.version, entry);
                }
            }
        }
        Ok(publications)
    }

    /// The names of the objects with what was decided since a moment, oldest first.
    pub async fn since(&self, from: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut names = self.names_since("", from).await?;
        names.retain(|name| !name.starts_with(RULEBOOK));
        Ok(names)
    }

    async fn names_since(&self, prefix: &str, from: Timestamp) -> Result<Vec<String>, StoreError> {
        let first = format!("{prefix}{}", beginning(from.checked_sub(WRITTEN_BEFORE).unwrap_or(from)));
        let mut after = Some(VersionPosition { key: ObjectKey::new(first), version_id: None });
        let mut names: Vec<String> = Vec::new();
        while let Some(position) = after {
            let page = self.objects.versions(&self.bucket, prefix, Some(&position)).await?;
            names.extend(page.versions.iter().map(|version| version.key.expose().to_owned()));
            after = page.next;
        }
        names.dedup();
        Ok(names)
    }

    /// Reads an object.
    pub async fn read(&self, name: &str) -> Result<Vec<DecidedItem>, StoreError> {
        const ACT: &str = "read what was decided";
        let bytes = self.objects.read_small(&self.bucket, name, OBJECT_LIMIT_BYTES).await?;
        serde_json::from_slice(&bytes.ok_or(StoreError::lacks(ACT))?).map_err(|error| StoreError::garbled(ACT, error))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970, cut to whole ones")]
fn whole_seconds(seconds: f64) -> i64 {
    seconds as i64
}

/// How the names of a second begin: they sort by time.
fn beginning(at: Timestamp) -> String {
    at.strftime("%Y/%m/%d/%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn item(sequence_number: &str, reason: &str, is_gone: bool) -> DecidedItem {
        let hold = json!({
            "pk": {"S": format!("H#{}", "a".repeat(26))}, "sk": {"S": format!("H#{}", "b".repeat(26))},
            "id": {"S": "b".repeat(26)}, "kind": {"S": "legal"}, "owner": {"S": "yamada"}, "placed_by": {"S": "yamada"},
            "placed_at": {"S": "2026-11-27T05:00:00Z"},
            "reason": {"M": {"salt": {"S": "00"}, "text": {"S": reason}}},
        });
        DecidedItem { sequence_number: sequence_number.to_owned(), item: hold, is_gone }
    }

    fn holds(items: Vec<DecidedItem>) -> Vec<(String, bool)> {
        let mut newest = Newest::default();
        for item in items {
            newest.add(item);
        }
        let of_hold = |decision| match decision {
            Decision::Hold { hold, .. } => (hold.reason.text, hold.lifted_at.is_some()),
            other => panic!("{other:?}"),
        };
        newest.into_decisions().unwrap().into_iter().map(of_hold).collect()
    }

    #[test]
    fn an_item_is_as_the_stream_last_said_it_in_whatever_order_that_is_read() {
        let (first, last) = (item("999", "a", false), item("1000", "b", false));
        for items in [vec![first.clone(), last.clone()], vec![last.clone(), first.clone()]] {
            assert_eq!(holds(items), [("b".to_owned(), false)]);
        }
        // A hold that is gone was lifted.
        assert_eq!(holds(vec![item("1001", "b", true), last, first]), [("b".to_owned(), true)]);
    }
}
