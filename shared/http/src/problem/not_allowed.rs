//! Why something that may be seen may not be done, in both languages.

use policy::permission::NotAllowed;

use super::texts::Texts;

/// The detail of [`super::NOT_ALLOWED`] for a reason.
pub(super) fn detail(reason: NotAllowed) -> Texts {
    let (english, japanese) = match reason {
        NotAllowed::ManagersDoNotDownload => (
            "The rulebook lets managers (責任者) hear, not download. Ask an admin (管理者).",
            "運用ルールでは、責任者は再生できますが、ダウンロードはできません。管理者に依頼してください。",
        ),
        NotAllowed::InQuarantine => (
            "It is in quarantine (要確認): it can be heard, but not leave before it is understood.",
            "要確認の録音は再生できますが、内容が確認されるまでダウンロードできません。",
        ),
        NotAllowed::NoAudio => (
            "Why it is in quarantine (要確認) is in `quarantine_reason`.",
            "要確認の理由は `quarantine_reason` にあります。",
        ),
        NotAllowed::NoRule => (
            "Its class is in no rulebook, so nobody knows when it expires. Publish a rulebook that names it.",
            "この録音の保存区分がどの運用ルールにもないため、期限が決まりません。区分を定めた運用ルールを公開してください。",
        ),
        NotAllowed::NotForTheRole => ("Your role does not do this.", "あなたの役割では、この操作はできません。"),
        NotAllowed::StaffDoNotHear => (
            "The rulebook lets staff (一般) see the facts of their own calls, not hear them. Ask a manager (責任者).",
            "運用ルールでは、一般の担当者は自分の通話の情報を見られますが、再生はできません。責任者に依頼してください。",
        ),
        NotAllowed::PastAgeLimit => (
            "It is so old that the rulebook lets only admins (管理者) hear it.",
            "運用ルールの再生期限を過ぎたため、再生できるのは管理者だけです。",
        ),
        NotAllowed::Held => {
            ("A hold (削除停止) stands: nothing of it is deleted.", "削除停止がかかっているため、削除できません。")
        }
        NotAllowed::NothingToApprove => ("Nobody asked for its deletion.", "この録音の削除は依頼されていません。"),
        NotAllowed::OwnRequest => (
            "Somebody else must approve what you asked for.",
            "自分の依頼は自分で承認できません。ほかの人の承認が必要です。",
        ),
        NotAllowed::OnTheCall => (
            "You were on the call: somebody else must approve.",
            "通話した本人は承認できません。ほかの人の承認が必要です。",
        ),
        NotAllowed::OthersRecordings => (
            "The call has recordings of others, and only a whole call is deleted. Ask an admin (管理者).",
            "この通話にはほかの部署の録音があり、削除は通話単位です。管理者に依頼してください。",
        ),
        NotAllowed::NoticeWithoutQuality => (
            "Its caller was not told that calls are used for quality.",
            "この通話の相手には、応対品質の向上に使うことを案内していません。",
        ),
        NotAllowed::QualityOver => {
            ("The period of use for quality is over.", "応対品質の向上に使える期間を過ぎています。")
        }
        NotAllowed::NotInQualityAudience => (
            "The rulebook names others to hear for quality.",
            "運用ルールで、応対品質のために再生できる人に含まれていません。",
        ),
        NotAllowed::NotYourCase => (
            "Its owner, the managers (責任者) of its team and the admins (管理者) work on this case.",
            "この案件を進められるのは、担当者・担当部署の責任者・管理者だけです。",
        ),
        NotAllowed::NoMemos => {
            ("Auditors (監査) see traces and proofs; they write no memos.", "監査の役割では、受付メモを書けません。")
        }
        NotAllowed::NotYourNote => (
            "Only who wrote a note (通話メモ) corrects or withdraws it.",
            "通話メモを訂正・取り消しできるのは、書いた本人だけです。",
        ),
        NotAllowed::OnlyAdmins => (
            "Only admins (管理者) publish the rulebook; auditors (監査) read it too.",
            "運用ルールの公開は管理者だけ、閲覧は管理者と監査だけができます。",
        ),
    };
    Texts { english, japanese }
}
