//! `GET /audit`: who searched what, heard what, was refused what, decided what.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use policy::audit::AuditAction;
use policy::id::RecordingId;
use policy::rulebook::Role;
use rokuban_http::audit::TypedFact;
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::paging::{self, Pages, READ_LIMIT};
use rokuban_http::parameters::Given;
use rokuban_http::problem::{Problem, UNKNOWN_NAME};
use rokuban_http::redact;
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::{AuditEvent, AuditOrigin, AuditText, SortKey};

use super::columns::AUDIT;
use super::event::{Explained, audit_read, audit_refused, between, is_kept};
use super::filters::{AuditFilters, Group, PARAMETERS};
use super::page::{Merging, Position};
use crate::context::Context;
use crate::guard::require_auditor;
use crate::problems::NO_AUDIT;

/// A page of the audit 操作の記録.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    items: Vec<AuditItem>,
    /// A page may be short, or empty, while there is a next one.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSJ9")]
    next_cursor: Option<String>,
}

/// What somebody did or was refused.
#[derive(Debug, Serialize, JsonSchema)]
struct AuditItem {
    at: Time,
    /// The member's id; the login of `AdminLogin` while it is no member.
    #[schemars(example = &"kato")]
    staff: String,
    /// The member's name then; `null` for `AdminLogin` while it is no member.
    #[schemars(example = &"加藤 恵")]
    staff_name: Option<String>,
    /// The role the member had then.
    role: Option<Role>,
    /// `search`, `view`, `play`, `download`, `custody`, `publish`, ….
    #[schemars(example = &"play")]
    action: String,
    /// `permitted` or `refused`.
    #[schemars(example = &"permitted")]
    outcome: String,
    /// Why it was refused; of what was not to be seen at all, nothing is said.
    #[schemars(example = &"managers_do_not_download")]
    reason: Option<String>,
    /// Of a play or a download, why, in the words of the one who asked for it. It ends with the recording.
    #[schemars(example = &"見積の金額の確認")]
    stated_reason: Option<String>,
    /// The recording it was about.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording: Option<String>,
    /// What else stands in the event: counts as numbers, times in the company's zone.
    facts: BTreeMap<String, TypedFact>,
    /// What was asked for. Numbers are whole for admins; auditors see the last four digits.
    asked: BTreeMap<String, String>,
    /// Where the request came from; `null` for what nobody requested, and for events from before it was noted.
    origin: Option<Origin>,
}

/// Where a request came from.
#[derive(Debug, Serialize, JsonSchema)]
struct Origin {
    /// The address that the API saw; of what is done in the console's pages the browser's, where the console proved it.
    #[schemars(example = &"203.0.113.7")]
    address: String,
    /// What the client calls itself, shortened.
    #[schemars(example = &"Mozilla/5.0 (Windows NT 10.0; Win64; x64)")]
    user_agent: String,
    /// The same for all requests of one sign-in.
    #[schemars(example = &"9f86d081884c7d65")]
    session: Option<String>,
}

/// 16 days are looked through for one page: 64 reads of shards that may all be empty.
const GROUPS_LIMIT: usize = 16;

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "audit",
        tag: "audit",
        summary: "Who searched, heard, was refused and decided what 操作の記録, newest first. Reading it is an event of its own.",
    };
    Route::get("/audit", audit, about)
        .query(PARAMETERS)
        .answers::<AuditPage>(200, "A page.")
        .or_file(LinkRoute { path: "/audit/export-link", id: "audit_export_link" })
        .problems(&[&NO_AUDIT, &UNKNOWN_NAME])
}

/// `GET /audit`.
async fn audit(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let mut asked = AuditFilters::read(&given, &caller.rulebook, caller.now, Pages::of(&format))?;
    require_auditor(&context, &caller, AuditAction::Audit).await?;
    let unlisted = match asked.resolve(&caller) {
        Ok(unlisted) => unlisted,
        Err(problem) => return Err(audit_refused(&context, &caller, AuditAction::Audit, &asked, problem).await),
    };
    let (events, next) = read(&context, &asked, caller.now).await?;
    if let Some(problem) = unlisted
        && events.is_empty()
        && next.is_none()
        && asked.is_first_page()
    {
        return Err(audit_refused(&context, &caller, AuditAction::Audit, &asked, problem).await);
    }
    let next_cursor = next.map(|position| paging::bind_cursor(&given, &position.to_cursor()));
    let events = with_reasons(&context, events).await?;
    if let Format::Csv(file) = format {
        let (rows, facts, asked, given, more) = (&events, between(&asked), asked.words(), &given, Vec::new());
        let audit = Export { list: &AUDIT, file, rows, facts, asked, given, next_cursor, more };
        return export(&context.shared, &caller, audit).await;
    }
    audit_read(&context, &caller, AuditAction::Audit, &asked).await?;
    let items = events.into_iter().map(|event| item(event, &caller)).collect();
    let next = next_cursor.clone();
    paging::with_next(Json(AuditPage { items, next_cursor }), &given, next.as_deref())
}

/// One page: the groups of partitions from the newest on, until it is full or enough was weighed.
async fn read(
    context: &Context,
    asked: &AuditFilters,
    now: Timestamp,
) -> Result<(Vec<AuditEvent>, Option<Position>), Problem> {
    let mut merging = Merging::new(asked.limit, READ_LIMIT);
    let is_wanted = |event: &AuditEvent| is_kept(event, now) && asked.fits(event);
    let mut days = 0;
    for Group { partitions, from: begins_at, until: ends_at } in asked.groups() {
        let until = SortKey::from_time(ends_at);
        let bound = asked.start.as_ref().map_or(until.clone(), |start| start.bound().min(until));
        let from = SortKey::from_time(begins_at);
        // What lies above the cursor was read before.
        if bound < from {
            continue;
        }
        if days == GROUPS_LIMIT {
            return Ok(merging.page_until(ends_at));
        }
        days += 1;
        loop {
            let Some(room) = merging.room(partitions.len(), asked.is_selective()) else {
                return Ok(merging.page(true));
            };
            let bound = merging.bound().map_or_else(|| bound.clone(), |reached| reached.min(bound.clone()));
            if bound < from {
                break;
            }
            let pages =
                partitions.iter().map(|partition| context.shared.table.audit_page(partition, &from, &bound, room));
            if merging.weigh(try_join_all(pages).await?, is_wanted) {
                break;
            }
        }
    }
    Ok(merging.page(false))
}

/// The event of custody that a play or a download left.
fn left(event: &AuditEvent) -> Option<(RecordingId, u32)> {
    let is_access = matches!(event.action, AuditAction::Play | AuditAction::Download);
    let fact = |name| event.facts.get(name).filter(|_| is_access);
    Some((fact("recording")?.parse().ok()?, fact("event")?.parse().ok()?))
}

/// Each event with its reason, where it has one.
async fn with_reasons(context: &Context, events: Vec<AuditEvent>) -> Result<Vec<Explained>, Problem> {
    let mut wanted: Vec<(RecordingId, u32)> = events.iter().filter_map(left).collect();
    wanted.sort();
    wanted.dedup();
    let reasons = context.shared.table.stated_reasons(&wanted).await?;
    let explained = |event: AuditEvent| {
        let stated_reason = left(&event).and_then(|left| reasons.get(&left).cloned());
        Explained { event, stated_reason }
    };
    Ok(events.into_iter().map(explained).collect())
}

fn item(explained: Explained, caller: &MemberCaller) -> AuditItem {
    let Explained { event, stated_reason } = explained;
    let AuditEvent { at, staff, role, action, outcome, mut facts, asked, origin, .. } = event;
    let sees_numbers = caller.member.role == Role::Admin;
    let told = |text: &AuditText| if sees_numbers { text.expose().to_owned() } else { redact::number(text.expose()) };
    AuditItem {
        at: Time::new(at, &caller.rulebook),
        staff_name: caller.rulebook.post_by_id(&staff, caller.rulebook.day_of(at)).map(|post| post.name.clone()),
        staff,
        role,
        action: action.as_str().to_owned(),
        outcome: outcome.as_str().to_owned(),
        reason: facts.remove("reason"),
        stated_reason,
        recording: facts.remove("recording"),
        facts: facts.iter().map(|(name, text)| (name.clone(), TypedFact::new(name, text, &caller.rulebook))).collect(),
        asked: asked.iter().map(|(name, text)| (name.clone(), told(text))).collect(),
        origin: origin.map(|AuditOrigin { address, user_agent, session }| Origin { address, user_agent, session }),
    }
}
