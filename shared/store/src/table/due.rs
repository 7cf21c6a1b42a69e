//! The due index: which calls the sweep looks at, oldest first.

use policy::recording::CallReference;
use policy::retention::ClassRevision;

use super::Table;
use super::item::{PageCursor, read_text, text};
use super::keys::{SortKey, claimed_key, due_key, parse_call_pk};
use crate::error::StoreError;

/// Under which key of the due index a call lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueKey {
    /// It expires under this revision.
    Under(ClassRevision),
    /// It is claimed: to be finished before anything else.
    Claimed,
    /// It has no leg left.
    Closed,
}

/// A page of the due index.
#[derive(Clone, Debug)]
pub struct Nominations {
    /// The calls, oldest first.
    pub calls: Vec<CallReference>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
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
        self.due(due_key(revision, shard), until, limit, after).await
    }

    /// Calls of one shard that were claimed and are not finished.
    pub async fn claimed(&self, shard: u8, limit: u16) -> Result<Nominations, StoreError> {
        self.due(claimed_key(shard), &SortKey::last(), limit, None).await
    }

    async fn due(
        &self,
        due_key: String,
        until: &SortKey,
        limit: u16,
        after: Option<PageCursor>,
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
            .expression_attribute_values(":until", text(until.as_str()))
            .limit(i32::from(limit))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
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
        Ok(Nominations { calls, next: answer.last_evaluated_key.map(PageCursor) })
    }
}
