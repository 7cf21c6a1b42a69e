//! A text in both languages.

use policy::Language;

/// One text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    /// English.
    pub english: &'static str,
    /// Japanese.
    pub japanese: &'static str,
}

impl Texts {
    /// The one in a language.
    pub(super) fn choose(self, language: Language) -> &'static str {
        language.choose(self.english, self.japanese)
    }
}
