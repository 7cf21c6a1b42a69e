//! The letters of a cell: widths made one, what says nothing around it gone.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Full- and half-width letters made one, blanks and NULs around it gone.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(trim(text))
    } else {
        Cow::Owned(trim(&text.nfkc().collect::<String>()).to_owned())
    }
}

/// Blanks and NULs around a text gone.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}
