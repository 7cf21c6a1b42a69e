//! A text in both languages.

/// A finding in both languages: what it is, and its fix. The place and the commands are the same in each.
pub(super) struct Both {
    pub(super) place: String,
    pub(super) english: (String, String),
    pub(super) japanese: (String, String),
}

/// Where, and what and how to fix it in English and in Japanese.
pub(super) fn say(place: String, english: (String, String), japanese: (String, String)) -> Both {
    Both { place, english, japanese }
}
