//! Times, lengths of time and words, as recorders and spreadsheets write them.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::facts::Direction;

/// What a plain number counts in a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
}

impl LengthUnit {
    /// The unit of a word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "seconds" => Some(Self::Seconds),
            "minutes" => Some(Self::Minutes),
            _ => None,
        }
    }
}

/// 14 hours: the offset of the farthest zone.
const OFFSET_LIMIT_HOURS: i32 = 14;

/// A moment and how exactly it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    /// 60, 1, or 0 where fractions of a second are given.
    pub(super) precision_seconds: i64,
    /// The offset of the log's zone, where the time says none of its own.
    pub(super) local_offset_seconds: Option<i32>,
}

/// Full- and half-width letters made one, blanks and NULs around it gone.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(trim(text))
    } else {
        Cow::Owned(trim(&text.nfkc().collect::<String>()).to_owned())
    }
}

/// Blanks and NULs around a text gone.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}

/// Whether a cell says nothing: empty, or the dash some exports write for that.
pub(super) fn says_nothing(text: &str) -> bool {
    trim(text).chars().all(|character| matches!(character, '-' | '－' | 'ー' | '―'))
}

/// What databases write for a time that never came: a call that nobody answered has one (CUCM, `MySQL`).
pub(super) fn is_no_moment(text: &str) -> bool {
    let text = trim(text);
    text.starts_with('0') && text.chars().all(|character| matches!(character, '0' | '-' | '/' | ':' | '.' | ' ' | 'T'))
}

/// Seconds since 1970, with a fraction or without; 13 digits are milliseconds, 16 microseconds.
fn epoch(folded: &str) -> Option<Moment> {
    let (whole, fraction) = folded.split_once('.').map_or((folded, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Ten digits, the first not 0: from 2001 to 2286. A date has fewer or more.
    if !digits(whole) || whole.starts_with('0') {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (at, precision_seconds) = match (whole.len(), fraction) {
        (10, None) => (Timestamp::from_second(number), 1),
        (10, Some(fraction)) if digits(fraction) => {
            let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
            (Timestamp::new(number, nine.parse().ok()?), 0)
        }
        (13, None) => (Timestamp::from_millisecond(number), 0),
        (16, None) => (Timestamp::from_microsecond(number), 0),
        _ => return None,
    };
    at.ok().map(|at| Moment { at, precision_seconds, local_offset_seconds: None })
}

/// `2026-04-01 09:05:00`, `2026/4/1 9:05`, `2026年4月1日 9時5分`, `20260401090500`, with a fraction, with an offset;
/// without one it is the zone's; or seconds since 1970. Of a time that comes twice in a night of change the earlier
/// one.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Moment> {
    let folded = fold(text);
    if let Some(moment) = epoch(&folded) {
        return Some(moment);
    }
    let mut rest = Rest(&folded);
    let is_compact = folded.len() >= 14 && folded.bytes().take(14).all(|byte| byte.is_ascii_digit());
    let year = rest.number(4, 4)?;
    rest.one_of(&['-', '/', '.', '年'], is_compact)?;
    let month = rest.number(if is_compact { 2 } else { 1 }, 2)?;
    rest.one_of(&['-', '/', '.', '月'], is_compact)?;
    let day = rest.number(if is_compact { 2 } else { 1 }, 2)?;
    let _ = rest.one_of(&['日'], true);
    let before_time = rest.0.len();
    rest.0 = rest.0.strip_prefix(['T', 't']).unwrap_or(rest.0).trim_start();
    if before_time == rest.0.len() && !is_compact && !folded.contains('日') {
        return None;
    }
    let hour = rest.number(if is_compact { 2 } else { 1 }, 2)?;
    rest.one_of(&[':', '時'], is_compact)?;
    let minute = rest.number(if is_compact { 2 } else { 1 }, 2)?;
    let mut precision_seconds = 60;
    let (mut second, mut nanosecond) = (0, 0);
    let has_mark = rest.one_of(&[':', '分'], false).is_some();
    if has_mark || is_compact {
        if let Some(read) = rest.number(if is_compact { 2 } else { 1 }, 2) {
            (second, precision_seconds) = (read, 1);
            if rest.one_of(&['.', ','], false).is_some() {
                (nanosecond, precision_seconds) = (rest.fraction()?, 0);
            }
            let _ = rest.one_of(&['秒'], true);
        } else if !folded.contains('分') {
            return None;
        }
    }
    let small = |number: i16| i8::try_from(number).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    let local = date.to_datetime(Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).ok()?);
    let (at, local_offset_seconds) = match offset(rest.0.trim()) {
        Some(None) => {
            let at = zone.to_timestamp(local).ok()?;
            (at, Some(zone.to_offset(at).seconds()))
        }
        Some(Some(offset)) => (offset.to_timestamp(local).ok()?, None),
        None => return None,
    };
    Some(Moment { at, precision_seconds, local_offset_seconds })
}

/// The offset a text ends with: inner none where it has none, outer none where it is no offset.
#[allow(clippy::option_option)]
fn offset(text: &str) -> Option<Option<Offset>> {
    if text.is_empty() {
        return Some(None);
    }
    if ["Z", "UTC", "GMT"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
        return Some(Some(Offset::UTC));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut rest = Rest(text.strip_prefix(['+', '-'])?);
    let hours = i32::from(rest.number(2, 2)?);
    let _ = rest.one_of(&[':'], true);
    let minutes = if rest.0.is_empty() { 0 } else { i32::from(rest.number(2, 2)?) };
    if !rest.0.is_empty() || hours > OFFSET_LIMIT_HOURS || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().map(Some)
}

/// What is left of a text.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// The digits that follow, between so many and so many.
    fn number(&mut self, least: usize, most: usize) -> Option<i16> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        if digits < least { None } else { number.parse().ok() }
    }

    /// Takes one of the marks; where that is allowed, none.
    fn one_of(&mut self, marks: &[char], may_be_none: bool) -> Option<()> {
        match self.0.strip_prefix(marks) {
            Some(rest) => self.0 = rest,
            None if may_be_none => {}
            None => return None,
        }
        Some(())
    }

    /// The digits that follow a decimal point, in nanoseconds.
    fn fraction(&mut self) -> Option<i32> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
        if digits == 0 { None } else { nine.parse().ok() }
    }
}

/// The unit that a heading names: `通話時間(分)`, `Talk Time (min)`, `duration_minutes`.
pub(super) fn unit_in_heading(heading: &str) -> Option<LengthUnit> {
    let folded = fold(heading).to_lowercase();
    let words: Vec<&str> = folded.split(|character: char| !character.is_alphanumeric()).collect();
    let has = |units: [&str; 6]| words.iter().any(|word| units.contains(word));
    if has(["秒", "s", "sec", "secs", "second", "seconds"]) {
        Some(LengthUnit::Seconds)
    } else if has(["分", "m", "min", "mins", "minute", "minutes"]) {
        Some(LengthUnit::Minutes)
    } else {
        None
    }
}

/// Whether a cell names the type of its column, as in the second heading of Cisco's CUCM.
pub(super) fn is_column_type(cell: &str) -> bool {
    const TYPES: [&str; 12] = [
        "INTEGER",
        "INT",
        "SMALLINT",
        "BIGINT",
        "VARCHAR",
        "NVARCHAR",
        "CHAR",
        "TEXT",
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "UNIQUEIDENTIFIER",
    ];
    let cell = trim(cell);
    let name = cell.split_once('(').filter(|(_, size)| size.ends_with(')')).map_or(cell, |(name, _)| name);
    TYPES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A length of time in whole seconds: `75`, `75.4`, `1:15`, `0:01:15`, `1分15秒`, `1時間1分15秒`. A plain number
/// counts the unit.
pub(super) fn seconds(text: &str, unit: LengthUnit) -> Option<u32> {
    let folded = fold(text);
    if unit == LengthUnit::Minutes && folded.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let minutes: f64 = folded.parse().ok()?;
        let seconds = (minutes * 60.0).round();
        // 2^31 seconds are 68 years.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded, and never negative")]
        return (0.0..2_147_483_648.0).contains(&seconds).then_some(seconds as u32);
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
    if folded.contains(['時', '分', '秒']) {
        let mut rest: &str = &folded;
        let mut total: u32 = 0;
        for (unit, length) in [("時間", 3600), ("分", 60), ("秒", 1)] {
            if let Some((number, behind)) = rest.split_once(unit) {
                total = total.checked_add(whole(number.trim())?.checked_mul(length)?)?;
                rest = behind;
            }
        }
        return rest.trim().is_empty().then_some(total);
    }
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

/// The direction recorders mean by a word, beside those people write in a sidecar.
pub(super) fn direction(word: &str) -> Option<Direction> {
    let folded = fold(word).to_lowercase();
    let known = Direction::from_word(&folded).or(match folded.as_str() {
        "inbound call" | "インバウンド" | "受信" | "受電" | "入電" | "外線着信" => {
            Some(Direction::Inbound)
        }
        "outbound call" | "アウトバウンド" | "架電" | "発呼" | "外線発信" => Some(Direction::Outbound),
        "local" | "内線通話" | "内線発信" | "内線着信" => Some(Direction::Internal),
        _ => None,
    });
    known.filter(|direction| *direction != Direction::Unknown)
}

/// Words that exports write for an answered call.
const ANSWERED: [&str; 19] = [
    "answered",
    // So spelt in the manual of MAHO-PBX.
    "answerd",
    "answer",
    "yes",
    "true",
    "1",
    "completed",
    "connected",
    "応答",
    "応答あり",
    "応答済み",
    "通話",
    "成功",
    "成立",
    "成立呼",
    "完了呼",
    "応答呼",
    "着信応答",
    "○",
];

/// And for one that nobody answered.
const UNANSWERED: [&str; 29] = [
    "",
    "no answer",
    "noanswer",
    "unanswered",
    "not answered",
    "no",
    "false",
    "0",
    "missed",
    "busy",
    "failed",
    "cancelled",
    "canceled",
    "abandoned",
    "不応答",
    "応答なし",
    "無応答",
    "未応答",
    "不在",
    "不在着信",
    "話中",
    "失敗",
    "放棄",
    "キャンセル",
    "不成立",
    "不成立呼",
    "不完了呼",
    "放棄呼",
    "×",
];

/// Whether a word says that a call was answered; the rulebook's own words, where it has any, are the only ones
/// that do.
pub(super) fn is_answered(word: &str, answered_words: &[String]) -> Option<bool> {
    let folded = fold(word).to_lowercase();
    if !answered_words.is_empty() {
        return Some(answered_words.iter().any(|answered| fold(answered).to_lowercase() == folded));
    }
    if ANSWERED.contains(&folded.as_str()) {
        return Some(true);
    }
    (UNANSWERED.contains(&folded.as_str()) || says_nothing(&folded)).then_some(false)
}

#[cfg(test)]
mod tests;
