//! What the API's document says of the problems that only recordings have.

use policy::deletion::DeletionState;
use policy::facts::QuarantineReason;
use policy::id::DeletionId;
use rokuban_http::openapi::{Member, Schemas};
use rokuban_http::problem::Problem;
use serde_json::json;

use crate::problems::{
    CALL_CHANGED, HELD_BY_A_CASE, NO_APPROVER, NO_DELETIONS, NO_SUCH_CALL, NO_SUCH_DELETION, NO_SUCH_HOLD,
    NO_SUCH_NOTE, NOT_REDACTABLE, REDACTED, deleted, deletion_decided, deletion_requested, no_audio, not_a_purpose,
    still_quarantined,
};
use crate::recordings::tombstone::Tombstone;

/// One problem of each kind, for the API's document.
pub fn examples() -> Vec<Problem> {
    vec![
        Problem::of(&NO_SUCH_CALL),
        deleted(&Tombstone::sample()),
        still_quarantined(QuarantineReason::NoCallFacts),
        Problem::of(&NO_DELETIONS),
        Problem::of(&NO_SUCH_DELETION),
        deletion_requested(&DeletionId::of_text("")),
        deletion_decided(DeletionState::Approved),
        Problem::of(&CALL_CHANGED),
        Problem::of(&NO_APPROVER),
        Problem::of(&NOT_REDACTABLE),
        Problem::of(&REDACTED),
        not_a_purpose(&["evidence".to_owned()]),
        Problem::of(&NO_SUCH_HOLD),
        Problem::of(&NO_SUCH_NOTE),
        Problem::of(&HELD_BY_A_CASE),
        no_audio(Some(QuarantineReason::Empty)),
    ]
}

/// The schemas of their members, for the API's document.
pub fn members() -> Vec<Member> {
    vec![
        ("deleted", Schemas::answer::<Tombstone>),
        ("quarantine_reason", Schemas::answer::<Option<QuarantineReason>>),
        ("quarantine_fix", |_| json!({"type": ["string", "null"], "description": "What a person can do about it."})),
        ("deletion_id", Schemas::answer::<DeletionId>),
        ("deletion_state", Schemas::answer::<DeletionState>),
        ("purposes", |_| json!({"type": "array", "items": {"type": "string"}, "description": "What `use` may be."})),
    ]
}

#[cfg(test)]
mod tests {
    use rokuban_http::problem::check_texts;

    use super::*;
    use crate::problems::ALL;

    #[test]
    fn every_kind_has_an_example_with_its_texts_in_both_languages() {
        let examples = examples();
        assert!(ALL.iter().all(|kind| examples.iter().any(|example| example.is(kind))));
        examples.iter().for_each(check_texts);
    }
}
