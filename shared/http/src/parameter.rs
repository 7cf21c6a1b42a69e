//! A parameter that a route knows, and what its value must be.

use policy::Language;

/// A parameter that a route knows.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What its value must be.
    pub constraint: Constraint,
    /// What it does, for the API's document.
    pub description: &'static str,
    /// A value, for the API's document.
    pub example: &'static str,
}

impl Parameter {
    /// A parameter.
    pub const fn new(
        name: &'static str,
        constraint: Constraint,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, constraint, description, example }
    }
}

/// One table of constraints and their texts in both languages.
macro_rules! constraints {
    ($($(#[$documentation:meta])* $name:ident: $english:literal / $japanese:literal;)+) => {
        /// What a parameter, or a field of a body, must be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Constraint {
            $($(#[$documentation])* $name,)+
        }

        impl Constraint {
            /// Every constraint.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The constraint, as it follows "must be".
            pub fn describe(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => language.choose($english, $japanese),)+
                }
            }
        }
    };
}

constraints! {
    /// RFC 3339 with an offset.
    Time: "a day, `2026-11-03`, or a time with its offset, `2026-11-03T14:05:02+09:00` (in a URL `+` is `%2B`)" / "`2026-11-03` または `2026-11-03T14:05:02+09:00` の形式(URLでは `+` を `%2B`)";
    /// A time that has not come.
    TimeToCome: "a time to come with its offset, `2027-11-03T00:00:00+09:00`" / "現在より後の日時(`2027-11-03T00:00:00+09:00` の形式)";
    /// Before the other one.
    Before: "before `to`" / "`to` より前";
    /// No further from the other one than the limit.
    Within: "no more than 400 days before `to`" / "`to` から400日以内";
    /// A day, `2026-11-03`.
    Day: "a day, `2026-11-03`" / "日付(例: `2026-11-03`・`2026/11/3`・`2026年11月3日`)";
    /// Not after the other one.
    NotAfter: "`to` or a day before it" / "`to` 以前の日付";
    /// A day without a range beside it.
    DayAlone: "given without `from` and `to`" / "`from`・`to` のどちらも指定しないときだけ";
    /// `2026-10`, and not later than this one.
    Month: "a month, `2026-10`, that has begun" / "今月か、それより前の月(`2026-10` の形式)";
    /// `permitted` or `refused`.
    Outcome: "`permitted` or `refused`" / "`permitted` か `refused`";
    /// At most 92 days with the other one.
    WithinDays: "at most 92 days to `to`, both included" / "`to` まで両端を含めて92日以内";
    /// At most 366 days with the other one.
    WithinYear: "at most 366 days to `to`, both included" / "`to` まで両端を含めて366日以内";
    /// A number that can be dialled.
    Number: "a phone number that can be dialled" / "電話番号(例: 03-1234-5678。番号の一部なら `last4` に下4桁)";
    /// A word for why there is no number.
    Absent: "`withheld`, `payphone`, `out_of_area`, `unknown` or `internal`" / "`withheld`(非通知)・`payphone`(公衆電話)・`out_of_area`(表示圏外)・`unknown`(不明)・`internal`(内線)のどれか";
    /// The first digits of a number.
    NumberBeginning: "the first 3 digits of a phone number, or more, `03-52` or `+8135`" / "電話番号の先頭3桁以上(例: 03-52)";
    /// The last digits of a number.
    NumberEnding: "the last 2 to 15 digits of a phone number" / "電話番号の末尾2〜15桁の数字";
    /// A direction.
    Direction: "`inbound`, `outbound`, `internal` or `unknown`" / "`inbound`(着信)・`outbound`(発信)・`internal`(内線)・`unknown`(不明)のどれか";
    /// A length in seconds.
    Seconds: "a whole number of seconds up to 1,000,000" / "1,000,000までの整数の秒数";
    /// `true` or `false`.
    YesOrNo: "`true` or `false`" / "`true` か `false`";
    /// Not more than the other one.
    NotMore: "no more than `max_seconds`" / "`max_seconds` 以下";
    /// A version of the rulebook.
    Version: "a version of the rulebook, a whole number from 1" / "運用ルールの版(1以上の整数)";
    /// How many of something.
    Count: "a whole number from 1 to 100,000,000" / "1〜100,000,000の整数";
    /// The order of a list.
    Sort: "`newest` or `oldest`" / "`newest`(新しい順)か `oldest`(古い順)";
    /// Names of members.
    StaffNames: "1 to 10 ids or names of members, with `,` between them, each of 1 to 128 characters" / "1〜10人の担当者のIDか氏名(「,」区切り、それぞれ1〜128文字)";
    /// Four digits.
    FourDigits: "4 digits" / "数字4桁";
    /// 1 to 128 characters.
    Text: "a text of 1 to 128 characters" / "1〜128文字の文字列";
    /// `active` or `quarantined`.
    State: "`active` or `quarantined`" / "`active` か `quarantined`";
    /// `waiting` or `approved`.
    DeletionState: "`waiting` or `approved`" / "`waiting` か `approved`";
    /// 1 to 100.
    Limit: "a whole number from 1 to 100" / "1〜100の整数";
    /// 1 to 1,000, in a file.
    FileLimit: "a whole number from 1 to 1,000 (in CSV)" / "1〜1,000の整数(CSVの場合)";
    /// What a page gave as `next_cursor`.
    Cursor: "what a page of this very search gave as `next_cursor`" / "同じ検索の結果にある `next_cursor`";
    /// Given once.
    Once: "given once" / "1つだけ";
    /// 1 to 500 characters.
    Reason: "a text of 1 to 500 characters, without control characters" / "1〜500文字の文字列(制御文字は使えません)";
    /// 1 to 2,000 characters.
    Note: "a text of 1 to 2,000 characters, without control characters except line breaks" / "1〜2,000文字の文字列(改行のほかの制御文字は使えません)";
    /// Facts of a sidecar, as texts.
    Facts: "one or more of call_id, started_at, direction, counterpart, our_number, extension, queue, staff, notice, linked_id, kind, objection, each a text of 1 to 128 bytes" / "call_id・started_at・direction・counterpart・our_number・extension・queue・staff・notice・linked_id・kind・objection のどれか1つ以上(それぞれ1〜128バイトの文字列)";
    /// When the call of a memo was.
    MemoTime: "the time of the call, `happened_at`, or a range, `from` and `to`, of at most 31 days that has begun" / "通話の日時(`happened_at`)、または31日以内で始まりが過去の範囲(`from` と `to`)";
    /// The last day of a share.
    ShareDay: "a day from today to 90 days on, `2026-12-10`" / "今日から90日以内の日付(`2026-12-10` の形式)";
    /// Those with whom a part is shared.
    ShareStaff: "1 to 10 ids of members who are on the staff list today and are no auditors" / "本日の社員名簿にある、監査でない社員のID(1〜10人)";
    /// A part of a recording.
    Part: "behind `from_seconds`, and both within the recording" / "`from_seconds` より後で、どちらも録音の長さの範囲内";
    /// What of a part is silenced.
    Mute: "at most 50 ranges within the part, each `from_seconds` before its `to_seconds`" / "切り出す部分の中の範囲(50個まで、それぞれ `from_seconds` が `to_seconds` より前)";
    /// The parts of a release.
    ReleaseParts: "1 to 20 parts of recordings of the case" / "案件の録音の部分(1〜20個)";
    /// A transcript.
    Transcript: "a text of 1 to 20,000 characters, without control characters except line breaks" / "1〜20,000文字の文字列(改行のほかの制御文字は使えません)";
    /// How long a recipient's link lives.
    LinkDays: "a whole number from 1 to 7" / "1〜7の整数";
    /// The state of a case.
    CaseState: "`new`, `in_progress` or `closed`" / "`new`・`in_progress`・`closed` のどれか";
    /// What came of a case.
    CaseOutcome: "one of the outcomes of a case, such as `disclosed_whole` or `refused`" / "案件の結果(`disclosed_whole`・`refused` など)";
    /// Until when a person's request is answered.
    DueDay: "a day from that of the memo to 90 days after it" / "受付メモの日から90日以内の日付";
    /// 26 characters.
    Id: "an id of 26 characters of a-z and 2-7" / "a-zと2-7からなる26文字のID";
    /// What an earlier answer gave as `event_id`.
    EventId: "the `event_id` of an earlier answer about this recording" / "この録音の以前の応答にある `event_id`";
    /// Base64 of RFC 4648.
    Base64: "the bytes of the file in base64 (RFC 4648, section 4)" / "ファイルの中身のbase64(RFC 4648の4節)";
    /// A text file.
    TextFile: "a text file in UTF-8 or Shift_JIS (CP932)" / "UTF-8かShift_JIS(CP932)のテキストファイル";
    /// A policy, as text or as bytes.
    OnePolicy: "given as text, or the file's bytes as `policy_base64`; one of the two" / "文字列として `policy` に、またはファイルの中身のbase64を `policy_base64` に、どちらか一方だけを入れるよう";
    /// A staff list, as text or as bytes.
    OneStaffList: "given as text, or the file's bytes as `staff_base64`; one of the two" / "文字列として `staff` に、またはファイルの中身のbase64を `staff_base64` に、どちらか一方だけを入れるよう";
    /// An event of one's own that can be renewed.
    Renewable: "the `event_id` of your own earlier play (or download) of this recording that is being renewed, within 12 hours of the first; without it this one is counted again" / "更新する、この録音のあなた自身の再生(またはダウンロード)の `event_id`(最初から12時間以内)。`continues` を付けなければ新しい1回として数えます";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constraint_is_described_in_both_languages() {
        for constraint in Constraint::ALL {
            let (english, japanese) = (constraint.describe(Language::English), constraint.describe(Language::Japanese));
            assert!(english.is_ascii() && !english.is_empty(), "{english}");
            assert!(!japanese.is_ascii(), "{japanese}");
        }
    }
}
