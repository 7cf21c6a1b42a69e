//! What the API's document says of the problems that only cases have.

use policy::case::{CaseKind, CaseOutcome, Unchanged};
use rokuban_http::openapi::{Member, Schemas};
use rokuban_http::problem::Problem;

use crate::problems::{no_such_case, unchanged};

/// One problem of each kind, for the API's document.
pub fn examples() -> Vec<Problem> {
    let refused = [Unchanged::Closed, Unchanged::Full, Unchanged::WrongOutcome];
    let mut examples = vec![no_such_case()];
    examples.extend(refused.map(|reason| unchanged(reason, CaseKind::Disclosure)));
    examples
}

/// The schemas of their members, for the API's document.
pub fn members() -> Vec<Member> {
    vec![("outcomes", Schemas::answer::<Vec<CaseOutcome>>)]
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
