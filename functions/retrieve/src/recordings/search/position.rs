//! Where a page ended, and the cursor that says so.

use data_encoding::BASE64URL_NOPAD;
use jiff::{Timestamp, Unit};
use policy::id::RecordingId;
use policy::recording::Listed;
use rokuban_http::paging::CURSOR_LIMIT_CHARACTERS;
use serde::{Deserialize, Serialize};
use store::{ListOrder, SortKey};

/// The form of cursors; another one is refused.
const VERSION: u8 = 2;

/// A place in the order of (time, id): what comes before it is done. Times are whole milliseconds, as in the range keys
/// of the indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    at: Timestamp,
    /// That recording at this time is done too; `None`: the place lies before everything of this time.
    id: Option<RecordingId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    v: u8,
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<RecordingId>,
    /// What binds it to its search.
    f: String,
}

impl Position {
    /// The place between a time and what lies before it; the time is rounded up to a millisecond.
    pub(crate) fn before(at: Timestamp) -> Self {
        let millisecond = floor(at);
        let at = if millisecond == at { at } else { millisecond_after(millisecond) };
        Self { at, id: None }
    }

    /// Where a search of a range begins.
    pub(crate) fn first(from: Timestamp, to: Timestamp, sort: ListOrder) -> Self {
        match sort {
            ListOrder::NewestFirst => Self::before(to),
            ListOrder::OldestFirst => Self { at: floor(from), id: None },
        }
    }

    /// The place before everything of a recording's millisecond.
    pub(crate) fn beyond(view: &Listed, sort: ListOrder) -> Self {
        let millisecond = floor(view.started_at);
        let at = match sort {
            ListOrder::NewestFirst => millisecond_after(millisecond),
            ListOrder::OldestFirst => millisecond,
        };
        Self { at, id: None }
    }

    /// A recording and what comes before it are done.
    pub(crate) fn at(view: &Listed) -> Self {
        Self { at: floor(view.started_at), id: Some(view.id.clone()) }
    }

    /// Newest first: the latest time at which something can still be to do.
    pub(crate) fn latest(&self) -> Timestamp {
        match self.id {
            Some(_) => self.at,
            None => self.at.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(self.at),
        }
    }

    /// Oldest first: the earliest time at which something can still be to do.
    pub(crate) fn earliest(&self) -> Timestamp {
        self.at
    }

    /// The bound of what is to do, inclusive: the greatest key newest first, the least oldest first.
    pub(crate) fn bound(&self, sort: ListOrder) -> SortKey {
        match (&self.id, sort) {
            (Some(id), ListOrder::NewestFirst) => SortKey::new(self.at, id.as_str()).just_below(),
            (Some(id), ListOrder::OldestFirst) => {
                // A space sorts before every character of a key.
                SortKey::new(self.at, &format!("{id} "))
            }
            (None, _) => SortKey::from_time(self.at),
        }
    }

    /// Whether another place comes no earlier in the order.
    pub(crate) fn is_before_or_at(&self, other: &Self, sort: ListOrder) -> bool {
        match sort {
            ListOrder::NewestFirst => other.bound(sort) <= self.bound(sort),
            ListOrder::OldestFirst => self.bound(sort) <= other.bound(sort),
        }
    }

    /// The cursor of a search: it names a recording only where the one it is given to may view it.
    pub(crate) fn to_cursor(&self, digest: &str) -> String {
        let cursor = Cursor { v: VERSION, at: in_milliseconds(self.at), id: self.id.clone(), f: digest.to_owned() };
        // Four texts and a number: JSON can't fail to hold them.
        BASE64URL_NOPAD.encode(&serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// What a cursor of a search says; `None` where it is none of it.
    pub(crate) fn of_cursor(text: &str, digest: &str) -> Option<Self> {
        if text.len() > CURSOR_LIMIT_CHARACTERS {
            return None;
        }
        let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let cursor: Cursor = serde_json::from_slice(&json).ok()?;
        let at: Timestamp = cursor.at.parse().ok()?;
        let is_ours = cursor.v == VERSION && in_milliseconds(at) == cursor.at && cursor.f == digest;
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
        fn a_bound_lies_between_every_key_to_do_and_every_key_done(
            at in time(), id in id(), other_at in time(), other in id(), same_time in any::<bool>(), has_id in any::<bool>(),
        ) {
            let position = Position { at: floor(at), id: has_id.then(|| id.clone()) };
            let other_at = if same_time { at } else { other_at };
            let key = SortKey::new(other_at, other.as_str());
            let own = SortKey::new(at, id.as_str());
            let is_done = if has_id { key >= own } else { floor(other_at) >= position.at };
            prop_assert_eq!(key > position.bound(ListOrder::NewestFirst), is_done);
            let is_done = if has_id { key <= own } else { floor(other_at) < position.at };
            prop_assert_eq!(key < position.bound(ListOrder::OldestFirst), is_done);
        }

        #[test]
        fn a_cursor_says_what_it_was_made_from(at in time(), id in proptest::option::of(id())) {
            let position = Position { at: floor(at), id };
            let cursor = position.to_cursor("0b0f0b0f");
            prop_assert!(cursor.len() <= CURSOR_LIMIT_CHARACTERS);
            prop_assert_eq!(Position::of_cursor(&cursor, "ffffffff"), None);
            prop_assert_eq!(Position::of_cursor(&cursor, "0b0f0b0f"), Some(position));
        }

        #[test]
        fn nothing_that_is_no_cursor_is_read_as_one(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,120}") {
            if let Some(position) = Position::of_cursor(&text, "0b0f0b0f") {
                prop_assert_eq!(position.to_cursor("0b0f0b0f"), text);
            }
        }
    }

    #[test]
    fn a_cursor_of_another_form_is_refused() {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let read = |json: &str| Position::of_cursor(&encode(json), "0b");
        assert!(read(r#"{"v":2,"at":"2026-11-03T05:05:02.000Z","f":"0b"}"#).is_some());
        for json in [
            "",
            "[]",
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z"}"#,
            r#"{"v":3,"at":"2026-11-03T05:05:02.000Z","f":"0b"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z","f":"0c"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02Z","f":"0b"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02.0001Z","f":"0b"}"#,
            r#"{"v":2,"at":"yesterday","f":"0b"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z","id":"x","f":"0b"}"#,
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z","f":"0b","team":"sales"}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
