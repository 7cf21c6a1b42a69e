//! Redelivery: a message that failed comes again after seconds, then minutes, and not only after its queue's visibility
//! timeout, which must be as long as the longest run.

use jiff::Timestamp;
use tracing::warn;

use crate::connect::Connection;
use crate::error::StoreError;
use crate::message::Message;

/// 10 seconds after the first failure: what passes has mostly passed by then.
const FIRST_PAUSE_SECONDS: u32 = 10;

/// Six times as long after each failure: a message that fails five times has been tried for over half an hour.
const GROWTH: u32 = 6;

/// 30 minutes: the longest pause.
const LONGEST_PAUSE_SECONDS: u32 = 30 * 60;

/// Says when messages that failed come again.
#[derive(Clone, Debug)]
pub struct Redelivery {
    connection: Connection,
    client: aws_sdk_sqs::Client,
}

impl Redelivery {
    /// Over this connection.
    pub fn new(connection: &Connection) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&connection.config), connection: connection.clone() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.connection.now()
    }

    /// Has a message that failed come again after its pause. Where that fails, it comes after the visibility timeout.
    pub(crate) async fn schedule(&self, message: &Message) {
        let Some((url, receipt)) = message.queue_url().zip(message.receipt_handle.as_deref()) else {
            return;
        };
        let pause = pause_seconds(message.receive_count());
        let answer = self
            .client
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(pause).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| StoreError::sort("say when a message comes again", error));
        if let Err(error) = answer {
            warn!(message_id = message.message_id, %error, "a message comes again only after its queue's timeout");
        }
    }
}

/// The pause after a message's n-th failure.
fn pause_seconds(receives: u32) -> u32 {
    let growth = GROWTH.saturating_pow(receives.saturating_sub(1));
    FIRST_PAUSE_SECONDS.saturating_mul(growth).min(LONGEST_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_half_an_hour() {
        let pauses: Vec<u32> = (0..=6).map(pause_seconds).collect();
        assert_eq!(pauses, [10, 10, 60, 360, 1_800, 1_800, 1_800]);
        assert_eq!(pause_seconds(u32::MAX), 1_800);
    }
}
