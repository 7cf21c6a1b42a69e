//! The recordings bucket: every access names a version.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::EncodingType;
use jiff::Timestamp;
use policy::fragment::ObjectKey;
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};

/// Object versions of any bucket that its role lets it touch.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(crate) client: aws_sdk_s3::Client,
}

/// An object version being read, chunk by chunk: memory stays flat whatever its size.
#[derive(Debug)]
pub struct ObjectRead {
    /// When S3 stored it.
    pub stored_at: Option<Timestamp>,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    body: ByteStream,
    /// Bytes to skip: a store that ignores ranges sends them first.
    bytes_to_skip: u64,
    /// Bytes that were asked for and have not come yet: such a store goes on behind them.
    bytes_left: u64,
}

impl ObjectRead {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, StoreError> {
        while self.bytes_left > 0 {
            let mut bytes = match self.body.next().await {
                None => return Ok(None),
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => {
                    let error = StoreError::garbled("read an object's body", error);
                    return Err(StoreError { kind: ErrorKind::TimedOut, ..error });
                }
            };
            let skipped = usize::try_from(self.bytes_to_skip).unwrap_or(usize::MAX).min(bytes.len());
            self.bytes_to_skip -= skipped as u64;
            let mut wanted = bytes.split_off(skipped);
            wanted.truncate(usize::try_from(self.bytes_left).unwrap_or(usize::MAX));
            self.bytes_left -= wanted.len() as u64;
            if !wanted.is_empty() {
                return Ok(Some(wanted));
            }
        }
        Ok(None)
    }
}

/// One version of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedVersion {
    /// The key.
    pub key: ObjectKey,
    /// The version.
    pub version_id: String,
    /// When S3 stored it.
    pub stored_at: Timestamp,
    /// Its length in bytes.
    pub size_bytes: u64,
}

/// A position in a listing of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionPosition {
    /// The key.
    pub key: ObjectKey,
    /// Behind this version of the key; `None`: behind all of its versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A page of a listing of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// At most 1,000, by key, of one key the newest first.
    pub versions: Vec<ListedVersion>,
    /// How many delete markers stood between them.
    pub delete_markers: u64,
    /// Where to go on.
    pub next: Option<VersionPosition>,
}

/// What S3 would have said of a version, for `ingest`: a notification with one record.
///
/// S3's sequencers begin with the second of the write, in ten hexadecimal digits; so does this one, which
/// puts it before or behind the other versions of its key as S3 would.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
pub fn announcement(bucket: &str, version: &ListedVersion) -> serde_json::Value {
    serde_json::json!({"Records": [{
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Reconciled",
        "eventTime": version.stored_at.to_string(),
        "s3": {
            "bucket": {"name": bucket},
            "object": {
                "key": url_encoded(version.key.expose()),
                "size": version.size_bytes,
                "versionId": version.version_id,
                "sequencer": format!("{:010X}", version.stored_at.as_second()),
            },
        },
    }]})
}

/// As S3 encodes a key in a notification.
fn url_encoded(key: &str) -> String {
    key.bytes().fold(String::with_capacity(key.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_./".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

/// Undoes S3's URL encoding of a key: `+` is a space, `%XX` a byte, the whole is UTF-8. `None` for anything else.
pub fn url_decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut value = 0;
                for digit in [rest.next()?, rest.next()?] {
                    value = value * 16 + u8::try_from(char::from(digit).to_digit(16)?).ok()?;
                }
                bytes.push(value);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// What S3 said of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is gone (also when it was gone before).
    Gone,
    /// S3 refused or failed, with its code: `AccessDenied` under a legal hold.
    Kept(String),
}

impl Objects {
    /// Over this connection.
    pub fn new(connection: &Connection) -> Self {
        Self { client: aws_sdk_s3::Client::new(&connection.config) }
    }

    /// Opens one version for reading. `Ok(None)` where it does not exist (any more).
    pub async fn open(
        &self,
        bucket: &str,
        key: &ObjectKey,
        version_id: &str,
    ) -> Result<Option<ObjectRead>, StoreError> {
        self.open_from(bucket, key, version_id, 0).await
    }

    /// Opens one version for reading from a byte on, which must not lie behind its last. `Ok(None)` where
    /// it does not exist (any more).
    pub async fn open_from(
        &self,
        bucket: &str,
        key: &ObjectKey,
        version_id: &str,
        offset_bytes: u64,
    ) -> Result<Option<ObjectRead>, StoreError> {
        self.open_range(bucket, key, version_id, offset_bytes..u64::MAX).await
    }

    /// Opens some bytes of one version for reading, of which the first must not lie behind its last. `Ok(None)` where
    /// it does not exist (any more).
    pub async fn open_range(
        &self,
        bucket: &str,
        key: &ObjectKey,
        version_id: &str,
        range: Range<u64>,
    ) -> Result<Option<ObjectRead>, StoreError> {
        let asked = match (range.start, range.end) {
            (0, u64::MAX) => None,
            (start, u64::MAX) => Some(format!("bytes={start}-")),
            (start, end) => Some(format!("bytes={start}-{}", end.saturating_sub(1))),
        };
        let opened = self
            .client
            .get_object()
            .bucket(bucket)
            .key(key.expose())
            .version_id(version_id)
            .set_range(asked)
            .send()
            .await
            .map_err(|error| StoreError::sort("open an object version", error));
        let object = match opened {
            Ok(object) => object,
            Err(error) if error.kind == ErrorKind::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(ObjectRead {
            stored_at: object.last_modified().and_then(|at| Timestamp::new(at.secs(), 0).ok()),
            size_bytes: object.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
            metadata: object
                .metadata()
                .map(|metadata| metadata.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect())
                .unwrap_or_default(),
            bytes_to_skip: if object.content_range().is_some() { 0 } else { range.start },
            bytes_left: range.end.saturating_sub(range.start),
            body: object.body,
        }))
    }

    /// One page of the versions whose keys begin so, after a position.
    pub async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&VersionPosition>,
    ) -> Result<VersionPage, StoreError> {
        const ACT: &str = "list object versions";
        let page = self
            .client
            .list_object_versions()
            .bucket(bucket)
            // A key can hold characters that XML can't.
            .encoding_type(EncodingType::Url)
            .set_prefix((!prefix.is_empty()).then(|| prefix.to_owned()))
            .set_key_marker(after.map(|position| position.key.expose().to_owned()))
            .set_version_id_marker(after.and_then(|position| position.version_id.clone()))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let is_encoded = page.encoding_type() == Some(&EncodingType::Url);
        let decoded = |key: &str| {
            let decoded = if is_encoded { url_decoded(key) } else { Some(key.to_owned()) };
            decoded.map(ObjectKey::new).ok_or(StoreError::lacks(ACT))
        };
        let mut listed = VersionPage::default();
        for version in page.versions() {
            let (Some(key), Some(version_id), Some(at)) =
                (version.key(), version.version_id(), version.last_modified())
            else {
                return Err(StoreError::lacks(ACT));
            };
            listed.versions.push(ListedVersion {
                key: decoded(key)?,
                version_id: version_id.to_owned(),
                stored_at: Timestamp::new(at.secs(), 0).map_err(|error| StoreError::garbled(ACT, error))?,
                size_bytes: version.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            });
        }
        listed.delete_markers = page.delete_markers().len() as u64;
        if page.is_truncated() == Some(true) {
            let place = page.next_key_marker().zip(page.next_version_id_marker());
            let (key, version_id) = place.ok_or(StoreError::lacks(ACT))?;
            listed.next = Some(VersionPosition { key: decoded(key)?, version_id: Some(version_id.to_owned()) });
        }
        Ok(listed)
    }

    /// Whether a version exists, by S3's list: a role that may not read it can ask.
    pub async fn has_version(&self, bucket: &str, key: &ObjectKey, version_id: &str) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.versions(bucket, key.expose(), after.as_ref()).await?;
            if page.versions.iter().any(|version| version.key == *key && version.version_id == version_id) {
                return Ok(true);
            }
            // Longer keys that begin alike come behind it.
            after = match page.next {
                Some(position) if position.key == *key => Some(position),
                _ => return Ok(false),
            };
        }
    }

    /// Deletes one version by its id, never by key alone, and says what S3 said.
    pub(crate) async fn delete_version(
        &self,
        bucket: &str,
        key: &ObjectKey,
        version_id: &str,
    ) -> Result<DeleteOutcome, StoreError> {
        const ACT: &str = "delete an object version";
        // Without a version id S3 would lay a delete marker and keep the audio.
        if version_id.is_empty() {
            return Err(StoreError::lacks(ACT));
        }
        let answer = self
            .client
            .delete_object()
            .bucket(bucket)
            .key(key.expose())
            .version_id(version_id)
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error));
        match answer {
            // Gone is what S3 names as deleted, not what the request named: a marker is not a deletion.
            Ok(answer) => match answer.version_id() {
                Some(deleted) if deleted == version_id => Ok(DeleteOutcome::Gone),
                None if answer.delete_marker() != Some(true) => Ok(DeleteOutcome::Gone),
                _ => Ok(DeleteOutcome::Kept("AnotherVersion".to_owned())),
            },
            Err(error) if error.kind == ErrorKind::Missing => Ok(DeleteOutcome::Gone),
            // A legal hold: the second wall.
            Err(StoreError { kind: ErrorKind::Refused, code, .. }) => Ok(DeleteOutcome::Kept(code.unwrap_or_default())),
            Err(error) => Err(error),
        }
    }

    /// Reads a small object whole. `Ok(None)` where it does not exist or is longer than the limit.
    pub(crate) async fn read_small(
        &self,
        bucket: &str,
        key: &str,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let opened = self
            .client
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .map_err(|error| StoreError::sort("read an object", error));
        let mut object = match opened {
            Ok(object) => object,
            Err(error) if error.kind == ErrorKind::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| StoreError::garbled("read an object", error))?;
            if bytes.len() + chunk.len() > limit_bytes {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// Writes a small object.
    pub(crate) async fn write_small(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<(), StoreError> {
        self.client
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|error| StoreError::sort("write an object", error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_keys_encoding_is_undone_and_what_is_no_encoding_refused() {
        for key in ["a b+c%/通話.wav", "\u{1}\u{7f}\n", "", "100%25"] {
            assert_eq!(url_decoded(&url_encoded(key)).as_deref(), Some(key));
        }
        assert_eq!(url_decoded("a+b%2Bc").as_deref(), Some("a b+c"));
        for text in ["%", "%4", "%zz", "%FF", "%+1"] {
            assert_eq!(url_decoded(text), None, "{text}");
        }
    }
}
