//! Where the data lie: the buckets, the table, the queues.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    ContinuousBackupsStatus, IndexStatus, PointInTimeRecoveryStatus, SseStatus, StreamViewType,
};
use aws_sdk_s3::types::{
    BucketVersioningStatus, LifecycleRule, ObjectLockEnabled, ReplicationRuleStatus, ServerSideEncryption,
};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_types::region::Region;
use serde_json::Value;

use super::{BucketDescription, Read, TableDescription};
use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};

/// Reads what the SDK's own clients describe.
pub(super) struct DataReader {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
}

impl DataReader {
    pub(super) fn new(connection: &Connection) -> Self {
        let config = &connection.config;
        // An endpoint of one's own, such as the local cloud's, has no host for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some()).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }

    /// The same, of the buckets of another Region.
    pub(super) fn in_region(&self, region: &str) -> Self {
        let s3 = self.s3.config().to_builder().region(Region::new(region.to_owned())).build();
        Self { dynamodb: self.dynamodb.clone(), s3: aws_sdk_s3::Client::from_conf(s3), sqs: self.sqs.clone() }
    }

    /// The buckets that everything in a bucket is replicated to.
    pub(super) async fn replicated_to(&self, name: &str) -> Read<BTreeSet<String>> {
        const ACT: &str = "read a bucket's replication";
        let answer = self.s3.get_bucket_replication().bucket(name).send().await;
        let answer = unless_unset(answer.map_err(|error| StoreError::sort(ACT, error)))?;
        let rules = answer.and_then(|answer| answer.replication_configuration).map(|found| found.rules);
        let enabled = rules.into_iter().flatten().filter(|rule| rule.status == ReplicationRuleStatus::Enabled);
        // A rule for some keys copies only those.
        let of_all = enabled.filter(|rule| {
            let filter = rule.filter.as_ref();
            filter.is_none_or(|filter| {
                filter.prefix().unwrap_or_default().is_empty() && filter.tag().is_none() && filter.and().is_none()
            })
        });
        let bucket = |arn: String| arn.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(of_all.filter_map(|rule| rule.destination).map(|destination| bucket(destination.bucket)).collect())
    }

    /// How many messages wait in a queue.
    pub(super) async fn waiting(&self, queue: &str) -> Read<u64> {
        const ACT: &str = "count what waits in a queue";
        let url = self.sqs.get_queue_url().queue_name(queue).send().await;
        let url = url.map_err(|error| StoreError::sort(ACT, error))?.queue_url.unwrap_or_default();
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let answer = self.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone()).send().await;
        let attributes = answer.map_err(|error| StoreError::sort(ACT, error))?.attributes.unwrap_or_default();
        attributes.get(&name).and_then(|count| count.parse().ok()).ok_or_else(|| StoreError::lacks(ACT))
    }

    pub(super) async fn table(&self, name: &str) -> Read<TableDescription> {
        const ACT: &str = "describe the table";
        let answer = self.dynamodb.describe_table().table_name(name).send().await;
        let found =
            answer.map_err(|error| StoreError::sort(ACT, error))?.table.ok_or_else(|| StoreError::lacks(ACT))?;
        let backups = self.dynamodb.describe_continuous_backups().table_name(name).send().await;
        let backups = backups.map_err(|error| StoreError::sort(ACT, error))?.continuous_backups_description;
        let time_to_live = self.dynamodb.describe_time_to_live().table_name(name).send().await;
        let time_to_live = time_to_live.map_err(|error| StoreError::sort(ACT, error))?.time_to_live_description;
        Ok(TableDescription {
            name: name.to_owned(),
            has_point_in_time_recovery: backups.is_some_and(|backups| {
                backups.continuous_backups_status == ContinuousBackupsStatus::Enabled
                    && backups.point_in_time_recovery_description.is_some_and(|description| {
                        description.point_in_time_recovery_status == Some(PointInTimeRecoveryStatus::Enabled)
                    })
            }),
            time_to_live: time_to_live
                .filter(|found| {
                    found.time_to_live_status.as_ref().is_some_and(|status| status.as_str().starts_with("ENABL"))
                })
                .and_then(|found| found.attribute_name),
            stream: found
                .stream_specification
                .filter(|stream| {
                    stream.stream_enabled && stream.stream_view_type == Some(StreamViewType::NewAndOldImages)
                })
                .and(found.latest_stream_arn),
            is_protected: found.deletion_protection_enabled == Some(true),
            is_encrypted: found.sse_description.is_some_and(|sse| {
                matches!(sse.status, Some(SseStatus::Enabled | SseStatus::Updating)) && sse.kms_master_key_arn.is_some()
            }),
            active_indexes: found
                .global_secondary_indexes
                .unwrap_or_default()
                .into_iter()
                // One that is being changed can be read all the while.
                .filter(|index| !matches!(index.index_status, Some(IndexStatus::Creating | IndexStatus::Deleting)))
                .filter_map(|index| index.index_name)
                .collect(),
        })
    }

    pub(super) async fn bucket(&self, name: &str) -> Read<BucketDescription> {
        const ACT: &str = "describe a bucket";
        let s3 = &self.s3;
        let versioning = s3.get_bucket_versioning().bucket(name).send().await;
        let versioning = versioning.map_err(|error| StoreError::sort(ACT, error))?.status;
        let mut bucket = BucketDescription {
            name: name.to_owned(),
            is_versioned: versioning == Some(BucketVersioningStatus::Enabled),
            ..BucketDescription::default()
        };

        let block = s3.get_public_access_block().bucket(name).send().await;
        let block = unless_unset(block.map_err(|error| StoreError::sort(ACT, error)))?;
        bucket.blocks_public_access =
            block.and_then(|answer| answer.public_access_block_configuration).is_some_and(|block| {
                [
                    block.block_public_acls,
                    block.block_public_policy,
                    block.ignore_public_acls,
                    block.restrict_public_buckets,
                ]
                .iter()
                .all(|blocked| *blocked == Some(true))
            });

        let encryption = s3.get_bucket_encryption().bucket(name).send().await;
        let encryption = unless_unset(encryption.map_err(|error| StoreError::sort(ACT, error)))?;
        bucket.key_id = encryption
            .and_then(|answer| answer.server_side_encryption_configuration)
            .and_then(|configuration| configuration.rules.into_iter().next())
            .and_then(|rule| rule.apply_server_side_encryption_by_default)
            .filter(|by_default| by_default.sse_algorithm == ServerSideEncryption::AwsKms)
            .and_then(|by_default| by_default.kms_master_key_id);

        let lock = s3.get_object_lock_configuration().bucket(name).send().await;
        let lock = unless_unset(lock.map_err(|error| StoreError::sort(ACT, error)))?;
        if let Some(lock) = lock.and_then(|answer| answer.object_lock_configuration) {
            bucket.has_object_lock = lock.object_lock_enabled == Some(ObjectLockEnabled::Enabled);
            bucket.default_retention = lock.rule.and_then(|rule| rule.default_retention).map(|retention| {
                let mode = retention.mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default();
                (mode, retention.days.and_then(|days| days.try_into().ok()).unwrap_or_default())
            });
        }

        let lifecycle = s3.get_bucket_lifecycle_configuration().bucket(name).send().await;
        let lifecycle = unless_unset(lifecycle.map_err(|error| StoreError::sort(ACT, error)))?;
        for rule in lifecycle.and_then(|answer| answer.rules).unwrap_or_default() {
            if rule.status.as_str() != "Enabled" {
                continue;
            }
            bucket.ends_after_days = bucket.ends_after_days.into_iter().chain(ends_after_days(&rule)).min();
            bucket.lifecycle_ends_uploads |= rule.abort_incomplete_multipart_upload.is_some();
        }

        let policy = s3.get_bucket_policy().bucket(name).send().await;
        let policy = unless_unset(policy.map_err(|error| StoreError::sort(ACT, error)))?;
        let policy = policy.and_then(|answer| answer.policy).unwrap_or_default();
        bucket.statements = statements(&serde_json::from_str(&policy).unwrap_or_default());

        let events = s3.get_bucket_notification_configuration().bucket(name).send().await;
        let events = events.map_err(|error| StoreError::sort(ACT, error))?;
        bucket.notifies_a_queue = events.queue_configurations.is_some_and(|queues| !queues.is_empty());
        Ok(bucket)
    }
}

/// After how many days a rule ends an object, current or not. A marker of a deletion that it removes is no object.
fn ends_after_days(rule: &LifecycleRule) -> Option<u64> {
    let days = |days: Option<i32>| days.and_then(|days| u64::try_from(days).ok());
    let current = rule.expiration.as_ref().and_then(|expiration| match expiration.date {
        Some(_) => Some(0),
        None => days(expiration.days),
    });
    let former = rule.noncurrent_version_expiration.as_ref().map(|former| days(former.noncurrent_days).unwrap_or(0));
    current.into_iter().chain(former).min()
}

/// S3 refuses a question for what was never set.
fn unless_unset<T>(answer: Read<T>) -> Read<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::Missing && error.code.as_deref() != Some("NoSuchBucket") => Ok(None),
        Err(error) => Err(error),
    }
}

fn statements(policy: &Value) -> BTreeSet<String> {
    let sid = |statement: &Value| statement["Sid"].as_str().map(str::to_owned);
    policy["Statement"].as_array().into_iter().flatten().filter_map(sid).collect()
}
