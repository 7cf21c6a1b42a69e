//! What people type, made one: trimmed text, full- and half-width letters, days, our own numbers.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::day::{era_year, without_weekday};
use crate::number::{self, Counterpart, PhoneNumber};

/// Full- and half-width letters made one (Unicode NFKC), blanks around it gone: for what is compared, as
/// teams and extensions are, never for what is only shown.
pub(super) fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A day as people and spreadsheets write it: `2026-04-01`, `2026/4/1`, `2026.4.1`, `20260401`, `2026年4月1日(水)`,
/// `令和8年4月1日`, `R8.4.1`.
pub fn day(text: &str) -> Option<Date> {
    let folded = fold(text);
    let text = without_weekday(&folded);
    let text = text.trim();
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(text, 8..=8) {
        return Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok();
    }
    let plain = text.strip_suffix('日').unwrap_or(text);
    let (of_era, plain) = era_year(plain).map_or((None, plain), |(year, rest)| (Some(year), rest));
    let mut parts = plain.split(['-', '/', '.', '年', '月']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year_is_said = if of_era.is_some() { year.is_empty() } else { digits(year, 4..=4) };
    if parts.next().is_some() || !year_is_said || !digits(month, 1..=2) || !digits(day, 1..=2) {
        return None;
    }
    let year = of_era.or_else(|| year.parse().ok())?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Why a text is no number of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOurNumber {
    /// A spreadsheet took it for a quantity and dropped its first zero.
    LostZero,
    /// Not a telephone number.
    Unreadable,
}

/// Reads one of the company's own numbers, in its own country's way of writing.
pub(super) fn our_number(text: &str, country: &str) -> Result<PhoneNumber, NotOurNumber> {
    let folded = fold(text);
    number_of(&folded, country).ok_or_else(|| {
        // Where a country writes a 0 first, what is no number without it is one with it.
        let lost_zero = number_of(&format!("0{folded}"), country).is_some();
        if lost_zero { NotOurNumber::LostZero } else { NotOurNumber::Unreadable }
    })
}

fn number_of(text: &str, country: &str) -> Option<PhoneNumber> {
    match number::read(text, country) {
        // A short code is nobody's own: what is so short is an extension in the wrong place.
        Counterpart::Number(number) if number.expose().starts_with('+') => Some(number),
        Counterpart::Number(_) | Counterpart::Absent(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_day_is_read_as_people_and_spreadsheets_write_it() {
        let first_of_april = jiff::civil::date(2026, 4, 1);
        for text in [
            "2026-04-01",
            "2026/4/1",
            "2026/04/01",
            " 2026.4.1 ",
            "２０２６／４／１",
            "2026年4月1日",
            "20260401",
            "２０２６０４０１",
            "2026年4月1日(水)",
            "2026/4/1（水）",
            "2026-04-01 (Wed)",
            "2026/4/1 水曜日",
            "令和8年4月1日",
            "R8.4.1",
            "r8/04/01",
        ] {
            assert_eq!(day(text), Some(first_of_april), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_days_or_none_is_not_read() {
        for text in [
            "",
            "26/4/1",
            "4/1/2026",
            "2026-02-30",
            "2026-4",
            "2026-4-1-1",
            "46113",
            "2026-04-01T00:00",
            "-026-4-1",
            "2026-+4-1",
            "2026/4/",
            "2026-004-01",
            "2026年4月1日日",
            "4月1日",
            "20260431",
            "2026041",
            "令和8年4月",
            "R8",
            "平成31年4月1日",
            "水",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn full_width_and_half_width_letters_are_one() {
        assert_eq!(fold("　営業１課 "), "営業1課");
        assert_eq!(fold("ｻﾎﾟｰﾄ"), fold("サポート"));
    }

    #[test]
    fn a_number_that_lost_its_first_zero_is_told_from_one_that_is_none() {
        assert_eq!(our_number("090-0000-0201", "JP").unwrap().expose(), "+819000000201");
        assert_eq!(our_number("０９０－００００－０２０１", "JP").unwrap().expose(), "+819000000201");
        assert_eq!(our_number("+81 90 0000 0201", "JP").unwrap().expose(), "+819000000201");
        assert_eq!(our_number("9000000201", "JP"), Err(NotOurNumber::LostZero));
        assert_eq!(our_number("312345678", "JP"), Err(NotOurNumber::LostZero));
        assert_eq!(our_number("90-0000-0201", "JP"), Err(NotOurNumber::LostZero));
        for text in ["", "abc", "9.0E+09", "非通知", "201", "110"] {
            assert_eq!(our_number(text, "JP"), Err(NotOurNumber::Unreadable), "{text}");
        }
    }

    #[test]
    fn where_numbers_are_written_without_a_zero_none_is_missed() {
        assert_eq!(our_number("2025550123", "US").unwrap().expose(), "+12025550123");
        assert_eq!(our_number("13800138000", "CN").unwrap().expose(), "+8613800138000");
        assert_eq!(our_number("7700900123", "GB"), Err(NotOurNumber::LostZero));
    }
}
