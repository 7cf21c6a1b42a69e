//! A notification.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a notification is about.
    NotificationKind: 10 {
        /// A memo that nobody works on.
        MemoWaiting = "memo_waiting",
        /// A release that a second person decides on.
        ReleaseToDecide = "release_to_decide",
        /// A deletion request that a second person decides on.
        DeletionToDecide = "deletion_to_decide",
        /// A correction that a second admin confirms.
        CorrectionToConfirm = "correction_to_confirm",
        /// A rulebook that a second admin agrees to before it is in force.
        RulebookToAgree = "rulebook_to_agree",
        /// A part of a recording is shared with the recipient.
        ShareGiven = "share_given",
        /// A person's request must be answered within three days, or should have been.
        AnswerDue = "answer_due",
        /// What a memo may mean is held for three more days at most.
        HoldEnding = "hold_ending",
        /// The circuit breaker is open: more calls are due than the day may lose.
        BreakerOpen = "breaker_open",
        /// Calls of the recipient's teams end on closed days.
        EndingWhileClosed = "ending_while_closed",
    }
}

/// What waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What it is about.
    pub kind: NotificationKind,
    /// Which one: with the kind it is sent once to each recipient.
    pub subject: String,
    /// The ids that lead to it, by their names in the API.
    pub ids: BTreeMap<&'static str, String>,
    /// How many calls it is about, where it counts them.
    pub calls: Option<CallCount>,
    /// The place in the console where one acts on it.
    pub(super) place: String,
    /// Those who may act on it, by id.
    pub recipients: BTreeSet<String>,
    /// Whether it is an event too: only its owner and admins may know of an investigation.
    pub is_for_tools: bool,
}

impl Notification {
    /// What it is known by: the kind and the subject. It is the same however often it is found.
    pub fn key(&self) -> String {
        format!("{}#{}", self.kind.as_str(), self.subject)
    }

    /// The page of the console where one acts on it.
    pub fn link(&self, console: &str) -> String {
        format!("{}/#/{}", console.trim_end_matches('/'), self.place)
    }

    /// What the company's own tools read of it.
    pub fn event_detail(&self, console: &str) -> Value {
        let mut detail = json!({"id": self.key(), "kind": self.kind, "link": self.link(console)});
        for (name, id) in &self.ids {
            detail[*name] = json!(id);
        }
        if let Some(count) = self.calls {
            detail["calls"] = json!(count.calls);
            detail["are_all_counted"] = json!(count.is_whole);
        }
        detail
    }
}

/// How many calls a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCount {
    /// How many were counted.
    pub calls: u64,
    /// Whether these are all.
    pub is_whole: bool,
}
