//! A source file taken apart into code, comments and texts, as far as the rules need it.

/// What a stretch of a source file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Comment,
    Text,
}

/// A stretch of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Takes Rust or TypeScript apart.
pub(crate) fn rust(source: &str) -> Vec<Piece> {
    let characters: Vec<char> = source.chars().collect();
    let mut pieces = Pieces::default();
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let (kind, length) = match rest {
            ['/', '/', ..] => (Kind::Comment, until(rest, "\n", 0)),
            ['/', '*', ..] => (Kind::Comment, until(rest, "*/", 2) + 2),
            ['r', '"' | '#', ..] if !word_before(&characters, at) && raw_text(rest).is_some() => {
                (Kind::Text, raw_text(rest).unwrap_or(1))
            }
            // A text, or a character that is escaped.
            ['"', ..] | ['\'', '\\', ..] => (Kind::Text, quoted(rest)),
            // A character, and no lifetime.
            ['\'', _, '\'', ..] => (Kind::Text, 3),
            _ => (Kind::Code, 1),
        };
        let end = (at + length).min(characters.len());
        pieces.push(kind, &characters[at..end]);
        at = end;
    }
    pieces.finish()
}

/// Takes a language apart whose comments begin with `#`, as Python, TOML and YAML.
pub(crate) fn hash(source: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let comment = line.char_indices().find(|(at, character)| {
            *character == '#' && line[..*at].chars().next_back().is_none_or(char::is_whitespace)
        });
        let (code, comment) = line.split_at(comment.map_or(line.len(), |(at, _)| at));
        for (kind, text) in [(Kind::Code, code), (Kind::Comment, comment)] {
            if !text.is_empty() {
                pieces.push(Piece { line: number + 1, kind, text: text.to_owned() });
            }
        }
    }
    pieces
}

/// Pieces, cut at each end of a line.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    open: Option<(Kind, String)>,
    line: usize,
}

impl Pieces {
    fn push(&mut self, kind: Kind, characters: &[char]) {
        for character in characters {
            if self.open.as_ref().is_some_and(|(open, _)| *open != kind) {
                self.close();
            }
            if *character == '\n' {
                self.close();
                self.line += 1;
            } else {
                self.open.get_or_insert_with(|| (kind, String::new())).1.push(*character);
            }
        }
    }

    fn close(&mut self) {
        if let Some((kind, text)) = self.open.take() {
            self.done.push(Piece { line: self.line + 1, kind, text });
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.close();
        self.done
    }
}

/// How many characters stand before a mark, from a place on; all of them, if there is no mark.
fn until(characters: &[char], mark: &str, from: usize) -> usize {
    let mark: Vec<char> = mark.chars().collect();
    (from..characters.len()).find(|at| characters[*at..].starts_with(&mark)).unwrap_or(characters.len())
}

/// The length of a text in quotes, both quotes included.
fn quoted(characters: &[char]) -> usize {
    let mut at = 1;
    while at < characters.len() {
        match characters[at] {
            '\\' => at += 2,
            character if character == characters[0] => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// The length of a text like `r#"…"#`, if one begins here.
fn raw_text(characters: &[char]) -> Option<usize> {
    let hashes = characters[1..].iter().take_while(|character| **character == '#').count();
    if characters.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    Some(until(characters, &end, 2 + hashes) + 1 + hashes)
}

fn word_before(characters: &[char], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| characters[before].is_alphanumeric() || characters[before] == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<(usize, Kind, String)> {
        rust(source).into_iter().map(|piece| (piece.line, piece.kind, piece.text)).collect()
    }

    #[test]
    fn rust_is_taken_apart() {
        let found = kinds("let a = \"x // y\"; // z\nlet b: &'a str = r#\"q\"r\"#;\n/* c\nd */ e('\\'', 'f')");
        let expected = [
            (1, Kind::Code, "let a = "),
            (1, Kind::Text, "\"x // y\""),
            (1, Kind::Code, "; "),
            (1, Kind::Comment, "// z"),
            (2, Kind::Code, "let b: &'a str = "),
            (2, Kind::Text, "r#\"q\"r\"#"),
            (2, Kind::Code, ";"),
            (3, Kind::Comment, "/* c"),
            (4, Kind::Comment, "d */"),
            (4, Kind::Code, " e("),
            (4, Kind::Text, "'\\''"),
            (4, Kind::Code, ", "),
            (4, Kind::Text, "'f'"),
            (4, Kind::Code, ")"),
        ];
        assert_eq!(found, expected.map(|(line, kind, text)| (line, kind, text.to_owned())));
    }

    #[test]
    fn a_comment_begins_with_a_hash_after_a_blank() {
        let found = hash("a = \"#b\" # c\n# d\n");
        let comments: Vec<_> = found.iter().filter(|piece| piece.kind == Kind::Comment).collect();
        assert_eq!(comments.len(), 2);
        assert_eq!((comments[0].line, comments[0].text.as_str()), (1, "# c"));
    }
}
