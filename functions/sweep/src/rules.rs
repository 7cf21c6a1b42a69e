//! The rules that a batch rests on, and which days they make due.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::breaker;
use policy::retention::ClassRevision;
use policy::rulebook::Rulebook;
use store::SortKey;

use crate::context::{Context, SweepError};

/// Rules older than this are not claimed on, by the wall clock.
const RULES_LIMIT: SignedDuration = SignedDuration::from_secs(60);

/// 1 hour, four runs: so long what was claimed under the rulebook before is looked for as that one nominated it.
const CLAIMS_LIMIT: SignedDuration = SignedDuration::from_hours(1);

/// The rules that a batch of claims rests on.
pub(crate) struct Rules {
    pub(crate) rulebook: Arc<Rulebook>,
    /// The rulebook before, where it was in force a moment ago: what it nominated may be claimed and not finished.
    before: Option<Arc<Rulebook>>,
    pub(crate) read_at: Timestamp,
}

impl Rules {
    /// The rules in force, where the clock is AWS's.
    pub(crate) async fn read(context: &Context) -> Result<Self, SweepError> {
        let read_at = context.connection.now();
        let (rulebook, before) = context.rulebooks.in_force_and_before(read_at, CLAIMS_LIMIT).await?;
        // NEVER EARLY: the rules say when by our clock. One that is minutes off AWS's claims nothing.
        if !breaker::is_clock_right(read_at, context.rulebooks.aws_date()) {
            return Err(SweepError::Clock);
        }
        Ok(Self { rulebook, before, read_at })
    }

    /// The end of the range of days that a revision nominates. NEVER LATE: a claim is never taken back, so what a longer
    /// period no longer nominates is still looked at.
    pub(crate) fn latest_due(&self, revision: &ClassRevision, now: Timestamp) -> Option<SortKey> {
        let rulebooks = std::iter::once(&self.rulebook).chain(&self.before);
        rulebooks.filter_map(|rulebook| latest_due(rulebook, revision, now)).max()
    }

    /// Whether nothing more is claimed on them.
    pub(crate) fn are_old(&self, now: Timestamp) -> bool {
        now.duration_since(self.read_at).abs() >= RULES_LIMIT
    }
}

/// The end of the range of days that a revision makes due: all that are more than its days ago, in the company's
/// zone of now. `None` where no calendar reaches back so far, or the revision has no rule.
pub(crate) fn latest_due(rulebook: &Rulebook, revision: &ClassRevision, now: Timestamp) -> Option<SortKey> {
    let keep_days = rulebook.revisions.keep_days(revision)?;
    let first_day_kept: Date = rulebook.day_of(now).checked_sub(i64::from(keep_days).days()).ok()?;
    let first_moment_kept = first_day_kept.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
    // The index counts days, as the moment they begin in UTC; this sorts before all that count from that day.
    Some(SortKey::from_time(first_moment_kept))
}
