//! A part of a recording that is shared with somebody.

use jiff::Timestamp;

use super::policies::Verdict;
use super::{Action, Decision, Policies, Refusal, Subject, barred};
use crate::recording::{RecordingSummary, State};
use crate::rulebook::{Member, Rulebook};

/// Decides whether a member to whom a part of a recording is shared may hear that part now. That it is shared is decided
/// before.
pub fn decide_on_part(member: &Member, listed: &RecordingSummary, rulebook: &Rulebook, now: Timestamp) -> Decision {
    Policies::built_in().decide_on_part(member, listed, rulebook, now)
}

impl Policies {
    /// [`decide_on_part`] under these policies: as of a recording that is shared with its member, without a use of its own.
    /// STRICT: they are told nothing of the recording.
    pub fn decide_on_part(
        &self,
        member: &Member,
        listed: &RecordingSummary,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Decision {
        let invisible = Decision::Refuse(Refusal::NotVisible);
        let members = [member.id.clone()];
        let subject = Subject::from(listed).shared_with(&members);
        // Whatever the role: what left the active state is heard as a whole or not at all.
        if subject.state != State::Active || barred(Action::Play, subject, rulebook, now).is_some() {
            return invisible;
        }
        match self.on_recording(member, subject, None, rulebook, now).verdict(Action::Play.as_str()) {
            Verdict::Permit => Decision::Permit,
            Verdict::Silence | Verdict::Forbid(_) => invisible,
        }
    }
}
