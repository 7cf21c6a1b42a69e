//! What waits for a second person: one partition of the index by time for each kind, oldest first.

use jiff::Timestamp;
use policy::id::{CaseId, RecordingId, ReleaseId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::{Item, read_text, take_view, text, value_of};
use super::keys::SortKey;
use crate::error::StoreError;

/// Releases that nobody has decided on. No month begins with `R`.
pub(super) const RELEASES_TO_DECIDE: &str = "R#requested";

/// Corrections that a second admin has not confirmed. No month begins with `C`.
pub(super) const CORRECTIONS_TO_CONFIRM: &str = "C#waiting";

/// A release 社外提出 that nobody has decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseToDecide {
    /// The case it belongs to.
    pub case: CaseId,
    /// Its id.
    pub release: ReleaseId,
}

/// A correction that a second admin has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionToConfirm {
    /// Of which recording.
    pub recording: RecordingId,
    /// Who made it, by id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Table {
    /// Releases that nobody has decided on, oldest first, behind a sort key, at most `limit`. The second value is whether
    /// there may be more. The read may be a moment behind.
    pub async fn releases_to_decide(
        &self,
        after: &SortKey,
        limit: u16,
    ) -> Result<(Vec<(SortKey, ReleaseToDecide)>, bool), StoreError> {
        self.oldest_first("list the releases that wait", RELEASES_TO_DECIDE.to_owned(), after, limit).await
    }

    /// Corrections that a second admin has not confirmed, in the same way.
    pub async fn corrections_to_confirm(
        &self,
        after: &SortKey,
        limit: u16,
    ) -> Result<(Vec<(SortKey, CorrectionToConfirm)>, bool), StoreError> {
        self.oldest_first("list the corrections that wait", CORRECTIONS_TO_CONFIRM.to_owned(), after, limit).await
    }

    /// A partition of the index by time, oldest first, behind a sort key, and whether there may be more.
    pub(super) async fn oldest_first<T: DeserializeOwned>(
        &self,
        act: &'static str,
        partition: String,
        after: &SortKey,
        limit: u16,
    ) -> Result<(Vec<(SortKey, T)>, bool), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_time")
            .key_condition_expression("time_key = :key AND #at > :after")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(partition))
            .expression_attribute_values(":after", text(after.as_str()))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(act, error))?;
        let has_more = answer.last_evaluated_key.is_some();
        let mut listed = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(act, &item, "at")?);
            listed.push((at, take_view(act, item)?));
        }
        Ok((listed, has_more))
    }
}

/// Lists an item among what waits.
pub(super) fn let_wait(
    act: &'static str,
    item: &mut Item,
    partition: &str,
    at: &SortKey,
    view: &impl Serialize,
) -> Result<(), StoreError> {
    item.insert("time_key".to_owned(), text(partition));
    item.insert("at".to_owned(), text(at.as_str()));
    item.insert("view".to_owned(), value_of(act, view)?);
    Ok(())
}
