//! The kinds of problems that only recordings have.

use policy::Language;
use policy::deletion::DeletionState;
use policy::facts::QuarantineReason;
use policy::id::DeletionId;
use rokuban_http::problem::Problem;
pub(crate) use rokuban_http::problem::{NO_SUCH_RECORDING, TOO_MANY_HOLDS};
use rokuban_http::problems;
use serde::Serialize;
use serde_json::json;

problems! { pub(crate),
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
    /// Deletions are not for this role.
    NO_DELETIONS: 403 "no-deletions",
        "Deletions are not for you" / "削除の承認・一覧の権限がありません",
        "Admins (管理者) and auditors (監査) read and decide on deletions. A manager requests one at its recording."
        / "削除依頼の一覧・承認・却下と削除証明の一覧は、管理者と監査だけが使えます。責任者は録音から削除を依頼できます。";
    /// There is no such request, or its call has ended meanwhile.
    NO_SUCH_DELETION: 404 "no-such-deletion",
        "No such deletion request" / "削除依頼が見つかりません",
        "There is none of this id, or its call has been deleted." / "このIDの削除依頼はないか、通話がすでに削除されています。";
    /// Another request for the same call stands.
    DELETION_REQUESTED: 409 "deletion-requested",
        "Its deletion was requested already" / "すでに削除が依頼されています",
        "`deletion_id` is the request that stands. It must be approved or refused first."
        / "依頼のIDは `deletion_id` にあります。承認または却下されるまで、次の依頼はできません。";
    /// The request was approved or refused by somebody.
    DELETION_DECIDED: 409 "deletion-decided",
        "It was decided already" / "すでに承認または却下されています",
        "Nothing was changed. Its `deletion_state` says what was decided." / "変更はしていません。結果は `deletion_state` にあります。";
    /// The recordings of the call are not those that the request names.
    CALL_CHANGED: 409 "call-changed",
        "The call has changed since" / "依頼の後に通話の録音が変わりました",
        "It has recordings that the request does not name, or none. Refuse the request, and make another one."
        / "依頼の後に、通話の録音が増えたか、別の通話に移りました。この依頼を却下して、あらためて依頼してください。";
    /// Nobody could approve.
    NO_APPROVER: 409 "no-approver",
        "Nobody could approve it" / "承認できる人がいません",
        "A deletion takes two people. Enter a second admin (管理者) or an auditor (監査) who was not on the call in the staff list, publish it, and request again."
        / "削除には2人の判断が必要です。社員名簿に2人目の管理者か、通話した本人ではない監査を書き加えて公開し、もう一度依頼してください。";
    /// Its bytes can't be silenced.
    NOT_REDACTABLE: 422 "not-redactable",
        "No part of it can be silenced" / "この録音はマスキングできません",
        "Only WAV of PCM, G.711, ADPCM or GSM, and GSM files, are redacted: not in quarantine (要確認), and with at most 20 files that follow them. Delete the recording, or share the part that is needed."
        / "マスキングできるのは、PCM・G.711・ADPCM・GSM の WAV と GSM の録音だけです。要確認の録音と、付随ファイルが20個を超える録音もできません。録音の削除を依頼するか、必要な部分だけを社内共有してください。";
    /// A part of it is silenced, and its facts are those of its original.
    REDACTED: 409 "redacted",
        "Its facts stay as they are" / "マスキングした録音の情報は訂正できません",
        "A part of it was silenced for good. Its facts were taken over from the recording before that, and stay."
        / "一部を消去した録音です。情報は元の録音から引き継いだままで、変わりません。";
    /// The use is not one of the rulebook's purposes.
    NOT_A_PURPOSE: 403 "not-a-purpose",
        "Not a purpose of the rulebook" / "運用ルールにない利用目的です",
        "`use` must be one of `purposes`." / "`use` は `purposes` のどれかにしてください。";
    /// There is no such hold on its call.
    NO_SUCH_HOLD: 404 "no-such-hold",
        "No such hold" / "削除停止が見つかりません",
        "No hold of this id stands on its call." / "このIDの削除停止は、この通話にかかっていません。";
    /// There is no such note, or it was withdrawn.
    NO_SUCH_NOTE: 404 "no-such-note",
        "No such note" / "通話メモが見つかりません",
        "The recording has no note of this number, or it was withdrawn."
        / "この録音に、この番号の通話メモはないか、取り消されています。";
    /// A case holds it.
    HELD_BY_A_CASE: 409 "held-by-a-case",
        "A case holds the call" / "案件が削除を停止しています",
        "It is lifted when the case is closed." / "案件が完了すると解除されます。";
    /// Nothing can be heard in it.
    NO_AUDIO: 409 "no-audio",
        "Nothing can be heard in it" / "再生できる音声がありません",
        "Why it is in quarantine (要確認) is in `quarantine_reason`." / "要確認の理由は `quarantine_reason` にあります。";
}

/// There is no such recording, or it may not be viewed.
pub(crate) fn no_such_recording() -> Problem {
    Problem::of(&NO_SUCH_RECORDING)
}

/// Another request for the same call stands.
pub(crate) fn deletion_requested(id: &DeletionId) -> Problem {
    Problem::of(&DELETION_REQUESTED).audited("deletion_requested").with("deletion_id", id.as_str())
}

/// The request was approved or refused by somebody.
pub(crate) fn deletion_decided(state: DeletionState) -> Problem {
    Problem::of(&DELETION_DECIDED).audited("deletion_decided").with("deletion_state", state.as_str())
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
