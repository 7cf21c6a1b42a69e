//! What S3 says happened.

use jiff::Timestamp;
use serde::Deserialize;
use store::url_decoded;

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Debug, Deserialize)]
struct Notification {
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
}

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(rename = "eventTime")]
    event_time: Timestamp,
    s3: Entity,
}

#[derive(Debug, Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    #[serde(default)]
    size: u64,
    version_id: Option<String>,
    #[serde(default)]
    sequencer: String,
}

/// One object version that was put.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version.
    pub version_id: String,
    /// Right-padded with zeros to one width.
    pub sequencer: String,
    /// When S3 put it, by the notification.
    pub at: Timestamp,
    /// Its length in bytes.
    pub size_bytes: u64,
}

/// A notification that can't be acted on. It ends in the dead-letter queue, which raises an alarm.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Not what S3 sends.
    #[error("the message is not an S3 notification (line {line}, column {column})")]
    NotANotification {
        /// Where in the text.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// The key is not URL-encoded UTF-8.
    #[error("the notification's key is not URL-encoded UTF-8")]
    Key,
    /// The bucket has no versions, and without one nothing can be held, proved or deleted.
    #[error("the notification names no version: turn versioning on for the bucket")]
    NoVersion,
    /// Another bucket's.
    #[error("the notification is of a bucket that is not the recordings bucket")]
    OtherBucket,
}

/// S3's sequencers are hexadecimal of varying length: "right pad the shorter with zeros" is what S3
/// says of comparing two, within one key.
const SEQUENCER_WIDTH_CHARACTERS: usize = 32;

/// Reads a message's body. S3's test message is no record and no poison: it reads as no put.
pub fn read(body: &str, recordings_bucket: &str) -> Result<Vec<ObjectCreated>, NotificationError> {
    let notification: Notification = serde_json::from_str(body)
        .map_err(|error| NotificationError::NotANotification { line: error.line(), column: error.column() })?;
    let records = match (notification.records, notification.event.as_deref()) {
        (Some(records), _) => records,
        (None, Some("s3:TestEvent")) => return Ok(Vec::new()),
        (None, _) => return Err(NotificationError::NotANotification { line: 0, column: 0 }),
    };
    records
        .into_iter()
        .map(|record| {
            let object = record.s3.object;
            if record.s3.bucket.name != recordings_bucket {
                return Err(NotificationError::OtherBucket);
            }
            Ok(ObjectCreated {
                bucket: record.s3.bucket.name,
                key: url_decoded(&object.key).ok_or(NotificationError::Key)?,
                version_id: object
                    .version_id
                    .filter(|id| !id.is_empty() && id != "null")
                    .ok_or(NotificationError::NoVersion)?,
                sequencer: format!("{:0<SEQUENCER_WIDTH_CHARACTERS$}", object.sequencer.to_ascii_uppercase()),
                at: record.event_time,
                size_bytes: object.size,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn notification(key: &str, version: &str) -> String {
        format!(
            r#"{{"Records":[{{"eventVersion":"2.1","eventTime":"2026-11-03T05:06:00.123Z","eventName":"ObjectCreated:Put",
            "s3":{{"bucket":{{"name":"b"}},"object":{{"key":"{key}","size":7,"versionId":{version},"sequencer":"0055AED6DCD90281E5"}}}}}}]}}"#
        )
    }

    #[test]
    fn keys_with_spaces_plus_percent_and_japanese_decode() {
        for (encoded, key) in [
            ("a+b", "a b"),
            ("a%2Bb", "a+b"),
            ("100%25", "100%"),
            ("%E9%80%9A%E8%A9%B1+(1).m4a", "通話 (1).m4a"),
            ("%e9%80%9a", "通"),
            ("x/%5B%E4%BD%90%E8%97%A4%5D_201", "x/[佐藤]_201"),
            ("", ""),
        ] {
            let puts = read(&notification(encoded, "\"v\""), "b").unwrap();
            assert_eq!(puts[0].key, key);
        }
        let long = "あ".repeat(341);
        let encoded = "%E3%81%82".repeat(341);
        assert_eq!(read(&notification(&encoded, "\"v\""), "b").unwrap()[0].key, long);
    }

    #[test]
    fn a_key_that_is_not_utf_8_or_breaks_off_is_an_error() {
        for encoded in ["%FF", "%E9%80", "%", "%4", "%zz"] {
            assert_eq!(read(&notification(encoded, "\"v\""), "b").err(), Some(NotificationError::Key), "{encoded}");
        }
    }

    #[test]
    fn the_test_message_is_no_put_and_no_error() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-03T05:06:00.123Z","Bucket":"b"}"#;
        assert!(read(body, "b").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_notification_of_our_versioned_bucket_is_an_error() {
        assert!(matches!(read("", "b"), Err(NotificationError::NotANotification { .. })));
        assert!(matches!(read("{}", "b"), Err(NotificationError::NotANotification { .. })));
        assert!(matches!(read("[1]", "b"), Err(NotificationError::NotANotification { .. })));
        assert_eq!(read(&notification("a", "null"), "b").err(), Some(NotificationError::NoVersion));
        assert_eq!(read(&notification("a", "\"null\""), "b").err(), Some(NotificationError::NoVersion));
        assert_eq!(read(&notification("a", "\"v\""), "c").err(), Some(NotificationError::OtherBucket));
    }

    #[test]
    fn sequencers_of_different_lengths_compare_as_s3_says() {
        let with = |sequencer: &str| {
            let body = notification("a", "\"v\"").replace("0055AED6DCD90281E5", sequencer);
            read(&body, "b").unwrap().remove(0).sequencer
        };
        assert!(with("0055AED6DCD90281E5") < with("0055AED6DCD90281E6"));
        assert!(with("0055AED6DCD902") < with("0055AED6DCD90281E6"));
        assert_eq!(with("0055aed6"), with("0055AED6"));
    }
}
