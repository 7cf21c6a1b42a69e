//! The pages' files, embedded: one HTML, its script, those for later pages and for its worker, one style sheet, two
//! templates.

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

/// The name of the script that is served now. A page that runs another one is older.
pub(crate) use embedded::SCRIPT;

const ICON: &str = include_str!("favicon.svg");

const SCRIPT_TYPE: &str = "text/javascript; charset=utf-8";

/// Once in ten seconds: while a deployment goes on, the new page can get the old function's files.
const RELOAD: &[u8] = b"const last=Number(sessionStorage.getItem('reloaded'));\
if(Date.now()-last>10000){sessionStorage.setItem('reloaded',String(Date.now()));location.reload()}";

/// The page, or that the browser's copy is still it.
pub(crate) fn page(known: Option<&str>) -> Answer {
    let is_known = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == embedded::PAGE_ETAG));
    let answer =
        if is_known { Answer::of(304) } else { packed(Answer::of(200), "text/html; charset=utf-8", embedded::PAGE) };
    answer.header("etag", embedded::PAGE_ETAG).header("cache-control", "no-cache")
}

/// A file by its name; `None` for one that is not there. In place of an older page's script goes one that loads the page
/// again: nothing else would, and the person would see an empty page.
pub(crate) fn file(name: &str) -> Option<Answer> {
    let Some(asset) = embedded::ASSETS.iter().find(|asset| asset.name == name) else {
        return is_older_script(name).then(|| Answer::of(200).header("content-type", SCRIPT_TYPE).body(RELOAD));
    };
    let answer = packed(Answer::of(200), asset.content_type, asset.packed);
    Some(answer.header("cache-control", "public, max-age=31536000, immutable"))
}

/// `app.{16 hexadecimal digits}.js`: what a script of ours is called.
fn is_older_script(name: &str) -> bool {
    let digest = name.strip_prefix("app.").and_then(|name| name.strip_suffix(".js"));
    digest.is_some_and(|digest| digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
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
