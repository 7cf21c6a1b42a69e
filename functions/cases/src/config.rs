//! The environment, read once at cold start.

use store::{ConfigError, Variables};

/// What `cases` reads of its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose tokens count, and where the rulebooks lie.
    pub shared: rokuban_http::config::Config,
    /// `JOBS_QUEUE_URL`: where a change of holds is announced.
    pub jobs_queue_url: String,
    /// `CLIP_QUEUE_URL`: where what is to be cut is announced.
    pub clip_queue_url: String,
    /// `DERIVED_BUCKET`: where clips and packages lie.
    pub derived_bucket: String,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        Ok(Self {
            shared: rokuban_http::config::Config::read(&variables)?,
            jobs_queue_url: variables.needed("JOBS_QUEUE_URL")?,
            clip_queue_url: variables.needed("CLIP_QUEUE_URL")?,
            derived_bucket: variables.needed("DERIVED_BUCKET")?,
        })
    }
}
