//! Deletion on request, as a call sees it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Call;
use crate::deletion::{AgreedRoles, Approval, Obstacle, RequestedDeletion};
use crate::id::{DeletionId, RecordingId};
use crate::rulebook::Role;

impl Call {
    /// The call with a request for its deletion.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn request_deletion(&self, id: DeletionId, by: Role) -> Result<Self, Obstacle> {
        self.stop()?;
        if self.deletion.is_some() {
            return Err(Obstacle::Requested);
        }
        let recordings = self.own_legs().cloned().collect();
        Ok(self.with_deletion(Some(RequestedDeletion::new(id, recordings, by))))
    }

    /// The call with a request to silence a part of one of its recordings.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn request_redaction(&self, id: DeletionId, by: Role, of: &RecordingId) -> Result<Self, Obstacle> {
        self.stop()?;
        if self.deletion.is_some() {
            return Err(Obstacle::Requested);
        }
        let request = RequestedDeletion::new(id, BTreeSet::from([of.clone()]), by);
        Ok(self.with_deletion(Some(RequestedDeletion { is_redaction: true, ..request })))
    }

    /// The call with its request approved.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn approve_deletion(&self, id: &DeletionId, approval: Approval) -> Result<Self, Obstacle> {
        self.stop()?;
        let standing = self.waiting_deletion(id).ok_or(Obstacle::NotRequested)?;
        let is_right = if standing.is_redaction { self.has_all_of(standing) } else { self.is_named_by(standing) };
        if !is_right {
            return Err(Obstacle::Grown);
        }
        Ok(self.with_deletion(Some(RequestedDeletion { approved: Some(approval), ..standing.clone() })))
    }

    /// The call without its request; `None` where the request is none of this call's, or was approved.
    pub fn refuse_deletion(&self, id: &DeletionId) -> Option<Self> {
        self.waiting_deletion(id).filter(|_| self.claim.is_none()).map(|_| self.with_deletion(None))
    }

    /// The call without a redaction that can't be made; `None` where this call has no such request.
    pub fn abandon_redaction(&self, id: &DeletionId) -> Option<Self> {
        let standing = self.deletion.as_ref().filter(|standing| standing.id == *id && standing.is_redaction);
        standing.filter(|_| self.claim.is_none()).map(|_| self.with_deletion(None))
    }

    /// NEVER EARLY: the redaction that two people agreed on and that nothing stands in the way of.
    pub fn agreed_redaction(&self, id: &DeletionId, of: &RecordingId) -> Option<&RequestedDeletion> {
        let is_it = |standing: &&RequestedDeletion| {
            standing.id == *id
                && standing.is_redaction
                && standing.approved.is_some()
                && standing.recordings.contains(of)
        };
        self.deletion.as_ref().filter(is_it).filter(|standing| self.stop().is_ok() && self.has_all_of(standing))
    }

    /// Whether a second person approved its deletion before its time.
    pub fn is_deletion_approved(&self) -> bool {
        self.whole_deletion().is_some_and(|standing| standing.approved.is_some())
    }

    /// The redacted version that took a recording's place, for which this life of the call ends.
    pub fn replaced_by(&self, recording: &RecordingId) -> Option<&RecordingId> {
        let standing = self.whole_deletion().filter(|standing| standing.recordings.contains(recording))?;
        standing.replaced_by.as_ref()
    }

    /// NEVER EARLY: whether two people had agreed, at a moment, on the deletion of every recording that the call has.
    pub fn is_deletion_agreed(&self, now: Timestamp) -> bool {
        let is_approved =
            |standing: &RequestedDeletion| standing.approved.as_ref().is_some_and(|approval| approval.at <= now);
        self.whole_deletion().is_some_and(|standing| is_approved(standing) && self.is_named_by(standing))
    }

    /// The request that two people agreed on.
    pub fn approved_request(&self) -> Option<&DeletionId> {
        self.whole_deletion().filter(|standing| standing.approved.is_some()).map(|standing| &standing.id)
    }

    /// The roles of those who agreed, for the proof.
    pub fn agreed_roles(&self) -> Option<AgreedRoles> {
        self.whole_deletion()?.agreed_roles()
    }

    /// The call with what it carried of a request before its table was restored.
    #[must_use]
    pub fn with_request_restored(&self, deletion: Option<RequestedDeletion>) -> Self {
        self.with_deletion(deletion)
    }

    /// NEVER EARLY: the request that is for the end of this life of the call. A redaction leaves the call as it is.
    fn whole_deletion(&self) -> Option<&RequestedDeletion> {
        self.deletion.as_ref().filter(|standing| !standing.is_redaction)
    }

    fn has_all_of(&self, standing: &RequestedDeletion) -> bool {
        standing.recordings.iter().all(|id| self.brought.get(id).is_some_and(|brought| brought.follows.is_none()))
    }

    fn stop(&self) -> Result<(), Obstacle> {
        if self.claim.is_some() {
            return Err(Obstacle::BeingDeleted);
        }
        if self.holds.is_empty() { Ok(()) } else { Err(Obstacle::Held) }
    }

    fn waiting_deletion(&self, id: &DeletionId) -> Option<&RequestedDeletion> {
        self.deletion.as_ref().filter(|standing| standing.id == *id && standing.approved.is_none())
    }

    fn is_named_by(&self, standing: &RequestedDeletion) -> bool {
        self.own_legs().all(|id| standing.recordings.contains(id))
    }

    fn with_deletion(&self, deletion: Option<RequestedDeletion>) -> Self {
        Self { deletion, generation: self.generation + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::call::{Claim, Due, Leg, due};
    use crate::id::{CallId, HoldId, RecordingId};
    use crate::recording::CallReference;
    use crate::rulebook::Rulebook;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn leg(key: &str) -> Leg {
        let began = at("2026-11-03T05:05:02Z");
        let period = ("standard.1".parse().unwrap(), jiff::civil::date(2026, 11, 3));
        Leg::new(RecordingId::of("bucket", key, "version"), began, began, period)
    }

    fn call() -> Call {
        let reference = CallReference { id: CallId::of("freepbx", None, "1"), incarnation: 0 };
        Call::open(reference, &leg("a"), 1).join(&leg("b"))
    }

    fn id() -> DeletionId {
        DeletionId::of(&call().reference.id, "1.delete")
    }

    fn approval() -> Approval {
        Approval { at: at("2026-11-05T00:00:00Z"), by: Role::Auditor }
    }

    fn approved() -> Call {
        call().request_deletion(id(), Role::Manager).unwrap().approve_deletion(&id(), approval()).unwrap()
    }

    fn due_now(call: &Call) -> Due {
        due(call, &Rulebook::strict_default("root"), at("2026-11-05T00:00:00Z"))
    }

    fn claimed(call: &Call) -> Call {
        Call { claim: Some(Claim { id: "run".to_owned(), at: approval().at, rulebook_version: 1 }), ..call.clone() }
    }

    #[test]
    fn only_what_two_people_agreed_on_is_due_before_its_time() {
        let waiting = call().request_deletion(id(), Role::Manager).unwrap();
        assert_eq!((waiting.generation, approved().generation), (call().generation + 1, call().generation + 2));
        assert!(matches!(due_now(&call()), Due::NotBefore(_)));
        assert!(matches!(due_now(&waiting), Due::NotBefore(_)));
        assert_eq!(due_now(&approved()), Due::Now);
        // An hour before, it was not: what the sweep left then is not late.
        assert!(matches!(
            due(&approved(), &Rulebook::strict_default("root"), at("2026-11-04T23:00:00Z")),
            Due::NotBefore(_)
        ));
        assert_eq!(waiting.agreed_roles(), None);
        let roles = AgreedRoles { requested_by: Role::Manager, approved_by: Role::Auditor };
        assert_eq!(approved().agreed_roles(), Some(roles));
    }

    #[test]
    fn a_hold_stops_it_at_every_step_and_so_does_a_claim() {
        let id_of_hold = HoldId::of(&call().reference.id, "legal", "1");
        let held = |call: &Call| Call { holds: [(id_of_hold.clone(), None)].into_iter().collect(), ..call.clone() };
        let waiting = call().request_deletion(id(), Role::Manager).unwrap();
        assert_eq!(held(&call()).request_deletion(id(), Role::Admin), Err(Obstacle::Held));
        assert_eq!(held(&waiting).approve_deletion(&id(), approval()), Err(Obstacle::Held));
        assert_eq!(due_now(&held(&approved())), Due::Held);
        assert_eq!(claimed(&call()).request_deletion(id(), Role::Admin), Err(Obstacle::BeingDeleted));
        assert_eq!(claimed(&waiting).approve_deletion(&id(), approval()), Err(Obstacle::BeingDeleted));
        assert_eq!(claimed(&waiting).refuse_deletion(&id()), None);
        // A hold never keeps a request from being taken back.
        assert_eq!(held(&waiting).refuse_deletion(&id()).unwrap().deletion, None);
    }

    #[test]
    fn a_recording_that_joins_before_the_approval_makes_the_request_void_and_after_it_none_joins() {
        let waiting = call().request_deletion(id(), Role::Manager).unwrap();
        let grown = waiting.join(&leg("c"));
        assert_eq!(grown.approve_deletion(&id(), approval()), Err(Obstacle::Grown));
        let (late, named) = (leg("c").id, leg("a").id);
        assert!(waiting.is_open_to(&late) && !approved().is_open_to(&late) && approved().is_open_to(&named));
        // Were it in the call all the same, the call would be kept.
        assert!(matches!(due_now(&approved().join(&leg("c"))), Due::NotBefore(_)));
        // What follows a recording goes with it, and what left the call is not deleted with it.
        let sidecar = Leg::dependant(leg("d").id, &named, at("2026-11-03T05:05:02Z"), at("2026-11-06T00:00:00Z"));
        assert_eq!(due_now(&approved().join(&sidecar)), Due::Now);
        assert_eq!(due_now(&approved().leave(&named)), Due::Now);
    }

    #[test]
    fn one_request_stands_at_a_time_and_it_is_approved_or_refused_once() {
        let waiting = call().request_deletion(id(), Role::Manager).unwrap();
        let other = DeletionId::of(&call().reference.id, "2.delete");
        assert_eq!(waiting.request_deletion(other.clone(), Role::Admin), Err(Obstacle::Requested));
        assert_eq!(approved().request_deletion(other.clone(), Role::Admin), Err(Obstacle::Requested));
        assert_eq!(waiting.approve_deletion(&other, approval()), Err(Obstacle::NotRequested));
        assert_eq!(approved().approve_deletion(&id(), approval()), Err(Obstacle::NotRequested));
        assert_eq!(call().approve_deletion(&id(), approval()), Err(Obstacle::NotRequested));
        assert_eq!(waiting.refuse_deletion(&other), None);
        assert_eq!(approved().refuse_deletion(&id()), None);
        let refused = waiting.refuse_deletion(&id()).unwrap();
        assert_eq!((refused.deletion.clone(), refused.generation), (None, waiting.generation + 1));
        assert!(refused.request_deletion(other, Role::Admin).is_ok());
    }

    fn silencing() -> Call {
        let requested = call().request_redaction(id(), Role::Manager, &leg("a").id).unwrap();
        requested.approve_deletion(&id(), approval()).unwrap()
    }

    #[test]
    fn a_redaction_that_two_people_agreed_on_deletes_no_call_and_closes_it_to_nobody() {
        let (call, now) = (silencing(), approval().at);
        assert!(matches!(due_now(&call), Due::NotBefore(_)));
        assert!(!call.is_deletion_approved() && !call.is_deletion_agreed(now));
        assert_eq!((call.approved_request(), call.agreed_roles()), (None, None));
        assert_eq!(call.replaced_by(&leg("a").id), None);
        assert!(call.is_open_to(&leg("c").id));
        // Not even where the recording that it names is all that is left.
        let alone = call.leave(&leg("b").id);
        assert!(matches!(due_now(&alone), Due::NotBefore(_)));
        assert_eq!(call.request_deletion(id(), Role::Admin), Err(Obstacle::Requested));
        let waiting = self::call().request_deletion(id(), Role::Admin).unwrap();
        assert_eq!(waiting.request_redaction(id(), Role::Admin, &leg("a").id), Err(Obstacle::Requested));
    }

    #[test]
    fn a_redaction_is_made_of_the_recording_that_it_names_and_under_no_hold() {
        let (of, other) = (leg("a").id, leg("b").id);
        assert!(silencing().agreed_redaction(&id(), &of).is_some());
        assert!(silencing().join(&leg("c")).agreed_redaction(&id(), &of).is_some());
        let waiting = call().request_redaction(id(), Role::Manager, &of).unwrap();
        let legal = HoldId::of(&call().reference.id, "legal", "1");
        let held = |call: &Call| Call { holds: [(legal.clone(), None)].into_iter().collect(), ..call.clone() };
        for (call, of) in [
            (waiting.clone(), &of),
            (silencing(), &other),
            (held(&silencing()), &of),
            (claimed(&silencing()), &of),
            (silencing().leave(&of), &of),
            (approved(), &of),
        ] {
            assert_eq!(call.agreed_redaction(&id(), of), None, "{call:?}");
        }
        assert_eq!(silencing().agreed_redaction(&DeletionId::of_text("x"), &of), None);
        assert_eq!(held(&call()).request_redaction(id(), Role::Admin, &of), Err(Obstacle::Held));
        assert_eq!(held(&waiting).approve_deletion(&id(), approval()), Err(Obstacle::Held));
        assert_eq!(waiting.leave(&of).approve_deletion(&id(), approval()), Err(Obstacle::Grown));
    }

    #[test]
    fn a_redaction_that_can_not_be_made_leaves_the_call_as_it_was() {
        let back = silencing().abandon_redaction(&id()).unwrap();
        assert_eq!((back.deletion, back.legs), (None, call().legs));
        assert_eq!(claimed(&silencing()).abandon_redaction(&id()), None);
        assert_eq!(approved().abandon_redaction(&id()), None, "a deletion that was agreed on is never taken back");
        assert_eq!(silencing().abandon_redaction(&DeletionId::of_text("x")), None);
    }

    #[test]
    fn a_text_that_can_not_be_an_id_stands_for_one_that_no_request_has() {
        assert_eq!(DeletionId::of_text(id().as_str()), id());
        assert_ne!(DeletionId::of_text("x"), DeletionId::of_text("y"));
    }
}
