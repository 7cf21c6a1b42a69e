//! Events as Lambda receives them, built of what the world stores.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{REGION, World};

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

/// A key as S3 writes it into a notification.
fn encode_key(key: &str) -> String {
    key.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                text.push(char::from(byte));
            }
            b' ' => text.push('+'),
            _ => write!(text, "%{byte:02X}").expect("a string takes all"),
        }
        text
    })
}

/// Undoes percent-encoding; what is not a code stands for itself.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if code.is_some() { &after[2..] } else { after };
        bytes.push(code.unwrap_or(first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_s3_writes_it_and_reads_back() {
        let key = "録音/a b+c%(1):~*.wav";
        let encoded = encode_key(key);
        assert_eq!(encoded, "%E9%8C%B2%E9%9F%B3/a+b%2Bc%25%281%29%3A%7E*.wav");
        assert_eq!(percent_decode(&encoded.replace('+', " ")), key);
        assert_eq!(percent_decode("100%, %zz, %4"), "100%, %zz, %4");
    }
}
