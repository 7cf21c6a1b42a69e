//! SQS: messages in, and taken out by the test, which then is the event source mapping.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{call::Reply, dynamo::list, kind::FaultKind};

/// 1 MiB: what one message, and one batch of them, may hold.
const MAX_BYTES: usize = 1024 * 1024;
/// What one `SendMessageBatch` takes.
const MAX_ENTRIES: usize = 10;

#[derive(Default)]
pub(crate) struct Queues {
    queues: Mutex<BTreeMap<String, Queue>>,
}

#[derive(Default)]
struct Queue {
    sent: usize,
    waiting: Vec<String>,
}

impl Queues {
    pub(crate) fn create(&self, name: &str) {
        self.lock().entry(name.to_owned()).or_default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Queue>> {
        self.queues.lock().expect("nothing panics while holding it")
    }

    /// Takes every waiting message, oldest first.
    pub(crate) fn take(&self, name: &str) -> Vec<String> {
        let mut queues = self.lock();
        let queue = queues.get_mut(name).expect("the queue was created");
        std::mem::take(&mut queue.waiting)
    }

    /// The queue's name is the last part of its URL.
    pub(crate) fn name_of(body: &Value) -> String {
        let url = body["QueueUrl"].as_str().unwrap_or_default();
        url.rsplit('/').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn apply(&self, operation: &str, body: &Value, fault: Option<FaultKind>) -> Reply {
        let name = Self::name_of(body);
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&name) else {
            return refuse("AWS.SimpleQueueService.NonExistentQueue", "no such queue");
        };
        match operation {
            "SendMessage" => match queue.send(&name, &body["MessageBody"]) {
                Some(id) => Reply::json(&json!({ "MessageId": id })),
                None => refuse("InvalidParameterValue", "a message holds 1 byte to 1 MiB"),
            },
            // The test alone decides when a message comes again.
            "ChangeMessageVisibility" => Reply::json(&json!({})),
            "SendMessageBatch" => queue.send_batch(&name, list(&body["Entries"]), fault),
            _ => refuse("AWS.SimpleQueueService.UnsupportedOperation", "the world has no such operation"),
        }
    }
}

impl Queue {
    fn send(&mut self, name: &str, text: &Value) -> Option<String> {
        match text.as_str() {
            Some(text) if !text.is_empty() && text.len() <= MAX_BYTES => {
                self.sent += 1;
                self.waiting.push(text.to_owned());
                Some(format!("{name}-{}", self.sent))
            }
            _ => None,
        }
    }

    fn send_batch(&mut self, name: &str, entries: &[Value], fault: Option<FaultKind>) -> Reply {
        if entries.is_empty() {
            return refuse("AWS.SimpleQueueService.EmptyBatchRequest", "an empty batch");
        }
        if entries.len() > MAX_ENTRIES {
            return refuse("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "more than 10 entries");
        }
        let ids: BTreeSet<Option<&str>> = entries.iter().map(|entry| entry["Id"].as_str()).collect();
        if ids.len() < entries.len() {
            return refuse("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "two entries have the same id");
        }
        let bytes: usize = entries.iter().filter_map(|entry| entry["MessageBody"].as_str()).map(str::len).sum();
        if bytes > MAX_BYTES {
            return refuse("AWS.SimpleQueueService.BatchRequestTooLong", "a batch holds up to 1 MiB");
        }
        let keep = match fault {
            Some(FaultKind::Unprocessed) => entries.len() / 2,
            _ => entries.len(),
        };
        let mut answer = json!({ "Successful": [], "Failed": [] });
        for (position, entry) in entries.iter().enumerate() {
            let sent = if position < keep { self.send(name, &entry["MessageBody"]) } else { None };
            let (side, row) = match sent {
                Some(id) => ("Successful", json!({ "Id": entry["Id"], "MessageId": id })),
                None => ("Failed", json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false })),
            };
            answer[side].as_array_mut().expect("a list").push(row);
        }
        Reply::json(&answer)
    }
}

/// SQS says an error's older name, which the SDK goes by, in a header.
fn refuse(code: &str, message: &str) -> Reply {
    let name = code.rsplit('.').next().unwrap_or(code);
    let mut reply = Reply::json_error(StatusCode::BAD_REQUEST, &format!("com.amazonaws.sqs#{name}"), message);
    let older = HeaderValue::from_str(&format!("{code};Sender")).expect("a code is ASCII");
    reply.headers.insert("x-amzn-query-error", older);
    reply
}
