//! Where the company's notifications go.

/// The sender of mails.
pub const MAIL_FROM: &str = "Rokuban <rokuban@yamada.example>";

/// Its identity.
const MAIL_IDENTITY: &str = "arn:aws:ses:ap-northeast-1:000000000000:identity/yamada.example";

/// Where links lead to.
pub const CONSOLE_URL: &str = "https://rokuban.yamada.example";

/// By mail, and on a bus of the company's own.
pub(super) fn notifications() -> jobs::NotificationConfig {
    jobs::NotificationConfig {
        mail: jobs::MailConfig::Mail { from: MAIL_FROM.to_owned(), identity: MAIL_IDENTITY.to_owned() },
        event_bus: Some("company".to_owned()),
        console_url: CONSOLE_URL.to_owned(),
    }
}
