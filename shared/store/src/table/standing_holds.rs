//! Which holds stand: one partition of the index by time for each kind, oldest first.

use jiff::Timestamp;
use policy::hold::{Hold, HoldKind};
use policy::id::{CallId, HoldId};
use serde::{Deserialize, Serialize};

use super::client::Table;
use super::item::Item;
use super::keys::SortKey;
use super::waiting::let_wait;
use crate::error::StoreError;

/// A hold that nobody has lifted, as its list has it. QUIET: without its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingHold {
    /// On which call.
    pub call: CallId,
    /// Its id.
    pub id: HoldId,
    /// Its kind.
    pub kind: HoldKind,
    /// What it is lifted with: a case; of a legal hold, the member who placed it.
    pub owner: String,
    /// Since when.
    pub placed_at: Timestamp,
    /// The second from which it stands no more; without one it stands until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// No month begins with `H`.
fn partition(kind: HoldKind) -> String {
    format!("H#{}", kind.as_str())
}

/// Lists the item of a hold among those that stand.
pub(super) fn list_hold(act: &'static str, item: &mut Item, call: &CallId, hold: &Hold) -> Result<(), StoreError> {
    let view = StandingHold {
        call: call.clone(),
        id: hold.id.clone(),
        kind: hold.kind,
        owner: hold.owner.clone(),
        placed_at: hold.placed_at,
        until: hold.until,
    };
    let at = SortKey::new(hold.placed_at, &format!("{call}#{}", hold.id));
    let_wait(act, item, &partition(hold.kind), &at, &view)
}

impl Table {
    /// The holds of a kind that nobody has lifted, oldest first, at most `limit`: also those that have ended since. The second
    /// value is whether there may be more. The read may be a moment behind.
    pub async fn standing_holds(&self, kind: HoldKind, limit: u16) -> Result<(Vec<StandingHold>, bool), StoreError> {
        let (listed, has_more) =
            self.oldest_first("list the holds that stand", partition(kind), &SortKey::first(), limit).await?;
        Ok((listed.into_iter().map(|(_, hold)| hold).collect(), has_more))
    }
}
