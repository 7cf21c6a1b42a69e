//! The environment, read once at cold start.

use store::{ConfigError, RulebooksConfig, Variables};

/// The environment of `deliver`.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `DERIVED_BUCKET`: where packages lie.
    pub derived_bucket: String,
    /// `PACKAGE_ORIGIN`: where the page's button may lead.
    pub package_origin: String,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        Ok(Self {
            rulebooks: RulebooksConfig::read(&variables)?,
            derived_bucket: variables.needed("DERIVED_BUCKET")?,
            package_origin: variables.needed("PACKAGE_ORIGIN")?,
        })
    }
}
