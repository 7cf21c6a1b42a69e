//! `GET /recordings`: search, newest first.

mod columns;
mod filters;
mod page;
mod plan;
mod position;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use policy::audit::AuditAction;
use policy::permission::{self, Action, Decision};
use policy::recording::Listed;
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::csv::{self, Export};
use rokuban_http::negotiate::Format;
use rokuban_http::paging::Pages;
use rokuban_http::parameters::Given;
use rokuban_http::problem::{self, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Partition, SortKey};

use self::columns::RECORDINGS;
use self::filters::{Filters, PARAMETERS};
use self::page::{Page, Read, Weighing};
use super::view::RecordingItem;
use crate::context::Context;

/// A page of a search.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordingsPage {
    /// Newest first. A page can be short or empty while there is a next one.
    items: Vec<RecordingItem>,
    /// What the next page is asked for with; `null` behind the last one.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiJ9")]
    next_cursor: Option<String>,
    /// What was searched: calls that began then or later.
    from: Time,
    /// And before then.
    to: Time,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "search",
        tag: "recordings",
        summary: "Searches, newest first; all filters combine. Every search is an audit event.",
    };
    Route::get("/recordings", search, about).query(PARAMETERS).answers::<RecordingsPage>(200, "A page.").or_file()
}

/// Searches. Nothing that may not be viewed is listed, and every search is an event.
async fn search(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let filters = Filters::read(&given, &caller.rulebook, caller.now, Pages::of(format))?;
    let page = find(&context, &caller, &filters).await?;
    let next_cursor = page.next.map(|position| position.to_cursor());
    let mut facts = Facts::from([
        ("filters".to_owned(), filters.used.join(",")),
        ("from".to_owned(), filters.from.to_string()),
        ("to".to_owned(), filters.to.to_string()),
    ]);
    if let Format::Csv(language) = format {
        let (rows, asked) = (&page.items, filters.asked());
        let export = Export { list: &RECORDINGS, language, rows, facts, asked };
        let mut file = csv::export(&context.shared, &caller, export).await?;
        if let Some(cursor) = next_cursor {
            file.headers_mut().insert(LINK, csv::next_page(&given.0, &cursor)?);
        }
        return Ok(file);
    }
    facts.insert("items".to_owned(), page.items.len().to_string());
    let mut event = audit::of_member(&caller, AuditAction::Search, Outcome::Permitted, facts);
    event.asked = filters.asked();
    context.shared.table.audit(&event).await?;
    let items = page.items.iter().map(|view| RecordingItem::new(view, &caller.rulebook, caller.language)).collect();
    let [from, to] = [filters.from, filters.to].map(|at| Time::new(at, &caller.rulebook));
    Ok(Json(RecordingsPage { items, next_cursor, from, to }).into_response())
}

/// Reads as many groups of partitions as the page needs, newest first.
async fn find(context: &Context, caller: &MemberCaller, filters: &Filters) -> Result<Page, Problem> {
    let may_view = |view: &Listed| {
        let decision = permission::decide(&caller.member, Action::View, view, None, &caller.rulebook, caller.now);
        permission::is_listed(view) && decision == Decision::Permit
    };
    let plan = plan::plan(filters, &caller.member, &caller.rulebook);
    let mut weighing = Weighing::new(filters.limit, filters.start.clone());
    for group in &plan.groups {
        let Some(limit) = weighing.room(group.partitions.len(), plan.is_selective) else {
            break;
        };
        let reads = read(context, &group.partitions, filters, limit).await?;
        weighing.weigh(reads, group.begins_at, may_view, |view| filters.fit(view));
        if weighing.is_over() {
            break;
        }
    }
    Ok(weighing.page(plan.groups.last().map(|group| group.begins_at)))
}

/// One call of `DynamoDB` for each partition, all of them at once.
async fn read(
    context: &Context,
    partitions: &[Partition],
    filters: &Filters,
    limit: u16,
) -> Result<Vec<Read>, Problem> {
    let from = SortKey::from_time(filters.from);
    let until = filters.start.bound();
    let reads = partitions.iter().map(|partition| context.shared.table.list(partition, &from, &until, limit));
    let mut read = Vec::with_capacity(partitions.len());
    for outcome in join_all(reads).await {
        let (items, has_more) = outcome?;
        if items.is_empty() && has_more {
            tracing::error!("a page of a search index has neither an item nor an end");
            return Err(Problem::of(&problem::BUSY));
        }
        read.push(Read { items, has_more });
    }
    Ok(read)
}
