//! Deletion on request: a whole call before its time, where two people agree.
//!
//! A request names the recordings of the call. Approval is given for these alone: a recording that joined the call after
//! the request makes it void, and one that arrives after the approval opens the call's next life.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{DeletionId, RecordingId};
use crate::rulebook::{Role, Rulebook};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where a request is.
    DeletionState: 3 {
        /// A second person has not decided.
        Waiting = "waiting",
        /// Approved: the sweep carries it out.
        Approved = "approved",
        /// Refused, or taken back.
        Refused = "refused",
    }
}

/// What a call carries of the request that stands. QUIET: roles, no names and no reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedDeletion {
    /// The request.
    pub id: DeletionId,
    /// The recordings it names.
    pub recordings: BTreeSet<RecordingId>,
    /// The role then of whoever requested it.
    pub requested_by: Role,
    /// Set once, by a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approval>,
    /// Whether a part of the recording that it names is silenced, and the call lives on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_redaction: bool,
    /// The redacted version that took the recording's place: the recording, in this life of its call, is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<RecordingId>,
}

impl RequestedDeletion {
    /// A request to delete these recordings, which nobody has approved.
    pub fn new(id: DeletionId, recordings: BTreeSet<RecordingId>, requested_by: Role) -> Self {
        Self { id, recordings, requested_by, approved: None, is_redaction: false, replaced_by: None }
    }

    /// The roles of those who agreed; `None` where nobody has approved it.
    pub fn agreed_roles(&self) -> Option<AgreedRoles> {
        let approved = self.approved.as_ref()?;
        Some(AgreedRoles { requested_by: self.requested_by, approved_by: approved.by })
    }
}

/// That a second person approved a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// When.
    pub at: Timestamp,
    /// The role then of whoever approved it.
    pub by: Role,
}

/// The roles of the two who agreed on a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgreedRoles {
    /// Of the person who requested it, then.
    pub requested_by: Role,
    /// Of the person who approved it, then.
    pub approved_by: Role,
}

/// Who may approve a deletion on a day, by id: admins and auditors who did not request it and were not on the call.
pub fn approvers(rulebook: &Rulebook, today: Date, requested_by: &str, on_the_call: &[String]) -> Vec<String> {
    let posts = rulebook.staff.iter().filter(|post| post.is_held_on(today));
    let approves = |role| matches!(role, Role::Admin | Role::Auditor);
    let ids = posts.filter(|post| approves(post.role)).map(|post| &post.id).chain(&rulebook.admin_logins);
    let others = ids.filter(|id| *id != requested_by && !on_the_call.contains(id));
    others.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Why a call is not deleted on request. Who may ask and who may approve is decided before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is being deleted already.
    BeingDeleted,
    /// A hold stands.
    Held,
    /// Another request stands.
    Requested,
    /// The request is none of this call's, or no more.
    NotRequested,
    /// A recording joined it that the request does not name.
    Grown,
}
