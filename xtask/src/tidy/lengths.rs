//! Code files stay short enough to be read at one sitting.

use std::collections::BTreeMap;

use crate::tidy::files::TextFile;

/// 400 lines: what one reads at one sitting.
pub(crate) const LINES: usize = 400;

/// Files of code.
const CODE: [&str; 5] = [".rs", ".py", ".ts", ".tsx", ".css"];

/// The lines of every code file that is longer.
pub(crate) fn check(files: &[TextFile]) -> BTreeMap<String, usize> {
    files
        .iter()
        .filter(|file| CODE.iter().any(|ending| file.path.ends_with(ending)))
        .map(|file| (file.path.clone(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_file_of_code_is_found() {
        let file = |path: &str, lines: usize| TextFile { path: path.to_owned(), text: "x\n".repeat(lines) };
        let found = check(&[file("a.rs", LINES), file("b.rs", LINES + 1), file("c.md", 10_000)]);
        assert_eq!(found, BTreeMap::from([("b.rs".to_owned(), LINES + 1)]));
    }
}
