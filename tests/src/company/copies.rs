//! A company whose recordings are copied to another Region.

use std::collections::BTreeSet;

use super::{BUCKET, COPY_BUCKET, Company, sample_rulebook};
use crate::world::Builder;

impl Company {
    /// A world whose recordings are copied.
    pub fn builder_with_copies(seed: u64) -> Builder {
        Self::builder(seed).bucket(COPY_BUCKET).replicated(BUCKET, COPY_BUCKET)
    }

    /// Under the sample rulebook, with copies.
    pub async fn with_copies(seed: u64) -> Self {
        let company = Self::of(Self::builder_with_copies(seed).build());
        let (policy, staff) = sample_rulebook();
        company.publish(&policy, &staff).await;
        company
    }

    /// Where recordings are copied to, in a world that copies them.
    pub fn copies_config(&self) -> Option<store::CopiesConfig> {
        let bucket = self.world.copied_to(BUCKET)?;
        Some(store::CopiesConfig { bucket, region: "ap-northeast-3".to_owned() })
    }

    /// Every object version in the recordings bucket, as `key@version`.
    pub fn versions(&self) -> BTreeSet<String> {
        self.world
            .object_keys(BUCKET)
            .iter()
            .flat_map(|key| {
                self.world
                    .object_versions(BUCKET, key)
                    .into_iter()
                    .map(move |version| format!("{key}@{}", version.version_id))
            })
            .collect()
    }

    /// Every version in the copy's bucket, as `key@version`.
    pub fn copies(&self) -> Vec<String> {
        let keys = self.world.object_keys(COPY_BUCKET).into_iter();
        let of_key = |key: String| {
            let versions = self.world.object_versions(COPY_BUCKET, &key).into_iter();
            versions.map(move |version| format!("{key}@{}", version.version_id))
        };
        keys.flat_map(of_key).collect()
    }
}
