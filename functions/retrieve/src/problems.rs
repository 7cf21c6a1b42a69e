//! The kinds of problems that only recordings have.

use policy::Language;
use policy::facts::QuarantineReason;
use rokuban_http::problem::Problem;
use rokuban_http::problems;
use serde::Serialize;
use serde_json::json;

problems! { pub(crate),
    /// There is no such recording, or it may not be viewed: one answer for both.
    NO_SUCH_RECORDING: 404 "no-such-recording",
        "No such recording" / "録音が見つかりません",
        "There is none of this id, or it is not for you." / "このIDの録音はないか、あなたには見る権限がありません。";
    /// No call log has such a call, or it may not be seen: one answer for both.
    NO_SUCH_CALL: 404 "no-such-call",
        "No such call" / "通話が見つかりません",
        "No call log has a call of this source and id, or it is not for you."
        / "この録音元とIDの通話は通話ログにないか、あなたには見る権限がありません。";
    /// The recording was deleted, and the caller may know.
    DELETED: 410 "deleted",
        "The recording was deleted" / "録音は削除されました",
        "Its proof of deletion is in `deleted`." / "削除証明は `deleted` にあります。";
    /// With the facts of a correction it would still be in quarantine.
    STILL_QUARANTINED: 422 "still-quarantined",
        "Still in quarantine" / "入力内容だけでは録音を特定できません",
        "With these facts it would be in quarantine (要確認) for `quarantine_reason`. Nothing was changed."
        / "この内容でも `quarantine_reason` の理由で要確認のままになります。変更はしていません。";
    /// The use is not one of the rulebook's purposes.
    NOT_A_PURPOSE: 403 "not-a-purpose",
        "Not a purpose of the rulebook" / "運用ルールにない利用目的です",
        "`use` must be one of `purposes`." / "`use` は `purposes` のどれかにしてください。";
    /// Nothing can be heard in it.
    NO_AUDIO: 409 "no-audio",
        "Nothing can be heard in it" / "再生できる音声がありません",
        "Why it is in quarantine (要確認) is in `quarantine_reason`." / "要確認の理由は `quarantine_reason` にあります。";
}

/// There is no such recording, or it may not be viewed.
pub(crate) fn no_such_recording() -> Problem {
    Problem::of(&NO_SUCH_RECORDING)
}

/// It was deleted; the proof of that.
pub(crate) fn deleted(tombstone: &impl Serialize) -> Problem {
    Problem::of(&DELETED).audited("deleted").with("deleted", json!(tombstone))
}

/// With the facts of a correction it would still be in quarantine.
pub(crate) fn still_quarantined(reason: QuarantineReason) -> Problem {
    let problem = Problem::of(&STILL_QUARANTINED).with("quarantine_reason", reason.as_str());
    problem.with_texts("quarantine_fix", reason.fix(Language::English).into(), reason.fix(Language::Japanese).into())
}

/// The use is not one of these.
pub(crate) fn not_a_purpose(purposes: &[String]) -> Problem {
    Problem::of(&NOT_A_PURPOSE).audited("not_a_purpose").with("purposes", purposes)
}

/// Nothing can be heard in it, and why it is in quarantine.
pub(crate) fn no_audio(reason: Option<QuarantineReason>) -> Problem {
    let problem =
        Problem::of(&NO_AUDIO).audited("no_audio").with("quarantine_reason", reason.map(QuarantineReason::as_str));
    let fix = |language| json!(reason.map(|reason| reason.fix(language)));
    problem.with_texts("quarantine_fix", fix(Language::English), fix(Language::Japanese))
}
