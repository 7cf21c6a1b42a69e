//! The facts of an audit or custody event and the filters it names: what each is, and what people call it.

use jiff::Timestamp;

/// A fact, read: it is stored as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// Whether something is so.
    Flag(bool),
    /// How many.
    Count(u64),
    /// When.
    Moment(Timestamp),
    /// A word, an id, a day.
    Text(String),
}

/// Facts that are counts.
const COUNTS: [&str; 9] =
    ["count", "event", "items", "missed_need_days", "note", "rows", "rulebook_version", "teamed_by_version", "version"];

/// Facts that are true or false.
const FLAGS: [&str; 4] = ["agrees", "awaits_second_admin", "deletes_sooner", "stands"];

/// Facts that are moments; of some events a day.
const MOMENTS: [&str; 6] = ["claimed_at", "effective_at", "from", "object_gone_at", "since", "to"];

impl FactValue {
    /// Reads a fact by its name. A text that is not what its name says stays a text.
    pub fn read(name: &str, text: &str) -> Self {
        let read = match name {
            name if COUNTS.contains(&name) => text.parse().ok().map(Self::Count),
            name if FLAGS.contains(&name) => text.parse().ok().map(Self::Flag),
            name if MOMENTS.contains(&name) => text.parse().ok().map(Self::Moment),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

/// Names and words with their Japanese labels; none of them holds a number or a name of a person.
macro_rules! japanese {
    ($(#[$documentation:meta])* $function:ident { $($word:literal: $label:literal;)+ }) => {
        $(#[$documentation])*
        pub fn $function(word: &str) -> Option<&'static str> {
            match word {
                $($word => Some($label),)+
                _ => None,
            }
        }
    };
}

japanese! {
    /// What people call a fact or a filter.
    japanese_name {
        "action": "操作";
        "agrees": "2人目の公開";
        "awaits_second_admin": "2人目の管理者の公開待ち";
        "basis": "提出の根拠";
        "call_id": "通話ID";
        "case": "案件";
        "case_id": "案件";
        "claimed_at": "削除処理の開始日時";
        "changes": "変更点";
        "conditions": "条件の表示";
        "continues": "継続元の再生";
        "count": "件数";
        "counterpart_absent": "相手番号がない理由";
        "cursor": "続きの位置";
        "day": "日";
        "deletes_sooner": "削除が早まる";
        "deletion": "削除依頼";
        "direction": "発着信";
        "effective_at": "有効になる日時";
        "event": "取扱履歴の番号";
        "extension": "内線番号";
        "filters": "使った検索条件";
        "from": "検索した期間(から)";
        "held": "削除停止中";
        "hold": "削除停止";
        "is_complete": "全件";
        "items": "件数(件)";
        "kind": "種類";
        "last4": "相手番号の下4桁";
        "limit": "上限(件)";
        "line": "回線・窓口";
        "link": "リンク";
        "login": "ログイン名";
        "max_seconds": "録音時間(秒以下)";
        "medium": "開示の方法";
        "min_seconds": "録音時間(秒以上)";
        "missed_need_days": "削除済みの録音が必要になった日数(通話から)";
        "month": "月";
        "names": "訂正した項目";
        "note": "通話メモの番号";
        "notes": "通話メモあり";
        "number": "相手番号";
        "number_prefix": "相手番号の先頭";
        "number_suffix": "相手番号の末尾";
        "object_gone_at": "録音ファイルがないと分かった日時";
        "of_staff": "録音の担当者";
        "of_team": "録音の部署";
        "outcome": "結果";
        "pending_days": "未集計の日";
        "plan": "試算";
        "reason": "理由";
        "recording": "録音ID";
        "recordings": "録音ID";
        "release": "社外提出";
        "rows": "行数(行)";
        "rulebook_version": "運用ルールの版";
        "share": "社内共有";
        "since": "最初の再生";
        "sort": "並び順";
        "source": "録音元";
        "staff": "担当者";
        "stands": "訂正の確定";
        "state": "状態";
        "team": "部署";
        "teamed_by_version": "部署を決めた運用ルールの版";
        "text": "通話メモの言葉";
        "to": "検索した期間(まで)";
        "use": "利用目的";
        "version": "運用ルールの版";
        "what": "出力した一覧";
    }
}

japanese! {
    /// What people call a reason of a refusal.
    japanese_reason {
        "call_changed": "依頼のあとに変わった通話";
        "case_closed": "完了した案件";
        "case_full": "案件の録音が上限";
        "clip_failed": "切り出しの失敗";
        "clip_not_ready": "切り出しの途中";
        "deleted": "削除済みの録音";
        "deletion_decided": "承認または却下された依頼";
        "deletion_requested": "すでにある削除依頼";
        "held": "削除停止中";
        "held_by_a_case": "案件による削除停止中";
        "identity_unchecked": "本人確認が未記録";
        "in_quarantine": "要確認の録音";
        "managers_do_not_download": "責任者はダウンロードできない設定";
        "no_approver": "承認できる人がいない";
        "no_audio": "音声がない";
        "no_letter": "回答書がない案件";
        "no_login": "ログイン名のないトークン";
        "no_memos": "受付メモを書けない役割";
        "no_rule": "当てはまる運用ルールがない";
        "no_such_hold": "該当する削除停止がない";
        "no_such_note": "該当する通話メモがない";
        "no_such_release": "該当する社外提出がない";
        "no_such_share": "該当する社内共有がない";
        "not_a_member": "社員名簿にないログイン名";
        "not_a_purpose": "運用ルールにない利用目的";
        "not_an_access_token": "アクセストークンではない";
        "not_for_the_role": "役割に権限がない";
        "not_in_case": "案件にない録音";
        "not_in_quality_audience": "応対品質のために聞ける人ではない";
        "not_of_a_person": "本人からの請求ではない案件";
        "not_valid_now": "期限外のトークン";
        "not_verified": "確認されていないアドレス";
        "not_your_case": "担当する案件ではない";
        "not_your_note": "ほかの人の通話メモ";
        "nothing_to_approve": "承認する依頼がない";
        "notice_without_quality": "応対品質の案内がない通話";
        "on_the_call": "通話した本人";
        "only_admins": "管理者だけができる操作";
        "others_recordings": "ほかの部署の録音がある通話";
        "own_request": "自分の依頼は承認できない";
        "past_age_limit": "管理者だけが聞ける古い録音";
        "quality_over": "応対品質に使える期間が終了";
        "staff_do_not_hear": "一般は再生できない設定";
        "too_many": "1時間の上限";
        "too_many_holds": "削除停止が上限";
        "too_many_releases": "社外提出が上限";
        "too_many_shares": "社内共有が上限";
        "unknown_name": "該当する名前がない";
        "wrong_outcome": "この案件にはない結果";
        "wrong_release_state": "この段階ではできない操作";
    }
}

japanese! {
    /// What people call a word among the facts.
    japanese_word {
        "admin-activity": "管理者の操作";
        "audit": "操作の記録";
        "audit-access": "アクセス状況";
        "completeness": "録音漏れ";
        "deletions": "削除依頼・削除証明";
        "made": "作成";
        "notes": "通話メモ";
        "notice": "案内";
        "opened": "取得";
        "permissions": "権限一覧";
        "recordings": "録音";
        "true": "はい";
        "false": "いいえ";
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::permission::NotAllowed;

    #[test]
    fn a_fact_is_what_its_name_says_and_else_a_text() {
        let at: Timestamp = "2026-11-03T05:05:02.000000001Z".parse().unwrap();
        for (name, text, read) in [
            ("rows", "50", FactValue::Count(50)),
            ("rows", "", FactValue::Text(String::new())),
            ("rulebook_version", "3", FactValue::Count(3)),
            ("object_gone_at", "2026-11-03T05:05:02.000000001Z", FactValue::Moment(at)),
            ("sha256", "12345678", FactValue::Text("12345678".to_owned())),
            ("stands", "true", FactValue::Flag(true)),
            ("from", "2026-11-03T05:05:02.000000001Z", FactValue::Moment(at)),
            ("from", "2026-11-03", FactValue::Text("2026-11-03".to_owned())),
            // Ids that are digits stay texts, with their zeros.
            ("of_staff", "00123", FactValue::Text("00123".to_owned())),
            ("call_id", "265501", FactValue::Text("265501".to_owned())),
        ] {
            assert_eq!(FactValue::read(name, text), read, "{name}={text}");
        }
    }

    #[test]
    fn every_reason_that_is_told_of_a_permission_has_its_label() {
        for reason in NotAllowed::ALL {
            assert!(japanese_reason(reason.as_str()).is_some(), "{}", reason.as_str());
        }
        for name in COUNTS.iter().chain(&FLAGS).chain(&MOMENTS) {
            assert!(japanese_name(name).is_some(), "{name}");
        }
    }
}
