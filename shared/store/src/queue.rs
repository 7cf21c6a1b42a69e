//! The queue between `ingest` and `index`, and batches as Lambda brings them.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use policy::fragment::ObjectKind;
use policy::id::{KeyId, RecordingId};
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::error::StoreError;

/// A fragment was written; whoever reads this merges. Ids only: QUIET.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexMessage {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// The key whose fragments it belongs to.
    pub key_id: KeyId,
    /// The object version.
    pub id: RecordingId,
}

/// The index queue.
#[derive(Clone, Debug)]
pub struct IndexQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl IndexQueue {
    /// The queue at a URL.
    pub fn new(connection: &Connection, url: impl Into<String>) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&connection.config), url: url.into() }
    }

    /// Sends one message.
    pub async fn send(&self, message: &IndexMessage) -> Result<(), StoreError> {
        const ACT: &str = "send to the index queue";
        let body = serde_json::to_string(message).map_err(|error| StoreError::garbled(ACT, error))?;
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        Ok(())
    }
}

/// A batch as Lambda brings it from SQS.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// Its messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// One message.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// SQS's id, by which a failure is reported.
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// What was sent.
    pub body: String,
}

/// The answer: only the messages named come again.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchResponse {
    /// The messages that failed.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One message that failed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItemFailure {
    /// Its SQS id.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

impl Batch {
    /// Works on each message in turn and fails per message, never per batch: also one that meets a bug
    /// and panics can't kill its batch.
    pub async fn process<Failure: std::error::Error>(
        self,
        work: impl AsyncFn(String) -> Result<(), Failure>,
    ) -> BatchResponse {
        let mut response = BatchResponse::default();
        for message in self.records {
            // On the heap: the futures of a whole handler are large.
            let mut outcome = Box::pin(work(message.body));
            let outcome = poll_fn(|context| {
                // A future that panicked is not polled again.
                match catch_unwind(AssertUnwindSafe(|| outcome.as_mut().poll(context))) {
                    Ok(poll) => poll.map(Some),
                    Err(_) => Poll::Ready(None),
                }
            });
            let failed = match outcome.await {
                Some(Ok(())) => None,
                Some(Err(failure)) => Some(failure.to_string()),
                None => Some("the work panicked".to_owned()),
            };
            if let Some(error) = failed {
                tracing::error!(message_id = message.message_id, error, "a message failed and will come again");
                response.batch_item_failures.push(BatchItemFailure { item_identifier: message.message_id });
            }
        }
        response
    }
}
