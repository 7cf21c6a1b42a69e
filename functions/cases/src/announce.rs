//! What `jobs` is told: the holds of a case follow it there, so that a writer learns nothing of what is held.

use rokuban_http::problem::Problem;
use store::Job;

use crate::context::Context;

/// 60 seconds: a request has ended by then, done or not.
const FOLLOWS_AFTER_SECONDS: u16 = 60;

/// Has `jobs` finish what a request that stops in the middle leaves undone: sent before anything is written.
pub(crate) async fn follow_later(context: &Context, job: &Job) -> Result<(), Problem> {
    Ok(context.jobs.send_later(job, FOLLOWS_AFTER_SECONDS).await?)
}

/// Has `jobs` go on at once.
pub(crate) async fn follow(context: &Context, job: &Job) -> Result<(), Problem> {
    Ok(context.jobs.send(job).await?)
}
