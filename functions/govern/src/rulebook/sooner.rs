//! Whether something that stands may be deleted sooner under a rulebook, and when it comes into force.

use jiff::{SignedDuration, Timestamp};
use policy::rulebook::{Publication, Rulebook};
use rokuban_http::problem::{FAILED, Problem};
use store::{Month, Partition, SortKey, TIME_SHARDS};

use crate::context::Context;

/// NEVER EARLY: also where uploads are read in another way while something waits in quarantine. What is understood then
/// may be of a call whose period is long over.
pub(super) async fn deletes_sooner(
    context: &Context,
    publication: &Publication,
    in_force: &Rulebook,
    now: Timestamp,
) -> Result<bool, Problem> {
    if publication.deletes_sooner || !publication.reads_differently {
        return Ok(publication.deletes_sooner);
    }
    is_anything_quarantined(context, in_force, now).await
}

/// Whether anything waits in quarantine: it lies under the months in which it was taken in.
pub(super) async fn is_anything_quarantined(
    context: &Context,
    rulebook: &Rulebook,
    now: Timestamp,
) -> Result<bool, Problem> {
    for month in months_back(now, rulebook.quarantine_days) {
        for shard in 0..TIME_SHARDS {
            let partition = Partition::Quarantine(month.clone(), shard);
            let (found, _) = context.shared.table.list(&partition, &SortKey::first(), &SortKey::last(), 1).await?;
            if !found.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The months of the last days, newest first.
fn months_back(now: Timestamp, days: u32) -> Vec<Month> {
    let back = |day: u32| now.checked_sub(SignedDuration::from_hours(24 * i64::from(day))).ok();
    let mut months: Vec<Month> = (0..=days.saturating_add(1)).filter_map(back).map(Month::of).collect();
    months.dedup();
    months
}

/// When a rulebook that is stored now comes into force: one that deletes sooner waits longer, so that
/// it can be withdrawn.
pub(super) fn effective_at(context: &Context, now: Timestamp, deletes_sooner: bool) -> Result<Timestamp, Problem> {
    let delay_seconds =
        if deletes_sooner { context.publish_sooner_delay_seconds } else { context.publish_delay_seconds };
    now.checked_add(SignedDuration::from_secs(delay_seconds.into())).map_err(|error| {
        tracing::error!(%error, "the clock stands at the end of the calendar");
        Problem::of(&FAILED)
    })
}

/// No number is left for another revision of a class.
pub(super) fn full(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "a class has no revision left");
    Problem::of(&FAILED)
}
