//! One export: a list as a file, by a token or by a link, behind its trace.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LINK};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use policy::audit::AuditAction;
use policy::id::sha256_hex;
use schemars::JsonSchema;
use serde::Serialize;
use store::{AuditEvent, CountResult, ErrorKind, ExportLink};

use crate::audit::{self, AuditTexts, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::context::Context;
use crate::csv::{self, List};
use crate::file_request::{FileRequest, LinkRequest, Way};
use crate::parameters::QueryParameters;
use crate::problem::{BUSY, FAILED, Problem};
use crate::random::random_hex;
use crate::rate::{self, Limited, TRIES};
use crate::time::Time;

/// 2 minutes, as of a link that plays: as long as a browser needs to begin.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_secs(120);

/// A link to a file, behind its trace.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SignedExport {
    /// A browser that opens it saves the file. Anyone who has it needs no token; no filter stands in it.
    #[schemars(extend("format" = "uri"), example = &"https://api.example/v1/exports/0")]
    url: String,
    /// When it stops.
    expires_at: Time,
    /// Where the file does not hold all: the `cursor` of the next one.
    #[schemars(example = &"eyJ2IjoyLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiIsImYiOiI4MTFjOWRjNSJ9")]
    next_cursor: Option<String>,
}

/// One export.
#[derive(Debug)]
pub struct Export<'a, Row: 'static> {
    /// The list.
    pub list: &'a List<Row>,
    /// The file that is asked for.
    pub file: FileRequest,
    /// The rows of the file.
    pub rows: &'a [Row],
    /// What the audit event says of them.
    pub facts: Facts,
    /// What the request asked for.
    pub asked: AuditTexts,
    /// Lines before the headings, each a name and a value: what the file is of.
    pub conditions: Vec<[String; 2]>,
    /// The rows that follow; `None` where these are all.
    pub next: Option<NextPage<'a>>,
}

/// Where the rows go on.
#[derive(Debug)]
pub struct NextPage<'a> {
    /// The parameters of this request.
    pub given: &'a QueryParameters,
    /// The cursor behind its last row.
    pub cursor: String,
}

/// Answers rows as a file, or as a link to it. TRACE FIRST: the event `export` is durable and counted before either leaves.
///
/// # Errors
/// [`crate::problem::TOO_MANY`] past the limit of the hour, or AWS failed.
pub async fn export<Row: 'static>(
    context: &Context,
    caller: &MemberCaller,
    export: Export<'_, Row>,
) -> Result<Response, Problem> {
    let Export { list, file: FileRequest { language, way }, rows, mut facts, asked, conditions, next } = export;
    let mut file = csv::file(caller, list, language, (rows, conditions))?;
    if let Some(NextPage { given, cursor }) = &next {
        file.headers_mut().insert(LINK, next_page(&given.0, cursor)?);
    }
    facts.insert("what".to_owned(), list.what.to_owned());
    facts.insert("rows".to_owned(), rows.len().to_string());
    let word = match &way {
        Way::Token => None,
        Way::Link(_) => Some("made"),
        Way::Opened => Some("opened"),
    };
    facts.extend(word.map(|word| ("link".to_owned(), word.to_owned())));
    let mut event = audit::of_member(caller, AuditAction::Export, Outcome::Permitted, facts);
    event.asked = asked;
    match way {
        Way::Token => rate::audit_counted(context, caller, &event, Limited::Export).await?,
        Way::Opened => context.table.audit(&event).await?,
        Way::Link(link) => {
            return make_link(context, caller, link, &event, next.map(|next| next.cursor)).await;
        }
    }
    Ok(file)
}

/// Stores a link with its event, counted, and answers it. TRACE FIRST: before anybody can open it.
async fn make_link(
    context: &Context,
    caller: &MemberCaller,
    wanted: LinkRequest,
    event: &AuditEvent,
    next_cursor: Option<String>,
) -> Result<Response, Problem> {
    // 256 bits that nobody can guess. QUIET: the secret is in this answer and nowhere else.
    let secret = format!("{}{}", random_hex()?, random_hex()?);
    let expires_at = caller.now.checked_add(LINK_LIFETIME).map_err(|_| Problem::of(&FAILED))?;
    let LinkRequest { list, query, begins } = wanted;
    let stored = ExportLink {
        secret_sha256: sha256_hex(secret.as_bytes()),
        staff: caller.member.id.clone(),
        language: caller.language.tag().to_owned(),
        list: list.to_owned(),
        query,
        expires_at,
    };
    let count = Limited::Export.count(caller);
    for _ in 0..TRIES {
        match context.table.put_export_link(&stored, event, &count).await {
            Ok(CountResult::Done) => {
                let expires_at = Time::new(expires_at, &caller.rulebook);
                let signed = SignedExport { url: format!("{begins}/{secret}"), expires_at, next_cursor };
                return Ok((StatusCode::CREATED, Json(signed)).into_response());
            }
            Ok(CountResult::TooMany) => return Err(rate::refuse(context, caller, event, &count).await?),
            // The request came again: its secret is lost with the answer, and a second one would not be counted.
            Ok(CountResult::Conflict) => return Err(Problem::of(&BUSY)),
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}

/// The `Link` to the next page of a list: relative, with every parameter of this request and another cursor.
fn next_page(asked: &[(String, String)], cursor: &str) -> Result<HeaderValue, Problem> {
    let mut query = String::new();
    for (name, value) in asked.iter().filter(|(name, _)| name != "cursor") {
        query.push_str(&format!("{}={}&", escaped(name), escaped(value)));
    }
    csv::header_value(&format!("<?{query}cursor={}>; rel=\"next\"", escaped(cursor)))
}

/// A text as a query may hold it (RFC 3986, 2.1 and 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_next_page_is_asked_for_with_all_but_the_place() {
        let asked = [("line", "代表 & co"), ("cursor", "before"), ("from", "2026-11-03T00:00:00+09:00")];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let link = next_page(&asked, "a-b_c").unwrap();
        assert_eq!(
            link,
            "<?line=%E4%BB%A3%E8%A1%A8%20%26%20co&from=2026-11-03T00%3A00%3A00%2B09%3A00&cursor=a-b_c>; rel=\"next\""
        );
        assert_eq!(next_page(&[], "x").unwrap(), "<?cursor=x>; rel=\"next\"");
    }
}
