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

/// 9 digits: a number of the outside world within a sentence. A day has 8.
const NUMBER_IN_TEXT_MIN_DIGITS: usize = 9;

/// A sentence as it may be shown: of each phone number in it the last four digits.
pub fn sentence(text: &str) -> String {
    let is_of_number =
        |letter: char| letter.is_numeric() || matches!(letter, '-' | '+' | '(' | ')' | '.' | 'ー' | '－');
    let mut shown = String::new();
    let mut run = String::new();
    for letter in text.chars().map(Some).chain([None]) {
        match letter {
            Some(letter) if is_of_number(letter) => run.push(letter),
            other => {
                let digits = run.chars().filter(|letter| letter.is_numeric()).count();
                let masked = last_digits(&run).filter(|_| digits >= NUMBER_IN_TEXT_MIN_DIGITS);
                shown.push_str(&masked.map_or_else(|| run.clone(), |digits| format!("***{digits}")));
                run.clear();
                shown.extend(other);
            }
        }
    }
    shown
}

/// Whether [`number`] masks a text.
pub fn is_number(text: &str) -> bool {
    last_digits(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_all_but_the_phone_numbers_in_it() {
        for (text, shown) in [
            ("見積の金額の確認", "見積の金額の確認"),
            ("090-1234-5678の山田様から", "***5678の山田様から"),
            ("2026-11-03の件", "2026-11-03の件"),
            ("+81312345678 and 03(1234)5678", "***5678 and ***5678"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), shown, "{text}");
        }
    }

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
