//! One run: what was claimed before, then what is due, call by call, some at once.

use std::cell::{Cell, RefCell};

use jiff::{SignedDuration, Timestamp};
use policy::call::{self, Claim};
use policy::id::CallId;
use policy::recording::CallReference;
use policy::retention::ClassRevision;
use store::WriteOutcome;
use store::retry::{Attempt, on_conflict};
use tracing::{error, warn};

use crate::allowance::Allowance;
use crate::context::{ATTEMPTS, Context, SweepError};
use crate::derived;
use crate::finish::{ClaimedCall, Taken, read_claimed};
use crate::rules::Rules;
use crate::summary::Summary;
use crate::task::Task;

/// 100 calls: few enough that rules read before them are seconds old when the last is claimed.
const BATCH_CALLS: u16 = 100;

/// 6 hours: the calls of a day are due at one midnight, and gone in the morning.
const PROMISE: SignedDuration = SignedDuration::from_hours(6);

/// 15 minutes between two runs: each begins with another shard.
const RUN_EVERY_SECONDS: i64 = 15 * 60;

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a Context,
    pub(crate) id: &'a str,
    pub(crate) stop_at: Timestamp,
    /// What of everything it does.
    pub(crate) task: Cell<Task>,
    /// Whether it has looked how much is due.
    pub(crate) has_counted: Cell<bool>,
    /// The first error: it is the run's answer, after everything else was worked on.
    failure: RefCell<Option<SweepError>>,
    /// Whether a call that was left has been looked at.
    has_looked_back: Cell<bool>,
    /// How many batches it has ended.
    pub(crate) batches: Cell<u32>,
    /// What it may claim.
    pub(crate) allowance: Allowance,
    /// Whether the copy's Region did not answer: this run asks it nothing more.
    pub(crate) are_copies_away: Cell<bool>,
}

impl<'a> Run<'a> {
    /// A run that stops at a moment; its id names its claims.
    pub(crate) fn new(context: &'a Context, id: &'a str, stop_at: Timestamp, task: Task) -> Self {
        Self {
            context,
            id,
            stop_at,
            task: Cell::new(task),
            has_counted: Cell::new(false),
            failure: RefCell::new(None),
            has_looked_back: Cell::new(false),
            batches: Cell::new(0),
            allowance: Allowance::default(),
            are_copies_away: Cell::new(false),
        }
    }

    /// Everything that is claimed or due, until time is up; of a run that helps another, its part of what is due.
    pub(crate) async fn sweep(&self) -> (Summary, Result<(), SweepError>) {
        let mut summary = Summary::default();
        let is_alone = !self.task.get().helps;
        if is_alone && let Err(failure) = self.retry_parked(&mut summary).await {
            self.fail(failure);
        }
        if is_alone && let Err(failure) = self.sweep_requested(&mut summary).await {
            self.fail(failure);
        }
        if is_alone && let Err(failure) = self.sweep_derived(&mut summary).await {
            self.fail(failure);
        }
        if let Err(failure) = self.sweep_due(&mut summary).await {
            self.fail(failure);
        }
        if is_alone && let Err(failure) = self.check_copies(&mut summary).await {
            self.fail(failure);
        }
        match self.settle_allowance().await {
            Ok(waiting) => summary.stopped = waiting,
            Err(failure) => self.fail(failure),
        }
        (summary, self.failure.take().map_or(Ok(()), Err))
    }

    /// One call.
    pub(crate) async fn sweep_call(&self, reference: &CallReference) -> (Summary, Result<(), SweepError>) {
        let mut summary = Summary::default();
        match self.read_rules().await {
            Ok(rules) => {
                let calls = vec![reference.clone()];
                summary += self.end_batch(calls, |reference| self.consider(&rules, reference)).await;
            }
            Err(failure) => self.fail(failure),
        }
        if let Err(failure) = self.settle_allowance().await {
            self.fail(failure);
        }
        (summary, self.failure.take().map_or(Ok(()), Err))
    }

    /// Every shard, from another one on each time: none is always the last.
    pub(crate) fn shards(&self) -> impl Iterator<Item = u8> + use<> {
        let first = self.first_shard();
        (first..CallId::SHARDS).chain(0..first)
    }

    /// The shard to begin with.
    pub(crate) fn first_shard(&self) -> u8 {
        let run = self.context.connection.now().as_second().div_euclid(RUN_EVERY_SECONDS);
        u8::try_from(run.rem_euclid(i64::from(CallId::SHARDS))).unwrap_or_default()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.context.connection.now() >= self.stop_at
    }

    pub(crate) fn fail(&self, failure: SweepError) {
        error!(error = %failure, "the sweep could not do all of its work");
        self.failure.borrow_mut().get_or_insert(failure);
    }

    /// Tries again what S3 refused, where its pause is over.
    async fn retry_parked(&self, summary: &mut Summary) -> Result<(), SweepError> {
        let now = self.context.connection.now();
        let mut after = None;
        loop {
            let page = self.context.table.parked(BATCH_CALLS, after).await?;
            let (ready, waiting): (Vec<_>, Vec<_>) = page.calls.into_iter().partition(|parked| parked.retry_at <= now);
            summary.refused += waiting.len() as u64;
            let ready = ready.into_iter().map(|parked| parked.call).collect();
            *summary += self.end_batch(ready, |reference| self.take_claimed(reference)).await;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Sweeps what two people agreed to delete. It waits for nobody's period, so it comes before what is due.
    async fn sweep_requested(&self, summary: &mut Summary) -> Result<(), SweepError> {
        let mut after = None;
        loop {
            let page = self.context.table.requested(BATCH_CALLS, after).await?;
            if !page.calls.is_empty() {
                let rules = &self.read_rules().await?;
                *summary += self.end_batch(page.calls, |reference| self.consider(rules, reference)).await;
            }
            after = page.next;
            if after.is_none() || self.is_over() {
                return Ok(());
            }
        }
    }

    /// Looks at what was cut out of recordings. One that fails keeps no other.
    async fn sweep_derived(&self, summary: &mut Summary) -> Result<(), SweepError> {
        let mut after = None;
        loop {
            let page = self.context.table.derived_due(self.context.connection.now(), BATCH_CALLS, after).await?;
            for place in &page.places {
                if let Err(failure) = derived::look_at(self.context, place).await {
                    summary.failed += 1;
                    self.fail(failure);
                }
            }
            after = page.next;
            if after.is_none() || self.is_over() {
                return Ok(());
            }
        }
    }

    /// Sweeps every revision of the rules in force.
    async fn sweep_due(&self, summary: &mut Summary) -> Result<(), SweepError> {
        let mut rules = self.read_rules().await?;
        let revisions: Vec<ClassRevision> =
            rules.rulebook.revisions.iter().map(|(revision, _)| revision.clone()).collect();
        for revision in &revisions {
            for shard in self.shards() {
                // It may have been divided since.
                if !self.task.get().has_shard(shard) {
                    continue;
                }
                self.sweep_shard(&mut rules, revision, shard, summary).await?;
                // Time is up and a call was left: the other shards wait for the next run too.
                if self.has_looked_back.get() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sweeps one shard of one revision.
    async fn sweep_shard(
        &self,
        rules: &mut Rules,
        revision: &ClassRevision,
        shard: u8,
        summary: &mut Summary,
    ) -> Result<(), SweepError> {
        let mut after = None;
        loop {
            let Some(until) = rules.latest_due(revision, self.context.connection.now()) else {
                return Ok(());
            };
            // Of a shard that some runs divide, as many more: a batch is as large as another.
            let limit = BATCH_CALLS * self.task.get().slices(shard);
            let mut page = match self.context.table.nominated(revision, shard, &until, limit, after).await {
                Ok(page) => page,
                // Another shard may be readable.
                Err(failure) => {
                    self.fail(failure.into());
                    return Ok(());
                }
            };
            page.calls.retain(|call| self.task.get().has_call(&call.id));
            if !page.calls.is_empty() {
                // NEVER EARLY: the pointer is read consistently before each batch of claims.
                *rules = self.read_rules().await?;
                let rules = &*rules;
                self.reserve(rules, page.calls.len()).await?;
                if page.next.is_some() {
                    self.divide(rules, shard).await;
                    if !self.task.get().has_shard(shard) {
                        return Ok(());
                    }
                    page.calls.retain(|call| self.task.get().has_call(&call.id));
                }
                if self.allowance.is_used_up() {
                    // NEVER LATE: what was claimed was counted then, and is finished. It is among the oldest of its shard.
                    *summary += self.end_batch(page.calls, |reference| self.take_claimed(reference)).await;
                    return Ok(());
                }
                *summary += self.end_batch(page.calls, |reference| self.consider(rules, reference)).await;
            }
            after = page.next;
            if after.is_none() || self.is_over() {
                return Ok(());
            }
        }
    }

    /// The rules in force now.
    pub(crate) async fn read_rules(&self) -> Result<Rules, SweepError> {
        Rules::read(self.context).await
    }

    /// What is to be finished of a call that is claimed already.
    async fn take_claimed(&self, reference: CallReference) -> Taken {
        let mut summary = Summary::default();
        let outcome = on_conflict(&self.context.connection, ATTEMPTS, async || {
            read_claimed(self.context, &reference).await.map(Attempt::Done)
        });
        let claimed = self.close(&reference, outcome.await, &mut summary).await.flatten();
        Taken { summary, claimed }
    }

    /// Decides on one nominated call from a consistent read, and claims it if it is due.
    async fn consider(&self, rules: &Rules, reference: CallReference) -> Taken {
        let mut summary = Summary::default();
        let outcome = on_conflict(&self.context.connection, ATTEMPTS, async || {
            self.try_to_claim(rules, &reference, &mut summary).await
        });
        let outcome = outcome.await;
        let claimed = self.close(&reference, outcome, &mut summary).await.flatten();
        Taken { summary, claimed }
    }

    async fn try_to_claim(
        &self,
        rules: &Rules,
        reference: &CallReference,
        summary: &mut Summary,
    ) -> Result<Attempt<Option<ClaimedCall>>, SweepError> {
        let Some(call) = self.context.table.call(reference).await? else {
            return Ok(Attempt::Done(None));
        };
        let now = self.context.connection.now();
        match call::due(&call, &rules.rulebook, now) {
            call::Due::NotBefore(_) => Ok(Attempt::Done(None)),
            call::Due::Held => {
                summary.held = 1;
                Ok(Attempt::Done(None))
            }
            call::Due::Unruled => {
                error!(call = %reference.id, "a call's class has no rule: it is kept");
                summary.unruled = 1;
                Ok(Attempt::Done(None))
            }
            call::Due::Claimed => read_claimed(self.context, reference).await.map(Attempt::Done),
            call::Due::Now if rules.are_old(now) => {
                // Slow, or the clock jumped: the next batch reads the rules again.
                warn!("rules grew old within a batch; the next run goes on");
                summary.left = 1;
                Ok(Attempt::Done(None))
            }
            // What two people agreed on was approved by itself.
            call::Due::Now if !call.is_deletion_agreed(now) && !self.take_from_allowance(rules).await? => {
                summary.stopped = 1;
                Ok(Attempt::Done(None))
            }
            call::Due::Now => {
                let claim = Claim { id: self.id.to_owned(), at: now, rulebook_version: rules.rulebook.version };
                if self.context.table.claim(&call, &claim).await? == WriteOutcome::Conflict {
                    // A leg joined, a hold came, or another run was first: decide again.
                    if !call.is_deletion_agreed(now) {
                        self.allowance.give_back();
                    }
                    return Ok(Attempt::Conflict);
                }
                summary.claimed = 1;
                read_claimed(self.context, reference).await.map(Attempt::Done)
            }
        }
    }

    /// What came of one step of a call. Its failure is counted and logged, and keeps no other.
    pub(crate) async fn close<Value>(
        &self,
        reference: &CallReference,
        outcome: Result<Attempt<Value>, SweepError>,
        summary: &mut Summary,
    ) -> Option<Value> {
        match outcome {
            Ok(Attempt::Done(value)) => return Some(value),
            Ok(Attempt::Conflict) => summary.left += 1,
            Err(failure) => {
                error!(call = %reference.id, error = %failure, "a call could not be swept: the next run tries again");
                summary.failed += 1;
                self.failure.borrow_mut().get_or_insert(failure);
                summary.overdue += u64::from(Box::pin(self.is_overdue(reference)).await);
            }
        }
        None
    }

    /// Leaves a call to the next run. The first one left, the oldest, shows whether the sweep keeps its promise.
    pub(crate) async fn leave(&self, reference: &CallReference) -> Summary {
        let is_first = !self.has_looked_back.replace(true);
        let overdue = u64::from(is_first && self.is_overdue(reference).await);
        Summary { left: 1, overdue, ..Summary::default() }
    }

    /// Whether a call was due longer ago than the promise. Unknown counts as overdue.
    pub(crate) async fn is_overdue(&self, reference: &CallReference) -> bool {
        let Ok(promised) = self.context.connection.now().checked_sub(PROMISE) else {
            return false;
        };
        match (self.context.table.call(reference).await, self.read_rules().await) {
            (Ok(None), _) => false,
            (Ok(Some(mut call)), Ok(rules)) => {
                let claim = call.claim.take();
                let was_due = call::due(&call, &rules.rulebook, promised) == call::Due::Now;
                was_due || claim.is_some_and(|claim| claim.at <= promised)
            }
            _ => true,
        }
    }
}
