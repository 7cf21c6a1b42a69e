//! The kinds of problems that only govern has: of rulebooks, sources, reports and the audit.

use policy::Language;
use policy::rulebook::{Explanation, Fault, FaultCode, FaultIn, Warning, WarningCode};
use policy::source::Flaw;
use rokuban_http::problem::Problem;
use rokuban_http::problems;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

problems! { pub(crate),
    /// A source with errors.
    BAD_SOURCE: 422 "bad-source",
        "The source has faults" / "録音元の定義に誤りがあります",
        "Every error is in `errors`, with its field, its reason and its fix."
        / "すべての誤りは `errors` に、項目・理由・対処方法とともにあります。";
    /// The audit is not for this role.
    NO_AUDIT: 403 "no-audit",
        "The audit is not for you" / "操作の記録を見る権限がありません",
        "Admins (管理者) and auditors (監査) read who searched, heard and was refused what."
        / "だれが何を探し、聞き、断られたかは、管理者と監査だけが見られます。";
    /// Reports are not for this role.
    NO_REPORTS: 403 "no-reports",
        "Reports are not for you" / "報告を見る権限がありません",
        "Admins (管理者) and auditors (監査) see all of them, managers (責任者) those of their teams."
        / "管理者と監査はすべての報告を、責任者は担当部署の報告を見られます。";
    /// The rulebook has faults.
    FAULTY_RULEBOOK: 422 "faulty-rulebook",
        "The rulebook has faults" / "運用ルールに誤りがあります",
        "Every fault is in `faults`, with its line, its reason and its fix. Nothing was published."
        / "すべての誤りは `faults` に、行番号・理由・対処方法とともにあります。公開はしていません。";
    /// The rulebook still names the company and the people of the one that ships.
    HAS_PLACEHOLDERS: 422 "has-placeholders",
        "The rulebook has placeholders" / "見本のままの項目があります",
        "Replace the company and the people in `placeholders` by your own. Nothing was published."
        / "`placeholders` の会社名・見本の人を自社のものに書き換えてください。公開はしていません。";
    /// The rulebook says what is seldom meant.
    WARNINGS_TO_CONFIRM: 409 "warnings-to-confirm",
        "Look at the warnings first" / "確認が必要な箇所があります",
        "Correct what is in `warnings`, or publish again and name each in `confirmed`. Nothing was published."
        / "`warnings` の箇所を直すか、このままでよければ `confirmed` に挙げて、もう一度公開してください。公開はしていません。";
    /// Another rulebook is pending.
    PENDING_STANDS: 409 "pending-stands",
        "Another rulebook is pending" / "公開待ちの運用ルールがあります",
        "Withdraw it first (DELETE /rulebook/pending), or wait until it is in force."
        / "先に取り下げる(DELETE /rulebook/pending)か、有効になるまでお待ちください。";
    /// Somebody else published or withdrew meanwhile.
    PUBLISHED_MEANWHILE: 409 "published-meanwhile",
        "Somebody published meanwhile" / "ほかの人が先に公開または取り下げを行いました",
        "Nothing of yours was published. Read the rulebook again."
        / "公開はしていません。運用ルールを読み直してください。";
    /// No rulebook of that version was published.
    NO_SUCH_VERSION: 404 "no-such-version",
        "No such version" / "この版の運用ルールはありません",
        "No rulebook of this version was published. Version 0 is the compiled-in default, which has no text."
        / "この版の運用ルールは公開されていません。第0版は組み込みの初期設定で、ファイルはありません。";
    /// Who published the rulebook in force approves no deletions beyond the breaker, where there is another admin.
    OWN_RULEBOOK: 403 "own-rulebook",
        "Another admin approves this" / "別の管理者の承認が必要です",
        "You published the rulebook in force. Ask another admin (管理者) to look at what waits, and to approve it."
        / "現在の運用ルールを公開した本人は承認できません。別の管理者に確認と承認を依頼してください。";
    /// Deletions are approved for today alone.
    NOT_THIS_DAY: 409 "not-this-day",
        "Only today can be approved" / "承認できるのは本日分だけです",
        "Today is {today}: look at what waits today, and approve that."
        / "本日は{today}です。本日の承認待ちを確認してから、承認してください。";
    /// A class is kept nearly as long as S3 keeps anything.
    BEYOND_BACKSTOP: 422 "beyond-backstop",
        "A period is too near to the backstop" / "保存期間が長すぎます",
        "S3 itself ends objects after {limit_days} days (`BackstopDays`), and `{class}` is kept {keep_days}: it must be 30 days less. Nothing was published."
        / "S3が{limit_days}日(`BackstopDays`)で録音を自動的に削除します。`{class}` の{keep_days}日は、それより30日以上短くしてください。公開はしていません。";
    /// What deletes sooner is published by a plan.
    PLAN_NEEDED: 409 "plan-needed",
        "Look at a plan first" / "先に試算を確認してください",
        "Something is deleted sooner. Nothing was published. {needed}"
        / "早く削除される録音があるため、公開はしていません。{needed}";
    /// There is no such plan.
    NO_SUCH_PLAN: 404 "no-such-plan",
        "No such plan" / "この試算はありません",
        "No plan has this id, or it is older than 30 days." / "このIDの試算はないか、作ってから30日を過ぎています。";
    /// No rulebook is pending.
    NOTHING_PENDING: 404 "nothing-pending",
        "No rulebook is pending" / "公開待ちの運用ルールはありません",
        "What is in force can only be followed by another publication."
        / "有効になった運用ルールは、次の公開でしか変えられません。";
}

/// A source with errors.
pub(crate) fn bad_source(flaws: &[Flaw]) -> Problem {
    let shown = |language| json!(flaws.iter().map(|flaw| SourceError::new(flaw, language)).collect::<Vec<_>>());
    Problem::of(&BAD_SOURCE).with_texts("errors", shown(Language::English), shown(Language::Japanese))
}

/// A rulebook with faults.
pub(crate) fn faulty_rulebook(faults: &[Fault]) -> Problem {
    let shown = |language| json!(faults.iter().map(|fault| RulebookError::new(fault, language)).collect::<Vec<_>>());
    Problem::of(&FAULTY_RULEBOOK).with_texts("faults", shown(Language::English), shown(Language::Japanese))
}

/// A rulebook that still names what ships.
pub(crate) fn has_placeholders(placeholders: &[String]) -> Problem {
    Problem::of(&HAS_PLACEHOLDERS).with("placeholders", placeholders)
}

/// A rulebook with warnings that are not confirmed.
pub(crate) fn warnings_to_confirm(warnings: &[Warning]) -> Problem {
    let shown = |language| json!(warnings.iter().map(|it| RulebookWarning::new(it, language)).collect::<Vec<_>>());
    Problem::of(&WARNINGS_TO_CONFIRM).with_texts("warnings", shown(Language::English), shown(Language::Japanese))
}

/// What is missing to publish what deletes sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlanNeeded {
    /// No plan is named.
    Missing,
    /// There is no such plan.
    Unknown,
    /// It is not counted to its end.
    Counting,
    /// It is of other files.
    OtherFiles,
    /// Another rulebook came into force since.
    OtherVersion,
    /// It is older than 24 hours.
    TooOld,
}

impl PlanNeeded {
    fn describe(self, language: Language) -> &'static str {
        let (english, japanese) = match self {
            Self::Missing => (
                "Make a plan of these files (POST /rulebook/plan), look at it, and name it as `plan_id`.",
                "このファイルの試算を行い(POST /rulebook/plan)、結果を確認してから `plan_id` に指定してください。",
            ),
            Self::Unknown => {
                ("No plan has this `plan_id`: make one.", "この `plan_id` の試算はありません。試算を行ってください。")
            }
            Self::Counting => (
                "The plan is still being counted: wait until it is ready.",
                "試算の途中です。終わるまでお待ちください。",
            ),
            Self::OtherFiles => (
                "The plan is of other files: make one of these.",
                "別のファイルの試算です。このファイルで試算し直してください。",
            ),
            Self::OtherVersion => (
                "Another rulebook came into force since the plan was made: make a new one.",
                "試算の後に、別の運用ルールが有効になりました。試算し直してください。",
            ),
            Self::TooOld => (
                "The plan is older than 24 hours: make a new one.",
                "試算から24時間を過ぎています。試算し直してください。",
            ),
        };
        language.choose(english, japanese)
    }
}

/// What deletes sooner, without a plan that says so.
pub(crate) fn plan_needed(needed: PlanNeeded) -> Problem {
    let [english, japanese] = [Language::English, Language::Japanese].map(|language| json!(needed.describe(language)));
    Problem::of(&PLAN_NEEDED).with("plan", json!(needed)).with_texts("needed", english, japanese)
}

/// A class that is kept nearly as long as S3 keeps anything.
pub(crate) fn beyond_backstop(class: &str, keep_days: u32, limit_days: u32) -> Problem {
    Problem::of(&BEYOND_BACKSTOP)
        .with("class", json!(class))
        .with("keep_days", json!(keep_days))
        .with("limit_days", json!(limit_days))
}

/// Another day than today.
pub(crate) fn not_this_day(today: &impl Serialize) -> Problem {
    Problem::of(&NOT_THIS_DAY).with("today", json!(today))
}

/// Another rulebook is pending.
pub(crate) fn pending_stands(pending: &impl Serialize) -> Problem {
    Problem::of(&PENDING_STANDS).with("pending", json!(pending))
}

/// A fault 誤り of a rulebook, in the caller's language.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RulebookError {
    /// Which file.
    r#in: FaultIn,
    /// Which line, from 1.
    #[schemars(example = 7)]
    line: u32,
    code: FaultCode,
    /// Why it is a fault.
    #[schemars(example = &"Nobody is in `sails`.")]
    reason: String,
    /// What to do about it.
    #[schemars(example = &"Write it as the list does.")]
    fix: String,
}

impl RulebookError {
    /// One fault.
    pub(crate) fn new(fault: &Fault, language: Language) -> Self {
        let Explanation { reason, fix } = fault.wrong.explain(language);
        Self { r#in: fault.file, line: fault.line, code: fault.code(), reason, fix }
    }
}

/// What a company should look at before it publishes, in the caller's language.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RulebookWarning {
    /// Which file.
    r#in: FaultIn,
    /// On which line, from 1; 1 where something is missing altogether.
    #[schemars(example = 34)]
    line: u32,
    code: WarningCode,
    /// Whether publishing needs it in `confirmed`; else it stops nothing.
    needs_confirmation: bool,
    #[schemars(example = &"The line `night` has neither a number nor a queue, so no call is its.")]
    reason: String,
    #[schemars(example = &"Write its `number` or its `queue`, or take the [[line]] out.")]
    fix: String,
}

impl RulebookWarning {
    /// One warning.
    pub(crate) fn new(warning: &Warning, language: Language) -> Self {
        let Explanation { reason, fix } = warning.explain(language);
        let code = warning.code();
        let needs_confirmation = code.needs_confirmation();
        Self { r#in: warning.file, line: warning.line, code, needs_confirmation, reason, fix }
    }
}

/// A fault 誤り of a source, in the caller's language.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SourceError {
    /// Which field it is in.
    #[schemars(example = &"pattern")]
    field: &'static str,
    /// Which of the kinds, from 0, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<usize>,
    code: FaultCode,
    /// Why it is a fault.
    #[schemars(example = &"`pattern` is missing.")]
    reason: String,
    /// What to do about it.
    #[schemars(example = &"Write pattern = '…', or recorder = \"freepbx\" for a recorder that ships.")]
    fix: String,
}

impl SourceError {
    fn new(flaw: &Flaw, language: Language) -> Self {
        let Explanation { reason, fix } = flaw.wrong.explain(language);
        Self { field: flaw.field, kind: flaw.kind, code: flaw.code(), reason, fix }
    }
}
