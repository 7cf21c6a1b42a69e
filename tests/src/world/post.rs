//! SES and `EventBridge`: mails and events are taken and kept, for a test to read.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard},
};

use http::StatusCode;
use serde_json::{Value, json};

use super::{call::Reply, dynamo::list};

/// A mail that SES took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The sender.
    pub from: String,
    /// The one address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

#[derive(Default)]
pub(crate) struct Post(Mutex<Kept>);

#[derive(Default)]
pub(super) struct Kept {
    pub(super) mails: Vec<SentMail>,
    pub(super) events: Vec<Value>,
    /// The addresses that SES takes no mail to.
    pub(super) rejected: BTreeSet<String>,
    /// How many of the events of a call are not taken.
    pub(super) failing_events: usize,
}

impl Post {
    pub(super) fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("nothing panics while holding it")
    }

    pub(crate) fn send_mail(&self, body: &Value) -> Reply {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let [to] = list(&body["Destination"]["ToAddresses"]) else {
            return Reply::json_error(StatusCode::BAD_REQUEST, "BadRequestException", "one address, please");
        };
        let content = &body["Content"]["Simple"];
        let mail = SentMail {
            from: text(&body["FromEmailAddress"]),
            to: text(to),
            subject: text(&content["Subject"]["Data"]),
            text: text(&content["Body"]["Text"]["Data"]),
        };
        let mut kept = self.lock();
        if kept.rejected.contains(&mail.to) {
            let message = format!("Email address is not verified: {}", mail.to);
            return Reply::json_error(StatusCode::BAD_REQUEST, "MessageRejected", &message);
        }
        kept.mails.push(mail);
        Reply::json(&json!({"MessageId": format!("mail-{}", kept.mails.len())}))
    }

    pub(crate) fn put_events(&self, body: &Value) -> Reply {
        let mut kept = self.lock();
        let entries = list(&body["Entries"]);
        if entries.is_empty() || entries.len() > 10 {
            return Reply::json_error(StatusCode::BAD_REQUEST, "ValidationException", "1 to 10 entries");
        }
        let mut answers = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            if position < kept.failing_events {
                answers.push(json!({"ErrorCode": "InternalFailure", "ErrorMessage": "failed"}));
                continue;
            }
            let mut event = entry.clone();
            event["Detail"] = serde_json::from_str(entry["Detail"].as_str().unwrap_or_default()).unwrap_or_default();
            kept.events.push(event);
            answers.push(json!({"EventId": format!("event-{}", kept.events.len())}));
        }
        let failed = kept.failing_events.min(entries.len());
        Reply::json(&json!({"FailedEntryCount": failed, "Entries": answers}))
    }
}
