//! Where a page of deletions ended.

use data_encoding::BASE64URL_NOPAD;
use rokuban_http::paging::CURSOR_LIMIT_CHARACTERS;
use serde::{Deserialize, Serialize};
use store::SortKey;

/// The form of cursors; another one is refused.
const VERSION: u8 = 1;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The last item that was read of.
    pub(crate) at: SortKey,
    /// How much of it is done.
    pub(crate) done: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    v: u8,
    at: SortKey,
    #[serde(default)]
    done: usize,
}

impl Position {
    /// The cursor behind what was read.
    pub(crate) fn to_cursor(&self) -> String {
        let cursor = Cursor { v: VERSION, at: self.at.clone(), done: self.done };
        // A text and two numbers: JSON can't fail to hold them.
        BASE64URL_NOPAD.encode(&serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// What a cursor says; `None` where it is not one of ours.
    pub(crate) fn of_cursor(text: &str) -> Option<Self> {
        if text.len() > CURSOR_LIMIT_CHARACTERS {
            return None;
        }
        let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let Cursor { v, at, done } = serde_json::from_slice(&json).ok()?;
        (v == VERSION).then_some(Self { at, done })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_says_where_a_page_ended_and_any_other_text_is_refused() {
        let run = "8f14e45f-ceea-467f-9b1e-1f3f2c4d5e6f-000012-0003";
        let at = SortKey::new("2026-11-13T00:00:00Z".parse().unwrap(), run);
        let position = Position { at, done: 99 };
        assert_eq!(Position::of_cursor(&position.to_cursor()), Some(position));
        for text in ["", "x", "e30", &"a".repeat(CURSOR_LIMIT_CHARACTERS + 1)] {
            assert_eq!(Position::of_cursor(text), None, "{text}");
        }
    }
}
