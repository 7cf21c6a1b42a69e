//! Problems: every answer that is not the one asked for (RFC 9457), in English or Japanese.
//!
//! A kind of problem is one entry of a table ([`problems!`](crate::problems)): status, word, title and detail. The figures
//! of one occurrence stand in its members and in its detail.

/// A table of kinds of problems, and `ALL` of them.
#[macro_export]
macro_rules! problems {
    ($visibility:vis, $($(#[$documentation:meta])* $name:ident: $status:literal $word:literal,
        $title:literal / $title_japanese:literal, $detail:literal / $detail_japanese:literal;)+) => {
        $($(#[$documentation])*
        $visibility static $name: $crate::problem::Kind = $crate::problem::Kind {
            status: $status,
            word: $word,
            title: $crate::problem::Texts { english: $title, japanese: $title_japanese },
            detail: $crate::problem::Texts { english: $detail, japanese: $detail_japanese },
        };)+

        /// Every kind of this table.
        $visibility static ALL: &[&$crate::problem::Kind] = &[$(&$name),+];
    };
}

mod kinds;
mod not_allowed;
mod texts;

use axum::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use policy::Language;
use policy::names::Named;
use policy::permission::NotAllowed;
use serde_json::{Map, Value, json};
use store::{ErrorKind, StoreError};

pub use self::kinds::*;
pub use self::texts::Texts;
pub use crate::parameter::Constraint;
use crate::parameter::Parameter;

/// 2 seconds: throttling and contention are over, and a rulebook's pointer can be read again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// A kind of problem. It says nothing that its caller may not know.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The HTTP status.
    pub status: u16,
    /// The last part of the type's URN: a word that never changes.
    pub word: &'static str,
    /// What is wrong.
    pub title: Texts,
    /// What is wrong with this request, and what to do about it. `{name}` stands for a figure.
    pub detail: Texts,
}

/// A figure of a problem, in both languages where they differ.
#[derive(Clone, Debug, PartialEq)]
struct Figure {
    name: &'static str,
    english: Value,
    japanese: Value,
    /// Whether it is a member of the body too.
    is_member: bool,
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: &'static Kind,
    detail: Texts,
    figures: Vec<Figure>,
    audit_reason: Option<&'static str>,
    retry_after_seconds: Option<u32>,
}

/// When the same request can succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// In how many seconds.
    pub seconds: u32,
    /// What the company's clocks show then, `15:00`.
    pub clock: String,
}

/// Whether the same request can succeed a little later.
pub fn is_transient(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Throttled | ErrorKind::TimedOut | ErrorKind::Unavailable => true,
        ErrorKind::Refused | ErrorKind::Missing | ErrorKind::Garbled | ErrorKind::Invalid => false,
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::of_store(&error)
    }
}

impl Problem {
    /// A problem of a kind.
    pub fn of(kind: &'static Kind) -> Self {
        let retry_after_seconds = (kind.status == 503).then_some(RETRY_AFTER_SECONDS);
        Self { kind, detail: kind.detail, figures: Vec::new(), audit_reason: None, retry_after_seconds }
    }

    /// A call of AWS failed. Logged here, once.
    pub fn of_store(error: &StoreError) -> Self {
        if is_transient(error.kind) {
            tracing::warn!(%error, "answered 503");
            Self::of(&BUSY)
        } else {
            tracing::error!(%error, "answered 500");
            Self::of(&FAILED)
        }
    }

    /// A parameter, or a field of a body, is invalid.
    pub fn invalid(parameter: &'static str, constraint: Constraint) -> Self {
        let [english, japanese] = [Language::English, Language::Japanese].map(|language| constraint.describe(language));
        // A name in backticks has a blank on either side.
        let japanese = if japanese.starts_with('`') { format!(" {japanese}") } else { japanese.to_owned() };
        Self::of(&INVALID).with("parameter", parameter).figure("constraint", english, japanese)
    }

    /// A name that is on no list, or not one that the caller may know. `candidates` are of those that may be known.
    pub fn unknown_name(parameter: &'static str, candidates: &[Named]) -> Self {
        let shown = |named: &Named| {
            if named.name == named.id { named.id.clone() } else { format!("{} ({})", named.id, named.name) }
        };
        let nearest: Vec<String> = candidates.iter().map(shown).collect();
        let listed = candidates.iter().map(|named| json!({"id": named.id, "name": named.name})).collect::<Vec<_>>();
        let problem = Self::of(&UNKNOWN_NAME).audited("unknown_name").with("parameter", parameter);
        let problem = problem.with("candidates", listed);
        if nearest.is_empty() {
            problem.figure("nearest", "none", "なし")
        } else {
            problem.figure("nearest", nearest.join(", "), nearest.join("、"))
        }
    }

    /// A parameter that the route does not know.
    pub fn unknown_parameter(known: &[Parameter]) -> Self {
        let known = known.iter().map(|parameter| parameter.name).collect::<Vec<_>>().join(", ");
        Self::of(&UNKNOWN_PARAMETER).figure("known", known.clone(), known)
    }

    /// A body that is not JSON, from that line and column on.
    pub fn malformed(line: usize, column: usize) -> Self {
        Self::of(&MALFORMED).with("line", line).with("column", column)
    }

    /// A body with other fields than these.
    pub fn wrong_fields(line: usize, column: usize, fields: &'static str) -> Self {
        Self::of(&WRONG_FIELDS).with("line", line).with("column", column).figure("fields", fields, fields)
    }

    /// A body of more bytes than this.
    pub fn too_long(limit_bytes: usize) -> Self {
        Self::of(&TOO_LONG).with("limit_bytes", limit_bytes)
    }

    /// Done more often than this in an hour; when it may be done again.
    pub fn too_many(limit: u32, again: &Again) -> Self {
        let mut problem = Self::of(&TOO_MANY).audited("too_many").with("limit", limit).with("per", "hour");
        problem.retry_after_seconds = Some(again.seconds);
        problem.figure("again", again.clock.clone(), again.clock.clone())
    }

    /// Something that the caller may see, but not do.
    pub fn not_allowed(reason: NotAllowed) -> Self {
        let mut problem = Self::of(&NOT_ALLOWED).audited(reason.as_str()).with("reason", reason.as_str());
        problem.detail = not_allowed::detail(reason);
        problem
    }

    /// With a member of the body, which can be a figure of the detail too.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.with_texts(name, value.clone(), value)
    }

    /// With a member that differs by language.
    #[must_use]
    pub fn with_texts(mut self, name: &'static str, english: Value, japanese: Value) -> Self {
        self.figures.push(Figure { name, english, japanese, is_member: true });
        self
    }

    /// With a figure of the detail alone.
    #[must_use]
    fn figure(mut self, name: &'static str, english: impl Into<Value>, japanese: impl Into<Value>) -> Self {
        let (english, japanese) = (english.into(), japanese.into());
        self.figures.push(Figure { name, english, japanese, is_member: false });
        self
    }

    /// With when the same request can succeed.
    #[must_use]
    pub fn again_in(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// With the reason that the audit event of the refusal names. Only a caller who may view a thing is given a reason.
    #[must_use]
    pub fn audited(mut self, reason: &'static str) -> Self {
        self.audit_reason = Some(reason);
        self
    }

    /// Why a caller who may view a thing was refused, in the audit's word; `None` for a caller who may not.
    pub fn audit_reason(&self) -> Option<&'static str> {
        self.audit_reason
    }

    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Whether it is of a kind.
    pub fn is(&self, kind: &Kind) -> bool {
        self.kind == kind
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The members of its body, beside those that every problem has.
    pub fn members(&self, language: Language) -> Map<String, Value> {
        let members = self.figures.iter().filter(|figure| figure.is_member);
        members.map(|figure| (figure.name.to_owned(), figure.value(language).clone())).collect()
    }

    fn detail(&self, language: Language, request_id: &str) -> String {
        let mut detail = self.detail.choose(language).replace("{request_id}", request_id);
        for figure in &self.figures {
            let text = match figure.value(language) {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            detail = detail.replace(&format!("{{{}}}", figure.name), &text);
        }
        detail
    }

    /// Its body, as an answer to a request of that id.
    pub fn body(&self, language: Language, request_id: &str) -> Map<String, Value> {
        let mut body = self.members(language);
        body.insert("type".to_owned(), json!(format!("urn:rokuban:problem:{}", self.kind.word)));
        body.insert("title".to_owned(), json!(self.kind.title.choose(language)));
        body.insert("status".to_owned(), json!(self.kind.status));
        body.insert("detail".to_owned(), json!(self.detail(language, request_id)));
        body.insert("request_id".to_owned(), json!(request_id));
        body
    }

    /// The answer. Of the unrendered one only `Allow` stays.
    pub fn render(self, language: Language, request_id: &str, unrendered: &Response) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = unrendered.headers().get(ALLOW) {
            headers.insert(ALLOW, allow.clone());
        }
        (self.status(), headers, Value::Object(self.body(language, request_id)).to_string()).into_response()
    }
}

impl Figure {
    fn value(&self, language: Language) -> &Value {
        match language {
            Language::English => &self.english,
            Language::Japanese => &self.japanese,
        }
    }
}

impl IntoResponse for Problem {
    /// Not rendered yet: only the outermost layer knows the language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// One problem of each kind of this crate.
pub fn examples() -> Vec<Problem> {
    let mut examples = vec![
        Problem::not_allowed(NotAllowed::ManagersDoNotDownload),
        Problem::too_many(60, &Again { seconds: 1_200, clock: "15:00".to_owned() }),
        Problem::invalid("from", Constraint::Time),
        Problem::unknown_name("staff", &[Named { id: "sato".to_owned(), name: "佐藤 花子".to_owned() }]),
        Problem::unknown_parameter(&[Parameter::new("from", Constraint::Time, "", "")]),
        Problem::malformed(1, 2),
        Problem::wrong_fields(1, 2, "use (text), reason (text)"),
        Problem::too_long(16_384),
    ];
    for kind in ALL {
        if !examples.iter().any(|example| example.is(kind)) {
            examples.push(Problem::of(kind));
        }
    }
    examples
}

/// Panics unless a problem has its texts in both languages, with every figure; for the tests of whoever makes problems.
#[doc(hidden)]
pub fn check_texts(problem: &Problem) {
    let [english, japanese] = [Language::English, Language::Japanese].map(|language| problem.body(language, "R-1"));
    for name in ["title", "detail"] {
        let (english, japanese) = (english[name].to_string(), japanese[name].to_string());
        assert!(english.len() > 2 && !japanese.is_ascii() && english != japanese, "{problem:?}");
        assert!(!english.contains('{') && !japanese.contains('{'), "a figure is missing: {english} {japanese}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_problem_has_its_texts_in_both_languages_and_its_figures_in_them() {
        for problem in examples() {
            check_texts(&problem);
        }
        for reason in NotAllowed::ALL {
            check_texts(&Problem::not_allowed(reason));
        }
        for constraint in Constraint::ALL {
            check_texts(&Problem::invalid("from", *constraint));
        }
        let again = Again { seconds: 1_200, clock: "15:00".to_owned() };
        for language in [Language::English, Language::Japanese] {
            let detail = Problem::too_many(60, &again).detail(language, "R-1");
            assert!(detail.contains("60") && detail.contains("15:00"), "{detail}");
            assert!(Problem::of(&FAILED).detail(language, "R-1").contains("R-1"));
        }
    }

    #[test]
    fn no_two_kinds_have_one_word() {
        let words: std::collections::BTreeSet<_> = ALL.iter().map(|kind| kind.word).collect();
        assert_eq!(words.len(), ALL.len());
    }

    #[tokio::test]
    async fn a_problem_is_rendered_with_its_type_status_and_when_to_come_again() {
        for problem in examples() {
            let response = problem.clone().render(Language::Japanese, "R-1", &Response::default());
            assert_eq!(response.status().as_u16(), problem.kind.status);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert_eq!(response.headers()[CONTENT_LANGUAGE], "ja");
            let can_come_again = [429, 503].contains(&problem.kind.status);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), can_come_again, "{problem:?}");
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["status"], problem.kind.status);
            assert_eq!(body["request_id"], "R-1");
            assert_eq!(body["type"], format!("urn:rokuban:problem:{}", problem.kind.word));
        }
    }
}
