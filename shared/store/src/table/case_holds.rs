//! The holds of a case: a change of holds and what it rests on in the case are one transaction.
//!
//! A link or an unlink adds to it the case, its owner's entry, its audit event and a custody event: with the 91 items of a
//! change of holds they are 95 of 100.

use policy::case::Case;
use policy::custody::CustodyEvent;
use policy::hold::{Hold, HoldChange, HoldKind};
use policy::holding::LifeChange;
use policy::id::CallId;

use super::case_link::{CaseBeside, CaseLink};
use super::cases::{CaseRecording, StoredCase, check_case, put_case, put_case_events};
use super::client::Table;
use super::custody::put_event;
use super::holds::{HoldOutcome, HoldRequest};
use super::transaction::{Transaction, WriteOutcome};
use crate::error::{ErrorKind, StoreError};

impl Table {
    /// NEVER EARLY: a recording comes to a case, and the case's own hold to its call, in one transaction: in the place of the
    /// provisional one where that stands. [`HoldOutcome::Busy`]: something had changed; read the case again.
    pub async fn link_recording(
        &self,
        link: &CaseLink<'_>,
        hold: Hold,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        let provisional = self.hold_of_case(link, HoldKind::Provisional, request).await?;
        let from = provisional.map(|provisional| provisional.id);
        let change = match &from {
            Some(from) => HoldChange::Exchange { from: from.clone(), to: hold },
            None => HoldChange::Place(hold),
        };
        let outcome = self.change_linked(link, &change, request).await?;
        if let (HoldOutcome::Done, Some(from)) = (outcome, from) {
            // A leg took the provisional one along to another call.
            for (call, _) in self.holds_of_group(from.as_str()).await? {
                if call != link.call.id {
                    self.change_holds_of(&call, None, &change, request).await?;
                }
            }
        }
        Ok(outcome)
    }

    /// A recording leaves a case. Where it was the last one of its call, the case's hold leaves the call in the same
    /// transaction. [`HoldOutcome::Busy`]: something had changed; read the case again.
    pub async fn unlink_recording(
        &self,
        link: &CaseLink<'_>,
        is_last_of_call: bool,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        const ACT: &str = "take a recording out of a case";
        let own = if is_last_of_call { self.hold_of_case(link, HoldKind::Case, request).await? } else { None };
        if let Some(hold) = own {
            return self.change_linked(link, &HoldChange::Lift(hold.id), request).await;
        }
        let mut transaction = self.transaction(ACT);
        if !self.put_beside(&mut transaction, &CaseBeside::Links(link), None).await? {
            return Ok(HoldOutcome::Gone);
        }
        Ok(match self.commit(transaction).await? {
            WriteOutcome::Done => HoldOutcome::Done,
            WriteOutcome::Conflict => HoldOutcome::Busy,
        })
    }

    async fn change_linked(
        &self,
        link: &CaseLink<'_>,
        change: &HoldChange,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        let beside = CaseBeside::Links(link);
        match self.change_until_done(&link.call.id, Some(link.call), change, request, Some(&beside)).await? {
            HoldOutcome::Done => self.follow_holds(&link.call.id, request).await,
            outcome => Ok(outcome),
        }
    }

    /// The hold of a kind that a case has on a call, under whatever id a leg brought it.
    async fn hold_of_case(
        &self,
        link: &CaseLink<'_>,
        kind: HoldKind,
        request: &HoldRequest<'_>,
    ) -> Result<Option<Hold>, StoreError> {
        let owner = link.write.case.view.id.as_str();
        let holds = self.holds(&link.call.id).await?.holds;
        let is_its = |hold: &Hold| hold.kind == kind && hold.owner == owner && hold.stands_at(request.act.at);
        Ok(holds.into_iter().find(is_its))
    }

    /// Holds the calls that an open case's memo may mean, those that stand and had not expired when it was written. TWICE IS ONCE: what is held
    /// already stays so. NEVER LATE: none is held once the case has changed since it was read; then it is to be read again.
    pub async fn hold_candidates(&self, stored: &StoredCase, request: &HoldRequest<'_>) -> Result<(), StoreError> {
        const ACT: &str = "hold what a memo may mean";
        let (case, now) = (&stored.case, request.act.at);
        for reference in &case.provisional {
            let Some(hold) = case.provisional_hold(&reference.id, now) else { continue };
            let call = self.call(reference).await?;
            // NEVER EARLY: what had not expired when the memo was written is held, however late this comes, unless its
            // deletion has begun.
            let written_at = case.view.written_at;
            if call.is_none_or(|call| call.claim.is_some() || call.has_expired(request.rulebook, written_at)) {
                continue;
            }
            let (change, beside) = (HoldChange::Place(hold), CaseBeside::Rests(stored));
            match self.change_until_done(&reference.id, Some(reference), &change, request, Some(&beside)).await? {
                HoldOutcome::Done => {
                    self.follow_holds(&reference.id, request).await?;
                }
                // What is being deleted can't be held any more. Where the most holds stand, it is held already.
                HoldOutcome::Gone | HoldOutcome::Refused(_) => {}
                HoldOutcome::Busy => return Err(StoreError::plain(ACT, ErrorKind::Throttled)),
            }
        }
        Ok(())
    }

    /// Lifts every hold of a closed case, its own and the provisional ones, wherever they stand; on which calls. A repeat goes
    /// on where one stopped.
    pub async fn lift_case_holds(&self, case: &Case, request: &HoldRequest<'_>) -> Result<Vec<CallId>, StoreError> {
        let mut calls = self.lift_holds_of(case.view.id.as_str(), request).await?;
        for reference in &case.provisional {
            if let Some(hold) = case.provisional_hold(&reference.id, case.view.written_at) {
                calls.extend(self.lift_holds_of(hold.id.as_str(), request).await?);
            }
        }
        Ok(calls)
    }

    /// Adds to a change of holds what it has to do with a case; whether the recording that is linked still stands.
    pub(super) async fn put_beside(
        &self,
        transaction: &mut Transaction,
        beside: &CaseBeside<'_>,
        life: Option<&LifeChange>,
    ) -> Result<bool, StoreError> {
        let link = match beside {
            CaseBeside::Rests(stored) => {
                check_case(transaction, &stored.case.view.id, stored.generation)?;
                return Ok(true);
            }
            CaseBeside::Links(link) => link,
        };
        put_case(transaction, &link.write)?;
        let Some(event) = self.link_event(link, life).await? else { return Ok(false) };
        if life.is_some() {
            // The call is written beside it, on the same condition.
            put_event(transaction, &event)?;
        } else {
            put_case_events(transaction, &[CaseRecording { event: &event, call: link.call }])?;
        }
        Ok(true)
    }

    /// What goes on the custody of a recording that is linked, behind the event of its hold.
    async fn link_event(
        &self,
        link: &CaseLink<'_>,
        life: Option<&LifeChange>,
    ) -> Result<Option<CustodyEvent>, StoreError> {
        let legs = life.map(|life| life.legs.as_slice()).unwrap_or_default();
        let leg = legs.iter().find(|leg| leg.recording.view.id == *link.recording);
        let head = match leg.and_then(|leg| leg.event.as_ref()) {
            Some(event) => Some(event.head()),
            None => self.recording(link.recording).await?.map(|stored| stored.head),
        };
        Ok(head.and_then(|head| head.append(link.recording, link.happening.clone())))
    }
}
