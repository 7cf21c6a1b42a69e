//! Where a page ended, and the cursor that says so.

use data_encoding::BASE64URL_NOPAD;
use jiff::{Timestamp, Unit};
use policy::id::RecordingId;
use policy::recording::Listed;
use rokuban_http::paging::CURSOR_LIMIT_CHARACTERS;
use serde::{Deserialize, Serialize};
use store::SortKey;

/// The form of cursors; another one is refused.
const VERSION: u8 = 1;

/// A place in the order of (time, id): whatever lies above is done. Times are whole milliseconds, as in
/// the range keys of the indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    at: Timestamp,
    /// That recording at this time is done too; `None`: nothing at this time is.
    id: Option<RecordingId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    v: u8,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<RecordingId>,
}

impl Position {
    /// Whatever began at a time or later is done; the time is rounded up to a millisecond.
    pub(crate) fn before(at: Timestamp) -> Self {
        let millisecond = floor(at);
        let at = if millisecond == at { at } else { millisecond_after(millisecond) };
        Self { at, id: None }
    }

    /// Whatever began with or after the millisecond that follows a recording's is done.
    pub(crate) fn above(view: &Listed) -> Self {
        Self { at: millisecond_after(floor(view.started_at)), id: None }
    }

    /// A recording and whatever lies above it are done.
    pub(crate) fn at(view: &Listed) -> Self {
        Self { at: floor(view.started_at), id: Some(view.id.clone()) }
    }

    /// The latest time at which something can still be to do.
    pub(crate) fn latest(&self) -> Timestamp {
        match self.id {
            Some(_) => self.at,
            None => self.at.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(self.at),
        }
    }

    /// The greatest bound below the position.
    pub(crate) fn bound(&self) -> SortKey {
        match &self.id {
            Some(id) => SortKey::new(self.at, id.as_str()).just_below(),
            None => SortKey::from_time(self.at),
        }
    }

    /// The cursor: it names a recording only where the one it is given to may view it.
    pub(crate) fn to_cursor(&self) -> String {
        let cursor = Cursor { v: VERSION, at: in_milliseconds(self.at), id: self.id.clone() };
        // Three texts and a number: JSON can't fail to hold them.
        BASE64URL_NOPAD.encode(&serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// What a cursor says; `None` where it is none of ours.
    pub(crate) fn of_cursor(text: &str) -> Option<Self> {
        if text.len() > CURSOR_LIMIT_CHARACTERS {
            return None;
        }
        let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let cursor: Cursor = serde_json::from_slice(&json).ok()?;
        let at: Timestamp = cursor.at.parse().ok()?;
        let is_ours = cursor.v == VERSION && in_milliseconds(at) == cursor.at;
        is_ours.then_some(Self { at, id: cursor.id })
    }
}

/// A time in a cursor: UTC, to the millisecond.
fn in_milliseconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A time without what lies below its millisecond.
fn floor(at: Timestamp) -> Timestamp {
    let mode = jiff::TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Floor);
    at.round(mode).unwrap_or(at)
}

fn millisecond_after(at: Timestamp) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn time() -> impl Strategy<Value = Timestamp> {
        (1_793_600_000_000_000_i64..1_793_700_000_000_000)
            .prop_map(|micros| Timestamp::from_microsecond(micros).unwrap())
    }

    fn id() -> impl Strategy<Value = RecordingId> {
        "[a-z2-7]{26}".prop_map(|text| text.parse().unwrap())
    }

    proptest! {
        #[test]
        fn a_bound_lies_above_every_key_to_do_and_below_every_key_done(
            at in time(), id in id(), other_at in time(), other in id(), same_time in any::<bool>(), has_id in any::<bool>(),
        ) {
            let position = Position { at: floor(at), id: has_id.then(|| id.clone()) };
            let other_at = if same_time { at } else { other_at };
            let key = SortKey::new(other_at, other.as_str());
            let is_done = match position.id {
                Some(_) => key >= SortKey::new(at, id.as_str()),
                None => floor(other_at) >= position.at,
            };
            prop_assert_eq!(key > position.bound(), is_done);
        }

        #[test]
        fn a_cursor_says_what_it_was_made_from(at in time(), id in proptest::option::of(id())) {
            let position = Position { at: floor(at), id };
            prop_assert_eq!(Position::of_cursor(&position.to_cursor()), Some(position));
        }

        #[test]
        fn nothing_that_is_no_cursor_is_read_as_one(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,120}") {
            if let Some(position) = Position::of_cursor(&text) {
                prop_assert_eq!(position.to_cursor(), text);
            }
        }
    }

    #[test]
    fn a_cursor_of_another_form_is_refused() {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        assert!(Position::of_cursor(&encode(r#"{"v":1,"at":"2026-11-03T05:05:02.000Z"}"#)).is_some());
        for json in [
            "",
            "[]",
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02Z"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.0001Z"}"#,
            r#"{"v":1,"at":"yesterday"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z","id":"x"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z","team":"sales"}"#,
        ] {
            assert_eq!(Position::of_cursor(&encode(json)), None, "{json}");
        }
    }
}
