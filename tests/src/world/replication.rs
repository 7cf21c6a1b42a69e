//! Replication: what is put into one bucket is copied to another, at once, or when the test says so.
//!
//! A copy has the key, the version id and the legal hold of its original. That an original is deleted by version, or marked
//! as deleted, reaches no copy. A change of an original that is gone reaches none either.

use std::collections::VecDeque;

use super::stored::{Objects, StoredVersion};

/// What happened in the bucket that is copied.
pub(super) enum Change {
    /// A version was put under a key.
    Put(String, StoredVersion),
    /// The legal hold of a version under a key was set, or lifted.
    LegalHold(String, String, bool),
}

/// From which bucket to which, and what is still on its way. By default nothing is copied.
#[derive(Default)]
pub(super) struct Replication {
    source: String,
    destination: String,
    is_slow: bool,
    on_its_way: VecDeque<Change>,
}

impl Replication {
    /// Copies what is put into one bucket to another.
    pub(super) fn new(source: &str, destination: &str) -> Self {
        Self { source: source.to_owned(), destination: destination.to_owned(), ..Self::default() }
    }

    /// Where what is put into a bucket is copied to.
    pub(super) fn destination_of(&self, bucket: &str) -> Option<String> {
        (self.source == bucket).then(|| self.destination.clone())
    }

    /// Whether what is put stays on its way.
    pub(super) fn set_slow(&mut self, is_slow: bool) {
        self.is_slow = is_slow;
    }

    /// Loses what is on its way.
    pub(super) fn lose(&mut self) {
        self.on_its_way.clear();
    }

    /// Hears of a change in a bucket.
    pub(super) fn hear(&mut self, buckets: &mut Objects, bucket: &str, change: Change) {
        let is_copied = !matches!(&change, Change::Put(_, version) if version.is_delete_marker);
        if bucket == self.source && is_copied {
            self.on_its_way.push_back(change);
            if !self.is_slow {
                self.arrive(buckets);
            }
        }
    }

    /// Lets what is on its way arrive: also what was read before its original was deleted.
    pub(super) fn arrive(&mut self, buckets: &mut Objects) {
        for change in self.on_its_way.drain(..) {
            let copies = buckets.get_mut(&self.destination).expect("the bucket was created");
            match change {
                Change::Put(key, version) => copies.entry(key).or_default().push(version),
                Change::LegalHold(key, version_id, held) => {
                    let of_key = copies.get_mut(&key).into_iter().flatten();
                    for copy in of_key.filter(|copy| copy.version_id == version_id) {
                        copy.legal_hold = held;
                    }
                }
            }
        }
    }
}
