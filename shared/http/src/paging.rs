//! Pages of lists: how many items one has.

use axum::http::header::{HeaderValue, LINK};
use axum::response::{IntoResponse, Response};

use crate::negotiate::Format;
use crate::parameters::QueryParameters;
use crate::problem::{self, Constraint, Problem};

/// 50 items a page, unless a limit is given.
pub const DEFAULT_LIMIT: usize = 50;

/// 100 items a page: what a person looks through.
pub const LIMIT: usize = 100;

/// 1,000 items are read for one page, each under 1 KB: at most 1 MB is read and held. A page of a file may have them all.
pub const READ_LIMIT: usize = 1_000;

/// 200 characters: a cursor of ours has 110.
pub const CURSOR_LIMIT_CHARACTERS: usize = 200;

/// How many items a page may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// 1 to [`LIMIT`], by default [`DEFAULT_LIMIT`].
    Json,
    /// 1 to [`READ_LIMIT`], and by default that many.
    File,
}

impl Pages {
    /// The pages of a format.
    pub fn of(format: &Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv(_) => Self::File,
        }
    }

    /// How many items a page has, by the parameter `limit`.
    ///
    /// # Errors
    /// The parameter is invalid.
    pub fn limit(self, given: Option<&str>) -> Result<usize, Problem> {
        let (default, limit, constraint) = match self {
            Self::Json => (DEFAULT_LIMIT, LIMIT, Constraint::Limit),
            Self::File => (READ_LIMIT, READ_LIMIT, Constraint::FileLimit),
        };
        let Some(text) = given else { return Ok(default) };
        // As it is written, and nothing else: the parser itself would also take `+5` and `005`.
        let given = text.parse().ok().filter(|given: &usize| (1..=limit).contains(given) && given.to_string() == text);
        given.ok_or_else(|| Problem::invalid("limit", constraint))
    }
}

/// What of a request decides nothing about what a list has.
const OF_THE_FORM: [&str; 4] = ["conditions", "count", "cursor", "limit"];

/// What binds a cursor to its search: FNV-1a over everything given that decides what is found, in 32 bits.
pub fn digest(given: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> =
        given.iter().filter(|(name, _)| !OF_THE_FORM.contains(&name.as_str())).collect();
    pairs.sort_unstable();
    let texts = pairs.into_iter().flat_map(|(name, value)| [name, value]);
    let bytes = texts.flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

/// A cursor that belongs to what was asked for.
pub fn bind_cursor(asked: &QueryParameters, cursor: &str) -> String {
    format!("{cursor}{}", digest(&asked.0))
}

/// The cursor of a request, as it was before it was bound.
///
/// # Errors
/// It was given out for something else.
pub fn read_cursor(asked: &QueryParameters) -> Result<Option<&str>, Problem> {
    let Some((_, cursor)) = asked.0.iter().find(|(name, _)| name == "cursor") else { return Ok(None) };
    let unbound = cursor.strip_suffix(digest(&asked.0).as_str());
    unbound.map(Some).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))
}

/// A page with a `Link` to the next one (RFC 8288); without one where these are all.
///
/// # Errors
/// [`problem::FAILED`] where a header can't hold it.
pub fn with_next(page: impl IntoResponse, asked: &QueryParameters, cursor: Option<&str>) -> Result<Response, Problem> {
    let mut page = page.into_response();
    if let Some(cursor) = cursor {
        page.headers_mut().insert(LINK, next_page(&asked.0, cursor)?);
    }
    Ok(page)
}

/// The `Link` to the next page of a list: relative, with every parameter of this request and another cursor.
fn next_page(asked: &[(String, String)], cursor: &str) -> Result<HeaderValue, Problem> {
    let mut query = String::new();
    for (name, value) in asked.iter().filter(|(name, _)| name != "cursor") {
        query.push_str(&format!("{}={}&", escaped(name), escaped(value)));
    }
    header_value(&format!("<?{query}cursor={}>; rel=\"next\"", escaped(cursor)))
}

/// A text as a query may hold it (RFC 3986, 2.1 and 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The value of a header.
pub(crate) fn header_value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(|error| {
        tracing::error!(%error, "a header can't be written");
        Problem::of(&problem::FAILED)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_next_page_is_asked_for_with_all_but_the_place() {
        let asked = [("line", "代表 & co"), ("cursor", "before"), ("from", "2026-11-03T00:00:00+09:00")];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let link = next_page(&asked, "a-b_c").unwrap();
        assert_eq!(
            link,
            "<?line=%E4%BB%A3%E8%A1%A8%20%26%20co&from=2026-11-03T00%3A00%3A00%2B09%3A00&cursor=a-b_c>; rel=\"next\""
        );
        assert_eq!(next_page(&[], "x").unwrap(), "<?cursor=x>; rel=\"next\"");
    }

    #[test]
    fn a_cursor_belongs_to_what_was_asked_for_whatever_the_form() {
        let given = |pairs: &[(&str, &str)]| {
            QueryParameters::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        };
        let cursor = bind_cursor(&given(&[("staff", "sato"), ("day", "2026-11-03")]), "abc-_");
        let same = given(&[("day", "2026-11-03"), ("staff", "sato"), ("limit", "3"), ("cursor", &cursor)]);
        assert_eq!(read_cursor(&same), Ok(Some("abc-_")));
        assert_eq!(read_cursor(&given(&[("staff", "sato")])), Ok(None));
        for other in [&[("staff", "abe"), ("day", "2026-11-03")][..], &[("staff", "sato")], &[]] {
            let mut other = given(other);
            other.0.push(("cursor".to_owned(), cursor.clone()));
            assert_eq!(read_cursor(&other), Err(Problem::invalid("cursor", Constraint::Cursor)));
        }
        assert!(read_cursor(&given(&[("cursor", "abc")])).is_err());
    }
}
