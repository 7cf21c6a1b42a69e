//! Permission: who may do what. A refusal is a value.
//!
//! Expiry, state, holds and deletion are decided in plain code, and so is whether a use is one at all: no
//! policy can override them. Who may is decided by Cedar ([`Policies`]), with the rulebook's switches. What a
//! refused person learns is decided last: one who may not view a recording gets the answer of one that does
//! not exist.

mod cases;
mod not_allowed;
pub mod part;
mod policies;
mod subject;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use cases::CaseAction;
pub use not_allowed::NotAllowed;
pub use policies::{NotPolicies, POLICIES, Policies, SCHEMA};
pub use subject::Subject;

use crate::case::ListedCase;
use crate::recording::{Listed, State};
use crate::rulebook::{Member, QUALITY, Role, Rulebook};
use policies::Verdict;

/// The word of the policies for writing a memo: there is no case yet.
const WRITE_MEMO: &str = "write_memo";

/// What can be done with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See its facts; of a deleted one, its tombstone's.
    View,
    /// Hear it.
    Play,
    /// Take it away as a file.
    Download,
    /// See who did what with it.
    Custody,
    /// Read what is written about its call.
    ReadNotes,
    /// Write something about its call.
    Note,
    /// Ask that it be deleted before its time.
    Delete,
    /// Let a deletion happen that somebody else asked for.
    Approve,
    /// Read what stops its deletion.
    ReadHolds,
    /// Stop its deletion.
    Hold,
    /// Let its deletion go on.
    LiftHold,
    /// Let somebody of the company hear it.
    Share,
    /// Hand it out of the company.
    Release,
    /// Say what quarantine could not read.
    Correct,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::View,
        Self::Play,
        Self::Download,
        Self::Custody,
        Self::ReadNotes,
        Self::Note,
        Self::Delete,
        Self::Approve,
        Self::ReadHolds,
        Self::Hold,
        Self::LiftHold,
        Self::Share,
        Self::Release,
        Self::Correct,
    ];

    /// The word for it, in events, in the audit and in the policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Play => "play",
            Self::Download => "download",
            Self::Custody => "custody",
            Self::ReadNotes => "read_notes",
            Self::Note => "note",
            Self::Delete => "delete",
            Self::Approve => "approve",
            Self::ReadHolds => "read_holds",
            Self::Hold => "hold",
            Self::LiftHold => "lift_hold",
            Self::Share => "share",
            Self::Release => "release",
            Self::Correct => "correct",
        }
    }

    /// Whether somebody hears it by this, now or later.
    fn lets_hear(self) -> bool {
        matches!(self, Self::Play | Self::Download | Self::Share | Self::Release)
    }

    /// Whether it passes to others by this, or out of the product.
    fn lets_out(self) -> bool {
        matches!(self, Self::Download | Self::Share | Self::Release)
    }

    /// Whether the one who asks says what it is for.
    fn has_use(self) -> bool {
        matches!(self, Self::Play | Self::Download)
    }
}

/// What can be done with what the company's recordings left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceAction {
    /// Read who searched, heard and was refused what.
    Audit,
    /// Read reports.
    Reports,
}

impl TraceAction {
    /// The word for it, in the audit and in the policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Reports => "reports",
        }
    }
}

/// What can be done with the rulebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulebookAction {
    /// Read it.
    Read,
    /// Plan, publish or withdraw one.
    Publish,
}

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Permit,
    /// No, and what may be said about it.
    Refuse(Refusal),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not to be told from a recording that does not exist.
    NotVisible,
    /// It may be viewed, but not this.
    NotAllowed {
        /// Why.
        reason: NotAllowed,
    },
    /// Its period is over, or it is deleted.
    Expired,
    /// The use given is none of the rulebook's purposes.
    NotAPurpose,
}

impl From<NotAllowed> for Refusal {
    fn from(reason: NotAllowed) -> Self {
        Self::NotAllowed { reason }
    }
}

/// From when on nobody may hear a recording; `None` while a hold without an end stands, and where no rule says.
pub fn expires_at<'r>(subject: impl Into<Subject<'r>>, rulebook: &Rulebook) -> Option<Timestamp> {
    subject.into().expires_at(rulebook)
}

/// Decides what a member may do with a recording. `use_` is what it is played or downloaded for; for
/// everything else none is asked.
pub fn decide<'r>(
    member: &Member,
    action: Action,
    subject: impl Into<Subject<'r>>,
    use_: Option<&str>,
    rulebook: &Rulebook,
    now: Timestamp,
) -> Decision {
    Policies::built_in().decide(member, action, subject, use_, rulebook, now)
}

/// Decides who may read the audit and the reports.
pub fn decide_on_traces(member: &Member, action: TraceAction) -> Decision {
    Policies::built_in().decide_on_traces(member, action)
}

/// Decides whether a member may write a memo.
pub fn decide_on_memo(member: &Member) -> Decision {
    Policies::built_in().decide_on_memo(member)
}

/// Decides what a member may do with a case.
pub fn decide_on_case(member: &Member, action: CaseAction, case: &ListedCase, now: Timestamp) -> Decision {
    Policies::built_in().decide_on_case(member, action, case, now)
}

/// Decides who may read and publish the rulebook: every admin, auditors to read it alone, and `admin_login`, which the deployment
/// names, whatever the rulebook says: else a wrong list would shut everybody out for ever. Plain code, for
/// the switches of every policy come from what is published.
pub fn decide_on_rulebook(member: Option<&Member>, action: RulebookAction, login: &str, admin_login: &str) -> Decision {
    let is_admin_login = !admin_login.is_empty() && login == admin_login;
    let is_admin = member.is_some_and(|member| member.role == Role::Admin);
    let is_auditor = member.is_some_and(|member| member.role == Role::Auditor);
    match action {
        RulebookAction::Read if is_auditor => Decision::Permit,
        RulebookAction::Read | RulebookAction::Publish if is_admin_login || is_admin => Decision::Permit,
        RulebookAction::Read | RulebookAction::Publish => Decision::Refuse(NotAllowed::OnlyAdmins.into()),
    }
}

/// Whether lists show a recording at all, to whoever may view it: duplicates are hidden behind their first,
/// sidecars and call logs are fragments of others, and a tombstone answers only to its id.
pub fn is_listed(listed: &Listed) -> bool {
    listed.duplicate_of.is_none() && matches!(listed.state, State::Active | State::Quarantined)
}

impl Policies {
    /// [`decide`] under these policies.
    pub fn decide<'r>(
        &self,
        member: &Member,
        action: Action,
        subject: impl Into<Subject<'r>>,
        use_: Option<&str>,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Decision {
        let subject = subject.into();
        let invisible = Decision::Refuse(Refusal::NotVisible);
        if is_admins_alone(member, action, subject) {
            return invisible;
        }
        let asked = self.on_recording(member, subject, use_, rulebook, now);
        let verdict_on = |action: Action| asked.verdict(action.as_str());
        let verdict = verdict_on(action);
        // Who may do a thing may know that there is something to do it with; else it must be viewed.
        if verdict != Verdict::Permit && (action == Action::View || verdict_on(Action::View) != Verdict::Permit) {
            return invisible;
        }
        if let Some(refusal) = barred(action, subject, rulebook, now) {
            return Decision::Refuse(refusal);
        }
        match verdict {
            Verdict::Permit => match unmet(member, action, subject, use_, rulebook, now) {
                Some(refusal) => Decision::Refuse(refusal),
                None => Decision::Permit,
            },
            Verdict::Forbid(reason) => Decision::Refuse(reason.into()),
            Verdict::Silence => Decision::Refuse(why_silent(member, action, rulebook).into()),
        }
    }

    /// [`decide_on_memo`] under these policies.
    pub fn decide_on_memo(&self, member: &Member) -> Decision {
        match self.on_company(member).verdict(WRITE_MEMO) {
            Verdict::Permit => Decision::Permit,
            Verdict::Silence | Verdict::Forbid(_) => Decision::Refuse(NotAllowed::NoMemos.into()),
        }
    }

    /// [`decide_on_case`] under these policies.
    pub fn decide_on_case(&self, member: &Member, action: CaseAction, case: &ListedCase, now: Timestamp) -> Decision {
        // NEVER LATE: from the second of its end on, whether or not its item is gone.
        if case.has_ended(now) {
            return Decision::Refuse(Refusal::NotVisible);
        }
        let asked = self.on_case(member, case);
        // Who may not see a case may not know of it.
        if asked.verdict(CaseAction::View.as_str()) != Verdict::Permit {
            return Decision::Refuse(Refusal::NotVisible);
        }
        match asked.verdict(action.as_str()) {
            Verdict::Permit => Decision::Permit,
            Verdict::Silence | Verdict::Forbid(_) => Decision::Refuse(NotAllowed::NotYourCase.into()),
        }
    }

    /// [`decide_on_traces`] under these policies.
    pub fn decide_on_traces(&self, member: &Member, action: TraceAction) -> Decision {
        match self.on_company(member).verdict(action.as_str()) {
            Verdict::Permit => Decision::Permit,
            Verdict::Silence | Verdict::Forbid(_) => Decision::Refuse(NotAllowed::NotForTheRole.into()),
        }
    }
}

/// STRICT: of what is not understood, and of what is only part of another, nobody knows whose it is: it is
/// the admins'. Auditors see what was done with it, and approve that it be deleted.
fn is_admins_alone(member: &Member, action: Action, subject: Subject<'_>) -> bool {
    match (subject.state, member.role) {
        (State::Active | State::Deleted, _) | (_, Role::Admin) => false,
        (State::Quarantined | State::Fragment, Role::Auditor) => !matches!(action, Action::Custody | Action::Approve),
        (State::Quarantined | State::Fragment, Role::Manager | Role::Staff) => true,
    }
}

/// What nobody may do with a recording as it is, whoever asks.
fn barred(action: Action, subject: Subject<'_>, rulebook: &Rulebook, now: Timestamp) -> Option<Refusal> {
    if subject.periods.is_none() {
        // A tombstone is seen, and what happened to it; it is a recording no more.
        return (!matches!(action, Action::View | Action::Custody)).then_some(Refusal::Expired);
    }
    if subject.is_held_at(now) {
        // NEVER EARLY: while a hold stands nothing is deleted.
        if matches!(action, Action::Delete | Action::Approve) {
            return Some(NotAllowed::Held.into());
        }
    } else {
        // NEVER LATE: from the second of expiry on, sweep or no sweep.
        match subject.expires_at(rulebook) {
            Some(expiry) if now >= expiry => return Some(Refusal::Expired),
            None if action.lets_hear() => return Some(NotAllowed::NoRule.into()),
            Some(_) | None => {}
        }
    }
    if action.lets_hear() && !subject.is_audio {
        return Some(NotAllowed::NoAudio.into());
    }
    (action.lets_out() && subject.state == State::Quarantined).then(|| NotAllowed::InQuarantine.into())
}

/// What one whose role may do this must meet beside it.
fn unmet(
    member: &Member,
    action: Action,
    subject: Subject<'_>,
    use_: Option<&str>,
    rulebook: &Rulebook,
    now: Timestamp,
) -> Option<Refusal> {
    if action == Action::Approve {
        // Two people, and nobody on the call.
        return match subject.deletion_asked_by {
            None => Some(NotAllowed::NothingToApprove.into()),
            Some(id) if id == member.id => Some(NotAllowed::OwnRequest.into()),
            Some(_) if subject.staff == Some(&member.id) => Some(NotAllowed::OnTheCall.into()),
            Some(_) => None,
        };
    }
    if !action.has_use() {
        return None;
    }
    let Some(use_) = use_.filter(|use_| rulebook.purposes.iter().any(|purpose| purpose == use_)) else {
        return Some(Refusal::NotAPurpose);
    };
    if use_ != QUALITY {
        return None;
    }
    let Some(quality) = &rulebook.quality else {
        return Some(Refusal::NotAPurpose);
    };
    if !subject.notice_covers(QUALITY, rulebook) {
        return Some(NotAllowed::NoticeWithoutQuality.into());
    }
    subject.is_older_than(quality.keep_days, rulebook, now).then(|| NotAllowed::QualityOver.into())
}

/// What to say to one who may view, where no policy permits more.
fn why_silent(member: &Member, action: Action, rulebook: &Rulebook) -> NotAllowed {
    match (member.role, action) {
        (Role::Manager, Action::Download) if !rulebook.manager_download => NotAllowed::ManagersDoNotDownload,
        (Role::Staff, Action::Play) => NotAllowed::StaffDoNotHear,
        _ => NotAllowed::NotForTheRole,
    }
}
