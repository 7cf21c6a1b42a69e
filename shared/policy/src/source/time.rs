//! When a call began, as the parts of its name say it.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::Captures;

use super::clue::{Clue, Clues, Half};
use super::facts::{Began, ZoneRule};
use super::offset::{is_zone, read_offset};
use super::pattern::part;
use crate::facts::QuarantineReason;

/// Quarter hours: no zone in use lies between them.
const ZONE_STEP_SECONDS: i64 = 15 * 60;

/// 7 minutes: a name's time and the epoch beside it are of one call, and half a step lies at 7.5.
const ZONE_RESIDUE_LIMIT_SECONDS: i64 = 7 * 60;

/// 4 hours: the day or hour in a name can be when the recording began (FusionPBX), and before that a call
/// rings, waits in a queue, and runs until somebody presses the button.
pub(crate) const BEGAN_BEFORE: SignedDuration = SignedDuration::from_hours(4);

/// 12 hours: the day or hour in a name can be when the conversation began (Genesys), and a leg of it begins
/// after the transfers and call-backs of the same working day.
const BEGAN_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// English months: a name has them whole, or their first three letters.
pub(crate) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// An epoch in a name, and how exactly it is said.
#[derive(Clone, Copy)]
struct Epoch {
    at: Timestamp,
    precision_seconds: i64,
}

/// Reads when the call began.
///
/// An offset in the name is the zone, whatever the source's rule says. `clues` are what the pattern leaves
/// without a name of its own.
pub(crate) fn began(
    parts: &Captures<'_>,
    rule: &ZoneRule,
    company: &TimeZone,
    clues: Clues,
) -> Result<Began, QuarantineReason> {
    let says = |name: &str| part(parts, name).is_some();
    let has_date = ["year", "month", "day"].into_iter().any(says);
    let epoch = part(parts, "epoch").map(read_epoch);
    let by_epoch_alone = !has_date || (*rule == ZoneRule::Epoch && !says("minute"));
    if by_epoch_alone {
        return match epoch {
            None if has_date => Err(QuarantineReason::Zone),
            None => Ok(Began::Unsaid),
            Some(epoch) => epoch
                .map(|epoch| Began::At { at: epoch.at, precision_seconds: epoch.precision_seconds })
                .ok_or(QuarantineReason::ImpossibleDate),
        };
    }
    // Of a time that comes twice in a zone's night of change the earlier one, of one that never
    // comes the one after the gap: the database's own "compatible" rule.
    let moment =
        |zone: &TimeZone, local: DateTime| zone.to_timestamp(local).map_err(|_| QuarantineReason::ImpossibleDate);
    let date = date(parts).ok_or(QuarantineReason::ImpossibleDate)?;
    let half = match part(parts, "meridiem") {
        Some(word) => Some(Half::from_word(word).ok_or(QuarantineReason::ImpossibleDate)?),
        None => clues.half,
    };
    let time = time(parts, half).ok_or(QuarantineReason::ImpossibleDate)?;
    let local = date.to_datetime(time);
    let stated = match part(parts, "offset") {
        Some(text) => Some(read_offset(text).ok_or(QuarantineReason::Zone)?),
        None => match clues.offset {
            Some(Clue { value, is_sure: true }) if *rule == ZoneRule::Company => Some(value),
            _ => None,
        },
    };
    let zone = match (stated, rule) {
        (Some(offset), _) => TimeZone::fixed(offset),
        (None, ZoneRule::Company) => company.clone(),
        (None, ZoneRule::Fixed(zone)) => zone.clone(),
        (None, ZoneRule::Epoch) => {
            let offset = epoch.flatten().and_then(|epoch| proven_offset(local, epoch.at.as_second()));
            TimeZone::fixed(offset.ok_or(QuarantineReason::Zone)?)
        }
    };
    let start = moment(&zone, local)?;
    if says("minute") {
        let precision_seconds = match (says("second"), says("fraction")) {
            (true, true) => 0,
            (true, false) => 1,
            _ => 60,
        };
        return Ok(Began::At { at: start, precision_seconds });
    }
    let end = if says("hour") {
        start.checked_add(SignedDuration::from_hours(1)).map_err(|_| QuarantineReason::ImpossibleDate)?
    } else {
        let next = date.tomorrow().map_err(|_| QuarantineReason::ImpossibleDate)?;
        moment(&zone, next.to_datetime(Time::midnight()))?
    };
    Ok(Began::Within(widened(start..end)))
}

fn widened(range: Range<Timestamp>) -> Range<Timestamp> {
    let earliest = range.start.checked_sub(BEGAN_BEFORE).unwrap_or(Timestamp::MIN);
    let latest = range.end.checked_add(BEGAN_AFTER).unwrap_or(Timestamp::MAX);
    earliest..latest
}

/// Seconds since 1970; from 12 digits on milliseconds, from 15 on microseconds.
fn read_epoch(text: &str) -> Option<Epoch> {
    let number: i64 = text.parse().ok()?;
    let (at, precision_seconds) = match text.len() {
        0..=11 => (Timestamp::from_second(number), 1),
        12..=14 => (Timestamp::from_millisecond(number), 0),
        _ => (Timestamp::from_microsecond(number), 0),
    };
    at.ok().map(|at| Epoch { at, precision_seconds })
}

fn date(parts: &Captures<'_>) -> Option<Date> {
    let year = part(parts, "year")?;
    // Of two digits this century: no recorder is older.
    let century = if year.len() == 2 { 2000 } else { 0 };
    let month = part(parts, "month").and_then(|text| month(text).or_else(|| text.parse().ok()))?;
    Date::new(century + year.parse::<i16>().ok()?, month, part(parts, "day")?.parse().ok()?).ok()
}

/// The month of an English name.
fn month(text: &str) -> Option<i8> {
    let text = text.to_ascii_lowercase();
    let position = MONTHS.iter().position(|month| *month == text || month[..3] == text)?;
    i8::try_from(position + 1).ok()
}

/// The time of the day; what the name does not say of it is 0.
fn time(parts: &Captures<'_>, half: Option<Half>) -> Option<Time> {
    let number = |name: &str| part(parts, name).map_or(Some(0), |text| text.parse::<i8>().ok());
    let hour = number("hour")?;
    let hour = match half {
        Some(half) => half.hour(hour)?,
        None => hour,
    };
    let nanosecond = match part(parts, "fraction") {
        Some(digits) if digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{digits:0<9}").parse().ok()?
        }
        Some(_) => return None,
        None => 0,
    };
    Time::new(hour, number("minute")?, number("second")?, nanosecond).ok()
}

/// The zone that a local time and the epoch of the same moment prove between them.
fn proven_offset(local: DateTime, epoch_seconds: i64) -> Option<Offset> {
    let as_if_utc = TimeZone::UTC.to_timestamp(local).ok()?;
    let difference = as_if_utc.as_second().checked_sub(epoch_seconds)?;
    let steps = difference.checked_add(ZONE_STEP_SECONDS / 2)?.div_euclid(ZONE_STEP_SECONDS);
    let offset = steps.checked_mul(ZONE_STEP_SECONDS)?;
    let residue = difference.checked_sub(offset)?.abs();
    if residue > ZONE_RESIDUE_LIMIT_SECONDS || !is_zone(offset / 60) {
        return None;
    }
    Offset::from_seconds(i32::try_from(offset).ok()?).ok()
}
