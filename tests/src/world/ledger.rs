//! What was ever put into the buckets, and what was fetched by a URL.

use std::collections::BTreeSet;

use jiff::Timestamp;

/// One version that was put, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutVersion {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version id.
    pub version_id: String,
    /// When it was put.
    pub at: Timestamp,
    /// Whether the test itself took it away: see [`World::remove_version`](super::World::remove_version).
    pub is_taken_away: bool,
}

#[derive(Default)]
pub(super) struct Ledger {
    /// Oldest first.
    versions: Vec<PutVersion>,
    fetched: BTreeSet<String>,
}

impl Ledger {
    pub(super) fn put(&mut self, bucket: &str, key: &str, version_id: &str, at: Timestamp) {
        self.versions.push(PutVersion {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: version_id.to_owned(),
            at,
            is_taken_away: false,
        });
    }

    pub(super) fn mark_taken_away(&mut self, version_id: &str, is_taken_away: bool) {
        for version in self.versions.iter_mut().filter(|version| version.version_id == version_id) {
            version.is_taken_away = is_taken_away;
        }
    }

    pub(super) fn ever_put(&self, bucket: &str) -> Vec<PutVersion> {
        self.versions.iter().filter(|version| version.bucket == bucket).cloned().collect()
    }

    /// Version ids are hashes: a URL that carries one names it.
    pub(super) fn note_fetched(&mut self, url: &str) {
        let named = self.versions.iter().filter(|version| url.contains(&version.version_id));
        self.fetched.extend(named.map(|version| version.version_id.clone()));
    }

    pub(super) fn fetched(&self, bucket: &str) -> BTreeSet<String> {
        let of_bucket = self.versions.iter().filter(|version| version.bucket == bucket);
        of_bucket.map(|version| version.version_id.clone()).filter(|id| self.fetched.contains(id)).collect()
    }
}
