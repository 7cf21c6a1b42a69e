//! What one life of a call becomes when the holds of its id have changed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::call::Call;
use crate::custody::{Chained, Committed, EventKind, Happening, Head};
use crate::hold::Holds;
use crate::id::HoldId;
use crate::recording::Recording;

/// Who changed the holds, for custody.
#[derive(Clone, Debug)]
pub struct HoldAct {
    /// When.
    pub at: Timestamp,
    /// A member's id, or the function's name.
    pub actor: String,
    /// The operation's id.
    pub operation: String,
    /// Why, erasable beside each event, with one salt for all legs; `None` where a hold ended by itself.
    pub reason: Option<Committed>,
}

/// A leg, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegBefore {
    /// The recording.
    pub recording: Recording,
    /// Its generation.
    pub generation: u64,
    /// The head of its custody.
    pub head: Head,
}

/// A leg to write: its copy of the holds, and an event of its custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegChange {
    /// The recording.
    pub recording: Recording,
    /// The generation that was read.
    pub before: u64,
    /// What goes on its custody.
    /// `None` where the custody is full: it is held all the same.
    pub event: Option<Chained>,
}

/// A life of a call to write, with its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeChange {
    /// The generation that was read.
    pub before: u64,
    /// The call.
    pub call: Call,
    /// Its legs: at most [`crate::call::LEGS_LIMIT`]. Dependants follow them and have no event.
    pub legs: Vec<LegChange>,
}

/// What a life of a call becomes, with its legs as they were read. `None` where it carries these holds already, or is
/// claimed.
pub fn follow(call: &Call, holds: &Holds, legs: Vec<LegBefore>, act: &HoldAct) -> Option<LifeChange> {
    // NEVER EARLY, NEVER LATE: what is claimed is neither kept nor added to.
    if call.holds == *holds || call.claim.is_some() {
        return None;
    }
    let happening = happening(&call.holds, holds, act);
    let leg = |before: LegBefore| {
        let event = before.head.append(&before.recording.view.id, happening.clone());
        let mut recording = before.recording;
        recording.view.holds = holds.clone();
        LegChange { recording, before: before.generation, event }
    };
    let legs = legs.into_iter().map(leg).collect();
    Some(LifeChange { before: call.generation, call: call.held(holds), legs })
}

fn happening(before: &Holds, after: &Holds, act: &HoldAct) -> Happening {
    let names = |ids: &[&HoldId]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",");
    let placed: Vec<&HoldId> = after.without(before).collect();
    let lifted: Vec<&HoldId> = before.without(after).collect();
    let kind = match (placed.is_empty(), lifted.is_empty()) {
        (false, true) => EventKind::HoldPlaced,
        (true, false) => EventKind::HoldLifted,
        // One for another, or the same with another end.
        _ => EventKind::HoldExchanged,
    };
    let mut facts = BTreeMap::new();
    for (name, ids) in [("placed", placed), ("lifted", lifted)] {
        if !ids.is_empty() {
            facts.insert(name.to_owned(), names(&ids));
        }
    }
    let texts = act.reason.iter().map(|reason| ("reason".to_owned(), reason.clone())).collect();
    let (actor, operation) = (act.actor.clone(), act.operation.clone());
    Happening { at: act.at, kind, actor, operation, facts, texts }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;
    use crate::call::{Claim, LEGS_LIMIT, Leg};
    use crate::hold::{Hold, HoldKind, LIFTED_AT_ONCE, NewHold};
    use crate::id::{CallId, RecordingId};
    use crate::recording::{CallReference, State};

    /// The items of one transaction: 40 legs with an event each; the call, the generation and the audit event; a hold with
    /// its place; what is lifted.
    const _: () = assert!(2 * LEGS_LIMIT + 3 + 2 + LIFTED_AT_ONCE <= 100);

    fn call_id() -> CallId {
        CallId::of("freepbx", None, "1793682300.101")
    }

    fn now() -> Timestamp {
        "2026-11-27T05:00:00Z".parse().unwrap()
    }

    fn hold(name: &str) -> Hold {
        let reason = Committed { salt: "00".repeat(16), text: "係争の可能性".to_owned() };
        let (kind, placed_at, until) = (HoldKind::Legal, now(), None);
        let new = NewHold { kind, reason, owner: name, placed_by: "yamada", placed_at, until, operation: name };
        Hold::new(&call_id(), new).unwrap()
    }

    fn holds_of(holds: &[&Hold]) -> Holds {
        holds.iter().map(|hold| (hold.id.clone(), hold.until)).collect()
    }

    fn leg_before(number: u32) -> (Leg, LegBefore) {
        let object = crate::fragment::ObjectVersion {
            bucket: "bucket".to_owned(),
            key: crate::fragment::ObjectKey::new(format!("other/{number}.wav")),
            version_id: "version".to_owned(),
            sequencer: "1".to_owned(),
            stored_at: now(),
            taken_in_at: now(),
            size_bytes: 1,
        };
        let recording = crate::placement::alone(&object, State::Active, &crate::rulebook::sample::rulebook());
        let leg = Leg::new(object.id(), now(), now(), ("standard.1".parse().unwrap(), date(2026, 11, 27)));
        (leg, LegBefore { recording, generation: 3, head: Head::none() })
    }

    #[test]
    fn a_life_follows_once_with_a_copy_and_an_event_for_each_leg_and_a_claimed_one_never() {
        let reference = CallReference { id: call_id(), incarnation: 0 };
        let (one, other) = (leg_before(1), leg_before(2));
        let dependant = Leg::dependant(RecordingId::of("b", "k", "v"), &one.0.id, now(), now());
        let call = Call::open(reference, &one.0, 1).join(&other.0).join(&dependant);
        assert_eq!(call.own_legs().count(), 2);
        let act = |reason| HoldAct { at: now(), actor: "yamada".to_owned(), operation: "o".to_owned(), reason };
        let legal = hold("a");
        let holds = holds_of(&[&legal]);
        let legs = || vec![one.1.clone(), other.1.clone()];
        let change = follow(&call, &holds, legs(), &act(Some(legal.reason.clone()))).unwrap();
        assert_eq!(
            (&change.call.holds, change.call.generation, change.before),
            (&holds, call.generation + 1, call.generation)
        );
        for leg in &change.legs {
            let event = leg.event.as_ref().unwrap();
            assert_eq!((&leg.recording.view.holds, leg.before, event.event.kind), (&holds, 3, EventKind::HoldPlaced));
            // UNBROKEN, and erasable: the chain carries the commitment alone.
            assert_eq!(event.event.commitments["reason"], legal.reason.commitment());
            assert_eq!(event.event.facts["placed"], legal.id.as_str());
        }
        assert_eq!(follow(&change.call, &holds, legs(), &act(None)), None, "TWICE IS ONCE");
        let claim = Claim { id: "claim".to_owned(), at: now(), rulebook_version: 1 };
        assert_eq!(follow(&Call { claim: Some(claim), ..call.clone() }, &holds, legs(), &act(None)), None);
        let others = holds_of(&[&hold("case")]);
        let kind = |call: &Call, holds: &Holds| {
            follow(call, holds, legs(), &act(None)).unwrap().legs[0].event.clone().unwrap().event.kind
        };
        assert_eq!(kind(&change.call, &others), EventKind::HoldExchanged);
        assert_eq!(kind(&change.call, &Holds::default()), EventKind::HoldLifted);
    }
}
