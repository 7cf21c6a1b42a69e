//! Putting what a company already has into a bucket: nothing that is there is overwritten, and every byte is checked.
//!
//! Whoever uploads may write and nothing else (the recordings bucket lets nobody read but its functions), so a put
//! must say by itself whether the key was free: `If-None-Match: *`. What lies under a key that was taken can be looked
//! at only where the role may; [`Uploads::look`] says when it may not.

use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use data_encoding::BASE64;
use policy::fragment::ObjectKey;
use sha2::{Digest, Sha256};

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};

/// Bytes and their SHA-256: what is sent is what was counted, however often it is sent.
#[derive(Clone, Debug)]
pub struct Piece {
    bytes: Bytes,
    sha256: [u8; 32],
}

impl Piece {
    /// 8 MiB: nearly nine minutes of 8 kHz 16-bit WAV, so that most calls are one piece; 16 at once take 128 MiB.
    /// S3 takes no part under 5 MiB but the last.
    pub const LIMIT_BYTES: usize = 8 * 1024 * 1024;

    /// Counts the digest of some bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        let sha256 = Sha256::digest(&bytes).into();
        Self { bytes: bytes.into(), sha256 }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest as S3 writes it.
    pub fn checksum(&self) -> String {
        BASE64.encode(&self.sha256)
    }

    fn body(&self) -> ByteStream {
        ByteStream::from(self.bytes.clone())
    }
}

/// What came of a conditional put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is stored, under this version id.
    Stored(String),
    /// The key was taken: nothing was changed.
    Taken,
}

/// What lies under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// This.
    Object {
        /// Its length in bytes.
        size_bytes: u64,
        /// Its SHA-256 as S3 has it: base64, and `-parts` behind where it was put in parts. Absent where it was put
        /// without one.
        checksum: Option<String>,
        /// Its version.
        version_id: Option<String>,
    },
    /// Nothing.
    Nothing,
    /// This role may not look, as no role of the uploaders may.
    Refused,
}

/// An upload in parts that has begun. It is over with [`Uploads::complete`] or [`Uploads::abort`].
#[derive(Debug)]
pub struct Parts {
    upload_id: String,
    done: Vec<CompletedPart>,
    digests: Sha256,
}

impl Parts {
    /// 10,000 parts: S3's limit, and so 80 GiB in pieces of 8 MiB.
    pub const LIMIT: usize = 10_000;

    /// The checksum S3 gives to what is uploaded so far: SHA-256 over the parts' SHA-256, and how many.
    pub fn checksum(&self) -> String {
        format!("{}-{}", BASE64.encode(&self.digests.clone().finalize()), self.done.len())
    }
}

/// Objects being put into one bucket.
#[derive(Clone, Debug)]
pub struct Uploads {
    client: aws_sdk_s3::Client,
    bucket: String,
    /// Of what is put as a further version of its key: a name and a value of user metadata.
    metadata: Option<(String, String)>,
}

impl Uploads {
    /// Into a bucket, over this connection.
    pub fn new(connection: &Connection, bucket: impl Into<String>) -> Self {
        Self { client: aws_sdk_s3::Client::new(&connection.config), bucket: bucket.into(), metadata: None }
    }

    /// The same, for further versions of keys that may be taken, with a piece of user metadata: versions that are there stay.
    #[must_use]
    pub fn versions_with(&self, name: &str, value: &str) -> Self {
        Self { metadata: Some((name.to_owned(), value.to_owned())), ..self.clone() }
    }

    /// The condition of a put: the key must be free.
    fn condition(&self) -> Option<String> {
        self.metadata.is_none().then(|| "*".to_owned())
    }

    fn metadata(&self) -> Option<HashMap<String, String>> {
        self.metadata.clone().map(|metadata| HashMap::from([metadata]))
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Puts one piece under a key that must be free, except as a further version.
    ///
    /// # Errors
    /// [`ErrorKind::Garbled`] where S3 answers with another checksum than the piece's.
    pub async fn put(&self, key: &ObjectKey, piece: &Piece) -> Result<PutOutcome, StoreError> {
        const ACT: &str = "put an object";
        let checksum = piece.checksum();
        let answer = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.expose())
            .set_if_none_match(self.condition())
            .set_metadata(self.metadata())
            .checksum_sha256(&checksum)
            .body(piece.body())
            .send()
            .await;
        match answer {
            Ok(answer) => {
                confirm(ACT, answer.checksum_sha256(), &checksum)?;
                stored(ACT, answer.version_id)
            }
            Err(error) => taken(ACT, error),
        }
    }

    /// Begins an upload in parts.
    pub async fn begin(&self, key: &ObjectKey) -> Result<Parts, StoreError> {
        const ACT: &str = "begin an upload in parts";
        let answer = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key.expose())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_metadata(self.metadata())
            .send()
            .await
            .map_err(|error| sort(ACT, error))?;
        let upload_id = answer.upload_id.ok_or(StoreError::lacks(ACT))?;
        Ok(Parts { upload_id, done: Vec::new(), digests: Sha256::new() })
    }

    /// Uploads the next part: of all but the last, [`Piece::LIMIT_BYTES`]. A part that failed can be sent again.
    ///
    /// # Errors
    /// [`ErrorKind::Garbled`] where S3 answers with another checksum than the piece's.
    pub async fn part(&self, key: &ObjectKey, parts: &mut Parts, piece: &Piece) -> Result<(), StoreError> {
        const ACT: &str = "upload a part";
        let number = i32::try_from(parts.done.len() + 1).map_err(|error| StoreError::garbled(ACT, error))?;
        let checksum = piece.checksum();
        let answer = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(key.expose())
            .upload_id(&parts.upload_id)
            .part_number(number)
            .checksum_sha256(&checksum)
            .body(piece.body())
            .send()
            .await
            .map_err(|error| sort(ACT, error))?;
        confirm(ACT, answer.checksum_sha256(), &checksum)?;
        parts.digests.update(piece.sha256);
        parts.done.push(
            CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).checksum_sha256(checksum).build(),
        );
        Ok(())
    }

    /// Makes an object of the parts, under a key that must still be free.
    ///
    /// # Errors
    /// [`ErrorKind::Garbled`] where S3 answers with another checksum than [`Parts::checksum`].
    pub async fn complete(&self, key: &ObjectKey, parts: &Parts) -> Result<PutOutcome, StoreError> {
        const ACT: &str = "complete an upload in parts";
        let answer = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key.expose())
            .upload_id(&parts.upload_id)
            .set_if_none_match(self.condition())
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts.done.clone())).build())
            .send()
            .await;
        match answer {
            Ok(answer) => {
                confirm(ACT, answer.checksum_sha256(), &parts.checksum())?;
                stored(ACT, answer.version_id)
            }
            // An earlier try completed it, and its reply was lost.
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(PutOutcome::Taken),
            Err(error) => taken(ACT, error),
        }
    }

    /// Gives up an upload in parts. Where this fails, the bucket's own rule ends it after seven days.
    pub async fn abort(&self, key: &ObjectKey, parts: &Parts) -> Result<(), StoreError> {
        self.client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key.expose())
            .upload_id(&parts.upload_id)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| sort("give up an upload in parts", error))
    }

    /// Looks at what lies under a key.
    pub async fn look(&self, key: &ObjectKey) -> Result<Lookup, StoreError> {
        let answer = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key.expose())
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Lookup::Object {
                size_bytes: answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
                checksum: answer.checksum_sha256,
                version_id: answer.version_id,
            }),
            // The answer to a HEAD has no body, so no code: the status is all there is.
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                Some(403) => Ok(Lookup::Refused),
                Some(404) => Ok(Lookup::Nothing),
                _ => Err(sort("look at an object", error)),
            },
        }
    }
}

/// S3 refuses bytes that are not those of the checksum sent with them, and answers with the checksum of what it stored.
/// Of what only speaks S3's language some leave it out of the answer: that alone is no other checksum.
fn confirm(act: &'static str, answered: Option<&str>, sent: &str) -> Result<(), StoreError> {
    if answered.is_none_or(|answered| answered == sent) { Ok(()) } else { Err(StoreError::lacks(act)) }
}

/// Without a version nothing can be held, proved or deleted: it is not one of our buckets.
fn stored(act: &'static str, version_id: Option<String>) -> Result<PutOutcome, StoreError> {
    version_id
        .map(PutOutcome::Stored)
        .ok_or(StoreError { code: Some("NoVersion".to_owned()), ..StoreError::plain(act, ErrorKind::Invalid) })
}

/// `If-None-Match` was not met; anything else is an error.
fn taken<E>(act: &'static str, error: SdkError<E, HttpResponse>) -> Result<PutOutcome, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(412) => Ok(PutOutcome::Taken),
        _ => Err(sort(act, error)),
    }
}

/// Sorts an SDK error; S3 says some of "come back later" with a 4xx.
fn sort<E>(act: &'static str, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let sorted = StoreError::sort(act, error);
    match sorted.code.as_deref() {
        // Another put of the same key was under way; the body did not come in time; S3 moved its servers.
        Some("ConditionalRequestConflict" | "OperationAborted" | "RequestTimeout") => {
            StoreError { kind: ErrorKind::Throttled, ..sorted }
        }
        _ => sorted,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_with_another_checksum_is_garbled_and_one_without_is_not() {
        assert!(confirm("put", Some("a"), "a").is_ok() && confirm("put", None, "a").is_ok());
        assert_eq!(confirm("put", Some("b"), "a").unwrap_err().kind, ErrorKind::Garbled);
    }

    #[test]
    fn a_checksum_is_written_as_s3_writes_it() {
        // printf abc | openssl dgst -sha256 -binary | base64
        assert_eq!(Piece::new(b"abc".to_vec()).checksum(), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
