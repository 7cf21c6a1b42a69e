//! What the API's document says of the problems that only `govern` has.

use jiff::civil::Date;
use policy::rulebook::{Fault, FaultIn, Warning, Wrong};
use policy::source::Flaw;
use rokuban_http::openapi::{Member, Schemas};
use rokuban_http::problem::Problem;
use rokuban_http::time::Day;
use serde_json::json;

use crate::problems::{
    NO_AUDIT, NO_REPORTS, NO_SUCH_PLAN, NO_SUCH_VERSION, NOTHING_PENDING, OWN_RULEBOOK, PUBLISHED_MEANWHILE,
    PlanNeeded, RulebookError, RulebookWarning, SourceError, bad_source, beyond_backstop, faulty_rulebook,
    has_placeholders, not_this_day, pending_stands, plan_needed, warnings_to_confirm,
};
use crate::rulebook::view::PendingRulebook;

/// One problem of each kind, for the API's document.
pub fn examples() -> Vec<Problem> {
    vec![
        bad_source(&[Flaw { field: "pattern", kind: None, wrong: Wrong::NoPattern }]),
        Problem::of(&NO_AUDIT),
        Problem::of(&NO_REPORTS),
        faulty_rulebook(&[Fault {
            file: FaultIn::Staff,
            line: 7,
            wrong: Wrong::UnknownTeam { team: "sails".to_owned() },
        }]),
        has_placeholders(&["会社名を書いてください".to_owned()]),
        warnings_to_confirm(&[Warning::sample()]),
        pending_stands(&PendingRulebook::sample()),
        Problem::of(&PUBLISHED_MEANWHILE),
        Problem::of(&NOTHING_PENDING),
        Problem::of(&NO_SUCH_VERSION),
        Problem::of(&OWN_RULEBOOK),
        plan_needed(PlanNeeded::Missing),
        beyond_backstop("contracts", 3_630, 3_650),
        Problem::of(&NO_SUCH_PLAN),
        not_this_day(&Day::new(Date::ZERO)),
    ]
}

/// The schemas of their members, for the API's document.
pub fn members() -> Vec<Member> {
    vec![
        ("errors", Schemas::answer::<Vec<SourceError>>),
        ("faults", Schemas::answer::<Vec<RulebookError>>),
        ("placeholders", |_| json!({"type": "array", "items": {"type": "string"}, "description": "What to replace."})),
        ("warnings", Schemas::answer::<Vec<RulebookWarning>>),
        ("class", |_| json!({"type": "string", "description": "The class."})),
        ("keep_days", |_| json!({"type": "integer", "description": "How many days it is kept."})),
        ("limit_days", |_| json!({"type": "integer", "description": "After how many days S3 ends an object."})),
        ("plan", Schemas::answer::<PlanNeeded>),
        ("needed", |_| json!({"type": "string", "description": "What to do, in the caller's language."})),
        ("today", Schemas::answer::<Day>),
        ("pending", Schemas::answer::<PendingRulebook>),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::Language;
    use rokuban_http::problem::check_texts;

    use super::*;
    use crate::problems::ALL;

    #[test]
    fn every_kind_has_an_example_with_its_texts_in_both_languages() {
        let examples = examples();
        assert!(ALL.iter().all(|kind| examples.iter().any(|example| example.is(kind))));
        examples.iter().for_each(check_texts);
    }

    #[test]
    fn faults_and_flaws_are_in_the_callers_language() {
        let fault =
            Fault { file: FaultIn::Staff, line: 7, wrong: Wrong::UnknownTeam { team: "営業4課".to_owned() } };
        let flaw = Flaw { field: "kind", kind: Some(1), wrong: Wrong::TooManyKinds { count: 51, limit: 50 } };
        let faulty = faulty_rulebook(std::slice::from_ref(&fault));
        let bad = bad_source(std::slice::from_ref(&flaw));
        for language in [Language::English, Language::Japanese] {
            let explanation = fault.wrong.explain(language);
            assert_eq!(
                faulty.members(language)["faults"][0],
                json!({"in": "staff", "line": 7, "code": "unknown_team", "reason": explanation.reason, "fix": explanation.fix})
            );
            let explanation = flaw.wrong.explain(language);
            assert_eq!(
                bad.members(language)["errors"][0],
                json!({"field": "kind", "kind": 1, "code": "too_many", "reason": explanation.reason, "fix": explanation.fix})
            );
        }
        assert!(
            faulty.members(Language::Japanese)["faults"][0]["reason"].as_str().unwrap().contains("部署「営業4課」")
        );
    }
}
