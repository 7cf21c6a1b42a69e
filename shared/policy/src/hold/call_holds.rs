//! The holds of a call id, and what a request does to them.

use jiff::Timestamp;

use super::item::{Hold, Holds};
use crate::id::HoldId;

/// 12 holds on one call id. What a call carries of them stays below 700 bytes in its index entries.
pub const HOLDS_LIMIT: usize = 12;

/// 6 holds are marked as lifted in one transaction: 12 of its 100 items, beside 2 for each of 40 legs.
pub const LIFTED_AT_ONCE: usize = 6;

/// The holds of a call id, as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHolds {
    /// Grows by one with every change; 0 where there never was a hold.
    pub generation: u64,
    /// Every hold, in the order of their ids.
    pub holds: Vec<Hold>,
}

/// A change of the holds of a call id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldChange {
    /// Places a hold.
    Place(Hold),
    /// Places a hold in the place of another: no moment is without one of them.
    Exchange {
        /// The hold that ends.
        from: HoldId,
        /// The hold that stands from now on.
        to: Hold,
    },
    /// Lifts a hold.
    Lift(HoldId),
    /// Lifts what has ended by itself.
    End,
}

/// Why the holds stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldRefusal {
    /// No such hold stands.
    NoSuchHold,
    /// [`HOLDS_LIMIT`] holds stand already.
    TooMany,
}

impl CallHolds {
    /// One of the holds, while it is not being lifted.
    pub fn get(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.id == *id && hold.lifted_at.is_none())
    }

    /// What a life of the call carries.
    pub fn carried(&self) -> Holds {
        let carried = self.holds.iter().filter(|hold| hold.lifted_at.is_none());
        carried.map(|hold| (hold.id.clone(), hold.until)).collect()
    }

    /// What is being lifted: it is removed once every life is without it.
    pub fn lifted(&self) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(|hold| hold.lifted_at.is_some())
    }

    /// The holds after a change; the same ones where the change was made before. What has ended by itself is lifted with
    /// it.
    ///
    /// # Errors
    /// Why they stay.
    pub fn changed(&self, change: &HoldChange, now: Timestamp) -> Result<Self, HoldRefusal> {
        let (placed, lifted) = match change {
            HoldChange::Place(hold) => (Some(hold), None),
            HoldChange::Exchange { from, to } => (Some(to), Some(from)),
            HoldChange::Lift(id) => (None, Some(id)),
            HoldChange::End => (None, None),
        };
        let stands = |id: &HoldId| self.get(id).is_some_and(|hold| hold.stands_at(now));
        // A hold that is exchanged for itself stands on, with the end that it is given now.
        let is_placed = placed.is_some_and(|hold| stands(&hold.id) && Some(&hold.id) != lifted);
        let is_lifted = |id: &HoldId| self.lifted().any(|hold| hold.id == *id);
        match (placed, lifted) {
            // TWICE IS ONCE: it stands already, whatever became of the one it came for.
            (Some(_), Some(from)) if is_placed && self.get(from).is_none() => return Ok(self.clone()),
            (Some(_), None) if is_placed => return Ok(self.clone()),
            (None, Some(id)) if is_lifted(id) => return Ok(self.clone()),
            (_, Some(id)) if !stands(id) => return Err(HoldRefusal::NoSuchHold),
            _ => {}
        }
        let standing = self.holds.iter().filter(|hold| hold.stands_at(now) && Some(&hold.id) != lifted).count();
        if placed.is_some() && !is_placed && standing >= HOLDS_LIMIT {
            return Err(HoldRefusal::TooMany);
        }
        let mut after = self.clone();
        let is_asked_for = |hold: &Hold| Some(&hold.id) == lifted;
        let has_ended = |hold: &Hold| hold.lifted_at.is_none() && !hold.stands_at(now);
        let room = LIFTED_AT_ONCE - usize::from(lifted.is_some());
        after.holds.iter_mut().filter(|hold| is_asked_for(hold)).for_each(|hold| hold.lifted_at = Some(now));
        after.holds.iter_mut().filter(|hold| has_ended(hold)).take(room).for_each(|hold| hold.lifted_at = Some(now));
        if let Some(hold) = placed.filter(|_| !is_placed) {
            // One that has ended, or is being lifted, may stand anew under the same id.
            after.holds.retain(|other| other.id != hold.id);
            after.holds.push(hold.clone());
            after.holds.sort_by(|one, other| one.id.cmp(&other.id));
        }
        if after != *self {
            after.generation += 1;
        }
        Ok(after)
    }

    /// The holds that a leg brings which comes from another call: of those that stood there, the ones that stand here
    /// under no id yet. Nothing is lost on the way: one that is being lifted there is lifted here as well.
    pub fn brought_from<'h>(&'h self, left: &'h Self) -> impl Iterator<Item = &'h Hold> {
        left.holds.iter().filter(|hold| hold.lifted_at.is_none() && self.get(&hold.id).is_none())
    }
}
