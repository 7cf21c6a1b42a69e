//! The environment, read once at cold start.

use jiff::SignedDuration;
use store::{ConfigError, Variables};

/// What `console` reads of its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`: the table, of which the sessions are read.
    pub table: String,
    /// `CONSOLE_ORIGIN`: the one origin of the pages, without a slash at its end.
    pub origin: String,
    /// `API_URL`: what the paths of the API are put behind, without a slash at its end.
    pub api_url: String,
    /// `ISSUER`: who people sign in at.
    pub issuer: String,
    /// `DISCOVERY_URL`: where the issuer's document lies, when not below the issuer itself.
    pub discovery_url: Option<String>,
    /// `CLIENT_ID`: the client that people sign in by. It has no secret.
    pub client_id: String,
    /// `LOGIN_SCOPES`: what a sign-in asks for, with blanks between; default `openid`.
    pub scopes: String,
    /// `AUDIO_ORIGINS`: where the pages may fetch audio from, with blanks between.
    pub audio_origins: String,
    /// `IDLE_MINUTES`: how long a session lasts without activity: 5 to 60; default 15.
    pub idle: SignedDuration,
}

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        let idle_minutes = variables.number("IDLE_MINUTES", 5, 60, 15)?;
        let audio_origins = variables.needed("AUDIO_ORIGINS")?;
        if !audio_origins.split(' ').all(is_origin) {
            return Err(ConfigError::Form { name: "AUDIO_ORIGINS", form: "origins with blanks between them" });
        }
        let origin = variables.needed("CONSOLE_ORIGIN")?;
        if !is_origin(&origin) {
            return Err(ConfigError::Form {
                name: "CONSOLE_ORIGIN",
                form: "an origin, as https://rokuban.example.jp is",
            });
        }
        Ok(Self {
            table: variables.needed("TABLE_NAME")?,
            origin,
            api_url: variables.needed("API_URL")?.trim_end_matches('/').to_owned(),
            issuer: variables.needed("ISSUER")?,
            discovery_url: variables.optional("DISCOVERY_URL"),
            client_id: variables.needed("CLIENT_ID")?,
            scopes: variables.optional("LOGIN_SCOPES").unwrap_or_else(|| "openid".to_owned()),
            audio_origins,
            idle: SignedDuration::from_mins(i64::try_from(idle_minutes).unwrap_or_default()),
        })
    }
}

/// Whether a text is an origin, which a header can hold: the policy of the pages is made of them.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let needed = [
            ("TABLE_NAME", "table"),
            ("CONSOLE_ORIGIN", "https://rokuban.test"),
            ("API_URL", "https://api.test/v1/"),
            ("ISSUER", "https://issuer.test/pool"),
            ("CLIENT_ID", "console"),
            ("AUDIO_ORIGINS", "https://recordings.s3.test"),
        ];
        Config::read(|name| {
            let of = |(given, _): &&(&str, &str)| *given == name;
            let value = given.iter().find(of).or_else(|| needed.iter().find(of));
            value.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_are_the_strict_ones() {
        let config = read(&[]).unwrap();
        assert_eq!((config.idle, config.scopes.as_str()), (SignedDuration::from_mins(15), "openid"));
        assert_eq!((config.api_url.as_str(), config.discovery_url), ("https://api.test/v1", None));
    }

    #[test]
    fn nonsense_is_refused_by_the_variables_name() {
        for (name, value) in [
            ("TABLE_NAME", ""),
            ("CONSOLE_ORIGIN", "https://rokuban.test/"),
            ("CONSOLE_ORIGIN", "rokuban.test"),
            ("API_URL", ""),
            ("ISSUER", ""),
            ("CLIENT_ID", ""),
            ("AUDIO_ORIGINS", "https://a.test; script-src *"),
            ("AUDIO_ORIGINS", "https://a.test 'unsafe-inline'"),
            ("AUDIO_ORIGINS", "https://*"),
            ("IDLE_MINUTES", "4"),
            ("IDLE_MINUTES", "61"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
