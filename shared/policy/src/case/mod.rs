//! Cases 案件: from the memo 受付メモ that somebody writes to the close.
//!
//! A case needs no recording: the call can be a colleague's, too old to be seen, or one that nobody recorded.

pub mod answer;
mod candidate;
pub mod disclosure;
pub mod holds;
pub mod part;
pub mod release;
pub mod share;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use self::disclosure::Disclosure;
pub use candidate::{Candidate, CandidateReason, Sought, rank};
pub use text::CaseText;

use crate::id::{CaseId, RecordingId};
use crate::recording::CallReference;
use crate::rulebook::{Member, Rulebook};
use crate::vocabulary::vocabulary;

/// 14 days: how soon a person who asks for disclosure is answered (Act on the Protection of Personal Information, article
/// 33: without delay).
const DISCLOSURE_DAYS: i64 = 14;

/// 100 recordings: the calls of one dispute, and below what one transaction of the store writes for a close.
pub const RECORDINGS_LIMIT: usize = 100;

/// 40 characters: what tells one case from another in a list.
const EXCERPT_CHARACTERS: usize = 40;

vocabulary! {
    /// What a case is about.
    CaseKind: 7 {
        /// A customer complains.
        Complaint = "complaint",
        /// A customer harasses staff カスハラ.
        Harassment = "harassment",
        /// A claim, a suit, a lawyer's letter.
        Legal = "legal",
        /// The company looks into a member's conduct: its owner and admins alone see it.
        Investigation = "investigation",
        /// A person asks for what is kept about them (個人情報保護法33条).
        Disclosure = "disclosure",
        /// A person asks that it be used no more, or deleted (同35条).
        StopUse = "stop_use",
        /// An accident, a leak, a fraud.
        Incident = "incident",
    }
}

vocabulary! {
    /// Where a case is in its life.
    CaseState: 3 {
        /// A memo that nobody works on yet.
        New = "new",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// It has an outcome.
        Closed = "closed",
    }
}

vocabulary! {
    /// What came of a case.
    CaseOutcome: 7 {
        /// It is settled, or what was asked for is done.
        Resolved = "resolved",
        /// It goes on elsewhere, or can't be settled.
        Unresolved = "unresolved",
        /// The person who raised it took it back.
        Withdrawn = "withdrawn",
        /// All of it was disclosed.
        DisclosedWhole = "disclosed_whole",
        /// A part was disclosed.
        DisclosedPart = "disclosed_part",
        /// It was refused.
        Refused = "refused",
        /// Nothing of it is kept.
        NoneHeld = "none_held",
    }
}

impl CaseKind {
    /// What can come of a case of this kind.
    pub fn outcomes(self) -> &'static [CaseOutcome] {
        use CaseOutcome::{DisclosedPart, DisclosedWhole, NoneHeld, Refused, Resolved, Unresolved, Withdrawn};
        match self {
            Self::Disclosure => &[DisclosedWhole, DisclosedPart, Refused, NoneHeld, Withdrawn],
            Self::StopUse => &[Resolved, Refused, NoneHeld, Withdrawn],
            Self::Complaint | Self::Harassment | Self::Legal | Self::Investigation | Self::Incident => {
                &[Resolved, Unresolved, Withdrawn]
            }
        }
    }

    /// Until when it must be answered, where the kind says so.
    pub fn due_on(self, written_on: Date) -> Option<Date> {
        match self {
            Self::Disclosure => written_on.checked_add(DISCLOSURE_DAYS.days()).ok(),
            Self::Complaint | Self::Harassment | Self::Legal | Self::Investigation | Self::StopUse | Self::Incident => {
                None
            }
        }
    }
}

impl CaseOutcome {
    /// Whether it needs a reason: the person who was not given all they asked for is told why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::DisclosedPart | Self::Refused)
    }
}

/// What lists carry of a case: under 1 KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCase {
    /// Its id.
    pub id: CaseId,
    /// What it is about.
    pub kind: CaseKind,
    /// Its life.
    pub state: CaseState,
    /// When its memo was written.
    pub written_at: Timestamp,
    /// Who wrote it, by id.
    pub writer: String,
    /// The team whose managers work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Who works on it, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Which call it is about.
    pub sought: Sought,
    /// How its summary begins.
    pub excerpt: CaseText,
    /// Until when it must be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Date>,
    /// From when on it is shown to nobody; `None` until it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}

/// A case, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// What lists carry.
    pub view: ListedCase,
    /// What happened, in the writer's words.
    pub summary: CaseText,
    /// The recordings that were found to be about it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub recordings: BTreeSet<RecordingId>,
    /// The calls that its memo may mean: held until somebody has decided, for 14 days at most.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub provisional: BTreeSet<CallReference>,
    /// How a person's request is handled; `None` until somebody wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
    /// How it ended; `None` until it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// What came of it.
    pub outcome: CaseOutcome,
    /// Why, where somebody is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CaseText>,
    /// When.
    pub at: Timestamp,
    /// By whom, by id.
    pub by: String,
}

/// A memo 受付メモ, as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memo {
    /// What it is about.
    pub kind: CaseKind,
    /// Which call it means.
    pub sought: Sought,
    /// What happened.
    pub summary: CaseText,
    /// The team it is for; the writer's own unless given.
    pub team: Option<String>,
    /// The calls that it may mean, at most [`holds::CANDIDATES_LIMIT`].
    pub candidates: BTreeSet<CallReference>,
}

/// Why a case does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// It is closed.
    Closed,
    /// It has as many recordings as a case may have.
    Full,
    /// The outcome is none of a case of its kind.
    WrongOutcome,
    /// The outcome needs a reason.
    ReasonMissing,
    /// Nobody wrote down how the person was identified to whom something is disclosed.
    IdentityUnchecked,
    /// It is not about a person's request.
    NotOfAPerson,
    /// The day is before the memo, or too late.
    WrongDay,
}

impl Case {
    /// Opens the case that a memo begins. An investigation is its writer's from the first moment on.
    pub fn open(id: CaseId, memo: Memo, writer: &Member, rulebook: &Rulebook, now: Timestamp) -> Self {
        let is_investigation = memo.kind == CaseKind::Investigation;
        let own_team = || writer.teams.first().or(writer.manages.first()).cloned();
        let view = ListedCase {
            id,
            kind: memo.kind,
            state: CaseState::New,
            written_at: now,
            writer: writer.id.clone(),
            team: memo.team.or_else(own_team),
            owner: is_investigation.then(|| writer.id.clone()),
            sought: memo.sought,
            excerpt: memo.summary.excerpt(EXCERPT_CHARACTERS),
            due_on: memo.kind.due_on(rulebook.day_of(now)),
            ends_at: None,
        };
        Self {
            view,
            summary: memo.summary,
            recordings: BTreeSet::new(),
            provisional: memo.candidates,
            disclosure: None,
            closing: None,
        }
    }

    /// The case with a recording. Who links the first one owns the case from then on.
    ///
    /// # Errors
    /// It is closed, or has as many as it may have.
    pub fn link(&self, recording: &RecordingId, by: &Member) -> Result<Self, Unchanged> {
        if self.closing.is_some() {
            return Err(Unchanged::Closed);
        }
        if self.recordings.len() >= RECORDINGS_LIMIT && !self.recordings.contains(recording) {
            return Err(Unchanged::Full);
        }
        let mut linked = self.clone();
        linked.recordings.insert(recording.clone());
        linked.view.state = CaseState::InProgress;
        linked.view.owner.get_or_insert_with(|| by.id.clone());
        Ok(linked)
    }

    /// The case without a recording.
    ///
    /// # Errors
    /// It is closed.
    pub fn unlink(&self, recording: &RecordingId) -> Result<Self, Unchanged> {
        if self.closing.is_some() {
            return Err(Unchanged::Closed);
        }
        let mut unlinked = self.clone();
        unlinked.recordings.remove(recording);
        Ok(unlinked)
    }

    /// The case, closed. NEVER LATE: its end is fixed now, whatever a later rulebook says.
    ///
    /// # Errors
    /// It is closed already, or the outcome is none of its kind, or lacks its reason.
    pub fn close(
        &self,
        outcome: CaseOutcome,
        reason: Option<CaseText>,
        by: &Member,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Result<Self, Unchanged> {
        if self.closing.is_some() {
            return Err(Unchanged::Closed);
        }
        if !self.view.kind.outcomes().contains(&outcome) {
            return Err(Unchanged::WrongOutcome);
        }
        if outcome.needs_reason() && reason.is_none() {
            return Err(Unchanged::ReasonMissing);
        }
        if outcome.needs_identity() && self.disclosure.is_none() {
            return Err(Unchanged::IdentityUnchecked);
        }
        let mut closed = self.clone();
        closed.view.state = CaseState::Closed;
        closed.view.ends_at = Some(rulebook.case_ends_at(now));
        closed.closing = Some(Closing { outcome, reason, at: now, by: by.id.clone() });
        Ok(closed)
    }
}

impl ListedCase {
    /// NEVER LATE: whether it is shown to nobody any more, deleted or not.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|ends_at| now >= ends_at)
    }
}

impl Rulebook {
    /// When a case that is closed at a moment ends.
    fn case_ends_at(&self, closed_at: Timestamp) -> Timestamp {
        let kept = SignedDuration::from_hours(24 * i64::from(self.case_days));
        closed_at.checked_add(kept).unwrap_or(Timestamp::MAX)
    }
}
