//! Presigned URLs: each opens one object version for a short time.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use jiff::Timestamp;
use policy::fragment::ObjectKey;

use crate::error::StoreError;
use crate::objects::Objects;

/// What a presigned URL answers with.
#[derive(Clone, Debug)]
pub struct Presigning<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a ObjectKey,
    /// The version that a URL is bound to; `None` for a key that is written once.
    pub version_id: Option<&'a str>,
    /// The media type of the answer.
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

impl Objects {
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
            .set_version_id(presigning.version_id.map(str::to_owned))
            .response_content_type(presigning.content_type)
            .response_content_disposition(presigning.content_disposition)
            // What the uploader called it, such as gzip, would make it unplayable.
            .response_content_encoding("identity")
            // A recording must not lie in a browser's or a proxy's cache when its URL has died.
            .response_cache_control("no-store")
            .presigned(config)
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        Ok(PresignedUrl(request.uri().to_owned()))
    }
}
