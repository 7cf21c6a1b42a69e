//! Patterns: each must fit the whole of a name, or what follows one of its folders.

use regex::{Captures, Regex, RegexBuilder};

/// 256 KiB: five times what the largest built-in pattern takes; a pattern that wants more is not for names.
pub(crate) const COMPILED_LIMIT_BYTES: usize = 256 * 1024;

/// 32 folders may stand between a source's prefix and what its names need: more than anybody files by.
const FOLDERS_LIMIT: usize = 32;

/// A name, and what of it follows each of its folders.
pub(crate) fn behind_folders(name: &str) -> impl Iterator<Item = &str> {
    let behind = name.match_indices('/').take(FOLDERS_LIMIT).map(|(place, _)| &name[place + 1..]);
    std::iter::once(name).chain(behind)
}

/// Compiles a pattern so that it must fit a whole name.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(COMPILED_LIMIT_BYTES).build()
}

/// What a part holds; one left empty says nothing.
pub(crate) fn part<'k>(parts: &Captures<'k>, name: &str) -> Option<&'k str> {
    parts.name(name).map(|part| part.as_str()).filter(|part| !part.is_empty())
}
