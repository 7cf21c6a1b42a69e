//! Reading TOML to the end: tables, and the values in them, each fault with its line.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::facts::Direction;
use crate::fault::{Fault, FaultIn, Wrong};
use crate::rulebook::model::Located;
use crate::rulebook::text::{day, fold};

/// Names of companies, teams, lines and queues, in characters.
pub(in crate::rulebook) const NAME_LIMIT_CHARACTERS: usize = 100;

/// Directions, by their words.
pub(super) const DIRECTIONS: [(&str, Direction); 4] = [
    ("inbound", Direction::Inbound),
    ("outbound", Direction::Outbound),
    ("internal", Direction::Internal),
    ("unknown", Direction::Unknown),
];

/// The words of a policy as a Japanese reader writes them; which of them a key takes, it says itself.
const JAPANESE: [(&str, &str); 24] = [
    ("着信", "inbound"),
    ("発信", "outbound"),
    ("内線", "internal"),
    ("不明", "unknown"),
    ("自動音声", "ivr"),
    ("担当者", "operator"),
    ("オペレーター", "operator"),
    ("申込書", "form"),
    ("署名", "signature"),
    ("ホームページ", "web"),
    ("なし", "none"),
    ("自分の通話", "own_calls"),
    ("管理者", "admin"),
    ("責任者", "manager"),
    ("一般", "staff"),
    ("応対品質", "quality"),
    ("引き継ぎ", "handover"),
    ("月", "monday"),
    ("火", "tuesday"),
    ("水", "wednesday"),
    ("木", "thursday"),
    ("金", "friday"),
    ("土", "saturday"),
    ("日", "sunday"),
];

/// What reads a policy, and the faults found so far.
pub(super) struct Reader {
    line_starts: Vec<usize>,
    pub(super) faults: Vec<Fault>,
}

/// One table of the policy, and which of its keys were asked for.
pub(super) struct Section<'s, 't> {
    /// As it is written, `[company]`; `None` for the whole policy.
    title: Option<String>,
    pub(super) line: u32,
    /// `None` where the policy has no such table.
    pub(super) entries: Option<&'s DeTable<'t>>,
    known: Vec<&'static str>,
}

impl<'s, 't> Section<'s, 't> {
    /// The whole policy; `None` where it can't be read.
    pub(super) fn whole(entries: Option<&'s DeTable<'t>>) -> Self {
        Self { title: None, line: 1, entries, known: Vec::new() }
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.entries.and_then(|entries| entries.get(key))
    }

    pub(super) fn lacks(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| !entries.contains_key(key))
    }
}

impl<'t> Reader {
    pub(super) fn new(text: &str) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(position, _)| position + 1)).collect();
        Self { line_starts, faults: Vec::new() }
    }

    pub(super) fn line_of(&self, offset: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    pub(super) fn fault(&mut self, line: u32, wrong: Wrong) {
        self.faults.push(Fault { file: FaultIn::Policy, line, wrong });
    }

    // Tables

    pub(super) fn section<'s>(&mut self, parent: &mut Section<'s, 't>, key: &'static str) -> Section<'s, 't> {
        let title = Some(format!("[{key}]"));
        let absent = Section { title: title.clone(), line: parent.line, entries: None, known: Vec::new() };
        let Some(value) = parent.value(key) else {
            return absent;
        };
        let line = self.line_of(value.span().start);
        if let DeValue::Table(entries) = value.get_ref() {
            return Section { title, line, entries: Some(entries), known: Vec::new() };
        }
        self.fault(line, Wrong::NotATable { key });
        absent
    }

    pub(super) fn sections<'s>(
        &mut self,
        parent: &mut Section<'s, 't>,
        key: &'static str,
        limit: usize,
    ) -> Vec<Section<'s, 't>> {
        let Some(value) = parent.value(key) else {
            return Vec::new();
        };
        let line = self.line_of(value.span().start);
        let DeValue::Array(items) = value.get_ref() else {
            self.fault(line, Wrong::NotTables { key });
            return Vec::new();
        };
        if items.len() > limit {
            self.fault(line, Wrong::TooManySections { key, count: items.len(), limit });
        }
        let mut sections = Vec::new();
        for item in items.iter().take(limit) {
            let line = self.line_of(item.span().start);
            match item.get_ref() {
                DeValue::Table(entries) => {
                    let title = Some(format!("[[{key}]]"));
                    sections.push(Section { title, line, entries: Some(entries), known: Vec::new() });
                }
                _ => self.fault(line, Wrong::NotTables { key }),
            }
        }
        sections
    }

    /// Says what is wrong where a key is missing; it gets the table's title.
    pub(super) fn need(&mut self, section: &Section<'_, 't>, key: &str, wrong: impl FnOnce(String) -> Wrong) {
        if section.lacks(key) {
            self.fault(section.line, wrong(section.title.clone().unwrap_or_default()));
        }
    }

    pub(super) fn need_key(&mut self, section: &Section<'_, 't>, key: &'static str) {
        self.need(section, key, |section| Wrong::KeyMissing { key, section });
    }

    /// A key nobody asked for is a decision that would not be followed.
    pub(super) fn finish(&mut self, section: &Section<'_, 't>) {
        for key in section.entries.into_iter().flat_map(|entries| entries.keys()) {
            if section.known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let line = self.line_of(key.span().start);
            let key = key.get_ref().chars().take(NAME_LIMIT_CHARACTERS).collect();
            let known = section.known.join(", ");
            self.fault(
                line,
                match section.title.clone() {
                    Some(section) => Wrong::UnknownKey { key, section, known },
                    None => Wrong::UnknownSection { key, known },
                },
            );
        }
    }

    pub(super) fn line_of_key(&self, section: &Section<'_, 't>, key: &str) -> u32 {
        section
            .entries
            .and_then(|entries| entries.get(key))
            .map_or(section.line, |value| self.line_of(value.span().start))
    }

    // Values

    pub(super) fn text(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        limit_characters: usize,
    ) -> Option<String> {
        let value = section.value(key)?;
        self.text_of(value, key, limit_characters, Wrong::NotQuoted { key })
    }

    fn text_of(
        &mut self,
        value: &Spanned<DeValue<'t>>,
        key: &'static str,
        limit_characters: usize,
        otherwise: Wrong,
    ) -> Option<String> {
        let wrong = match value.get_ref() {
            DeValue::String(text) => {
                let text = text.trim();
                if text.is_empty() || text.chars().any(char::is_control) {
                    Wrong::NoText { key }
                } else if text.chars().count() > limit_characters {
                    Wrong::TextTooLong { key, limit_characters }
                } else {
                    return Some(text.to_owned());
                }
            }
            _ => otherwise,
        };
        self.fault(self.line_of(value.span().start), wrong);
        None
    }

    fn one_of(
        &mut self,
        value: &Spanned<DeValue<'t>>,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let line = self.line_of(value.span().start);
        let found = value.get_ref().as_str().and_then(|text| {
            let written = fold(text);
            let word = JAPANESE.iter().find(|(japanese, _)| *japanese == written).map_or(&*written, |(_, word)| word);
            words.iter().find(|known| **known == word)
        });
        if found.is_none() {
            self.fault(line, Wrong::NotOneOf { key, words: format!("\"{}\"", words.join("\", \"")) });
        }
        found.map(|word| Located { line, value: *word })
    }

    pub(super) fn word(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let value = section.value(key)?;
        self.one_of(value, key, words)
    }

    /// The entries of a list; one that is over its limit is a fault, and looked at up to there.
    fn entries<'s>(
        &mut self,
        section: &mut Section<'s, 't>,
        key: &'static str,
        limit: usize,
    ) -> Option<&'s [Spanned<DeValue<'t>>]> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        let DeValue::Array(entries) = value.get_ref() else {
            self.fault(line, Wrong::NotTexts { key });
            return None;
        };
        if entries.len() > limit {
            self.fault(line, Wrong::TooManyEntries { key, count: entries.len(), limit });
        }
        Some(&entries[..entries.len().min(limit)])
    }

    pub(super) fn words(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        words: &[&'static str],
    ) -> Vec<Located<&'static str>> {
        let entries = self.entries(section, key, words.len()).unwrap_or_default();
        entries.iter().filter_map(|entry| self.one_of(entry, key, words)).collect()
    }

    /// A list of texts, of which some may be empty.
    pub(super) fn texts(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        limit: usize,
        limit_characters: usize,
    ) -> Option<Vec<String>> {
        let entries = self.entries(section, key, limit)?;
        let mut texts = Vec::new();
        for entry in entries {
            match entry.get_ref() {
                DeValue::String(text) if text.trim().is_empty() => texts.push(String::new()),
                _ => texts.extend(self.text_of(entry, key, limit_characters, Wrong::NotTexts { key })),
            }
        }
        (texts.len() == entries.len()).then_some(texts)
    }

    /// A list of names, compared as teams are.
    pub(super) fn names(&mut self, section: &mut Section<'_, 't>, key: &'static str, limit: usize) -> Vec<String> {
        let entries = self.entries(section, key, limit).unwrap_or_default();
        let name = |entry| self.text_of(entry, key, NAME_LIMIT_CHARACTERS, Wrong::NotTexts { key });
        entries.iter().filter_map(name).map(|name| fold(&name)).collect()
    }

    pub(super) fn flag(&mut self, section: &mut Section<'_, 't>, key: &'static str) -> Option<bool> {
        let value = section.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.fault(self.line_of(value.span().start), Wrong::NotAFlag { key });
        }
        flag
    }

    pub(super) fn count(
        &mut self,
        section: &mut Section<'_, 't>,
        key: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = section.value(key)?;
        let line = self.line_of(value.span().start);
        let DeValue::Integer(written) = value.get_ref() else {
            self.fault(line, Wrong::NotACount { key });
            return None;
        };
        let count = u32::from_str_radix(written.as_str(), written.radix()).ok().filter(|count| range.contains(count));
        if count.is_none() {
            self.fault(line, Wrong::OutOfRange { key, least: *range.start(), most: *range.end() });
        }
        count
    }

    pub(super) fn day(&mut self, section: &mut Section<'_, 't>, key: &'static str) -> Option<Date> {
        let value = section.value(key)?;
        let found = match value.get_ref() {
            DeValue::String(text) => day(text),
            DeValue::Datetime(written) if written.time.is_none() && written.offset.is_none() => {
                day(&written.to_string())
            }
            _ => None,
        };
        if found.is_none() {
            self.fault(self.line_of(value.span().start), Wrong::NotADay { key });
        }
        found
    }

    /// The first day, under its key, and `until`, the last one.
    pub(super) fn days(&mut self, section: &mut Section<'_, 't>, first: &'static str) -> (Option<Date>, Option<Date>) {
        let (from, until) = (self.day(section, first), self.day(section, "until"));
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.fault(section.line, Wrong::UntilBeforeFrom { from, until });
        }
        (from, until)
    }

    pub(super) fn direction(&mut self, section: &mut Section<'_, 't>) -> Option<Direction> {
        let words = DIRECTIONS.map(|(word, _)| word);
        let found = self.word(section, "direction", &words)?;
        DIRECTIONS.iter().find(|(word, _)| *word == found.value).map(|(_, direction)| *direction)
    }
}
