//! `GET /reports/…`: what the days say together, from their roll-ups.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::ToSpan;
use jiff::civil::Date;
use policy::audit::AuditAction;
use policy::calllog;
use policy::facts::Direction;
use policy::id::RecordingId;
use policy::report::{self, completeness, notice};
use policy::rulebook::Rulebook;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{BadLogRow, Month, Partition, ReportKind, RollUp, SortKey, TIME_SHARDS};

use crate::accept::Form;
use crate::audit::{self, Asked, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::csv::{self, CompletenessLine, NoticeLine, OfDay};
use crate::problem::{Must, Problem};
use crate::{Context, present};

pub(crate) const KNOWN: [&str; 2] = ["from", "to"];

/// 30 days, both ends included.
const DEFAULT_DAYS: i64 = 30;

/// 92 days: a quarter. A day is one read.
const DAYS_LIMIT: usize = 92;

/// 16 days are read at once.
const AT_ONCE: usize = 16;

/// 100 rows that could not be read are named; a log that is wrong is wrong from its first row on.
const BAD_ROWS_LIMIT: usize = 100;

/// What completeness can't see, said with every answer.
const SEES: &str = "Only sources whose call log is on. Calls on private mobiles are in no log and are not seen. \
                    A call is awaited for 6 hours after its end before it counts as lost.";
const SEES_JAPANESE: &str = "対象は通話ログを取り込んでいる録音元だけです。私物の携帯電話での通話はログになく、対象外です。\
                             終話から6時間は「待ち」とし、その後も録音がなければ「欠落」とします。";

/// A day's calls of one source and team beside their recordings.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CompletenessItem {
    day: present::Day,
    #[schemars(example = &"freepbx")]
    source: String,
    /// `null` where none is known.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// When the day was last worked out.
    rolled_at: present::Time,
    #[serde(flatten)]
    tally: completeness::Tally,
}

/// A source 録音元, and whether anything can be said of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Logged {
    #[schemars(example = &"freepbx")]
    source: String,
    has_call_log: bool,
}

/// A row of a call log that could not be read: where it is and why, never what it says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BadRow {
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
pub(crate) struct Sees {
    #[schemars(example = SEES)]
    en: &'static str,
    #[schemars(example = SEES_JAPANESE)]
    ja: &'static str,
}

/// Call logs beside recordings.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Completeness {
    /// By day, source and team.
    items: Vec<CompletenessItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    sources: Vec<Logged>,
    /// The first 100; only for those who see every team.
    bad_rows: Vec<BadRow>,
    /// Days of which nothing can be said yet.
    days_not_worked_out: Vec<present::Day>,
    sees: Sees,
}

/// What callers on one line, in one direction, on one day were told.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NoticeItem {
    day: present::Day,
    /// Our line's name; `null` where it is not known.
    #[schemars(example = &"代表")]
    line: Option<String>,
    direction: Direction,
    /// When the day was last worked out.
    rolled_at: present::Time,
    #[serde(flatten)]
    tally: notice::Tally,
}

/// Whether callers were told 案内.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Notice {
    /// By day, line and direction.
    items: Vec<NoticeItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    /// Days of which nothing can be said yet.
    days_not_worked_out: Vec<present::Day>,
}

/// `GET /reports/completeness`.
pub(crate) async fn completeness(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    form: Form,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let days = days_asked_for(query, &caller)?;
    permit(&context, &caller, AuditAction::ReportCompleteness).await?;
    let rulebook = &caller.rulebook;
    let may_see = |(_, team, _): &CompletenessLine| report::may_see(&caller.member, team.as_deref());
    let (rolled, missing) = read(&context, ReportKind::Completeness, &days, may_see).await?;
    if let Form::Csv(language) = form {
        let rows = rows(&days, rolled);
        return csv::export(&context, &caller, language, &csv::COMPLETENESS, &rows, between(&days), Asked::new()).await;
    }
    let mut items = Vec::new();
    for (day, roll_up) in &rolled {
        for (source, team, tally) in &roll_up.lines {
            items.push(CompletenessItem {
                day: present::day(*day),
                source: source.clone(),
                team: team.clone(),
                rolled_at: present::time(roll_up.computed_at, rulebook),
                tally: tally.clone(),
            });
        }
    }
    let sees_all = report::may_see(&caller.member, None);
    let bad_rows = if sees_all { bad_rows(&context, rulebook, &days).await? } else { Vec::new() };
    traced(&context, &caller, AuditAction::ReportCompleteness, &days).await?;
    let sources = rulebook
        .source_names()
        .map(|name| Logged { source: name.to_owned(), has_call_log: rulebook.has_log_of(name) })
        .collect();
    let sees = Sees { en: SEES, ja: SEES_JAPANESE };
    let answer = Completeness { items, next_cursor: None, sources, bad_rows, days_not_worked_out: missing, sees };
    Ok(Json(answer).into_response())
}

/// `GET /reports/notice`.
pub(crate) async fn notice(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    form: Form,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let days = days_asked_for(query, &caller)?;
    permit(&context, &caller, AuditAction::ReportNotice).await?;
    let rulebook = &caller.rulebook;
    let may_see = |(line, _, _): &NoticeLine| {
        let team = line.as_deref().and_then(|name| rulebook.line_by_name(name)).and_then(|line| line.team.as_deref());
        report::may_see(&caller.member, team)
    };
    let (rolled, missing) = read(&context, ReportKind::Notice, &days, may_see).await?;
    if let Form::Csv(language) = form {
        let rows = rows(&days, rolled);
        return csv::export(&context, &caller, language, &csv::NOTICE, &rows, between(&days), Asked::new()).await;
    }
    let mut items = Vec::new();
    for (day, roll_up) in &rolled {
        for (line, direction, tally) in &roll_up.lines {
            items.push(NoticeItem {
                day: present::day(*day),
                line: line.clone(),
                direction: *direction,
                rolled_at: present::time(roll_up.computed_at, rulebook),
                tally: tally.clone(),
            });
        }
    }
    traced(&context, &caller, AuditAction::ReportNotice, &days).await?;
    Ok(Json(Notice { items, next_cursor: None, days_not_worked_out: missing }).into_response())
}

/// Reports are the admins', the auditors', and, of their teams, the managers'.
async fn permit(context: &Context, caller: &MemberCaller, action: AuditAction) -> Result<(), Problem> {
    if report::may_read(&caller.member) {
        return Ok(());
    }
    context.table.audit(&audit::of_member(caller, action, Outcome::Refused, Facts::new())).await?;
    Err(Problem::NoReports)
}

async fn traced(context: &Context, caller: &MemberCaller, action: AuditAction, days: &[Date]) -> Result<(), Problem> {
    Ok(context.table.audit(&audit::of_member(caller, action, Outcome::Permitted, between(days))).await?)
}

/// What an event says of the days.
fn between(days: &[Date]) -> Facts {
    let day = |day: Option<&Date>| day.map(Date::to_string).unwrap_or_default();
    Facts::from([("from".to_owned(), day(days.first())), ("to".to_owned(), day(days.last()))])
}

/// The rows of a file: every day has at least one, unless nothing of it may be seen.
fn rows<Line>(days: &[Date], rolled: Vec<(Date, RollUp<Line>)>) -> Vec<OfDay<Line>> {
    let mut rows = Vec::new();
    let mut rolled = rolled.into_iter().peekable();
    for day in days.iter().copied() {
        match rolled.next_if(|(rolled, _)| *rolled == day) {
            Some((_, RollUp { computed_at, lines })) => {
                rows.extend(lines.into_iter().map(|line| OfDay { day, line: Some((computed_at, line)) }));
            }
            None => rows.push(OfDay { day, line: None }),
        }
    }
    rows
}

/// The days asked for, first to last.
fn days_asked_for(
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
    caller: &MemberCaller,
) -> Result<Vec<Date>, Problem> {
    let given = query.map(|Query(given)| given).unwrap_or_default();
    days_of(&given, caller.rulebook.day_of(caller.now))
}

fn days_of(given: &[(String, String)], today: Date) -> Result<Vec<Date>, Problem> {
    for (position, (name, _)) in given.iter().enumerate() {
        let Some(name) = KNOWN.into_iter().find(|known| known == name) else {
            return Err(Problem::UnknownParameter { known: &KNOWN });
        };
        if given[..position].iter().any(|(earlier, _)| earlier == name) {
            return Err(Problem::Invalid { parameter: name, must: Must::Once });
        }
    }
    let day = |name: &'static str| {
        let text = given.iter().find(|(given, _)| given == name).map(|(_, text)| text);
        text.map(|text| read_day(name, text)).transpose()
    };
    let to = day("to")?.unwrap_or(today);
    let from = match day("from")? {
        Some(from) => from,
        None => to.checked_sub((DEFAULT_DAYS - 1).days()).unwrap_or(Date::MIN),
    };
    if from > to {
        return Err(Problem::Invalid { parameter: "from", must: Must::NotAfter });
    }
    let days: Vec<Date> = from.series(1.day()).take_while(|day| *day <= to).take(DAYS_LIMIT + 1).collect();
    if days.len() > DAYS_LIMIT {
        return Err(Problem::Invalid { parameter: "from", must: Must::WithinDays });
    }
    Ok(days)
}

pub(crate) fn read_day(parameter: &'static str, text: &str) -> Result<Date, Problem> {
    // `2026-11-03` and nothing else: the parser itself would also take a time behind it.
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_day.then(|| text.parse().ok()).flatten().ok_or(Problem::Invalid { parameter, must: Must::Day })
}

/// The roll-ups of days, those of their lines that may be seen, and the days that have none.
pub(crate) async fn read<Line: DeserializeOwned>(
    context: &Context,
    report: ReportKind,
    days: &[Date],
    may_see: impl Fn(&Line) -> bool,
) -> Result<(Vec<(Date, RollUp<Line>)>, Vec<present::Day>), Problem> {
    let read: Vec<(Date, Option<RollUp<Line>>)> = stream::iter(days.iter().copied())
        .map(|day| async move { context.table.roll_up(report, day).await.map(|roll_up| (day, roll_up)) })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let missing = read.iter().filter(|(_, roll_up)| roll_up.is_none()).map(|(day, _)| present::day(*day)).collect();
    let mut rolled: Vec<_> = read.into_iter().filter_map(|(day, roll_up)| Some((day, roll_up?))).collect();
    for (_, roll_up) in &mut rolled {
        roll_up.lines.retain(&may_see);
    }
    Ok((rolled, missing))
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
    let partitions =
        months.iter().flat_map(|month| (0..TIME_SHARDS).map(|shard| Partition::BadLogRow(month.clone(), shard)));
    let mut bad_rows = Vec::new();
    for partition in partitions {
        let (rows, _) = context
            .table
            .logged_between(&partition, &SortKey::from_time(from), &SortKey::from_time(until), None)
            .await?;
        bad_rows.extend(rows.into_iter().map(|bad: BadLogRow| BadRow {
            log_id: bad.log_id,
            source: bad.source,
            line: bad.row.line,
            reason: bad.row.reason,
            column: bad.row.column,
        }));
        if bad_rows.len() >= BAD_ROWS_LIMIT {
            bad_rows.truncate(BAD_ROWS_LIMIT);
            break;
        }
    }
    Ok(bad_rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    fn days(given: &[(&str, &str)]) -> Result<Vec<Date>, Problem> {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        days_of(&given, date(2026, 11, 13))
    }

    #[test]
    fn without_dates_it_is_the_last_thirty_days() {
        let days = days(&[]).unwrap();
        assert_eq!((days.len(), days[0], days[29]), (30, date(2026, 10, 15), date(2026, 11, 13)));
    }

    #[test]
    fn a_day_alone_and_a_quarter_are_read_and_more_is_not() {
        assert_eq!(days(&[("from", "2026-11-05"), ("to", "2026-11-05")]).unwrap(), [date(2026, 11, 5)]);
        assert_eq!(days(&[("from", "2026-08-14"), ("to", "2026-11-13")]).unwrap().len(), 92);
        let too_many = days(&[("from", "2026-08-13"), ("to", "2026-11-13")]).unwrap_err();
        assert_eq!(too_many, Problem::Invalid { parameter: "from", must: Must::WithinDays });
    }

    #[test]
    fn what_is_no_day_is_named() {
        for text in ["", "2026-11-31", "2026-11-05T00:00:00Z", "20261105", "yesterday", "-026-11-05"] {
            let refused = days(&[("to", text)]).unwrap_err();
            assert_eq!(refused, Problem::Invalid { parameter: "to", must: Must::Day }, "{text}");
        }
        let backwards = days(&[("from", "2026-11-06"), ("to", "2026-11-05")]).unwrap_err();
        assert_eq!(backwards, Problem::Invalid { parameter: "from", must: Must::NotAfter });
        assert_eq!(days(&[("day", "2026-11-05")]).unwrap_err(), Problem::UnknownParameter { known: &KNOWN });
        let twice = days(&[("to", "2026-11-05"), ("to", "2026-11-05")]).unwrap_err();
        assert_eq!(twice, Problem::Invalid { parameter: "to", must: Must::Once });
    }
}
