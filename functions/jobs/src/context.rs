//! What the jobs work with.

use store::{
    ClipQueue, Connection, Copies, Decisions, IndexQueue, IngestQueue, JobsQueue, Logins, Objects, Redelivery,
    Rulebooks, Table,
};

use crate::channels::Channels;
use crate::config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct Context {
    pub(crate) connection: Connection,
    pub(crate) redelivery: Redelivery,
    pub(crate) table: Table,
    pub(crate) objects: Objects,
    pub(crate) rulebooks: Rulebooks,
    pub(crate) recordings_bucket: String,
    pub(crate) decisions: Decisions,
    pub(crate) copies: Option<Copies>,
    pub(crate) ingest: IngestQueue,
    pub(crate) index: IndexQueue,
    pub(crate) jobs: JobsQueue,
    pub(crate) clip: ClipQueue,
    /// Where the stack keeps the logins, and not the company's own identity provider.
    pub(crate) logins: Option<Logins>,
    pub(crate) admin_login: String,
    pub(crate) channels: Channels,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            redelivery: Redelivery::new(&connection),
            table: Table::new(&connection, config.rulebooks.table.clone()),
            objects: Objects::new(&connection),
            recordings_bucket: config.recordings_bucket,
            decisions: Decisions::new(&connection, config.decided_bucket),
            copies: config.copies.map(|copies| Copies::new(&connection, copies)),
            ingest: IngestQueue::new(&connection, config.ingest_queue_url),
            index: IndexQueue::new(&connection, config.index_queue_url),
            jobs: JobsQueue::new(&connection, config.jobs_queue_url),
            clip: ClipQueue::new(&connection, config.clip_queue_url),
            logins: config.user_pool_id.map(|pool| Logins::new(&connection, pool)),
            channels: Channels::new(&connection, config.notifications),
            admin_login: config.rulebooks.admin_login.clone(),
            rulebooks: Rulebooks::new(&connection, config.rulebooks),
            connection,
        }
    }
}
