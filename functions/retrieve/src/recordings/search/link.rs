//! `POST /recordings/export-link` and `GET /exports/{secret}`: a search as a file for a browser, which sends no token.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use jiff::SignedDuration;
use lambda_http::request::RequestContext;
use policy::Language;
use policy::audit::AuditAction;
use policy::id::sha256_hex;
use policy::permission::NotAllowed;
use policy::rulebook::Role;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body::{self, BODY_LIMIT_BYTES};
use rokuban_http::caller::MemberCaller;
use rokuban_http::csv;
use rokuban_http::paging::Pages;
use rokuban_http::parameters::QueryParameters;
use rokuban_http::problem::{BUSY, FAILED, INVALID, NOT_ALLOWED, Problem, TOO_MANY, UNKNOWN_NAME, UNKNOWN_PARAMETER};
use rokuban_http::random::random_hex;
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, BASE, Route};
use rokuban_http::time::Time;
use rokuban_http::visitor::Visitor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{CountResult, ErrorKind, ExportLink};

use super::columns::{RECORDINGS, conditions};
use super::filters::Filters;
use super::{Found, Search, names};
use crate::context::Context;
use crate::problems::NO_SUCH_LINK;

/// 2 minutes, as of a link that plays: as long as a browser needs to begin.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_secs(120);

/// 4 tries: each fails only if the same member's other request was counted in between.
const TRIES: usize = 4;

/// What the file is of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportLinkRequest {
    /// The parameters of `GET /recordings`, as texts.
    #[schemars(extend("additionalProperties" = {"type": "string", "maxLength": 2_000}), extend("maxProperties" = 30))]
    #[schemars(example = BTreeMap::from([("from", "2026-11-01"), ("team", "sales")]))]
    query: BTreeMap<String, String>,
}

const FIELDS: &str = "query (an object of texts: the parameters of GET /recordings)";

/// A link to a file, behind its trace.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SignedExport {
    /// A browser that opens it saves the file. Anyone who has it needs no token; no filter stands in it.
    #[schemars(extend("format" = "uri"), example = &"https://api.example/v1/exports/0")]
    url: String,
    /// When it stops.
    expires_at: Time,
}

pub(crate) fn route() -> Route<Context> {
    let about = About {
        id: "export_link",
        tag: "recordings",
        summary: "A link for two minutes by which a browser saves a search as a file, after its trace; it counts as an export.",
    };
    Route::post("/recordings/export-link", link, about)
        .body::<ExportLinkRequest>(BODY_LIMIT_BYTES)
        .answers::<SignedExport>(201, "A link that lives two minutes.")
        // The document leaves the file's own route out: what a link answers once it has ended stands here.
        .problems(&[&INVALID, &UNKNOWN_NAME, &NOT_ALLOWED, &TOO_MANY, &NO_SUCH_LINK])
        .problems(&[&UNKNOWN_PARAMETER])
}

/// Makes a link.
async fn link(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    request: Request,
) -> Result<(StatusCode, Json<SignedExport>), Problem> {
    let (parts, body) = request.into_parts();
    let origin = context.link_origin.clone().or_else(|| read_origin(&parts)).ok_or_else(|| Problem::of(&FAILED))?;
    let ExportLinkRequest { query } = body::read(Request::from_parts(parts, body), BODY_LIMIT_BYTES, FIELDS).await?;
    // What would be refused when it is fetched is refused here, where a person can be told why.
    let given = QueryParameters::of(query.clone());
    let mut filters = Filters::read(&given, &caller.rulebook, caller.now, Pages::File)?;
    let mut facts = Facts::from([
        ("what".to_owned(), RECORDINGS.what.to_owned()),
        ("filters".to_owned(), filters.used.join(",")),
        ("link".to_owned(), "true".to_owned()),
    ]);
    let refusal = if caller.member.role == Role::Auditor {
        Some(Problem::not_allowed(NotAllowed::NotForTheRole))
    } else {
        names::resolve(&mut filters, &caller).err()
    };
    if let Some(problem) = refusal {
        facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
        return Err(refuse(&context, &caller, facts, &filters, problem).await);
    }
    // 256 bits that nobody can guess. QUIET: the secret is in this answer and nowhere else.
    let secret = format!("{}{}", random_hex()?, random_hex()?);
    let expires_at = caller.now.checked_add(LINK_LIFETIME).map_err(|_| Problem::of(&FAILED))?;
    let stored = ExportLink {
        secret_sha256: sha256_hex(secret.as_bytes()),
        staff: caller.member.id.clone(),
        language: caller.language.tag().to_owned(),
        query,
        expires_at,
    };
    let mut event = audit::of_member(&caller, AuditAction::Export, Outcome::Permitted, facts.clone());
    event.asked = filters.asked();
    let count = Limited::Export.count(&caller);
    for _ in 0..TRIES {
        match context.shared.table.put_export_link(&stored, &event, &count).await {
            Ok(CountResult::Done) => {
                let url = format!("{origin}{BASE}/exports/{secret}");
                return Ok((
                    StatusCode::CREATED,
                    Json(SignedExport { url, expires_at: Time::new(expires_at, &caller.rulebook) }),
                ));
            }
            Ok(CountResult::TooMany) => {
                let problem = rate::too_many(&count, &caller.rulebook, context.shared.connection.now());
                facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
                return Err(refuse(&context, &caller, facts, &filters, problem).await);
            }
            // The request came again: its secret is lost with the answer, and a second one would not be counted.
            Ok(CountResult::Conflict) => return Err(Problem::of(&BUSY)),
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&BUSY))
}

/// Where the API was asked, as its caller named it.
fn read_origin(parts: &Parts) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(gateway)) = parts.extensions.get() else { return None };
    gateway.domain_name.as_ref().map(|domain| format!("https://{domain}"))
}

async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    facts: Facts,
    filters: &Filters,
    problem: Problem,
) -> Problem {
    let mut event = audit::of_member(caller, AuditAction::Export, Outcome::Refused, facts);
    event.asked = filters.asked();
    match context.shared.table.audit(&event).await {
        Ok(()) => problem,
        Err(error) => Problem::of_store(&error),
    }
}

/// The file of a link: what its maker may see now. STRICT: a secret that was never made, that has ended, and one of somebody
/// who has left get one answer.
async fn fetch(
    State(context): State<Arc<Context>>,
    visitor: Visitor,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Problem> {
    let secret = path.map(|Path(secret)| secret).unwrap_or_default();
    let stored = context.shared.table.export_link(&sha256_hex(secret.as_bytes())).await?;
    let no_such_link = || Problem::of(&NO_SUCH_LINK);
    let link = stored.filter(|link| visitor.now < link.expires_at).ok_or_else(no_such_link)?;
    let language = Language::asked_for(Some(&link.language));
    let caller = visitor.stand_for(&context.shared, &link.staff, language).await?.ok_or_else(no_such_link)?;
    let given = QueryParameters::of(link.query);
    let search = Search { given: &given, pages: Pages::File, action: AuditAction::Export, asked: BTreeMap::new() };
    let found = search.find(&context, &caller).await?;
    let mut facts = found.facts();
    facts.extend(
        [("link", "opened".to_owned()), ("what", RECORDINGS.what.to_owned())]
            .map(|(name, fact)| (name.to_owned(), fact)),
    );
    facts.insert("rows".to_owned(), found.page.items.len().to_string());
    let mut event = audit::of_member(&caller, AuditAction::Export, Outcome::Permitted, facts);
    event.asked = found.asked();
    let Found { filters, page, .. } = found;
    let lines = if filters.has_conditions { conditions(&filters, &caller, language) } else { Vec::new() };
    let file = csv::file(&caller, &RECORDINGS, language, (&page.items, lines))?;
    // TRACE FIRST: what leaves, and to which address.
    context.shared.table.audit(&event).await?;
    Ok(file)
}

/// The file's own route. It asks for no token, and the document leaves it out.
pub(crate) fn file_route() -> Route<Context> {
    let about = About { id: "fetch_export", tag: "recordings", summary: "The file of a link." };
    Route::get("/exports/{secret}", fetch, about)
}
