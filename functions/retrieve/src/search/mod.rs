//! `GET /recordings`: search, newest first.

mod filters;
mod page;
mod plan;
mod position;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use futures_util::future::join_all;
use policy::permission::{self, Action, Decision};
use policy::recording::Listed;
use serde_json::{Value, json};
use store::Partition;

use self::filters::Filters;
use self::page::{Page, Read, Weighing};
use crate::audit::{self, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::problem::Problem;
use crate::{Context, present};

/// Searches. Nothing that may not be viewed is listed, and every search is an event.
pub(crate) async fn search(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let given = query.map(|Query(given)| given).unwrap_or_default();
    let filters = Filters::read(&given, &caller.rulebook.country, caller.now)?;
    let page = find(&context, &caller, &filters).await?;
    let facts = Facts::from([
        // Which filters, never what they were: a number, or the name of a person, would be written down.
        ("filters".to_owned(), filters.used.join(",")),
        ("items".to_owned(), page.items.len().to_string()),
    ]);
    let event = audit::of_member(&caller, "search", Outcome::Permitted, facts);
    context.table.audit(&event).await?;
    let items: Vec<Value> = page.items.iter().map(|view| present::listed(view, &caller.rulebook).into()).collect();
    Ok(Json(json!({
        "items": items,
        "next_cursor": page.next.map(|position| position.to_cursor()),
    })))
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
    let from = store::sortable(filters.from);
    let until = filters.start.bound();
    let reads = partitions.iter().map(|partition| context.table.list(partition, &from, &until, limit));
    let mut read = Vec::with_capacity(partitions.len());
    for outcome in join_all(reads).await {
        let (items, has_more) = outcome?;
        if items.is_empty() && has_more {
            tracing::error!("a page of a search index has neither an item nor an end");
            return Err(Problem::Busy);
        }
        read.push(Read { items, has_more });
    }
    Ok(read)
}
