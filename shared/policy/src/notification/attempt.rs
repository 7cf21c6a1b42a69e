//! Whether a notification is sent, and how often: at least once, and not in storms.

use jiff::{SignedDuration, Timestamp};

use crate::vocabulary::vocabulary;

/// 20 mails to one person in one day.
pub const MAILS_PER_DAY: u64 = 20;

/// 20 notifications in one mail: what one reads at a glance. The rest follows in the next one.
pub const NOTIFICATIONS_PER_MAIL: usize = 20;

/// 15 minutes: three times what a run may take, so that the run that began it is over.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// One day: who can't be mailed to today may be tomorrow.
const REJECTED_FOR: SignedDuration = SignedDuration::from_hours(24);

vocabulary! {
    /// What came of an attempt.
    SendState: 3 {
        /// It was begun: nobody knows yet.
        Sending = "sending",
        /// The service took the mail, or the event, and said that it will be delivered.
        Sent = "sent",
        /// The service does not take it.
        Rejected = "rejected",
    }
}

/// The last attempt to send a notification to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendAttempt {
    /// When it was begun.
    pub begun_at: Timestamp,
    /// What came of it.
    pub state: SendState,
}

impl SendAttempt {
    /// Whether a notification is to be sent, by the last attempt. At least once: one that was begun and has no outcome is
    /// repeated.
    pub fn is_due(last: Option<&Self>, now: Timestamp) -> bool {
        let Some(last) = last else { return true };
        let age = now.duration_since(last.begun_at);
        match last.state {
            SendState::Sent => false,
            SendState::Sending => age >= AGAIN_AFTER,
            SendState::Rejected => age >= REJECTED_FOR,
        }
    }
}
