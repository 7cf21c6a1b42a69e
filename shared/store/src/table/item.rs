//! Items as the SDK has them, and the reads and writes that every kind of item shares.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::Table;
use crate::error::{ErrorKind, StoreError};

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Where the next page of a query begins. Only the query that gave it can go on from it.
#[derive(Clone)]
pub struct PageCursor(pub(super) Item);

/// QUIET: it holds keys.
impl std::fmt::Debug for PageCursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PageCursor(…)")
    }
}

/// The attribute that DynamoDB ends an item by.
pub(super) const ENDS: &str = "expires_epoch_seconds";

pub(super) const ABSENT: &str = "attribute_not_exists(pk)";

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Into<u64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// The two attributes of a primary key.
pub(super) fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk.into()))])
}

pub(super) fn epoch_seconds(at: Timestamp) -> AttributeValue {
    number(u64::try_from(at.as_second()).unwrap_or_default())
}

pub(super) fn to_item(act: &'static str, value: &impl Serialize) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(|error| StoreError::garbled(act, error))
}

pub(super) fn value_of(act: &'static str, value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::garbled(act, error))
}

pub(super) fn from_item<T: DeserializeOwned>(act: &'static str, item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::garbled(act, error))
}

/// The value under `view`: what an item carries into the search indexes.
pub(super) fn take_view<T: DeserializeOwned>(act: &'static str, item: Item) -> Result<T, StoreError> {
    take(act, item, "view")
}

/// One attribute of an item, read into a type.
pub(super) fn take<T: DeserializeOwned>(act: &'static str, mut item: Item, name: &str) -> Result<T, StoreError> {
    let value = item.remove(name).ok_or(StoreError::lacks(act))?;
    serde_dynamo::from_attribute_value(value).map_err(|error| StoreError::garbled(act, error))
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
            .set_key(Some(key(pk, sk)))
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

    pub(super) async fn batch_get(
        &self,
        act: &'static str,
        wanted: KeysAndAttributesBuilder,
    ) -> Result<Vec<Item>, StoreError> {
        /// 4 requests: each brings more of what the one before was throttled on.
        const REQUESTS: usize = 4;
        let wanted = wanted.build().map_err(|error| StoreError::garbled(act, error))?;
        let mut wanted_keys = HashMap::from([(self.name.clone(), wanted)]);
        let mut found = Vec::new();
        for _ in 0..REQUESTS {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(wanted_keys))
                .send()
                .await
                .map_err(|error| StoreError::sort(act, error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            wanted_keys = answer.unprocessed_keys.unwrap_or_default();
            if wanted_keys.is_empty() {
                return Ok(found);
            }
        }
        Err(StoreError::plain(act, ErrorKind::Throttled))
    }

    /// Puts an item unless one is stored there: a repeat changes nothing.
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
                let is_stored = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception,
                );
                if is_stored { Ok(()) } else { Err(StoreError::sort(act, error)) }
            }
        }
    }

    /// Puts an item, whatever is stored under its key.
    pub(super) async fn put(&self, act: &'static str, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map_err(|error| StoreError::sort(act, error))?;
        Ok(())
    }

    /// Deletes an item; a repeat changes nothing.
    pub(super) async fn delete(&self, act: &'static str, key: Item) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        delete.send().await.map_err(|error| StoreError::sort(act, error))?;
        Ok(())
    }
}
