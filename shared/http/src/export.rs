//! One export: a list as a file, by a token or by a link, behind its trace.

use axum::Json;
use axum::http::StatusCode;
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
use crate::csv::{self, Cell, Formatter, List};
use crate::file_request::{FileRequest, LinkRequest, Way};
use crate::paging;
use crate::parameters::{Parameter, QueryParameters};
use crate::problem::{BUSY, Constraint, FAILED, Problem};
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
    /// The parameters of this request.
    pub given: &'a QueryParameters,
    /// The cursor behind the last row; `None` where these are all.
    pub next_cursor: Option<String>,
    /// What else the file says of itself where it begins with its conditions: a name of the JSON, and a text.
    pub more: Vec<(&'static str, String)>,
}

/// The parameter by which a file begins with what it is of.
pub const CONDITIONS: Parameter = Parameter::new(
    "conditions",
    Constraint::YesOrNo,
    "Of CSV: whether lines before the headings say what was asked for, and an empty one follows them.",
    "true",
);

/// Answers rows as a file, or as a link to it. TRACE FIRST: the event `export` is durable and counted before either leaves.
///
/// # Errors
/// [`crate::problem::TOO_MANY`] past the limit of the hour, or AWS failed.
pub async fn export<Row: 'static>(
    context: &Context,
    caller: &MemberCaller,
    export: Export<'_, Row>,
) -> Result<Response, Problem> {
    let Export { list, file: FileRequest { language, way }, rows, mut facts, asked, given, next_cursor, more } = export;
    // A file that is not whole says so, asked or not.
    let is_cut = more.iter().any(|(name, text)| (*name, text.as_str()) == ("is_complete", "false"));
    let is_wanted = is_cut || given.0.iter().any(|(name, value)| name == CONDITIONS.name && value == "true");
    let formatter = Formatter { rulebook: &caller.rulebook, language, now: caller.now };
    let conditions = if is_wanted { conditions(&facts, &asked, more, &formatter) } else { Vec::new() };
    let file = paging::with_next(csv::file(list, &formatter, (rows, conditions))?, given, next_cursor.as_deref())?;
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
            return make_link(context, caller, link, &event, next_cursor).await;
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

/// What a file is of, as its first lines say it: the window, then every filter, then an empty line.
fn conditions(
    facts: &Facts,
    asked: &AuditTexts,
    more: Vec<(&'static str, String)>,
    formatter: &Formatter<'_>,
) -> Vec<[Cell; 2]> {
    // The names of the filters are those of the lines.
    let window = facts.iter().filter(|(name, _)| *name != "filters");
    let window = window.map(|(name, fact)| [formatter.name_of_fact(name), formatter.fact(name, fact)]);
    let filters = asked.iter().map(|(name, text)| (name.as_str(), text.expose().to_owned()));
    let lines = filters.chain(more).map(|(name, text)| [formatter.name_of_fact(name), Cell::Text(text)]);
    window.chain(lines).chain([[Cell::Empty, Cell::Empty]]).collect()
}
