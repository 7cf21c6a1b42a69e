//! What the routes work with.

use store::{Connection, IndexQueue, JobsQueue, Objects};

use crate::config::Config;

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    pub(crate) shared: rokuban_http::context::Context,
    pub(crate) recordings_bucket: String,
    pub(crate) objects: Objects,
    pub(crate) index: IndexQueue,
    pub(crate) jobs: JobsQueue,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            objects: Objects::new(&connection),
            index: IndexQueue::new(&connection, config.index_queue_url),
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            recordings_bucket: config.recordings_bucket,
            shared: rokuban_http::context::Context::new(config.shared, connection),
        }
    }
}

impl AsRef<rokuban_http::context::Context> for Context {
    fn as_ref(&self) -> &rokuban_http::context::Context {
        &self.shared
    }
}
