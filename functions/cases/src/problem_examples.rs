//! What the API's document says of the problems that only cases have.

use policy::case::part::CutFailure;
use policy::case::release::ReleaseState;
use policy::case::{CaseKind, CaseOutcome, Unchanged};
use rokuban_http::openapi::{Member, Schemas};
use rokuban_http::problem::Problem;

use crate::problems::{
    NO_LETTER, NO_SUCH_RELEASE, NO_SUCH_SHARE, NOT_IN_CASE, TOO_MANY_RELEASES, TOO_MANY_SHARES, clip_failed,
    clip_not_ready, no_such_case, unchanged, wrong_release_state,
};

/// One problem of each kind, for the API's document.
pub fn examples() -> Vec<Problem> {
    let refused = [
        Unchanged::Closed,
        Unchanged::Full,
        Unchanged::WrongOutcome,
        Unchanged::IdentityUnchecked,
        Unchanged::NotOfAPerson,
    ];
    let mut examples = vec![no_such_case(), clip_not_ready(), clip_failed(CutFailure::NotCuttable)];
    let of_ids = [&NO_LETTER, &NOT_IN_CASE, &TOO_MANY_SHARES, &NO_SUCH_SHARE, &NO_SUCH_RELEASE, &TOO_MANY_RELEASES];
    examples.extend(of_ids.map(Problem::of));
    examples.push(wrong_release_state(ReleaseState::Refused));
    examples.extend(refused.map(|reason| unchanged(reason, CaseKind::Disclosure)));
    examples
}

/// The schemas of their members, for the API's document.
pub fn members() -> Vec<Member> {
    vec![
        ("outcomes", Schemas::answer::<Vec<CaseOutcome>>),
        ("failure", Schemas::answer::<CutFailure>),
        ("release_state", Schemas::answer::<ReleaseState>),
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
