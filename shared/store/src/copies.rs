//! The copy's bucket, in another Region: S3 replicates every recording to it, and nobody else writes there.
//!
//! A copy has the key and the version id of its recording. A deletion by version is never replicated.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html>
//! It has the legal hold too, and follows its changes as long as the recording is there.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-replication>

use aws_types::region::Region;
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;

use crate::config::{ConfigError, Variables};
use crate::connect::Connection;
use crate::deletion::Deletions;
use crate::error::StoreError;
use crate::legal_hold::LegalHold;
use crate::objects::{Objects, VersionPage, VersionPosition};

/// Where the copies lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiesConfig {
    /// The bucket's name.
    pub bucket: String,
    /// Its Region.
    pub region: String,
}

impl CopiesConfig {
    /// `COPY_BUCKET`, and then `COPY_REGION`. `None`: recordings are not copied.
    pub fn read(variables: &Variables<'_>) -> Result<Option<Self>, ConfigError> {
        let Some(bucket) = variables.optional("COPY_BUCKET") else { return Ok(None) };
        Ok(Some(Self { bucket, region: variables.needed("COPY_REGION")? }))
    }
}

/// The copies of recordings.
#[derive(Clone, Debug)]
pub struct Copies {
    objects: Objects,
    bucket: String,
}

impl Copies {
    /// In a bucket of another Region; no call is made.
    pub fn new(connection: &Connection, config: CopiesConfig) -> Self {
        let in_region = aws_sdk_s3::config::Builder::from(&connection.config).region(Region::new(config.region));
        let objects = Objects { client: aws_sdk_s3::Client::from_conf(in_region.build()) };
        Self { objects, bucket: config.bucket }
    }

    /// Where the copy of a recording lies, if there is one.
    pub fn of(&self, object: &ObjectVersion) -> ObjectVersion {
        ObjectVersion { bucket: self.bucket.clone(), ..object.clone() }
    }

    /// Deletes copies, each by its version id, and says what S3 said of each. The ids are the copies' own.
    pub async fn delete(&self, connection: &Connection, copies: Vec<&ObjectVersion>) -> Deletions {
        self.objects.delete_versions(connection, copies).await
    }

    /// Whether a copy is there, by S3's list: who deletes can read no audio.
    pub async fn has(&self, copy: &ObjectVersion) -> Result<bool, StoreError> {
        self.objects.has_version(&copy.bucket, &copy.key, &copy.version_id).await
    }

    /// One page of all copies, and the id of the recording that each is the copy of.
    pub async fn list(
        &self,
        recordings_bucket: &str,
        after: Option<&VersionPosition>,
    ) -> Result<(Vec<(RecordingId, ObjectVersion)>, Option<VersionPosition>), StoreError> {
        let VersionPage { versions, next, .. } = self.objects.versions(&self.bucket, "", after).await?;
        let listed = versions.into_iter().map(|version| {
            let id = RecordingId::of(recordings_bucket, version.key.expose(), &version.version_id);
            let copy = ObjectVersion {
                bucket: self.bucket.clone(),
                key: version.key,
                version_id: version.version_id,
                sequencer: String::new(),
                stored_at: version.stored_at,
                taken_in_at: version.stored_at,
                size_bytes: version.size_bytes,
            };
            (id, copy)
        });
        Ok((listed.collect(), next))
    }

    /// Takes S3's legal hold off a copy whose recording is deleted: nothing else would, ever.
    pub async fn release(&self, copy: &ObjectVersion) -> Result<(), StoreError> {
        self.objects.set_legal_hold(copy, LegalHold::Off).await
    }
}
