//! `GET /recordings`: search, newest or oldest first.

mod columns;
mod deleted;
mod filters;
mod names;
mod page;
mod parameters;
mod plan;
mod position;
mod values;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::join_all;
use policy::audit::AuditAction;
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use policy::permission::{self, Action, Decision, NotAllowed};
use policy::recording::Listed;
use policy::rulebook::Role;
use rokuban_http::audit::{self, AuditTexts, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::paging::{self, Pages, READ_LIMIT};
use rokuban_http::parameters::{Given, QueryParameters};
use rokuban_http::problem::{self, Problem};
use rokuban_http::rate::{self, Limited};
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::{ListOrder, Partition, SortKey};

use self::columns::RECORDINGS;
use self::deleted::{DeletedRecording, find_deleted, missed_need};
use self::filters::Filters;
use self::page::{Page, Read, Weighing};
pub(super) use self::parameters::NOTE_PARAMETERS;
use self::parameters::PARAMETERS;
use self::position::Position;
use super::view::RecordingItem;
use crate::context::Context;

/// A page of a search.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordingsPage {
    /// Newest first, unless the search says `sort=oldest`. A page can be short or empty while there is a next one.
    items: Vec<RecordingItem>,
    /// What the next page is asked for with; `null` behind the last one.
    #[schemars(example = &"eyJ2IjoyLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiIsImYiOiI4MTFjOWRjNSJ9")]
    next_cursor: Option<String>,
    /// What was searched: calls that began then or later.
    from: Time,
    /// And before then.
    to: Time,
    /// How many there are in all pages; `null` unless the search says `count=true`.
    total: Option<Total>,
    /// Where a `number` or `last4` finds nothing: what was deleted of it, the last deletion first. Admins 管理者 are told of
    /// all, managers 責任者 of their teams'.
    deleted: Vec<DeletedRecording>,
}

/// How many recordings a search finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Total {
    /// At most 1,000.
    #[schemars(range(max = 1_000), example = 128)]
    count: usize,
    /// `false`: there are more, or too many had to be read to tell.
    is_exact: bool,
}

/// 1,000: a person who sees more narrows the search.
const COUNT_LIMIT: usize = READ_LIMIT;

/// 5 pages of at most [`READ_LIMIT`] recordings each are read to count.
const COUNT_PAGES: usize = 5;

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "search",
        tag: "recordings",
        summary: "Searches, newest first; all filters combine. Every search is an audit event. A name that is on no list, or not one that the caller may know, is refused with candidates.",
    };
    Route::get("/recordings", search, about)
        .query(PARAMETERS)
        .answers::<RecordingsPage>(200, "A page.")
        .or_file(LinkRoute { path: "/recordings/export-link", id: "export_link" })
        .problems(&[&problem::UNKNOWN_NAME, &problem::NOT_ALLOWED])
}

/// Searches. Nothing that may not be viewed is listed, and every search is an event.
async fn search(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let pages = Pages::of(&format);
    let search = Search { given: &given, pages, action: AuditAction::Search, asked: AuditTexts::new() };
    let found = search.find(&context, &caller).await?;
    let (next_cursor, mut facts) = (found.next_cursor(), found.facts());
    let Found { filters, page, .. } = found;
    if let Format::Csv(file) = format {
        let (rows, asked, given, more) = (&page.items, filters.asked(), &given, Vec::new());
        let recordings = Export { list: &RECORDINGS, file, rows, facts, asked, given, next_cursor, more };
        return export(&context.shared, &caller, recordings).await;
    }
    let total = if filters.is_counted { Some(count(&context, &caller, &filters).await?) } else { None };
    let objects = if filters.is_quarantine { objects(&context, &page).await? } else { BTreeMap::new() };
    facts.insert("items".to_owned(), page.items.len().to_string());
    let finds_nothing =
        page.items.is_empty() && next_cursor.is_none() && filters.is_first_page() && !filters.is_quarantine;
    let deleted = if finds_nothing { find_deleted(&context, &caller, &filters).await? } else { Vec::new() };
    facts.extend(missed_need(&deleted, &caller));
    let mut event = audit::of_member(&caller, AuditAction::Search, Outcome::Permitted, facts);
    event.asked = filters.asked();
    rate::audit_counted(
        &context.shared,
        &caller,
        &event,
        Limited::Items(u32::try_from(page.items.len()).unwrap_or(u32::MAX)),
    )
    .await?;
    let shown = page.items.iter().map(|view| (RecordingItem::new(view, &caller), objects.get(&view.id)));
    let items = shown.map(|(item, object)| item.with_object(object, &caller.rulebook)).collect();
    let [from, to] = [filters.from, filters.to].map(|at| Time::new(at, &caller.rulebook));
    let deleted = deleted.iter().map(|tombstone| DeletedRecording::new(tombstone, &caller.rulebook)).collect();
    let next = next_cursor.clone();
    paging::with_next(Json(RecordingsPage { items, next_cursor, from, to, total, deleted }), &given, next.as_deref())
}

/// The files of what is in quarantine, which only admins see: nothing else says which one it is.
async fn objects(context: &Context, page: &Page) -> Result<BTreeMap<RecordingId, ObjectVersion>, Problem> {
    let ids: Vec<RecordingId> = page.items.iter().map(|view| view.id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let objects = context.shared.table.object_versions(&ids).await?;
    Ok(objects.into_iter().map(|object| (object.id(), object)).collect())
}

/// What is searched.
pub(super) struct Search<'a> {
    pub(super) given: &'a QueryParameters,
    pub(super) pages: Pages,
    /// What a refusal is an event of.
    pub(super) action: AuditAction,
    /// What was asked for beside the filters.
    pub(super) asked: AuditTexts,
}

/// What a search found.
pub(super) struct Found {
    pub(super) filters: Filters,
    pub(super) page: Page,
    asked: AuditTexts,
}

impl Search<'_> {
    /// One page. Whatever is refused is an event too.
    pub(super) async fn find(self, context: &Context, caller: &MemberCaller) -> Result<Found, Problem> {
        let mut filters = Filters::read(self.given, &caller.rulebook, caller.now, self.pages)?;
        if caller.member.role == Role::Auditor {
            // An empty list would say that there is nothing.
            let problem = Problem::not_allowed(NotAllowed::NotForTheRole);
            return Err(self.refuse(context, caller, &filters, problem).await);
        }
        let unlisted = match names::resolve(&mut filters, caller) {
            Ok(unlisted) => unlisted,
            Err(problem) => return Err(self.refuse(context, caller, &filters, problem).await),
        };
        let page = find(context, caller, &filters).await?;
        if let Some(problem) = unlisted
            && page.items.is_empty()
            && page.next.is_none()
            && filters.is_first_page()
        {
            return Err(self.refuse(context, caller, &filters, problem).await);
        }
        Ok(Found { filters, page, asked: self.asked })
    }

    async fn refuse(&self, context: &Context, caller: &MemberCaller, filters: &Filters, problem: Problem) -> Problem {
        let mut facts = Facts::from([("filters".to_owned(), filters.used.join(","))]);
        facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
        let mut event = audit::of_member(caller, self.action, Outcome::Refused, facts);
        event.asked = filters.asked();
        event.asked.extend(self.asked.clone());
        match context.shared.table.audit(&event).await {
            Ok(()) => problem,
            Err(error) => Problem::of_store(&error),
        }
    }
}

impl Found {
    /// What the next page is asked for with.
    pub(super) fn next_cursor(&self) -> Option<String> {
        self.page.next.as_ref().map(|position| position.to_cursor(&self.filters.digest))
    }

    /// What its event says.
    pub(super) fn facts(&self) -> Facts {
        let Filters { used, from, to, .. } = &self.filters;
        [("filters", used.join(",")), ("from", from.to_string()), ("to", to.to_string())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// And what was asked for, apart.
    pub(super) fn asked(&self) -> AuditTexts {
        let mut asked = self.filters.asked();
        asked.extend(self.asked.clone());
        asked
    }
}

/// Counts what all pages hold, over at most [`COUNT_PAGES`].
async fn count(context: &Context, caller: &MemberCaller, filters: &Filters) -> Result<Total, Problem> {
    let start = Position::first(filters.from, filters.to, filters.sort);
    let mut filters = Filters { limit: READ_LIMIT, start, ..filters.clone() };
    let mut count = 0;
    for _ in 0..COUNT_PAGES {
        let page = find(context, caller, &filters).await?;
        count += page.items.len();
        match page.next {
            Some(next) if count <= COUNT_LIMIT => filters.start = next,
            next => {
                let is_exact = next.is_none() && count <= COUNT_LIMIT;
                return Ok(Total { count: count.min(COUNT_LIMIT), is_exact });
            }
        }
    }
    Ok(Total { count: count.min(COUNT_LIMIT), is_exact: false })
}

/// Reads as many groups of partitions as the page needs, in the search's order.
async fn find(context: &Context, caller: &MemberCaller, filters: &Filters) -> Result<Page, Problem> {
    let may_view = |view: &Listed| {
        let decision = permission::decide(&caller.member, Action::View, view, None, &caller.rulebook, caller.now);
        permission::is_listed(view) && decision == Decision::Permit
    };
    let plan = plan::plan(filters, &caller.member, &caller.rulebook);
    let mut weighing = Weighing::new(filters.sort, filters.limit, filters.start.clone());
    for group in &plan.groups {
        let Some(limit) = weighing.room(group.partitions.len(), plan.is_selective) else {
            break;
        };
        let reads = read(context, &group.partitions, filters, limit).await?;
        weighing.weigh(reads, group.edge, may_view, |view| filters.fit(view));
        if weighing.is_over() {
            break;
        }
    }
    Ok(weighing.page(plan.groups.last().map(|group| group.edge)))
}

/// One call of `DynamoDB` for each partition, all of them at once.
async fn read(
    context: &Context,
    partitions: &[Partition],
    filters: &Filters,
    limit: u16,
) -> Result<Vec<Read>, Problem> {
    let sort = filters.sort;
    let (from, until) = match sort {
        ListOrder::NewestFirst => (SortKey::from_time(filters.from), filters.start.bound(sort)),
        ListOrder::OldestFirst => (filters.start.bound(sort), Position::before(filters.to).bound(sort)),
    };
    let table = &context.shared.table;
    let reads = partitions.iter().map(|partition| table.list_in(sort, partition, &from, &until, limit));
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
