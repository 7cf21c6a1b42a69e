//! Deletion of object versions: each by its version id, never by key alone, and only S3 says what is gone.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use tracing::warn;

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};
use crate::objects::{DeleteOutcome, Objects};
use crate::retry::{Attempt, on_conflict};

/// 1,000 versions: what one `DeleteObjects` takes.
const AT_ONCE: usize = 1_000;

/// 5 attempts, some 0.4 seconds: S3 asks to slow down for moments, while it splits a prefix.
const ATTEMPTS: u32 = 5;

const ACT: &str = "delete object versions";

/// What came of each version.
pub type Deletions = BTreeMap<RecordingId, Result<DeleteOutcome, StoreError>>;

impl Objects {
    /// Deletes versions, as many a call as S3 takes, and says what S3 said of each. Where S3 asks to slow down or fails
    /// for a moment, the version is tried again after a pause.
    pub async fn delete_versions(&self, connection: &Connection, mut versions: Vec<&ObjectVersion>) -> Deletions {
        // By id, which is a hash: neighbours in a folder go in different calls.
        versions.sort_by_cached_key(|version| (version.bucket.clone(), version.id()));
        let (alone, together): (Vec<_>, Vec<_>) = versions.into_iter().partition(|version| !fits_xml(version));
        let mut deletions = Deletions::new();
        for version in alone {
            let outcome = self.delete_version(&version.bucket, &version.key, &version.version_id).await;
            deletions.insert(version.id(), outcome);
        }
        for of_one_bucket in together.chunk_by(|one, other| one.bucket == other.bucket) {
            for chunk in of_one_bucket.chunks(AT_ONCE) {
                self.delete_chunk(connection, chunk, &mut deletions).await;
            }
        }
        deletions
    }

    async fn delete_chunk(&self, connection: &Connection, chunk: &[&ObjectVersion], deletions: &mut Deletions) {
        let mut left: Vec<&ObjectVersion> = chunk.to_vec();
        let attempt = on_conflict(connection, ATTEMPTS, async || {
            let mut said = self.delete_once(&left).await?;
            left.retain(|version| match said.remove(&version.id()) {
                Some(Err(error)) if is_passing(&error) => {
                    deletions.insert(version.id(), Err(error));
                    true
                }
                // Not named by S3: neither gone nor kept.
                None => {
                    deletions.insert(version.id(), Err(StoreError::lacks(ACT)));
                    true
                }
                Some(outcome) => {
                    deletions.insert(version.id(), outcome);
                    false
                }
            });
            let is_done = left.is_empty();
            Ok::<_, StoreError>(if is_done { Attempt::Done(()) } else { Attempt::Conflict })
        });
        match attempt.await {
            Ok(Attempt::Done(())) => {}
            Ok(Attempt::Conflict) => warn!(left = left.len(), "S3 did not delete all versions in time"),
            // A call that is refused as a whole says nothing of any version: each is asked for by itself.
            Err(error) if error.kind == ErrorKind::Refused => {
                for version in left {
                    let outcome = self.delete_version(&version.bucket, &version.key, &version.version_id).await;
                    deletions.insert(version.id(), outcome);
                }
            }
            Err(error) => deletions.extend(left.into_iter().map(|version| (version.id(), Err(error.again())))),
        }
    }

    /// One call of one bucket, and what S3 said of each version it named.
    async fn delete_once(&self, versions: &[&ObjectVersion]) -> Result<Deletions, StoreError> {
        let garbled = |error| StoreError::garbled(ACT, error);
        let mut named = BTreeMap::new();
        let mut delete = Delete::builder().quiet(false);
        for version in versions {
            // Without a version id S3 would lay a delete marker and keep the audio.
            if version.version_id.is_empty() {
                return Err(StoreError::lacks(ACT));
            }
            named.insert((version.key.expose(), version.version_id.as_str()), version.id());
            let object = ObjectIdentifier::builder().key(version.key.expose()).version_id(&version.version_id);
            delete = delete.objects(object.build().map_err(garbled)?);
        }
        let bucket = versions.first().map(|version| version.bucket.clone()).unwrap_or_default();
        let request = self.client.delete_objects().bucket(bucket).delete(delete.build().map_err(garbled)?);
        let answer = request.send().await.map_err(|error| StoreError::sort(ACT, error))?;
        let id = |key: Option<&str>, version_id: Option<&str>| named.get(&(key?, version_id?)).cloned();
        let mut said = Deletions::new();
        for deleted in answer.deleted() {
            // Gone is what S3 names as deleted: a marker is not a deletion.
            let outcome = match deleted.delete_marker() {
                Some(true) => DeleteOutcome::Kept("AnotherVersion".to_owned()),
                _ => DeleteOutcome::Gone,
            };
            said.extend(id(deleted.key(), deleted.version_id()).map(|id| (id, Ok(outcome))));
        }
        for error in answer.errors() {
            let outcome = outcome_of(error.code().unwrap_or_default());
            said.extend(id(error.key(), error.version_id()).map(|id| (id, outcome)));
        }
        Ok(said)
    }
}

/// What an error of one version means.
fn outcome_of(code: &str) -> Result<DeleteOutcome, StoreError> {
    let kind = match code {
        "NoSuchKey" | "NoSuchVersion" => return Ok(DeleteOutcome::Gone),
        // A legal hold: the second wall.
        "AccessDenied" => return Ok(DeleteOutcome::Kept(code.to_owned())),
        "SlowDown" => ErrorKind::Throttled,
        "InternalError" | "ServiceUnavailable" | "RequestTimeout" => ErrorKind::Unavailable,
        _ => ErrorKind::Invalid,
    };
    Err(StoreError { act: ACT, kind, code: Some(code.to_owned()), source: None })
}

fn is_passing(error: &StoreError) -> bool {
    matches!(error.kind, ErrorKind::Throttled | ErrorKind::Unavailable)
}

/// Whether a key comes through a request in XML 1.0 as it is: no control characters, nothing that XML has no place for,
/// no space at its ends.
fn fits_xml(version: &ObjectVersion) -> bool {
    let key = version.key.expose();
    let fits = |character: char| !character.is_control() && !matches!(character, '\u{2028}' | '\u{fffe}' | '\u{ffff}');
    key.chars().all(fits) && key.trim() == key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_of_one_version_is_gone_kept_passing_or_lasting() {
        let kind = |code| outcome_of(code).unwrap_err().kind;
        assert_eq!(outcome_of("NoSuchVersion").unwrap(), DeleteOutcome::Gone);
        assert_eq!(outcome_of("AccessDenied").unwrap(), DeleteOutcome::Kept("AccessDenied".to_owned()));
        assert_eq!((kind("SlowDown"), kind("InternalError")), (ErrorKind::Throttled, ErrorKind::Unavailable));
        assert_eq!(kind("MalformedXML"), ErrorKind::Invalid);
        assert!(!is_passing(&outcome_of("MalformedXML").unwrap_err()));
    }
}
