//! Indexing again what a new rulebook may understand better: quarantine, and calls without a team. What ends in
//! quarantine is announced before.

use jiff::{SignedDuration, Timestamp};
use policy::recording::State;
use policy::rulebook::Rulebook;
use store::{IndexMessage, Job, Month, Partition, SortKey, Stored, TIME_SHARDS, metrics};
use tracing::info;

use crate::context::Context;
use crate::error::JobError;
use crate::run::Run;

/// 14 days: time for a person to say what a recording is before it ends.
const ANNOUNCED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 14);

/// 500 entries a page.
const PAGE: u16 = 500;

/// Every hour: all of it is indexed again if another rulebook is in force than the last time.
pub(crate) async fn schedule(context: &Context) -> Result<(), JobError> {
    let now = context.connection.now();
    let rulebook = context.rulebooks.in_force(now).await?;
    announce(context, &rulebook, now).await?;
    if context.table.reindexed_by().await? == Some(rulebook.version) {
        return Ok(());
    }
    for partition in partitions(&rulebook, now) {
        context.jobs.send(&Job::Reindex { partition, before: None }).await?;
    }
    // Behind the jobs: a run that dies in between sends them again, which changes nothing.
    context.table.put_reindexed_by(rulebook.version).await?;
    Ok(())
}

/// Where what is still in quarantine lies, under the months it was taken in, and what has no team, under
/// the months of the calls.
fn partitions(rulebook: &Rulebook, now: Timestamp) -> Vec<Partition> {
    let shards = |month: Month| (0..TIME_SHARDS).map(move |shard| Partition::Quarantine(month.clone(), shard));
    let mut partitions: Vec<_> = months_back(now, rulebook.quarantine_days).into_iter().flat_map(shards).collect();
    // What came late enough to be over has no more than its settling left.
    let longest = rulebook.revisions.iter().map(|(_, keep_days)| keep_days).max().unwrap_or_default();
    let kept_days = longest.saturating_add(rulebook.settle_hours.div_ceil(24));
    partitions.extend(months_back(now, kept_days).into_iter().map(Partition::Teamless));
    partitions
}

/// The months of the last days, newest first.
fn months_back(now: Timestamp, days: u32) -> Vec<Month> {
    let back = |day: u32| now.checked_sub(SignedDuration::from_hours(24 * i64::from(day))).ok();
    let mut months: Vec<Month> = (0..=days.saturating_add(1)).filter_map(back).map(Month::of).collect();
    months.dedup();
    months
}

/// Counts what ends within [`ANNOUNCED_BEFORE`] for an alarm.
async fn announce(context: &Context, rulebook: &Rulebook, now: Timestamp) -> Result<(), JobError> {
    let kept = SignedDuration::from_hours(24 * i64::from(rulebook.quarantine_days));
    let (Ok(from), Ok(until)) = (now.checked_sub(kept), now.checked_sub(kept - ANNOUNCED_BEFORE)) else {
        return Ok(());
    };
    let mut ending = 0;
    let mut months = vec![Month::of(from), Month::of(until)];
    months.dedup();
    for month in months {
        for shard in 0..TIME_SHARDS {
            let partition = Partition::Quarantine(month.clone(), shard);
            let mut bound = SortKey::from_time(until);
            loop {
                let (page, has_more) = context.table.list(&partition, &SortKey::from_time(from), &bound, PAGE).await?;
                ending += page.iter().filter(|(at, _)| *at != bound).count() as u64;
                match page.last() {
                    Some((last, _)) if has_more && *last != bound => bound.clone_from(last),
                    _ => break,
                }
            }
        }
    }
    metrics::emit(now, &[("QuarantineEnding", ending)]);
    Ok(())
}

/// Has one partition indexed again, newest first, on from a sort key.
pub(crate) async fn reindex(
    context: &Context,
    partition: &Partition,
    before: Option<SortKey>,
    run: Run,
) -> Result<(), JobError> {
    let mut until = before.unwrap_or_else(SortKey::last);
    let mut sent = 0_u64;
    loop {
        let (page, has_more) = context.table.list(partition, &SortKey::first(), &until, PAGE).await?;
        for (_, view) in page.iter().filter(|(at, _)| *at != until) {
            // The index may be behind, and it does not say the key.
            if let Some(stored) = context.table.recording(&view.id).await?
                && let Stored::Recording(recording) = stored.stored
                && (recording.view.state == State::Quarantined || recording.view.team.is_none())
            {
                let object = &recording.object;
                context.index.send(&IndexMessage::of(object)).await?;
                sent += 1;
            }
        }
        match page.last() {
            Some((last, _)) if has_more && *last != until => until.clone_from(last),
            _ => break,
        }
        if run.is_over(context) {
            let job = Job::Reindex { partition: partition.clone(), before: Some(until) };
            run.send_rest(context, &job).await?;
            break;
        }
    }
    info!(sent, "indexed again");
    Ok(())
}
