//! What people write around a day: its weekday, and the year of an era.

use std::borrow::Cow;

/// 2019 is the first year of 令和.
const YEAR_BEFORE_REIWA: i16 = 2018;

/// Weekdays in English, and the lengths that they are cut to.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether a word is a weekday: `金`, `金曜日`, `金・祝`, `Fri`, `Fri.`, `Friday`.
fn is_weekday(word: &str) -> bool {
    let word = word.trim_matches([' ', ',', '.']);
    let of_japan = word.strip_suffix("・祝").unwrap_or(word);
    let of_japan = ["曜日", "曜"].iter().find_map(|end| of_japan.strip_suffix(end)).unwrap_or(of_japan);
    let mut letters = of_japan.chars();
    if letters.next().is_some_and(|letter| "日月火水木金土".contains(letter)) && letters.next().is_none() {
        return true;
    }
    let word = word.to_ascii_lowercase();
    WEEKDAYS.iter().any(|weekday| word.len() >= 3 && weekday.starts_with(&word))
}

/// A text (folded: half-width brackets) without the weekday that stands in brackets or between blanks.
pub(crate) fn without_weekday(folded: &str) -> Cow<'_, str> {
    let bracketed = folded.match_indices('(').find_map(|(start, _)| {
        let end = start + folded[start..].find(')')?;
        is_weekday(&folded[start + 1..end]).then_some((start, end + 1))
    });
    if let Some((start, end)) = bracketed {
        return Cow::Owned(format!("{} {}", folded[..start].trim_end(), folded[end..].trim_start()));
    }
    if folded.split_whitespace().any(is_weekday) {
        let words: Vec<&str> = folded.split_whitespace().filter(|word| !is_weekday(word)).collect();
        return Cow::Owned(words.join(" "));
    }
    Cow::Borrowed(folded)
}

/// The year of 令和 that a text begins with, `令和8`, `令和元` or `R8`, and what follows it.
pub(crate) fn era_year(text: &str) -> Option<(i16, &str)> {
    let rest = text.strip_prefix("令和").or_else(|| text.strip_prefix(['R', 'r']))?.trim_start();
    if let Some(rest) = rest.strip_prefix('元') {
        return Some((YEAR_BEFORE_REIWA + 1, rest));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = rest.split_at(digits);
    let year: i16 = number.parse().ok().filter(|year| (1..=99).contains(year) && digits <= 2)?;
    Some((YEAR_BEFORE_REIWA + year, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekday_is_no_part_of_a_day() {
        for text in
            ["2026/11/20(金)", "2026/11/20 (Fri)", "2026/11/20 金曜日", "Friday, 2026/11/20", "2026/11/20(金・祝)"]
        {
            assert_eq!(without_weekday(text).trim(), "2026/11/20", "{text}");
        }
        for text in ["2026年11月20日", "2026/11/20 (1)", "(株)録番 2026", "2026 fr", "2026年4月1日日"] {
            assert_eq!(without_weekday(text), text, "{text}");
        }
        assert_eq!(without_weekday("2026年11月20日(金)10:10"), "2026年11月20日 10:10");
    }

    #[test]
    fn a_year_of_the_era_is_one_of_the_calendar() {
        for (text, expected) in [
            ("令和8年11月", Some((2026, "年11月"))),
            ("令和元年", Some((2019, "年"))),
            ("R8.11.20", Some((2026, ".11.20"))),
            ("r08/1/2", Some((2026, "/1/2"))),
            ("R.8", None),
            ("R100.1", None),
            ("平成31年", None),
            ("2026", None),
        ] {
            assert_eq!(era_year(text), expected, "{text}");
        }
    }
}
