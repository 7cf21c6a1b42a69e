//! A message of a queue, as Lambda brings it.

use serde::Deserialize;

/// One message.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// SQS's id, by which a failure is reported.
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// This delivery: SQS changes its visibility by it.
    #[serde(rename = "receiptHandle")]
    pub receipt_handle: Option<String>,
    /// The queue it comes from.
    #[serde(rename = "eventSourceARN")]
    pub queue_arn: Option<String>,
    /// What SQS says of it.
    #[serde(default)]
    pub attributes: MessageAttributes,
}

/// What SQS says of a message.
#[derive(Debug, Default, Deserialize)]
pub struct MessageAttributes {
    /// How often it was delivered, this time included: a number in text.
    #[serde(rename = "ApproximateReceiveCount")]
    pub receive_count: Option<String>,
}

impl Message {
    /// How often it was delivered, this time included.
    pub(crate) fn receive_count(&self) -> u32 {
        self.attributes.receive_count.as_deref().and_then(|count| count.parse().ok()).unwrap_or(1)
    }

    /// The URL of its queue: `arn:{partition}:sqs:{region}:{account}:{name}`, written as SQS writes it.
    pub(crate) fn queue_url(&self) -> Option<String> {
        let parts: Vec<&str> = self.queue_arn.as_deref()?.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = parts.as_slice() else {
            return None;
        };
        let domain = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        Some(format!("https://sqs.{region}.{domain}/{account}/{name}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_messages_queue_is_the_one_its_arn_names() {
        let message = |arn: &str| -> Message {
            serde_json::from_value(serde_json::json!({
                "messageId": "1", "body": "{}", "receiptHandle": "r", "eventSourceARN": arn,
                "attributes": {"ApproximateReceiveCount": "3"},
            }))
            .unwrap()
        };
        let index = message("arn:aws:sqs:ap-northeast-1:123456789012:rokuban-index");
        let url = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/rokuban-index";
        assert_eq!((index.queue_url().as_deref(), index.receive_count()), (Some(url), 3));
        for arn in ["", "arn:aws:s3:::bucket", "arn:aws:sqs:ap-northeast-1:123456789012:a:b"] {
            assert_eq!(message(arn).queue_url(), None, "{arn}");
        }
    }
}
