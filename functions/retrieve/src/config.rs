//! The environment, read once at cold start.

use store::{ConfigError, Variables};

/// What `retrieve` reads of its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose tokens count, and where the rulebooks lie.
    pub shared: rokuban_http::config::Config,
    /// `RECORDINGS_BUCKET`: URLs are made for objects of this bucket alone.
    pub recordings_bucket: String,
    /// `INDEX_QUEUE_URL`: where a correction is announced.
    pub index_queue_url: String,
    /// `JOBS_QUEUE_URL`: receives what a request may leave undone.
    pub jobs_queue_url: String,
    /// `DATA_KEY`: the key of KMS that the keys of numbers' hashes are wrapped under.
    pub data_key: String,
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
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
            index_queue_url: variables.needed("INDEX_QUEUE_URL")?,
            jobs_queue_url: variables.needed("JOBS_QUEUE_URL")?,
            data_key: variables.needed("DATA_KEY")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_variable_that_is_missing_is_named() {
        for missing in ["RECORDINGS_BUCKET", "INDEX_QUEUE_URL", "JOBS_QUEUE_URL", "DATA_KEY", "TABLE_NAME", "ISSUER"] {
            let error =
                Config::read(|name| (name != missing).then(|| "60".to_owned()).filter(|_| name != "ACCESS_TOKEN_RULE"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }
}
