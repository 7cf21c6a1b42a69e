//! What `jobs` and `clip` are told. The holds of a case follow it in `jobs`, so that a writer learns nothing of what is held.

use rokuban_http::problem::Problem;
use store::{ClipMessage, Job};

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

/// Has `clip` look at what this request is about to write: nothing is lost where the request stops in the middle.
pub(crate) async fn cut_later(context: &Context, message: &ClipMessage) -> Result<(), Problem> {
    Ok(context.clips.send_later(message, FOLLOWS_AFTER_SECONDS).await?)
}

/// Has `clip` work at once.
pub(crate) async fn cut(context: &Context, message: &ClipMessage) -> Result<(), Problem> {
    Ok(context.clips.send(message).await?)
}
