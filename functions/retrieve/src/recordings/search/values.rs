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
    let digits = names::fold(text);
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
    let digits: String = names::fold(text).chars().filter(|one| *one != '-').collect();
    let is_ending = (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_ending { Ok(digits) } else { Err(Problem::invalid("number_suffix", Constraint::NumberEnding)) }
}

/// Why there is no number: a word or its Japanese label.
pub(super) fn read_absent(text: &str) -> Result<Absent, Problem> {
    let is_meant = |absent: &Absent| absent.as_str() == text || absent.label(Language::Japanese) == text;
    let absent = Absent::ALL.into_iter().find(is_meant);
    absent.ok_or_else(|| Problem::invalid("counterpart_absent", Constraint::Absent))
}

/// A direction: a word in either language.
pub(super) fn read_direction(text: &str) -> Result<Direction, Problem> {
    Direction::from_word(text).ok_or_else(|| Problem::invalid("direction", Constraint::Direction))
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
        assert_eq!(
            (read_direction("着信"), read_direction("internal")),
            (Ok(Direction::Inbound), Ok(Direction::Internal))
        );
        assert_eq!(read_suffix("５６-７８").as_deref(), Ok("5678"));
        assert_eq!(read_last4(" ５６７８ ").as_deref(), Ok("5678"));
        assert_eq!(read_prefix("０９０-12", "JP").as_deref(), Ok("+819012"));
    }
}
