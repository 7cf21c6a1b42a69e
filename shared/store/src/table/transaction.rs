//! Transactions: all of their parts are written, or none.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::client::Table;
use super::item::Item;
use crate::error::{ErrorKind, StoreError};

/// What came of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It is written.
    Done,
    /// Something had changed since it was read: read again.
    Conflict,
}

/// What came of a write that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountResult {
    /// It is written and counted, once.
    Done,
    /// Something had changed since it was read: read again. Nothing was written or counted.
    Conflict,
    /// The limit of the hour is reached, and nothing else was in the way. Nothing was written.
    TooMany,
}

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

    pub(super) fn put_any(&mut self, item: Item) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    pub(super) fn delete(
        &mut self,
        key: Item,
        condition: Option<(&str, &[(&str, AttributeValue)])>,
    ) -> Result<(), StoreError> {
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

    pub(super) fn update(
        &mut self,
        key: Item,
        update: &str,
        condition: &str,
        names: Vec<(String, String)>,
        values: Vec<(String, AttributeValue)>,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names.into_iter().collect()))
            .set_expression_attribute_values(Some(values.into_iter().collect()))
            .build()
            .map_err(|error| StoreError::garbled(self.act, error))?;
        self.items.push(TransactWriteItem::builder().update(update).build());
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

    pub(super) async fn commit(&self, transaction: Transaction) -> Result<WriteOutcome, StoreError> {
        let Transaction { act, items, .. } = transaction;
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match answer {
            Ok(_) => Ok(WriteOutcome::Done),
            Err(error) => match cancelled(&error) {
                Some(Cancelled::Condition | Cancelled::First) => Ok(WriteOutcome::Conflict),
                Some(Cancelled::Contention) => Err(StoreError::plain(act, ErrorKind::Throttled)),
                None => Err(StoreError::sort(act, error)),
            },
        }
    }

    /// Commits a transaction whose first part is a count, see [`Transaction::count`]. STRICT: the limit is the answer
    /// only where everything else would have been written.
    pub(super) async fn commit_counted(&self, transaction: Transaction) -> Result<CountResult, StoreError> {
        let Transaction { act, items, .. } = transaction;
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match answer {
            Ok(_) => Ok(CountResult::Done),
            Err(error) => match cancelled(&error) {
                Some(Cancelled::First) => Ok(CountResult::TooMany),
                Some(Cancelled::Condition) => Ok(CountResult::Conflict),
                Some(Cancelled::Contention) => Err(StoreError::plain(act, ErrorKind::Throttled)),
                None => Err(StoreError::sort(act, error)),
            },
        }
    }
}

/// Why a transaction was cancelled.
enum Cancelled {
    /// The condition of its first part did not hold, and nothing else was in the way.
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
