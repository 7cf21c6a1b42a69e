//! S3's legal hold on one object version.

use aws_sdk_s3::types::{ObjectLockLegalHold, ObjectLockLegalHoldStatus};
use policy::fragment::{ObjectKey, ObjectVersion};

use crate::error::{ErrorKind, StoreError};
use crate::objects::Objects;

/// Whether S3 refuses to delete a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalHold {
    /// It refuses, whoever asks.
    On,
    /// It deletes when the sweep asks.
    Off,
}

impl LegalHold {
    /// The one of a call that is held, or is not.
    pub(crate) fn of(is_held: bool) -> Self {
        if is_held { Self::On } else { Self::Off }
    }
}

impl Objects {
    /// The legal hold of one version, by its id. One that never had any, or is gone, has none.
    pub async fn legal_hold(&self, bucket: &str, key: &ObjectKey, version_id: &str) -> Result<LegalHold, StoreError> {
        const ACT: &str = "read a legal hold";
        let request = self.client.get_object_legal_hold().bucket(bucket).key(key.expose()).version_id(version_id);
        let status = match request.send().await.map_err(|error| StoreError::sort(ACT, error)) {
            Ok(answer) => answer.legal_hold.and_then(|hold| hold.status),
            Err(error) if error.kind == ErrorKind::Missing => None,
            Err(error) => return Err(error),
        };
        Ok(LegalHold::of(status == Some(ObjectLockLegalHoldStatus::On)))
    }

    /// Sets the legal hold of one version, by its id. A version that is gone needs none. A repeat changes nothing.
    pub async fn set_legal_hold(&self, version: &ObjectVersion, status: LegalHold) -> Result<(), StoreError> {
        const ACT: &str = "set a legal hold";
        // Without a version id S3 would hold whatever is newest under the key.
        if version.version_id.is_empty() {
            return Err(StoreError::lacks(ACT));
        }
        let status = match status {
            LegalHold::On => ObjectLockLegalHoldStatus::On,
            LegalHold::Off => ObjectLockLegalHoldStatus::Off,
        };
        let request = self
            .client
            .put_object_legal_hold()
            .bucket(&version.bucket)
            .key(version.key.expose())
            .version_id(&version.version_id)
            .legal_hold(ObjectLockLegalHold::builder().status(status).build());
        match request.send().await.map_err(|error| StoreError::sort(ACT, error)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::Missing => Ok(()),
            Err(error) => Err(error),
        }
    }
}
