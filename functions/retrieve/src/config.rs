//! The environment, read once at cold start.

use store::{ConfigError, RulebooksConfig, Variables};

/// What `retrieve` is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `RECORDINGS_BUCKET`: URLs are made for objects of this bucket alone.
    pub recordings_bucket: String,
    /// `INDEX_QUEUE_URL`: who is told of a correction.
    pub index_queue_url: String,
    /// `ISSUER`: who alone issues the access tokens that count.
    pub issuer: String,
    /// `AUDIENCE`: for whom: the app client's id, or the audience that another issuer's tokens carry.
    pub audience: String,
    /// `IDENTITY_CLAIM`: the access token's claim that must equal a login; `username` unless told.
    pub identity_claim: String,
    /// `ACCESS_TOKEN_RULE`: what tells an access token from an id token; `token_use=access` unless told.
    pub access_token_rule: AccessTokenRule,
    /// `PUBLISH_DELAY_SECONDS`: how long a published rulebook waits, in seconds: 1 to 86,400; 120 unless told.
    pub publish_delay_seconds: u32,
    /// `PUBLISH_SOONER_DELAY_SECONDS`: the same for one that deletes sooner: 1 to 604,800; 86,400 unless told.
    pub publish_sooner_delay_seconds: u32,
}

/// What an access token says of itself, by the issuer's custom: `token_use=access` (Cognito) or
/// `typ=at+jwt` (RFC 9068).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRule {
    /// The claim; `typ` is the one that stands in the token's header.
    pub claim: String,
    /// What it must be.
    pub value: String,
}

/// A day: what stands can be withdrawn until then.
const DAY_SECONDS: u64 = 86_400;

impl Config {
    /// Reads the environment through `variable`, so that a test needs none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variable);
        let delay = |name, limit, default| {
            variables.number(name, 1, limit, default).map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
        };
        Ok(Self {
            rulebooks: RulebooksConfig::read(&variables)?,
            recordings_bucket: variables.needed("RECORDINGS_BUCKET")?,
            index_queue_url: variables.needed("INDEX_QUEUE_URL")?,
            issuer: variables.needed("ISSUER")?,
            audience: variables.needed("AUDIENCE")?,
            identity_claim: variables.optional("IDENTITY_CLAIM").unwrap_or_else(|| "username".to_owned()),
            access_token_rule: AccessTokenRule::read(&variables)?,
            publish_delay_seconds: delay("PUBLISH_DELAY_SECONDS", DAY_SECONDS, 120)?,
            publish_sooner_delay_seconds: delay("PUBLISH_SOONER_DELAY_SECONDS", 7 * DAY_SECONDS, DAY_SECONDS)?,
        })
    }
}

impl AccessTokenRule {
    fn read(variables: &Variables<'_>) -> Result<Self, ConfigError> {
        const NAME: &str = "ACCESS_TOKEN_RULE";
        let rule = variables.optional(NAME).unwrap_or_else(|| "token_use=access".to_owned());
        match rule.split_once('=') {
            Some((claim, value)) if !claim.is_empty() && !value.is_empty() => {
                Ok(Self { claim: claim.to_owned(), value: value.to_owned() })
            }
            _ => Err(ConfigError::Form { name: NAME, form: "claim=value" }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let needed = [
            ("TABLE_NAME", "table"),
            ("RECORDINGS_BUCKET", "recordings"),
            ("RULEBOOK_BUCKET", "rulebooks"),
            ("INDEX_QUEUE_URL", "https://queue.test/index"),
            ("ADMIN_LOGIN", "yamada"),
            ("ISSUER", "https://issuer.test/pool"),
            ("AUDIENCE", "console"),
        ];
        Config::read(|name| {
            let of = |(given, _): &&(&str, &str)| *given == name;
            let value = given.iter().find(of).or_else(|| needed.iter().find(of));
            value.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_not_told_is_the_strict_default() {
        let config = read(&[]).unwrap();
        assert_eq!(config.identity_claim, "username");
        assert_eq!(config.access_token_rule.claim, "token_use");
        assert_eq!(config.access_token_rule.value, "access");
        assert_eq!(config.publish_delay_seconds, 120);
        assert_eq!(config.publish_sooner_delay_seconds, 86_400);
        assert_eq!(config.rulebooks.cache_seconds, 60);
    }

    #[test]
    fn nonsense_is_refused_by_the_variables_name() {
        for (name, value) in [
            ("TABLE_NAME", ""),
            ("RECORDINGS_BUCKET", ""),
            ("RULEBOOK_BUCKET", ""),
            ("ADMIN_LOGIN", ""),
            ("ISSUER", ""),
            ("AUDIENCE", ""),
            ("ACCESS_TOKEN_RULE", "access"),
            ("ACCESS_TOKEN_RULE", "=access"),
            ("ACCESS_TOKEN_RULE", "token_use="),
            ("PUBLISH_DELAY_SECONDS", "0"),
            ("PUBLISH_DELAY_SECONDS", "86401"),
            ("PUBLISH_SOONER_DELAY_SECONDS", "soon"),
            ("RULEBOOK_CACHE_SECONDS", "61"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_rule_for_access_tokens_is_a_claim_and_its_value() {
        let config = read(&[("ACCESS_TOKEN_RULE", "typ=at+jwt")]).unwrap();
        assert_eq!(config.access_token_rule.claim, "typ");
        assert_eq!(config.access_token_rule.value, "at+jwt");
    }
}
