//! The environment's variables, read once at cold start into typed values that refuse nonsense by name.

/// The environment is not fit to start on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing or empty.
    #[error("the environment variable {0} is not set: the template sets it; outside of it set it yourself")]
    Missing(&'static str),
    /// A variable is not a number in its range.
    #[error("the environment variable {name} must be a whole number from {from} to {to}")]
    NotANumber {
        /// Its name.
        name: &'static str,
        /// The least it can be.
        from: u64,
        /// The most it can be.
        to: u64,
    },
    /// A variable does not say what it should.
    #[error("the environment variable {name} must be {form}")]
    Form {
        /// Its name.
        name: &'static str,
        /// What it must be.
        form: &'static str,
    },
}

/// The environment, or what a test puts in its place.
pub struct Variables<'a>(Box<Lookup<'a>>);

/// A variable's value by its name.
type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl<'a> Variables<'a> {
    /// Reads through `variable`.
    pub fn new(variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self(Box::new(variable))
    }

    /// A variable that may be missing; an empty one is.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.0(name).filter(|value| !value.is_empty())
    }

    /// A variable that must be there.
    pub fn needed(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A whole number in a range, or its default.
    pub fn number(&self, name: &'static str, from: u64, to: u64, default: u64) -> Result<u64, ConfigError> {
        match self.optional(name) {
            None => Ok(default),
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|number| (from..=to).contains(number))
                .ok_or(ConfigError::NotANumber { name, from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "EMPTY" => Some(String::new()),
            "NUMBER" => Some("60".to_owned()),
            "WORD" => Some("sixty".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn an_error_names_the_variable_and_its_range() {
        let variables = Variables::new(variables);
        assert_eq!(variables.needed("EMPTY"), Err(ConfigError::Missing("EMPTY")));
        assert_eq!(variables.needed("NONE"), Err(ConfigError::Missing("NONE")));
        assert_eq!(variables.number("NUMBER", 0, 60, 1), Ok(60));
        assert_eq!(variables.number("NONE", 0, 60, 1), Ok(1));
        let text = variables.number("NUMBER", 0, 59, 1).unwrap_err().to_string();
        assert_eq!(text, "the environment variable NUMBER must be a whole number from 0 to 59");
        assert!(variables.number("WORD", 0, 60, 1).is_err());
    }
}
