//! The environment, read once at cold start.

use store::RulebooksConfig;

/// What `index` is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `JOBS_QUEUE_URL`: who is told of a call log.
    pub jobs_queue_url: String,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, store::ConfigError> {
        let variables = store::Variables::new(variable);
        Ok(Self { rulebooks: RulebooksConfig::read(&variables)?, jobs_queue_url: variables.needed("JOBS_QUEUE_URL")? })
    }
}
