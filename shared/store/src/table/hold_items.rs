//! The items of holds, and what a placement writes of them.

use std::collections::BTreeMap;

use policy::hold::Hold;
use policy::id::{CallId, HoldId};
use policy::placement::HoldsTaken;

use super::item::{key, number, to_item};
use super::standing_holds::list_hold;
use super::transaction::Transaction;
use crate::error::StoreError;

/// Where `jobs` looks for the calls whose last hold ends by itself. A call without another end lies nowhere.
pub(super) const HELD_KEY: &str = "held";

/// The holds of a call id, for all lives of the call.
pub(super) fn holds_pk(call: &CallId) -> String {
    format!("H#{call}")
}

/// The generation of the holds of a call id; sorts before every hold.
pub(super) const HOLDS_GENERATION_SK: &str = "G";

pub(super) fn hold_sk(hold: &HoldId) -> String {
    format!("H#{hold}")
}

/// Where the holds that are lifted together stand.
pub(super) fn hold_group_pk(group: &str) -> String {
    format!("O#{group}")
}

pub(super) fn hold_group_sk(call: &CallId, hold: &HoldId) -> String {
    format!("{call}#{hold}")
}

pub(super) fn parse_hold_group_sk(sk: &str) -> Option<(CallId, HoldId)> {
    let (call, hold) = sk.split_once('#')?;
    Some((call.parse().ok()?, hold.parse().ok()?))
}

/// The holds that a placement writes, and the ones it rests on.
#[derive(Clone, Copy, Debug, Default)]
pub struct HoldsPlacement<'a> {
    /// What legs take along.
    pub taken: &'a [HoldsTaken],
    /// The generations that must be as they were read.
    pub read: Option<&'a BTreeMap<CallId, u64>>,
}

/// Writes what a placement takes along, and checks the holds that it rests on. NEVER EARLY: a hold that was placed since
/// they were read makes a conflict.
pub(super) fn put_placed_holds(
    transaction: &mut Transaction,
    placement: &HoldsPlacement<'_>,
) -> Result<(), StoreError> {
    for (call, generation) in placement.read.into_iter().flatten() {
        if placement.taken.iter().any(|taken| taken.to == *call) {
            put_generation(transaction, call, *generation)?;
        } else {
            check_generation(transaction, call, *generation)?;
        }
    }
    for HoldsTaken { to, holds } in placement.taken {
        for hold in holds {
            put_hold(transaction, to, hold)?;
        }
    }
    Ok(())
}

/// The attribute of its own item that grows with every change of the holds of a call id.
pub(super) const GENERATION: &str = "holds_generation";

const NEVER_HELD: &str = "attribute_not_exists(holds_generation)";

const UNCHANGED: &str = "holds_generation = :read";

pub(super) fn check_generation(transaction: &mut Transaction, call: &CallId, read: u64) -> Result<(), StoreError> {
    let at = key(holds_pk(call), HOLDS_GENERATION_SK);
    match read {
        0 => transaction.check(at, NEVER_HELD, &[]),
        _ => transaction.check(at, UNCHANGED, &[(":read", number(read))]),
    }
}

pub(super) fn put_generation(transaction: &mut Transaction, call: &CallId, read: u64) -> Result<(), StoreError> {
    let mut item = key(holds_pk(call), HOLDS_GENERATION_SK);
    item.insert(GENERATION.to_owned(), number(read + 1));
    match read {
        0 => transaction.put(item, NEVER_HELD, &[]),
        _ => transaction.put(item, UNCHANGED, &[(":read", number(read))]),
    }
}

/// Writes a hold, its entry in the list of those that stand, and where it stands. The generation is what the write depends on.
pub(super) fn put_hold(transaction: &mut Transaction, call: &CallId, hold: &Hold) -> Result<(), StoreError> {
    let mut item = to_item(transaction.act, hold)?;
    item.extend(key(holds_pk(call), hold_sk(&hold.id)));
    let stands = hold.lifted_at.is_none();
    if stands {
        list_hold(transaction.act, &mut item, call, hold)?;
    }
    transaction.put_any(item)?;
    if stands {
        transaction.put_any(key(hold_group_pk(hold.group()), hold_group_sk(call, &hold.id)))?;
    }
    Ok(())
}
