//! What every function of the API reads of its environment.

use store::{ConfigError, RulebooksConfig, Variables};

/// Whose tokens count, and where the rulebooks lie.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TABLE_NAME`, `RULEBOOK_BUCKET`, `ADMIN_LOGIN`, `RULEBOOK_CACHE_SECONDS`.
    pub rulebooks: RulebooksConfig,
    /// `ISSUER`: the only issuer whose access tokens count.
    pub issuer: String,
    /// `AUDIENCE`: the app client's id, or the audience that another issuer's tokens carry.
    pub audience: String,
    /// `IDENTITY_CLAIM`: the access token's claim that must equal a login; default `username`.
    pub identity_claim: String,
    /// `ACCESS_TOKEN_RULE`: what tells an access token from an id token; default `token_use=access`.
    pub access_token_rule: AccessTokenRule,
    /// `LINK_ORIGIN`: what links begin with; where the API was asked unless set.
    pub link_origin: Option<String>,
}

/// What an access token says of itself, by the issuer's custom: `token_use=access` (Cognito), `typ=at+jwt` (RFC 9068),
/// or any claim that the issuer's id tokens do not have, such as `scp=calls` (Entra ID) or `cid=CLIENT` (Okta).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRule {
    /// The claim; `typ` is the one in the token's header.
    pub claim: String,
    /// Its value.
    pub value: String,
}

/// Claims that id tokens have too: none of them tells the two apart.
const OF_EVERY_TOKEN: [&str; 9] = ["aud", "auth_time", "exp", "iat", "iss", "nbf", "nonce", "sub", "ver"];

/// Claims that a person can change, or that go to another person later.
const CHANGEABLE: [&str; 6] = ["name", "given_name", "family_name", "nickname", "upn", "unique_name"];

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn read(variables: &Variables<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            rulebooks: RulebooksConfig::read(variables)?,
            issuer: variables.needed("ISSUER")?,
            audience: variables.needed("AUDIENCE")?,
            identity_claim: read_identity_claim(variables)?,
            access_token_rule: AccessTokenRule::read(variables)?,
            link_origin: variables.optional("LINK_ORIGIN"),
        })
    }
}

fn read_identity_claim(variables: &Variables<'_>) -> Result<String, ConfigError> {
    const NAME: &str = "IDENTITY_CLAIM";
    let claim = variables.optional(NAME).unwrap_or_else(|| "username".to_owned());
    if CHANGEABLE.contains(&claim.as_str()) {
        let form = "a claim that nobody can change, such as username, sub or oid";
        return Err(ConfigError::Form { name: NAME, form });
    }
    Ok(claim)
}

impl AccessTokenRule {
    fn read(variables: &Variables<'_>) -> Result<Self, ConfigError> {
        const NAME: &str = "ACCESS_TOKEN_RULE";
        let rule = variables.optional(NAME).unwrap_or_else(|| "token_use=access".to_owned());
        match rule.split_once('=') {
            Some((claim, _)) if OF_EVERY_TOKEN.contains(&claim) => {
                Err(ConfigError::Form { name: NAME, form: "claim=value, of a claim that id tokens do not have" })
            }
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
            ("RULEBOOK_BUCKET", "rulebooks"),
            ("ADMIN_LOGIN", "yamada"),
            ("ISSUER", "https://issuer.test/pool"),
            ("AUDIENCE", "console"),
        ];
        Config::read(&Variables::new(|name| {
            let of = |(given, _): &&(&str, &str)| *given == name;
            let value = given.iter().find(of).or_else(|| needed.iter().find(of));
            value.map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn the_defaults_are_the_strict_ones() {
        let config = read(&[]).unwrap();
        assert_eq!(config.identity_claim, "username");
        assert_eq!(config.access_token_rule.claim, "token_use");
        assert_eq!(config.access_token_rule.value, "access");
        assert_eq!(config.rulebooks.cache_seconds, 60);
    }

    #[test]
    fn nonsense_is_refused_by_the_variables_name() {
        for (name, value) in [
            ("TABLE_NAME", ""),
            ("RULEBOOK_BUCKET", ""),
            ("ADMIN_LOGIN", ""),
            ("ISSUER", ""),
            ("AUDIENCE", ""),
            ("ACCESS_TOKEN_RULE", "access"),
            ("ACCESS_TOKEN_RULE", "=access"),
            ("ACCESS_TOKEN_RULE", "token_use="),
            ("ACCESS_TOKEN_RULE", "ver=2.0"),
            ("ACCESS_TOKEN_RULE", "aud=api"),
            ("IDENTITY_CLAIM", "upn"),
            ("IDENTITY_CLAIM", "name"),
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
        let config = read(&[("ACCESS_TOKEN_RULE", "https://a.example/kind=a=b")]).unwrap();
        assert_eq!(config.access_token_rule.claim, "https://a.example/kind");
        assert_eq!(config.access_token_rule.value, "a=b");
    }
}
