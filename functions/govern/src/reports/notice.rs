//! `GET /reports/notice`: where callers were told 案内.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use policy::audit::AuditAction;
use policy::facts::Direction;
use policy::report::{self, notice};
use rokuban_http::audit::AuditTexts;
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::parameters::Given;
use rokuban_http::problem::Problem;
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::ReportKind;

use super::columns::{NOTICE, NoticeLine, rows};
use super::days::{PARAMETERS, audit_read, between, read_days};
use crate::context::Context;
use crate::guard::require_reports;
use crate::problems::NO_REPORTS;
use crate::roll_ups::{pending, read_roll_ups};

/// What callers on one line, in one direction, on one day were told.
#[derive(Debug, Serialize, JsonSchema)]
struct NoticeItem {
    day: Day,
    /// Our line's name; `null` where it is not known.
    #[schemars(example = &"代表")]
    line: Option<String>,
    direction: Direction,
    /// When the day was last worked out.
    computed_at: Time,
    #[serde(flatten)]
    tally: notice::Tally,
}

/// Whether callers were told 案内.
#[derive(Debug, Serialize, JsonSchema)]
struct Notice {
    /// By day, line and direction.
    items: Vec<NoticeItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    /// Days of which nothing can be said yet.
    pending_days: Vec<Day>,
}

pub(super) fn route() -> Route<Context> {
    let about = About { id: "notice", tag: "reports", summary: "Where callers were told 案内, and where not." };
    Route::get("/reports/notice", notice, about)
        .query(PARAMETERS)
        .answers::<Notice>(200, "By day, line and direction.")
        .or_file(LinkRoute { path: "/reports/notice/export-link", id: "notice_export_link" })
        .problems(&[&NO_REPORTS])
}

/// `GET /reports/notice`.
async fn notice(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let days = read_days(&given, caller.rulebook.day_of(caller.now))?;
    require_reports(&context, &caller, AuditAction::ReportNotice).await?;
    let rulebook = &caller.rulebook;
    let may_see = |(line, _, _): &NoticeLine| {
        let team = line.as_deref().and_then(|name| rulebook.line_by_name(name)).and_then(|line| line.team.as_deref());
        report::may_see(&caller.member, team)
    };
    let (rolled, missing) = read_roll_ups(&context, ReportKind::Notice, &days, may_see).await?;
    if let Format::Csv(file) = format {
        let rows = rows(rolled);
        let (rows, facts, asked, given, more) = (&rows, between(&days), AuditTexts::new(), &given, pending(&missing));
        let days = Export { list: &NOTICE, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, days).await;
    }
    let mut items = Vec::new();
    for (day, roll_up) in &rolled {
        for (line, direction, tally) in &roll_up.lines {
            items.push(NoticeItem {
                day: Day::new(*day),
                line: line.clone(),
                direction: *direction,
                computed_at: Time::new(roll_up.computed_at, rulebook),
                tally: tally.clone(),
            });
        }
    }
    audit_read(&context, &caller, AuditAction::ReportNotice, &days).await?;
    Ok(Json(Notice { items, next_cursor: None, pending_days: missing }).into_response())
}
