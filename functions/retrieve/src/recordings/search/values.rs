//! The values of a search's parameters.

use policy::facts::Direction;
use policy::names;
use policy::number::{self, Absent, Counterpart, PhoneNumber};
use policy::{Label, Language};
use rokuban_http::parameters::NUMBER_LIMIT_CHARACTERS;
use rokuban_http::problem::{Constraint, Problem};

/// A number in any form.
pub(super) fn read_number(text: &str, country: &str) -> Result<PhoneNumber, Problem> {
    // A `+` that was not encoded arrives as a space.
    let text = match text.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => format!("+{rest}"),
        _ => text.to_owned(),
    };
    match number::read(&text, country) {
        Counterpart::Number(number) if text.chars().count() <= NUMBER_LIMIT_CHARACTERS => Ok(number),
        Counterpart::Number(_) | Counterpart::Absent(_) => Err(Problem::invalid("number", Constraint::Number)),
    }
}

/// Four digits.
pub(super) fn read_last4(text: &str) -> Result<String, Problem> {
    let digits = without_hyphens(text);
    let is_four = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_four { Ok(digits) } else { Err(Problem::invalid("last4", Constraint::FourDigits)) }
}

/// The beginning of a number, as E.164 has it.
pub(super) fn read_prefix(text: &str, country: &str) -> Result<String, Problem> {
    let prefix =
        number::beginning::read_beginning(text, country).filter(|_| text.chars().count() <= NUMBER_LIMIT_CHARACTERS);
    prefix.ok_or_else(|| Problem::invalid("number_prefix", Constraint::NumberBeginning))
}

/// The last digits of a number.
pub(super) fn read_suffix(text: &str) -> Result<String, Problem> {
    let digits = without_hyphens(text);
    let is_ending = (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_ending { Ok(digits) } else { Err(Problem::invalid("number_suffix", Constraint::NumberEnding)) }
}

/// Digits in any width, with the hyphens that people write between them left out.
fn without_hyphens(text: &str) -> String {
    let is_hyphen = |one: &char| matches!(one, '-' | 'ー' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    names::fold(text).chars().filter(|one| !is_hyphen(one)).collect()
}

/// Why there is no number: the API's word, its label, or any word that PBXs and people have for it (非通知設定, anonymous).
pub(super) fn read_absent(text: &str) -> Result<Absent, Problem> {
    let folded = names::fold(text);
    let is_meant = |absent: &Absent| absent.as_str() == folded || absent.label(Language::Japanese) == folded;
    let by_name = || match number::read(text, "") {
        Counterpart::Absent(absent) if absent != Absent::Unknown => Some(absent),
        Counterpart::Absent(_) | Counterpart::Number(_) => None,
    };
    let absent = Absent::ALL.into_iter().find(is_meant).or_else(by_name);
    absent.ok_or_else(|| Problem::invalid("counterpart_absent", Constraint::Absent))
}

/// A direction: a word in either language.
pub(super) fn read_direction(text: &str) -> Result<Direction, Problem> {
    Direction::from_word(&names::fold(text)).ok_or_else(|| Problem::invalid("direction", Constraint::Direction))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_number_in_any_form_is_one_number() {
        for text in ["090-1234-5678", "+819012345678", " 819012345678", "０９０１２３４５６７８", "184 090 1234 5678"]
        {
            assert_eq!(read_number(text, "JP").unwrap().expose(), "+819012345678", "{text}");
        }
        for text in ["", "非通知", "1234", "anonymous"] {
            assert_eq!(read_number(text, "JP"), Err(Problem::invalid("number", Constraint::Number)), "{text}");
        }
    }

    #[test]
    fn words_are_read_in_either_language_and_digits_in_any_width() {
        assert_eq!((read_absent("非通知"), read_absent("payphone")), (Ok(Absent::Withheld), Ok(Absent::Payphone)));
        for (text, absent) in [
            ("非通知設定", Absent::Withheld),
            ("ヒツウチ", Absent::Withheld),
            ("Anonymous", Absent::Withheld),
            ("ＷＩＴＨＨＥＬＤ", Absent::Withheld),
            (" 公衆電話 ", Absent::Payphone),
            ("通知不可", Absent::OutOfArea),
            ("不明", Absent::Unknown),
        ] {
            assert_eq!(read_absent(text), Ok(absent), "{text}");
        }
        for text in ["", "090-1234-5678", "佐藤"] {
            assert!(read_absent(text).is_err(), "{text}");
        }
        assert_eq!(
            (read_direction(" 発信"), read_direction("ＯＵＴ")),
            (Ok(Direction::Outbound), Ok(Direction::Outbound))
        );
        assert_eq!(
            (read_direction("着信"), read_direction("internal")),
            (Ok(Direction::Inbound), Ok(Direction::Internal))
        );
        for text in ["５６-７８", "56−78", "５６ー７８", "56 78", "56‐78"] {
            assert_eq!((read_suffix(text).as_deref(), read_last4(text).as_deref()), (Ok("5678"), Ok("5678")), "{text}");
        }
        assert_eq!(read_last4(" ５６７８ ").as_deref(), Ok("5678"));
        assert_eq!(read_prefix("０９０-12", "JP").as_deref(), Ok("+819012"));
    }
}
