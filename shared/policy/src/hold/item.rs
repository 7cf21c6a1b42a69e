//! A hold, and what a call carries of its holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::custody::Committed;
use crate::id::{CallId, HoldId};
use crate::retention::Expiry;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Why a hold stands, and who lifts it.
    HoldKind: 3 {
        /// Placed by a person; an admin lifts it.
        Legal = "legal",
        /// Placed by an open case; it ends when the case is closed.
        Case = "case",
        /// Placed until somebody has decided; it always has an end.
        Provisional = "provisional",
    }
}

/// One hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id. A leg that moves to another call takes its holds along under the same ids.
    pub id: HoldId,
    /// Its kind.
    pub kind: HoldKind,
    /// Why. Erasable: it is gone with the hold; custody keeps a commitment and the text until the recording is deleted.
    pub reason: Committed,
    /// What it is lifted with: the case or the memo; of a legal hold, the member who placed it.
    pub owner: String,
    /// The member or the function that placed it.
    pub placed_by: String,
    /// When.
    pub placed_at: Timestamp,
    /// The second from which it stands no more; without one it stands until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Since when it is being lifted: it counts no more, and is removed once every life of the call is without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<Timestamp>,
}

/// What a hold is made of.
#[derive(Clone, Debug)]
pub struct NewHold<'a> {
    /// Its kind.
    pub kind: HoldKind,
    /// The reason, with a salt from a secure source.
    pub reason: Committed,
    /// What it is lifted with: the case or the memo; of a legal hold, the member who places it.
    pub owner: &'a str,
    /// The member or the function that places it.
    pub placed_by: &'a str,
    /// When.
    pub placed_at: Timestamp,
    /// The second from which it stands no more.
    pub until: Option<Timestamp>,
    /// The operation that places it. TWICE IS ONCE: a repeat of it places no second hold.
    pub operation: &'a str,
}

/// A hold that has no end though its kind has one, or that would end before it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a provisional hold has an end, and the end of a hold lies behind its beginning")]
pub struct NoEnd;

impl Hold {
    /// A hold on a call id. One case, or one memo, places at most one on each.
    ///
    /// # Errors
    /// A provisional hold without an end; an end that has passed.
    pub fn new(call: &CallId, new: NewHold<'_>) -> Result<Self, NoEnd> {
        let has_end = new.until.is_some_and(|until| until > new.placed_at);
        if !has_end && (new.until.is_some() || new.kind == HoldKind::Provisional) {
            return Err(NoEnd);
        }
        let once = match new.kind {
            HoldKind::Legal => new.operation,
            HoldKind::Case | HoldKind::Provisional => new.owner,
        };
        Ok(Self {
            id: HoldId::of(call, new.kind.as_str(), once),
            kind: new.kind,
            reason: new.reason,
            owner: new.owner.to_owned(),
            placed_by: new.placed_by.to_owned(),
            placed_at: new.placed_at,
            until: new.until,
            lifted_at: None,
        })
    }

    /// What finds the hold wherever it stands: a case for all of its holds, else the hold's own id.
    pub fn group(&self) -> &str {
        match self.kind {
            HoldKind::Case => &self.owner,
            HoldKind::Legal | HoldKind::Provisional => self.id.as_str(),
        }
    }

    /// Whether it stops deletion at a moment.
    pub fn stands_at(&self, now: Timestamp) -> bool {
        self.lifted_at.is_none() && self.until.is_none_or(|until| now < until)
    }
}

/// The holds that a call carries, each with its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holds(BTreeMap<HoldId, Option<Timestamp>>);

impl Holds {
    /// Whether there are none, not even one that has ended.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is this.
    pub fn contains(&self, id: &HoldId) -> bool {
        self.0.contains_key(id)
    }

    /// The ids.
    pub fn ids(&self) -> impl Iterator<Item = &HoldId> {
        self.0.keys()
    }

    /// How many stand at a moment.
    pub fn count_at(&self, now: Timestamp) -> u32 {
        let standing = self.0.values().filter(|until| until.is_none_or(|until| now < until)).count();
        u32::try_from(standing).unwrap_or(u32::MAX)
    }

    /// Whether one stands at a moment.
    pub fn stand_at(&self, now: Timestamp) -> bool {
        self.count_at(now) > 0
    }

    /// The second from which none stands any more; [`Expiry::Never`] where one has no end. `None` without a hold.
    pub fn end(&self) -> Option<Expiry> {
        let ends = self.0.values().map(|until| until.map_or(Expiry::Never, Expiry::At));
        ends.reduce(|one, other| match (one, other) {
            (Expiry::At(one), Expiry::At(other)) => Expiry::At(one.max(other)),
            _ => Expiry::Never,
        })
    }

    /// These and those.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        self.0.iter().chain(&others.0).map(|(id, until)| (id.clone(), *until)).collect()
    }

    /// Those of these that are none of the others.
    pub fn without<'h>(&'h self, others: &'h Self) -> impl Iterator<Item = &'h HoldId> {
        self.0.keys().filter(|id| !others.contains(id))
    }
}

impl FromIterator<(HoldId, Option<Timestamp>)> for Holds {
    fn from_iter<I: IntoIterator<Item = (HoldId, Option<Timestamp>)>>(holds: I) -> Self {
        Self(holds.into_iter().collect())
    }
}
