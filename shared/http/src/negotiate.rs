//! Content negotiation: `Accept` decides the format of a list (RFC 9110, 12.5.1).

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use axum::http::request::Parts;

use policy::Language;

use crate::file_request::{FileRequest, Way};
use crate::problem::{self, Problem};

/// The format of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a program.
    Json,
    /// For a spreadsheet: an export.
    Csv(FileRequest),
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A link asks for a file, whatever the browser that follows it accepts.
        if let Some(file) = parts.extensions.get::<FileRequest>() {
            return Ok(Self::Csv(file.clone()));
        }
        // Several fields of one name are one list (RFC 9110, 5.3).
        let fields = parts.headers.get_all(ACCEPT).iter();
        let accept: Vec<_> = fields.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        match choose(&accept.join(",")) {
            Some(Media::Json) => Ok(Self::Json),
            Some(Media::Csv) => {
                let language = Language::asked_for(parts.headers.get(ACCEPT_LANGUAGE));
                Ok(Self::Csv(FileRequest { language, way: Way::Token }))
            }
            None => Err(Problem::of(&problem::NOT_ACCEPTABLE)),
        }
    }
}

/// The media types there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Json,
    Csv,
}

/// How much a media type is preferred: its quality, then how closely the range names it.
type Preference = (f32, u8);

/// The preferred one. Of equal quality the one that is named more closely, else JSON. `None` where neither is
/// acceptable; an empty header accepts anything.
fn choose(accept: &str) -> Option<Media> {
    if accept.trim_matches([' ', '\t', ',']).is_empty() {
        return Some(Media::Json);
    }
    let ranges: Vec<Range> = split(accept, ',').filter_map(Range::read).collect();
    let (json, csv) = (preference(&ranges, "application", "json"), preference(&ranges, "text", "csv"));
    let is_acceptable = |preference: Preference| preference.0 > 0.0;
    match (is_acceptable(json), is_acceptable(csv)) {
        (_, true) if csv > json => Some(Media::Csv),
        (true, _) => Some(Media::Json),
        (false, _) => None,
    }
}

/// What the closest range says of a media type.
fn preference(ranges: &[Range], kind: &str, subtype: &str) -> Preference {
    let said = ranges.iter().filter_map(|range| Some((range.closeness(kind, subtype)?, range.quality)));
    let (closeness, quality) = said.fold((0, 0.0), |best, one| if one > best { one } else { best });
    (quality, closeness)
}

/// One range of media types.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    charset: Option<String>,
    quality: f32,
}

impl Range {
    /// Parses one media range. Ignores anything malformed; an unreadable `q` counts as 0, as in `Accept-Language`.
    fn read(text: &str) -> Option<Self> {
        let mut parts = split(text, ';').map(str::trim);
        let (kind, subtype) = match parts.next()? {
            // Sent by old clients for `*/*`.
            "*" => ("*", "*"),
            range => range.split_once('/')?,
        };
        let (mut charset, mut quality) = (None, 1.0);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => quality = value.trim().parse().ok().filter(|value| (0.0..=1.0).contains(value)).unwrap_or(0.0),
                "charset" => charset = Some(value.trim().trim_matches('"').to_ascii_lowercase()),
                // No other parameter distinguishes the media types there are.
                _ => {}
            }
        }
        let lower = |text: &str| text.trim().to_ascii_lowercase();
        Some(Self { kind: lower(kind), subtype: lower(subtype), charset, quality })
    }

    /// How closely it names a media type of ours, all of which are UTF-8: 1 (everything) to 4 (with its charset);
    /// `None` where it is another.
    fn closeness(&self, kind: &str, subtype: &str) -> Option<u8> {
        match (self.kind.as_str(), self.subtype.as_str(), self.charset.as_deref()) {
            ("*", "*", None) => Some(1),
            (of, "*", None) if of == kind => Some(2),
            (of, name, None) if of == kind && name == subtype => Some(3),
            (of, name, Some("utf-8" | "utf8")) if of == kind && name == subtype => Some(4),
            _ => None,
        }
    }
}

/// Cut at a separator, but not within quotes (RFC 9110, 5.6.4).
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            _ if was_escaped => return false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => return character == separator && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn csv_is_answered_where_it_is_liked_better_and_nothing_where_neither_is() {
        let (json, csv) = (Some(Media::Json), Some(Media::Csv));
        for (accept, answered) in [
            ("", json),
            (" , ", json),
            ("*/*", json),
            ("*", json),
            ("application/json", json),
            ("application/*", json),
            ("text/csv", csv),
            ("TEXT/CSV", csv),
            ("text/*", csv),
            (" text/csv ; q=0.001 ", csv),
            ("text/csv;charset=utf-8", csv),
            ("text/csv; charset=\"UTF-8\"", csv),
            ("text/csv;header=present", csv),
            ("application/json;charset=utf-8", json),
            // By quality.
            ("text/csv, application/json", json),
            ("text/csv;q=0.9, application/json", json),
            ("text/csv, application/json;q=0.9", csv),
            ("application/json;Q=0.5,text/csv;Q=0.6", csv),
            ("text/csv;q=.6, application/json;q=.5", csv),
            ("text/csv;q=0, */*", json),
            ("application/json;q=0, */*", csv),
            ("text/*;q=0.5, text/csv;q=0.1, application/json;q=0.3", json),
            ("text/csv;q=1, text/csv;charset=utf-8;q=0.1, application/json;q=0.3", json),
            ("*/*;q=0.1, application/json;q=0", csv),
            // Equally liked: by name.
            ("text/csv, */*", csv),
            ("*/*, text/csv", csv),
            ("application/json, text/*", json),
            // What browsers and old Java say.
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", json),
            // Neither.
            ("text/html", None),
            ("text/csv;q=0", None),
            ("text/csv;q=0.000, application/json;q=0", None),
            ("*/*;q=0", None),
            ("text/csv;charset=shift_jis", None),
            ("text/csv;q=2", None),
            ("text/csv;q=NaN", None),
            ("json", None),
            ("application/problem+json", None),
            // What looks like a range within quotes is none.
            ("text/html;x=\",text/csv,\"", None),
            ("text/html;x=\"\\\",text/csv\", application/json", json),
        ] {
            assert_eq!(choose(accept), answered, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_the_ranges_says_nothing(
            ranges in proptest::collection::vec(
                ("(application/json|text/csv|text/[*]|[*]/[*]|text/html)", "(|;q=0|;q=0[.]5|;q=1|;q=x)"), 1..6,
            ),
        ) {
            let mut ranges: Vec<String> = ranges.into_iter().map(|(range, quality)| range + &quality).collect();
            let answered = choose(&ranges.join(","));
            ranges.reverse();
            prop_assert_eq!(choose(&ranges.join(", ")), answered);
        }

        #[test]
        fn whatever_is_sent_is_read(accept in "\\PC{0,60}|[a-z*/;,=q0-9.\"\\\\ ]{0,60}") {
            let _ = choose(&accept);
        }
    }
}
