//! `xtask/tidy.toml`: what does not keep a rule yet. It may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{Act, Failure};
use crate::tidy::lengths::LINES;

const PATH: &str = "xtask/tidy.toml";

/// A word of the glossary's third column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) found: String,
    /// What to say.
    pub(crate) say: String,
}

/// What breaks a rule.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Sentences, each about one import.
    pub(crate) imports: BTreeSet<String>,
    pub(crate) words: Vec<Word>,
    /// The lines of each long file.
    pub(crate) lengths: BTreeMap<String, usize>,
}

/// What is known to break a rule.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    imports: BTreeSet<String>,
    /// How many words of each file.
    words: BTreeMap<String, usize>,
    /// How many lines each file has at most.
    lengths: BTreeMap<String, usize>,
}

impl Exceptions {
    /// Whether there is a list.
    pub(crate) fn exist(root: &Path) -> bool {
        root.join(PATH).exists()
    }

    /// All that breaks a rule.
    pub(crate) fn begun(found: Findings) -> Self {
        let words = counts(&found.words);
        Self { imports: found.imports, words, lengths: found.lengths }
    }

    /// Reads the list.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be read or understood.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(root.join(PATH)).act(|| format!("read {PATH}"))?;
        toml::from_str(&text).act(|| format!("understand {PATH}"))
    }

    /// Writes the list.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    pub(crate) fn write(&self, root: &Path) -> Result<(), Failure> {
        let mut text = String::from(
            "# What does not keep a house rule yet (`cargo xtask tidy`). This list may only shrink: repair a file, then run\n\
             # `cargo xtask tidy --renew`.\n\n# Imports that close a circle or name a crate's root.\nimports = [\n",
        );
        for import in &self.imports {
            let _ = writeln!(text, "  \"{import}\",");
        }
        text.push_str("]\n\n# How many words of the glossary's third column a file still has.\n[words]\n");
        for (path, count) in &self.words {
            let _ = writeln!(text, "\"{path}\" = {count}");
        }
        let _ = writeln!(text, "\n# How many lines a file over {LINES} may have.\n[lengths]");
        for (path, lines) in &self.lengths {
            let _ = writeln!(text, "\"{path}\" = {lines}");
        }
        fs::write(root.join(PATH), text).act(|| format!("write {PATH}"))
    }

    /// What breaks a rule and is no exception, and exceptions that are none any more.
    pub(crate) fn faults(&self, found: &Findings) -> Vec<String> {
        let mut faults = Vec::new();
        faults.extend(found.imports.difference(&self.imports).cloned());
        faults.extend(self.imports.difference(&found.imports).map(|import| stale(import)));
        let counts = counts(&found.words);
        for (path, count) in &counts {
            let allowed = self.words.get(path).copied().unwrap_or_default();
            if *count > allowed {
                // Which of them is new cannot be told: all are shown.
                faults.extend(
                    found
                        .words
                        .iter()
                        .filter(|word| word.path == *path)
                        .map(|word| format!("{}:{}: `{}`; say: {}", word.path, word.line, word.found, word.say)),
                );
            }
        }
        faults.extend(self.words.keys().filter(|path| !counts.contains_key(*path)).map(|path| stale(path)));
        for (path, lines) in &found.lengths {
            let allowed = self.lengths.get(path).copied().unwrap_or(LINES);
            if *lines > allowed {
                faults.push(format!("{path}: {lines} lines, {allowed} at most"));
            }
        }
        faults.extend(self.lengths.keys().filter(|path| !found.lengths.contains_key(*path)).map(|path| stale(path)));
        faults
    }

    /// The list without what is repaired.
    pub(crate) fn renewed(&self, found: &Findings) -> Self {
        let fewer = |known: &BTreeMap<String, usize>, found: &BTreeMap<String, usize>| {
            known
                .iter()
                .filter_map(|(path, known)| found.get(path).map(|found| (path.clone(), *known.min(found))))
                .collect()
        };
        Self {
            imports: self.imports.intersection(&found.imports).cloned().collect(),
            words: fewer(&self.words, &counts(&found.words)),
            lengths: fewer(&self.lengths, &found.lengths),
        }
    }
}

fn counts(words: &[Word]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.path.clone()).or_default() += 1;
    }
    counts
}

fn stale(exception: &str) -> String {
    format!("{PATH} still excepts `{exception}`, which keeps the rule: `cargo xtask tidy --renew`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: usize, words: usize) -> Findings {
        let word = Word { path: "b.md".into(), line: 3, found: "anew".into(), say: "again".into() };
        Findings {
            imports: BTreeSet::from(["policy: a and b import each other".to_owned()]),
            words: vec![word; words],
            lengths: BTreeMap::from([("a.rs".to_owned(), lines)]),
        }
    }

    fn exceptions() -> Exceptions {
        Exceptions {
            imports: BTreeSet::from(["policy: a and b import each other".to_owned()]),
            words: BTreeMap::from([("b.md".to_owned(), 2)]),
            lengths: BTreeMap::from([("a.rs".to_owned(), 500)]),
        }
    }

    #[test]
    fn what_is_excepted_is_no_fault_until_it_grows() {
        assert_eq!(exceptions().faults(&found(500, 2)), Vec::<String>::new());
        assert_eq!(exceptions().faults(&found(501, 2)), ["a.rs: 501 lines, 500 at most"]);
        assert_eq!(exceptions().faults(&found(500, 3)).len(), 3);
        assert_eq!(Exceptions::default().faults(&found(500, 1)).len(), 3);
    }

    #[test]
    fn an_exception_that_is_none_any_more_must_go() {
        let faults = exceptions().faults(&Findings::default());
        assert_eq!(faults.len(), 3);
        assert!(faults.iter().all(|fault| fault.contains("--renew")), "{faults:?}");
    }

    #[test]
    fn the_renewed_list_is_never_longer() {
        assert_eq!(exceptions().renewed(&found(501, 3)), exceptions());
        let renewed = exceptions().renewed(&found(450, 1));
        assert_eq!((renewed.lengths["a.rs"], renewed.words["b.md"]), (450, 1));
        assert_eq!(Exceptions::default().renewed(&found(450, 1)), Exceptions::default());
    }
}
