//! One run of a job, which may leave the rest to the next.

use jiff::Timestamp;
use store::{Job, StoreError};

use crate::context::Context;

/// One run of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// From then on it leaves the rest to the next run.
    pub(crate) stop_at: Timestamp,
    /// How many runs of the same job came before.
    pub(crate) runs_before: u32,
}

impl Run {
    /// Whether its time is over.
    pub(crate) fn is_over(&self, context: &Context) -> bool {
        context.connection.now() >= self.stop_at
    }

    /// Leaves what is left of its job to the next run.
    pub(crate) async fn send_rest(&self, context: &Context, job: &Job) -> Result<(), StoreError> {
        context.jobs.send_rest(job, self.runs_before + 1).await
    }
}
