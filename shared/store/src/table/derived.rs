//! Derived objects: what was cut out of recordings, listed by each of them, so that it ends with it. In a partition of its
//! own: who deletes these items can delete no event of custody.
//!
//! A derived object is listed before it is written, and its writer has until [`Derived::written_until`]. So the sweep
//! finds every object that there can be; what nobody took by then is deleted.

use jiff::Timestamp;
use policy::case::Case;
use policy::id::{CaseId, RecordingId, ReleaseId, ShareId};
use policy::recording::CallReference;
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::{Item, PageCursor, from_item, key, read_text, text, to_item};
use super::keys::{CALL_SK, SortKey, call_pk};
use super::transaction::WriteOutcome;
use crate::error::StoreError;

/// What was derived from a recording.
fn derived_pk(recording: &RecordingId) -> String {
    format!("{DERIVED_PREFIX}{recording}")
}

const DERIVED_PREFIX: &str = "V#";

/// Where the sweep looks for what was derived: so seldom that one partition is enough.
const DERIVED_KEY: &str = "derived";

/// 1,000 derived objects of one recording: more than its cases may have shares and releases.
const LIMIT: usize = 1_000;

/// What a derived object was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DerivedFor {
    /// A share's clip.
    Share(ShareId),
    /// A release's package.
    Release(ReleaseId),
}

/// An object that was derived from recordings, or is being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// Its key in the derived bucket: no other attempt has it.
    pub object_key: String,
    /// The case it belongs to.
    pub case: CaseId,
    /// What it was made for.
    pub made_for: DerivedFor,
    /// Every recording it has a part of; each lists it.
    pub recordings: Vec<RecordingId>,
    /// From then on nobody writes it any more.
    pub written_until: Timestamp,
}

/// Where a derived object is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedPlace {
    /// On which recording.
    pub recording: RecordingId,
    sk: String,
}

/// A page of derived objects to look at.
#[derive(Clone, Debug)]
pub struct DerivedPage {
    /// The ones to look at first first.
    pub places: Vec<DerivedPlace>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

impl Derived {
    fn sk(&self) -> &str {
        // The last part of the key holds the share or the release, and the attempt.
        self.object_key.rsplit('/').next().unwrap_or(&self.object_key)
    }

    /// When the sweep looks at it next, where it is wanted: each day, and at its end. `None`: at once, it has ended.
    pub fn looked_at(&self, case: &Case, now: Timestamp) -> Option<Timestamp> {
        const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
        let tomorrow = now.checked_add(DAY).unwrap_or(Timestamp::MAX);
        match case.outputs_end_at() {
            Some(end) if end <= now => None,
            Some(end) => Some(end.min(tomorrow)),
            None => Some(tomorrow),
        }
    }
}

impl Table {
    /// NEVER LATE: lists an object on every recording it is to be derived from, before it is written. `Conflict` where
    /// one of them is being deleted, or is gone.
    pub async fn list_derived(
        &self,
        derived: &Derived,
        recordings: &[(RecordingId, CallReference)],
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "list a derived object";
        let mut transaction = self.transaction(ACT);
        let mut checked: Vec<&CallReference> = Vec::new();
        for (position, (recording, call)) in recordings.iter().enumerate() {
            if !checked.contains(&call) {
                let stands = "contains(legs, :leg) AND attribute_not_exists(claim)";
                transaction.check(key(call_pk(call), CALL_SK), stands, &[(":leg", text(recording.as_str()))])?;
                checked.push(call);
            }
            // One of them is where the sweep looks; the others lead to it.
            let look_at = (position == 0).then_some(derived.written_until);
            transaction.put_any(derived_item(ACT, derived, recording, look_at)?)?;
        }
        self.commit(transaction).await
    }

    /// What was derived from a recording, read consistently.
    pub async fn derived_of(&self, recording: &RecordingId) -> Result<Vec<Derived>, StoreError> {
        const ACT: &str = "read what was derived from a recording";
        let items = self.all(ACT, derived_pk(recording), "", LIMIT).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// A derived object, read consistently.
    pub async fn derived(&self, place: &DerivedPlace) -> Result<Option<Derived>, StoreError> {
        const ACT: &str = "read a derived object";
        let item = self.get(ACT, derived_pk(&place.recording), &place.sk).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }

    /// Derived objects to look at until a moment. The read may be a moment behind.
    pub async fn derived_due(
        &self,
        until: Timestamp,
        limit: u16,
        after: Option<PageCursor>,
    ) -> Result<DerivedPage, StoreError> {
        const ACT: &str = "read which derived objects to look at";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at <= :until")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(DERIVED_KEY))
            .expression_attribute_values(":until", text(SortKey::new(until, "~").as_str()))
            .limit(i32::from(limit))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let read = |item: &Item| {
            let recording = read_text(ACT, item, "pk")?.strip_prefix(DERIVED_PREFIX).and_then(|id| id.parse().ok());
            let recording = recording.ok_or(StoreError::lacks(ACT))?;
            Ok(DerivedPlace { recording, sk: read_text(ACT, item, "sk")?.to_owned() })
        };
        let places = answer.items.unwrap_or_default().iter().map(read).collect::<Result<_, StoreError>>()?;
        Ok(DerivedPage { places, next: answer.last_evaluated_key.map(PageCursor) })
    }

    /// Has a derived object looked at again at a moment. A repeat changes nothing, and so does one that has ended.
    pub async fn keep_derived(&self, derived: &Derived, look_at: Timestamp) -> Result<(), StoreError> {
        const ACT: &str = "have a derived object looked at again";
        let Some(first) = derived.recordings.first() else {
            return Ok(());
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(derived_pk(first), derived.sk())))
            .update_expression("SET #at = :at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", text(place_in_time(derived, look_at).as_str()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let is_gone = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if is_gone { Ok(()) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }

    /// Takes a derived object, which has been deleted, off every recording. A repeat changes nothing. The one where the
    /// sweep looks goes last, so that a run that dies is finished by the next.
    pub async fn end_derived(&self, derived: &Derived) -> Result<(), StoreError> {
        const ACT: &str = "end a derived object";
        for recording in derived.recordings.iter().rev() {
            self.delete(ACT, key(derived_pk(recording), derived.sk())).await?;
        }
        Ok(())
    }
}

fn derived_item(
    act: &'static str,
    derived: &Derived,
    recording: &RecordingId,
    look_at: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let mut item = to_item(act, derived)?;
    item.extend(key(derived_pk(recording), derived.sk()));
    if let Some(look_at) = look_at {
        item.insert("due_key".to_owned(), text(DERIVED_KEY));
        item.insert("at".to_owned(), text(place_in_time(derived, look_at).as_str()));
    }
    Ok(item)
}

fn place_in_time(derived: &Derived, at: Timestamp) -> SortKey {
    SortKey::new(at, derived.sk())
}
