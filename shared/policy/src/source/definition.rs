//! A source as a company writes it, and everything that can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use super::built_in::built_in;
use super::facts::{Kind, ZoneRule};
use super::pattern::{COMPILED_LIMIT_BYTES, compile};
use super::recorder::Source;
use crate::fault::{FaultCode, Wrong};
use crate::retention::is_class_name;

/// 1,000 characters: more than the longest pattern that ships.
pub(crate) const PATTERN_LIMIT_CHARACTERS: usize = 1_000;

/// 256 bytes of prefix leave three quarters of S3's 1,024 for the name.
pub(crate) const PREFIX_LIMIT_BYTES: usize = 256;

/// 16 prefixes of one source: Amazon Connect, which has the most, has three.
pub(crate) const PREFIXES_LIMIT: usize = 16;

/// 64 characters: the name of a JSON field, of a part, of a kind, of a zone.
pub(crate) const WORD_LIMIT_CHARACTERS: usize = 64;

/// 50 kinds of calls: FreePBX, which has the most, has eleven.
pub(crate) const KINDS_LIMIT: usize = 50;

/// What a field of a sidecar can give: FORMATS' names, and the two sides of the call, which the direction
/// makes the counterpart and our number or extension.
pub const SIDECAR_FACTS: [&str; 14] = [
    "call_id",
    "started_at",
    "direction",
    "counterpart",
    "our_number",
    "extension",
    "queue",
    "staff",
    "notice",
    "linked_id",
    "kind",
    "objection",
    "caller",
    "called",
];

/// The parts whose names are given; every other part is one that a kind names.
const PARTS: [&str; 12] =
    ["year", "month", "day", "hour", "minute", "second", "fraction", "meridiem", "offset", "epoch", "call_id", "type"];

/// Of the parts of a time, what says nothing without which other.
const PARTS_OF_TIME: [(&str, &str); 10] = [
    ("year", "month"),
    ("year", "day"),
    ("month", "year"),
    ("day", "year"),
    ("hour", "day"),
    ("minute", "hour"),
    ("second", "minute"),
    ("fraction", "second"),
    ("meridiem", "hour"),
    ("offset", "hour"),
];

/// The names by which recordings under no configured prefix are told apart.
const NAMES_TAKEN: [&str; 2] = ["sidecar", "object-metadata"];

/// Where a source's keys lie: one folder, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Prefixes {
    /// One prefix.
    One(#[schemars(length(max = PREFIX_LIMIT_BYTES))] String),
    /// Several, for example one for each place that Amazon Connect writes to.
    Several(#[schemars(length(max = PREFIXES_LIMIT))] Vec<String>),
}

impl Prefixes {
    fn all(&self) -> &[String] {
        match self {
            Self::One(prefix) => std::slice::from_ref(prefix),
            Self::Several(prefixes) => prefixes,
        }
    }
}

impl From<&str> for Prefixes {
    fn from(prefix: &str) -> Self {
        Self::One(prefix.to_owned())
    }
}

/// A source as a company writes it: a `[[source]]` of the policy, or what is tried first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Definition {
    /// 1 to 32 of `a-z 0-9 - _`; call ids are unique only within it.
    #[schemars(length(min = 1, max = 32))]
    pub name: Option<String>,
    /// The prefix of its keys, ending in `/`, or a list of them.
    pub prefix: Option<Prefixes>,
    /// A source that ships, whose pattern, kinds, zone and sidecar this one has.
    #[schemars(length(max = WORD_LIMIT_CHARACTERS))]
    pub recorder: Option<String>,
    /// The pattern of what follows the prefix, in the syntax of the `regex` crate.
    #[schemars(length(max = PATTERN_LIMIT_CHARACTERS))]
    pub pattern: Option<String>,
    /// `epoch`, `UTC`, `company` or an IANA name; left out: `epoch` where the pattern has that part, else
    /// `company`; with `recorder` the recorder's.
    #[schemars(length(max = WORD_LIMIT_CHARACTERS))]
    pub zone: Option<String>,
    /// Its kinds of calls; none: the parts `caller called queue extension` are what they are called.
    #[schemars(length(max = KINDS_LIMIT))]
    pub kind: Vec<Kind>,
    /// JSON fields of its sidecars, by the fact each gives; in place of the recorder's where one is given.
    pub sidecar: BTreeMap<String, String>,
}

/// One thing that is wrong with a definition. What it says repeats what was written: it goes into the answer and
/// into no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Which field it is in: `pattern`, `kind`, ….
    pub field: &'static str,
    /// Which of the kinds, from 0, where it is in one.
    pub kind: Option<usize>,
    /// What.
    pub wrong: Wrong,
}

impl Flaw {
    /// What, in a word that never changes.
    pub fn code(&self) -> FaultCode {
        self.wrong.code()
    }
}

impl Definition {
    /// The source it defines.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn source(&self) -> Result<Source, Vec<Flaw>> {
        let mut flaws = Flaws(Vec::new());
        let name = flaws.name(self.name.as_deref());
        let prefixes = flaws.prefixes(self.prefix.as_ref());
        let zone = self.zone.as_deref().and_then(|zone| flaws.zone(zone));
        flaws.sidecar(&self.sidecar);
        let mut source = match (self.recorder.as_deref(), self.pattern.as_deref()) {
            (Some(recorder), None) => self.of_recorder(recorder, &mut flaws),
            (None, Some(pattern)) => self.of_pattern(pattern, &mut flaws),
            (Some(_), Some(_)) => {
                flaws.add("pattern", Wrong::RecorderAndPattern);
                None
            }
            (None, None) => {
                flaws.add("pattern", Wrong::NoPattern);
                None
            }
        };
        if let (Some(source), Some(name), Some(prefixes)) = (&mut source, name, prefixes) {
            name.clone_into(&mut source.name);
            source.prefixes = prefixes.to_vec();
            source.zone = zone.unwrap_or_else(|| source.zone.clone());
            if !self.sidecar.is_empty() {
                source.sidecar.clone_from(&self.sidecar);
            }
        }
        match source {
            Some(source) if flaws.0.is_empty() => Ok(source),
            _ => Err(flaws.0),
        }
    }

    fn of_recorder(&self, recorder: &str, flaws: &mut Flaws) -> Option<Source> {
        if !self.kind.is_empty() {
            flaws.add("kind", Wrong::RecorderAndKinds);
        }
        if self.zone.as_deref() == Some("epoch")
            && let Some(source) = shipped(recorder)
            && source.zone != ZoneRule::Epoch
        {
            flaws.epoch_missing();
        }
        let found = shipped(recorder);
        if found.is_none() {
            let known: Vec<&str> = built_in().iter().map(|source| source.name.as_str()).collect();
            flaws.add("recorder", Wrong::UnknownRecorder { recorder: shown(recorder), known: known.join(", ") });
        }
        found.cloned()
    }

    fn of_pattern(&self, pattern: &str, flaws: &mut Flaws) -> Option<Source> {
        let Some(compiled) = flaws.pattern(pattern) else {
            // Of a pattern that can't be read nobody knows the parts; its kinds may be right.
            return None;
        };
        let parts: BTreeSet<&str> = compiled.capture_names().flatten().collect();
        flaws.time(&parts, self.zone.as_deref());
        let kinds = if self.kind.is_empty() {
            let part = |name: &str| parts.contains(name).then(|| name.to_owned());
            vec![Kind {
                caller: part("caller"),
                called: part("called"),
                queue: part("queue"),
                extension: part("extension"),
                ..Kind::default()
            }]
        } else {
            self.kind.clone()
        };
        flaws.kinds(&kinds, &parts);
        flaws.parts(&kinds, &parts);
        let zone = if parts.contains("epoch") { ZoneRule::Epoch } else { ZoneRule::Company };
        let source = Source::new("", "", pattern, zone, kinds);
        Some(Source { compiled: OnceLock::from(Some(compiled)), ..source })
    }
}

fn shipped(recorder: &str) -> Option<&'static Source> {
    built_in().iter().map(AsRef::as_ref).find(|source: &&Source| source.name == recorder)
}

/// A text of a stranger's, cut to a length that can be shown.
fn shown(text: &str) -> String {
    text.chars().take(WORD_LIMIT_CHARACTERS).collect()
}

struct Flaws(Vec<Flaw>);

impl Flaws {
    fn add(&mut self, field: &'static str, wrong: Wrong) {
        self.0.push(Flaw { field, kind: None, wrong });
    }

    fn in_kind(&mut self, kind: usize, wrong: Wrong) {
        self.0.push(Flaw { field: "kind", kind: Some(kind), wrong });
    }

    fn name<'d>(&mut self, name: Option<&'d str>) -> Option<&'d str> {
        let Some(name) = name else {
            self.add("name", Wrong::FieldMissing { field: "name" });
            return None;
        };
        if is_class_name(name) && !NAMES_TAKEN.contains(&name) {
            return Some(name);
        }
        self.add("name", Wrong::NotASourceName { name: shown(name) });
        None
    }

    fn prefixes<'d>(&mut self, prefixes: Option<&'d Prefixes>) -> Option<&'d [String]> {
        let prefixes = prefixes.map(Prefixes::all).filter(|prefixes| !prefixes.is_empty());
        let Some(prefixes) = prefixes else {
            self.add("prefix", Wrong::FieldMissing { field: "prefix" });
            return None;
        };
        if prefixes.len() > PREFIXES_LIMIT {
            self.add("prefix", Wrong::TooManyPrefixes { count: prefixes.len(), limit: PREFIXES_LIMIT });
            return None;
        }
        let wrong: Vec<Wrong> = prefixes.iter().filter_map(|prefix| wrong_with_prefix(prefix)).collect();
        let all_fit = wrong.is_empty();
        for wrong in wrong {
            self.add("prefix", wrong);
        }
        all_fit.then_some(prefixes)
    }

    fn zone(&mut self, zone: &str) -> Option<ZoneRule> {
        match zone {
            "epoch" => return Some(ZoneRule::Epoch),
            "company" => return Some(ZoneRule::Company),
            "UTC" => return Some(ZoneRule::Fixed(TimeZone::UTC)),
            _ => {}
        }
        if let Ok(zone) = TimeZone::get(zone) {
            return Some(ZoneRule::Fixed(zone));
        }
        self.add("zone", Wrong::NoSuchSourceZone { zone: shown(zone) });
        None
    }

    fn sidecar(&mut self, sidecar: &BTreeMap<String, String>) {
        for (fact, field) in sidecar {
            if !SIDECAR_FACTS.contains(&fact.as_str()) {
                self.add("sidecar", Wrong::NoFactOfASidecar { fact: shown(fact), known: SIDECAR_FACTS.join(", ") });
            }
            if field.is_empty() || field.chars().count() > WORD_LIMIT_CHARACTERS {
                self.add(
                    "sidecar",
                    Wrong::NoFieldOfASidecar { fact: shown(fact), limit_characters: WORD_LIMIT_CHARACTERS },
                );
            }
        }
    }

    fn pattern(&mut self, pattern: &str) -> Option<regex::Regex> {
        if pattern.chars().count() > PATTERN_LIMIT_CHARACTERS {
            self.add("pattern", Wrong::PatternTooLong { limit_characters: PATTERN_LIMIT_CHARACTERS });
            return None;
        }
        if let Err((place, said)) = read_syntax(pattern) {
            self.add("pattern", Wrong::BadPattern { place, said });
            return None;
        }
        match compile(pattern) {
            Ok(compiled) => Some(compiled),
            Err(regex::Error::CompiledTooBig(_)) => {
                self.add("pattern", Wrong::PatternTooLarge { limit_bytes: COMPILED_LIMIT_BYTES });
                None
            }
            // What can be read by itself can fail only by what is put around it.
            Err(_) => {
                self.add("pattern", Wrong::PatternSwallows);
                None
            }
        }
    }

    fn time(&mut self, parts: &BTreeSet<&str>, zone: Option<&str>) {
        for (part, needed) in PARTS_OF_TIME {
            if parts.contains(part) && !parts.contains(needed) {
                self.add("pattern", Wrong::PartWithoutPart { part, needed });
            }
        }
        if zone == Some("epoch") && !parts.contains("epoch") {
            self.epoch_missing();
        }
        if ["year", "epoch", "call_id"].into_iter().all(|part| !parts.contains(part)) {
            self.add("pattern", Wrong::UselessPattern);
        }
    }

    fn epoch_missing(&mut self) {
        self.add("zone", Wrong::EpochMissing);
    }

    fn kinds(&mut self, kinds: &[Kind], parts: &BTreeSet<&str>) {
        if kinds.len() > KINDS_LIMIT {
            self.add("kind", Wrong::TooManyKinds { count: kinds.len(), limit: KINDS_LIMIT });
        }
        for (position, kind) in kinds.iter().enumerate().take(KINDS_LIMIT) {
            if let Some(earlier) = kinds[..position].iter().position(|earlier| earlier.name == kind.name) {
                self.in_kind(position, Wrong::KindTwice { earlier: earlier + 1 });
            }
            if !kind.name.is_empty() && !parts.contains("type") {
                self.in_kind(position, Wrong::KindWithoutType);
            }
            for part in kind.parts() {
                if !parts.contains(part) {
                    self.in_kind(position, Wrong::KindWithoutPart { part: shown(part) });
                }
            }
        }
    }

    /// A part that nothing asks for is a decision that would not be followed.
    fn parts(&mut self, kinds: &[Kind], parts: &BTreeSet<&str>) {
        let asked: BTreeSet<&str> = kinds.iter().flat_map(Kind::parts).chain(PARTS).collect();
        for part in parts.difference(&asked) {
            self.add("pattern", Wrong::UnknownPart { part: shown(part), known: PARTS.join(", ") });
        }
    }
}

fn wrong_with_prefix(prefix: &str) -> Option<Wrong> {
    if prefix.starts_with("calllog/") {
        Some(Wrong::PrefixOfLogs)
    } else if !prefix.ends_with('/') || prefix.starts_with('/') {
        Some(Wrong::PrefixNotAFolder)
    } else if prefix.len() > PREFIX_LIMIT_BYTES || prefix.contains(char::is_control) {
        Some(Wrong::PrefixTooLong { limit_bytes: PREFIX_LIMIT_BYTES })
    } else {
        None
    }
}

/// Whether a text is a pattern at all; else the character it fails at, from 1, and why, in the parser's own
/// words without its picture of the pattern.
fn read_syntax(pattern: &str) -> Result<(), (usize, String)> {
    use regex_syntax::Error;
    match regex_syntax::Parser::new().parse(pattern) {
        Ok(_) => Ok(()),
        Err(Error::Parse(error)) => Err((error.span().start.column, error.kind().to_string())),
        Err(Error::Translate(error)) => Err((error.span().start.column, error.kind().to_string())),
        Err(_) => Err((1, "not a regular expression".to_owned())),
    }
}

#[cfg(test)]
mod tests;
