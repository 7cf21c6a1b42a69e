//! Rolling up a day: its rows and its recordings are read once, side by side, and what the reports say of
//! it is written down. A day can be rolled up any number of times; the latest counts.

mod audit;
pub(crate) mod live;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use policy::calllog::Row;
use policy::id::CallId;
use policy::merge;
use policy::recording::{Listed, State};
use policy::report::completeness::{self, Day, LoggedLeg, RecordedLeg};
use policy::report::notice;
use policy::rulebook::Rulebook;
use serde::de::DeserializeOwned;
use store::{Job, LoggedRow, Month, Partition, ReportKind, RollUp, SortKey, TIME_SHARDS, metrics};
use tracing::info;

use crate::context::Context;
use crate::error::JobError;

/// 16 calls are looked up at once.
const AT_ONCE: usize = 16;

/// 100 recordings, or rows, of one call.
const LEGS_LIMIT: usize = 100;

/// Rolls up one day of the company's zone.
pub(crate) async fn roll_up(context: &Context, day: Date) -> Result<(), JobError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    context.table.unmark_stale(day).await?;
    audit::roll_up(context, day, now).await?;
    let Some((from, until)) = bounds(day, &rulebook) else {
        return Ok(());
    };
    let mut notices = notice::Tallies::new();
    let mut recordings = Vec::new();
    let mut rows = Vec::new();
    let mut sources: BTreeMap<String, u64> = BTreeMap::new();
    for month in months(from, until) {
        for shard in 0..TIME_SHARDS {
            let partition = Partition::Time(month.clone(), shard);
            pages(context, &partition, from, until, |listed: Listed| {
                notice::add(&mut notices, &listed);
                *sources.entry(listed.source.clone()).or_default() += 1;
                if listed.state == State::Active && rulebook.has_log_of(&listed.source) {
                    recordings.push(recorded(&listed));
                }
            })
            .await?;
            let partition = Partition::Log(month.clone(), shard);
            pages(context, &partition, from, until, |logged: LoggedRow| {
                rows.push(leg(&logged.group, &logged.row, &rulebook));
            })
            .await?;
        }
    }
    // A log is on where the rulebook names it, or where one of those that ship has come.
    let has_come: HashSet<String> = rows.iter().map(|row| row.source.clone()).collect();
    recordings.retain(|recording| has_come.contains(&recording.source) || rulebook.names_log_of(&recording.source));
    let day_of_calls = complete(context, rows, recordings, &rulebook).await?;
    let tallies = completeness::tally(&day_of_calls, now);
    let lost: u64 = tallies.values().map(|tally| tally.lost.count).sum();
    let lines: Vec<_> = tallies.into_iter().map(|((source, team), tally)| (source, team, tally)).collect();
    context.table.put_roll_up(ReportKind::Completeness, day, &RollUp { computed_at: now, lines }).await?;
    let lines: Vec<_> = notices.into_iter().map(|((line, direction), tally)| (line, direction, tally)).collect();
    context.table.put_roll_up(ReportKind::Notice, day, &RollUp { computed_at: now, lines }).await?;
    if !sources.is_empty() {
        let lines = sources.into_iter().collect();
        context
            .table
            .put_roll_up::<(String, u64)>(ReportKind::Sources, day, &RollUp { computed_at: now, lines })
            .await?;
    }
    info!(%day, lost, "a day is rolled up");
    metrics::emit(now, &[("LostCalls", lost)]);
    Ok(())
}

/// 400 days an hour: whatever a log can tell of.
const DAYS_LIMIT: usize = 400;

/// 8 days, once a day: what came late without a word.
const LATE_DAYS: i64 = 8;

/// The company's hour of the day in which the days before are worked out again.
const LATE_HOUR: i8 = 3;

/// Every hour: today, yesterday, and every day that something was learnt of.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    let local = now.to_zoned_datetime(rulebook.zone.clone());
    // What the sweep's circuit breaker computes with.
    if context.table.live_calls().await?.is_none_or(|(day, _)| day != local.date()) {
        context.jobs.send(&Job::CountCalls).await?;
    }
    let days = if local.hour() == LATE_HOUR { LATE_DAYS } else { 2 };
    let mut wanted: BTreeSet<Date> = (0..days).filter_map(|days| local.date().checked_sub(days.days()).ok()).collect();
    wanted.extend(context.table.stale_days(DAYS_LIMIT).await?);
    for day in wanted {
        context.jobs.send(&Job::RollUp { day }).await?;
    }
    Ok(())
}

/// The day's first moment and the last before the next.
fn bounds(day: Date, rulebook: &Rulebook) -> Option<(Timestamp, Timestamp)> {
    let midnight = |day: Date| day.to_zoned_datetime(rulebook.zone.clone()).ok().map(|midnight| midnight.timestamp());
    let next = midnight(day.checked_add(1.day()).ok()?)?;
    Some((midnight(day)?, next))
}

fn months(from: Timestamp, until: Timestamp) -> Vec<Month> {
    let mut months = vec![Month::of(from), Month::of(until)];
    months.dedup();
    months
}

/// Hands over every entry of a partition that began at `from` or later and before `until`.
async fn pages<View: DeserializeOwned>(
    context: &Context,
    partition: &Partition,
    from: Timestamp,
    until: Timestamp,
    mut take: impl FnMut(View),
) -> Result<(), JobError> {
    let mut after = None;
    loop {
        let (first, last) = (SortKey::from_time(from), SortKey::from_time(until));
        let (views, next) = context.table.logged_between(partition, &first, &last, after, None).await?;
        views.into_iter().for_each(&mut take);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

fn recorded(listed: &Listed) -> RecordedLeg {
    RecordedLeg {
        id: listed.id.clone(),
        group: CallId::of(&listed.source, None, &listed.call_id),
        source: listed.source.clone(),
        team: listed.team.clone(),
        extension: listed.extension.clone(),
        started_at: listed.started_at,
        // 0 is a length that the bytes do not tell: what has no sound at all lies in quarantine.
        duration_milliseconds: Some(listed.duration_milliseconds).filter(|length| *length > 0),
    }
}

fn leg(group: &CallId, row: &Row, rulebook: &Rulebook) -> LoggedLeg {
    LoggedLeg {
        group: group.clone(),
        call_id: row.call_id.clone(),
        source: row.source.clone(),
        team: merge::our_side(row, rulebook).team,
        ended_at: row.ended_at.unwrap_or(row.started_at),
        is_answered: row.is_answered,
        talk_seconds: row.talk_seconds.map(u64::from),
    }
}

/// Settles by consistent reads what looks like missing: a recording or a row may lie on another day, or
/// not yet in an index.
async fn complete(
    context: &Context,
    rows: Vec<LoggedLeg>,
    recordings: Vec<RecordedLeg>,
    rulebook: &Rulebook,
) -> Result<Day, JobError> {
    let recorded: HashSet<&CallId> = recordings.iter().map(|recording| &recording.group).collect();
    let logged: HashSet<&CallId> = rows.iter().map(|row| &row.group).collect();
    let missing: HashSet<&CallId> = rows
        .iter()
        .filter(|row| row.is_answered)
        .map(|row| &row.group)
        .filter(|group| !recorded.contains(group))
        .collect();
    let with_recording: Vec<Option<CallId>> = stream::iter(missing)
        .map(|group| async move {
            let members = context.table.log_members(group, LEGS_LIMIT).await?;
            Ok::<_, JobError>((!members.is_empty()).then(|| group.clone()))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let orphans: HashSet<&CallId> =
        recordings.iter().map(|recording| &recording.group).filter(|group| !logged.contains(group)).collect();
    let beside: Vec<Vec<LoggedLeg>> = stream::iter(orphans)
        .map(|group| async move {
            let found = context.table.log_rows(group, LEGS_LIMIT).await?;
            Ok::<_, JobError>(found.rows.iter().map(|row| leg(group, row, rulebook)).collect())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let with_recording = with_recording.into_iter().flatten().collect();
    let beside = beside.into_iter().flatten().collect();
    Ok(Day { rows, recordings, with_recording, beside })
}
