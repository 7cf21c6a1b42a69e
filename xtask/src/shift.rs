//! Days in texts, shifted. Every date is as long after the shift as before it, so recorders' patterns still fit. An
//! impossible date stays as it is.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Years that the samples' calls, and the dates of their rulebook, lie in. Another year is no date: a format's
/// version looks like one.
const YEARS: RangeInclusive<i16> = 2026..=2027;

/// Seconds in a day: the shift leaves the time of the day alone, and the company's zone has no daylight saving time.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// The date so many days later, if the calendar has it.
pub(crate) fn shift_date(date: Date, days: i64) -> Option<Date> {
    date.checked_add(days.days()).ok()
}

/// A text with every date and epoch in it shifted by whole days. It keeps its length.
pub(crate) fn shift_text(text: &str, days: i64) -> String {
    let mut shifted = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        // A date or an epoch starts a word; what stands in the middle of one is part of an id.
        let found = if before.is_some_and(|before: char| before.is_ascii_alphanumeric()) {
            None
        } else {
            READERS.iter().find_map(|read| read(rest, days))
        };
        let taken = if let Some(replacement) = found {
            shifted.push_str(&replacement);
            replacement.len()
        } else {
            shifted.push(first);
            first.len_utf8()
        };
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    shifted
}

/// Reads one way of writing a day at the start of a text: the same, shifted, as long as it was.
type Reader = fn(&str, i64) -> Option<String>;

/// The ways recorders write a day. The longest come first: `20261103` also starts `20261103140502`.
const READERS: [Reader; 6] = [hive_folders, month_name_folders, slashed, dashed, epoch, compact];

/// `year=2026/month=11/day=10`
fn hive_folders(text: &str, days: i64) -> Option<String> {
    let rest = text.strip_prefix("year=")?;
    let (year, rest) = number(rest, 4)?;
    let (month, rest) = number(rest.strip_prefix("/month=")?, 2)?;
    let (day, rest) = number(rest.strip_prefix("/day=")?, 2)?;
    let date = ended(rest).then(|| shifted_date(year, month, day, days)).flatten()?;
    Some(date.strftime("year=%Y/month=%m/day=%d").to_string())
}

/// `2026/Nov/10`
fn month_name_folders(text: &str, days: i64) -> Option<String> {
    let (year, rest) = number(text, 4)?;
    let (name, rest) = rest.strip_prefix('/')?.split_at_checked(3)?;
    let month = MONTHS.iter().zip(1..).find(|(month, _)| **month == name)?.1;
    let (day, rest) = number(rest.strip_prefix('/')?, 2)?;
    let date = ended(rest).then(|| shifted_date(year, month, day, days)).flatten()?;
    Some(date.strftime("%Y/%b/%d").to_string())
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026/11/03`
fn slashed(text: &str, days: i64) -> Option<String> {
    separated(text, '/', days).map(|date| date.strftime("%Y/%m/%d").to_string())
}

/// `2026-11-03`, also with a time after it
fn dashed(text: &str, days: i64) -> Option<String> {
    separated(text, '-', days).map(|date| date.strftime("%Y-%m-%d").to_string())
}

fn separated(text: &str, separator: char, days: i64) -> Option<Date> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix(separator)?, 2)?;
    let (day, rest) = number(rest.strip_prefix(separator)?, 2)?;
    (ended(rest) || rest.starts_with('T')).then(|| shifted_date(year, month, day, days)).flatten()
}

/// `1793682300`: seconds since 1970, within the samples' years
fn epoch(text: &str, days: i64) -> Option<String> {
    let (seconds, rest) = number(text, 10)?;
    let date = Timestamp::from_second(seconds).ok()?.to_zoned_datetime(TimeZone::UTC).date();
    (ended(rest) && YEARS.contains(&date.year())).then(|| (seconds + days * DAY_SECONDS).to_string())
}

/// `20261103`, also with `T` and a time, or with six digits of a time, after it
fn compact(text: &str, days: i64) -> Option<String> {
    let (date, rest) = text.split_at_checked(8)?;
    let (year, date) = number(date, 4)?;
    let (month, date) = number(date, 2)?;
    let (day, _) = number(date, 2)?;
    let ended = ended(rest) || rest.starts_with('T') || number(rest, 6).is_some_and(|(_, rest)| ended(rest));
    let date = ended.then(|| shifted_date(year, month, day, days)).flatten()?;
    Some(date.strftime("%Y%m%d").to_string())
}

/// A number of exactly so many leading digits, and what follows them.
fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten().map(|it| (it, rest))
}

/// Whether a word ends where the text begins.
fn ended(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_alphanumeric())
}

/// The date so many days later, if it exists and is one of the samples' years.
fn shifted_date(year: i64, month: i64, day: i64, days: i64) -> Option<Date> {
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    YEARS.contains(&date.year()).then(|| shift_date(date, days)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, days: i64, expected: &str) {
        assert_eq!(shift_text(text, days), expected);
    }

    #[test]
    fn every_recorders_way_of_writing_a_day_is_shifted() {
        check(
            "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav",
            30,
            "freepbx/2026/12/03/external-201-09012345678-20261203-140502-1796274300.101.wav",
        );
        check(
            "yeastar/20261106130005-1793937604.7-1001-1003-Internal.wav",
            1,
            "yeastar/20261107130005-1794024004.7-1001-1003-Internal.wav",
        );
        check(
            "3cx/202/[09055556666]_09055556666-202_20261106094500(381).wav",
            60,
            "3cx/202/[09055556666]_09055556666-202_20270105094500(381).wav",
        );
        check(
            "ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3",
            -9,
            "ringcentral/20261031-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3",
        );
        check(
            "CallRecordings/2026/11/09/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01_20261109T01:07_UTC.wav",
            1,
            "CallRecordings/2026/11/10/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01_20261110T01:07_UTC.wav",
        );
        check("a/year=2026/month=12/day=31/hour=09/b", 1, "a/year=2027/month=01/day=01/hour=09/b");
        check("archive/2026/Nov/30/0d0c7d7e.wav", 1, "archive/2026/Dec/01/0d0c7d7e.wav");
        check("通話 2026-11-11 (1).m4a", 1, "通話 2026-11-12 (1).m4a");
        check(r#""start_stamp": "2026-11-10%2008%3A59%3A00""#, 1, r#""start_stamp": "2026-11-11%2008%3A59%3A00""#);
        check("2026-11-11T11:11:11+09:00", 1, "2026-11-12T11:11:11+09:00");
        check("crm-20261112-1", 1, "crm-20261113-1");
    }

    #[test]
    fn what_only_looks_like_a_day_stays() {
        for text in [
            "external-201-09012345678-20261312-101000", // no thirteenth month
            "2026/02/30",
            "2017-03-10",     // a format's version
            "01012125550123", // a number, 14 digits
            "2243071124051",  // an id, 13 digits
            "c7f2a8e1-0001-4aaa-9bbb-1234567890ab",
            "x20261103",
            "202611031",
            "0352345678", // 10 digits, long before the samples' years as an epoch
            "2026/Now/10",
            "2026/1",
            "２０２６-11-03",
        ] {
            check(text, 1, text);
        }
    }
}
