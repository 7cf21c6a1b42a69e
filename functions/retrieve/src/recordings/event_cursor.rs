//! The cursor of a list of custody events: the number of the event where a page ended.

use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};

/// The number of the event where another page ended; `None` for the first page.
pub(super) fn read_event_cursor(given: &Given, known: &'static [Parameter]) -> Result<Option<u32>, Problem> {
    let Some(text) = Parameters::new(given, known)?.value("cursor") else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number: &u32| number.to_string() == *text);
    number.map(Some).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Parameter] = &[Parameter::new("cursor", Constraint::Cursor, "", "")];

    fn page(given: &[(&str, &str)]) -> Result<Option<u32>, Problem> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read_event_cursor(&Given(given), KNOWN)
    }

    #[test]
    fn a_page_begins_where_the_event_its_cursor_names_is() {
        assert_eq!(page(&[]), Ok(None));
        assert_eq!(page(&[("cursor", "17")]), Ok(Some(17)));
        for cursor in ["", "017", "+17", "-1", "4294967296", "x"] {
            let wrong = Problem::invalid("cursor", Constraint::Cursor);
            assert_eq!(page(&[("cursor", cursor)]), Err(wrong), "{cursor}");
        }
        let twice = Problem::invalid("cursor", Constraint::Once);
        assert_eq!(page(&[("cursor", "17"), ("cursor", "17")]), Err(twice));
        assert_eq!(page(&[("limit", "1")]), Err(Problem::unknown_parameter(KNOWN)));
    }
}
