//! Deletion on request, as a call sees it.

use jiff::Timestamp;

use super::Call;
use crate::deletion::{AgreedRoles, Approval, Obstacle, RequestedDeletion};
use crate::id::DeletionId;
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
        Ok(self.with_deletion(Some(RequestedDeletion { id, recordings, requested_by: by, approved: None })))
    }

    /// The call with its request approved.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn approve_deletion(&self, id: &DeletionId, approval: Approval) -> Result<Self, Obstacle> {
        self.stop()?;
        let standing = self.waiting_deletion(id).ok_or(Obstacle::NotRequested)?;
        if !self.is_named_by(standing) {
            return Err(Obstacle::Grown);
        }
        Ok(self.with_deletion(Some(RequestedDeletion { approved: Some(approval), ..standing.clone() })))
    }

    /// The call without its request; `None` where the request is none of this call's, or was approved.
    pub fn refuse_deletion(&self, id: &DeletionId) -> Option<Self> {
        self.waiting_deletion(id).filter(|_| self.claim.is_none()).map(|_| self.with_deletion(None))
    }

    /// Whether a second person approved its deletion before its time.
    pub fn is_deletion_approved(&self) -> bool {
        self.deletion.as_ref().is_some_and(|standing| standing.approved.is_some())
    }

    /// NEVER EARLY: whether two people had agreed, at a moment, on the deletion of every recording that the call has.
    pub fn is_deletion_agreed(&self, now: Timestamp) -> bool {
        let is_approved =
            |standing: &RequestedDeletion| standing.approved.as_ref().is_some_and(|approval| approval.at <= now);
        self.deletion.as_ref().is_some_and(|standing| is_approved(standing) && self.is_named_by(standing))
    }

    /// The request that two people agreed on.
    pub fn approved_request(&self) -> Option<&DeletionId> {
        self.deletion.as_ref().filter(|standing| standing.approved.is_some()).map(|standing| &standing.id)
    }

    /// The roles of those who agreed, for the proof.
    pub fn agreed_roles(&self) -> Option<AgreedRoles> {
        let standing = self.deletion.as_ref()?;
        let approved = standing.approved.as_ref()?;
        Some(AgreedRoles { requested_by: standing.requested_by, approved_by: approved.by })
    }

    /// The call with what it carried of a request before its table was restored.
    #[must_use]
    pub fn with_request_restored(&self, deletion: Option<RequestedDeletion>) -> Self {
        self.with_deletion(deletion)
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

    #[test]
    fn a_text_that_can_not_be_an_id_stands_for_one_that_no_request_has() {
        assert_eq!(DeletionId::of_text(id().as_str()), id());
        assert_ne!(DeletionId::of_text("x"), DeletionId::of_text("y"));
    }
}
