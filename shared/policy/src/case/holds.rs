//! The holds 削除停止 of a case: provisional ones on what its memo may mean, its own on what was found to be about it.

use jiff::{SignedDuration, Timestamp};

use crate::custody::Committed;
use crate::hold::{Hold, HoldKind, NewHold};
use crate::holding::HoldAct;
use crate::id::{CallId, sha256_hex};
use crate::recording::CallReference;

/// 20 candidates: what a person looks through, and as many as a memo holds.
pub const CANDIDATES_LIMIT: usize = 20;

/// 14 days: a manager who is away for a week, and one more to find the call.
const PROVISIONAL: SignedDuration = SignedDuration::from_hours(24 * 14);

/// The function that places what no person chose: a memo does not say which calls it means.
pub const HOLDS_ACTOR: &str = "jobs";

/// 32 digits, as of every salt.
const SALT_DIGITS: usize = 32;

impl super::ListedCase {
    /// Until when the calls that its memo may mean are held, while nobody works on it. STRICT: it says nothing of whether there
    /// are any.
    pub fn provisional_until(&self) -> Option<Timestamp> {
        if self.state == super::CaseState::New { self.provisional_end() } else { None }
    }

    fn provisional_end(&self) -> Option<Timestamp> {
        self.written_at.checked_add(PROVISIONAL).ok()
    }
}

impl super::Case {
    /// What its holds say. QUIET: who reads custody may not see the case; its id says nothing of it. TWICE IS ONCE: nothing
    /// of it is drawn, for it is no secret.
    fn hold_reason(&self) -> Committed {
        let id = &self.view.id;
        let salt = sha256_hex(format!("holds of {id}").as_bytes()).chars().take(SALT_DIGITS).collect();
        Committed { salt, text: format!("案件 {id}") }
    }

    /// Who changes its holds, for custody.
    pub fn hold_act(&self, at: Timestamp, actor: &str, operation: String) -> HoldAct {
        HoldAct { at, actor: actor.to_owned(), operation, reason: Some(self.hold_reason()) }
    }

    /// The hold on a call that its memo may mean, while that is not decided; `None` once its 14 days are over.
    pub fn provisional_hold(&self, call: &CallId, now: Timestamp) -> Option<Hold> {
        let until = self.view.provisional_end();
        let hold = self.hold(call, HoldKind::Provisional, (HOLDS_ACTOR, self.view.written_at), until)?;
        hold.stands_at(now).then_some(hold)
    }

    /// Its own hold on the call of one of its recordings.
    pub fn own_hold(&self, call: &CallId, by: &str, at: Timestamp) -> Option<Hold> {
        self.hold(call, HoldKind::Case, (by, at), None)
    }

    fn hold(
        &self,
        call: &CallId,
        kind: HoldKind,
        (placed_by, placed_at): (&str, Timestamp),
        until: Option<Timestamp>,
    ) -> Option<Hold> {
        let (reason, owner) = (self.hold_reason(), self.view.id.as_str());
        // Only legal holds are told apart by their operation.
        let new = NewHold { kind, reason, owner, placed_by, placed_at, until, operation: "" };
        Hold::new(call, new).ok()
    }

    /// The case once it is decided that it is about a call: what held the call provisionally is exchanged.
    #[must_use]
    pub fn decide_on(&self, call: &CallReference) -> Self {
        let mut decided = self.clone();
        decided.provisional.remove(call);
        decided
    }
}
