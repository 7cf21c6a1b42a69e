//! Sources: PBXs and recorders, each known by a prefix and by the names it writes.
//!
//! A source is data: a pattern with named parts, a rule for the zone, for each kind of call which part is
//! whose number, and the fields of its sidecars. A recorder more is a value more, no branch: those that
//! ship are in `built_in`, a company's own come from its policy ([`Definition`]). What a name gives is
//! handed on raw: which part is a member's extension is decided by the rulebook of the day, in
//! [`crate::merge`].

mod built_in;
mod clue;
mod definition;
#[cfg(test)]
mod tests;
mod time;
mod trial;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::{Captures, Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

pub use built_in::built_in;
pub use definition::{Definition, Flaw, Prefixes, SIDECAR_FACTS};
pub(crate) use definition::{
    KINDS_LIMIT, PATTERN_LIMIT_CHARACTERS, PREFIX_LIMIT_BYTES, PREFIXES_LIMIT, WORD_LIMIT_CHARACTERS,
};
pub use trial::{Gives, Missed, Outcome, TRIAL_KEYS_LIMIT, Tried, try_keys};

use self::clue::Clues;
use crate::facts::{Direction, QuarantineReason};
use crate::fragment::ObjectKey;
use crate::percent;

/// 256 KiB: five times what the largest built-in pattern takes; a pattern that wants more is not for names.
const COMPILED_LIMIT_BYTES: usize = 256 * 1024;

/// 128 bytes of a part, as of any other fact: what listing projects of a recording stays under 1 KB.
const PART_LIMIT_BYTES: usize = 128;

/// 32 folders may stand between a source's prefix and what its names need: more than anybody files by.
const FOLDERS_LIMIT: usize = 32;

/// What a source's local times mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ZoneRule {
    /// The name's part `epoch` is the same moment in seconds since 1970: the difference is the zone.
    Epoch,
    /// The company's own zone.
    Company,
    /// The PBX's own zone, whatever the company's is; UTC is one.
    Fixed(TimeZone),
}

/// Which part of a name is what, for one kind of call. Each text names a part of the pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kind {
    /// The value of the part `type` this is for; empty for every other value, and for names without the part.
    #[serde(rename = "type")]
    pub name: String,
    /// The direction, where the kind says it; else the part `type` may say it in a word of its own.
    pub direction: Option<Direction>,
    /// The part that is the calling side.
    pub caller: Option<String>,
    /// The part that is the called side.
    pub called: Option<String>,
    /// The part that is the queue or ring group.
    pub queue: Option<String>,
    /// The part that is our extension, on whichever side it is.
    pub extension: Option<String>,
}

/// One PBX or recorder.
///
/// Named parts of the pattern: `year month day hour minute second fraction` (to the minute where `second` is
/// missing; without `minute` they only bound the start), `meridiem` (AM, PM), `offset` (`+0900`), `epoch`,
/// `call_id`, `type`, and what [`Kind`]s name. The pattern must fit the whole of what follows the prefix;
/// folders before that, a site or a server, never matter.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name; call ids are unique only within it.
    pub name: String,
    /// The prefixes of its keys, each with its `/`.
    pub prefixes: Vec<String>,
    /// The zone of its times.
    pub zone: ZoneRule,
    /// Its kinds of calls.
    pub kinds: Vec<Kind>,
    /// The fields of its sidecars, by the fact each gives (one of [`SIDECAR_FACTS`]); FORMATS' own names
    /// are understood beside them.
    pub sidecar: BTreeMap<String, String>,
    pattern: String,
    /// Compiled at the first name, not at the start: a function that reads none need not pay.
    compiled: OnceLock<Option<Regex>>,
}

/// When the call began, as a name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Began {
    /// At a moment.
    At {
        /// The moment.
        at: Timestamp,
        /// How exactly: 60 or 1 seconds, or 0 where fractions of a second are given.
        precision_seconds: i64,
    },
    /// Within a day or an hour, widened by what may lie between a call's begin and its recording's:
    /// no start, but a lesser fragment's start outside is not believed.
    Within(Range<Timestamp>),
    /// Nothing of it.
    Unsaid,
}

/// What a name says, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFacts {
    /// When the call began.
    pub began: Began,
    /// The PBX's id of the call.
    pub call_id: Option<String>,
    /// The kind of call, in the source's own word.
    pub kind: Option<String>,
    /// The direction the kind says.
    pub direction: Option<Direction>,
    /// The calling side, as written; none where the name leaves it empty.
    pub caller: Option<String>,
    /// The called side, as written; none where that is a queue.
    pub called: Option<String>,
    /// The queue or ring group, as written.
    pub queue: Option<String>,
    /// Our extension, as written, where the name says it beside the two sides.
    pub extension: Option<String>,
}

impl Source {
    /// A source without fields of its own for sidecars; its pattern is compiled when it is first used.
    pub fn new(
        name: impl Into<String>,
        prefix: impl Into<String>,
        pattern: impl Into<String>,
        zone: ZoneRule,
        kinds: Vec<Kind>,
    ) -> Self {
        Self {
            name: name.into(),
            prefixes: vec![prefix.into()],
            zone,
            kinds,
            sidecar: BTreeMap::new(),
            pattern: pattern.into(),
            compiled: OnceLock::new(),
        }
    }

    /// Reads a key that lies under one of the source's prefixes.
    ///
    /// # Errors
    /// `no_call_facts` where the name is not the pattern, its kind is none of the source's, or a part is
    /// over 128 bytes; `impossible_date` where no calendar or clock has its time, `zone` where its times
    /// contradict each other or no zone has its offset.
    pub fn read(&self, key: &ObjectKey, company: &TimeZone) -> Result<NameFacts, QuarantineReason> {
        let name = self.name_in(key).ok_or(QuarantineReason::NoCallFacts)?;
        let (name, pattern) = self.fitting(name).ok_or(QuarantineReason::NoCallFacts)?;
        let parts = pattern.captures(&name).ok_or(QuarantineReason::NoCallFacts)?;
        let kind = self.kind(&parts).ok_or(QuarantineReason::NoCallFacts)?;
        let part = |name: &str| match part(&parts, name).map(percent::decode) {
            // Cut, or with a NUL in it, it could be taken for another's.
            Some(text) if text.len() > PART_LIMIT_BYTES || text.contains(char::is_control) => {
                Err(QuarantineReason::NoCallFacts)
            }
            text => Ok(text.map(Cow::into_owned)),
        };
        let named = |name: &Option<String>| name.as_deref().map_or(Ok(None), part);
        let word = part("type")?;
        let said_by_word = word.as_deref().and_then(Direction::from_word);
        let (mut caller, mut queue) = (named(&kind.caller)?, named(&kind.queue)?);
        // A conference room stands on both sides: nobody called it, and it is no queue.
        if caller.is_some() && caller == queue {
            (caller, queue) = (None, None);
        }
        Ok(NameFacts {
            call_id: part("call_id")?,
            // That it is unknown is to say nothing.
            direction: kind.direction.or(said_by_word).filter(|direction| *direction != Direction::Unknown),
            caller,
            called: named(&kind.called)?,
            queue,
            extension: named(&kind.extension)?,
            kind: word,
            began: time::began(&parts, &self.zone, company, self.clues(pattern, &parts, &name))?,
        })
    }

    /// What of a key follows the prefix that it lies under; of two the longer.
    fn name_in<'k>(&self, key: &'k ObjectKey) -> Option<&'k str> {
        self.prefixes.iter().filter_map(|prefix| key.expose().strip_prefix(prefix)).min_by_key(|name| name.len())
    }

    /// The end of a name that is the pattern: the whole, or behind some of its folders; as it is written, or
    /// with its percent codes decoded.
    fn fitting<'k>(&self, name: &'k str) -> Option<(Cow<'k, str>, &Regex)> {
        let pattern = self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()?;
        if let Some(name) = behind_folders(name).find(|name| pattern.is_match(name)) {
            return Some((Cow::Borrowed(name), pattern));
        }
        let Cow::Owned(decoded) = percent::decode(name) else { return None };
        let name = behind_folders(&decoded).find(|name| pattern.is_match(name))?.to_owned();
        Some((Cow::Owned(name), pattern))
    }

    /// The kind of a name: of those for its `type` the first whose parts all take part.
    fn kind(&self, parts: &Captures<'_>) -> Option<&Kind> {
        let word = part(parts, "type").unwrap_or_default();
        let of = |word: &str| {
            let mut kinds = self.kinds.iter().filter(|kind| kind.name == word).peekable();
            let first = kinds.peek().copied();
            kinds.find(|kind| kind.parts().all(|name| parts.name(name).is_some())).or(first)
        };
        of(word).or_else(|| of(""))
    }

    fn clues(&self, pattern: &Regex, parts: &Captures<'_>, name: &str) -> Clues {
        let spans = pattern.capture_names().flatten().filter_map(|name| parts.name(name)).map(|part| part.range());
        Clues::of(parts, &spans.collect::<Vec<_>>(), name, clue::allows_either_sign(&self.pattern))
    }
}

impl Kind {
    /// The parts that it names.
    fn parts(&self) -> impl Iterator<Item = &str> {
        [&self.caller, &self.called, &self.queue, &self.extension].into_iter().filter_map(|part| part.as_deref())
    }
}

/// A name, and what of it follows each of its folders.
fn behind_folders(name: &str) -> impl Iterator<Item = &str> {
    let behind = name.match_indices('/').take(FOLDERS_LIMIT).map(|(place, _)| &name[place + 1..]);
    std::iter::once(name).chain(behind)
}

/// Compiles a pattern so that it must fit a whole name.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(COMPILED_LIMIT_BYTES).build()
}

/// What a part holds; one left empty says nothing.
fn part<'k>(parts: &Captures<'k>, name: &str) -> Option<&'k str> {
    parts.name(name).map(|part| part.as_str()).filter(|part| !part.is_empty())
}

/// The source that has the longest prefix which a key lies under.
pub fn find<'a>(sources: &'a [Arc<Source>], key: &ObjectKey) -> Option<&'a Source> {
    sources
        .iter()
        .filter_map(|source| Some((source.name_in(key)?.len(), source.as_ref())))
        .min_by_key(|(left, _)| *left)
        .map(|(_, source)| source)
}

/// A company's own sources and those that ship. An own source replaces the shipped one that has its name or
/// whose first prefix it has; any other prefix of a shipped source that an own one has is the own one's.
pub fn with_built_in(own: Vec<Arc<Source>>) -> Vec<Arc<Source>> {
    let is_own = |prefix: &String| own.iter().any(|own| own.prefixes.contains(prefix));
    let is_replaced = |shipped: &Source| {
        own.iter().any(|own| own.name == shipped.name) || shipped.prefixes.first().is_some_and(is_own)
    };
    let mut sources = Vec::new();
    for shipped in built_in().iter().filter(|shipped| !is_replaced(shipped)) {
        let left: Vec<String> = shipped.prefixes.iter().filter(|prefix| !is_own(prefix)).cloned().collect();
        sources.push(if left.len() == shipped.prefixes.len() {
            Arc::clone(shipped)
        } else {
            Arc::new(Source { prefixes: left, ..Source::clone(shipped) })
        });
    }
    sources.extend(own);
    sources
}
