//! A list that is asked for as a file: in which language, and how.

use std::collections::BTreeMap;

use policy::Language;

/// A file that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// The language of headings and labels.
    pub language: Language,
    /// How it is asked for.
    pub(crate) way: Way,
}

/// How a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// With a token: the file is the answer.
    Token,
    /// With a token, for a browser that has none: a link is the answer.
    Link(LinkRequest),
    /// By a link, which was counted when it was made.
    Opened,
}

/// A link that is to be made: to what, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkRequest {
    /// The path of the list.
    pub(crate) list: &'static str,
    /// Its parameters.
    pub(crate) query: BTreeMap<String, String>,
    /// What the link begins with, up to the secret.
    pub(crate) begins: String,
}
