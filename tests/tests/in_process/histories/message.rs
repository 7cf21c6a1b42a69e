//! Messages that wait for a function.

use std::fmt;

use jiff::SignedDuration;
use serde_json::Value;
use tests::company::{Company, INGEST_QUEUE, QUEUE, failed};

/// What waits to be handed to a function.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// S3's, as it was when the object was put: it may come when the object is gone.
    Event(String, Value),
    /// One of a queue.
    Queued(&'static str, String),
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(key, _) => write!(formatter, "event of {key}"),
            Self::Queued(queue, body) => write!(formatter, "{queue} {body}"),
        }
    }
}

impl Message {
    /// Whether it is for `index`.
    pub(super) fn is_for_index(&self) -> bool {
        matches!(self, Self::Queued(QUEUE, _))
    }

    /// Whether it was handled.
    pub(super) async fn handle(&self, company: &Company, instance: &index::Context) -> bool {
        let response = match self {
            Self::Event(_, event) => {
                let batch = serde_json::from_value(event.clone()).unwrap();
                ingest::handle(&company.ingest_context(), batch).await
            }
            Self::Queued(queue, body) => {
                let batch = company.batch(queue, std::slice::from_ref(body));
                match *queue {
                    QUEUE => index::handle(instance, batch).await,
                    INGEST_QUEUE => ingest::handle(&company.ingest_context(), batch).await,
                    _ => {
                        let stop_at = company.world.now() + SignedDuration::from_mins(4);
                        jobs::handle(&company.jobs_context(), batch, stop_at).await
                    }
                }
            }
        };
        failed(&response) == 0
    }
}
