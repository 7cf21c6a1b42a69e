//! The environment, read once at cold start.

use store::{ConfigError, CopiesConfig, RulebooksConfig, Variables};

/// The environment of `sweep`.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`; the pointer is read again before every batch of claims.
    pub rulebooks: RulebooksConfig,
    /// `RECORDINGS_BUCKET`: asked, after a restore, what of the journal is gone.
    pub recordings_bucket: String,
    /// `AUDIT_BUCKET`: where the journal is kept.
    pub audit_bucket: String,
    /// `DERIVED_BUCKET`: where what was cut out of recordings is kept.
    pub derived_bucket: String,
    /// `COPY_BUCKET`, `COPY_REGION`: where recordings are copied to; without them they are not.
    pub copies: Option<CopiesConfig>,
    /// `DATA_KEY`: the key of KMS that the keys of numbers' hashes are wrapped under.
    pub data_key: String,
    /// `AWS_LAMBDA_FUNCTION_NAME`, which Lambda sets: a run that ends by time starts the next.
    pub function_name: String,
    /// `SWEEP_RUNS`: how many runs of one schedule may be at work at once.
    pub runs_at_once: u64,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        Ok(Self {
            rulebooks: RulebooksConfig::read(&variables)?,
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
            audit_bucket: variables.needed("AUDIT_BUCKET")?,
            derived_bucket: variables.needed("DERIVED_BUCKET")?,
            copies: CopiesConfig::read(&variables)?,
            data_key: variables.needed("DATA_KEY")?,
            function_name: variables.needed("AWS_LAMBDA_FUNCTION_NAME")?,
            runs_at_once: variables.number("SWEEP_RUNS", 1, 64, 4)?,
        })
    }
}
