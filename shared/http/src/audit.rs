//! Audit events: what somebody did or was refused.

use std::collections::BTreeMap;

use policy::audit::AuditAction;
pub use policy::audit::AuditOutcome as Outcome;
use policy::audit::fact::FactValue;
use policy::rulebook::Rulebook;
use schemars::JsonSchema;
use serde::Serialize;
use store::{AuditEvent, AuditText};

use crate::caller::{Caller, MemberCaller};
use crate::time::Time;

/// The fact that says whose a recording was when it was reached.
pub const OF_STAFF: &str = "of_staff";

/// The fact that says of which team it was then.
pub const OF_TEAM: &str = "of_team";

/// What a request asked for, in the caller's words: apart from the facts, since a number can be among them.
pub type AuditTexts = BTreeMap<String, AuditText>;

/// An older word for it.
pub type Asked = AuditTexts;

/// Facts that hold no number.
pub type Facts = BTreeMap<String, String>;

/// A fact as it is shown: by its name a number, an answer, or a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TypedFact {
    /// Whether something is so.
    Flag(bool),
    /// How many.
    Count(u64),
    /// A word, an id, a day; a moment in the company's zone.
    Text(String),
}

impl TypedFact {
    /// A fact by its name.
    pub fn new(name: &str, text: &str, rulebook: &Rulebook) -> Self {
        match FactValue::read(name, text) {
            FactValue::Flag(is) => Self::Flag(is),
            FactValue::Count(count) => Self::Count(count),
            FactValue::Moment(at) => Self::Text(Time::new(at, rulebook).into_text()),
            FactValue::Text(text) => Self::Text(text),
        }
    }
}

/// An event of a member of staff.
pub fn of_member(caller: &MemberCaller, action: AuditAction, outcome: Outcome, facts: Facts) -> AuditEvent {
    AuditEvent {
        at: caller.now,
        day: caller.rulebook.day_of(caller.now).to_string(),
        operation: caller.operation(action.as_str()),
        staff: caller.member.id.clone(),
        role: Some(caller.member.role),
        action,
        outcome,
        facts,
        asked: BTreeMap::new(),
        origin: Some(caller.origin.clone()),
        ends_at: caller.rulebook.audit_ends_at(caller.now),
    }
}

/// An event of a caller who can be `AdminLogin` and no member of staff.
pub fn of_publisher(caller: &Caller, action: AuditAction, outcome: Outcome, facts: Facts) -> AuditEvent {
    AuditEvent {
        at: caller.now,
        day: caller.rulebook.day_of(caller.now).to_string(),
        operation: caller.operation(action.as_str()),
        staff: caller.id().to_owned(),
        role: caller.member.as_ref().map(|member| member.role),
        action,
        outcome,
        facts,
        asked: BTreeMap::new(),
        origin: Some(caller.origin.clone()),
        ends_at: caller.rulebook.audit_ends_at(caller.now),
    }
}
