//! The environment, read once at cold start.

use store::{ConfigError, Variables};

/// What `cases` reads of its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose tokens count, and where the rulebooks lie.
    pub shared: rokuban_http::config::Config,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self { shared: rokuban_http::config::Config::read(&Variables::new(variable))? })
    }
}
