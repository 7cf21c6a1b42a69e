//! The environment, read once at cold start.

use store::{CopiesConfig, RulebooksConfig};

use crate::channels::NotificationConfig;

/// The environment of `jobs`.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `RECORDINGS_BUCKET`: what is compared with the table.
    pub recordings_bucket: String,
    /// `DECIDED_BUCKET`: keeps what people decided, as the table's stream says it.
    pub decided_bucket: String,
    /// `COPY_BUCKET`, `COPY_REGION`: where recordings are copied to; without them they are not.
    pub copies: Option<CopiesConfig>,
    /// `INGEST_QUEUE_URL`: receives what S3 should have sent.
    pub ingest_queue_url: String,
    /// `INDEX_QUEUE_URL`: receives what is to be merged again.
    pub index_queue_url: String,
    /// `USER_POOL_ID`: whose users follow the staff list; without it no login is changed.
    pub user_pool_id: Option<String>,
    /// `JOBS_QUEUE_URL`: where the next slice waits.
    pub jobs_queue_url: String,
    /// `CLIP_QUEUE_URL`: receives redactions to be made.
    pub clip_queue_url: String,
    /// Where what waits is reported.
    pub notifications: NotificationConfig,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, store::ConfigError> {
        let variables = store::Variables::new(variable);
        Ok(Self {
            rulebooks: RulebooksConfig::read(&variables)?,
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
            decided_bucket: variables.needed("DECIDED_BUCKET")?,
            copies: CopiesConfig::read(&variables)?,
            ingest_queue_url: variables.needed("INGEST_QUEUE_URL")?,
            index_queue_url: variables.needed("INDEX_QUEUE_URL")?,
            user_pool_id: variables.optional("USER_POOL_ID"),
            jobs_queue_url: variables.needed("JOBS_QUEUE_URL")?,
            clip_queue_url: variables.needed("CLIP_QUEUE_URL")?,
            notifications: NotificationConfig::read(&variables)?,
        })
    }
}
