//! Holds: items of the call id, for all lives of the call; each life carries what counts of them.
//!
//! A change is one transaction for the hold and the life it was asked for, with a copy and an event for each leg: at most 40
//! legs are 80 of the 100 items. The other lives follow, each in a transaction of its own that checks the generation of
//! the holds. A life that opens meanwhile does the same. So whatever stops in the middle, a repeat goes on.

use policy::call::Call;
use policy::hold::{CallHolds, Hold, HoldChange, HoldRefusal};
use policy::holding::{HoldAct, LegBefore, LifeChange, follow};
use policy::id::{CallId, HoldId};
use policy::recording::CallReference;
use policy::rulebook::Rulebook;

use super::audit::{AuditEvent, audit_item};
use super::calls::{CallLife, CallWrite, put_call};
use super::case_link::CaseBeside;
use super::client::Table;
use super::custody::put_event;
use super::due::DueKey;
use super::hold_items::{
    GENERATION, HOLDS_GENERATION_SK, check_generation, hold_group_pk, hold_group_sk, hold_sk, holds_pk,
    parse_hold_group_sk, put_generation, put_hold,
};
use super::item::{ABSENT, from_item, key, read_number, read_text, value_of};
use super::recordings::{Stored, put_recording};
use super::transaction::{Transaction, WriteOutcome};
use crate::error::{ErrorKind, StoreError};
use crate::retry::{Attempt, is_over, pause_after};

/// 8 attempts, two seconds: each fails only if another writer changed the call, a leg or the holds in between.
const ATTEMPTS: u32 = 8;

/// 1,000 items of one call id: far more than stand and are being lifted at once.
const ITEMS_LIMIT: usize = 1_000;

/// Who asks for a change of holds, and under which rules the call goes back to the due index.
#[derive(Clone, Debug)]
pub struct HoldRequest<'a> {
    /// What custody says of it.
    pub act: HoldAct,
    /// The audit event, written with the change; `None` where another event speaks for it.
    pub audit: Option<&'a AuditEvent>,
    /// The rulebook in force.
    pub rulebook: &'a Rulebook,
}

/// What came of a change of holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldOutcome {
    /// It stands, in every life of the call, and every leg has its event.
    Done,
    /// The holds stay as they are.
    Refused(HoldRefusal),
    /// The call is being deleted, or is no more.
    Gone,
    /// Others kept writing the call.
    Busy,
}

impl Table {
    /// Places a hold on a call, in all of its lives. TWICE IS ONCE: one that stands already is done.
    pub async fn place_hold(
        &self,
        call: &CallReference,
        hold: Hold,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        self.change_holds(call, &HoldChange::Place(hold), request).await
    }

    /// Exchanges a hold, wherever it stands, for another: no moment is without one of them.
    pub async fn exchange_hold(
        &self,
        call: &CallReference,
        from: &HoldId,
        to: &Hold,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        let change = HoldChange::Exchange { from: from.clone(), to: to.clone() };
        let outcome = self.change_holds(call, &change, request).await?;
        if outcome == HoldOutcome::Done {
            // A leg took it along to another call.
            let places = self.holds_of_group(from.as_str()).await?;
            for (other, _) in places.into_iter().filter(|(other, _)| *other != call.id) {
                let request = HoldRequest { audit: None, ..request.clone() };
                self.change_holds_of(&other, None, &change, &request).await?;
            }
        }
        Ok(outcome)
    }

    /// Lifts a hold wherever it stands: on the call, and on those that a leg took it along to, which are told.
    pub async fn lift_hold(
        &self,
        call: &CallReference,
        id: &HoldId,
        request: &HoldRequest<'_>,
    ) -> Result<(HoldOutcome, Vec<CallId>), StoreError> {
        let outcome = self.change_holds(call, &HoldChange::Lift(id.clone()), request).await?;
        let others = match outcome {
            HoldOutcome::Done => self.lift_holds_of(id.as_str(), request).await?,
            HoldOutcome::Refused(_) | HoldOutcome::Gone | HoldOutcome::Busy => Vec::new(),
        };
        Ok((outcome, others))
    }

    /// Lifts every hold of a case, or every place of one hold; the ids of the calls it stood on, which `jobs` is told of. A
    /// repeat goes on where one stopped.
    pub async fn lift_holds_of(&self, group: &str, request: &HoldRequest<'_>) -> Result<Vec<CallId>, StoreError> {
        const ACT: &str = "lift the holds of a case";
        let request = HoldRequest { audit: None, ..request.clone() };
        let mut done: Vec<(CallId, HoldId)> = Vec::new();
        // A leg that moved meanwhile took a hold along: it is found by another look.
        loop {
            let mut standing = self.holds_of_group(group).await?;
            standing.retain(|place| !done.contains(place));
            if standing.is_empty() {
                let mut calls: Vec<CallId> = done.into_iter().map(|(call, _)| call).collect();
                calls.dedup();
                return Ok(calls);
            }
            for (call, id) in standing {
                match self.change_holds_of(&call, None, &HoldChange::Lift(id.clone()), &request).await? {
                    HoldOutcome::Busy => return Err(StoreError::plain(ACT, ErrorKind::Throttled)),
                    HoldOutcome::Done | HoldOutcome::Gone | HoldOutcome::Refused(_) => done.push((call, id)),
                }
            }
        }
    }

    /// Lifts what has ended by itself on a call id, and removes what was lifted once no life carries it any more.
    pub async fn end_holds(&self, call: &CallId, request: &HoldRequest<'_>) -> Result<HoldOutcome, StoreError> {
        let outcome = self.change_until_done(call, None, &HoldChange::End, request, None).await?;
        if outcome != HoldOutcome::Done {
            return Ok(outcome);
        }
        // What is marked as lifted before the first life is read is in none once the last is written.
        let lifted: Vec<Hold> = self.holds(call).await?.lifted().cloned().collect();
        let outcome = self.follow_holds(call, request).await?;
        if outcome == HoldOutcome::Done {
            self.remove_lifted(call, &lifted).await?;
        }
        Ok(outcome)
    }

    /// The holds of a call id, read consistently.
    pub async fn holds(&self, call: &CallId) -> Result<CallHolds, StoreError> {
        const ACT: &str = "read holds";
        let mut read = CallHolds::default();
        for item in self.all(ACT, holds_pk(call), "", ITEMS_LIMIT).await? {
            if read_text(ACT, &item, "sk")? == HOLDS_GENERATION_SK {
                read.generation = read_number(ACT, &item, GENERATION)?;
            } else {
                read.holds.push(from_item(ACT, item)?);
            }
        }
        Ok(read)
    }

    /// Where the holds of a case stand, or one hold, read consistently: call ids and hold ids.
    pub(super) async fn holds_of_group(&self, group: &str) -> Result<Vec<(CallId, HoldId)>, StoreError> {
        const ACT: &str = "read where holds stand";
        let items = self.all(ACT, hold_group_pk(group), "", ITEMS_LIMIT).await?;
        let places =
            items.iter().map(|item| parse_hold_group_sk(read_text(ACT, item, "sk")?).ok_or(StoreError::lacks(ACT)));
        places.collect()
    }

    /// Puts every life of a call under the holds of its id. A repeat changes nothing.
    pub(super) async fn follow_holds(
        &self,
        call: &CallId,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        for incarnation in 0.. {
            let life = CallReference { id: call.clone(), incarnation };
            match self.follow_until_done(&life, request).await? {
                Attempt::Done(Followed::Unopened) => break,
                Attempt::Done(Followed::Done) => {}
                Attempt::Conflict => return Ok(HoldOutcome::Busy),
            }
        }
        Ok(HoldOutcome::Done)
    }

    async fn change_holds(
        &self,
        call: &CallReference,
        change: &HoldChange,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        self.change_holds_of(&call.id, Some(call), change, request).await
    }

    /// Changes the holds of a call id, first those of one life, where one is asked for.
    pub(super) async fn change_holds_of(
        &self,
        call: &CallId,
        life: Option<&CallReference>,
        change: &HoldChange,
        request: &HoldRequest<'_>,
    ) -> Result<HoldOutcome, StoreError> {
        match self.change_until_done(call, life, change, request, None).await? {
            HoldOutcome::Done => self.follow_holds(call, request).await,
            outcome => Ok(outcome),
        }
    }

    // Loops, not closures: a future that borrows in a closure can't be shown to go from thread to thread.
    pub(super) async fn change_until_done(
        &self,
        call: &CallId,
        life: Option<&CallReference>,
        change: &HoldChange,
        request: &HoldRequest<'_>,
        case: Option<&CaseBeside<'_>>,
    ) -> Result<HoldOutcome, StoreError> {
        for number in 1.. {
            let outcome = self.try_to_change(call, life, change, request, case).await;
            // A case that has changed is read again by the caller.
            let attempts = if case.is_some() { 1 } else { ATTEMPTS };
            if is_over(&outcome, number >= attempts) {
                return outcome.map(|outcome| match outcome {
                    Attempt::Done(outcome) => outcome,
                    Attempt::Conflict => HoldOutcome::Busy,
                });
            }
            pause_after(&self.connection, number).await;
        }
        Ok(HoldOutcome::Busy)
    }

    async fn follow_until_done(
        &self,
        life: &CallReference,
        request: &HoldRequest<'_>,
    ) -> Result<Attempt<Followed>, StoreError> {
        for number in 1.. {
            let outcome = self.try_to_follow(life, request).await;
            if is_over(&outcome, number >= ATTEMPTS) {
                return outcome;
            }
            pause_after(&self.connection, number).await;
        }
        Ok(Attempt::Conflict)
    }

    async fn try_to_change(
        &self,
        call: &CallId,
        life: Option<&CallReference>,
        change: &HoldChange,
        request: &HoldRequest<'_>,
        case: Option<&CaseBeside<'_>>,
    ) -> Result<Attempt<HoldOutcome>, StoreError> {
        const ACT: &str = "change holds";
        let before = self.holds(call).await?;
        let after = match before.changed(change, request.act.at) {
            Ok(after) => after,
            Err(refusal) => return Ok(Attempt::Done(HoldOutcome::Refused(refusal))),
        };
        let life = match life {
            None => None,
            Some(reference) => match self.call(reference).await? {
                Some(standing) if standing.claim.is_none() => self.life(&standing, &after, request).await?,
                Some(_) | None => return Ok(Attempt::Done(HoldOutcome::Gone)),
            },
        };
        if after == before && !matches!(case, Some(CaseBeside::Links(_))) {
            return Ok(Attempt::Done(HoldOutcome::Done));
        }
        let mut transaction = self.transaction(ACT);
        if after == before {
            check_generation(&mut transaction, call, before.generation)?;
        } else {
            put_generation(&mut transaction, call, before.generation)?;
        }
        for hold in after.holds.iter().filter(|hold| !before.holds.contains(hold)) {
            put_hold(&mut transaction, call, hold)?;
        }
        if let Some(life) = &life {
            put_life(&mut transaction, life, request.rulebook)?;
        }
        if let Some(audit) = request.audit {
            transaction.put(audit_item(ACT, audit)?, ABSENT, &[])?;
        }
        if let Some(case) = case
            && !self.put_beside(&mut transaction, case, life.as_ref()).await?
        {
            return Ok(Attempt::Done(HoldOutcome::Gone));
        }
        Ok(match self.commit(transaction).await? {
            WriteOutcome::Done => Attempt::Done(HoldOutcome::Done),
            WriteOutcome::Conflict => Attempt::Conflict,
        })
    }
}

/// What came of following one life.
enum Followed {
    /// It is under the holds of its id, or needs none.
    Done,
    /// There is no such life, and no later one.
    Unopened,
}

impl Table {
    async fn try_to_follow(
        &self,
        life: &CallReference,
        request: &HoldRequest<'_>,
    ) -> Result<Attempt<Followed>, StoreError> {
        const ACT: &str = "put a call under holds";
        let holds = self.holds(&life.id).await?;
        let call = match self.call_life(life).await? {
            CallLife::Unopened => return Ok(Attempt::Done(Followed::Unopened)),
            CallLife::Emptied => return Ok(Attempt::Done(Followed::Done)),
            CallLife::Standing(call) => call,
        };
        let Some(change) = self.life(&call, &holds, request).await? else {
            return Ok(Attempt::Done(Followed::Done));
        };
        let mut transaction = self.transaction(ACT);
        check_generation(&mut transaction, &life.id, holds.generation)?;
        put_life(&mut transaction, &change, request.rulebook)?;
        Ok(match self.commit(transaction).await? {
            WriteOutcome::Done => Attempt::Done(Followed::Done),
            WriteOutcome::Conflict => Attempt::Conflict,
        })
    }

    /// What a life becomes under holds; `None` where nothing of it changes.
    pub(super) async fn life(
        &self,
        call: &Call,
        holds: &CallHolds,
        request: &HoldRequest<'_>,
    ) -> Result<Option<LifeChange>, StoreError> {
        let carried = holds.carried();
        if call.holds == carried || call.claim.is_some() {
            return Ok(None);
        }
        let mut legs = Vec::new();
        for id in call.own_legs() {
            // A leg that has moved meanwhile has changed its call too: the transaction fails.
            if let Some(stored) = self.recording(id).await?
                && let Stored::Recording(recording) = stored.stored
            {
                legs.push(LegBefore { recording: *recording, generation: stored.generation, head: stored.head });
            }
        }
        Ok(follow(call, &carried, legs, &request.act))
    }

    /// Removes what was lifted, once no life carries it any more. One that stands anew under the same id stays.
    pub(super) async fn remove_lifted(&self, call: &CallId, lifted: &[Hold]) -> Result<(), StoreError> {
        const ACT: &str = "remove a lifted hold";
        for hold in lifted {
            let mut transaction = self.transaction(ACT);
            let at = value_of(ACT, &hold.lifted_at)?;
            let is_this = ("lifted_at = :at", [(":at", at)]);
            transaction.delete(key(holds_pk(call), hold_sk(&hold.id)), Some((is_this.0, &is_this.1)))?;
            transaction.delete(key(hold_group_pk(hold.group()), hold_group_sk(call, &hold.id)), None)?;
            // A conflict: it stands anew, or another has removed it.
            self.commit(transaction).await?;
        }
        Ok(())
    }
}

pub(super) fn put_life(
    transaction: &mut Transaction,
    life: &LifeChange,
    rulebook: &Rulebook,
) -> Result<(), StoreError> {
    for leg in &life.legs {
        put_recording(transaction, &leg.recording, leg.before + 1, Some(leg.before))?;
        if let Some(event) = &leg.event {
            put_event(transaction, event)?;
        }
    }
    let due = DueKey::Under(life.call.nominated_under(rulebook));
    put_call(transaction, &CallWrite { before: Some(life.before), call: &life.call, due, reopens: false })
}
