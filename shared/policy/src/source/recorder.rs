//! One PBX or recorder, and how its names are read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;

use super::clue::{Clues, allows_either_sign};
use super::facts::{Kind, NameFacts, ZoneRule};
use super::pattern::{behind_folders, compile, part};
use super::time::began;
use crate::facts::{Direction, QuarantineReason};
use crate::object::ObjectKey;
use crate::percent;

/// 128 bytes of a part, as of any other fact: what listing projects of a recording stays under 1 KB.
const PART_LIMIT_BYTES: usize = 128;

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
    /// The fields of its sidecars, by the fact each gives (one of [`super::SIDECAR_FACTS`]); FORMATS' own names
    /// are understood beside them.
    pub sidecar: BTreeMap<String, String>,
    pub(crate) pattern: String,
    /// Compiled at the first name, not at the start: a function that reads none need not pay.
    pub(super) compiled: OnceLock<Option<Regex>>,
}

impl Source {
    /// How it is written, to tell two apart: everything but what was compiled of it.
    pub(crate) fn written(&self) -> String {
        let Self { name, prefixes, zone, kinds, sidecar, pattern, compiled: _ } = self;
        format!("{name} {prefixes:?} {zone:?} {kinds:?} {sidecar:?} {pattern:?}")
    }

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
            began: began(&parts, &self.zone, company, self.clues(pattern, &parts, &name))?,
        })
    }

    /// What of a key follows the prefix that it lies under; of two the longer.
    pub(crate) fn name_in<'k>(&self, key: &'k ObjectKey) -> Option<&'k str> {
        self.prefixes.iter().filter_map(|prefix| key.expose().strip_prefix(prefix)).min_by_key(|name| name.len())
    }

    /// The end of a name that is the pattern: the whole, or behind some of its folders; as it is written, with its
    /// percent codes decoded, or with full-width letters and marks in parts made one (Unicode NFKC).
    pub(crate) fn fitting<'k>(&self, name: &'k str) -> Option<(Cow<'k, str>, &Regex)> {
        let pattern = self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()?;
        let fits = |name: &&str| pattern.is_match(name);
        // `\d` takes full-width digits, of which no time can be read.
        let has_wide_digits = name.chars().any(|one| ('０'..='９').contains(&one));
        if !has_wide_digits && let Some(name) = behind_folders(name).find(fits) {
            return Some((Cow::Borrowed(name), pattern));
        }
        let decoded = percent::decode(name);
        let folded: String = decoded.nfkc().collect();
        let forms = if has_wide_digits { [&*folded, &*decoded] } else { [&*decoded, &*folded] };
        let found = forms.into_iter().flat_map(behind_folders).find(fits).map(|name| Cow::Owned(name.to_owned()));
        let as_written = || behind_folders(name).find(fits).map(Cow::Borrowed);
        Some((found.or_else(as_written)?, pattern))
    }

    /// The kind of a name: of those for its `type` the first whose parts all take part.
    pub(crate) fn kind(&self, parts: &Captures<'_>) -> Option<&Kind> {
        let word = part(parts, "type").unwrap_or_default();
        let of = |word: &str| {
            let mut kinds = self.kinds.iter().filter(|kind| kind.name == word).peekable();
            let first = kinds.peek().copied();
            kinds.find(|kind| kind.parts().all(|name| parts.name(name).is_some())).or(first)
        };
        of(word).or_else(|| of(""))
    }

    /// What stands beside the time of a name.
    pub(crate) fn clues(&self, pattern: &Regex, parts: &Captures<'_>, name: &str) -> Clues {
        let spans = pattern.capture_names().flatten().filter_map(|name| parts.name(name)).map(|part| part.range());
        Clues::of(parts, &spans.collect::<Vec<_>>(), name, allows_either_sign(&self.pattern))
    }
}

/// The source that has the longest prefix which a key lies under.
pub fn find<'a>(sources: &'a [Arc<Source>], key: &ObjectKey) -> Option<&'a Source> {
    sources
        .iter()
        .filter_map(|source| Some((source.name_in(key)?.len(), source.as_ref())))
        .min_by_key(|(left, _)| *left)
        .map(|(_, source)| source)
}
