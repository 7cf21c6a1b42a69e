//! Problems (RFC 9457) of the console's own, in English or Japanese. What the API says of itself is passed on as it is.

use policy::Language;
use serde_json::json;

use crate::gateway::{Answer, Request};

/// 2 seconds: the table and the API take the next request by then.
const RETRY_AFTER_SECONDS: u32 = 2;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no session, or it has ended.
    SignedOut,
    /// The request does not come from the pages.
    NotFromHere,
    /// There is no such path.
    NoRoute,
    /// The path has no such method.
    NoMethod,
    /// The body is not what its encoding says.
    BadBody,
    /// Something of AWS's or the provider's does not answer now; nothing was done.
    Busy,
    /// The API did not answer in time; perhaps it did what it was asked.
    NoAnswer,
    /// A fault of ours.
    Failed,
}

impl Problem {
    fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotFromHere => 403,
            Self::NoRoute => 404,
            Self::NoMethod => 405,
            Self::BadBody => 400,
            Self::Busy => 503,
            Self::NoAnswer => 504,
            Self::Failed => 500,
        }
    }

    /// The last part of the type's URN: a word that never changes.
    fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::NotFromHere => "not-from-here",
            Self::NoRoute => "no-route",
            Self::NoMethod => "no-method",
            Self::BadBody => "bad-body",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
        }
    }

    /// Title and detail.
    fn texts(self, language: Language) -> [&'static str; 2] {
        let [title, detail] = match self {
            Self::SignedOut => {
                [("You are signed out", "ログインしていません"), ("Sign in again.", "もう一度ログインしてください。")]
            }
            Self::NotFromHere => [
                ("This request does not come from the console", "コンソールの画面からの要求ではありません"),
                (
                    "Use the console's own pages, or call the API with a token.",
                    "コンソールの画面から操作するか、トークンで API を呼び出してください。",
                ),
            ],
            Self::NoRoute => [
                ("There is no such address", "ページが見つかりません"),
                ("Check the address.", "アドレスをご確認ください。"),
            ],
            Self::NoMethod => [
                ("This method is not allowed here", "使用できないメソッドです"),
                ("GET, POST, PUT and DELETE are passed on.", "使用できるのは GET・POST・PUT・DELETE です。"),
            ],
            Self::BadBody => {
                [("The body can't be read", "本文を読めません"), ("Send it again.", "もう一度送ってください。")]
            }
            Self::Busy => [
                ("Busy", "混み合っています"),
                (
                    "Nothing was done. Try again in a moment.",
                    "操作は行われていません。少し待ってから、もう一度お試しください。",
                ),
            ],
            Self::NoAnswer => [
                ("No answer in time", "時間内に応答がありませんでした"),
                (
                    "What you asked for was perhaps done. Look before you try again.",
                    "操作は完了している可能性があります。もう一度行う前に、結果をご確認ください。",
                ),
            ],
            Self::Failed => [
                ("Something went wrong", "問題が発生しました"),
                (
                    "Try again. If it stays so, ask your company's administrator.",
                    "もう一度お試しください。続く場合は、社内の管理者にご連絡ください。",
                ),
            ],
        };
        [title, detail].map(|(english, japanese)| language.choose(english, japanese))
    }

    /// The problem as an answer, in the language that is asked for.
    pub(crate) fn answer(self, request: &Request) -> Answer {
        let language = Language::asked_for(request.header("accept-language"));
        let [title, detail] = self.texts(language);
        let body = json!({
            "type": format!("urn:rokuban:problem:{}", self.word()),
            "status": self.status(),
            "title": title,
            "detail": detail,
        });
        let answer = Answer::of(self.status()).json(&body).header("content-type", "application/problem+json");
        let answer = answer.header("content-language", language.tag());
        match self {
            Self::Busy => answer.header("retry-after", RETRY_AFTER_SECONDS.to_string()),
            Self::NoMethod => answer.header("allow", "GET, POST, PUT, DELETE"),
            _ => answer,
        }
    }
}

/// A call of AWS failed. Logged here, once.
impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        use store::ErrorKind::{Throttled, TimedOut, Unavailable};
        if matches!(error.kind, Throttled | TimedOut | Unavailable) {
            tracing::warn!(%error, "answered 503");
            Self::Busy
        } else {
            tracing::error!(%error, "answered 500");
            Self::Failed
        }
    }
}

/// The system gives no random bytes, or no key can be made.
impl From<oidc::RandomError> for Problem {
    fn from(error: oidc::RandomError) -> Self {
        tracing::error!(%error, "answered 500");
        Self::Failed
    }
}
