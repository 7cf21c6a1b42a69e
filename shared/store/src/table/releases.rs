//! Releases 社外提出: an item in the partition of its case, and one for the hash of each token of its recipient.

use policy::case::release::{Release, ReleaseState};
use policy::id::{CaseId, ReleaseId};

use super::audit::{AuditEvent, audit_item};
use super::cases::{CaseRecording, case_pk, check_case, put_case_events};
use super::client::Table;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, from_item, key, number, read_number, take, to_item, value_of};
use super::keys::SortKey;
use super::transaction::{Transaction, WriteOutcome};
use super::waiting::{RELEASES_TO_DECIDE, ReleaseToDecide, let_wait};
use crate::error::StoreError;

const RELEASE_PREFIX: &str = "Q#";

fn release_sk(id: &ReleaseId) -> String {
    format!("{RELEASE_PREFIX}{id}")
}

/// By the hash of a token, 64 hexadecimal digits.
fn token_pk(token_sha256: &str) -> String {
    format!("T#{token_sha256}")
}

const TOKEN_SK: &str = "T";

/// A release as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRelease {
    /// The release.
    pub release: Release,
    /// Grows by one with every change.
    pub generation: u64,
}

/// A release to write, with its events, in one transaction.
#[derive(Clone, Debug)]
pub struct ReleaseWrite<'a> {
    /// The release as it will be.
    pub release: &'a Release,
    /// The generation that was read; `None` for a new one.
    pub before: Option<u64>,
    /// The generation of its case that was read, where the write depends on the case.
    pub case_before: Option<u64>,
    /// The event of the audit log.
    pub audit: &'a AuditEvent,
    /// What goes on the custody of its recordings, whose calls must not be claimed. Without those that are gone.
    pub events: Vec<CaseRecording<'a>>,
}

impl Table {
    /// A release, read consistently.
    pub async fn release(&self, case: &CaseId, id: &ReleaseId) -> Result<Option<StoredRelease>, StoreError> {
        const ACT: &str = "read a release";
        let Some(item) = self.get(ACT, case_pk(case), &release_sk(id)).await? else {
            return Ok(None);
        };
        let generation = read_number(ACT, &item, "generation")?;
        Ok(Some(StoredRelease { release: from_item(ACT, item)?, generation }))
    }

    /// The releases of a case, read consistently, at most `limit`.
    pub async fn releases(&self, case: &CaseId, limit: usize) -> Result<Vec<Release>, StoreError> {
        const ACT: &str = "read the releases of a case";
        let items = self.all(ACT, case_pk(case), RELEASE_PREFIX, limit).await?;
        items.into_iter().map(|item| from_item(ACT, item)).collect()
    }

    /// Which release a token was made for, read consistently. Only the release says whether it still opens it.
    pub async fn release_of_token(&self, token_sha256: &str) -> Result<Option<(CaseId, ReleaseId)>, StoreError> {
        const ACT: &str = "read a token";
        let Some(item) = self.get(ACT, token_pk(token_sha256), TOKEN_SK).await? else {
            return Ok(None);
        };
        Ok(Some((take(ACT, item.clone(), "case")?, take(ACT, item, "release")?)))
    }

    /// TRACE FIRST: writes a release, its token's hash and its events, unless something it rests on has changed.
    pub async fn write_release(&self, write: &ReleaseWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a release";
        let mut transaction = self.transaction(ACT);
        put_release(&mut transaction, write)?;
        put_token(&mut transaction, write.release)?;
        self.commit(transaction).await
    }

    /// Writes a release of which the package was made, or could not be made, with its events.
    /// [`WriteOutcome::Conflict`]: read it again, it may have been withdrawn.
    pub async fn finish_release(&self, write: &ReleaseWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "finish a release";
        let mut transaction = self.transaction(ACT);
        put_release(&mut transaction, write)?;
        self.commit(transaction).await
    }

    /// TRACE FIRST: writes a release that its recipient opens, with its events. [`WriteOutcome::Conflict`]: read it again, it
    /// may have been withdrawn.
    pub async fn open_release(&self, write: &ReleaseWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "open a release";
        let mut transaction = self.transaction(ACT);
        put_release(&mut transaction, write)?;
        self.commit(transaction).await
    }
}

pub(super) fn release_item(act: &'static str, release: &Release, generation: u64) -> Result<Item, StoreError> {
    let mut item = to_item(act, release)?;
    item.extend(key(case_pk(&release.case), release_sk(&release.id)));
    item.insert("generation".to_owned(), number(generation));
    item.insert(ENDS.to_owned(), epoch_seconds(release.ends_at()));
    if release.state == ReleaseState::Requested {
        let view = ReleaseToDecide { case: release.case.clone(), release: release.id.clone() };
        let at = SortKey::new(release.requested.at, release.id.as_str());
        let_wait(act, &mut item, RELEASES_TO_DECIDE, &at, &view)?;
    }
    Ok(item)
}

fn put_release(transaction: &mut Transaction, write: &ReleaseWrite<'_>) -> Result<(), StoreError> {
    let (act, release) = (transaction.act, write.release);
    let item = release_item(act, release, write.before.unwrap_or(0) + 1)?;
    match write.before {
        None => transaction.put(item, ABSENT, &[])?,
        Some(before) => transaction.put(item, "generation = :read", &[(":read", number(before))])?,
    }
    if let Some(case_before) = write.case_before {
        check_case(transaction, &release.case, case_before)?;
    }
    transaction.put(audit_item(act, write.audit)?, ABSENT, &[])?;
    put_case_events(transaction, &write.events)
}

/// QUIET: the token itself is stored nowhere.
pub(super) fn put_token(transaction: &mut Transaction, release: &Release) -> Result<(), StoreError> {
    let Some(link) = &release.link else { return Ok(()) };
    let mut item = key(token_pk(&link.token_sha256), TOKEN_SK);
    item.insert("case".to_owned(), value_of(transaction.act, &release.case)?);
    item.insert("release".to_owned(), value_of(transaction.act, &release.id)?);
    item.insert(ENDS.to_owned(), epoch_seconds(link.expires_at));
    transaction.put_any(item)
}
