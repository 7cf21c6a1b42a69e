//! Links to files: what a browser without a token may fetch for some minutes, by the digest of a secret in the address.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::{AuditEvent, Count, audit_item};
use super::client::Table;
use super::item::{ABSENT, ENDS, epoch_seconds, from_item, key, to_item};
use super::transaction::CountResult;
use crate::error::StoreError;

/// There is one item under the digest of a secret.
const LINK_SK: &str = "F";

fn link_pk(secret_sha256: &str) -> String {
    format!("F#{secret_sha256}")
}

/// A link to a file. Who has its secret fetches the file, so only the secret's digest is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportLink {
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub secret_sha256: String,
    /// Who made it, by id: the file has what this member may see when it is fetched.
    pub staff: String,
    /// The language of headings and labels, by its tag.
    pub language: String,
    /// The path of the list.
    pub list: String,
    /// The filters of the list; a number may be among them.
    pub query: BTreeMap<String, String>,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

/// QUIET: neither the digest nor the filters.
impl std::fmt::Debug for ExportLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ExportLink(until {})", self.expires_at)
    }
}

impl Table {
    /// TRACE FIRST: stores a link with its audit event, counted; over the limit there is neither.
    pub async fn put_export_link(
        &self,
        link: &ExportLink,
        event: &AuditEvent,
        count: &Count<'_>,
    ) -> Result<CountResult, StoreError> {
        const ACT: &str = "store a link to a file";
        let mut transaction = self.transaction(ACT);
        transaction.count(count)?;
        transaction.put(audit_item(ACT, event)?, ABSENT, &[])?;
        let mut item = to_item(ACT, link)?;
        item.extend(key(link_pk(&link.secret_sha256), LINK_SK));
        item.insert(ENDS.to_owned(), epoch_seconds(link.expires_at));
        transaction.put(item, ABSENT, &[])?;
        self.commit_counted(transaction).await
    }

    /// A link by the digest of its secret, read consistently, whether or not it has ended.
    pub async fn export_link(&self, secret_sha256: &str) -> Result<Option<ExportLink>, StoreError> {
        const ACT: &str = "read a link to a file";
        let item = self.get(ACT, link_pk(secret_sha256), LINK_SK).await?;
        item.map(|item| from_item(ACT, item)).transpose()
    }
}
