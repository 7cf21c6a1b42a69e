//! The kinds of problems that only cases have.

use policy::case::part::CutFailure;
use policy::case::release::ReleaseState;
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
    /// The case does not have the recording.
    NOT_IN_CASE: 409 "not-in-case",
        "The case does not have this recording" / "案件にない録音です",
        "Add the recording to the case first." / "先に、その録音を案件に追加してください。";
    /// The case has as many shares as a case may have.
    TOO_MANY_SHARES: 409 "too-many-shares",
        "The case has too many shares" / "案件の社内共有が上限に達しています",
        "A case has at most 100." / "1つの案件で社内共有できるのは100件までです。";
    /// There is no such share, or it is not for the caller any more: one answer for all.
    NO_SUCH_SHARE: 404 "no-such-share",
        "No such share" / "社内共有が見つかりません",
        "There is none of this id, it has ended, or it is not for you."
        / "このIDの社内共有はないか、終わっているか、あなたへの共有ではありません。";
    /// The clip is being made.
    CLIP_NOT_READY: 409 "clip-not-ready",
        "The part is being cut" / "切り出しています",
        "Try again in some seconds." / "数秒後にもう一度お試しください。";
    /// No clip could be made.
    CLIP_FAILED: 409 "clip-failed",
        "The part could not be cut" / "切り出せませんでした",
        "`failure` says why." / "理由は `failure` にあります。";
    /// There is no such release.
    NO_SUCH_RELEASE: 404 "no-such-release",
        "No such release" / "社外提出が見つかりません",
        "The case has none of this id." / "この案件に、このIDの社外提出はありません。";
    /// The case has as many releases as a case may have.
    TOO_MANY_RELEASES: 409 "too-many-releases",
        "The case has too many releases" / "案件の社外提出が上限に達しています",
        "A case has at most 50." / "1つの案件で社外提出できるのは50件までです。";
    /// A release is in a state in which this is not done.
    WRONG_RELEASE_STATE: 409 "wrong-release-state",
        "Not in this state" / "今の状態では、この操作はできません",
        "Nothing was changed. Its `release_state` says where it is." / "変更はしていません。状態は `release_state` にあります。";
    /// Nobody wrote down how the person was identified.
    IDENTITY_UNCHECKED: 409 "identity-unchecked",
        "The identity check is missing" / "本人確認が記録されていません",
        "Write down how the person's identity was checked (`PUT …/disclosure`) before anything is disclosed."
        / "開示する前に、本人確認の方法を案件に記録してください(`PUT …/disclosure`)。";
    /// The case is not about a person's request.
    NOT_OF_A_PERSON: 409 "not-of-a-person",
        "Not a person's request" / "本人からの請求の案件ではありません",
        "Only requests for disclosure (開示) and to stop use (利用停止) have an identity check and a letter."
        / "本人確認と通知文があるのは、開示の請求と利用停止・消去の請求だけです。";
    /// There is no letter for it.
    NO_LETTER: 404 "no-letter",
        "No letter for this" / "通知文がありません",
        "There are letters for requests of persons: say which `outcome`, unless the case is closed."
        / "通知文があるのは、本人からの請求の結果だけです。完了していない案件では `outcome` を指定してください。";
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

/// 5 seconds: a part of some minutes is cut in less.
const CLIP_READY_IN_SECONDS: u32 = 5;

/// The clip is being made.
pub(crate) fn clip_not_ready() -> Problem {
    Problem::of(&CLIP_NOT_READY).audited("clip_not_ready").again_in(CLIP_READY_IN_SECONDS)
}

/// No clip could be made.
pub(crate) fn clip_failed(failure: CutFailure) -> Problem {
    Problem::of(&CLIP_FAILED).audited("clip_failed").with("failure", failure.as_str())
}

/// A release is in a state in which this is not done.
pub(crate) fn wrong_release_state(state: ReleaseState) -> Problem {
    Problem::of(&WRONG_RELEASE_STATE).audited("wrong_release_state").with("release_state", state.as_str())
}

/// Why a case of a kind does not change.
pub(crate) fn unchanged(unchanged: Unchanged, kind: CaseKind) -> Problem {
    match unchanged {
        Unchanged::Closed => Problem::of(&CASE_CLOSED).audited("case_closed"),
        Unchanged::Full => Problem::of(&CASE_FULL).audited("case_full"),
        Unchanged::WrongOutcome => wrong_outcome(kind),
        Unchanged::ReasonMissing => Problem::invalid("reason", Constraint::Reason),
        Unchanged::IdentityUnchecked => Problem::of(&IDENTITY_UNCHECKED).audited("identity_unchecked"),
        Unchanged::NotOfAPerson => Problem::of(&NOT_OF_A_PERSON).audited("not_of_a_person"),
        Unchanged::WrongDay => Problem::invalid("due_on", Constraint::DueDay),
    }
}
