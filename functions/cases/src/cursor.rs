//! Cursors of lists: the sort key of the last item that was read.

use data_encoding::BASE64URL_NOPAD;
use rokuban_http::paging::CURSOR_LIMIT_CHARACTERS;
use rokuban_http::parameters::Parameter;
use rokuban_http::problem::Constraint;
use serde::{Deserialize, Serialize};
use store::SortKey;

pub(crate) const LIMIT_PARAMETER: Parameter =
    Parameter::new("limit", Constraint::Limit, "The most items of a page; 50 unless given.", "50");

pub(crate) const CURSOR_PARAMETER: Parameter = Parameter::new(
    "cursor",
    Constraint::Cursor,
    "What the page before gave as `next_cursor`.",
    "eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiMzdHFrIn0",
);

/// The form of cursors; another one is refused.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    v: u8,
    at: SortKey,
}

pub(crate) fn to_cursor(at: &SortKey) -> String {
    // A text and a number: JSON can't fail to hold them.
    BASE64URL_NOPAD.encode(&serde_json::to_vec(&Cursor { v: VERSION, at: at.clone() }).unwrap_or_default())
}

/// The sort key that a page begins below; `None` for what is no cursor of ours.
pub(crate) fn read_until(cursor: Option<&str>) -> Option<SortKey> {
    cursor.map_or_else(|| Some(SortKey::last()), |text| read(text).map(|at| at.just_below()))
}

/// The sort key that a page of a list that is read oldest first begins behind.
pub(crate) fn read_after(cursor: Option<&str>) -> Option<SortKey> {
    cursor.map_or_else(|| Some(SortKey::first()), read)
}

fn read(text: &str) -> Option<SortKey> {
    if text.len() > CURSOR_LIMIT_CHARACTERS {
        return None;
    }
    let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let Cursor { v, at } = serde_json::from_slice(&json).ok()?;
    (v == VERSION).then_some(at)
}
