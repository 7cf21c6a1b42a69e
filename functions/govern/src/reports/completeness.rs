//! `GET /reports/completeness`: call logs beside recordings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::calllog;
use policy::id::RecordingId;
use policy::report::{self, completeness};
use policy::rulebook::Rulebook;
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
use store::{BadLogRow, Month, Partition, ReportKind, SortKey, TIME_SHARDS};

use super::columns::{COMPLETENESS, CompletenessLine, rows};
use super::days::{PARAMETERS, audit_read, between, read_days};
use crate::context::Context;
use crate::guard::require_reports;
use crate::problems::NO_REPORTS;
use crate::roll_ups::{pending, read_roll_ups};

/// 100 rows that could not be read are named; a log that is wrong is wrong from its first row on.
const BAD_ROWS_LIMIT: u16 = 100;

/// What completeness can't see, said with every answer.
const COVERAGE: &str = "Only sources whose call log is on. Calls on private mobiles are in no log and are not seen. \
                    A call is awaited for 6 hours after its end before it counts as lost.";
const COVERAGE_JAPANESE: &str = "対象は通話ログを取り込んでいる録音元だけです。私物の携帯電話での通話はログになく、対象外です。\
                             終話から6時間は「到着待ち」とし、その後も録音がなければ「録音なし」とします。";

/// A day's calls of one source and team beside their recordings.
#[derive(Debug, Serialize, JsonSchema)]
struct CompletenessItem {
    day: Day,
    #[schemars(example = &"freepbx")]
    source: String,
    /// `null` where none is known.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// When the day was last worked out.
    computed_at: Time,
    #[serde(flatten)]
    tally: completeness::Tally,
}

/// A source 録音元, and whether anything can be said of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Logged {
    #[schemars(example = &"freepbx")]
    source: String,
    has_call_log: bool,
}

/// A row of a call log that could not be read: where it is and why, never what it says.
#[derive(Debug, Serialize, JsonSchema)]
struct BadRow {
    /// The log's object version.
    log_id: RecordingId,
    #[schemars(example = &"freepbx")]
    source: String,
    /// The line of the file it begins on, from 1.
    #[schemars(range(min = 1))]
    line: u64,
    reason: calllog::Reason,
    /// The fact that could not be read, where it is one.
    column: Option<calllog::Fact>,
}

/// What a report can't see, said with every answer, in both languages.
#[derive(Debug, Serialize, JsonSchema)]
struct Coverage {
    #[schemars(example = COVERAGE)]
    en: &'static str,
    #[schemars(example = COVERAGE_JAPANESE)]
    ja: &'static str,
}

/// Call logs beside recordings.
#[derive(Debug, Serialize, JsonSchema)]
struct Completeness {
    /// By day, source and team.
    items: Vec<CompletenessItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    sources: Vec<Logged>,
    /// The first 100; only for those who see every team.
    bad_rows: Vec<BadRow>,
    /// Days of which nothing can be said yet.
    pending_days: Vec<Day>,
    coverage: Coverage,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "completeness",
        tag: "reports",
        summary: "Call logs beside recordings: what is missing, what is too much.",
    };
    Route::get("/reports/completeness", completeness, about)
        .query(PARAMETERS)
        .answers::<Completeness>(200, "By day, source and team.")
        .or_file(LinkRoute { path: "/reports/completeness/export-link", id: "completeness_export_link" })
        .problems(&[&NO_REPORTS])
}

/// `GET /reports/completeness`.
async fn completeness(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let days = read_days(&given, caller.rulebook.day_of(caller.now))?;
    require_reports(&context, &caller, AuditAction::ReportCompleteness).await?;
    let rulebook = &caller.rulebook;
    let may_see = |(_, team, _): &CompletenessLine| report::may_see(&caller.member, team.as_deref());
    let (rolled, missing) = read_roll_ups(&context, ReportKind::Completeness, &days, may_see).await?;
    if let Format::Csv(file) = format {
        let rows = rows(rolled);
        let (rows, facts, asked, given, more) = (&rows, between(&days), AuditTexts::new(), &given, pending(&missing));
        let days = Export { list: &COMPLETENESS, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, days).await;
    }
    let mut items = Vec::new();
    for (day, roll_up) in &rolled {
        for (source, team, tally) in &roll_up.lines {
            items.push(CompletenessItem {
                day: Day::new(*day),
                source: source.clone(),
                team: team.clone(),
                computed_at: Time::new(roll_up.computed_at, rulebook),
                tally: tally.clone(),
            });
        }
    }
    let sees_all = report::may_see(&caller.member, None);
    let bad_rows = if sees_all { bad_rows(&context, rulebook, &days).await? } else { Vec::new() };
    audit_read(&context, &caller, AuditAction::ReportCompleteness, &days).await?;
    let sources = rulebook
        .source_names()
        .map(|name| Logged { source: name.to_owned(), has_call_log: rulebook.has_log_of(name) })
        .collect();
    let coverage = Coverage { en: COVERAGE, ja: COVERAGE_JAPANESE };
    let answer = Completeness { items, next_cursor: None, sources, bad_rows, pending_days: missing, coverage };
    Ok(Json(answer).into_response())
}

/// The rows of logs taken in on the days that could not be read.
async fn bad_rows(context: &Context, rulebook: &Rulebook, days: &[Date]) -> Result<Vec<BadRow>, Problem> {
    let midnight = |day: Date| day.to_zoned_datetime(rulebook.zone.clone()).ok().map(|midnight| midnight.timestamp());
    let ends = days.last().and_then(|last| last.checked_add(1.day()).ok());
    let (Some(from), Some(until)) = (days.first().copied().and_then(midnight), ends.and_then(midnight)) else {
        return Ok(Vec::new());
    };
    let mut months: Vec<Month> = days.iter().filter_map(|day| midnight(*day)).map(Month::of).collect();
    months.push(Month::of(until));
    months.dedup();
    let (from, until) = (SortKey::from_time(from), SortKey::from_time(until));
    let partitions =
        months.iter().flat_map(|month| (0..TIME_SHARDS).map(|shard| Partition::BadLogRow(month.clone(), shard)));
    let mut bad_rows = Vec::new();
    for partition in partitions {
        let (rows, _) =
            context.shared.table.logged_between(&partition, &from, &until, None, Some(BAD_ROWS_LIMIT)).await?;
        bad_rows.extend(rows.into_iter().map(|bad: BadLogRow| BadRow {
            log_id: bad.log_id,
            source: bad.source,
            line: bad.row.line,
            reason: bad.row.reason,
            column: bad.row.column,
        }));
        if bad_rows.len() >= usize::from(BAD_ROWS_LIMIT) {
            bad_rows.truncate(usize::from(BAD_ROWS_LIMIT));
            break;
        }
    }
    Ok(bad_rows)
}
