//! One page out of several partitions, newest first, and the cursor that says where it ended.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use rokuban_http::paging::CURSOR_LIMIT_CHARACTERS;
use serde::{Deserialize, Serialize};
use store::{AuditEvent, AuditPage, SortKey};

/// The form of cursors; another one is refused.
const VERSION: u8 = 1;

/// 250 events are read of a partition at least, where what was asked for leaves many out.
const SELECTIVE_ROOM: usize = 250;

/// A place in the order of range keys: whatever lies there or above is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(SortKey);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    v: u8,
    at: SortKey,
}

impl Position {
    /// The position at the first moment of a day: what lies in the day or above is done.
    pub(super) fn begin_of(at: Timestamp) -> Self {
        // No character that an operation can begin with sorts before it.
        Self(SortKey::new(at, "!"))
    }

    /// The greatest range key below the position, or one that no event has.
    pub(super) fn bound(&self) -> SortKey {
        self.0.just_below()
    }

    /// Whether it lies from a time on and before another one.
    pub(super) fn is_between(&self, from: Timestamp, until: Timestamp) -> bool {
        self.0 >= SortKey::from_time(from) && self.0 < SortKey::from_time(until)
    }

    /// The cursor: it names an event that the one it is given to has seen, or has read past.
    pub(super) fn to_cursor(&self) -> String {
        // A text and a number: JSON can't fail to hold them.
        BASE64URL_NOPAD.encode(&serde_json::to_vec(&Cursor { v: VERSION, at: self.0.clone() }).unwrap_or_default())
    }

    /// What a cursor says; `None` where it is none of ours.
    pub(super) fn of_cursor(text: &str) -> Option<Self> {
        if text.len() > CURSOR_LIMIT_CHARACTERS {
            return None;
        }
        let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let Cursor { v, at } = serde_json::from_slice(&json).ok()?;
        (v == VERSION).then_some(Self(at))
    }
}

/// A page that is being merged.
#[derive(Debug)]
pub(super) struct Merging {
    limit: usize,
    /// How many more events may be weighed.
    weighable: usize,
    events: Vec<AuditEvent>,
    /// Whatever lies there or above is done.
    done_to: Option<Position>,
    is_full: bool,
}

impl Merging {
    /// An empty page of at most `limit` events, for which at most `weighable` are weighed.
    pub(super) fn new(limit: usize, weighable: usize) -> Self {
        Self { limit, weighable, events: Vec::new(), done_to: None, is_full: false }
    }

    /// How many events of each of some partitions to read next; `None` once the page is to end here.
    pub(super) fn room(&self, partitions: usize, is_selective: bool) -> Option<u16> {
        if self.is_full || self.weighable == 0 {
            return None;
        }
        let wanted = self.limit - self.events.len();
        let wanted = if is_selective { wanted.max(SELECTIVE_ROOM) } else { wanted };
        let room = wanted.min(self.weighable / partitions.max(1)).max(1);
        u16::try_from(room).ok()
    }

    /// The bound below which the next read begins; `None` at first.
    pub(super) fn bound(&self) -> Option<SortKey> {
        self.done_to.as_ref().map(Position::bound)
    }

    /// Takes what was read of each partition from one bound on. Whether the partitions have no more, and the page has
    /// room: an event counts only where every partition was read as far down as it lies.
    pub(super) fn weigh(&mut self, pages: Vec<AuditPage>, is_wanted: impl Fn(&AuditEvent) -> bool) -> bool {
        let horizon = pages.iter().filter_map(|page| page.read_to.clone()).max();
        let mut read: Vec<(SortKey, AuditEvent)> = pages.into_iter().flat_map(|page| page.events).collect();
        self.weighable = self.weighable.saturating_sub(read.len());
        if let Some(horizon) = &horizon {
            read.retain(|(at, _)| at >= horizon);
        }
        read.sort_by(|(at, _), (other, _)| other.cmp(at));
        for (at, event) in read {
            self.done_to = Some(Position(at));
            if is_wanted(&event) {
                self.events.push(event);
                if self.events.len() == self.limit {
                    self.is_full = true;
                    return false;
                }
            }
        }
        match horizon {
            Some(horizon) => {
                self.done_to = Some(Position(horizon));
                false
            }
            None => true,
        }
    }

    /// The page where no more days are looked through: the next one begins before a day's first moment.
    pub(super) fn page_until(self, at: Timestamp) -> (Vec<AuditEvent>, Option<Position>) {
        (self.events, Some(Position::begin_of(at)))
    }

    /// The page, and where the next one begins. `is_cut`: it ended with something left to read.
    pub(super) fn page(self, is_cut: bool) -> (Vec<AuditEvent>, Option<Position>) {
        (self.events, self.done_to.filter(|_| is_cut))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use policy::audit::{AuditAction, AuditOutcome};
    use proptest::prelude::*;

    use super::*;

    fn event(operation: &str, at: Timestamp) -> AuditEvent {
        AuditEvent {
            at,
            day: "2026-11-13".to_owned(),
            operation: operation.to_owned(),
            staff: "sato".to_owned(),
            role: None,
            action: AuditAction::Play,
            outcome: AuditOutcome::Permitted,
            facts: BTreeMap::new(),
            asked: BTreeMap::new(),
            origin: None,
            ends_at: Timestamp::MAX,
        }
    }

    #[derive(Clone, Debug)]
    struct Stored {
        key: SortKey,
        event: AuditEvent,
        partition: usize,
        is_wanted: bool,
    }

    fn stored() -> impl Strategy<Value = Vec<Stored>> {
        let one = (0_i64..6, 0_usize..3, any::<bool>());
        prop::collection::vec(one, 0..40).prop_map(|all| {
            let of = |(number, (millisecond, partition, is_wanted)): (usize, (i64, usize, bool))| {
                let at = Timestamp::from_millisecond(1_794_500_000_000 + millisecond).unwrap();
                let operation = format!("Rq{number}=.{}", if is_wanted { "play" } else { "view" });
                Stored { key: SortKey::new(at, &operation), event: event(&operation, at), partition, is_wanted }
            };
            all.into_iter().enumerate().map(of).collect()
        })
    }

    /// What `DynamoDB` would answer; an end is announced even where nothing follows, as it may.
    fn read(all: &[Stored], partition: usize, bound: &SortKey, limit: usize) -> AuditPage {
        let mut found: Vec<(SortKey, AuditEvent)> = all
            .iter()
            .filter(|stored| stored.partition == partition && stored.key <= *bound)
            .map(|stored| (stored.key.clone(), stored.event.clone()))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0));
        let has_more = found.len() >= limit;
        found.truncate(limit);
        let read_to = found.last().filter(|_| has_more).map(|(key, _)| key.clone());
        AuditPage { events: found, read_to }
    }

    proptest! {
        #[test]
        fn the_pages_together_are_everything_wanted_once_newest_first(
            all in stored(), limit in 1_usize..6, weighable in 1_usize..20, share in 1_usize..6, is_selective in any::<bool>(),
        ) {
            let mut expected: Vec<&Stored> = all.iter().filter(|stored| stored.is_wanted).collect();
            expected.sort_by(|a, b| b.key.cmp(&a.key));
            let mut listed = Vec::new();
            let mut start: Option<Position> = None;
            for pages in 0.. {
                prop_assert!(pages < 200, "the cursor does not move");
                let mut merging = Merging::new(limit, weighable);
                let (events, next) = loop {
                    let Some(room) = merging.room(3, is_selective) else { break merging.page(true) };
                    let bound = merging.bound().or_else(|| start.as_ref().map(Position::bound));
                    let bound = bound.unwrap_or_else(SortKey::last);
                    let room = usize::from(room).min(share);
                    let read = (0..3).map(|partition| read(&all, partition, &bound, room)).collect();
                    if merging.weigh(read, |event| event.operation.ends_with("play")) {
                        break merging.page(false);
                    }
                };
                prop_assert!(events.len() <= limit);
                listed.extend(events.into_iter().map(|event| event.operation));
                let Some(next) = next else { break };
                prop_assert!(start.as_ref().is_none_or(|start| next < *start));
                let again = Position::of_cursor(&next.to_cursor());
                prop_assert_eq!(again.as_ref(), Some(&next));
                start = again;
            }
            let expected: Vec<String> = expected.into_iter().map(|stored| stored.event.operation.clone()).collect();
            prop_assert_eq!(listed, expected);
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
        assert!(Position::of_cursor(&encode(r#"{"v":1,"at":"2026-11-03T05:05:02.000Z#a.play"}"#)).is_some());
        for json in [
            "",
            r#"{"v":2,"at":"2026-11-03T05:05:02.000Z#a.play"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z#"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02Z#aaaaa.play"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z#録番"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z#a.~"}"#,
            r#"{"v":1,"at":"2026-11-03T05:05:02.000Z#a.play","day":1}"#,
        ] {
            assert_eq!(Position::of_cursor(&encode(json)), None, "{json}");
        }
    }
}
