//! An object, written as its bytes come: one put where it is small, else in parts. Memory holds
//! one part.

use data_encoding::HEXLOWER;
use policy::fragment::ObjectKey;
use sha2::{Digest, Sha256};
use store::{Parts, Piece, PutOutcome, Uploads};

use crate::context::ClipError;

/// An object that is being written.
pub(crate) struct Output<'a> {
    uploads: &'a Uploads,
    key: ObjectKey,
    held: Vec<u8>,
    parts: Option<Parts>,
    hasher: Sha256,
    size_bytes: u64,
}

/// An object that is written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) sha256: String,
    pub(crate) size_bytes: u64,
    /// S3's id of it; `None` where a reply was lost.
    pub(crate) version_id: Option<String>,
}

impl<'a> Output<'a> {
    /// Begins; no call is made.
    pub(crate) fn new(uploads: &'a Uploads, key: &str) -> Self {
        let key = ObjectKey::new(key.to_owned());
        Self { uploads, key, held: Vec::new(), parts: None, hasher: Sha256::new(), size_bytes: 0 }
    }

    /// Takes the next bytes.
    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), ClipError> {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        while self.held.len() + bytes.len() > Piece::LIMIT_BYTES {
            let (fits, rest) = bytes.split_at(Piece::LIMIT_BYTES - self.held.len());
            self.held.extend_from_slice(fits);
            self.send_part().await?;
            bytes = rest;
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), ClipError> {
        let piece = Piece::new(std::mem::take(&mut self.held));
        if self.parts.is_none() {
            self.parts = Some(self.uploads.begin(&self.key).await?);
        }
        if let Some(parts) = &mut self.parts {
            self.uploads.part(&self.key, parts, &piece).await?;
        }
        Ok(())
    }

    /// Puts the object. A key that is taken was put by a call of ours whose reply was lost: nobody else has the key.
    pub(crate) async fn finish(mut self) -> Result<Written, ClipError> {
        if self.parts.is_some() {
            self.send_part().await?;
        }
        let outcome = match &self.parts {
            Some(parts) => self.uploads.complete(&self.key, parts).await?,
            None => self.uploads.put(&self.key, &Piece::new(std::mem::take(&mut self.held))).await?,
        };
        let version_id = match outcome {
            PutOutcome::Stored(version_id) => Some(version_id),
            PutOutcome::Taken => None,
        };
        let (sha256, size_bytes) = self.digest();
        Ok(Written { sha256, size_bytes, version_id })
    }

    /// SHA-256 and length of what it was given so far.
    pub(crate) fn digest(&self) -> (String, u64) {
        (HEXLOWER.encode(&self.hasher.clone().finalize()), self.size_bytes)
    }

    /// Gives up. Where this fails, the bucket's own rule ends the parts after a day.
    pub(crate) async fn abort(self) {
        if let Some(parts) = &self.parts
            && let Err(error) = self.uploads.abort(&self.key, parts).await
        {
            tracing::warn!(%error, "an upload in parts was not given up");
        }
    }
}
