//! What the routes work with.

use store::{ClipQueue, Connection, JobsQueue, Objects};

use crate::config::Config;

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    pub(crate) shared: rokuban_http::context::Context,
    pub(crate) jobs: JobsQueue,
    pub(crate) clips: ClipQueue,
    pub(crate) objects: Objects,
    pub(crate) derived_bucket: String,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            clips: ClipQueue::new(&connection, config.clip_queue_url),
            objects: Objects::new(&connection),
            derived_bucket: config.derived_bucket,
            shared: rokuban_http::context::Context::new(config.shared, connection),
        }
    }
}

impl AsRef<rokuban_http::context::Context> for Context {
    fn as_ref(&self) -> &rokuban_http::context::Context {
        &self.shared
    }
}
