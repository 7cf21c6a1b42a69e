//! The wrapped keys of the numbers' hashes, and the deletions that are found by such a hash.

use jiff::Timestamp;
use policy::number_hash::NumberHash;
use policy::recording::ListedTombstone;

use super::client::Table;
use super::item::{ENDS, Item, epoch_seconds, key, read_number, read_text, take_view, text};
use crate::error::StoreError;

/// 100 years.
const KEYS_LIMIT: usize = 100;

/// 4 pages of 1 MB: the last 10,000 deletions under four digits, which 25 million recordings a year bring in four years.
const PAGES_LIMIT: usize = 4;

/// The wrapped key of a year: `N#`, `{year}`.
const NUMBER_KEYS_PK: &str = "N#";

fn number_key_sk(year: i16) -> String {
    format!("{year:04}")
}

/// Where a deletion is found by the hash of its number, in the index by number.
pub(super) fn deleted_number_key(hash: &NumberHash) -> String {
    format!("H#{}", hash.as_str())
}

/// A key as KMS wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedNumberKey {
    /// Of the deletions of which year, UTC.
    pub(crate) year: i16,
    /// In base64.
    pub(crate) wrapped: String,
    /// When it ends, to the second.
    pub(crate) ends_at: Timestamp,
}

impl Table {
    /// The wrapped key of a year, read consistently.
    pub(crate) async fn number_key(&self, year: i16) -> Result<Option<WrappedNumberKey>, StoreError> {
        const ACT: &str = "read a key of numbers' hashes";
        let item = self.get(ACT, NUMBER_KEYS_PK.to_owned(), &number_key_sk(year)).await?;
        item.map(|item| wrapped_key(ACT, &item)).transpose()
    }

    /// Every wrapped key, the oldest year first.
    pub(crate) async fn number_keys(&self) -> Result<Vec<WrappedNumberKey>, StoreError> {
        const ACT: &str = "read the keys of numbers' hashes";
        let items = self.all(ACT, NUMBER_KEYS_PK.to_owned(), "", KEYS_LIMIT).await?;
        items.iter().map(|item| wrapped_key(ACT, item)).collect()
    }

    /// Puts a wrapped key, unless its year has one.
    pub(crate) async fn put_number_key(&self, wrapped: &WrappedNumberKey) -> Result<(), StoreError> {
        let mut item = key(NUMBER_KEYS_PK.to_owned(), number_key_sk(wrapped.year));
        item.insert("wrapped".to_owned(), text(&wrapped.wrapped));
        item.insert(ENDS.to_owned(), epoch_seconds(wrapped.ends_at));
        self.put_once("put a key of numbers' hashes", item).await
    }

    /// What was deleted under the hash of its number's last four digits, and of one number where its hash is given; the last
    /// deletion first, at most `limit`. The read may be a moment behind.
    pub async fn deletions_of_number(
        &self,
        last4: &NumberHash,
        number: Option<&NumberHash>,
        limit: usize,
    ) -> Result<Vec<ListedTombstone>, StoreError> {
        const ACT: &str = "look for deletions of a number";
        let mut found = Vec::new();
        let mut start = None;
        for _ in 0..PAGES_LIMIT {
            let mut query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name("by_number")
                .key_condition_expression("number_key = :key")
                .expression_attribute_values(":key", text(deleted_number_key(last4)))
                .scan_index_forward(false)
                .set_exclusive_start_key(start);
            if let Some(number) = number {
                query = query
                    .filter_expression("#view.number_hash = :number")
                    .expression_attribute_names("#view", "view")
                    .expression_attribute_values(":number", text(number.as_str()));
            }
            let answer = query.send().await.map_err(|error| StoreError::sort(ACT, error))?;
            for item in answer.items.unwrap_or_default() {
                found.push(take_view(ACT, item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

fn wrapped_key(act: &'static str, item: &Item) -> Result<WrappedNumberKey, StoreError> {
    let ends = i64::try_from(read_number(act, item, ENDS)?).map_err(|error| StoreError::garbled(act, error))?;
    Ok(WrappedNumberKey {
        year: read_text(act, item, "sk")?.parse().map_err(|error| StoreError::garbled(act, error))?,
        wrapped: read_text(act, item, "wrapped")?.to_owned(),
        ends_at: Timestamp::from_second(ends).unwrap_or(Timestamp::MAX),
    })
}
