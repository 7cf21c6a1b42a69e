//! Holds follow the legs: one that joins is held with its call, one that moves takes its holds along.

use std::collections::BTreeMap;

use super::calls::Calls;
use super::{HoldsTaken, Known, Step};
use crate::call::Call;
use crate::hold::{CallHolds, Hold, Holds};
use crate::id::CallId;
use crate::recording::CallReference;

/// What is to be written of the holds, and what it rests on.
#[derive(Default)]
pub(super) struct HoldsPlan {
    pub(super) taken: Vec<HoldsTaken>,
    pub(super) read: BTreeMap<CallId, u64>,
    pub(super) held: Vec<CallId>,
}

impl Known {
    /// NEVER EARLY: puts each call that legs come to under the holds of its id, and under those of the calls that legs leave
    /// for it. A call that opens for the first time has no holds to read: nobody could place one.
    pub(super) fn take_holds(&self, calls: &mut Calls) -> Result<HoldsPlan, Step> {
        let mut plan = HoldsPlan::default();
        // One plan moves legs to one call.
        let left: Vec<CallId> = calls.iter().filter_map(|(before, call)| held_and_left(before, call)).collect();
        let joined: Vec<(CallReference, bool)> = calls
            .iter()
            .filter(|(before, call)| before.is_none_or(|before| !call.legs.is_subset(&before.legs)))
            .map(|(before, call)| (call.reference.clone(), before.is_none()))
            .collect();
        for (reference, is_opened) in joined {
            let id = &reference.id;
            let mut carried = calls.get(&reference).map(|call| call.holds.clone()).unwrap_or_default();
            if is_opened && (reference.incarnation > 0 || self.emptied.contains(&reference)) {
                let own = self.holds(id)?;
                plan.read.insert(id.clone(), own.generation);
                carried = carried.and(&own.carried());
            }
            let mut taken: Vec<Hold> = Vec::new();
            for other in left.iter().filter(|other| *other != id) {
                let (own, others) = (self.holds(id)?, self.holds(other)?);
                plan.read.extend([(id.clone(), own.generation), (other.clone(), others.generation)]);
                carried = carried.and(&own.carried());
                let brought = own.brought_from(others).filter(|hold| taken.iter().all(|taken| taken.id != hold.id));
                taken.extend(brought.cloned().collect::<Vec<_>>());
            }
            let brought = CallHolds { generation: 0, holds: taken.clone() }.carried();
            calls.hold(&reference, &carried.and(&brought));
            if !taken.is_empty() {
                plan.taken.push(HoldsTaken { to: id.clone(), holds: taken });
            }
        }
        plan.held =
            calls.iter().filter(|(_, call)| is_held(&call.holds)).map(|(_, call)| call.reference.id.clone()).collect();
        plan.held.dedup();
        Ok(plan)
    }
}

fn is_held(holds: &Holds) -> bool {
    !holds.is_empty()
}

/// The id of a call under holds that a leg leaves.
fn held_and_left(before: Option<&Call>, after: &Call) -> Option<CallId> {
    let before = before.filter(|before| is_held(&before.holds) && !before.legs.is_subset(&after.legs))?;
    Some(before.reference.id.clone())
}
