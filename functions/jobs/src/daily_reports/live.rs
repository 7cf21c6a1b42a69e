//! The calls that live: counted once a day in the due index, which holds keys alone, so that nothing that writes a call
//! has to count it. A million calls are some 150 reads.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use policy::id::CallId;
use policy::report::retention::LiveLine;
use policy::retention::ClassRevision;
use store::{ReportKind, RollUp, SortKey};
use tracing::info;

use crate::context::Context;
use crate::error::JobError;

/// 4 shards are read at once.
const AT_ONCE: usize = 4;

/// Counts the calls of every class revision that a rulebook ever had. Those under a hold are not in the index.
pub(crate) async fn count(context: &Context, now: Timestamp) -> Result<(), JobError> {
    let rulebook = context.rulebooks.in_force(now).await?;
    let day = rulebook.day_of(now);
    let (mut lines, mut calls): (Vec<LiveLine>, u64) = (Vec::new(), 0);
    for (revision, _) in rulebook.revisions.iter() {
        let shards: Vec<BTreeMap<Date, u64>> = stream::iter(0..CallId::SHARDS)
            .map(|shard| count_shard(context, revision, shard))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut days = BTreeMap::new();
        for (day, count) in shards.into_iter().flatten() {
            *days.entry(day).or_default() += count;
        }
        calls += days.values().sum::<u64>();
        if !days.is_empty() {
            lines.push((revision.clone(), days.into_iter().collect()));
        }
    }
    context.table.put_roll_up(ReportKind::Live, day, &RollUp { computed_at: now, lines }).await?;
    // Behind the days: a run that dies in between counts again.
    context.table.put_live_calls(day, now, calls).await?;
    info!(calls, "the calls that live are counted");
    Ok(())
}

async fn count_shard(context: &Context, revision: &ClassRevision, shard: u8) -> Result<BTreeMap<Date, u64>, JobError> {
    let (mut days, mut after) = (BTreeMap::new(), None);
    loop {
        let page = context.table.due_days(revision, shard, &SortKey::last(), after).await?;
        for (day, count) in page.days {
            *days.entry(day).or_default() += count;
        }
        after = page.next;
        if after.is_none() {
            return Ok(days);
        }
    }
}
