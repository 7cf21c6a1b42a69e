//! Batches of messages, as Lambda brings them from SQS and is answered.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::metrics;
use crate::redelivery::Redelivery;

/// A batch as Lambda brings it from SQS.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// Its messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
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
    /// Works on each message in turn and fails per message, never per batch: one that meets a bug
    /// and panics can't kill its batch either. What failed is retried after a pause.
    ///
    /// What failed is counted: a handler that answers so is not a failure to Lambda, and no error is counted there.
    pub async fn process<Failure: std::error::Error>(
        self,
        redelivery: &Redelivery,
        work: impl AsyncFn(String) -> Result<(), Failure>,
    ) -> BatchResponse {
        let mut response = BatchResponse::default();
        for mut message in self.records {
            // On the heap: the futures of a whole handler are large.
            let mut outcome = Box::pin(work(std::mem::take(&mut message.body)));
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
                redelivery.schedule(&message).await;
                response.batch_item_failures.push(BatchItemFailure { item_identifier: message.message_id });
            }
        }
        if !response.batch_item_failures.is_empty() {
            metrics::emit(redelivery.now(), &[("FailedMessages", response.batch_item_failures.len() as u64)]);
        }
        response
    }
}
