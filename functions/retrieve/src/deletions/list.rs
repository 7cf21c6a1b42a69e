//! `GET /deletions`: what waits for a second person, or the proofs of what was deleted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use policy::audit::AuditAction;
use policy::deletion::DeletionState;
use policy::rulebook::Rulebook;
use rokuban_http::audit::{self, AuditTexts, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::csv::List;
use rokuban_http::export::{CONDITIONS, Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, LinkRoute, Route};
use schemars::JsonSchema;
use serde::Serialize;
use store::SortKey;

use super::columns::{PROOFS, REQUESTS};
use super::cursor::Position;
use super::guard::require_approver;
use super::proofs::{ProofsQuery, read_proofs};
use super::view::DeletionItem;
use crate::context::Context;
use crate::problems::NO_DELETIONS;
use crate::recordings::tombstone::Tombstone;

/// A page of deletions.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletionsPage {
    /// Requests, oldest first; or proofs 削除証明, newest first. A page can be short while there is a next one.
    items: Vec<DeletionEntry>,
    /// Where the next page begins; `null` on the last.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSIsImRvbmUiOjB9")]
    next_cursor: Option<String>,
}

/// A request, or the proof of a deletion.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum DeletionEntry {
    /// With `state`, or without any parameter.
    Request(Box<DeletionItem>),
    /// With `from` or `to`.
    Proof(Box<Tombstone>),
}

/// 30 days, where the first one is not given.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// 400 days, as of a search: 14 months are 14 queries.
const RANGE_LIMIT: SignedDuration = SignedDuration::from_hours(24 * 400);

const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "state",
        Constraint::DeletionState,
        "Requests: `waiting` for a second person, or `approved` and not carried out yet; `waiting` unless told.",
        "waiting",
    ),
    Parameter::new(
        "from",
        Constraint::Time,
        "Proofs of what was deleted then or later; 30 days before `to` unless told.",
        "2026-11-01",
    ),
    Parameter::new("to", Constraint::Time, "Proofs of what was deleted until then; now unless told.", "2026-11-13"),
    CONDITIONS,
    Parameter::new("limit", Constraint::Limit, "The most items of a page; 50 unless told.", "50"),
    Parameter::new(
        "cursor",
        Constraint::Cursor,
        "What the page before gave as `next_cursor`.",
        "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSIsImRvbmUiOjB9",
    ),
];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "deletions",
        tag: "deletions",
        summary: "Deletions that were requested 削除依頼 and are not made yet; with `from` or `to` the proofs 削除証明 of those that were made.",
    };
    Route::get("/deletions", deletions, about)
        .query(PARAMETERS)
        .answers::<DeletionsPage>(200, "A page.")
        .or_file(LinkRoute { path: "/deletions/export-link", id: "deletions_export_link" })
        .problems(&[&NO_DELETIONS])
}

/// What is listed.
enum Query {
    Requests { state: DeletionState, start: Option<Position>, limit: usize },
    Proofs(ProofsQuery),
}

impl Query {
    fn read(given: &Given, rulebook: &Rulebook, now: Timestamp, pages: Pages) -> Result<Self, Problem> {
        let parameters = Parameters::new(given, PARAMETERS)?;
        let limit = pages.limit(parameters.value("limit"))?;
        parameters.yes_or_no(CONDITIONS.name)?;
        let start = paging::read_cursor(given)?
            .map(|cursor| Position::of_cursor(cursor).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor)));
        let start = start.transpose()?;
        let from = parameters.range_start("from", &rulebook.zone)?;
        let until = parameters.range_end("to", &rulebook.zone)?;
        if from.is_none() && until.is_none() {
            let state = match parameters.value("state") {
                None | Some("waiting") => DeletionState::Waiting,
                Some("approved") => DeletionState::Approved,
                Some(_) => return Err(Problem::invalid("state", Constraint::DeletionState)),
            };
            return Ok(Self::Requests { state, start, limit });
        }
        if parameters.value("state").is_some() {
            return Err(Problem::invalid("state", Constraint::DayAlone));
        }
        let until = until.unwrap_or_else(|| now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now));
        let from = from.unwrap_or_else(|| until.checked_sub(DEFAULT_RANGE).unwrap_or(Timestamp::MIN));
        if from >= until {
            return Err(Problem::invalid("from", Constraint::Before));
        }
        if until.duration_since(from) > RANGE_LIMIT {
            return Err(Problem::invalid("from", Constraint::Within));
        }
        Ok(Self::Proofs(ProofsQuery { from, until, start, limit }))
    }

    /// What is listed, for the event.
    fn facts(&self) -> Facts {
        match self {
            Self::Requests { state, .. } => Facts::from([("state".to_owned(), state.as_str().to_owned())]),
            Self::Proofs(query) => {
                Facts::from([("from".to_owned(), query.from.to_string()), ("to".to_owned(), query.until.to_string())])
            }
        }
    }
}

/// Lists deletions. Reading them is an event of its own, written before anything is told.
async fn deletions(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let query = Query::read(&given, &caller.rulebook, caller.now, Pages::of(&format))?;
    require_approver(&context, &caller, AuditAction::Deletions).await?;
    let facts = query.facts();
    let answer = Answer { context: &context, caller: &caller, format, given: &given, facts };
    match query {
        Query::Requests { state, start, limit } => {
            let after = start.map_or_else(SortKey::first, |start| start.at);
            let limit = u16::try_from(limit).unwrap_or(u16::MAX);
            let (requests, has_more) = context.shared.table.deletion_requests(state, &after, limit).await?;
            let last = requests.last().filter(|_| has_more).map(|(at, _)| Position { at: at.clone(), done: 0 });
            let rows: Vec<_> = requests.into_iter().map(|(_, request)| request).collect();
            let entry = |row: &_| DeletionEntry::Request(Box::new(DeletionItem::new(row, &caller)));
            answer.of(&REQUESTS, &rows, last, entry).await
        }
        Query::Proofs(query) => {
            let (rows, last) = read_proofs(&context, &query).await?;
            let entry = |row: &_| DeletionEntry::Proof(Box::new(Tombstone::new(row, &caller.rulebook)));
            answer.of(&PROOFS, &rows, last, entry).await
        }
    }
}

/// Who is answered, and how.
struct Answer<'a> {
    context: &'a Context,
    caller: &'a MemberCaller,
    format: Format,
    given: &'a Given,
    facts: Facts,
}

impl Answer<'_> {
    /// A page of rows, as a file or as JSON, behind its event.
    async fn of<Row>(
        self,
        list: &'static List<Row>,
        rows: &[Row],
        end: Option<Position>,
        entry: impl Fn(&Row) -> DeletionEntry,
    ) -> Result<Response, Problem> {
        let next_cursor = end.map(|position| paging::bind_cursor(self.given, &position.to_cursor()));
        if let Format::Csv(file) = self.format {
            let (facts, asked, given, more) = (self.facts, AuditTexts::new(), self.given, Vec::new());
            let deletions = Export { list, file, rows, facts, asked, given, next_cursor, more };
            return export(&self.context.shared, self.caller, deletions).await;
        }
        let event = audit::of_member(self.caller, AuditAction::Deletions, Outcome::Permitted, self.facts);
        self.context.shared.table.audit(&event).await?;
        let items = rows.iter().map(entry).collect();
        let next = next_cursor.clone();
        paging::with_next(Json(DeletionsPage { items, next_cursor }), self.given, next.as_deref())
    }
}
