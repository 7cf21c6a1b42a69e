//! The environment, read once at cold start.

use store::{ConfigError, Variables};

/// The environment of `ingest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `RECORDINGS_BUCKET`: events of any other bucket are refused.
    pub recordings_bucket: String,
    /// `INDEX_QUEUE_URL`.
    pub index_queue_url: String,
    /// `MAX_OBJECT_BYTES`: what is longer is not read but put in quarantine. 1 byte to 5 TiB; the default is 2 GiB.
    pub max_object_bytes: u64,
}

/// 2 GiB: eighteen hours of stereo PCM at 16 kHz.
const MAX_OBJECT_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// 5 TiB: what S3 stores in one object.
const S3_LIMIT_BYTES: u64 = 5 * 1024 * 1024 * 1024 * 1024;

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        Ok(Self {
            table: variables.needed("TABLE_NAME")?,
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
            index_queue_url: variables.needed("INDEX_QUEUE_URL")?,
            max_object_bytes: variables.number("MAX_OBJECT_BYTES", 1, S3_LIMIT_BYTES, MAX_OBJECT_BYTES)?,
        })
    }
}
