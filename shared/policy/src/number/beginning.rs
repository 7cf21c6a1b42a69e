//! The beginning of a number, as people search by it.

use unicode_normalization::UnicodeNormalization;

use super::{WRITTEN_LIMIT_BYTES, dialled, plan};

/// Three digits: `090` and `03-5` are sought, and fewer are every number there is.
const BEGINNING_LEAST_DIGITS: usize = 3;

/// Reads the beginning of a number as people write it: the beginning of its E.164 text. At least three digits, and at
/// home with what is written before a national number; `None` where it can't be the beginning of a number.
pub fn read_beginning(text: &str, country: &str) -> Option<String> {
    if text.len() > WRITTEN_LIMIT_BYTES {
        return None;
    }
    let written = dialled(&text.nfkc().collect::<String>())?;
    if written.trim_start_matches('+').len() < BEGINNING_LEAST_DIGITS {
        return None;
    }
    if written.starts_with('+') {
        return Some(written);
    }
    let plan = plan(country)?;
    if let Some(rest) = plan.international.iter().find_map(|prefix| written.strip_prefix(prefix)) {
        return (!rest.is_empty()).then(|| format!("+{rest}"));
    }
    match written.strip_prefix(plan.trunk) {
        Some(national) => Some(format!("+{}{national}", plan.calling_code)),
        None => plan.is_trunk_optional.then(|| format!("+{}{written}", plan.calling_code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_number_is_read_as_it_is_written() {
        for (text, expected) in [
            ("090-12", Some("+819012")),
            ("０３（５２３４", Some("+8135234")),
            ("+81 90", Some("+8190")),
            ("010-1-202", Some("+1202")),
            ("0120", Some("+81120")),
            ("09", None),
            ("90-1234", None),
            ("090a", None),
            ("", None),
            ("+", None),
        ] {
            assert_eq!(read_beginning(text, "JP").as_deref(), expected, "{text}");
        }
        assert_eq!(read_beginning("202-5", "US").as_deref(), Some("+12025"));
        assert_eq!(read_beginning("1-202-5", "US").as_deref(), Some("+12025"));
        assert_eq!(read_beginning("090", "XX"), None);
    }
}
