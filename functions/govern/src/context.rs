//! What the routes work with.

use store::{Connection, Decisions, JobsQueue};

use crate::config::Config;

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    pub(crate) shared: rokuban_http::context::Context,
    pub(crate) jobs: JobsQueue,
    pub(crate) decisions: Decisions,
    pub(crate) backstop_days: u32,
    pub(crate) publish_delay_seconds: u32,
    pub(crate) publish_sooner_delay_seconds: u32,
    pub(crate) needs_second_publisher: bool,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            backstop_days: config.backstop_days,
            decisions: Decisions::new(&connection, config.decided_bucket),
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            publish_delay_seconds: config.publish_delay_seconds,
            publish_sooner_delay_seconds: config.publish_sooner_delay_seconds,
            needs_second_publisher: config.needs_second_publisher,
            shared: rokuban_http::context::Context::new(config.shared, connection),
        }
    }
}

impl AsRef<rokuban_http::context::Context> for Context {
    fn as_ref(&self) -> &rokuban_http::context::Context {
        &self.shared
    }
}
