//! The cursor of a list of notes: of each leg the number of the note where the page ended.

use policy::id::RecordingId;
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::{Constraint, Problem};

/// 10 legs: of each the cursor has 20 characters, and it has 200 in all.
pub(super) const LEGS_LIMIT: usize = 10;

/// 8 characters of an id tell the legs of one call apart.
const ID_CHARACTERS: usize = 8;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoteCursor {
    /// At the newest note.
    Newest,
    /// Of a recording that was alone: before this number.
    Alone(u32),
    /// Of each leg before its number, by how its id begins.
    Legs(Vec<(String, u32)>),
}

impl NoteCursor {
    /// What a page gave.
    pub(super) fn read(given: &QueryParameters, known: &'static [Parameter]) -> Result<Self, Problem> {
        let Some(text) = Parameters::new(given, known)?.value("cursor") else {
            return Ok(Self::Newest);
        };
        Self::of(text).ok_or_else(|| Problem::invalid("cursor", Constraint::Cursor))
    }

    fn of(text: &str) -> Option<Self> {
        if let Some(number) = number(text) {
            return Some(Self::Alone(number));
        }
        let leg = |part: &str| {
            let (id, before) = part.split_once('-')?;
            let is_id = id.len() == ID_CHARACTERS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_id.then(|| Some((id.to_owned(), number(before)?))).flatten()
        };
        let legs: Vec<_> = text.split('_').map(leg).collect::<Option<_>>()?;
        (legs.len() <= LEGS_LIMIT).then_some(Self::Legs(legs))
    }

    /// The number before which the notes of a leg are read; `wanted` is the recording that was asked for. A leg that came
    /// to the call since begins at its newest note.
    pub(super) fn before(&self, leg: &RecordingId, wanted: &RecordingId) -> u32 {
        match self {
            Self::Alone(number) if leg == wanted => *number,
            Self::Newest | Self::Alone(_) => u32::MAX,
            Self::Legs(legs) => {
                let found = legs.iter().find(|(begins, _)| leg.as_str().starts_with(begins.as_str()));
                found.map_or(u32::MAX, |(_, number)| *number)
            }
        }
    }

    /// Where the next page begins, by what each leg was read to.
    pub(super) fn to_text(legs: &[(RecordingId, u32)]) -> String {
        match legs {
            [(_, number)] => number.to_string(),
            legs => {
                let part = |(id, number): &(RecordingId, u32)| {
                    format!("{}-{number}", id.as_str().get(..ID_CHARACTERS).unwrap_or_default())
                };
                legs.iter().map(part).collect::<Vec<_>>().join("_")
            }
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_of_each_leg_where_its_next_note_is() {
        let [first, second, third] = ["a", "b", "c"].map(|key| RecordingId::of("bucket", key, "version"));
        let legs = [(first.clone(), 17), (second.clone(), u32::MAX)];
        let text = NoteCursor::to_text(&legs);
        let cursor = NoteCursor::of(&text).unwrap_or(NoteCursor::Newest);
        assert_eq!((cursor.before(&first, &second), cursor.before(&second, &second)), (17, u32::MAX));
        assert_eq!(cursor.before(&third, &second), u32::MAX);
        assert_eq!(NoteCursor::to_text(&legs[..1]), "17");
        let alone = NoteCursor::Alone(17);
        assert_eq!(NoteCursor::of("17").as_ref(), Some(&alone));
        assert_eq!((alone.before(&first, &first), alone.before(&second, &first)), (17, u32::MAX));
        for text in ["", "017", "+17", "-1", "4294967296", "x", "abcdefgh", "abc-1", "abcdefgh-01", "abcdefgh-1_"] {
            assert_eq!(NoteCursor::of(text), None, "{text}");
        }
        let longest = vec![(first, u32::MAX); LEGS_LIMIT];
        assert!(NoteCursor::to_text(&longest).len() <= 200);
    }
}
