//! What a mail says: a sentence and a link for each thing that waits.

use super::model::{CallCount, Notification, NotificationKind};
use crate::language::Language;

/// A mail, as plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its subject: the same for all of them, for a subject is shown on locked screens.
    pub subject: &'static str,
    /// Its text.
    pub text: String,
}

impl Mail {
    /// The mail about some of what waits for one person.
    pub fn new(notifications: &[&Notification], console: &str, language: Language) -> Self {
        let mut text = String::new();
        for each in notifications {
            text.push_str(&format!("{}\n{}\n\n", sentence(each, language), each.link(console)));
        }
        text.push_str(language.choose(
            "This mail was sent by Rokuban. It names nobody and no number: sign in to read more.\n",
            "このメールは録番から自動で送信しています。電話番号・氏名・内容は記載していません。ログインしてご確認ください。\n",
        ));
        let subject = language.choose("[Rokuban] Something waits for you", "【録番】ご確認をお願いします");
        Self { subject, text }
    }
}

/// What a mail says of a notification.
pub fn sentence(notification: &Notification, language: Language) -> String {
    let sentence = notification.kind.sentence(language);
    let Some(CallCount { calls, is_whole }) = notification.calls else { return sentence.to_owned() };
    match (language, is_whole) {
        (Language::English, true) => format!("{sentence} ({calls} calls)"),
        (Language::English, false) => format!("{sentence} ({calls} calls or more)"),
        (Language::Japanese, true) => format!("{sentence}（{calls}件）"),
        (Language::Japanese, false) => format!("{sentence}（{calls}件以上）"),
    }
}

impl NotificationKind {
    /// What a mail says of it.
    pub(super) fn sentence(self, language: Language) -> &'static str {
        let (english, japanese) = match self {
            Self::MemoWaiting => ("A memo waits for somebody to work on it.", "対応待ちの受付メモがあります。"),
            Self::ReleaseToDecide => {
                ("A release waits for your approval or refusal.", "承認待ちの社外提出の申請があります。")
            }
            Self::DeletionToDecide => {
                ("A deletion request waits for your approval or refusal.", "承認待ちの削除依頼があります。")
            }
            Self::CorrectionToConfirm => {
                ("A correction waits for a second admin.", "別の管理者の確認を待っている訂正があります。")
            }
            Self::RulebookToAgree => (
                "A pending rulebook waits for a second admin.",
                "公開待ちの運用ルールがあります。別の管理者が同じ内容を公開すると有効になります。",
            ),
            Self::ShareGiven => ("A part of a recording is shared with you.", "録音の一部があなたに共有されています。"),
            Self::AnswerDue => (
                "The answer to a person's request is due within three days, or overdue.",
                "本人からの請求の回答期限が3日以内に迫っているか、過ぎています。",
            ),
            Self::HoldEnding => (
                "Calls that a memo may mean are held for three more days at most.",
                "受付メモによる削除停止が3日以内に終わります。",
            ),
            Self::EndingWhileClosed => (
                "Calls of your teams end on the closed days ahead.",
                "次の休業期間中に、担当する部署の通話が保存期限を迎えます。",
            ),
            Self::BreakerOpen => (
                "More calls are due than the day may lose. An admin approves, or withdraws the rulebook.",
                "削除が1日の上限に達し、管理者の承認を待っています。",
            ),
        };
        language.choose(english, japanese)
    }
}
