//! Events as Lambda receives them, built of what the world stores.

use serde_json::{Value, json};

use super::{clock::REGION, cloud::World, encoding::encode_key};

/// The account of every ARN in the world.
const ACCOUNT: &str = "000000000000";

impl World {
    /// An S3 notification, the body of one message, with a record for each `(bucket, key, version
    /// id)`: keys URL-encoded with `+` for a space, sequencers ascending with the order of the puts.
    pub fn s3_notification(&self, objects: &[(&str, &str, &str)]) -> Value {
        let records: Vec<Value> =
            objects.iter().map(|(bucket, key, version_id)| self.s3_record(bucket, key, version_id)).collect();
        json!({ "Records": records })
    }

    /// The Lambda event of a queue that was notified of each object in a message of its own.
    pub fn s3_event(&self, objects: &[(&str, &str, &str)]) -> Value {
        let bodies: Vec<String> = objects.iter().map(|object| self.s3_notification(&[*object]).to_string()).collect();
        self.sqs_event("uploads", &bodies)
    }

    /// The message S3 sends when a notification is set up; neither a record nor poison.
    pub fn s3_test_event(&self, bucket: &str) -> Value {
        json!({
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": self.now().to_string(),
            "Bucket": bucket,
            "RequestId": "0000000000000000",
            "HostId": "world",
        })
    }

    /// The Lambda event that brings `bodies` from a queue; the messages' ids are `message-1`, ….
    pub fn sqs_event<Body: AsRef<str>>(&self, queue: &str, bodies: &[Body]) -> Value {
        let sent = self.now().as_millisecond().to_string();
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(position, body)| {
                json!({
                    "messageId": format!("message-{}", position + 1),
                    "receiptHandle": format!("receipt-{}", position + 1),
                    "body": body.as_ref(),
                    "attributes": {
                        "ApproximateReceiveCount": "1",
                        "SentTimestamp": sent,
                        "SenderId": "world",
                        "ApproximateFirstReceiveTimestamp": sent,
                    },
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
                    "awsRegion": REGION,
                })
            })
            .collect();
        json!({ "Records": records })
    }

    fn s3_record(&self, bucket: &str, key: &str, version_id: &str) -> Value {
        let version = self.object(bucket, key, version_id);
        json!({
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": format!("{:.3}", version.last_modified),
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "AWS:WORLD:uploader" },
            "requestParameters": { "sourceIPAddress": "192.0.2.1" },
            "responseElements": { "x-amz-request-id": "0000000000000000", "x-amz-id-2": "world" },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "uploads",
                "bucket": {
                    "name": bucket,
                    "ownerIdentity": { "principalId": "WORLD" },
                    "arn": format!("arn:aws:s3:::{bucket}"),
                },
                "object": {
                    "key": encode_key(key),
                    "size": version.body.len(),
                    "eTag": version.e_tag(),
                    "versionId": version_id,
                    "sequencer": format!("{:018X}", version.sequence),
                },
            },
        })
    }
}
