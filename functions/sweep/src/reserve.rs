//! Reserving what a run may claim, and giving back what it did not.

use jiff::civil::Date;
use policy::retention::ClassRevision;
use store::retry::{Attempt, on_conflict};
use store::{SortKey, SweepDay};
use tracing::{error, warn};

use crate::context::{ATTEMPTS, SweepError};
use crate::rules::{Rules, latest_due};
use crate::run::Run;

impl Run<'_> {
    /// Reserves that many calls, or as many as the day may still lose, less what is reserved already.
    pub(crate) async fn reserve(&self, rules: &Rules, wanted: usize) -> Result<(), SweepError> {
        let today = rules.rulebook.day_of(self.context.connection.now());
        self.allowance.begin(today);
        let outcome = on_conflict(&self.context.connection, ATTEMPTS, async || {
            let missing = (wanted as u64).saturating_sub(self.allowance.reserved.get());
            if missing == 0 || self.allowance.has_no_room.get() {
                return Ok(Attempt::Done(()));
            }
            self.try_to_reserve(today, missing).await
        });
        if outcome.await? == Attempt::Conflict {
            warn!("others kept reserving deletions: the next run goes on");
        }
        Ok(())
    }

    /// Takes one call of what was reserved, or reserves it now. `false`: the day may lose no more.
    pub(crate) async fn take_from_allowance(&self, rules: &Rules) -> Result<bool, SweepError> {
        if self.allowance.take_one() {
            return Ok(true);
        }
        self.reserve(rules, 1).await?;
        Ok(self.allowance.take_one())
    }

    async fn try_to_reserve(&self, today: Date, missing: u64) -> Result<Attempt<()>, SweepError> {
        let known = self.allowance.day.borrow().clone().filter(|day| day.room() >= missing);
        let day = match known {
            Some(day) => day,
            None => self.context.table.begin_sweep_day(today).await?,
        };
        if self.allowance.waited.get().is_none() {
            self.allowance.waited.set(Some(day.waiting));
        }
        let count = missing.min(day.room());
        if count == 0 {
            self.allowance.has_no_room.set(true);
            let SweepDay { live, allowed, approved, .. } = day;
            error!(
                live,
                allowed, approved, "the day may lose no more calls: the rest waits for an approval, or tomorrow"
            );
            self.allowance.day.replace(Some(day));
            return Ok(Attempt::Done(()));
        }
        let reserved = self.context.table.reserve_deletions(&day, count).await?;
        let outcome = if reserved.is_some() { Attempt::Done(()) } else { Attempt::Conflict };
        if reserved.is_some() {
            self.allowance.reserved.set(self.allowance.reserved.get() + count);
        }
        // `None`: another run reserved meanwhile, and the day is read again.
        self.allowance.day.replace(reserved);
        Ok(outcome)
    }

    /// Gives back what was reserved and not used, and writes how many calls wait. Answers how many those are.
    pub(crate) async fn settle_allowance(&self) -> Result<u64, SweepError> {
        let Some(SweepDay { day, .. }) = self.allowance.day.borrow().clone() else {
            return Ok(0);
        };
        let table = &self.context.table;
        let unused = self.allowance.reserved.take();
        if unused > 0 {
            table.give_deletions_back(day, unused).await?;
        }
        if self.allowance.has_no_room.get() {
            let waiting = self.count_waiting().await?;
            table.note_waiting(day, waiting, None).await?;
            return Ok(waiting);
        }
        // What waited before this run has gone. What a run beside it found to wait since then waits.
        if let Some(waited) = self.allowance.waited.get().filter(|waited| *waited > 0) {
            table.note_waiting(day, 0, Some(waited)).await?;
        }
        Ok(0)
    }

    /// How many calls the index nominates that were not taken, as far as there is time to count.
    async fn count_waiting(&self) -> Result<u64, SweepError> {
        let rules = self.read_rules().await?;
        let mut waiting = 0;
        for (revision, _) in rules.rulebook.revisions.iter() {
            for shard in self.shards() {
                let Some(until) = latest_due(&rules.rulebook, revision, rules.read_at) else { break };
                waiting += self.count_shard(revision, shard, &until, u64::MAX).await?;
                if self.is_over() {
                    return Ok(waiting);
                }
            }
        }
        Ok(waiting)
    }

    /// How many calls of one shard a revision nominates; no further than `enough`, and the page that has them.
    pub(crate) async fn count_shard(
        &self,
        revision: &ClassRevision,
        shard: u8,
        until: &SortKey,
        enough: u64,
    ) -> Result<u64, SweepError> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.context.table.due_days(revision, shard, until, after).await?;
            count += page.days.iter().map(|(_, calls)| calls).sum::<u64>();
            after = page.next;
            if after.is_none() || count >= enough {
                return Ok(count);
            }
        }
    }
}
