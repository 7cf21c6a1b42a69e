//! The environment, read once at cold start.

use store::{ConfigError, RulebooksConfig, Variables};

/// The environment of `clip`.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `DERIVED_BUCKET`: where clips are put.
    pub derived_bucket: String,
    /// `RECORDINGS_BUCKET`: where redacted versions are put.
    pub recordings_bucket: String,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        Ok(Self {
            rulebooks: RulebooksConfig::read(&variables)?,
            derived_bucket: variables.needed("DERIVED_BUCKET")?,
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
        })
    }
}
