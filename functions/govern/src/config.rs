//! The environment, read once at cold start.

use store::{ConfigError, Variables};

/// What `govern` reads of its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose tokens count, and where the rulebooks lie.
    pub shared: rokuban_http::config::Config,
    /// `DECIDED_BUCKET`: what was published, as the table's stream says it.
    pub decided_bucket: String,
    /// `JOBS_QUEUE_URL`: receives the shards of a plan.
    pub jobs_queue_url: String,
    /// `BACKSTOP_DAYS`: after how many days S3 itself ends an object, 395 to 36,500; default 3,650.
    pub backstop_days: u32,
    /// `PUBLISH_DELAY_SECONDS`: how long a published rulebook waits, in seconds: 1 to 86,400; default 120.
    pub publish_delay_seconds: u32,
    /// `PUBLISH_SOONER_DELAY_SECONDS`: the same for one that deletes sooner: 1 to 604,800; default 86,400.
    pub publish_sooner_delay_seconds: u32,
    /// `SECOND_PUBLISHER`: whether another admin must publish the same where admins, access, limits or periods change;
    /// `true` or `false`, the default.
    pub needs_second_publisher: bool,
}

/// A day: what is pending can be withdrawn until then.
const DAY_SECONDS: u64 = 86_400;

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        let delay = |name, limit, default| {
            variables.number(name, 1, limit, default).map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
        };
        Ok(Self {
            shared: rokuban_http::config::Config::read(&variables)?,
            backstop_days: variables
                .number("BACKSTOP_DAYS", 395, 36_500, 3_650)
                .map(|days| u32::try_from(days).unwrap_or(u32::MAX))?,
            decided_bucket: variables.needed("DECIDED_BUCKET")?,
            jobs_queue_url: variables.needed("JOBS_QUEUE_URL")?,
            publish_delay_seconds: delay("PUBLISH_DELAY_SECONDS", DAY_SECONDS, 120)?,
            publish_sooner_delay_seconds: delay("PUBLISH_SOONER_DELAY_SECONDS", 7 * DAY_SECONDS, DAY_SECONDS)?,
            needs_second_publisher: read_flag(&variables, "SECOND_PUBLISHER")?,
        })
    }
}

/// A word that is misspelt switches nothing off unseen.
fn read_flag(variables: &Variables<'_>, name: &'static str) -> Result<bool, ConfigError> {
    match variables.optional(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ConfigError::Form { name, form: "true or false" }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let needed = [
            ("TABLE_NAME", "table"),
            ("RULEBOOK_BUCKET", "rulebooks"),
            ("ADMIN_LOGIN", "yamada"),
            ("ISSUER", "https://issuer.test/pool"),
            ("AUDIENCE", "console"),
            ("DECIDED_BUCKET", "decided"),
            ("JOBS_QUEUE_URL", "https://queues.test/jobs"),
        ];
        Config::read(|name| {
            let of = |(given, _): &&(&str, &str)| *given == name;
            let value = given.iter().find(of).or_else(|| needed.iter().find(of));
            value.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_delays_have_defaults_and_limits() {
        let config = read(&[]).unwrap();
        assert_eq!((config.publish_delay_seconds, config.publish_sooner_delay_seconds), (120, 86_400));
        for (name, value) in [
            ("PUBLISH_DELAY_SECONDS", "0"),
            ("PUBLISH_DELAY_SECONDS", "86401"),
            ("PUBLISH_SOONER_DELAY_SECONDS", "soon"),
            ("PUBLISH_SOONER_DELAY_SECONDS", "604801"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_second_publisher_is_needed_where_it_is_said_and_a_misspelt_word_is_an_error() {
        for (text, expected) in [("", Some(false)), ("false", Some(false)), ("true", Some(true)), ("True", None)] {
            let config = read(&[("SECOND_PUBLISHER", text)]);
            assert_eq!(config.ok().map(|config| config.needs_second_publisher), expected, "{text}");
        }
        assert!(!read(&[]).unwrap().needs_second_publisher);
    }
}
