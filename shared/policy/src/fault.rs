//! Everything that can be wrong with a rulebook, explained in two languages.

mod explanation;
mod file;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::language::Language;

pub use explanation::Explanation;
pub use file::FaultIn;

/// One thing that is wrong with a rulebook. What it says is for whoever hands the rulebook in: it can
/// repeat what was written, so it goes into the answer and into no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which file.
    pub file: FaultIn,
    /// On which line, from 1; where something is missing altogether, 1.
    pub line: u32,
    /// What.
    pub wrong: Wrong,
}

impl Fault {
    /// What, in a word that never changes.
    pub fn code(&self) -> FaultCode {
        self.wrong.code()
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal),+ $(,)?) => {
        /// What is wrong, in a word that never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FaultCode { $($(#[doc = $doc])+ $name),+ }

        impl FaultCode {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

codes! {
    /// Not TOML.
    Syntax "syntax",
    /// The bytes were read in the wrong encoding.
    NotText "not_text",
    /// A text or a file over its limit.
    TooLong "too_long",
    /// A list over its limit.
    TooMany "too_many",
    /// A key or a column that means nothing.
    UnknownKey "unknown_key",
    /// A key or a column that must be there.
    MissingKey "missing_key",
    /// A column that is there twice.
    ColumnTwice "column_twice",
    /// A row with more cells than columns.
    RowTooLong "row_too_long",
    /// A cell that must be filled in.
    EmptyCell "empty_cell",
    /// Another type of value.
    WrongType "wrong_type",
    /// An empty text, or one with control characters.
    NoText "no_text",
    /// Not one of the words.
    UnknownWord "unknown_word",
    /// A number outside its range.
    OutOfRange "out_of_range",
    /// Not a day.
    NotADay "not_a_day",
    /// A last day before the first.
    UntilBeforeFrom "until_before_from",
    /// Not a telephone number.
    NotANumber "not_a_number",
    /// A number that a spreadsheet took the first zero from.
    LostZero "lost_zero",
    /// Name, zone or country of the company is missing.
    CompanyUndecided "company_undecided",
    /// What recordings are kept for is not decided.
    PurposeUndecided "purpose_undecided",
    /// How long recordings are kept is not decided.
    PeriodUndecided "period_undecided",
    /// Who may hear recordings is not decided.
    PermissionUndecided "permission_undecided",
    /// Not a zone of the time zone database.
    UnknownZone "unknown_zone",
    /// Not a country's code.
    NotACountry "not_a_country",
    /// A purpose named twice.
    PurposeTwice "purpose_twice",
    /// Quality is a purpose, and who listens for it, or for how long, is not decided.
    QualityUndecided "quality_undecided",
    /// What quality is bound to, and it is no purpose.
    QualityUnused "quality_unused",
    /// Quality is a purpose, and no notice says so.
    QualityWithoutNotice "quality_without_notice",
    /// What staff may hear they are never let find.
    NeverViewed "never_viewed",
    /// A member who is on no row of the staff list.
    UnknownMember "unknown_member",
    /// A handover to one who hears nothing.
    HandoverToAuditor "handover_to_auditor",
    /// A deputy who may know of no case.
    DeputyIsAuditor "deputy_is_auditor",
    /// A deputy on days on which they are not there.
    DeputyAbsent "deputy_absent",
    /// A handover on days on which one of the two is not there.
    HandoverOutside "handover_outside",
    /// A member or a team that is its own successor, however many others are between.
    OwnSuccessor "own_successor",
    /// A dissolved team without a successor.
    SuccessorMissing "successor_missing",
    /// One team dissolved twice.
    TeamTwice "team_twice",
    /// A member in a team that is dissolved by then.
    TeamDissolved "team_dissolved",
    /// The class's name is kept for quarantine.
    ClassReserved "class_reserved",
    /// Not a class's name.
    NotAClassName "not_a_class_name",
    /// One class with two periods.
    ClassTwice "class_twice",
    /// A call could have no period.
    NoRuleForAll "no_rule_for_all",
    /// A rule behind one that fits every call.
    RuleNeverReached "rule_never_reached",
    /// A team that nobody on the staff list is in.
    UnknownTeam "unknown_team",
    /// A line that no `[[line]]` names.
    UnknownLine "unknown_line",
    /// Two lines with one name.
    LineTwice "line_twice",
    /// Two lines with one queue.
    QueueTwice "queue_twice",
    /// Two lines with one number.
    NumberTwice "number_twice",
    /// A line that owns its calls for no team.
    LineWithoutTeam "line_without_team",
    /// Teams managed by one who is no manager.
    ManagesWithoutRole "manages_without_role",
    /// Two members with one extension on one day.
    ExtensionOverlap "extension_overlap",
    /// Two members with one company mobile on one day.
    NumberOverlap "number_overlap",
    /// Two members with one login on one day.
    LoginOverlap "login_overlap",
    /// Two names with one id on one day.
    IdOverlap "id_overlap",
    /// Not an address that a mail can go to.
    NotAnAddress "not_an_address",
    /// A dispatched or outsourced member without a last day.
    EndMissing "end_missing",
    /// A team of staff that nobody manages on some day.
    TeamWithoutManager "team_without_manager",
    /// Not a Region's code.
    NotARegion "not_a_region",
    /// Not a bucket's name.
    NotABucket "not_a_bucket",
    /// A long period, and no copy in another place.
    BackupMissing "backup_missing",
    /// A long period, and old recordings open to more than admins and the managers who only hear.
    PermissionTooWide "permission_too_wide",
    /// Nobody could publish the next rulebook.
    NoAdmin "no_admin",
    /// More admins than the policy says aloud.
    TooManyAdmins "too_many_admins",
    /// Not a source's name.
    NotASourceName "not_a_source_name",
    /// Not a prefix of keys.
    NotAPrefix "not_a_prefix",
    /// Two sources with one name.
    SourceTwice "source_twice",
    /// Two sources, or two call logs, with one prefix.
    PrefixTwice "prefix_twice",
    /// A source that neither ships nor is written.
    UnknownSource "unknown_source",
    /// A call log within another source's.
    PrefixNested "prefix_nested",
    /// No recorder that ships.
    UnknownRecorder "unknown_recorder",
    /// A recorder, and a pattern or kinds beside it.
    RecorderAndPattern "recorder_and_pattern",
    /// A pattern that can't be read, or is too large.
    BadPattern "bad_pattern",
    /// A part of a pattern that means nothing.
    UnknownPart "unknown_part",
    /// A part that a pattern must have.
    MissingPart "missing_part",
    /// A pattern that gives neither a time nor a call id.
    UselessPattern "useless_pattern",
    /// Two kinds of calls with one `type`.
    KindTwice "kind_twice",
}

// Each with its facts, its code, and its reason and fix in English and in Japanese. A fact that one of the two
// languages leaves out is an unused variable, so that neither can say less than the other.
macro_rules! wrongs {
    ($($name:ident $({ $($fact:ident: $type:ty),+ $(,)? })? => $code:ident,
       $reason:literal, $fix:literal, $reason_in_japanese:literal, $fix_in_japanese:literal;)+) => {
        /// What is wrong, with the names, numbers and days it is about. What each means, its texts say.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Wrong { $($name $({ $($fact: $type),+ })?),+ }

        impl Wrong {
            /// It in a word that never changes.
            pub fn code(&self) -> FaultCode {
                match self { $(Self::$name { .. } => FaultCode::$code),+ }
            }

            /// Why it is a fault, and how to fix it.
            pub fn explain(&self, language: Language) -> Explanation {
                match language {
                    Language::English => self.in_english(),
                    Language::Japanese => self.in_japanese(),
                }
            }

            fn in_english(&self) -> Explanation {
                match self {
                    $(Self::$name $({ $($fact),+ })? => Explanation {
                        reason: format_args!($reason).to_string(),
                        fix: format_args!($fix).to_string(),
                    }),+
                }
            }

            fn in_japanese(&self) -> Explanation {
                match self {
                    $(Self::$name $({ $($fact),+ })? => Explanation {
                        reason: format_args!($reason_in_japanese).to_string(),
                        fix: format_args!($fix_in_japanese).to_string(),
                    }),+
                }
            }
        }
    };
}

wrongs! {
    // How the policy is written.

    PolicyTooLong { limit_bytes: usize } => TooLong,
        "The policy is longer than {limit_bytes} bytes.",
        "Take out what is no decision.",
        "方針が {limit_bytes} バイトより長くなっています。",
        "決まりごとでないものを取り除いてください。";
    NotToml { said: String } => Syntax,
        "This is not TOML: {said}.",
        "Compare the line with the commented policy that comes with the product: texts in quotes, one `key = value` a line.",
        "TOML の書き方になっていません（{said}）。",
        "製品に付いている説明入りの policy.toml と見比べてください。文字は引用符で囲み、「名前 = 値」を1行に1つ書きます。";
    WideBlank => Syntax,
        "The line begins with a full-width blank.",
        "Take it out, or write half-width blanks.",
        "行頭に全角の空白があります。",
        "取り除くか、半角の空白に直してください。";
    WideEquals => Syntax,
        "The sign ＝ is a full-width one.",
        "Write it in half width: =.",
        "「＝」が全角です。",
        "半角の = に直してください。";
    WideQuotes => Syntax,
        "The quotes are not plain ones.",
        "Put the text between plain double quotes: \"…\".",
        "引用符が半角ではありません。",
        "文字は半角の \" と \" で囲んでください。";
    OpenQuote => Syntax,
        "A quote is opened and not closed.",
        "Write the closing \" behind the text.",
        "閉じる \" がありません。",
        "文字の後ろに、閉じる \" を書いてください。";
    NumberNotQuoted { key: String } => Syntax,
        "The telephone number in `{key}` is not in quotes.",
        "Put it in quotes: {key} = \"03-1234-5678\".",
        "「{key}」の電話番号が引用符で囲まれていません。",
        "{key} = \"03-1234-5678\" のように、半角の \" と \" で囲んでください。";
    NotPlainNumber { key: String, written: String, number: String } => Syntax,
        "`{written}` can't be read as a number.",
        "Write plain half-width digits without a unit: {key} = {number}.",
        "「{written}」を数として読めません。",
        "数字は半角で、単位を付けずに {key} = {number} と書いてください。";
    WordForFlag { key: String, written: String, flag: &'static str } => Syntax,
        "`{written}` is neither true nor false.",
        "Write it without quotes: {key} = {flag}.",
        "「{written}」は true でも false でもありません。",
        "引用符を付けずに {key} = {flag} と書いてください。";
    TextNotQuoted { key: String, written: String } => Syntax,
        "The text `{written}` is not in quotes.",
        "Write {key} = \"{written}\".",
        "「{written}」が引用符で囲まれていません。",
        "{key} = \"{written}\" と書いてください。";
    WrittenTwice { written: String, earlier: u32 } => Syntax,
        "`{written}` stands in line {earlier} already.",
        "Join the two, or take one out.",
        "「{written}」は {earlier} 行目にもあります。",
        "1つにまとめてください。";
    LostCharacters => NotText,
        "The line has characters that were lost when the file was read in another encoding.",
        "Save the policy as UTF-8 and hand it in again.",
        "文字コードの違いで、この行の文字が失われています。",
        "UTF-8 で保存し直して、もう一度送ってください。";
    UnknownKey { key: String, section: String, known: String } => UnknownKey,
        "`{key}` means nothing in {section}.",
        "Take it out, or write one of: {known}.",
        "「{key}」は、{section} では使えない項目です。",
        "取り除くか、次のどれかに直してください: {known}";
    UnknownSection { key: String, known: String } => UnknownKey,
        "`{key}` means nothing in the policy.",
        "Take it out, or write one of: {known}.",
        "「{key}」は、方針では使えない項目です。",
        "取り除くか、次のどれかに直してください: {known}";
    KeyMissing { key: &'static str, section: String } => MissingKey,
        "`{key}` is missing in {section}.",
        "Write `{key} = …` there.",
        "{section} に「{key}」がありません。",
        "そこに {key} = … と書いてください。";
    NotATable { key: &'static str } => WrongType,
        "`{key}` must be a table: write [{key}] once, with single brackets.",
        "Write [{key}] on a line of its own, and its keys below.",
        "「{key}」の書き方が違います。かっこを1つずつにして、1回だけ書きます。",
        "1行に [{key}] と書き、その下に項目を書いてください。";
    NotTables { key: &'static str } => WrongType,
        "`{key}` must be a list of tables: write [[{key}]] with double brackets before each.",
        "Write [[{key}]] on a line of its own, and its keys below.",
        "「{key}」の書き方が違います。1つごとに、かっこを2つずつにして書きます。",
        "1行に [[{key}]] と書き、その下に項目を書いてください。";
    NotQuoted { key: &'static str } => WrongType,
        "`{key}` must be a text in quotes.",
        "Write {key} = \"…\".",
        "「{key}」は、引用符で囲んだ文字で書く項目です。",
        "{key} = \"…\" のように、半角の \" と \" で囲んで書いてください。";
    NotTexts { key: &'static str } => WrongType,
        "`{key}` must be a list of texts.",
        "Write {key} = [\"…\", \"…\"].",
        "「{key}」は、引用符で囲んだ文字を [ ] の中に並べて書く項目です。",
        "{key} = [\"…\", \"…\"] のように書いてください。";
    NotAFlag { key: &'static str } => WrongType,
        "`{key}` must be true or false, without quotes.",
        "Write {key} = true or {key} = false.",
        "「{key}」は、true か false を引用符で囲まずに書く項目です。",
        "{key} = true か {key} = false と書いてください。";
    NotACount { key: &'static str } => WrongType,
        "`{key}` must be a whole number, without quotes.",
        "Write half-width digits alone, as in {key} = 60.",
        "「{key}」は、整数を引用符で囲まずに書く項目です。",
        "{key} = 60 のように、半角の数字だけを、引用符を付けずに書いてください。";
    NoText { key: &'static str } => NoText,
        "`{key}` is empty, or has a control character in it.",
        "Write one line of text, or take the key out.",
        "「{key}」が空か、改行などの使えない文字があります。",
        "1行の文字で書くか、取り除いてください。";
    TextTooLong { key: &'static str, limit_characters: usize } => TooLong,
        "`{key}` is longer than {limit_characters} characters.",
        "Shorten it.",
        "「{key}」が {limit_characters} 文字より長くなっています。",
        "短くしてください。";
    NotOneOf { key: &'static str, words: String } => UnknownWord,
        "`{key}` is not one of the words it can be.",
        "Write one of: {words}.",
        "「{key}」に指定できない値です。",
        "次のどれかを書いてください: {words}";
    OutOfRange { key: &'static str, least: u32, most: u32 } => OutOfRange,
        "`{key}` must be from {least} to {most}.",
        "Write a number between them.",
        "「{key}」に書けるのは {least} から {most} までです。",
        "この範囲の数を書いてください。";
    NotADay { key: &'static str } => NotADay,
        "`{key}` is not a day.",
        "Write year, month and day: 2026-04-01 or 2026/4/1; in the policy in quotes.",
        "「{key}」を日付として読めません。",
        "2026-04-01 か 2026/4/1 のように年・月・日を書いてください。方針では引用符で囲みます。";
    TooManySections { key: &'static str, count: usize, limit: usize } => TooMany,
        "There are {count} [[{key}]], and {limit} are allowed.",
        "Join those that say the same.",
        "[[{key}]] が {count} 個あります。書けるのは {limit} 個までです。",
        "同じ内容のものをまとめてください。";
    TooManyEntries { key: &'static str, count: usize, limit: usize } => TooMany,
        "`{key}` has {count} entries, and {limit} are allowed.",
        "Name each once, or take some out.",
        "「{key}」に {count} 個書かれています。書けるのは {limit} 個までです。",
        "同じものは1回だけにするか、いくつか取り除いてください。";

    // The three decisions, and the company's.

    CompanyMissing => CompanyUndecided,
        "Nothing says which company this is.",
        "Write [company] with name, time_zone and country.",
        "会社の情報が未入力です。",
        "[company] に name・time_zone・country を書いてください。";
    CompanyKeyMissing { key: &'static str } => CompanyUndecided,
        "`{key}` is missing in [company].",
        "Write `{key} = …` there.",
        "会社の情報が未入力です。[company] に「{key}」がありません。",
        "そこに {key} = … と書いてください。";
    NoSuchZone { zone: String } => UnknownZone,
        "No time zone is called `{zone}`.",
        "Write the zone's IANA name: in Japan time_zone = \"Asia/Tokyo\".",
        "「{zone}」というタイムゾーンはありません。",
        "日本なら time_zone = \"Asia/Tokyo\" と書いてください。";
    NotACountry { country: String } => NotACountry,
        "`{country}` is not the code of a country.",
        "Write the two capital letters of ISO 3166: in Japan country = \"JP\".",
        "「{country}」は国コードではありません。",
        "日本なら country = \"JP\" と、半角の大文字2文字で書いてください。";
    PurposeUndecided => PurposeUndecided,
        "What recordings are kept for is not decided.",
        "Write default = \"evidence\" under [purpose].",
        "何のために録音を残すかが決まっていません。",
        "[purpose] に default = \"evidence\" と書いてください。";
    PurposeTwice { purpose: &'static str } => PurposeTwice,
        "The purpose `{purpose}` is there twice.",
        "Name each purpose once: the default one in `default`, further ones in `others`.",
        "目的「{purpose}」が2回書かれています。",
        "目的は1回ずつ書いてください。主な目的は default に、ほかの目的は others に書きます。";
    QualityUndecided => QualityUndecided,
        "Who listens for quality, and for how long, is not decided.",
        "Write [quality] with keep_days and with roles or teams, or leave `quality` out.",
        "quality（応対品質）のために、だれが、いつまで聞くかが決まっていません。",
        "[quality] に keep_days と、roles か teams を書くか、目的から quality を取り除いてください。";
    QualityPeriodMissing => QualityUndecided,
        "For how many days calls are heard for quality is not decided.",
        "Write `keep_days = …` under [quality].",
        "quality（応対品質）のために、何日間聞くかが決まっていません。",
        "[quality] に keep_days = … と書いてください。";
    QualityAudienceMissing => QualityUndecided,
        "Who listens for quality is not decided.",
        "Write roles = [\"manager\"] or teams = [\"…\"] under [quality].",
        "quality（応対品質）のために、だれが聞くかが決まっていません。",
        "[quality] に roles = [\"manager\"] か teams = [\"…\"] を書いてください。";
    QualityUnused => QualityUnused,
        "There is a [quality], and quality is no purpose.",
        "Write others = [\"quality\"] under [purpose], or take [quality] out.",
        "quality（応対品質）が録音の目的に入っていないのに、[quality] があります。",
        "[purpose] に others = [\"quality\"] と書くか、[quality] を取り除いてください。";
    QualityWithoutNotice => QualityWithoutNotice,
        "Calls are to be heard for quality, and no notice tells callers so.",
        "Say it in the text of a [[notice]], and write purposes = [\"quality\"] there.",
        "quality（応対品質）のために聞くことを、通話相手に知らせる案内がありません。",
        "[[notice]] の text でそう伝え、purposes = [\"quality\"] と書いてください。";
    PeriodUndecided => PeriodUndecided,
        "How long recordings are kept is not decided.",
        "Write [[retention]] with class = \"standard\" and keep_days = 30.",
        "録音をいつまで残すかが決まっていません。",
        "[[retention]] に class = \"standard\" と keep_days = 30 のように書いてください。";
    PeriodKeyMissing { key: &'static str } => PeriodUndecided,
        "`{key}` is missing in [[retention]].",
        "Write `{key} = …` there.",
        "録音をいつまで残すかが決まっていません。[[retention]] に「{key}」がありません。",
        "そこに {key} = … と書いてください。";
    ClassReserved => ClassReserved,
        "`quarantine` is the class of what could not be understood, and has no rule.",
        "Name the class otherwise; how long quarantine is kept is quarantine_days under [keeping].",
        "「quarantine」は「要確認」のための名前で、保存区分の名前には使えません。",
        "別の名前にしてください。「要確認」を残す日数は [keeping] の quarantine_days です。";
    NotAClassName { class: String } => NotAClassName,
        "`{class}` can't be the name of a class.",
        "Use 1 to 32 of a-z, 0-9, - and _.",
        "「{class}」は保存区分の名前に使えません。",
        "半角の英小文字・数字・-・_ で、1文字から32文字までにしてください。";
    ClassTwice { class: String, earlier: u32 } => ClassTwice,
        "The class `{class}` is kept otherwise here than in line {earlier}.",
        "Give both the same keep_days and retroactive, or name one of them otherwise.",
        "保存区分「{class}」の内容が、{earlier} 行目と違います。",
        "keep_days と retroactive を同じにするか、どちらかの名前を変えてください。";
    NoRuleForAll => NoRuleForAll,
        "A call that no `when` fits would have no period.",
        "End the list with a [[retention]] without `when`.",
        "どの条件（when）にも合わない通話の保存期間が決まっていません。",
        "最後に、when を書かない [[retention]] を置いてください。";
    RuleNeverReached { earlier: u32 } => RuleNeverReached,
        "The rule in line {earlier} fits every call, so this one is never looked at.",
        "Move the [[retention]] without `when` to the end.",
        "{earlier} 行目の [[retention]] がすべての通話に当てはまるため、この [[retention]] は使われません。",
        "when を書かない [[retention]] を最後に移してください。";
    BackupMissing { class: String, keep_days: u32, from_days: u32 } => BackupMissing,
        "The class `{class}` is kept {keep_days} days, and from {from_days} on there must be a backup.",
        "Write [backup] with the region or the bucket that the copies lie in, or keep it for less long.",
        "保存区分「{class}」の保存期間は {keep_days} 日です。{from_days} 日以上残すには、写し（バックアップ）が必要です。",
        "[backup] に region か bucket を書くか、保存期間を短くしてください。";
    BackupPlaceMissing => MissingKey,
        "Nothing in [backup] says where the copies lie.",
        "Write region = \"…\" or bucket = \"…\" there, or take [backup] out.",
        "[backup] に、写しの場所がありません。",
        "region = \"…\" か bucket = \"…\" を書くか、[backup] を取り除いてください。";
    NotARegion => NotARegion,
        "This is not the code of an AWS Region.",
        "Write it as AWS does: Osaka is region = \"ap-northeast-3\".",
        "AWS のリージョンコードではありません。",
        "AWS のリージョンコードで書いてください。大阪なら region = \"ap-northeast-3\" です。";
    NotABucket => NotABucket,
        "This can't be the name of a bucket.",
        "Write the name alone, without s3:// and without folders.",
        "バケット名に使えない文字や形があります。",
        "s3:// やフォルダーを付けず、名前だけを書いてください。";
    PermissionUndecided => PermissionUndecided,
        "Who may hear recordings is not decided.",
        "Write staff = \"none\" and manager_download = false under [access].",
        "だれが録音を聞けるかが決まっていません。",
        "[access] に staff = \"none\" と manager_download = false を書いてください。";
    PermissionTooWide { keep_days: u32, from_days: u32, limit_days: u32 } => PermissionTooWide,
        "Recordings are kept up to {keep_days} days; from {from_days} on permission must be tight: staff hear none and managers do not download, or only admins hear what is older than {limit_days} days.",
        "Write staff = \"none\" and manager_download = false, or an age_limit_days of at most {limit_days}, under [access].",
        "録音が最長 {keep_days} 日残ります。{from_days} 日以上残すには、聞ける人を絞る必要があります。一般の社員は聞けず責任者はダウンロードできないようにするか、{limit_days} 日より古いものは管理者しか聞けないようにします。",
        "[access] に staff = \"none\" と manager_download = false を書くか、age_limit_days に {limit_days} 以下の日数を書いてください。";
    NeverViewed => NeverViewed,
        "Staff are to hear their own calls, and staff_view_days = 0 lets them find none.",
        "Write into staff_view_days for how many days they may, or write staff = \"none\".",
        "一般の社員が自分の通話を聞けるのに、staff_view_days = 0 では通話を1件も探せません。",
        "staff_view_days に、聞ける日数を書くか、staff = \"none\" にしてください。";
    TooManyAdmins { day: Date, count: usize, limit: u32, who: String } => TooManyAdmins,
        "On {day} there are {count} admins, who hear and download everything; {limit} are allowed: {who}.",
        "Give some of them another role, or say the number aloud: admin_limit under [access].",
        "{day} には管理者が {count} 人います（{who}）。上限は {limit} 人です。管理者はすべてを聞き、ダウンロードできます。",
        "だれかの役割を変えるか、人数を [access] の admin_limit に書いてください。";
    NoAdmin { today: Date, tomorrow: Date } => NoAdmin,
        "No admin is on the list both on {today} and on {tomorrow}, so nobody could publish the next rulebook.",
        "Give one or two members the role `admin`, from today or before.",
        "{today} と {tomorrow} のどちらかに管理者がいません。このままでは、次の運用ルールをだれも公開できなくなります。",
        "1人か2人の役割を admin（管理者）にし、from を今日以前の日付にしてください。";

    // Handovers, dissolved teams, lines, notices.

    UntilBeforeFrom { from: Date, until: Date } => UntilBeforeFrom,
        "It ends on {until}, before it begins on {from}.",
        "`until` is the last day, inclusive: it can't be before the first.",
        "終了日（{until}）が、開始日（{from}）より前です。",
        "until には終了日（その日を含む）を、開始日と同じか後の日付で書いてください。";
    HandoverToSelf { id: String } => OwnSuccessor,
        "The calls of `{id}` are handed over to the same member.",
        "Write the id of another member into `to`.",
        "「{id}」の通話を、同じ人に引き継ごうとしています。",
        "to に、別の人の id を書いてください。";
    UnknownMember { key: &'static str, id: String } => UnknownMember,
        "Nobody on the staff list has the id `{id}` that stands in `{key}`.",
        "Write the id as in the column `id`; rows of members who left stay on the list.",
        "「{key}」に書かれた id「{id}」の人が、社員名簿にいません。",
        "社員名簿の id と同じに書いてください。退職した人の行も社員名簿に残します。";
    HandoverToAuditor { id: String } => HandoverToAuditor,
        "Calls are handed over to `{id}`, an auditor, who hears none.",
        "Hand them over to one who goes on with the work.",
        "引き継ぎ先の「{id}」は監査のため、録音を聞けません。",
        "仕事を引き継ぐ人の id を to に書いてください。";
    HandoverBeforeItsCalls { id: String, since: Date, first: Date } => HandoverOutside,
        "The handover begins on {since}, and `{id}`, whose calls it is about, only on {first}.",
        "Write the day on which the calls pass on into `since`, or fix the days on the staff list.",
        "引き継ぎは {since} からですが、前の担当者「{id}」が社員名簿にいるのは {first} からです。",
        "since に引き継ぐ日を書くか、社員名簿の日付を直してください。";
    HandoverToAbsent { id: String, since: Date, until: String, first: Date, last: String } => HandoverOutside,
        "The handover is from {since} to {until}, and its successor `{id}` is on the list from {first} to {last}.",
        "Write days into `since` and `until` on which the successor is there, or fix the days on the staff list.",
        "引き継ぎは {since} から {until} までですが、後の担当者「{id}」が社員名簿にいるのは {first} から {last} までです。",
        "since と until を、後の担当者がいる日にするか、社員名簿の日付を直してください。";
    DeputyIsAuditor { id: String } => DeputyIsAuditor,
        "`{id}`, an auditor, is to decide on releases as a deputy; auditors see no case.",
        "Name one with another role in `member`.",
        "「{id}」は監査のため、案件を見られません。社外提出の承認の代理にはできません。",
        "member に、監査以外の役割の人の id を書いてください。";
    DeputyAbsent { id: String, from: Date, until: Date, first: Date, last: String } => DeputyAbsent,
        "The deputy is named from {from} to {until}, and `{id}` is on the list from {first} to {last}.",
        "Write days into `from` and `until` on which the deputy is there, or fix the days on the staff list.",
        "承認の代理は {from} から {until} までですが、「{id}」が社員名簿にいるのは {first} から {last} までです。",
        "from と until を、代理の人がいる日にするか、社員名簿の日付を直してください。";
    SuccessorMissing => SuccessorMissing,
        "A team is dissolved, and nobody stands in for its managers.",
        "Write `successor = …`: the team whose managers hear its recordings from then on.",
        "廃止した部署を引き継ぐ部署が書かれていません。",
        "successor = … に、これからその録音を聞く責任者の部署を書いてください。";
    TeamTwice { team: String } => TeamTwice,
        "The team `{team}` is dissolved twice.",
        "Keep one of the two, with the last successor.",
        "部署「{team}」の廃止が2回書かれています。",
        "引き継ぐ部署が正しいほうを1つだけ残してください。";
    OwnSuccessor { team: String } => OwnSuccessor,
        "The team `{team}` ends in no team that there still is.",
        "Write the team into `successor` whose managers hear its recordings now.",
        "部署「{team}」の引き継ぎ先をたどっても、今ある部署に行き着きません。",
        "successor に、今その録音を聞く責任者の部署を書いてください。";
    TeamDissolved { team: String, dissolved: Date } => TeamDissolved,
        "The post goes on in the team `{team}`, which is no more from {dissolved} on.",
        "Write the day before into `until`, and a new row for the next team.",
        "{dissolved} に廃止する部署「{team}」に、その後も人がいます。",
        "廃止の前日を until に書き、次の部署の行を加えてください。";
    UnknownTeam { team: String } => UnknownTeam,
        "Nobody on the staff list is or was in the team `{team}`.",
        "Write the team as the staff list does, or put its members on the list.",
        "部署「{team}」の人が、社員名簿にいません。",
        "社員名簿の team と同じに書くか、その部署の人を社員名簿に加えてください。";
    LineWithoutTeam => LineWithoutTeam,
        "The line owns its calls, and has no team to own them.",
        "Write team, or take out owner = \"line\".",
        "owner = \"line\" と書かれていますが、回線の部署（team）がありません。",
        "team を書くか、owner = \"line\" を取り除いてください。";
    LineTwice { earlier: u32 } => LineTwice,
        "The [[line]] in line {earlier} has the same name, so nothing tells their calls apart.",
        "Keep one of the two.",
        "{earlier} 行目の [[line]] と同じ名前なので、通話の区別がつきません。",
        "どちらか1つだけを残してください。";
    QueueTwice { earlier: u32 } => QueueTwice,
        "The [[line]] in line {earlier} has the same queue, so nothing tells their calls apart.",
        "Keep one of the two.",
        "{earlier} 行目の [[line]] と同じキューなので、通話の区別がつきません。",
        "どちらか1つだけを残してください。";
    NumberTwice { earlier: u32 } => NumberTwice,
        "The [[line]] in line {earlier} has the same number, so nothing tells their calls apart.",
        "Keep one of the two.",
        "{earlier} 行目の [[line]] と同じ番号なので、通話の区別がつきません。",
        "どちらか1つだけを残してください。";
    UnknownLine { name: String } => UnknownLine,
        "No [[line]] is named `{name}`.",
        "Write the name as the [[line]] does, or add the [[line]].",
        "「{name}」という名前の [[line]] がありません。",
        "[[line]] の name と同じに書くか、[[line]] を加えてください。";
    LostZero { key: &'static str } => LostZero,
        "A number in `{key}` seems to lack its first 0.",
        "Write it as it is dialled, with hyphens, so that a spreadsheet leaves it alone: 090-…; in the policy in quotes.",
        "「{key}」の番号の先頭の 0 が失われているようです。",
        "090-… のようにハイフンを入れて書くと、表計算ソフトでも 0 が消えません。方針では引用符で囲みます。";
    NotANumber { key: &'static str } => NotANumber,
        "What stands in `{key}` is not a telephone number.",
        "Write it as it is dialled, with hyphens, or with + and the country's code: 090-….",
        "「{key}」を電話番号として読めません。",
        "かけるときのとおりにハイフンを入れて 090-… のように、または + と国番号から書いてください。";

    // The staff list.

    StaffTooLong { limit_bytes: usize } => TooLong,
        "The staff list is longer than {limit_bytes} bytes.",
        "Take out rows that ended before the oldest recording.",
        "社員名簿が {limit_bytes} バイトより長くなっています。",
        "いちばん古い録音より前に終わった行を取り除いてください。";
    TooManyRows { limit: usize } => TooMany,
        "The staff list has more than {limit} rows.",
        "Take out rows that ended before the oldest recording.",
        "社員名簿が {limit} 行を超えています。",
        "いちばん古い録音より前に終わった行を取り除いてください。";
    NeitherEncoding => NotText,
        "The staff list is neither UTF-8 nor CP932.",
        "Save it again as CSV UTF-8 and hand it in again.",
        "社員名簿の文字コードが UTF-8 でも Shift_JIS（CP932）でもありません。",
        "「CSV UTF-8」で保存し直して、もう一度送ってください。";
    Workbook => NotText,
        "This is an Excel workbook (.xlsx), not CSV.",
        "Save it as CSV UTF-8 and hand that in.",
        "これは Excel ブック（.xlsx）です。",
        "「CSV UTF-8」で保存して、そのファイルを送ってください。";
    WideText => NotText,
        "This is UTF-16, which spreadsheets call Unicode text.",
        "Save it as CSV UTF-8 and hand that in.",
        "文字コードが UTF-16（Unicode テキスト）です。",
        "「CSV UTF-8」で保存して、そのファイルを送ってください。";
    Separator { separator: &'static str } => MissingKey,
        "The cells are separated by {separator}.",
        "Save the list as CSV, separated by commas.",
        "区切りが「{separator}」です。",
        "「CSV（コンマ区切り）」で保存し直してください。";
    HeadingMissing { known: String } => MissingKey,
        "The row that names the columns is missing.",
        "Write it first: {known}.",
        "見出しの行がありません。",
        "最初の行に、列の名前を書いてください: {known}";
    ColumnMisnamed { column: String, english: &'static str, japanese: &'static str } => UnknownKey,
        "The column `{column}` means nothing here; perhaps it is `{english}` ({japanese}).",
        "Name it `{english}` or {japanese}.",
        "見出し「{column}」は「{japanese}」（{english}）のことですか。",
        "見出しを「{japanese}」か {english} に直してください。";
    NotThisDay { key: &'static str, written: String } => NotADay,
        "`{written}` in `{key}` is not a day.",
        "Write year, month and day: 2026-04-01 or 2026/4/1.",
        "「{key}」の「{written}」を日付として読めません。",
        "2026-04-01 か 2026/4/1 のように、年・月・日を書いてください。";
    SerialDay { key: &'static str, written: String, day: Date } => NotADay,
        "`{written}` in `{key}` is a spreadsheet's number, perhaps for {day}.",
        "Format the cells as dates, and save the list again.",
        "「{key}」の「{written}」は、日付の表示形式が外れています（{day} のことですか）。",
        "セルの書式を「日付」に戻して、保存し直してください。";
    TeamsNotSeparated { written: String } => UnknownTeam,
        "`{written}` is several teams in one.",
        "Separate them by `;`.",
        "「{written}」は、いくつかの部署が続けて書かれています。",
        "部署は半角の ; で区切ってください。";
    RowNotText => NotText,
        "The row has characters that were lost when the file was read in another encoding.",
        "Save the list as CSV UTF-8 and hand it in again.",
        "文字コードの違いで、この行の文字が失われています。",
        "「CSV UTF-8」で保存し直して、もう一度送ってください。";
    ColumnTwice { column: &'static str } => ColumnTwice,
        "The column `{column}` is there twice.",
        "Keep one of the two.",
        "列「{column}」が2つあります。",
        "どちらか1つだけを残してください。";
    UnknownColumn { column: String, known: String } => UnknownKey,
        "The column `{column}` means nothing here.",
        "Take it out. The columns are: {known}.",
        "「{column}」という列は使えません。",
        "取り除いてください。使える列: {known}";
    ColumnMissing { column: &'static str, known: String } => MissingKey,
        "The column `{column}` is missing.",
        "The first row names the columns: {known}.",
        "列「{column}」がありません。",
        "最初の行に、列の名前を書いてください: {known}";
    RowTooLong { columns: usize } => RowTooLong,
        "The row has more cells than there are columns, which are {columns}.",
        "Put a cell with a comma in it into quotes; several numbers or teams are joined by `;`.",
        "この行の欄が、列の数（{columns}）より多くあります。",
        "コンマを含む欄は引用符で囲み、複数の番号や部署は ; で区切ってください。";
    EmptyCell { column: &'static str } => EmptyCell,
        "`{column}` is empty.",
        "Fill it in.",
        "「{column}」が空欄です。",
        "入力してください。";
    CellNotALine { column: &'static str } => NoText,
        "`{column}` has a line break or another control character in it.",
        "Write it on one line.",
        "「{column}」に、改行などの使えない文字があります。",
        "1行で書いてください。";
    TooManyParts { column: &'static str, limit: usize } => TooMany,
        "`{column}` has more than {limit} entries.",
        "Take some out.",
        "「{column}」に {limit} 個より多く書かれています。",
        "いくつか取り除いてください。";
    UnknownRole => UnknownWord,
        "`role` is not one of the roles.",
        "Write admin (管理者), manager (責任者), staff (一般) or auditor (監査).",
        "「role」に書かれているのは、役割の名前ではありません。",
        "admin（管理者）・manager（責任者）・staff（一般）・auditor（監査）のどれかを書いてください。";
    NotAnAddress => NotAnAddress,
        "`mail` is not a mail address.",
        "Write one address, such as `sato@example.jp`, or leave it empty.",
        "「mail」が、メールアドレスではありません。",
        "「sato@example.jp」のようなアドレスを1つ書くか、空にしてください。";
    ManagesWithoutRole => ManagesWithoutRole,
        "Teams are managed here by one who is no manager.",
        "Write the role `manager`, or empty `manages`.",
        "責任者ではない人に、担当する部署（manages）が書かれています。",
        "役割を manager（責任者）にするか、manages を空にしてください。";
    EndMissing { id: String } => EndMissing,
        "The dispatched or outsourced member `{id}` has no last day.",
        "Write the contract's last day into `until`.",
        "派遣・委託の「{id}」に、終了日（until）がありません。",
        "契約の終了日を until に書いてください。";
    ExtensionOverlap { extension: String, first: u32, second: u32, day: Date } => ExtensionOverlap,
        "The members in lines {first} and {second} have one extension, `{extension}`, from {day} on.",
        "Whoever had the extension before needs a last day (`until`) before the next one's first.",
        "{first} 行目と {second} 行目の人が、{day} から同じ内線番号「{extension}」を持っています。",
        "前の人の until を、次の人の from より前の日にしてください。";
    NumberOverlap { first: u32, second: u32, day: Date } => NumberOverlap,
        "The members in lines {first} and {second} have one company mobile from {day} on.",
        "Whoever had the number before needs a last day (`until`) before the next one's first.",
        "{first} 行目と {second} 行目の人が、{day} から同じ会社の携帯番号を持っています。",
        "前の人の until を、次の人の from より前の日にしてください。";
    LoginOverlap { login: String, first: u32, second: u32, day: Date } => LoginOverlap,
        "The members in lines {first} and {second} have one login, `{login}`, from {day} on.",
        "Give each member a login of their own: with one between two, neither is let in.",
        "{first} 行目と {second} 行目の人が、{day} から同じログイン名「{login}」を持っています。このままでは、どちらも使えません。",
        "login は人ごとに違うものにしてください。";
    IdOverlap { id: String, first: u32, second: u32, day: Date } => IdOverlap,
        "The rows in lines {first} and {second} have one id, `{id}`, and two names from {day} on.",
        "Give each member an id of their own, and write one member's name the same in every row.",
        "{first} 行目と {second} 行目は、{day} から同じ id「{id}」で、氏名が違います。",
        "id は人ごとに違うものにし、同じ人の氏名はどの行でも同じに書いてください。";
    TeamWithoutManager { team: String, day: Date } => TeamWithoutManager,
        "From {day} on nobody manages the team `{team}`, which this member of staff is in.",
        "Write the team into `manages` of somebody with the role `manager`, for as long as staff are in it.",
        "一般の社員がいる部署「{team}」に、{day} から責任者がいません。",
        "社員が在籍する全期間について、責任者（manager）の manages にその部署を書いてください。";

    // Sources.

    FieldMissing { field: &'static str } => MissingKey,
        "`{field}` is missing.",
        "Write `{field} = …`: a source has a name of its own, and a folder (`prefix`) that ends in /.",
        "「{field}」がありません。",
        "{field} = … と書いてください。録音元には、ほかと違う名前（name）と、/ で終わるフォルダー（prefix）が必要です。";
    NoPattern => MissingKey,
        "`pattern` is missing.",
        "Write pattern = '…', or recorder = \"freepbx\" for a recorder that ships.",
        "「pattern」がありません。",
        "pattern = '…' でファイル名の形式を書くか、標準対応の録音元なら recorder = \"freepbx\" のように書いてください。";
    RecorderAndPattern => RecorderAndPattern,
        "A recorder brings its own pattern, so only one of the two can hold.",
        "Keep `recorder` or `pattern`, and take the other out.",
        "標準対応の録音元にはファイル名の形式があるので、recorder と pattern の両方は書けません。",
        "recorder か pattern の、どちらか一方だけを残してください。";
    RecorderAndKinds => RecorderAndPattern,
        "A recorder brings its own kinds of calls.",
        "Take the kinds out, or write a pattern in place of `recorder`.",
        "標準対応の録音元には通話の種類があるので、kind は書けません。",
        "kind を取り除くか、recorder の代わりに pattern を書いてください。";
    UnknownRecorder { recorder: String, known: String } => UnknownRecorder,
        "No recorder that ships is called `{recorder}`.",
        "Write one of: {known}; or a pattern of your own.",
        "標準対応の録音元に「{recorder}」はありません。",
        "次のどれかを書くか、pattern でファイル名の形式を書いてください: {known}";
    NotASourceName { name: String } => NotASourceName,
        "`{name}` can't be the name of a source.",
        "Use 1 to 32 of a-z, 0-9, - and _; `sidecar` and `object-metadata` are taken.",
        "「{name}」は録音元の名前に使えません。",
        "半角の英小文字・数字・-・_ で1文字から32文字までの、sidecar と object-metadata でない名前にしてください。";
    PrefixOfLogs => NotAPrefix,
        "Under calllog/ lie call logs, so no recording is ever looked for there.",
        "Write the folder so: prefix = \"branch/\".",
        "calllog/ の下は通話ログの置き場所のため、録音は取り込まれません。",
        "フォルダーを prefix = \"branch/\" のように書いてください。";
    PrefixNotAFolder => NotAPrefix,
        "The prefix must end in /, and not begin with one: else it would cut a folder's name in two, or fit no key.",
        "Write the folder so: prefix = \"branch/\".",
        "フォルダーは / で終わり、/ で始まらない形にします。違う形では、フォルダー名の途中で切れるか、どのファイルにも合いません。",
        "フォルダーを prefix = \"branch/\" のように書いてください。";
    PrefixTooLong { limit_bytes: usize } => NotAPrefix,
        "The prefix is over {limit_bytes} bytes, or has a control character in it.",
        "Write the folder so: prefix = \"branch/\".",
        "フォルダーが {limit_bytes} バイトより長いか、使えない文字があります。",
        "フォルダーを prefix = \"branch/\" のように書いてください。";
    TooManyPrefixes { count: usize, limit: usize } => TooMany,
        "The source has {count} prefixes, and may have {limit}.",
        "Name the folder above them once, or split the source in two.",
        "録音元のフォルダーが {count} 個あります。書けるのは {limit} 個までです。",
        "1つ上のフォルダーを書くか、録音元を分けてください。";
    NoSuchSourceZone { zone: String } => UnknownZone,
        "No time zone is called `{zone}`.",
        "Write \"epoch\", \"UTC\", \"company\", or an IANA name: \"Asia/Tokyo\".",
        "「{zone}」というタイムゾーンはありません。",
        "\"epoch\"・\"UTC\"・\"company\"、または \"Asia/Tokyo\" のような名前を書いてください。";
    NoFactOfASidecar { fact: String, known: String } => UnknownKey,
        "`{fact}` is no fact that a sidecar gives.",
        "Take it out, or write one of: {known}.",
        "「{fact}」は、付属情報ファイル（.json）で指定できる項目ではありません。",
        "取り除くか、次のどれかを書いてください: {known}";
    NoFieldOfASidecar { fact: String, limit_characters: usize } => NoText,
        "`{fact}` is given by no field, or by one over {limit_characters} characters.",
        "Write the name of a field of the JSON, or take it out.",
        "「{fact}」に対応する付属情報ファイル（.json）の項目名が空か、{limit_characters} 文字より長くなっています。",
        "付属情報ファイルの項目名を書くか、取り除いてください。";
    PatternTooLong { limit_characters: usize } => TooLong,
        "The pattern is longer than {limit_characters} characters.",
        "Shorten it: what tells nothing can be [^/]*.",
        "ファイル名の形式（pattern）が {limit_characters} 文字より長くなっています。",
        "短くしてください。何も表さない部分は [^/]* と書けます。";
    BadPattern { place: usize, said: String } => BadPattern,
        "The pattern can't be read at its character {place}: {said}.",
        "Correct that place: parts are written (?P<name>…), and . ( ) [ ] + * ? {{ }} | ^ $ as such with a \\ before.",
        "ファイル名の形式（pattern）が {place} 文字目で読めません（{said}）。",
        "その箇所を直してください。各部分は (?P<名前>…) と書き、. ( ) [ ] + * ? {{ }} | ^ $ をその文字として使うときは前に \\ を置きます。";
    PatternTooLarge { limit_bytes: usize } => BadPattern,
        "The pattern takes more than {limit_bytes} bytes.",
        "Repeat less: a {{1000}} within a {{1000}} is a million; and write [0-9] in place of \\d.",
        "ファイル名の形式（pattern）を読むのに、{limit_bytes} バイトを超えるメモリーが必要です。",
        "繰り返しを減らしてください。{{1000}} の中の {{1000}} は百万回になります。\\d の代わりに [0-9] と書きます。";
    PatternSwallows => BadPattern,
        "The pattern ends in a comment or in a mode that swallows what follows it.",
        "Write it without (?x).",
        "ファイル名の形式（pattern）が、後に続く部分を無効にするコメントや指定で終わっています。",
        "(?x) を使わずに書いてください。";
    PartWithoutPart { part: &'static str, needed: &'static str } => MissingPart,
        "The pattern has the part `{part}` and not `{needed}`, without which it says no time.",
        "Add (?P<{needed}>…), or take `{part}` out.",
        "ファイル名の形式（pattern）に部分「{part}」があって「{needed}」がないので、日時が分かりません。",
        "(?P<{needed}>…) を加えるか、「{part}」を取り除いてください。";
    EpochMissing => MissingPart,
        "The zone is proven by the part `epoch`, and the pattern has none.",
        "Add (?P<epoch>…) where the seconds since 1970 stand, or write another zone.",
        "タイムゾーンは部分「epoch」との差で決まりますが、ファイル名の形式（pattern）にそれがありません。",
        "1970 年からの秒数のところに (?P<epoch>…) を加えるか、別のタイムゾーンを書いてください。";
    UselessPattern => UselessPattern,
        "The pattern gives neither a time nor a call id, so it tells nothing of a call.",
        "Add (?P<year>…), (?P<month>…), (?P<day>…), (?P<hour>…), (?P<minute>…), or (?P<call_id>…).",
        "ファイル名の形式（pattern）から、日時も通話IDも読み取れません。",
        "(?P<year>…)・(?P<month>…)・(?P<day>…)・(?P<hour>…)・(?P<minute>…) か、(?P<call_id>…) を加えてください。";
    TooManyKinds { count: usize, limit: usize } => TooMany,
        "There are {count} kinds, and {limit} are allowed.",
        "Leave those that say the same to one kind without `type`.",
        "通話の種類（kind）が {count} 個あります。書けるのは {limit} 個までです。",
        "同じ内容のものは、type を書かない kind 1つにまとめてください。";
    KindTwice { earlier: usize } => KindTwice,
        "The kind {earlier} is for the same `type`, so this one is never looked at.",
        "Keep one of the two.",
        "{earlier} 番目の kind が同じ「type」なので、この kind は使われません。",
        "どちらか1つだけを残してください。";
    KindWithoutType => MissingPart,
        "The kind is for a value of the part `type`, and the pattern has none.",
        "Add (?P<type>…) to the pattern, or take `type` out.",
        "この kind は部分「type」の値ごとのものですが、ファイル名の形式（pattern）にそれがありません。",
        "pattern に (?P<type>…) を加えるか、「type」を取り除いてください。";
    KindWithoutPart { part: String } => MissingPart,
        "The kind names the part `{part}`, and the pattern has none.",
        "Add it to the pattern as (?P<name>…), or take it out.",
        "この kind にある部分「{part}」が、ファイル名の形式（pattern）にありません。",
        "pattern に (?P<名前>…) として加えるか、取り除いてください。";
    UnknownPart { part: String, known: String } => UnknownPart,
        "The part `{part}` of the pattern means nothing.",
        "Let a kind name it, write it without a name as (?:…), or write one of: {known}.",
        "ファイル名の形式（pattern）の部分「{part}」は使われません。",
        "kind で使うか、(?:…) と名前を付けずに書くか、次のどれかにしてください: {known}";
    SourceTwice { key: &'static str, earlier: u32 } => SourceTwice,
        "The [[{key}]] in line {earlier} is of the same source, so nothing tells the two apart.",
        "Write each source once, with a name of its own.",
        "{earlier} 行目の [[{key}]] と同じ録音元なので、区別がつきません。",
        "録音元ごとに、違う名前で1つずつ書いてください。";
    SourcePrefixTwice { earlier: u32 } => PrefixTwice,
        "The [[source]] in line {earlier} has the same prefix, so nothing tells the two apart.",
        "Give each source a name and a prefix of its own.",
        "{earlier} 行目の [[source]] と同じフォルダーなので、区別がつきません。",
        "録音元ごとに、違う name と prefix を書いてください。";

    // Trying a source.

    KeysNotTexts => WrongType,
        "`keys` must be a list of texts.",
        "Write the object keys to try: [\"branch/…\", …].",
        "「keys」は、引用符で囲んだ文字を [ ] の中に並べて書く項目です。",
        "試すファイル名を [\"branch/…\", …] のように書いてください。";
    TooManyKeys { count: usize, limit: usize } => TooMany,
        "There are {count} keys, and {limit} are allowed.",
        "Try one or two of each kind of call.",
        "試すファイル名が {count} 個あります。試せるのは {limit} 個までです。",
        "通話の種類ごとに1つか2つを試してください。";
    KeyTooLong { limit_bytes: usize } => TooLong,
        "A key is longer than {limit_bytes} bytes, which no object's is.",
        "Write the keys as the bucket has them.",
        "{limit_bytes} バイトより長い名前があります。そのような名前のファイルはありません。",
        "バケットにあるとおりの名前を書いてください。";
    NotADefinition { said: String } => WrongType,
        "The definition can't be read: {said}.",
        "Write the fields of a [[source]] under the same names.",
        "録音元の定義として読めません（{said}）。",
        "[[source]] の項目を、同じ名前で書いてください。";

    // Call logs.

    UnknownSource { source: String, known: String } => UnknownSource,
        "No source is called `{source}`.",
        "Write a [[source]] of that name, or one of: {known}.",
        "「{source}」という録音元がありません。",
        "その名前の [[source]] を書くか、次のどれかにしてください: {known}";
    LogPrefixTwice { earlier: u32 } => PrefixTwice,
        "The [[call_log]] in line {earlier} has the same prefix, so nothing tells the two apart.",
        "Give each call log a prefix of its own.",
        "{earlier} 行目の [[call_log]] と同じフォルダーなので、区別がつきません。",
        "通話ログごとに、違う prefix を書いてください。";
    PrefixNested { outer: String, source: String } => PrefixNested,
        "The prefix lies within `{outer}`, the call log of `{source}`.",
        "Write a prefix beside it, such as calllog/branch/, and put the files there.",
        "フォルダーが「{outer}」（録音元「{source}」の通話ログ）の中にあります。",
        "calllog/ のすぐ下に calllog/branch/ のような別のフォルダーを作り、そこに置いてください。";
    NoSuchFormat => UnknownWord,
        "There is no such format.",
        "Write format = \"asterisk\", \"freeswitch\", \"amazon-connect\", \"3cx\" or \"csv\".",
        "指定できない形式（format）です。",
        "format に \"asterisk\"・\"freeswitch\"・\"amazon-connect\"・\"3cx\"・\"csv\" のどれかを書いてください。";
    NotALogPrefix { limit_bytes: usize } => NotAPrefix,
        "A call log lies in a folder of its own under calllog/.",
        "Write a prefix such as calllog/branch/, with its last slash, of at most {limit_bytes} bytes.",
        "通話ログは、calllog/ の下の専用のフォルダーに置きます。",
        "calllog/branch/ のように、/ で終わる {limit_bytes} バイトまでのフォルダーを書いてください。";
    NoSuchLogZone { zone: String } => UnknownZone,
        "No time zone is called `{zone}`.",
        "Write \"company\", \"UTC\", or an IANA name such as \"Asia/Tokyo\".",
        "「{zone}」というタイムゾーンはありません。",
        "\"company\"・\"UTC\"、または \"Asia/Tokyo\" のような名前を書いてください。";
    NotADelimiter => UnknownWord,
        "Cells can be told apart by a comma, a semicolon or a tab.",
        "Write delimiter = \",\", \";\" or \"tab\", and export so.",
        "欄の区切りは、コンマ・セミコロン・タブのどれかです。",
        "delimiter に \",\"・\";\"・\"tab\" のどれかを書き、そのように書き出してください。";
    NoSuchLengthUnit => UnknownWord,
        "A length of time can be counted in seconds, minutes or milliseconds.",
        "Write length_unit = \"seconds\", \"minutes\" or \"milliseconds\".",
        "通話時間の単位は、秒・分・ミリ秒のどれかです。",
        "length_unit = \"seconds\"・\"minutes\"・\"milliseconds\" のどれかを書いてください。";
    NoFieldOf3cx { name: String, known: String } => UnknownWord,
        "3CX has no field called `{name}`.",
        "Use 3CX's own names, \"\" for any other column: {known}.",
        "3CX に「{name}」という列はありません。",
        "3CX での名前を使い、ほかの列は \"\" としてください: {known}";
    FieldTwice { name: &'static str } => ColumnTwice,
        "The field `{name}` is named twice.",
        "Name each field once, \"\" for a column to pass over.",
        "列「{name}」が2回書かれています。",
        "1回ずつ書き、読み飛ばす列は \"\" としてください。";
    FieldsMissing => MissingKey,
        "A row needs the call's id and its start.",
        "Switch on historyid and time-start in 3CX (Advanced, CDR), and list them here in the order they have there.",
        "通話IDと開始日時の列が必要です。",
        "3CX（Advanced、CDR）で historyid と time-start を出すようにし、その順にここに書いてください。";
    NoSuchFact { name: String, known: String } => UnknownKey,
        "`{name}` is no fact of a call.",
        "The facts are: {known}.",
        "「{name}」という通話の項目はありません。",
        "使える項目: {known}";
    NoColumn { fact: &'static str, limit: u16 } => OutOfRange,
        "`{fact}` names no column.",
        "Write the column's name in the heading, or its number from 1 to {limit}.",
        "「{fact}」の列が分かりません。",
        "見出しの名前か、1 から {limit} までの番号を書いてください。";
    FactMissing { fact: &'static str } => MissingKey,
        "No column gives `{fact}`.",
        "Map {fact}: without it no row can be joined with a recording.",
        "「{fact}」の列がありません。",
        "{fact} の列を書いてください。この列がないと、行と録音を結び付けられません。";
    AnsweredMissing => MissingKey,
        "No column says whether a call was answered.",
        "Map answered, talk_seconds or answered_at.",
        "応答したかどうかを表す列がありません。",
        "answered・talk_seconds・answered_at のどれかの列を書いてください。";
    NotOfThisFormat { field: &'static str } => UnknownKey,
        "A log in this format has no `{field}`.",
        "Leave it out.",
        "この形式（format）の通話ログでは、「{field}」は使えません。",
        "取り除いてください。";
    BadAnsweredWords { limit: usize, limit_characters: usize } => NoText,
        "A word is empty, or too long, or there are too many.",
        "Write at most {limit} words of at most {limit_characters} characters.",
        "空か長すぎる言葉があるか、数が多すぎます。",
        "{limit_characters} 文字までの言葉を {limit} 個まで書いてください。";
    NoColumnOfWords => MissingKey,
        "No column holds these words.",
        "Map the column answered.",
        "これらの言葉が入る列が分かりません。",
        "answered の列を書いてください。";
}

#[cfg(test)]
mod tests;
