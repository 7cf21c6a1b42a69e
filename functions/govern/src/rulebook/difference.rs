//! The lines by which two versions of a file differ.

use std::collections::BTreeMap;

use policy::rulebook::FaultIn;
use schemars::JsonSchema;
use serde::Serialize;

/// 500 lines of each kind: what a person reads.
const LINES_LIMIT: usize = 500;

/// The lines that differ of one file.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct LinesChanged {
    /// Which file.
    r#in: FaultIn,
    /// Lines of the version before that are there no more, or fewer times; at most 500.
    removed: Vec<Line>,
    /// Lines that are new, or there more often; at most 500.
    added: Vec<Line>,
    /// Whether these are all.
    is_complete: bool,
}

/// A line of a file.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Line {
    /// From 1.
    #[schemars(example = 7)]
    line: usize,
    #[schemars(example = &"keep_days = 60")]
    text: String,
}

/// The lines that differ, whatever their order. Blank lines and what stands at a line's end make no difference.
pub(super) fn changed(file: FaultIn, before: &str, after: &str) -> LinesChanged {
    let (removed, are_all_removed) = only_in(before, after);
    let (added, are_all_added) = only_in(after, before);
    LinesChanged { r#in: file, removed, added, is_complete: are_all_removed && are_all_added }
}

/// The lines that one text has more often than the other, and whether these are all.
fn only_in(one: &str, other: &str) -> (Vec<Line>, bool) {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in other.lines() {
        *left.entry(line.trim_end()).or_default() += 1;
    }
    let mut found = Vec::new();
    for (position, line) in one.lines().enumerate() {
        let text = line.trim_end();
        match left.get_mut(text) {
            Some(count) if *count > 0 => *count -= 1,
            _ if text.is_empty() => {}
            _ => found.push(Line { line: position + 1, text: text.to_owned() }),
        }
    }
    let are_all = found.len() <= LINES_LIMIT;
    found.truncate(LINES_LIMIT);
    (found, are_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_told_with_their_place_and_moved_ones_are_not() {
        let line = |line, text: &str| Line { line, text: text.to_owned() };
        let found = changed(FaultIn::Policy, "a\nb\nb\n\nc\n", "c\r\na\nb\nd\n");
        assert_eq!(found.removed, [line(3, "b")]);
        assert_eq!(found.added, [line(4, "d")]);
        assert!(found.is_complete);
        let many: String = (0..600).map(|number| format!("{number}\n")).collect();
        let found = changed(FaultIn::Staff, "", &many);
        assert_eq!((found.added.len(), found.is_complete), (500, false));
    }
}
