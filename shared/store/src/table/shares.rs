//! Shares 社内共有: an item in the partition of its case, and one for each of its members.

use jiff::Timestamp;
use policy::case::share::{Grant, Share};
use policy::id::{CaseId, ShareId};

use super::audit::{AuditEvent, audit_item};
use super::cases::{CaseRecording, case_pk, check_case, put_case_events};
use super::client::Table;
use super::custody::AccessRecord;
use super::item::{ABSENT, ENDS, Item, PageCursor, epoch_seconds, from_item, key, number, read_number, read_text};
use super::item::{take_view, text, to_item, value_of};
use super::keys::SortKey;
use super::transaction::{CountResult, Transaction, WriteOutcome};
use crate::error::StoreError;

const SHARE_PREFIX: &str = "S#";

fn share_sk(id: &ShareId) -> String {
    format!("{SHARE_PREFIX}{id}")
}

/// What the members of a share have of it.
fn grants_pk(id: &ShareId) -> String {
    format!("G#{id}")
}

/// The shares of a member, in the index by staff.
fn member_key(member: &str) -> String {
    format!("G#{member}")
}

/// What is shared with members, in the index by time. No month begins with `G`.
const GIVEN: &str = "G#given";

/// A share as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredShare {
    /// The share.
    pub share: Share,
    /// Grows by one with every change.
    pub generation: u64,
}

/// A share to write, with its events, in one transaction.
#[derive(Clone, Debug)]
pub struct ShareWrite<'a> {
    /// The share as it will be.
    pub share: &'a Share,
    /// The generation that was read; `None` for a new one.
    pub before: Option<u64>,
    /// The generation of its case that was read, where the write depends on the case.
    pub case_before: Option<u64>,
    /// The event of the audit log.
    pub audit: &'a AuditEvent,
    /// What goes on the custody of its recording, whose call must not be claimed. `None` where the recording is gone.
    pub event: Option<CaseRecording<'a>>,
}

impl Table {
    /// A share, read consistently.
    pub async fn share(&self, case: &CaseId, id: &ShareId) -> Result<Option<StoredShare>, StoreError> {
        const ACT: &str = "read a share";
        let Some(item) = self.get(ACT, case_pk(case), &share_sk(id)).await? else {
            return Ok(None);
        };
        let generation = read_number(ACT, &item, "generation")?;
        Ok(Some(StoredShare { share: from_item(ACT, item)?, generation }))
    }

    /// The shares of a case, read consistently, at most `limit`.
    pub async fn shares(&self, case: &CaseId, limit: usize) -> Result<Vec<Share>, StoreError> {
        const ACT: &str = "read the shares of a case";
        let items = self.all(ACT, case_pk(case), SHARE_PREFIX, limit).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// What a member has of a share, read consistently.
    pub async fn grant(&self, id: &ShareId, member: &str) -> Result<Option<Grant>, StoreError> {
        const ACT: &str = "read what a member has of a share";
        let item = self.get(ACT, grants_pk(id), member).await?;
        item.map(|item| take_view(ACT, item)).transpose()
    }

    /// What is shared with a member, newest first, from a sort key down, at most `limit`. The read may be a moment behind.
    pub async fn list_grants(
        &self,
        member: &str,
        until: &SortKey,
        limit: u16,
    ) -> Result<Vec<(SortKey, Grant)>, StoreError> {
        const ACT: &str = "list what is shared with a member";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_staff")
            .key_condition_expression("staff_key = :key AND #at <= :until")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(member_key(member)))
            .expression_attribute_values(":until", text(until.as_str()))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let mut listed = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(ACT, &item, "at")?);
            listed.push((at, take_view(ACT, item)?));
        }
        Ok(listed)
    }

    /// What was shared with anybody since a moment, oldest first, each with its member's id, and where the next page begins.
    /// The read may be a moment behind.
    pub async fn grants_given(
        &self,
        since: Timestamp,
        after: Option<PageCursor>,
    ) -> Result<(Vec<(String, Grant)>, Option<PageCursor>), StoreError> {
        const ACT: &str = "list what was shared";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_time")
            .key_condition_expression("time_key = :key AND #at >= :since")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(GIVEN))
            .expression_attribute_values(":since", text(SortKey::from_time(since).as_str()))
            .set_exclusive_start_key(after.map(|PageCursor(key)| key))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let mut given = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let member = read_text(ACT, &item, "sk")?.to_owned();
            given.push((member, take_view(ACT, item)?));
        }
        Ok((given, answer.last_evaluated_key.map(PageCursor)))
    }

    /// TRACE FIRST: writes a share, what its members have of it, and its events, unless something it rests on has changed.
    pub async fn write_share(&self, write: &ShareWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a share";
        let mut transaction = self.transaction(ACT);
        put_share(&mut transaction, write)?;
        for member in &write.share.staff {
            transaction.put_any(grant_item(ACT, &write.share.grant(), member)?)?;
        }
        self.commit(transaction).await
    }

    /// Writes a share of which the clip was made, or could not be made, with its events: nothing of what its members have
    /// changes. [`WriteOutcome::Conflict`]: read it again, it may have been withdrawn.
    pub async fn finish_share(&self, write: &ShareWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "finish a share";
        let mut transaction = self.transaction(ACT);
        put_share(&mut transaction, write)?;
        self.commit(transaction).await
    }

    /// TRACE FIRST: [`Table::record_access`] for the part that a share is of, while its member has it.
    pub async fn record_shared_access(
        &self,
        access: &AccessRecord<'_>,
        grant: &Grant,
        member: &str,
    ) -> Result<CountResult, StoreError> {
        const ACT: &str = "record an access to a shared part";
        let mut transaction = self.access_transaction(ACT, access)?;
        let stands = "attribute_exists(pk) AND attribute_not_exists(withdrawn)";
        transaction.check(key(grants_pk(&grant.share), member), stands, &[])?;
        self.commit_access(transaction, access).await
    }
}

pub(super) fn share_item(act: &'static str, share: &Share, generation: u64) -> Result<Item, StoreError> {
    let mut item = to_item(act, share)?;
    item.extend(key(case_pk(&share.case), share_sk(&share.id)));
    item.insert("generation".to_owned(), number(generation));
    item.insert(ENDS.to_owned(), epoch_seconds(share.forgotten_at()));
    Ok(item)
}

fn put_share(transaction: &mut Transaction, write: &ShareWrite<'_>) -> Result<(), StoreError> {
    let (act, share) = (transaction.act, write.share);
    let item = share_item(act, share, write.before.unwrap_or(0) + 1)?;
    match write.before {
        None => transaction.put(item, ABSENT, &[])?,
        Some(before) => transaction.put(item, "generation = :read", &[(":read", number(before))])?,
    }
    if let Some(case_before) = write.case_before {
        check_case(transaction, &share.case, case_before)?;
    }
    transaction.put(audit_item(act, write.audit)?, ABSENT, &[])?;
    put_case_events(transaction, write.event.as_slice())
}

/// Absent from its member's list once it is withdrawn.
pub(super) fn grant_item(act: &'static str, grant: &Grant, member: &str) -> Result<Item, StoreError> {
    let mut item = key(grants_pk(&grant.share), member);
    item.insert("view".to_owned(), value_of(act, grant)?);
    item.insert("at".to_owned(), text(SortKey::new(grant.shared.at, grant.share.as_str())));
    item.insert(ENDS.to_owned(), epoch_seconds(grant.ends_at));
    if grant.is_withdrawn {
        item.insert("withdrawn".to_owned(), value_of(act, &true)?);
    } else {
        item.insert("staff_key".to_owned(), text(member_key(member)));
        item.insert("time_key".to_owned(), text(GIVEN));
    }
    Ok(item)
}
