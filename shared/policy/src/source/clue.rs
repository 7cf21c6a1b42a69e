//! What a name says of its time in letters that the pattern takes without naming them.
//!
//! A pattern can let `PM` or `-0500` pass as text between its parts. Read without it, the time would be
//! hours off and look right. So what stands directly beside the time is looked at: `AM` and `PM` are never
//! anything else; a sign and four digits are an offset where the pattern itself allows either sign.

use std::ops::Range;

use jiff::tz::Offset;
use regex::Captures;

use super::offset::read_offset;
use super::pattern::part;

/// The half of a day that a 12-hour clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// AM, 午前.
    Morning,
    /// PM, 午後.
    Afternoon,
}

impl Half {
    /// `AM`, `am`, `a.m.`, `A`, `午前`, and the same of the afternoon.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let letters: String = word.chars().filter(|character| !matches!(character, '.' | ' ')).collect();
        match letters.to_lowercase().as_str() {
            "am" | "a" | "午前" => Some(Self::Morning),
            "pm" | "p" | "午後" => Some(Self::Afternoon),
            _ => None,
        }
    }

    /// The hour of the day; none where no clock shows it so. 12 AM is midnight, 12 PM is noon. An afternoon
    /// from 13 on is written twice over, and stands.
    pub(crate) fn hour(self, shown: i8) -> Option<i8> {
        match (self, shown) {
            (Self::Morning, 12) => Some(0),
            (Self::Morning, 0..=11) | (Self::Afternoon, 12..=23) => Some(shown),
            (Self::Afternoon, 0..=11) => Some(shown + 12),
            _ => None,
        }
    }
}

/// A value that stands beside the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clue<T> {
    pub(crate) value: T,
    /// Whether it can be nothing else.
    pub(crate) is_sure: bool,
}

/// What stands beside a name's time and has no part of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues {
    pub(crate) half: Option<Half>,
    pub(crate) offset: Option<Clue<Offset>>,
}

/// The parts that make a time.
const TIME: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "fraction"];

impl Clues {
    /// Looks at the text of a name around its time. `named` are the places of all its parts;
    /// `allows_either_sign`: see [`allows_either_sign`].
    pub(crate) fn of(parts: &Captures<'_>, named: &[Range<usize>], name: &str, allows_either_sign: bool) -> Self {
        if part(parts, "minute").is_none() {
            return Self::default();
        }
        let spans: Vec<_> = TIME.iter().filter_map(|time| parts.name(time)).map(|part| part.range()).collect();
        let hour = parts.name("hour").map_or(0, |hour| hour.start());
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let others = || named.iter().filter(|span| !span.is_empty());
        // What another part takes is that part's.
        let behind = others().map(|span| span.start).filter(|start| *start >= last).min().unwrap_or(name.len());
        let before = |place: usize| others().map(|span| span.end).filter(|end| *end <= place).max().unwrap_or(0);
        let text = |from: usize, until: usize| name.get(from..until).unwrap_or_default();
        let behind = text(last, behind);
        Self {
            half: half_behind(behind)
                .or_else(|| half_before(text(before(hour), hour)))
                .filter(|half| parts.name("hour").and_then(|hour| half.hour(hour.as_str().parse().ok()?)).is_some()),
            offset: offset_behind(behind, allows_either_sign)
                .or_else(|| utc_before(text(before(first), first)))
                .filter(|_| part(parts, "offset").is_none()),
        }
    }
}

/// Whether a pattern itself lets a plus or a minus stand in one place: then it is a sign, and no hyphen.
pub(crate) fn allows_either_sign(pattern: &str) -> bool {
    let plain = pattern.replace('\\', "");
    ["[+-]", "[-+]", "(?:+|-)", "(?:-|+)", "(+|-)", "(-|+)"].iter().any(|sign| plain.contains(sign))
}

fn half_behind(behind: &str) -> Option<Half> {
    let word = behind.strip_prefix([' ', '_', '-', '.']).unwrap_or(behind);
    let lower = word.to_lowercase();
    let (half, taken) = [("am", 2), ("a.m.", 4), ("pm", 2), ("p.m.", 4), ("午前", 2), ("午後", 2)]
        .into_iter()
        .find(|(half, _)| lower.starts_with(half))?;
    let next = lower.chars().nth(taken);
    let is_a_word = next.is_some_and(|next| next.is_ascii_alphanumeric()) && half.is_ascii();
    if is_a_word { None } else { Half::from_word(half) }
}

fn half_before(before: &str) -> Option<Half> {
    let word = before.strip_suffix([' ', '_', '-', '.']).unwrap_or(before);
    let lower = word.to_lowercase();
    let half = ["am", "pm", "午前", "午後"].into_iter().find(|half| lower.ends_with(half))?;
    let previous = lower.strip_suffix(half)?.chars().next_back();
    let is_a_word = previous.is_some_and(|previous| previous.is_ascii_alphanumeric()) && half.is_ascii();
    if is_a_word { None } else { Half::from_word(half) }
}

fn offset_behind(behind: &str, allows_either_sign: bool) -> Option<Clue<Offset>> {
    let is_digit = |character: char| character.is_ascii_digit();
    // A fraction of a second, which the pattern need not name either.
    let behind = match behind.strip_prefix(['.', ',']) {
        Some(rest) if rest.starts_with(is_digit) => rest.trim_start_matches(is_digit),
        _ => behind,
    };
    let word = behind.trim_start_matches([' ', '_']);
    for utc in ["Z", "UTC", "GMT"] {
        if let Some(rest) = word.strip_prefix(utc)
            && !rest.starts_with(|character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-'))
        {
            return Some(Clue { value: Offset::UTC, is_sure: true });
        }
    }
    let word = ["UTC", "GMT"].iter().find_map(|utc| word.strip_prefix(utc)).unwrap_or(word);
    let sign = word.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let digits = &word[1..];
    let taken = match digits.as_bytes() {
        [a, b, b':', c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => 5,
        [a, b, c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => 4,
        _ => return None,
    };
    if digits[taken..].starts_with(|character: char| character.is_ascii_alphanumeric()) {
        return None;
    }
    let value = read_offset(&word[..=taken])?;
    Some(Clue { value, is_sure: sign == '+' || allows_either_sign || digits.contains(':') })
}

fn utc_before(before: &str) -> Option<Clue<Offset>> {
    let word = before.trim_end_matches([' ', '_', '-']);
    let utc = ["UTC", "GMT"].into_iter().find(|utc| word.ends_with(utc))?;
    let previous = word.strip_suffix(utc)?.chars().next_back();
    let is_a_word = previous.is_some_and(|previous| previous.is_ascii_alphanumeric());
    (!is_a_word).then_some(Clue { value: Offset::UTC, is_sure: true })
}
