//! Mails by SES, and events by `EventBridge`: one operation of each.

use aws_smithy_types::retry::RetryConfig;
use policy::notification::{Mail, Notification};
use serde_json::json;

use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};
use crate::service::{Service, ServiceRequest};

/// 10 events: what one `PutEvents` takes.
pub const EVENTS_AT_ONCE: usize = 10;

/// The source of every event.
const SOURCE: &str = "rokuban";

/// The sender of mails: an identity of SES.
#[derive(Clone, Debug)]
pub struct Mailer {
    service: Service,
    from: String,
    identity: String,
}

/// What came of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// SES took it.
    Taken,
    /// SES does not take it: the address, or the sender, is not one that may be used.
    Rejected,
}

impl Mailer {
    /// From an address of an identity, by its ARN; no call is made.
    pub fn new(connection: &Connection, from: impl Into<String>, identity: impl Into<String>) -> Self {
        // A retry behind a lost reply would be a second mail: whether to try again is decided a run later.
        let once = connection.config.to_builder().retry_config(RetryConfig::disabled()).build();
        Self { service: Service::at_host(&once, "email", "ses"), from: from.into(), identity: identity.into() }
    }

    /// Sends a mail to one address. <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>
    pub async fn send(&self, address: &str, mail: &Mail) -> Result<MailOutcome, StoreError> {
        let text = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        let body = json!({
            "FromEmailAddress": self.from,
            "FromEmailAddressIdentityArn": self.identity,
            "Destination": {"ToAddresses": [address]},
            "Content": {"Simple": {"Subject": text(mail.subject), "Body": {"Text": text(&mail.text)}}},
        });
        let request = ServiceRequest::post("SendEmail", "/v2/email/outbound-emails", &body);
        match self.service.ask("send a mail", request).await {
            Ok(_) => Ok(MailOutcome::Taken),
            Err(error) if is_about_the_mail(&error) => Ok(MailOutcome::Rejected),
            Err(error) => Err(error),
        }
    }
}

/// Whether another mail may do: what else SES refuses is about the sender or the account, and lasts.
fn is_about_the_mail(error: &StoreError) -> bool {
    error.kind == ErrorKind::Invalid && matches!(error.code.as_deref(), Some("MessageRejected" | "BadRequestException"))
}

/// An event bus of `EventBridge`.
#[derive(Clone, Debug)]
pub struct EventBus {
    service: Service,
    name: String,
}

impl EventBus {
    /// The bus of this name; no call is made.
    pub fn new(connection: &Connection, name: impl Into<String>) -> Self {
        Self { service: Service::new(&connection.config, "events"), name: name.into() }
    }

    /// Puts at most [`EVENTS_AT_ONCE`] events; whether each was taken, in their order.
    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    pub async fn put(&self, notifications: &[&Notification], console: &str) -> Result<Vec<bool>, StoreError> {
        let entries: Vec<_> = notifications
            .iter()
            .map(|each| {
                json!({
                    "Source": SOURCE, "DetailType": each.kind, "EventBusName": self.name,
                    "Detail": each.event_detail(console).to_string(),
                })
            })
            .collect();
        let request = ServiceRequest::json("AWSEvents", "PutEvents", &json!({"Entries": entries}));
        let answer = self.service.ask("put events", request).await?;
        let taken =
            answer["Entries"].as_array().map(|entries| entries.iter().map(|entry| entry["EventId"].is_string()));
        Ok(taken.into_iter().flatten().chain(std::iter::repeat(false)).take(notifications.len()).collect())
    }
}
