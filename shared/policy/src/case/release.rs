//! Releases 社外提出: parts of recordings that leave the company, on record, state by state.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::part::{Clip, CutFailure, Part};
use super::share::{FinishDecision, Step};
use super::text::CaseText;
use crate::id::{CaseId, RecordingId, ReleaseId};
use crate::vocabulary::vocabulary;

/// 20 parts: what a lawyer's letter asks for. With their events and calls they are 40 of the 100 items of a transaction.
pub const PARTS_LIMIT: usize = 20;

/// 50 releases of one case.
pub const RELEASES_LIMIT: usize = 50;

/// 3 years: so long the register 社外提出の記録 shows a release, unless the rulebook says otherwise.
const DEFAULT_REGISTER_DAYS: u32 = 3 * 365;

fn default_register_days() -> u32 {
    DEFAULT_REGISTER_DAYS
}

/// 30 days after the close of its case: so long its package stays.
const AFTER_CLOSE: SignedDuration = SignedDuration::from_hours(24 * 30);

vocabulary! {
    /// Under what a release is made.
    ReleaseBasis: 7 {
        /// An inquiry of the police or a prosecutor 捜査関係事項照会 (刑訴法197条2項).
        InvestigationInquiry = "investigation_inquiry",
        /// An inquiry through a bar association 弁護士会照会 (弁護士法23条の2).
        BarInquiry = "bar_inquiry",
        /// A court's order.
        CourtOrder = "court_order",
        /// The company's own lawyer.
        OwnCounsel = "own_counsel",
        /// The person whom it is about asks for it (個人情報保護法33条).
        PersonRequest = "person_request",
        /// The person whom it is about consents.
        Consent = "consent",
        /// Something else: the reason says what.
        Other = "other",
    }
}

vocabulary! {
    /// Where a release is.
    ReleaseState: 7 {
        /// Requested: a second person has not decided.
        Requested = "requested",
        /// Approved: its package is being made.
        Approved = "approved",
        /// Its package is made.
        Built = "built",
        /// It was given to its recipient.
        Delivered = "delivered",
        /// A second person refused it.
        Refused = "refused",
        /// It was taken back.
        Withdrawn = "withdrawn",
        /// No package could be made.
        Failed = "failed",
    }
}

/// One part of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasePart {
    /// Which.
    #[serde(flatten)]
    pub part: Part,
    /// A timed transcript 反訳 that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<CaseText>,
}

/// Who decided something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonedStep {
    /// Who and when.
    #[serde(flatten)]
    pub step: Step,
    /// Why.
    pub reason: CaseText,
}

/// The file that a recipient gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its key in the derived bucket.
    pub key: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// What is in it, in the order of the release's parts.
    pub parts: Vec<Clip>,
}

/// A recipient's link. Anyone who has the token opens the package, so only its hash is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseLink {
    /// SHA-256 of the token, 64 hexadecimal digits.
    pub token_sha256: String,
    /// Who made it.
    pub made: Step,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

/// QUIET: not even the hash.
impl fmt::Debug for ReleaseLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ReleaseLink(until {})", self.expires_at)
    }
}

/// That the recipient has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Who wrote it down, and when.
    #[serde(flatten)]
    pub step: Step,
    /// Who received it.
    pub received_by: CaseText,
    /// How: by the link, by hand, by registered mail.
    pub channel: CaseText,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The case it belongs to.
    pub case: CaseId,
    /// To whom.
    pub recipient: CaseText,
    /// Under what.
    pub basis: ReleaseBasis,
    /// The number or the name of the inquiry or the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<CaseText>,
    /// And its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis_date: Option<Date>,
    /// Why.
    pub reason: CaseText,
    /// What.
    pub parts: Vec<ReleasePart>,
    /// Days that the register keeps it, as the rulebook said when it was requested.
    #[serde(default = "default_register_days")]
    pub register_days: u32,
    /// Where it is.
    pub state: ReleaseState,
    /// Who requested it.
    pub requested: Step,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Step>,
    /// Who refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<ReasonedStep>,
    /// Who took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<ReasonedStep>,
    /// The file for its recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// Why no package could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<CutFailure>,
    /// How the recipient reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<ReleaseLink>,
    /// That the recipient has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivery>,
    /// How often the recipient opened it.
    #[serde(default)]
    pub opened: u32,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRelease {
    /// To whom.
    pub recipient: CaseText,
    /// Under what.
    pub basis: ReleaseBasis,
    /// The number or the name of the inquiry or the order.
    pub reference: Option<CaseText>,
    /// And its date.
    pub basis_date: Option<Date>,
    /// Why.
    pub reason: CaseText,
    /// What.
    pub parts: Vec<ReleasePart>,
    /// Days that the register keeps it.
    pub register_days: u32,
}

/// What somebody does with a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseChange {
    /// Approves it.
    Approve,
    /// Refuses it, and says why.
    Refuse(CaseText),
    /// Takes it back, and says why.
    Withdraw(CaseText),
    /// Makes its link, over the hash of a new token, until a moment.
    Link {
        /// SHA-256 of the token, 64 hexadecimal digits.
        token_sha256: String,
        /// From when on it opens nothing.
        expires_at: Timestamp,
    },
    /// Writes down that the recipient has it.
    Deliver {
        /// Who received it.
        received_by: CaseText,
        /// How.
        channel: CaseText,
    },
}

/// Why a release stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseRefusal {
    /// It is in a state in which this is not done.
    WrongState(ReleaseState),
    /// Who requested it does not decide on it.
    OwnRequest,
}

impl Release {
    /// The release that a member requests.
    pub fn request(id: ReleaseId, case: CaseId, new: NewRelease, requested: Step) -> Self {
        let NewRelease { recipient, basis, reference, basis_date, reason, parts, register_days } = new;
        Self {
            id,
            case,
            recipient,
            basis,
            reference,
            basis_date,
            reason,
            parts,
            register_days,
            state: ReleaseState::Requested,
            requested,
            approved: None,
            refused: None,
            withdrawn: None,
            package: None,
            failure: None,
            link: None,
            delivered: None,
            opened: 0,
        }
    }

    /// The release after a step; the same where the same member did the same before (TWICE IS ONCE), except that a link is
    /// always a new one.
    ///
    /// # Errors
    /// Why it stays.
    pub fn change(&self, change: &ReleaseChange, step: Step) -> Result<Self, ReleaseRefusal> {
        use ReleaseState::{Approved, Built, Delivered, Failed, Refused, Requested, Withdrawn};
        let wrong = Err(ReleaseRefusal::WrongState(self.state));
        let mut changed = self.clone();
        match (change, self.state) {
            // Two people: who requested it does not decide on it.
            (ReleaseChange::Approve | ReleaseChange::Refuse(_), Requested) if step.by == self.requested.by => {
                return Err(ReleaseRefusal::OwnRequest);
            }
            (ReleaseChange::Approve, Requested) => {
                changed.state = Approved;
                changed.approved = Some(step);
            }
            (ReleaseChange::Approve, Approved | Built) => {
                return if self.approved.as_ref().is_some_and(|by| by.by == step.by) { Ok(changed) } else { wrong };
            }
            (ReleaseChange::Refuse(reason), Requested) => {
                changed.state = Refused;
                changed.refused = Some(ReasonedStep { step, reason: reason.clone() });
            }
            (ReleaseChange::Refuse(reason), Refused) => {
                let is_done = |by: &ReasonedStep| by.step.by == step.by && by.reason == *reason;
                return if self.refused.as_ref().is_some_and(is_done) { Ok(changed) } else { wrong };
            }
            (ReleaseChange::Withdraw(reason), Requested | Approved | Built | Delivered | Failed) => {
                changed.state = Withdrawn;
                changed.link = None;
                changed.withdrawn = Some(ReasonedStep { step, reason: reason.clone() });
            }
            (ReleaseChange::Withdraw(_), Withdrawn) => {}
            (ReleaseChange::Link { token_sha256, expires_at }, Built | Delivered) => {
                let token_sha256 = token_sha256.clone();
                changed.link = Some(ReleaseLink { token_sha256, made: step, expires_at: *expires_at });
            }
            (ReleaseChange::Deliver { received_by, channel }, Built) => {
                changed.state = Delivered;
                let (received_by, channel) = (received_by.clone(), channel.clone());
                changed.delivered = Some(Delivery { step, received_by, channel });
            }
            (ReleaseChange::Deliver { received_by, channel }, Delivered) => {
                let is_done =
                    |by: &Delivery| by.step.by == step.by && by.received_by == *received_by && by.channel == *channel;
                return if self.delivered.as_ref().is_some_and(is_done) { Ok(changed) } else { wrong };
            }
            _ => return wrong,
        }
        Ok(changed)
    }

    /// The release with its package.
    pub fn finish(&self, package: &Package) -> FinishDecision<Self> {
        if self.package.as_ref() == Some(package) && self.state != ReleaseState::Withdrawn {
            return FinishDecision::Already;
        }
        if self.state != ReleaseState::Approved {
            return FinishDecision::NotWanted;
        }
        let package = Some(package.clone());
        FinishDecision::Finished(Self { state: ReleaseState::Built, package, ..self.clone() })
    }

    /// The release of which no package can be made.
    pub fn fail(&self, failure: CutFailure) -> FinishDecision<Self> {
        match self.state {
            ReleaseState::Approved => {
                FinishDecision::Finished(Self { state: ReleaseState::Failed, failure: Some(failure), ..self.clone() })
            }
            ReleaseState::Failed => FinishDecision::Already,
            _ => FinishDecision::NotWanted,
        }
    }

    /// The package, where a token opens it at a moment. STRICT: withdrawn, expired, another's: none.
    pub fn package_of(&self, token_sha256: &str, now: Timestamp) -> Option<&Package> {
        let link = self.link.as_ref()?;
        let opens = matches!(self.state, ReleaseState::Built | ReleaseState::Delivered)
            && link.token_sha256 == token_sha256
            && now < link.expires_at;
        self.package.as_ref().filter(|_| opens)
    }

    /// The release, opened once more.
    #[must_use]
    pub fn open(&self) -> Self {
        Self { opened: self.opened.saturating_add(1), ..self.clone() }
    }

    /// The recordings it has parts of, each once, in their order.
    pub fn recordings(&self) -> Vec<RecordingId> {
        let mut recordings: Vec<RecordingId> = Vec::new();
        for part in &self.parts {
            if !recordings.contains(&part.part.recording) {
                recordings.push(part.part.recording.clone());
            }
        }
        recordings
    }

    /// NEVER LATE: when the register forgets it.
    pub fn ends_at(&self) -> Timestamp {
        let kept = SignedDuration::from_hours(24 * i64::from(self.register_days));
        self.requested.at.checked_add(kept).unwrap_or(Timestamp::MAX)
    }
}

impl super::Case {
    /// NEVER LATE: from when on nothing that was made of its recordings is heard or opened; `None` while it is open.
    pub fn outputs_end_at(&self) -> Option<Timestamp> {
        let closing = self.closing.as_ref()?;
        Some(closing.at.checked_add(AFTER_CLOSE).unwrap_or(Timestamp::MAX))
    }
}
