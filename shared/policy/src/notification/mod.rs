//! Notifications 通知: what waits for somebody, by mail to those who may act on it, and as events for the company's own
//! tools.
//!
//! QUIET: a notification has ids alone. No number, no name, and nothing that a person wrote.

mod attempt;
mod closure;
mod find;
mod mail;
mod model;
mod people;
#[cfg(test)]
mod tests;

pub use attempt::{MAILS_PER_DAY, NOTIFICATIONS_PER_MAIL, SendAttempt, SendState};
pub use closure::{Closure, ClosureTally, EndingCalls, of_closure};
pub use find::{
    is_hold_ending, of_breaker, of_correction, of_deletion, of_due_answer, of_ending_hold, of_memo,
    of_pending_rulebook, of_release, of_share,
};
pub use mail::{Mail, sentence};
pub use model::{CallCount, Notification, NotificationKind};
pub use people::Deciders;
