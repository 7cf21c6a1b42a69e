//! The pages' files, embedded: one HTML, one script, one style sheet.

use crate::gateway::Answer;

/// A file under a name that changes with it.
pub(crate) struct Asset {
    name: &'static str,
    content_type: &'static str,
    packed: &'static [u8],
}

mod embedded {
    use super::Asset;

    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

const ICON: &str = include_str!("favicon.svg");

/// The page, or that the browser's copy is still it.
pub(crate) fn page(known: Option<&str>) -> Answer {
    let is_known = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == embedded::PAGE_ETAG));
    let answer =
        if is_known { Answer::of(304) } else { packed(Answer::of(200), "text/html; charset=utf-8", embedded::PAGE) };
    answer.header("etag", embedded::PAGE_ETAG).header("cache-control", "no-cache")
}

/// A file by its name; `None` for one that is not there, such as the script of an older page.
pub(crate) fn file(name: &str) -> Option<Answer> {
    let asset = embedded::ASSETS.iter().find(|asset| asset.name == name)?;
    let answer = packed(Answer::of(200), asset.content_type, asset.packed);
    Some(answer.header("cache-control", "public, max-age=31536000, immutable"))
}

/// The icon that browsers ask for by this name.
pub(crate) fn icon() -> Answer {
    let answer = Answer::of(200).header("content-type", "image/svg+xml").body(ICON.as_bytes());
    answer.header("cache-control", "public, max-age=86400")
}

/// Packed always: every browser of the last 15 years unpacks it.
fn packed(answer: Answer, content_type: &str, body: &[u8]) -> Answer {
    answer.header("content-type", content_type).header("content-encoding", "gzip").body(body)
}
