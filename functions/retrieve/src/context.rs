//! What the routes work with.

use store::{Connection, IndexQueue, JobsQueue, NumberKeys, Objects, Table};

use crate::config::Config;

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    pub(crate) shared: rokuban_http::context::Context,
    pub(crate) recordings_bucket: String,
    pub(crate) objects: Objects,
    pub(crate) index: IndexQueue,
    pub(crate) jobs: JobsQueue,
    pub(crate) number_keys: NumberKeys,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        let table = Table::new(&connection, config.shared.rulebooks.table.clone());
        Self {
            number_keys: NumberKeys::new(&connection, table, config.data_key),
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
