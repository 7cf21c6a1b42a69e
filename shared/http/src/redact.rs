//! QUIET: phone numbers with all but their last four digits masked.

/// 7 digits: the shortest number of the outside world, whatever field it was typed into. Years and extensions have fewer.
const NUMBER_MIN_DIGITS: usize = 7;

/// The last four digits of a text that is as long as a phone number; `None` for a shorter one.
fn last_digits(text: &str) -> Option<String> {
    let digits: Vec<char> = text.chars().filter(|letter| letter.is_numeric()).collect();
    (digits.len() >= NUMBER_MIN_DIGITS).then(|| digits[digits.len() - 4..].iter().collect())
}

/// A text as it may be shown: `***5678` in place of a phone number, any other text as it is. (The asterisks also keep a
/// spreadsheet from making 201 of `0201`.)
pub fn number(text: &str) -> String {
    last_digits(text).map_or_else(|| text.to_owned(), |digits| format!("***{digits}"))
}

/// Whether [`number`] masks a text.
pub fn is_number(text: &str) -> bool {
    last_digits(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_last_four_digits_whatever_field_it_was_typed_into() {
        for (text, shown) in [
            ("+819012345678", "***5678"),
            ("+81-90-1234-5678", "***5678"),
            ("090-1234-5678", "***5678"),
            ("0901234", "***1234"),
            ("０９０１２３４５６７８", "***５６７８"),
            ("sato 09012345678 x", "***5678"),
            ("5678", "5678"),
            ("100201", "100201"),
            ("営業1課", "営業1課"),
            ("queue-support", "queue-support"),
            ("", ""),
        ] {
            assert_eq!(number(text), shown, "{text}");
            assert_eq!(is_number(text), text != shown, "{text}");
        }
    }
}
