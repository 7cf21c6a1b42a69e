//! The third column of `docs/glossary.md`, over comments, pages, names, the API's document and Japanese texts. The page
//! itself says how it is read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::failure::{Act, Failure};
use crate::tidy::files::TextFile;
use crate::tidy::list::Word;
use crate::tidy::source::{self, Kind, Piece};

const GLOSSARY: &str = "docs/glossary.md";

/// What others wrote, what a program wrote, and what names the words to avoid them.
fn is_left_out(path: &str) -> bool {
    path == GLOSSARY
        || path == "xtask/tidy.toml"
        || path == "LICENSE"
        || path.starts_with("samples/")
        || extension(path) == "lock"
        || path.ends_with("package-lock.json")
        || path.ends_with("internals/performance.md")
}

/// How a path ends behind its last dot.
fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// What a section of the glossary is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Prose,
    Names,
    Json,
    Japanese,
}

/// One entry of the third column.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    section: Section,
    never: String,
    say: String,
}

/// Every word of the third column that stands where its section applies.
///
/// # Errors
/// A [`Failure`] when the glossary cannot be read, or has no such column.
pub(crate) fn check(root: &Path, files: &[TextFile]) -> Result<Vec<Word>, Failure> {
    let glossary = fs::read_to_string(root.join(GLOSSARY)).act(|| format!("read {GLOSSARY}"))?;
    let entries = entries(&glossary);
    for section in [Section::Prose, Section::Names, Section::Json, Section::Japanese] {
        if !entries.iter().any(|entry| entry.section == section) {
            return Err(Failure::new(format!("{GLOSSARY}: the words of {section:?} were not found")));
        }
    }
    Ok(files.iter().filter(|file| !is_left_out(&file.path)).flat_map(|file| words(file, &entries)).collect())
}

/// The entries of every table that has the column.
fn entries(glossary: &str) -> Vec<Entry> {
    let (mut section, mut reads, mut entries) = (None, false, Vec::new());
    for line in glossary.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = match heading.trim() {
                "Terms" | "Plain English" => Some(Section::Prose),
                "Names in the code" => Some(Section::Names),
                "JSON names" => Some(Section::Json),
                "Japanese" => Some(Section::Japanese),
                _ => None,
            };
            reads = false;
            continue;
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let (Some(section), [say, _, never, ..]) = (section, cells.as_slice()) else {
            reads &= line.starts_with('|');
            continue;
        };
        if never.trim_matches('*') == "Never say" {
            reads = true;
        } else if reads {
            // Every second part stands between backticks.
            for never in never.split('`').skip(1).step_by(2) {
                entries.push(Entry { section, never: never.to_owned(), say: (*say).to_owned() });
            }
        }
    }
    entries
}

/// What a file has of them.
fn words(file: &TextFile, entries: &[Entry]) -> Vec<Word> {
    let pieces = match extension(&file.path) {
        "rs" | "ts" | "tsx" => source::rust(&file.text),
        "py" | "toml" | "yaml" | "yml" | "sh" => source::hash(&file.text),
        _ => Vec::new(),
    };
    let is_page = extension(&file.path) == "md";
    let mut found: Vec<(usize, &Entry)> = Vec::new();
    let prose = if is_page { page(&file.text) } else { comments(&pieces) };
    for block in &prose {
        found.extend(in_prose(block, entries));
    }
    if extension(&file.path) == "rs" {
        for piece in pieces.iter().filter(|piece| piece.kind == Kind::Code) {
            for name in piece.text.split(|character: char| !character.is_alphanumeric() && character != '_') {
                found.extend(exactly(name, Section::Names, entries).map(|entry| (piece.line, entry)));
            }
        }
    }
    if file.path.ends_with("openapi.json")
        && let Ok(document) = serde_json::from_str::<Value>(&file.text)
    {
        let mut named = Named::default();
        named.read(&document, None);
        for text in &named.prose {
            found.extend(in_prose(&vec![(1, text.clone())], entries));
        }
        for name in &named.names {
            found.extend(exactly(name, Section::Json, entries).map(|entry| (1, entry)));
        }
    }
    let japanese: Block = if is_page {
        prose.into_iter().flatten().map(|(line, text)| (line, without_code(&text))).collect()
    } else {
        file.text.lines().enumerate().map(|(at, line)| (at + 1, line.to_owned())).collect()
    };
    for (line, text) in &japanese {
        for entry in entries.iter().filter(|entry| entry.section == Section::Japanese) {
            found.extend(text.matches(&entry.never).map(|_| (*line, entry)));
        }
    }
    found
        .into_iter()
        .map(|(line, entry)| Word { path: file.path.clone(), line, found: entry.never.clone(), say: entry.say.clone() })
        .collect()
}

/// Lines that belong together, each with its number: a sentence may go over several.
type Block = Vec<(usize, String)>;

/// The comments that follow each other, without their marks.
fn comments(pieces: &[Piece]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.kind == Kind::Comment) {
        let text = piece.text.trim_start_matches(['/', '!', '*', '#', ' ']).to_owned();
        match blocks.last_mut() {
            Some(block) if block.last().is_some_and(|(line, _)| line + 1 == piece.line) => {
                block.push((piece.line, text));
            }
            _ => blocks.push(vec![(piece.line, text)]),
        }
    }
    blocks
}

/// The paragraphs of a Markdown page, without code and without the targets of links.
fn page(text: &str) -> Vec<Block> {
    let (mut blocks, mut block, mut is_code) = (Vec::new(), Block::new(), false);
    for (at, line) in text.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || is_code || line.trim().is_empty() {
            is_code ^= is_fence;
            blocks.push(std::mem::take(&mut block));
        } else {
            block.push((at + 1, without_targets(line)));
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// A line without what stands between `](` and `)`.
fn without_targets(line: &str) -> String {
    let mut parts = line.split("](");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push(']');
        kept.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    kept
}

/// The words of a block, each with its line.
fn in_prose<'e>(block: &Block, entries: &'e [Entry]) -> Vec<(usize, &'e Entry)> {
    let (mut joined, mut starts) = (String::new(), Vec::new());
    for (line, text) in block {
        starts.push((joined.len(), *line));
        let words: Vec<&str> = text.split_whitespace().collect();
        joined.push_str(&words.join(" "));
        joined.push(' ');
    }
    let plain = without_code(&joined);
    let lower = plain.to_ascii_lowercase();
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| entry.section == Section::Prose) {
        let text = if entry.never.chars().any(char::is_uppercase) { &plain } else { &lower };
        for (at, _) in text.match_indices(&entry.never) {
            let before = text[..at].chars().next_back();
            let after = text[at + entry.never.len()..].chars().next();
            let is_word = |beside: Option<char>| beside.is_some_and(|beside| beside.is_alphanumeric() || beside == '_');
            if !is_word(before) && !is_word(after) {
                let line = starts.iter().rev().find(|(start, _)| *start <= at).map_or(1, |(_, line)| *line);
                found.push((line, entry));
            }
        }
    }
    found
}

/// The text with what stands in backticks blanked out. Its bytes stay where they are.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        is_code ^= character == '`';
        if is_code || character == '`' {
            plain.extend(std::iter::repeat_n('.', character.len_utf8()));
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The entries of a section that are this very name.
fn exactly<'e>(name: &str, section: Section, entries: &'e [Entry]) -> impl Iterator<Item = &'e Entry> + use<'e> {
    let name = name.to_owned();
    entries.iter().filter(move |entry| entry.section == section && entry.never == name)
}

/// What the API's document names, and what it says.
#[derive(Default)]
struct Named {
    names: BTreeSet<String>,
    prose: BTreeSet<String>,
}

impl Named {
    fn read(&mut self, value: &Value, key: Option<&str>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (key, name.as_str(), member) {
                        (_, "description" | "summary", Value::String(text)) => {
                            self.prose.insert(text.clone());
                        }
                        (Some("paths"), path, _) => self.names.extend(path.split('/').map(str::to_owned)),
                        (Some("properties"), property, _) => {
                            self.names.insert(property.to_owned());
                        }
                        (_, "name" | "const", Value::String(text)) => {
                            self.names.insert(text.rsplit('/').next().unwrap_or_default().to_owned());
                        }
                        (_, "enum", Value::Array(values)) => {
                            let texts = values.iter().filter_map(Value::as_str);
                            self.names.extend(texts.map(|text| text.rsplit('/').next().unwrap_or_default().to_owned()));
                        }
                        _ => {}
                    }
                    // A property may itself be called "properties": what lies below names is a schema again.
                    let inner = if matches!(key, Some("properties" | "paths")) { None } else { Some(name.as_str()) };
                    self.read(member, inner);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.read(value, None)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = "## Terms\n\n| English | Japanese | Never say |\n| --- | --- | --- |\n\
        | rulebook | 運用ルール | `rule set` `DLQ` |\n## Names in the code\n\n| Say | Japanese | Never say |\n| --- | --- | --- |\n\
        | `PlayRequest` | | `Ask` |\n## JSON names\n\n| Say | Japanese | Never say |\n| --- | --- | --- |\n\
        | `fix` | | `mend` `reach` |\n## Japanese\n\n| English | Japanese | Never say |\n| --- | --- | --- |\n\
        | team | 部署 | `チーム` |\n## Other\n| a | b | `c` |\n";

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        words(&file, &entries(GLOSSARY)).into_iter().map(|word| (word.line, word.found)).collect()
    }

    #[test]
    fn the_third_column_is_read() {
        let all: Vec<String> = entries(GLOSSARY).into_iter().map(|entry| entry.never).collect();
        assert_eq!(all, ["rule set", "DLQ", "Ask", "mend", "reach", "チーム"]);
    }

    #[test]
    fn a_word_in_a_comment_is_found_over_the_end_of_a_line() {
        let code = "// A rule\n// set, `rule set`, and rulesets.\nlet rule_set = \"rule set\"; // the dlq, the DLQ";
        assert_eq!(found("a.rs", code), [(1, "rule set".to_owned()), (3, "DLQ".to_owned())]);
        assert_eq!(found("a.toml", "rule = \"rule set\" # Rule Set"), [(1, "rule set".to_owned())]);
    }

    #[test]
    fn a_page_is_searched_without_its_code() {
        let page = "A [rule set](rule set).\n\n```\nrule set\n```\nThe `rule set`, the rule set.\n";
        assert_eq!(found("a.md", page), [(1, "rule set".to_owned()), (6, "rule set".to_owned())]);
    }

    #[test]
    fn a_name_is_found_as_a_whole() {
        assert_eq!(found("a.rs", "struct Ask; // Ask\nstruct Asking; let text = \"Ask\";"), [(1, "Ask".to_owned())]);
    }

    #[test]
    fn the_apis_document_is_searched_by_its_names() {
        let document = r#"{"paths": {"/audit/reach": {"get": {"description": "A rule set."}}},
            "components": {"schemas": {"A": {"properties": {"mend": {"type": "string"}}, "example": {"mend": 1}}}}}"#;
        let mut words: Vec<String> = found("openapi.json", document).into_iter().map(|(_, word)| word).collect();
        words.sort();
        assert_eq!(words, ["mend", "reach", "rule set"]);
    }

    #[test]
    fn japanese_is_found_anywhere() {
        assert_eq!(found("a.rs", "let a = \"\";\nlet b = \"営業チーム\";"), [(2, "チーム".to_owned())]);
        assert_eq!(found("a.md", "`チーム` チーム\n"), [(1, "チーム".to_owned())]);
    }
}
