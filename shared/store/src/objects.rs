//! The recordings bucket: every access names a version.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use policy::fragment::ObjectKey;

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};

/// Object versions of any bucket that its role lets it touch.
#[derive(Clone, Debug)]
pub struct Objects {
    client: aws_sdk_s3::Client,
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
}

impl ObjectRead {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, StoreError> {
        match self.body.next().await {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(error)) => {
                Err(StoreError { kind: ErrorKind::TimedOut, ..StoreError::garbled("read an object's body", error) })
            }
        }
    }
}

/// What a presigned URL shall answer with.
#[derive(Clone, Debug)]
pub struct Presigning<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a ObjectKey,
    /// The version: a URL is bound to it.
    pub version_id: &'a str,
    /// The media type the browser is told.
    pub content_type: &'a str,
    /// `inline` or `attachment`, with the file's name.
    pub content_disposition: &'a str,
    /// From when.
    pub now: Timestamp,
    /// How long, in seconds.
    pub lifetime_seconds: u32,
}

/// A presigned URL. It opens the recording, so it masks itself when printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(String);

impl PresignedUrl {
    /// The URL, for the answer to the person it was made for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PresignedUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PresignedUrl(…)")
    }
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
        let opened = self
            .client
            .get_object()
            .bucket(bucket)
            .key(key.expose())
            .version_id(version_id)
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
            body: object.body,
        }))
    }

    /// Signs a URL; no call is made.
    pub async fn presign(&self, presigning: Presigning<'_>) -> Result<PresignedUrl, StoreError> {
        const ACT: &str = "presign a URL";
        let start = SystemTime::try_from(presigning.now).map_err(|error| StoreError::garbled(ACT, error))?;
        let config = PresigningConfig::builder()
            .start_time(start)
            .expires_in(Duration::from_secs(u64::from(presigning.lifetime_seconds)))
            .build()
            .map_err(|error| StoreError::garbled(ACT, error))?;
        let request = self
            .client
            .get_object()
            .bucket(presigning.bucket)
            .key(presigning.key.expose())
            .version_id(presigning.version_id)
            .response_content_type(presigning.content_type)
            .response_content_disposition(presigning.content_disposition)
            // A recording must not lie in a browser's or a proxy's cache when its URL has died.
            .response_cache_control("no-store")
            .presigned(config)
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        Ok(PresignedUrl(request.uri().to_owned()))
    }

    /// Deletes one version by its id, never by key alone, and says what S3 said. One call a version:
    /// deleting costs nothing but the call, and each is permitted or refused under its own name.
    pub async fn delete_version(
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
            // Gone is what S3 names as deleted, not what was asked: a marker is no deletion.
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
