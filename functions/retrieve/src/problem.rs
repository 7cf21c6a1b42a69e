//! Problems: everything that is not the answer asked for, as RFC 9457 has it, in English or Japanese.

use std::borrow::Cow;

use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
pub(crate) use policy::Language;
use policy::facts::QuarantineReason;
use policy::permission::NotAllowed;
use policy::rulebook::{Fault, FaultCode, FaultIn, Told};
use policy::source::Flaw;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{ErrorKind, StoreError};

use crate::present::Tombstone;
use crate::rulebook::Waiting;

/// 2 seconds: throttling and contention are over, and a rulebook's pointer can be read again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// What is wrong. A problem says nothing that the one who asked may not know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    /// The token is no access token, or its bearer is not exactly one member of staff today.
    NotAMember,
    /// There is no such recording, or it may not be viewed: one answer for both.
    NoSuchRecording,
    /// The recording was deleted, and the one who asks may know.
    Deleted(Box<Tombstone>),
    /// It may be viewed, but not this.
    NotAllowed(NotAllowed),
    /// With what was given it would still be in quarantine.
    StillNotUnderstood(QuarantineReason),
    /// A source that can't be one; its flaws.
    BadSource(Vec<Flaw>),
    /// The audit is not for this role.
    NoAudit,
    /// Reports are not for this role.
    NoReports,
    /// The limit of this hour is reached for the one who asks.
    TooMany {
        /// How often it may be done in an hour.
        limit: u32,
        /// Until the next hour begins.
        retry_after_seconds: u32,
    },
    /// What it shall be used for is none of the purposes of the rulebook.
    NotAPurpose(Vec<String>),
    /// Nothing can be heard in it.
    NoAudio(Option<QuarantineReason>),
    /// There is no such route.
    NoSuchRoute,
    /// The route has no such method.
    WrongMethod,
    /// A query parameter, or a field of the body, is not what it must be.
    Invalid {
        /// Which.
        parameter: &'static str,
        /// What it must be.
        must: Must,
    },
    /// A query parameter that means nothing.
    UnknownParameter {
        /// The ones that do.
        known: &'static [&'static str],
    },
    /// `Accept` takes neither of the forms a list comes in.
    NotAcceptable,
    /// The body is not called JSON.
    NotJson,
    /// The body is not JSON.
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The body is JSON of another form.
    WrongFields {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The fields it must have, and may.
        fields: &'static str,
    },
    /// The body is too long.
    TooLong {
        /// What it may have.
        limit_bytes: usize,
    },
    /// The rulebook has faults.
    Faulty(Vec<Fault>),
    /// Another rulebook waits to come into force.
    PendingStands(Waiting),
    /// Somebody else published or withdrew meanwhile.
    PublishedMeanwhile,
    /// No rulebook waits.
    NothingPending,
    /// The rulebook can't be read.
    RulebookUnreadable,
    /// Throttled, or somebody else kept changing the same.
    Busy,
    /// A fault of ours; the log has it.
    Failed,
}

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Must {
    /// RFC 3339 with an offset.
    Time,
    /// Before the other one.
    Before,
    /// No further from the other one than the limit.
    Within,
    /// A day, `2026-11-03`.
    Day,
    /// Not after the other one.
    NotAfter,
    /// The same as the other one, where it is everybody's.
    SameDay,
    /// A day without a range beside it.
    DayAlone,
    /// `2026-10`, and not later than this one.
    Month,
    /// `permitted` or `refused`.
    Outcome,
    /// At most 92 days with the other one.
    WithinDays,
    /// A number that can be dialled.
    Number,
    /// Four digits.
    FourDigits,
    /// 1 to 128 characters.
    Text,
    /// `active` or `quarantined`.
    State,
    /// 1 to 100.
    Limit,
    /// 1 to 1,000, in a file.
    FileLimit,
    /// What a page gave as `next_cursor`.
    Cursor,
    /// Given once.
    Once,
    /// 1 to 500 characters.
    Reason,
    /// 1 to 2,000 characters.
    Note,
    /// Facts of a sidecar, as texts.
    Facts,
    /// 26 characters.
    Id,
    /// What an earlier answer gave as `event_id`.
    EventId,
    /// Base64 of RFC 4648.
    Base64,
    /// A staff list, as text or as bytes.
    OneStaffList,
    /// An event of one's own that can be renewed.
    Renewable,
}

/// Whether the same request can succeed a little later.
pub(crate) fn is_transient(kind: ErrorKind) -> bool {
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
    /// A call of AWS failed. Logged here, once.
    pub(crate) fn of_store(error: &StoreError) -> Self {
        if is_transient(error.kind) {
            tracing::warn!(%error, "answered 503");
            Self::Busy
        } else {
            tracing::error!(%error, "answered 500");
            Self::Failed
        }
    }

    /// Why somebody who may view a recording was refused, in the audit's word; `None` for whoever may not.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        match self {
            Self::NotAllowed(reason) => Some(reason.as_str()),
            Self::NotAPurpose(_) => Some("not_a_purpose"),
            Self::TooMany { .. } => Some("too_many"),
            Self::NoAudio(_) => Some(NotAllowed::NoAudio.as_str()),
            Self::Deleted(_) => Some("deleted"),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotAMember | Self::NotAllowed(_) | Self::NoAudit | Self::NoReports | Self::NotAPurpose(_) => {
                StatusCode::FORBIDDEN
            }
            Self::NoSuchRecording | Self::NoSuchRoute | Self::NothingPending => StatusCode::NOT_FOUND,
            Self::Deleted(_) => StatusCode::GONE,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid { .. }
            | Self::UnknownParameter { .. }
            | Self::Malformed { .. }
            | Self::WrongFields { .. } => StatusCode::BAD_REQUEST,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Faulty(_) | Self::StillNotUnderstood(_) | Self::BadSource(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoAudio(_) | Self::PendingStands(_) | Self::PublishedMeanwhile => StatusCode::CONFLICT,
            Self::RulebookUnreadable | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last part of the type's URN: a word that never changes.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NotAMember => "not-a-member",
            Self::NoSuchRecording => "no-such-recording",
            Self::Deleted(_) => "deleted",
            Self::NotAllowed(_) => "not-allowed",
            Self::StillNotUnderstood(_) => "still-not-understood",
            Self::BadSource(_) => "bad-source",
            Self::NoAudit => "no-audit",
            Self::NoReports => "no-reports",
            Self::TooMany { .. } => "too-many",
            Self::NotAPurpose(_) => "not-a-purpose",
            Self::NoAudio(_) => "no-audio",
            Self::NoSuchRoute => "no-such-route",
            Self::WrongMethod => "wrong-method",
            Self::Invalid { .. } => "invalid",
            Self::UnknownParameter { .. } => "unknown-parameter",
            Self::NotAcceptable => "not-acceptable",
            Self::NotJson => "not-json",
            Self::Malformed { .. } => "malformed",
            Self::WrongFields { .. } => "wrong-fields",
            Self::TooLong { .. } => "too-long",
            Self::Faulty(_) => "faulty-rulebook",
            Self::PendingStands(_) => "pending-stands",
            Self::PublishedMeanwhile => "published-meanwhile",
            Self::NothingPending => "nothing-pending",
            Self::RulebookUnreadable => "rulebook-unreadable",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn title(&self, language: Language) -> &'static str {
        let (english, japanese) = match self {
            Self::NotAMember => ("Not a member of staff", "利用できる人ではありません"),
            Self::NoSuchRecording => ("No such recording", "録音が見つかりません"),
            Self::Deleted(_) => ("The recording was deleted", "録音は削除されました"),
            Self::NotAllowed(_) => ("Not allowed", "許可されていません"),
            Self::StillNotUnderstood(_) => ("Still not understood", "この内容では、まだ要確認のままです"),
            Self::BadSource(_) => ("The source has faults", "録音元の定義に誤りがあります"),
            Self::NoAudit => ("The audit is not for you", "監査記録を見る権限がありません"),
            Self::NoReports => ("Reports are not for you", "レポートを見る権限がありません"),
            Self::TooMany { .. } => ("Too many this hour", "この1時間の回数の上限です"),
            Self::NotAPurpose(_) => ("Not a purpose of the rulebook", "運用ルールにない利用目的です"),
            Self::NoAudio(_) => ("Nothing can be heard in it", "再生できる音声がありません"),
            Self::NoSuchRoute => ("No such route", "APIの経路がありません"),
            Self::WrongMethod => ("Wrong method", "メソッドが違います"),
            Self::Invalid { .. } => ("A parameter can't be read", "値を読み取れません"),
            Self::UnknownParameter { .. } => ("Unknown parameter", "知らないパラメーターです"),
            Self::NotAcceptable => ("Not in a form you accept", "受け取れる形式がありません"),
            Self::NotJson => ("The body must be JSON", "本文はJSONにしてください"),
            Self::Malformed { .. } => ("The body is not JSON", "本文がJSONとして読めません"),
            Self::WrongFields { .. } => ("The body has other fields", "本文の項目が違います"),
            Self::TooLong { .. } => ("The body is too long", "本文が長すぎます"),
            Self::Faulty(_) => ("The rulebook has faults", "運用ルールに誤りがあります"),
            Self::PendingStands(_) => ("Another rulebook waits", "発効待ちの運用ルールがあります"),
            Self::PublishedMeanwhile => ("Somebody published meanwhile", "他の人が先に公開または取り下げをしました"),
            Self::NothingPending => ("No rulebook waits", "発効待ちの運用ルールはありません"),
            Self::RulebookUnreadable => ("The rulebook can't be read", "運用ルールを読み込めません"),
            Self::Busy => ("Try again shortly", "少し待ってやり直してください"),
            Self::Failed => ("Something failed here", "こちらの障害です"),
        };
        language.choose(english, japanese)
    }

    fn detail(&self, language: Language) -> Cow<'static, str> {
        match self {
            Self::Invalid { parameter, must } => {
                let must = must.words(language);
                return match language {
                    Language::English => format!("`{parameter}` must be {must}.").into(),
                    Language::Japanese => format!("`{parameter}` は{must}にしてください。").into(),
                };
            }
            Self::UnknownParameter { known } => {
                let known = known.join(", ");
                return match language {
                    Language::English => format!("The parameters are: {known}.").into(),
                    Language::Japanese => format!("使えるパラメーター: {known}").into(),
                };
            }
            Self::Malformed { line, column } => {
                return match language {
                    Language::English => format!("It breaks at line {line}, column {column}.").into(),
                    Language::Japanese => format!("{line}行{column}文字目で読めなくなりました。").into(),
                };
            }
            Self::WrongFields { line, column, fields } => {
                return match language {
                    Language::English => format!(
                        "At line {line}, column {column} a field is missing, unknown, there twice, or of another type. The fields are: {fields}."
                    )
                    .into(),
                    Language::Japanese => format!(
                        "{line}行{column}文字目: 項目が足りない、知らない、重複している、または型が違います。項目: {fields}"
                    )
                    .into(),
                };
            }
            Self::TooLong { limit_bytes } => {
                return match language {
                    Language::English => format!("At most {limit_bytes} bytes are read.").into(),
                    Language::Japanese => format!("{limit_bytes}バイトまでにしてください。").into(),
                };
            }
            _ => {}
        }
        let (english, japanese) = match self {
            Self::NotAMember => (
                "This needs an access token whose bearer is one member of the staff list today.",
                "今日の担当者名簿にちょうど1人だけ載っている人のアクセストークンが必要です。",
            ),
            Self::NoSuchRecording => (
                "There is none of this id, or it is not for you.",
                "このIDの録音はないか、あなたには見る権限がありません。",
            ),
            Self::Deleted(_) => ("Its proof of deletion is in `deleted`.", "削除証明は `deleted` にあります。"),
            Self::NotAllowed(NotAllowed::ManagersDoNotDownload) => (
                "The rulebook lets managers (責任者) hear, not download. Ask an admin (管理者).",
                "運用ルールでは、責任者は再生できますが、ダウンロードはできません。管理者に依頼してください。",
            ),
            Self::NotAllowed(NotAllowed::InQuarantine) => (
                "It is in quarantine (要確認): it can be heard, but not leave before it is understood.",
                "要確認の録音は再生できますが、内容が確認されるまでダウンロードできません。",
            ),
            Self::NotAllowed(NotAllowed::NoAudio) | Self::NoAudio(_) => (
                "Why it is in quarantine (要確認) is in `quarantine_reason`.",
                "要確認の理由は `quarantine_reason` にあります。",
            ),
            Self::NotAllowed(NotAllowed::NoRule) => (
                "Its class is in no rulebook, so nobody knows when it expires. Publish a rulebook that names it.",
                "この録音の保存区分がどの運用ルールにもないため、期限が決まりません。区分を定めた運用ルールを公開してください。",
            ),
            Self::NotAllowed(NotAllowed::NotForTheRole) => (
                "Your role does not do this with this recording.",
                "あなたの役割では、この録音にこの操作はできません。",
            ),
            Self::NotAllowed(NotAllowed::StaffDoNotHear) => (
                "The rulebook lets staff (一般) see the facts of their own calls, not hear them. Ask a manager (責任者).",
                "運用ルールでは、一般の担当者は自分の通話の情報を見られますが、再生はできません。責任者に依頼してください。",
            ),
            Self::NotAllowed(NotAllowed::PastAgeLimit) => (
                "It is so old that the rulebook lets only admins (管理者) hear it.",
                "運用ルールの再生期限を過ぎたため、再生できるのは管理者だけです。",
            ),
            Self::NotAllowed(NotAllowed::Held) => {
                ("A hold (削除停止) stands: nothing of it is deleted.", "削除停止がかかっているため、削除できません。")
            }
            Self::NotAllowed(NotAllowed::NothingToApprove) => {
                ("Nobody asked for its deletion.", "この録音の削除は依頼されていません。")
            }
            Self::NotAllowed(NotAllowed::OwnRequest) => (
                "Somebody else must approve what you asked for.",
                "自分の依頼は自分で承認できません。ほかの人の承認が必要です。",
            ),
            Self::NotAllowed(NotAllowed::OnTheCall) => (
                "You were on the call: somebody else must approve.",
                "通話した本人は承認できません。ほかの人の承認が必要です。",
            ),
            Self::NotAllowed(NotAllowed::NoticeWithoutQuality) => (
                "Its caller was not told that calls are used for quality.",
                "この通話の相手には、応対品質の向上に使うことを案内していません。",
            ),
            Self::NotAllowed(NotAllowed::QualityOver) => {
                ("The period of use for quality is over.", "応対品質の向上に使える期間を過ぎています。")
            }
            Self::NotAllowed(NotAllowed::NotInQualityAudience) => (
                "The rulebook names others to hear for quality.",
                "運用ルールで、応対品質のために再生できる人に含まれていません。",
            ),
            Self::NotAllowed(NotAllowed::OnlyAdmins) => (
                "Only admins (管理者) read and publish the rulebook.",
                "運用ルールの閲覧と公開は管理者だけができます。",
            ),
            Self::StillNotUnderstood(_) => (
                "With these facts it would be in quarantine (要確認) for `quarantine_reason`. Nothing was changed.",
                "この内容でも `quarantine_reason` の理由で要確認のままになります。変更はしていません。",
            ),
            Self::BadSource(_) => (
                "Every flaw is in `flaws`, with its field, its reason and its fix.",
                "すべての誤りは `flaws` に、項目・理由・直し方とともにあります。",
            ),
            Self::NoAudit => (
                "Admins (管理者) and auditors (監査) read who searched, heard and was refused what.",
                "だれが何を探し、聞き、断られたかは、管理者と監査だけが見られます。",
            ),
            Self::NoReports => (
                "Admins (管理者) and auditors (監査) see all of them, managers (責任者) those of their teams.",
                "管理者と監査はすべてのレポートを、責任者は担当チームのレポートを見られます。",
            ),
            Self::TooMany { .. } => (
                "The rulebook lets one person do this `limit` times an hour. `Retry-After` says when the next hour begins.",
                "運用ルールで、1人が1時間にできる回数は `limit` 回までです。次の時間は `Retry-After` 秒後に始まります。",
            ),
            Self::NotAPurpose(_) => {
                ("`use` must be one of `purposes`.", "`use` は `purposes` のどれかにしてください。")
            }
            Self::NoSuchRoute => ("See GET /me and GET /recordings.", "GET /me や GET /recordings を使ってください。"),
            Self::WrongMethod => {
                ("The header `Allow` has the right ones.", "使えるメソッドは `Allow` ヘッダーにあります。")
            }
            Self::NotAcceptable => (
                "Accept `application/json`, or `text/csv` (UTF-8) for a file.",
                "`Accept` に `application/json` か、ファイルなら `text/csv`(UTF-8)を指定してください。",
            ),
            Self::NotJson => {
                ("Send `Content-Type: application/json`.", "`Content-Type: application/json` で送ってください。")
            }
            Self::Faulty(_) => (
                "Every fault is in `faults`, with its line, its reason and its fix. Nothing was published.",
                "すべての誤りは `faults` に行番号・理由・直し方とともにあります。公開はしていません。",
            ),
            Self::PendingStands(_) => (
                "Withdraw it first (DELETE /rulebook/pending), or wait until it is in force.",
                "先に取り下げる(DELETE /rulebook/pending)か、発効まで待ってください。",
            ),
            Self::PublishedMeanwhile => (
                "Nothing of yours was published. Read the rulebook again.",
                "公開はしていません。運用ルールを読み直してください。",
            ),
            Self::NothingPending => (
                "What is in force can only be followed by another publication.",
                "発効した運用ルールは、次の公開でしか変えられません。",
            ),
            Self::RulebookUnreadable => (
                "Without it nothing is permitted. Whoever runs the system has been alarmed.",
                "運用ルールが読めない間は何も許可されません。運用担当者に通知しました。",
            ),
            Self::Busy => ("The same request may succeed in a moment.", "同じ操作を少し後にもう一度お試しください。"),
            Self::Failed => ("Whoever runs the system finds it in the log.", "運用担当者がログで確認できます。"),
            Self::Invalid { .. }
            | Self::UnknownParameter { .. }
            | Self::Malformed { .. }
            | Self::WrongFields { .. }
            | Self::TooLong { .. } => ("", ""),
        };
        language.choose(english, japanese).to_owned().into()
    }

    /// When the same request may succeed, where it may.
    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after_seconds, .. } => Some(*retry_after_seconds),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }

    /// What a machine reads of it, beside the type.
    pub(crate) fn members(&self, language: Language) -> Map<String, Value> {
        let members = match self {
            Self::Deleted(tombstone) => json!({"deleted": tombstone}),
            Self::NotAllowed(reason) => json!({"reason": reason.as_str()}),
            Self::NotAPurpose(purposes) => json!({"purposes": purposes}),
            Self::TooMany { limit, .. } => json!({"limit": limit, "per": "hour"}),
            Self::StillNotUnderstood(reason) => json!({
                "quarantine_reason": reason.as_str(),
                "quarantine_fix": reason.fix(language),
            }),
            Self::BadSource(flaws) => {
                json!({"flaws": flaws.iter().map(|flaw| told_of_source(flaw, language)).collect::<Vec<_>>()})
            }
            Self::NoAudio(reason) => json!({
                "quarantine_reason": reason.map(QuarantineReason::as_str),
                "quarantine_fix": reason.map(|reason| reason.fix(language)),
            }),
            Self::Invalid { parameter, .. } => json!({"parameter": parameter}),
            Self::Malformed { line, column } | Self::WrongFields { line, column, .. } => {
                json!({"line": line, "column": column})
            }
            Self::TooLong { limit_bytes } => json!({"limit_bytes": limit_bytes}),
            Self::Faulty(faults) => {
                json!({"faults": faults.iter().map(|fault| told(fault, language)).collect::<Vec<_>>()})
            }
            Self::PendingStands(waiting) => json!({"pending": waiting}),
            _ => Value::Null,
        };
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// All that is told.
    pub(crate) fn body(&self, language: Language) -> Map<String, Value> {
        let mut body = self.members(language);
        body.insert("type".to_owned(), json!(format!("urn:rokuban:problem:{}", self.word())));
        body.insert("title".to_owned(), json!(self.title(language)));
        body.insert("status".to_owned(), json!(self.status().as_u16()));
        body.insert("detail".to_owned(), json!(self.detail(language)));
        body
    }

    /// The answer, in place of the unrendered one, of which only `Allow` stays.
    pub(crate) fn render(self, language: Language, unrendered: &Response) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = unrendered.headers().get(axum::http::header::ALLOW) {
            headers.insert(axum::http::header::ALLOW, allow.clone());
        }
        (self.status(), headers, Value::Object(self.body(language)).to_string()).into_response()
    }
}

impl IntoResponse for Problem {
    /// Not rendered yet: only the outermost layer knows the language asked for.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A fault 誤り of a rulebook, in the language asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub(crate) struct ToldFault {
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

fn told(fault: &Fault, language: Language) -> ToldFault {
    let Told { reason, fix } = fault.wrong.told(language);
    ToldFault { r#in: fault.file, line: fault.line, code: fault.code(), reason, fix }
}

/// A fault 誤り of a source, in the language asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Flaw")]
pub(crate) struct ToldFlaw {
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

fn told_of_source(flaw: &Flaw, language: Language) -> ToldFlaw {
    let Told { reason, fix } = flaw.wrong.told(language);
    ToldFlaw { field: flaw.field, kind: flaw.kind, code: flaw.code(), reason, fix }
}

impl Must {
    fn words(self, language: Language) -> &'static str {
        let (english, japanese) = match self {
            Self::Time => (
                "a time in RFC 3339 with an offset, `2026-11-03T14:05:02+09:00` (in a URL `+` is `%2B`)",
                "時差付きのRFC 3339の日時(`2026-11-03T14:05:02+09:00`、URLでは `+` を `%2B`)",
            ),
            Self::Facts => (
                "one or more of call_id, started_at, direction, counterpart, our_number, extension, queue, staff, notice, linked_id, kind, objection, each a text of 1 to 128 bytes",
                "call_id・started_at・direction・counterpart・our_number・extension・queue・staff・notice・linked_id・kind・objection のどれか1つ以上(それぞれ1〜128バイトの文字列)",
            ),
            Self::Day => ("a day, `2026-11-03`", "日付(`2026-11-03`)"),
            Self::SameDay => (
                "the same day as `to`: of everybody one day is read, of one member (`staff`) 92",
                "`to` と同じ日付(全員分は1日ずつ、`staff` を付ければ92日まで)",
            ),
            Self::DayAlone => ("given without `from` and `to`", "`from` と `to` を付けない指定"),
            Self::Month => ("a month, `2026-10`, that has begun", "すでに始まっている月(`2026-10`)"),
            Self::Outcome => ("`permitted` or `refused`", "`permitted` か `refused`"),
            Self::NotAfter => ("`to` or a day before it", "`to` 以前の日付"),
            Self::WithinDays => ("at most 92 days to `to`, both included", "`to` まで両端を含めて92日以内"),
            Self::Before => ("before `to`", "`to` より前"),
            Self::Within => ("no more than 400 days before `to`", "`to` から400日以内"),
            Self::Number => ("a phone number that can be dialled", "実在しうる電話番号"),
            Self::FourDigits => ("4 digits", "数字4桁"),
            Self::Text => ("a text of 1 to 128 characters", "1〜128文字の文字列"),
            Self::State => ("`active` or `quarantined`", "`active` か `quarantined`"),
            Self::Limit => ("a whole number from 1 to 100", "1〜100の整数"),
            Self::FileLimit => ("a whole number from 1 to 1,000 (in CSV)", "1〜1,000の整数(CSVの場合)"),
            Self::Cursor => {
                ("what a page of this very search gave as `next_cursor`", "同じ検索の結果にある `next_cursor`")
            }
            Self::Once => ("given once", "1回だけの指定"),
            Self::Note => (
                "a text of 1 to 2,000 characters, without control characters but for line breaks",
                "1〜2,000文字の文字列(改行のほかの制御文字は使えません)",
            ),
            Self::Reason => ("a text of 1 to 500 characters", "1〜500文字の文字列"),
            Self::Id => ("an id of 26 characters of a-z and 2-7", "a-zと2-7からなる26文字のID"),
            Self::Base64 => {
                ("the bytes of the file in base64 (RFC 4648, section 4)", "ファイルの中身のbase64(RFC 4648の4節)")
            }
            Self::OneStaffList => (
                "given as text, or the file's bytes as `staff_base64`; one of the two",
                "文字列として `staff` に、またはファイルの中身のbase64を `staff_base64` に、どちらか一方だけを入れるよう",
            ),
            Self::EventId => {
                ("the `event_id` of an earlier answer about this recording", "この録音の以前の応答にある `event_id`")
            }
            Self::Renewable => (
                "the `event_id` of your own earlier play (or download) of this recording that is being renewed, within 12 hours of the first; without it this one is counted anew",
                "更新する、この録音のあなた自身の再生(またはダウンロード)の `event_id`(最初から12時間以内)。`continues` を付けなければ新しい1回として数えます",
            ),
        };
        language.choose(english, japanese)
    }
}

/// Every type of problem, the usual form of each first.
#[cfg(test)]
pub(crate) fn every_problem() -> Vec<Problem> {
    use policy::rulebook::Wrong;

    let reasons = [
        NotAllowed::ManagersDoNotDownload,
        NotAllowed::InQuarantine,
        NotAllowed::NoAudio,
        NotAllowed::NoRule,
        NotAllowed::OnlyAdmins,
    ];
    let musts = [
        Must::Time,
        Must::Before,
        Must::Within,
        Must::Number,
        Must::FourDigits,
        Must::Text,
        Must::State,
        Must::Limit,
        Must::FileLimit,
        Must::Cursor,
        Must::Once,
        Must::Reason,
        Must::Id,
        Must::EventId,
        Must::Base64,
        Must::OneStaffList,
        Must::Note,
        Must::Renewable,
        Must::SameDay,
        Must::DayAlone,
        Must::Month,
        Must::Outcome,
    ];
    let mut problems = vec![
        Problem::NotAMember,
        Problem::NoSuchRecording,
        Problem::Deleted(Box::new(Tombstone::sample())),
        Problem::NotAPurpose(vec!["evidence".to_owned()]),
        Problem::NoAudit,
        Problem::TooMany { limit: 60, retry_after_seconds: 1 },
        Problem::NoAudio(Some(QuarantineReason::Empty)),
        Problem::NoSuchRoute,
        Problem::WrongMethod,
        Problem::UnknownParameter { known: &["from", "to"] },
        Problem::NotAcceptable,
        Problem::NotJson,
        Problem::Malformed { line: 1, column: 2 },
        Problem::WrongFields { line: 1, column: 2, fields: "use (text), reason (text)" },
        Problem::TooLong { limit_bytes: 16_384 },
        Problem::StillNotUnderstood(QuarantineReason::NoCallFacts),
        Problem::BadSource(vec![Flaw { field: "pattern", kind: None, wrong: Wrong::NoPattern }]),
        Problem::NoReports,
        Problem::Faulty(vec![Fault {
            file: FaultIn::Staff,
            line: 7,
            wrong: Wrong::UnknownTeam { team: "sails".to_owned() },
        }]),
        Problem::PendingStands(Waiting::sample()),
        Problem::PublishedMeanwhile,
        Problem::NothingPending,
        Problem::RulebookUnreadable,
        Problem::Busy,
        Problem::Failed,
    ];
    problems.extend(reasons.map(Problem::NotAllowed));
    problems.extend(musts.map(|must| Problem::Invalid { parameter: "from", must }));
    problems
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::rulebook::Wrong;

    use super::*;

    #[test]
    fn faults_and_flaws_are_told_in_the_language_asked_for() {
        let fault =
            Fault { file: FaultIn::Staff, line: 7, wrong: Wrong::UnknownTeam { team: "営業4課".to_owned() } };
        let flaw = Flaw { field: "kind", kind: Some(1), wrong: Wrong::TooManyKinds { count: 51, limit: 50 } };
        let faulty = Problem::Faulty(vec![fault.clone()]);
        let bad = Problem::BadSource(vec![flaw.clone()]);
        for language in [Language::English, Language::Japanese] {
            let told = fault.wrong.told(language);
            assert_eq!(
                faulty.members(language)["faults"][0],
                json!({"in": "staff", "line": 7, "code": "unknown_team", "reason": told.reason, "fix": told.fix})
            );
            let told = flaw.wrong.told(language);
            assert_eq!(
                bad.members(language)["flaws"][0],
                json!({"field": "kind", "kind": 1, "code": "too_many", "reason": told.reason, "fix": told.fix})
            );
        }
        assert!(
            faulty.members(Language::Japanese)["faults"][0]["reason"].as_str().unwrap().contains("部署「営業4課」")
        );
    }

    #[tokio::test]
    async fn every_problem_is_told_in_both_languages_with_its_type_and_status() {
        for problem in every_problem() {
            let mut texts = Vec::new();
            for language in [Language::English, Language::Japanese] {
                let response = problem.clone().render(language, &Response::default());
                assert_eq!(response.status(), problem.status());
                assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
                let can_come_again =
                    matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
                assert_eq!(response.headers().contains_key(RETRY_AFTER), can_come_again);
                let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
                let body: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(body["status"], problem.status().as_u16());
                assert!(body["type"].as_str().unwrap().starts_with("urn:rokuban:problem:"));
                for text in ["title", "detail"] {
                    let text = body[text].as_str().unwrap().to_owned();
                    assert!(!text.is_empty(), "{problem:?}");
                    texts.push(text);
                }
            }
            assert_ne!(texts[..2], texts[2..], "{problem:?}");
        }
    }
}
