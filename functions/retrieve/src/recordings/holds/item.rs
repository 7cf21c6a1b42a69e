//! A hold as the API shows it.

use policy::hold::{Hold, HoldKind};
use policy::id::HoldId;
use rokuban_http::caller::MemberCaller;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::view::name_of;

/// One hold.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HoldItem {
    hold_id: HoldId,
    kind: HoldKind,
    /// Why. It is gone with the hold.
    #[schemars(example = &"係争のおそれがあるため")]
    reason: String,
    /// What it is lifted with: the case or the memo; of a legal hold, the member who placed it.
    #[schemars(example = &"yamada")]
    owner: String,
    /// The member who placed it, by id.
    #[schemars(example = &"yamada")]
    placed_by: String,
    /// The member's name then.
    #[schemars(example = &"山田 太郎")]
    placed_by_name: Option<String>,
    placed_at: Time,
    /// From this second it stands no more; `null` until it is lifted.
    until: Option<Time>,
}

impl HoldItem {
    pub(super) fn new(hold: &Hold, caller: &MemberCaller) -> Self {
        Self {
            hold_id: hold.id.clone(),
            kind: hold.kind,
            reason: hold.reason.text.clone(),
            owner: hold.owner.clone(),
            placed_by: hold.placed_by.clone(),
            placed_by_name: name_of(&hold.placed_by, hold.placed_at, &caller.rulebook),
            placed_at: Time::new(hold.placed_at, &caller.rulebook),
            until: hold.until.map(|until| Time::new(until, &caller.rulebook)),
        }
    }
}
