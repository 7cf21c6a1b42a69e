//! Lengths of time, as recorders and people write them.

use serde::{Deserialize, Serialize};

use crate::calllog::letters::fold;

/// What a plain number counts in a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
}

impl LengthUnit {
    /// The unit of a word.
    pub(in crate::calllog) fn from_word(word: &str) -> Option<Self> {
        match word {
            "milliseconds" => Some(Self::Milliseconds),
            "seconds" => Some(Self::Seconds),
            "minutes" => Some(Self::Minutes),
            _ => None,
        }
    }

    fn in_seconds(self) -> f64 {
        match self {
            Self::Milliseconds => 0.001,
            Self::Seconds => 1.0,
            Self::Minutes => 60.0,
        }
    }
}

/// The words of each unit, the longest first where one begins another.
const UNITS: [(&[&str], f64); 4] = [
    (&["hours", "hour", "hrs", "hr", "h", "時間"], 3600.0),
    (&["milliseconds", "millisecond", "msecs", "msec", "ms", "ミリ秒"], 0.001),
    (&["minutes", "minute", "mins", "min", "m", "分"], 60.0),
    (&["seconds", "second", "secs", "sec", "s", "秒"], 1.0),
];

/// The unit that a heading names: `通話時間(分)`, `Talk Time (min)`, `duration_ms`, `durationMs`.
pub(in crate::calllog) fn unit_in_heading(heading: &str) -> Option<LengthUnit> {
    let folded = fold(heading);
    // `durationMs`: a capital letter begins a word.
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in folded.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            spaced.push(' ');
        }
        spaced.push(letter);
        before = letter;
    }
    let lower = spaced.to_lowercase();
    let words: Vec<&str> = lower.split(|character: char| !character.is_alphanumeric()).collect();
    let has = |units: &[&str]| words.iter().any(|word| units.contains(word));
    let [_, milliseconds, minutes, seconds] = UNITS.map(|(names, _)| has(names));
    match (milliseconds, seconds, minutes) {
        (true, _, _) => Some(LengthUnit::Milliseconds),
        (_, true, _) => Some(LengthUnit::Seconds),
        (_, _, true) => Some(LengthUnit::Minutes),
        _ => None,
    }
}

/// A length of time in whole seconds: `75`, `75.4`, `1:15`, `0:01:15`, `1分15秒`, `1時間1分15秒`, `1.25分`, `1m 15s`,
/// `75 sec`, `PT1M15S`. A plain number counts the unit.
pub(in crate::calllog) fn seconds(text: &str, unit: LengthUnit) -> Option<u32> {
    let folded = fold(text).to_lowercase();
    if unit != LengthUnit::Seconds && folded.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let number: f64 = folded.parse().ok()?;
        let seconds = number * unit.in_seconds();
        // Of a minute's fraction the nearest second, of a second's none: as of `75.9`.
        return whole_seconds(if unit == LengthUnit::Minutes { seconds.round() } else { seconds });
    }
    if folded.chars().any(char::is_alphabetic) {
        return counted(&folded).and_then(whole_seconds);
    }
    let whole = |part: &str| -> Option<u32> {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse().ok() } else { None }
    };
    let with_fraction = |part: &str| {
        let (seconds, fraction) = part.split_once('.').unwrap_or((part, "0"));
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
        if is_fraction { whole(seconds) } else { None }
    };
    let parts: Vec<&str> = folded.split(':').collect();
    let (above, last) = match parts.as_slice() {
        [seconds] => (0, *seconds),
        [minutes, seconds] => (whole(minutes)?, *seconds),
        [hours, minutes, seconds] => {
            let minutes = whole(minutes).filter(|minutes| *minutes < 60)?;
            (whole(hours)?.checked_mul(60)?.checked_add(minutes)?, *seconds)
        }
        _ => return None,
    };
    let last = with_fraction(last).filter(|seconds| parts.len() == 1 || *seconds < 60)?;
    above.checked_mul(60)?.checked_add(last)
}

/// A length that names its units, each once and the largest first: `1時間1分15秒`, `1h 1m 15s`, `PT1M15S` (ISO 8601).
fn counted(folded: &str) -> Option<f64> {
    let mut rest = folded.strip_prefix("pt").unwrap_or(folded);
    let (mut total, mut last) = (0.0, f64::INFINITY);
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, behind) = rest.split_at(digits);
        let is_number = number.starts_with(|first: char| first.is_ascii_digit()) && !number.ends_with('.');
        let number: f64 = number.parse().ok().filter(|_| is_number)?;
        let behind = behind.trim_start();
        let unit = UNITS.iter().find_map(|(names, length)| {
            let name = names.iter().find(|name| behind.starts_with(**name))?;
            Some((&behind[name.len()..], *length))
        });
        let (behind, length) = unit.filter(|(_, length)| *length < last)?;
        // `1mx`: a unit is a word of its own.
        if behind.starts_with(|next: char| next.is_ascii_alphabetic()) {
            return None;
        }
        total += number * length;
        last = length;
        rest = behind.trim_start_matches([',', '.']);
    }
    last.is_finite().then_some(total)
}

/// Up to 2^31 seconds, which are 68 years.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded, and never negative")]
fn whole_seconds(seconds: f64) -> Option<u32> {
    // What a fraction lost in floating point is no second less.
    let seconds = (seconds + 1e-6).floor();
    (0.0..2_147_483_648.0).contains(&seconds).then_some(seconds as u32)
}
