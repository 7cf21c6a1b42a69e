//! `GET /cases`: the cases that the caller may see, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::try_join_all;
use policy::audit::AuditAction;
use policy::case::{CaseState, ListedCase};
use policy::permission::{self, CaseAction, Decision};
use policy::rulebook::{Member, Role};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::paging::{self, Pages};
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, Route};
use store::{CasePartition, SortKey};

use crate::context::Context;
use crate::cursor::{CURSOR_PARAMETER, LIMIT_PARAMETER, read_until, to_cursor};
use crate::view::{CaseItem, CaseList};

const PARAMETERS: &[Parameter] = &[
    Parameter::new("state", Constraint::CaseState, "Where they are in their life; all unless given.", "new"),
    LIMIT_PARAMETER,
    CURSOR_PARAMETER,
];

pub(crate) fn route() -> Route<Context> {
    let about = About { id: "cases", tag: "cases", summary: "The cases 案件 that one may see, newest first." };
    Route::get("/cases", list, about).query(PARAMETERS).answers::<CaseList>(200, "A page.")
}

/// Lists cases.
async fn list(State(context): State<Arc<Context>>, caller: MemberCaller, given: Given) -> Result<Response, Problem> {
    let parameters = Parameters::new(&given, PARAMETERS)?;
    let states = read_states(&parameters)?;
    let limit = Pages::Json.limit(parameters.value("limit"))?;
    let until =
        read_until(paging::read_cursor(&given)?).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))?;
    // One more tells whether there is another page.
    let wanted = u16::try_from(limit + 1).unwrap_or(u16::MAX);
    let partitions = partitions(&caller.member, &states);
    let table = &context.shared.table;
    let pages = try_join_all(partitions.iter().map(|partition| table.list_cases(partition, &until, wanted))).await?;
    let (items, next) = merge(pages, limit);
    let mut facts = Facts::new();
    facts.extend(parameters.value("state").map(|state| ("state".to_owned(), state.to_owned())));
    let event = audit::of_member(&caller, AuditAction::ListCases, Outcome::Permitted, facts);
    table.audit(&event).await?;
    let may_see = |case: &&ListedCase| {
        permission::decide_on_case(&caller.member, CaseAction::View, case, caller.now) == Decision::Permit
    };
    let next_cursor = next.map(|at| paging::bind_cursor(&given, &to_cursor(&at)));
    let next = next_cursor.clone();
    let page = CaseList {
        items: items.iter().filter(may_see).map(|case| CaseItem::new(case, &caller.rulebook)).collect(),
        next_cursor,
    };
    paging::with_next(Json(page), &given, next.as_deref())
}

fn read_states(parameters: &Parameters<'_>) -> Result<Vec<CaseState>, Problem> {
    match parameters.value("state").map(CaseState::from_word) {
        None => Ok(CaseState::ALL.to_vec()),
        Some(Some(state)) => Ok(vec![state]),
        Some(None) => Err(Problem::invalid("state", Constraint::CaseState)),
    }
}

/// Where the cases lie that a member may see. What lies in two of them is listed once.
fn partitions(member: &Member, states: &[CaseState]) -> Vec<CasePartition> {
    let of = |state: &CaseState| match member.role {
        Role::Admin => vec![CasePartition::State(*state)],
        Role::Auditor => Vec::new(),
        Role::Staff | Role::Manager => {
            let teams = member.manages.iter().filter(|_| member.role == Role::Manager);
            let teams = teams.map(|team| CasePartition::Team(team.clone(), *state));
            teams.chain([CasePartition::Member(member.id.clone(), *state)]).collect()
        }
    };
    states.iter().flat_map(of).collect()
}

/// One page out of what was read of each partition, and where the next one begins.
fn merge(pages: Vec<Vec<(SortKey, ListedCase)>>, limit: usize) -> (Vec<ListedCase>, Option<SortKey>) {
    // An index may be a moment behind another: the state is decided on by neither.
    let merged: BTreeMap<SortKey, ListedCase> = pages.into_iter().flatten().collect();
    let has_more = merged.len() > limit;
    let page: Vec<(SortKey, ListedCase)> = merged.into_iter().rev().take(limit).collect();
    let next = page.last().filter(|_| has_more).map(|(at, _)| at.clone());
    (page.into_iter().map(|(_, case)| case).collect(), next)
}
