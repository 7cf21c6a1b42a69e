//! The kinds of problems that only govern has: of rulebooks, sources, reports and the audit.

use policy::Language;
use policy::rulebook::{Explanation, Fault, FaultCode, FaultIn};
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
        / "すべての誤りは `errors` に、項目・理由・直し方とともにあります。";
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
        / "すべての誤りは `faults` に行番号・理由・直し方とともにあります。公開はしていません。";
    /// The rulebook still names the company and the people of the one that ships.
    HAS_PLACEHOLDERS: 422 "has-placeholders",
        "The rulebook has placeholders" / "見本のままの項目があります",
        "Replace the company and the people in `placeholders` by your own. Nothing was published."
        / "`placeholders` の会社名・見本の人を自社のものに書き換えてください。公開はしていません。";
    /// Another rulebook is pending.
    PENDING_STANDS: 409 "pending-stands",
        "Another rulebook is pending" / "公開待ちの運用ルールがあります",
        "Withdraw it first (DELETE /rulebook/pending), or wait until it is in force."
        / "先に取り下げる(DELETE /rulebook/pending)か、発効まで待ってください。";
    /// Somebody else published or withdrew meanwhile.
    PUBLISHED_MEANWHILE: 409 "published-meanwhile",
        "Somebody published meanwhile" / "他の人が先に公開または取り下げをしました",
        "Nothing of yours was published. Read the rulebook again."
        / "公開はしていません。運用ルールを読み直してください。";
    /// No rulebook of that version was published.
    NO_SUCH_VERSION: 404 "no-such-version",
        "No such version" / "この版の運用ルールはありません",
        "No rulebook of this version was published. Version 0 is the compiled-in default, which has no text."
        / "この版の運用ルールは公開されていません。0版は組み込みの既定で、文面はありません。";
    /// No rulebook is pending.
    NOTHING_PENDING: 404 "nothing-pending",
        "No rulebook is pending" / "公開待ちの運用ルールはありません",
        "What is in force can only be followed by another publication."
        / "発効した運用ルールは、次の公開でしか変えられません。";
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
