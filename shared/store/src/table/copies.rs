//! Copies of deleted recordings that nobody has seen to be gone. Each item ends once a check has found no copy.
//!
//! NEVER LATE: an item is written with the tombstone, in one transaction. S3 replicates with a delay, so a copy can arrive
//! when its recording is gone. The item holds the key of the object, as the copy itself does, and ends with it.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::{SignedDuration, Timestamp};
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use policy::recording::BackupState;
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::{Item, PageCursor, from_item, key, read_text, text, to_item, value_of};
use super::keys::{RECORDING_SK, SortKey, recording_pk};
use crate::error::StoreError;

/// The one item of its partition.
const COPY_SK: &str = "Q";

const COPY_PREFIX: &str = "Q#";

/// 1 hour: S3 replicates most objects within 15 minutes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html>
const FIRST_CHECK: SignedDuration = SignedDuration::from_hours(1);

/// 24 hours: what is on its way for longer than that does not arrive any more.
const LAST_CHECK: SignedDuration = SignedDuration::from_hours(24);

/// 15 minutes: from one scheduled run of the sweep to the next.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// 24 hours: the longest pause before what S3 keeps is tried again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// Whether S3 deleted a copy when it was last asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// It did, or had none. A copy may still be on its way.
    Deleted,
    /// It did not: it refused, failed, or did not answer.
    Kept,
}

impl CopyState {
    /// Where the sweep looks. What is deleted within some days is one partition: 1,000 writes a second.
    fn due_key(self) -> &'static str {
        match self {
            Self::Deleted => "copies",
            Self::Kept => "copies-kept",
        }
    }
}

/// The copy of a deleted recording that nobody has seen to be gone. QUIET: the object masks its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCopy {
    /// The recording.
    pub recording: RecordingId,
    /// Its copy, in the bucket it was copied to.
    pub copy: ObjectVersion,
    /// When the recording was deleted.
    pub deleted_at: Timestamp,
    /// What S3 said last.
    pub state: CopyState,
}

impl PendingCopy {
    /// When it is to be looked at next: an hour after the deletion, and a day after it. What S3 keeps is tried again ever
    /// more seldom.
    pub fn checked_next_at(&self, now: Timestamp) -> Timestamp {
        let age = now.duration_since(self.deleted_at);
        let pause = match self.state {
            CopyState::Deleted if age < FIRST_CHECK => FIRST_CHECK - age,
            CopyState::Deleted if age < LAST_CHECK => LAST_CHECK - age,
            CopyState::Deleted => FIRST_CHECK,
            CopyState::Kept => age.clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
        };
        now.checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    /// Whether a check that finds no copy now is the last one.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.state == CopyState::Deleted && now.duration_since(self.deleted_at) >= LAST_CHECK
    }
}

/// A page of the copies to look at.
#[derive(Clone, Debug)]
pub struct CopyPage {
    /// The recordings they are of, and when each is to be looked at, the first first.
    pub copies: Vec<(RecordingId, Timestamp)>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

fn copy_pk(recording: &RecordingId) -> String {
    format!("{COPY_PREFIX}{recording}")
}

impl Table {
    /// The copies to look at until a moment, at most 100. The read may be a moment behind.
    pub async fn copies_due(
        &self,
        state: CopyState,
        until: Timestamp,
        after: Option<PageCursor>,
    ) -> Result<CopyPage, StoreError> {
        const ACT: &str = "read which copies to look at";
        /// 100: what one `BatchGetItem` reads.
        const LIMIT: i32 = 100;
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at <= :until")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(state.due_key()))
            .expression_attribute_values(":until", text(SortKey::new(until, "~").as_str()))
            .limit(LIMIT)
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let read = |item: &Item| {
            let recording = read_text(ACT, item, "pk")?.strip_prefix(COPY_PREFIX).and_then(|id| id.parse().ok());
            let at = read_text(ACT, item, "at")?.split_once('#').and_then(|(at, _)| at.parse().ok());
            recording.zip(at).ok_or(StoreError::lacks(ACT))
        };
        let copies = answer.items.unwrap_or_default().iter().map(read).collect::<Result<_, StoreError>>()?;
        Ok(CopyPage { copies, next: answer.last_evaluated_key.map(PageCursor) })
    }

    /// What is known of copies, at most 100, read consistently, in no order. What has ended is left out.
    pub async fn pending_copies(&self, recordings: &[RecordingId]) -> Result<Vec<PendingCopy>, StoreError> {
        const ACT: &str = "read pending copies";
        if recordings.is_empty() {
            return Ok(Vec::new());
        }
        let keys = recordings.iter().map(|id| key(copy_pk(id), COPY_SK)).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        self.batch_get(ACT, wanted).await?.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// Writes what S3 said of a copy, and has it looked at again. A copy that has ended stays so.
    pub async fn keep_copy(&self, pending: &PendingCopy, check_at: Timestamp) -> Result<(), StoreError> {
        const ACT: &str = "have a copy looked at again";
        let id = &pending.recording;
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(copy_pk(id), COPY_SK)))
            .update_expression("SET #state = :state, due_key = :due, #at = :at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":state", value_of(ACT, &pending.state)?)
            .expression_attribute_values(":due", text(pending.state.due_key()))
            .expression_attribute_values(":at", text(SortKey::new(check_at, id.as_str()).as_str()));
        ended_or_done(ACT, update.send().await)
    }

    /// Writes on the tombstone that a check found no copy, and ends the item. A repeat changes nothing. The item goes last,
    /// so that a run that dies is finished by the next.
    pub async fn end_copy(&self, recording: &RecordingId, checked_at: Timestamp) -> Result<(), StoreError> {
        const ACT: &str = "write that no copy is left";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(recording_pk(recording), RECORDING_SK)))
            .update_expression("SET #backup = :none, backup_checked_at = :at")
            .condition_expression("attribute_exists(deleted_at) AND #backup = :pending")
            .expression_attribute_names("#backup", "backup")
            .expression_attribute_values(":none", value_of(ACT, &BackupState::NoneLeft)?)
            .expression_attribute_values(":pending", value_of(ACT, &BackupState::Pending)?)
            .expression_attribute_values(":at", value_of(ACT, &checked_at)?);
        ended_or_done(ACT, update.send().await)?;
        self.delete(ACT, key(copy_pk(recording), COPY_SK)).await
    }
}

/// An update whose condition does not hold had nothing to change.
fn ended_or_done<R>(
    act: &'static str,
    answer: Result<R, aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>>,
) -> Result<(), StoreError> {
    match answer {
        Ok(_) => Ok(()),
        Err(error) => {
            let is_changed = error.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
            );
            if is_changed { Ok(()) } else { Err(StoreError::sort(act, error)) }
        }
    }
}

/// The item of a copy, to be written with its tombstone.
pub(super) fn copy_item(act: &'static str, pending: &PendingCopy, now: Timestamp) -> Result<Item, StoreError> {
    let id = &pending.recording;
    let mut item = to_item(act, pending)?;
    item.extend(key(copy_pk(id), COPY_SK));
    item.insert("due_key".to_owned(), text(pending.state.due_key()));
    item.insert("at".to_owned(), text(SortKey::new(pending.checked_next_at(now), id.as_str()).as_str()));
    Ok(item)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::fragment::ObjectKey;

    use super::*;

    #[test]
    fn a_copy_is_looked_at_after_an_hour_and_after_a_day_and_one_that_is_kept_ever_more_seldom() {
        let deleted_at: Timestamp = "2026-12-04T00:00:00Z".parse().unwrap();
        let copy = ObjectVersion {
            bucket: "copies".to_owned(),
            key: ObjectKey::new("a.wav"),
            version_id: "v".to_owned(),
            sequencer: String::new(),
            stored_at: deleted_at,
            taken_in_at: deleted_at,
            size_bytes: 1,
        };
        let recording = copy.id();
        let pending = |state| PendingCopy { recording: recording.clone(), copy: copy.clone(), deleted_at, state };
        for (state, minutes, next_minutes, is_settled) in [
            (CopyState::Deleted, 0, 60, false),
            (CopyState::Deleted, 60, 24 * 60, false),
            (CopyState::Deleted, 24 * 60, 25 * 60, true),
            (CopyState::Kept, 0, 15, false),
            (CopyState::Kept, 15, 30, false),
            (CopyState::Kept, 60, 120, false),
            (CopyState::Kept, 48 * 60, 72 * 60, false),
        ] {
            let now = deleted_at + SignedDuration::from_mins(minutes);
            let pending = pending(state);
            assert_eq!(pending.checked_next_at(now), deleted_at + SignedDuration::from_mins(next_minutes));
            assert_eq!(pending.is_settled(now), is_settled, "{state:?} after {minutes} minutes");
        }
    }
}
