//! What the product shows for its words, in both languages, in one place.

use crate::audit::{AuditAction, AuditOutcome};
use crate::case::part::CutFailure;
use crate::case::release::{ReleaseBasis, ReleaseState};
use crate::case::share::ShareState;
use crate::case::{CandidateReason, CaseKind, CaseOutcome, CaseState};
use crate::deletion::DeletionState;
use crate::facts::{Direction, NoticeKind, QuarantineReason};
use crate::hold::HoldKind;
use crate::language::Language;
use crate::number::Absent;
use crate::origin_copy::OriginCopyState;
use crate::recording::{BackupState, State};
use crate::rulebook::Role;

/// A word of the API that a person reads.
pub trait Label {
    /// What a person reads for it.
    fn label(self, language: Language) -> &'static str;
}

/// Pairs each variant with its English and its Japanese label.
macro_rules! labels {
    ($name:ident { $($variant:ident: $english:literal, $japanese:literal;)* }) => {
        impl Label for $name {
            fn label(self, language: Language) -> &'static str {
                match self {
                    $(Self::$variant => language.choose($english, $japanese),)*
                }
            }
        }
    };
}

labels! { Role {
    Admin: "Admin", "管理者";
    Manager: "Manager", "責任者";
    Staff: "Staff", "一般";
    Auditor: "Auditor", "監査";
}}

labels! { Direction {
    Inbound: "Inbound", "着信";
    Outbound: "Outbound", "発信";
    Internal: "Internal", "内線";
    Unknown: "Unknown", "不明";
}}

labels! { Absent {
    Withheld: "Withheld", "非通知";
    Payphone: "Payphone", "公衆電話";
    OutOfArea: "Out of area", "表示圏外";
    Unknown: "Unknown", "不明";
    Internal: "Internal", "内線";
}}

labels! { State {
    Active: "Active", "保存中";
    Quarantined: "In quarantine", "要確認";
    Fragment: "Sidecar or call log", "付属情報ファイル・通話ログ";
    Deleted: "Deleted", "削除済み";
}}

labels! { BackupState {
    NotKept: "No copies were made", "写しなし";
    Pending: "To be checked", "確認待ち";
    NoneLeft: "None left", "残っていない";
}}

labels! { OriginCopyState {
    None: "None", "残っていない";
    Until: "Until a day", "期日まで";
    Unknown: "Unknown", "不明";
}}

labels! { NoticeKind {
    Ivr: "Announcement", "自動音声";
    Operator: "Opening words", "担当者の口頭";
    Form: "Form", "申込書";
    Signature: "Signature", "署名";
    Web: "Web page", "ウェブページ";
    None: "None", "なし";
    Unknown: "Unknown", "不明";
}}

labels! { QuarantineReason {
    TooLarge: "Too large", "大きすぎる";
    Unreadable: "Can't be read", "読み取れない";
    Empty: "Empty file", "空のファイル";
    NoAudio: "No audio in the file", "音声がない";
    NotAudio: "Not a sound file", "音声ファイルではない";
    NoSourceMatches: "No source matches", "録音元が分からない";
    NoCallFacts: "No call facts", "通話の情報がない";
    ImpossibleDate: "Impossible date", "存在しない日付";
    Zone: "Times contradict each other", "時刻が矛盾している";
    TooEarly: "Call is too old", "通話が古すぎる";
    TooLate: "Call is later than its upload", "通話がアップロードより後";
    ExpiredOnArrival: "Expired on arrival", "到着時に保存期限切れ";
    NotThisFormat: "Call log of another format", "通話ログの形式が違う";
    TooManyVersions: "Uploaded too often", "同じ名前が多すぎる";
}}

labels! { HoldKind {
    Legal: "Legal", "係争・調査";
    Case: "Case", "案件";
    Provisional: "Provisional", "受付メモ";
}}

labels! { AuditAction {
    Search: "Search", "検索";
    View: "View", "表示";
    Play: "Play", "再生";
    Renew: "Renew a play", "再生の継続";
    Download: "Download", "ダウンロード";
    Custody: "Read custody", "取扱履歴の閲覧";
    ReadNotes: "Read notes", "通話メモの閲覧";
    Note: "Write a note", "通話メモの記入";
    CorrectNote: "Correct a note", "通話メモの訂正";
    WithdrawNote: "Withdraw a note", "通話メモの取り消し";
    SearchNotes: "Search notes", "通話メモの検索";
    Delete: "Request a deletion", "削除依頼";
    Approve: "Approve a deletion", "削除の承認";
    RefuseDeletion: "Refuse a deletion", "削除依頼の却下・取り下げ";
    Deletions: "Read deletions", "削除依頼・削除証明の閲覧";
    ReadHolds: "Read holds", "削除停止の閲覧";
    Hold: "Hold", "削除停止";
    LiftHold: "Lift a hold", "削除停止の解除";
    Share: "Share", "社内共有";
    Release: "Release", "社外提出";
    Correct: "Correct facts", "通話情報の訂正";
    ListCorrections: "List corrections that wait", "訂正の確認待ちの一覧";
    Export: "Export a list", "CSV出力";
    Audit: "Read the audit log", "操作の記録の閲覧";
    AuditAccess: "Read one member's access", "アクセス状況の閲覧";
    AuditAdminActivity: "Read admin activity", "管理者の操作の閲覧";
    ReportCompleteness: "Read the completeness report", "録音漏れの報告の閲覧";
    ReportRetention: "Read the retention report", "保存状況の報告の閲覧";
    ReportAgeAtUse: "Read the age-at-use report", "何日後に必要だったかの報告の閲覧";
    ReportNotice: "Read the notice report", "案内の報告の閲覧";
    ReportPermissions: "Read the permissions report", "権限一覧の閲覧";
    ReadRulebook: "Read the rulebook", "運用ルールの閲覧";
    Publish: "Publish a rulebook", "運用ルールの公開";
    Withdraw: "Withdraw a rulebook", "運用ルールの取り下げ";
    PlanRulebook: "Make a plan", "運用ルールの変更の試算";
    ReadPlan: "Read a plan", "試算の閲覧";
    ReadSweeps: "Read the daily deletions", "1日の削除の上限の閲覧";
    ApproveSweep: "Approve more deletions", "上限を超える削除の承認";
    TrySource: "Try a source", "録音元の試行";
    WriteMemo: "Write a memo", "受付メモの記入";
    ListCases: "List cases", "案件の一覧";
    ViewCase: "Read a case", "案件の表示";
    LinkRecording: "Link a recording to a case", "案件への録音の追加";
    UnlinkRecording: "Take a recording out of a case", "案件からの録音の除外";
    HandleDisclosure: "Handle a person's request", "本人からの請求の対応の記録";
    CloseCase: "Close a case", "案件の完了";
    SharePart: "Share a part", "必要な部分の社内共有";
    WithdrawShare: "Withdraw a share", "社内共有の取り消し";
    ListShares: "List own shares", "共有された録音の一覧";
    PlayShare: "Play a shared part", "共有された部分の再生";
    MakeClip: "Make a clip", "必要な部分の切り出し";
    AskRelease: "Request a release", "社外提出の申請";
    ApproveRelease: "Approve a release", "社外提出の承認";
    RefuseRelease: "Refuse a release", "社外提出の却下";
    WithdrawRelease: "Withdraw a release", "社外提出の取り消し";
    LinkRelease: "Make a recipient's link", "受け取り用リンクの作成";
    DeliverRelease: "Record a delivery", "引き渡しの記録";
    ListReleases: "List releases that wait", "社外提出の承認待ちの一覧";
    ViewRelease: "Read a release", "社外提出の表示";
    OpenRelease: "Open a release", "提出先による受け取り";
    SignIn: "Sign in", "ログイン";
    MakePackage: "Make a package", "提出物の作成";
    DisableLogin: "Disable a login", "ログインの停止";
    EnableLogin: "Enable a login", "ログインの再開";
    CreateLogin: "Create a login", "ログインの作成";
}}

labels! { DeletionState {
    Waiting: "Waiting", "承認待ち";
    Approved: "Approved", "承認済み";
    Refused: "Refused", "却下・取り下げ";
}}

labels! { CaseKind {
    Complaint: "Complaint", "苦情";
    Harassment: "Customer harassment", "カスタマーハラスメント";
    Legal: "Legal matter", "法的対応";
    Investigation: "Internal investigation", "社内調査";
    Disclosure: "Disclosure request", "開示の請求";
    StopUse: "Request to stop use or delete", "利用停止・消去の請求";
    Incident: "Incident", "事故・事象";
}}

labels! { CaseState {
    New: "New", "新着";
    InProgress: "In progress", "対応中";
    Closed: "Closed", "完了";
}}

labels! { CaseOutcome {
    Resolved: "Resolved", "解決・対応済み";
    Unresolved: "Unresolved", "未解決";
    Withdrawn: "Withdrawn", "取り下げ";
    DisclosedWhole: "Disclosed in whole", "全部開示";
    DisclosedPart: "Disclosed in part", "一部開示";
    Refused: "Refused", "不開示・拒否";
    NoneHeld: "Nothing held", "該当なし";
}}

labels! { ShareState {
    Making: "Being made", "準備中";
    Ready: "Ready", "再生できます";
    Failed: "Failed", "作成できません";
    Withdrawn: "Withdrawn", "取り消し済み";
}}

labels! { CutFailure {
    NotCuttable: "This format can't be cut", "この形式は切り出せません";
    Gone: "The recording is gone", "録音がありません";
    OutOfRange: "Behind the end of the audio", "音声の終わりより後です";
    TooLarge: "Too large", "大きすぎます";
}}

labels! { ReleaseState {
    Requested: "Waiting for approval", "承認待ち";
    Approved: "Approved, being made", "承認済み・準備中";
    Built: "Ready to deliver", "準備完了";
    Delivered: "Delivered", "引き渡し済み";
    Refused: "Refused", "却下";
    Withdrawn: "Withdrawn", "取り消し済み";
    Failed: "Failed", "作成できません";
}}

labels! { ReleaseBasis {
    InvestigationInquiry: "Investigation inquiry", "捜査関係事項照会(刑事訴訟法197条2項)";
    BarInquiry: "Bar association inquiry", "弁護士会照会(弁護士法23条の2)";
    CourtOrder: "Court order", "裁判所の命令・嘱託";
    OwnCounsel: "Own counsel", "自社の代理人弁護士";
    PersonRequest: "Request by the person", "本人からの開示の請求";
    Consent: "Consent of the person", "本人の同意";
    Other: "Other", "その他";
}}

labels! { CandidateReason {
    Number: "Same number", "番号が一致";
    Last4: "Same last four digits", "下4桁が一致";
    Staff: "The member's call", "通話した人が一致";
    CounterpartAbsent: "No number for the same reason", "番号なしの理由が一致";
    Time: "Near the time", "時刻が近い";
}}

labels! { AuditOutcome {
    Permitted: "Permitted", "許可";
    Refused: "Refused", "拒否";
}}

/// The name of a purpose that ships; of one that the company chose, its id.
pub fn purpose(id: &str, language: Language) -> &str {
    match id {
        "evidence" => language.choose("What was agreed", "合意内容の確認"),
        "quality" => language.choose("Quality of service", "応対品質の向上"),
        "handover" => language.choose("Handover", "引き継ぎ"),
        own => own,
    }
}

impl QuarantineReason {
    /// What a person can do about it.
    pub fn fix(self, language: Language) -> &'static str {
        let (english, japanese) = match self {
            Self::TooLarge => (
                "Split the file or raise MaxObjectBytes, then upload it again.",
                "ファイルを分割するか MaxObjectBytes を大きくして、もう一度アップロードしてください。",
            ),
            Self::Unreadable => (
                "It is archived, or encrypted with the sender's key. Upload it again without a storage class or a key.",
                "アーカイブされているか、送信側の鍵で暗号化されています。保存クラスと鍵を指定せずに、もう一度アップロードしてください。",
            ),
            Self::Empty => (
                "The recorder wrote no bytes: check its disk and its upload, then upload the file again.",
                "録音装置が何も書き込んでいません。ディスクと送信の設定を確認し、もう一度アップロードしてください。",
            ),
            Self::NoAudio => (
                "The file has a header and no sound: nobody answered the call, or the recorder stopped.",
                "ヘッダーだけで音声がありません。応答がなかったか、録音が途中で止まっています。",
            ),
            Self::NotAudio => (
                "This is not a sound file: upload the recording itself, or let this one expire.",
                "音声ファイルではありません。録音そのものをアップロードするか、このまま期限切れを待ってください。",
            ),
            Self::NoSourceMatches => (
                "Put the facts beside it as {key}.json or as S3 user metadata, or configure a source with its prefix.",
                "通話の情報を {key}.json か S3 のユーザー定義メタデータで添えるか、このプレフィックスの録音元を設定してください。",
            ),
            Self::NoCallFacts => (
                "Its name does not match its source's pattern, or gives no start: put the facts beside it as \
                 {key}.json, send its call log, or fix the recorder's naming.",
                "ファイル名が録音元の形式に合わないか、開始日時がありません。通話の情報を {key}.json で添えるか、\
                 通話ログを送るか、録音装置のファイル名の設定を直してください。",
            ),
            Self::ImpossibleDate => (
                "No calendar has the date in its name: put the facts beside it as {key}.json.",
                "ファイル名の日付が存在しません。通話の情報を {key}.json で添えてください。",
            ),
            Self::Zone => (
                "The clock times in its name contradict each other: check the PBX's clock and time zone.",
                "ファイル名の中の時刻が矛盾しています。PBX の時計とタイムゾーンを確認してください。",
            ),
            Self::TooEarly => (
                "The call is older than late_arrival_days: check the PBX's clock, or raise late_arrival_days in the \
                 rulebook.",
                "通話が late_arrival_days より前です。PBX の時計を確認するか、運用ルールの late_arrival_days を\
                 大きくしてください。",
            ),
            Self::TooLate => (
                "The call is later than its upload: check the PBX's clock and time zone.",
                "通話がアップロードより後の日時です。PBX の時計とタイムゾーンを確認してください。",
            ),
            Self::ExpiredOnArrival => (
                "Its period was over when it arrived: check the recorder's clock. Correct its start, or confirm it: \
                 then a second person must agree.",
                "到着した時点で保存期限が過ぎています。録音装置の時計を確認してください。開始日時を訂正するか、そのまま\
                 確定するには、もう1人の同意が必要です。",
            ),
            Self::NotThisFormat => (
                "No row of this call log could be read. Check that it is the log of its folder's PBX, or describe it as \
                 a [[call_log]], then upload it again.",
                "この通話ログには読める行がありません。フォルダーの PBX のログであることを確認するか、[[call_log]] で形式を\
                 設定して、もう一度アップロードしてください。",
            ),
            Self::TooManyVersions => (
                "More than 100 files were uploaded under this one name: give each call a name of its own. Correct its \
                 facts to keep this one.",
                "同じ名前で100件を超えるファイルがアップロードされています。通話ごとに別の名前を付けてください。この録音を\
                 残すには、通話の情報を訂正してください。",
            ),
        };
        language.choose(english, japanese)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_label_of_its_own_in_both_languages() {
        fn check<Word: Label + Copy>(words: &[Word]) {
            for language in [Language::English, Language::Japanese] {
                let mut labels: Vec<_> = words.iter().map(|word| word.label(language)).collect();
                labels.sort_unstable();
                labels.dedup();
                assert_eq!(labels.len(), words.len(), "{labels:?}");
                let is_japanese = |label: &&str| !label.is_ascii();
                assert!(labels.iter().all(|label| is_japanese(label) == (language == Language::Japanese)));
            }
        }
        check(&AuditAction::ALL);
        check(&AuditOutcome::ALL);
        check(&CaseKind::ALL);
        check(&CaseState::ALL);
        check(&CaseOutcome::ALL);
        check(&CandidateReason::ALL);
        check(&NoticeKind::ALL);
        check(&QuarantineReason::ALL);
        check(&[Direction::Inbound, Direction::Outbound, Direction::Internal, Direction::Unknown]);
        check(&[Absent::Withheld, Absent::Payphone, Absent::OutOfArea, Absent::Unknown, Absent::Internal]);
        check(&[State::Active, State::Quarantined, State::Fragment, State::Deleted]);
        check(&[Role::Admin, Role::Manager, Role::Staff, Role::Auditor]);
    }

    #[test]
    fn every_reason_for_quarantine_says_how_to_fix_it_in_both_languages() {
        for reason in QuarantineReason::ALL {
            assert!(reason.fix(Language::English).is_ascii(), "{reason:?}");
            assert!(reason.fix(Language::Japanese).contains('。'), "{reason:?}");
        }
    }
}
