//! Where notifications go, from the environment.

use store::{ConfigError, Connection, EventBus, Mailer, Variables};

/// How what waits is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MailConfig {
    /// To nobody.
    #[default]
    Off,
    /// Into the log alone, as it would be mailed.
    Show,
    /// By mail: from an address, of an SES identity by its ARN.
    Mail {
        /// The sender.
        from: String,
        /// The identity.
        identity: String,
    },
}

/// How what waits is reported, from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationConfig {
    /// `NOTIFICATIONS`: `OFF`, `SHOW` or `MAIL`; with the last one `MAIL_FROM` and `MAIL_IDENTITY`.
    pub mail: MailConfig,
    /// `EVENT_BUS`: its name; without it there are no events.
    pub event_bus: Option<String>,
    /// `CONSOLE_URL`: where links lead to.
    pub console_url: String,
}

impl NotificationConfig {
    /// Reads it. What is off needs nothing else.
    pub fn read(variables: &Variables<'_>) -> Result<Self, ConfigError> {
        let mail = match variables.optional("NOTIFICATIONS").as_deref() {
            None | Some("OFF") => MailConfig::Off,
            Some("SHOW") => MailConfig::Show,
            Some("MAIL") => {
                MailConfig::Mail { from: variables.needed("MAIL_FROM")?, identity: variables.needed("MAIL_IDENTITY")? }
            }
            Some(_) => return Err(ConfigError::Form { name: "NOTIFICATIONS", form: "OFF, SHOW or MAIL" }),
        };
        let event_bus = variables.optional("EVENT_BUS");
        let is_off = mail == MailConfig::Off && event_bus.is_none();
        let console_url = if is_off { String::new() } else { variables.needed("CONSOLE_URL")? };
        Ok(Self { mail, event_bus, console_url })
    }
}

/// Where notifications go.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    pub(crate) mail: MailChannel,
    pub(crate) events: Option<EventBus>,
    pub(crate) console_url: String,
}

/// How mails go.
#[derive(Clone, Debug)]
pub(crate) enum MailChannel {
    Off,
    Show,
    Mail(Mailer),
}

impl Channels {
    pub(crate) fn new(connection: &Connection, config: NotificationConfig) -> Self {
        let mail = match config.mail {
            MailConfig::Off => MailChannel::Off,
            MailConfig::Show => MailChannel::Show,
            MailConfig::Mail { from, identity } => MailChannel::Mail(Mailer::new(connection, from, identity)),
        };
        let events = config.event_bus.map(|name| EventBus::new(connection, name));
        Self { mail, events, console_url: config.console_url }
    }

    pub(crate) fn are_off(&self) -> bool {
        matches!(self.mail, MailChannel::Off) && self.events.is_none()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_off_needs_nothing_and_what_is_on_needs_its_sender_and_where_links_lead() {
        let read = |given: &[(&str, &str)]| {
            let given: Vec<(String, String)> =
                given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            NotificationConfig::read(&Variables::new(move |name| {
                given.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }))
        };
        assert_eq!(read(&[]), Ok(NotificationConfig::default()));
        assert_eq!(read(&[("NOTIFICATIONS", "OFF")]), Ok(NotificationConfig::default()));
        assert_eq!(read(&[("NOTIFICATIONS", "SHOW")]), Err(ConfigError::Missing("CONSOLE_URL")));
        assert_eq!(read(&[("EVENT_BUS", "default")]), Err(ConfigError::Missing("CONSOLE_URL")));
        assert_eq!(read(&[("NOTIFICATIONS", "MAIL"), ("CONSOLE_URL", "a")]), Err(ConfigError::Missing("MAIL_FROM")));
        assert!(matches!(read(&[("NOTIFICATIONS", "on")]), Err(ConfigError::Form { .. })));
        let given =
            [("NOTIFICATIONS", "MAIL"), ("MAIL_FROM", "a@b.jp"), ("MAIL_IDENTITY", "arn"), ("CONSOLE_URL", "c")];
        let mail = MailConfig::Mail { from: "a@b.jp".to_owned(), identity: "arn".to_owned() };
        assert_eq!(read(&given).unwrap().mail, mail);
    }
}
