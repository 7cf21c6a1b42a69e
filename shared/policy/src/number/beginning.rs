//! The beginning of a number, as people search by it.

use unicode_normalization::UnicodeNormalization;

use super::{Plan, WRITTEN_LIMIT_BYTES, address, dialled, plan};

/// Three digits: `090` and `03-5` are sought, and fewer are every number there is.
const BEGINNING_LEAST_DIGITS: usize = 3;

/// Reads the beginning of a number as people write it: the beginning of its E.164 text. At least three digits, and at
/// home with what is written before a national number; `None` where it can't be the beginning of a number.
pub fn read_beginning(text: &str, country: &str) -> Option<String> {
    if text.len() > WRITTEN_LIMIT_BYTES {
        return None;
    }
    let written = dialled(&address(&text.nfkc().collect::<String>().to_lowercase()))?;
    let plan = plan(country);
    let beginning = match written.strip_prefix('+') {
        Some(digits) => without_trunk(digits, plan)?,
        None => at_home(&written, plan?)?,
    };
    (written.len() - usize::from(written.starts_with('+')) >= BEGINNING_LEAST_DIGITS).then(|| format!("+{beginning}"))
}

/// What follows a `+`: at home people write `+81 (0)90` for `+81 90`.
fn without_trunk(digits: &str, home: Option<&Plan>) -> Option<String> {
    let home = home.filter(|plan| !plan.trunk.is_empty() && !plan.is_trunk_optional);
    let Some((plan, national)) = home.and_then(|plan| Some((plan, digits.strip_prefix(plan.calling_code)?))) else {
        return (!digits.is_empty()).then(|| digits.to_owned());
    };
    let national = national.strip_prefix(plan.trunk).unwrap_or(national);
    // Two of them are no number's.
    (!national.starts_with(plan.trunk)).then(|| format!("{}{national}", plan.calling_code))
}

/// What is dialled at home, behind what hides or shows one's own number.
fn at_home(written: &str, plan: &Plan) -> Option<String> {
    let written = plan.caller_id.iter().find_map(|prefix| written.strip_prefix(prefix)).unwrap_or(written);
    if let Some(rest) = plan.international.iter().find_map(|prefix| written.strip_prefix(prefix)) {
        return (!rest.is_empty()).then(|| rest.to_owned());
    }
    let Some(national) = written.strip_prefix(plan.trunk) else {
        return plan.is_trunk_optional.then(|| format!("{}{written}", plan.calling_code));
    };
    let is_more = !plan.trunk.is_empty() && national.starts_with(plan.trunk);
    if !is_more {
        return Some(format!("{}{national}", plan.calling_code));
    }
    // `0-090`: an outside line's digit stands before. `00 81` could also be another country's way abroad.
    let behind = plan.outside_lines.iter().find_map(|line| written.strip_prefix(line))?.strip_prefix(plan.trunk)?;
    let is_abroad = behind.starts_with(plan.calling_code) || behind.starts_with(plan.trunk);
    (!is_abroad && !behind.is_empty()).then(|| format!("{}{behind}", plan.calling_code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Counterpart, read};

    #[test]
    fn the_beginning_of_a_number_is_read_as_it_is_written() {
        for (text, expected) in [
            ("090-12", Some("+819012")),
            ("０３（５２３４", Some("+8135234")),
            ("+81 90", Some("+8190")),
            ("010-1-202", Some("+1202")),
            ("0120", Some("+81120")),
            ("+81-(0)3-52", Some("+81352")),
            ("+81 (0)90 12", Some("+819012")),
            ("+81 00 3", None),
            ("+８１９０", Some("+8190")),
            ("03ー52", Some("+81352")),
            ("03−52", Some("+81352")),
            ("tel:03-52", Some("+81352")),
            ("TEL 090-12", Some("+819012")),
            ("184-090-12", Some("+819012")),
            ("1860901", Some("+81901")),
            ("0-090-12", Some("+819012")),
            ("0081 90", None),
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
        assert_eq!(read_beginning("+81 (0)90", "XX").as_deref(), Some("+81090"), "another country's zero is its own");
    }

    /// A search by a beginning that is no beginning of the number finds nothing, and nobody knows why.
    #[test]
    fn whatever_is_cut_from_a_written_number_is_its_beginning_or_is_refused() {
        for written in [
            "090-1234-5678",
            "+81-90-1234-5678",
            "+81 (0)90 1234 5678",
            "０９０（１２３４）５６７８",
            "184-090-1234-5678",
            "0-090-1234-5678",
            "010-81-90-1234-5678",
            "0081-90-1234-5678",
            "tel:090-1234-5678",
        ] {
            let Counterpart::Number(number) = read(written, "JP") else { panic!("{written}") };
            for (end, _) in written.char_indices().chain([(written.len(), ' ')]).skip(1) {
                let cut = &written[..end];
                // A beginning so short can still become anything.
                let digits = cut.chars().filter(|one| one.is_numeric()).count();
                if let Some(beginning) = read_beginning(cut, "JP").filter(|_| digits >= 5) {
                    assert!(number.expose().starts_with(&beginning), "{cut}: {beginning}");
                }
            }
        }
    }
}
