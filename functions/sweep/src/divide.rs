//! Where more is due than one run can end, the schedule's run takes a part of it and starts others for the rest.

use policy::id::CallId;
use tracing::info;

use crate::context::SweepError;
use crate::rules::{Rules, latest_due};
use crate::run::Run;
use crate::task::{Part, Task, calls_in, runs_needed};

impl Run<'_> {
    /// Looks how much is due, once in the schedule's run, and starts others where that is too much for one.
    pub(crate) async fn divide(&self, rules: &Rules, shard: u8) {
        if let Err(failure) = self.try_to_divide(rules, shard).await {
            self.fail(failure);
        }
    }

    async fn try_to_divide(&self, rules: &Rules, shard: u8) -> Result<(), SweepError> {
        let limit = self.context.runs_at_once;
        if !self.task.get().may_divide() || self.has_counted.replace(true) || limit < 2 {
            return Ok(());
        }
        let time_left = self.stop_at.duration_since(self.context.connection.now());
        let due = self.estimate_due(rules, shard, limit.saturating_mul(calls_in(time_left))).await?;
        // NEVER EARLY: for what the day may not lose no run is needed.
        let due = due.min(self.allowance.room());
        let runs = u16::try_from(runs_needed(due, time_left).min(limit)).unwrap_or(1);
        if runs < 2 {
            return Ok(());
        }
        info!(due, runs, "more is due than one run can end");
        // Another one each time: where the others never run, each part is once this run's.
        let own = u16::from(self.first_shard()) % runs;
        let mut is_divided = true;
        for number in (0..runs).filter(|number| *number != own) {
            let task = Task { part: Some(Part { number, of: runs }), helps: true, ..Task::default() };
            if let Err(failure) = self.context.start_run(task).await {
                self.fail(failure);
                is_divided = false;
            }
        }
        // NEVER LATE: a part that nobody may have is this run's too.
        if is_divided {
            self.task.set(Task { part: Some(Part { number: own, of: runs }), ..self.task.get() });
        }
        Ok(())
    }

    /// About how many calls are due, by one shard: a call's shard is its hash. Counts no further than `enough`.
    async fn estimate_due(&self, rules: &Rules, shard: u8, enough: u64) -> Result<u64, SweepError> {
        let mut due = 0;
        for (revision, _) in rules.rulebook.revisions.iter() {
            let Some(until) = latest_due(&rules.rulebook, revision, rules.read_at) else { continue };
            let enough_here = enough.saturating_sub(due) / u64::from(CallId::SHARDS);
            let count = self.count_shard(revision, shard, &until, enough_here).await?;
            due += count.saturating_mul(u64::from(CallId::SHARDS));
        }
        Ok(due)
    }
}
