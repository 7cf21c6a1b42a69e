//! Moments, as recorders, databases and people write them.
//!
//! What could be two moments (`11/10/2026`) is not read.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

use crate::calllog::letters::{fold, trim};
use crate::day::{era_year, without_weekday};
use crate::source::clue::Half;
use crate::source::time::MONTHS;

/// 14 hours: the offset of the farthest zone.
const OFFSET_LIMIT_HOURS: i32 = 14;

/// Japan's zone, whose abbreviation means no other's.
const JST_SECONDS: i32 = 9 * 3600;

/// A moment and how exactly it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    /// 60, 1, or 0 where fractions of a second are given.
    pub(crate) precision_seconds: i64,
    /// The offset of the log's zone, where the time says none of its own.
    pub(crate) local_offset_seconds: Option<i32>,
}

/// What databases write for a time that never came: a call that nobody answered has one (CUCM, `MySQL`).
pub(in crate::calllog) fn is_no_moment(text: &str) -> bool {
    let text = trim(text);
    text.starts_with('0') && text.chars().all(|character| matches!(character, '0' | '-' | '/' | ':' | '.' | ' ' | 'T'))
}

/// Seconds since 1970, with a fraction or without; 13 digits are milliseconds, 16 microseconds.
pub(crate) fn epoch(folded: &str) -> Option<Moment> {
    let (whole, fraction) = folded.split_once('.').map_or((folded, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Ten digits, the first not 0: from 2001 to 2286. A date has fewer or more.
    if !digits(whole) || whole.starts_with('0') {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    // A program that counts in floating point writes `1795137007543.0`.
    let is_whole = fraction.is_none_or(|fraction| digits(fraction) && fraction.bytes().all(|byte| byte == b'0'));
    let (at, precision_seconds) = match (whole.len(), fraction) {
        (10, None) => (Timestamp::from_second(number), 1),
        (10, Some(fraction)) if digits(fraction) => {
            let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
            (Timestamp::new(number, nine.parse().ok()?), 0)
        }
        (13, _) if is_whole => (Timestamp::from_millisecond(number), 0),
        (16, _) if is_whole => (Timestamp::from_microsecond(number), 0),
        _ => return None,
    };
    at.ok().map(|at| Moment { at, precision_seconds, local_offset_seconds: None })
}

/// `2026-04-01 09:05:00`, `2026/4/1 9:05`, `2026年4月1日(水) 午後3時5分`, `令和8年4月1日 9:05`, `20260401 090500`,
/// `1-Apr-2026 9:05 PM`, `Wed, 1 Apr 2026 09:05:00 +0900`, with a fraction, with an offset; without one it is the
/// zone's; or seconds since 1970. Of a time that comes twice in a night of change the earlier one.
pub(in crate::calllog) fn moment(text: &str, zone: &TimeZone) -> Option<Moment> {
    let folded = fold(text);
    if let Some(moment) = epoch(&folded) {
        return Some(moment);
    }
    let (text, half) = take_half(&folded)?;
    let text = without_weekday(&text);
    let text = text.trim();
    let mut rest = Rest(text);
    let (date, is_compact) = rest.date()?;
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
        } else if !text.contains('分') && has_mark {
            return None;
        }
    }
    let small = |number: i16| i8::try_from(number).ok();
    let hour = match half {
        Some(half) => half.hour(small(hour)?)?,
        None => small(hour)?,
    };
    let local = date.to_datetime(Time::new(hour, small(minute)?, small(second)?, nanosecond).ok()?);
    let (at, local_offset_seconds) = match said_zone(rest.0.trim())? {
        SaidZone::None => {
            let at = zone.to_timestamp(local).ok()?;
            (at, Some(zone.to_offset(at).seconds()))
        }
        SaidZone::Offset(offset) => (offset.to_timestamp(local).ok()?, None),
        SaidZone::Named(zone) => (zone.to_timestamp(local).ok()?, None),
    };
    Some(Moment { at, precision_seconds, local_offset_seconds })
}

/// Takes AM or PM, 午前 or 午後, out of a text; `None` where it has two of them.
fn take_half(folded: &str) -> Option<(Cow<'_, str>, Option<Half>)> {
    // Of one length in bytes: only ASCII letters become others.
    let lower = folded.to_ascii_lowercase();
    let mut found = None;
    for word in ["a.m.", "p.m.", "am", "pm", "午前", "午後"] {
        for (start, _) in lower.match_indices(word) {
            let is_letter = |character: Option<char>| character.is_some_and(|one| one.is_ascii_alphabetic());
            let end = start + word.len();
            let stands_alone =
                !is_letter(lower[..start].chars().next_back()) && !is_letter(lower[end..].chars().next());
            if (stands_alone || !word.is_ascii()) && found.replace((start, end, word)).is_some() {
                return None;
            }
        }
    }
    let Some((start, end, word)) = found else { return Some((Cow::Borrowed(folded), None)) };
    let half = Half::from_word(word)?;
    // `午後3:10` and `3:10 PM`: what stands on either side of it stays apart.
    Some((Cow::Owned(format!("{} {}", folded[..start].trim_end(), folded[end..].trim_start())), Some(half)))
}

/// The zone that a text ends with.
enum SaidZone {
    None,
    Offset(Offset),
    Named(TimeZone),
}

/// `None` where what follows the time is no zone.
fn said_zone(text: &str) -> Option<SaidZone> {
    // RFC 9557: a zone's name behind an offset adds nothing to the moment.
    let text = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some(("", name)) => name,
        Some((offset, _)) => offset.trim(),
        None => text,
    };
    if text.is_empty() {
        return Some(SaidZone::None);
    }
    if text.contains('/') {
        return TimeZone::get(text).ok().map(SaidZone::Named);
    }
    if text.eq_ignore_ascii_case("JST") {
        return Offset::from_seconds(JST_SECONDS).ok().map(SaidZone::Offset);
    }
    if ["Z", "UTC", "GMT"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
        return Some(SaidZone::Offset(Offset::UTC));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut rest = Rest(text.strip_prefix(['+', '-'])?);
    let hours = i32::from(rest.number(2, 2)?);
    let _ = rest.one_of(&[':'], true);
    let minutes = if rest.0.is_empty() { 0 } else { i32::from(rest.number(2, 2)?) };
    if !rest.0.is_empty() || hours > OFFSET_LIMIT_HOURS || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().map(SaidZone::Offset)
}

/// What is left of a text.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// A date and what stands between it and the time; whether the two are digits without marks.
    fn date(&mut self) -> Option<(Date, bool)> {
        let small = |number: i16| i8::try_from(number).ok();
        let digits = |text: &str, count: usize| {
            text.len() >= count && text.bytes().take(count).all(|byte| byte.is_ascii_digit())
        };
        if digits(self.0, 8) {
            let (year, month, day) = (self.number(4, 4)?, self.number(2, 2)?, self.number(2, 2)?);
            let behind = self.0.strip_prefix(['T', 't', ' ', '-', '_']);
            // Without a mark between them, twelve digits could be anything.
            let least = if behind.is_some() { 4 } else { 6 };
            self.0 = behind.unwrap_or(self.0);
            let date = Date::new(year, small(month)?, small(day)?).ok()?;
            return digits(self.0, least).then_some((date, true));
        }
        if let Some(date) = self.date_with_a_named_month() {
            return Some((date, false));
        }
        let year = match era_year(self.0) {
            Some((year, rest)) => {
                self.0 = rest;
                year
            }
            None => self.number(4, 4)?,
        };
        self.one_of(&['-', '/', '.', '年'], false)?;
        let month = self.number(1, 2)?;
        self.one_of(&['-', '/', '.', '月'], false)?;
        let day = self.number(1, 2)?;
        let has_sign = self.one_of(&['日'], false).is_some();
        let before_time = self.0.len();
        self.0 = self.0.strip_prefix(['T', 't']).unwrap_or(self.0).trim_start();
        if before_time == self.0.len() && !has_sign {
            return None;
        }
        Some((Date::new(year, small(month)?, small(day)?).ok()?, false))
    }

    /// `20-Nov-2026`, `20 Nov 2026`, `Nov 20, 2026`, `2026-Nov-20`: which number is the year, four digits tell.
    fn date_with_a_named_month(&mut self) -> Option<Date> {
        let mut rest = Rest(self.0);
        let (mut month, mut year, mut day) = (None, None, None);
        for _ in 0..3 {
            let letters = rest.0.bytes().take_while(u8::is_ascii_alphabetic).count();
            let digits = rest.0.bytes().take_while(u8::is_ascii_digit).count();
            let slot = match (letters, digits) {
                (3.., 0) => &mut month,
                (0, 4) => &mut year,
                (0, 1 | 2) => &mut day,
                _ => return None,
            };
            let (word, behind) = rest.0.split_at(letters.max(digits));
            if slot.replace(word).is_some() {
                return None;
            }
            rest.0 = behind.trim_start_matches([' ', '-', '/', '.', ',', '_', 'T']);
        }
        let name = month?.to_ascii_lowercase();
        let position = MONTHS
            .iter()
            .position(|month| *month == name || month[..3] == name || (name == "sept" && *month == "september"))?;
        let date = Date::new(year?.parse().ok()?, i8::try_from(position + 1).ok()?, day?.parse().ok()?).ok()?;
        self.0 = rest.0;
        Some(date)
    }

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
