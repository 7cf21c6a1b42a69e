//! Texts of a case: people's own words, which can name somebody.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text of a case, or digits of a number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseText(String);

impl CaseText {
    /// A text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for those who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How it begins, in one line.
    pub(super) fn excerpt(&self, characters: usize) -> Self {
        let line: String = self.0.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
        match line.char_indices().nth(characters) {
            Some((end, _)) => Self(format!("{}…", &line[..end])),
            None => Self(line),
        }
    }
}

/// QUIET: it is private.
impl fmt::Debug for CaseText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CaseText({} bytes)", self.0.len())
    }
}
