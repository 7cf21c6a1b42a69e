//! What is written once under a key of its own, and deleted with every version of it.

use policy::fragment::ObjectKey;

use crate::error::StoreError;
use crate::objects::{DeleteOutcome, Objects};

impl Objects {
    /// Deletes every version under one key, each by its id: none is there where its writer died, and more than one where
    /// S3 was asked twice. A repeat changes nothing.
    pub async fn delete_all_of(&self, bucket: &str, object_key: &str) -> Result<DeleteOutcome, StoreError> {
        let mut after = None;
        loop {
            let page = self.versions(bucket, object_key, after.as_ref()).await?;
            for version in page.versions.iter().filter(|version| version.key.expose() == object_key) {
                let key = ObjectKey::new(object_key.to_owned());
                let outcome = self.delete_version(bucket, &key, &version.version_id).await?;
                if let DeleteOutcome::Kept(_) = outcome {
                    return Ok(outcome);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(DeleteOutcome::Gone);
            }
        }
    }
}
