//! The kinds of problems that only cases have.

use policy::case::{CaseKind, CaseOutcome, Unchanged};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::problems;

problems! { pub(crate),
    /// There is no such case, or it may not be seen: one answer for both.
    NO_SUCH_CASE: 404 "no-such-case",
        "No such case" / "案件が見つかりません",
        "There is none of this id, or it is not for you." / "このIDの案件はないか、あなたには見る権限がありません。";
    /// The case is closed: nothing of it changes.
    CASE_CLOSED: 409 "case-closed",
        "The case is closed" / "案件は完了しています",
        "Write another memo (受付メモ) if it goes on." / "続きがあるときは、新しい受付メモを書いてください。";
    /// The case has as many recordings as a case may have.
    CASE_FULL: 409 "case-full",
        "The case has too many recordings" / "案件の録音が上限に達しています",
        "Take out a recording that is not about it, or open a second case."
        / "関係のない録音を外すか、案件を分けてください。";
    /// The outcome is none of a case of its kind.
    WRONG_OUTCOME: 422 "wrong-outcome",
        "Not an outcome of this kind of case" / "この種類の案件にはない結果です",
        "`outcome` must be one of `outcomes`." / "`outcome` は `outcomes` のどれかにしてください。";
}

/// There is no such case, or it may not be seen.
pub(crate) fn no_such_case() -> Problem {
    Problem::of(&NO_SUCH_CASE)
}

/// The outcome is none of these.
pub(crate) fn wrong_outcome(kind: CaseKind) -> Problem {
    let outcomes: Vec<&str> = kind.outcomes().iter().map(|outcome: &CaseOutcome| outcome.as_str()).collect();
    Problem::of(&WRONG_OUTCOME).audited("wrong_outcome").with("outcomes", outcomes)
}

/// Why a case of a kind does not change.
pub(crate) fn unchanged(unchanged: Unchanged, kind: CaseKind) -> Problem {
    match unchanged {
        Unchanged::Closed => Problem::of(&CASE_CLOSED).audited("case_closed"),
        Unchanged::Full => Problem::of(&CASE_FULL).audited("case_full"),
        Unchanged::WrongOutcome => wrong_outcome(kind),
        Unchanged::ReasonMissing => Problem::invalid("reason", Constraint::Reason),
    }
}
