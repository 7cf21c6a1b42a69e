//! What ends on closed days: counted once, on the last open day before them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use policy::call::Call;
use policy::id::{CallId, RecordingId};
use policy::notification::{Closure, ClosureTally, Deciders, Notification, of_closure};
use policy::recording::CallReference;
use policy::retention::ClassRevision;
use policy::rulebook::Rulebook;
use store::{SortKey, StoreError};
use tracing::info;

use crate::context::Context;
use crate::error::JobError;

/// 100 calls: what one `BatchGetItem` takes.
const AT_ONCE: u16 = 100;

/// 20,000 calls: 600 reads, well within a run. Of more the mail says that there are more.
const CALLS_LIMIT: u64 = 20_000;

/// What each manager is told today, where three or more closed days begin tomorrow.
pub(super) async fn find(
    context: &Context,
    rulebook: &Rulebook,
    deciders: &Deciders,
    now: Timestamp,
) -> Result<Vec<Notification>, JobError> {
    let Some(days) = rulebook.calendar.closure_after(rulebook.day_of(now)) else {
        return Ok(Vec::new());
    };
    let closure = Closure(days);
    let tally = if let Some(tally) = context.table.closure_tally(days.from).await? {
        tally
    } else {
        let tally = count(context, rulebook, closure).await?;
        context.table.put_closure_tally(days.from, now, &tally).await?;
        tally
    };
    Ok(of_closure(closure, &tally, deciders))
}

async fn count(context: &Context, rulebook: &Rulebook, closure: Closure) -> Result<ClosureTally, JobError> {
    let (mut tally, mut seen) = (ClosureTally::default(), 0);
    // Shard by shard, so that a count that is not whole has some of every class and team.
    for shard in 0..CallId::SHARDS {
        for (revision, keep_days) in rulebook.revisions.iter() {
            let Some((first, last)) = closure.days_of_calls(keep_days) else { continue };
            seen += count_shard(context, (revision, shard), (first, last), &mut tally).await?;
            if seen >= CALLS_LIMIT {
                tally.is_whole = false;
                return Ok(tally);
            }
        }
    }
    info!(calls = seen, "what ends on closed days is counted");
    Ok(tally)
}

/// Counts the calls of one shard that count from some days; how many there were.
async fn count_shard(
    context: &Context,
    (revision, shard): (&ClassRevision, u8),
    (first, last): (Date, Date),
    tally: &mut ClosureTally,
) -> Result<u64, StoreError> {
    let mut after = SortKey::from_time(begin_of(first));
    let end = SortKey::from_time(begin_of(last.tomorrow().unwrap_or(last)));
    let mut seen = 0;
    loop {
        let page = context.table.calls_due_after(revision, shard, &after, AT_ONCE).await?;
        let is_last = page.len() < usize::from(AT_ONCE) || page.last().is_some_and(|(at, _)| *at >= end);
        if let Some((at, _)) = page.last() {
            after = at.clone();
        }
        let calls: Vec<CallReference> =
            page.into_iter().take_while(|(at, _)| *at < end).map(|(_, call)| call).collect();
        if !calls.is_empty() {
            seen += count_calls(context, revision, &calls, tally).await?;
        }
        if is_last {
            return Ok(seen);
        }
    }
}

async fn count_calls(
    context: &Context,
    revision: &ClassRevision,
    references: &[CallReference],
    tally: &mut ClosureTally,
) -> Result<u64, StoreError> {
    let calls = context.table.calls(references).await?;
    let ending: Vec<&Call> = calls.iter().filter(|call| call.claim.is_none() && call.holds.is_empty()).collect();
    let legs: Vec<RecordingId> = ending.iter().filter_map(|call| call.own_legs().next().cloned()).collect();
    let teams = if legs.is_empty() { BTreeMap::new() } else { context.table.teams(&legs).await? };
    for call in &ending {
        let team = call.own_legs().next().and_then(|leg| teams.get(leg)?.as_deref());
        let day = call.periods.iter().find(|(counted, _)| *counted == revision).map(|(_, day)| day);
        if let Some(day) = day {
            tally.count(team, day);
        }
    }
    Ok(u64::try_from(references.len()).unwrap_or(u64::MAX))
}

/// The due index has days as the moment they begin in UTC.
fn begin_of(day: Date) -> Timestamp {
    day.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}
