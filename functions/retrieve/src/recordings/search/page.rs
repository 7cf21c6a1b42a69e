//! The weighing of what was read: what of it makes the page, and where the next one begins.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::recording::Listed;
use rokuban_http::paging::READ_LIMIT;
use store::{ListOrder, SortKey};

use super::position::Position;

/// What one call read of one partition, in the search's order.
#[derive(Debug)]
pub(crate) struct Read {
    /// Sort keys and what they carry.
    pub(crate) items: Vec<(SortKey, Listed)>,
    /// Whether the partition goes on behind the last item.
    pub(crate) has_more: bool,
}

/// A page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// In the search's order.
    pub(crate) items: Vec<Listed>,
    /// Where the next page begins; `None` where there is nothing more.
    pub(crate) next: Option<Position>,
}

/// A page in the making.
#[derive(Debug)]
pub(crate) struct Weighing {
    sort: ListOrder,
    limit: usize,
    weighed: usize,
    items: Vec<Listed>,
    start: Position,
    /// Down to where every group was weighed.
    done_to: Option<Timestamp>,
    /// Where the page ended before its groups did.
    end: Option<Position>,
}

impl Weighing {
    /// A page of at most `limit` items from a position on.
    pub(crate) fn new(sort: ListOrder, limit: usize, start: Position) -> Self {
        Self { sort, limit, weighed: 0, items: Vec::new(), start, done_to: None, end: None }
    }

    /// How many items may be read of each of some partitions; `None` where no more may be weighed.
    /// Where all that is read fits, no more is read than the page takes.
    pub(crate) fn room(&mut self, partitions: usize, is_selective: bool) -> Option<u16> {
        let share = (READ_LIMIT - self.weighed.min(READ_LIMIT)) / partitions.max(1);
        // The first group is always read, else a page could be empty for ever.
        let share = if self.weighed == 0 { share.max(1) } else { share };
        if share == 0 {
            self.end = self.done_to.map(Position::before);
            return None;
        }
        let wanted = if is_selective { share } else { share.min(self.limit - self.items.len()) };
        u16::try_from(wanted).ok()
    }

    /// Whether nothing more is to be read.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some() || self.items.len() >= self.limit
    }

    /// Weighs what was read of all partitions of one group. At its edge the next group begins.
    pub(crate) fn weigh(
        &mut self,
        reads: Vec<Read>,
        edge: Timestamp,
        may_view: impl Fn(&Listed) -> bool,
        fits: impl Fn(&Listed) -> bool,
    ) {
        // Behind the last item of a partition that goes on, something that comes first may lie unread.
        let ends = reads.iter().filter(|read| read.has_more);
        let ends = ends.filter_map(|read| read.items.last().map(|(key, _)| key.clone()));
        let horizon = match self.sort {
            ListOrder::NewestFirst => ends.max(),
            ListOrder::OldestFirst => ends.min(),
        };
        let mut merged = BTreeMap::new();
        for read in reads {
            self.weighed += read.items.len();
            merged.extend(read.items);
        }
        let mut merged: Vec<_> = merged.into_iter().collect();
        if self.sort == ListOrder::NewestFirst {
            merged.reverse();
        }
        for (key, view) in merged {
            let is_visible = may_view(&view);
            let is_horizon = horizon.as_ref() == Some(&key);
            if is_visible && fits(&view) {
                if self.items.len() == self.limit {
                    self.end = self.items.last().map(Position::at);
                    return;
                }
                self.items.push(view.clone());
            }
            if is_horizon {
                self.end_at(&view, is_visible);
                return;
            }
        }
        self.done_to = Some(edge);
    }

    /// Ends the page at the last item that could be weighed. STRICT: the cursor names no recording that
    /// the one it is given to may not view, only a time; what the page has of that very millisecond is
    /// then left to the next one.
    fn end_at(&mut self, last: &Listed, is_visible: bool) {
        let beyond = Position::beyond(last, self.sort);
        if is_visible || beyond.is_before_or_at(&self.start, self.sort) {
            // (A whole page of one millisecond can't be passed by time. Then its id, a digest, has to do.)
            self.end = Some(Position::at(last));
            return;
        }
        let first_left = beyond.bound(self.sort);
        let sort = self.sort;
        self.items.retain(|view| {
            let key = SortKey::new(view.started_at, view.id.as_str());
            match sort {
                ListOrder::NewestFirst => key >= first_left,
                ListOrder::OldestFirst => key < first_left,
            }
        });
        self.end = Some(beyond);
    }

    /// The page, where the last of its groups has that edge.
    pub(crate) fn page(self, last_edge: Option<Timestamp>) -> Page {
        let is_full = self.items.len() >= self.limit;
        let is_done = last_edge.is_none() || self.done_to == last_edge;
        let next = match self.end {
            Some(end) => Some(end),
            None if is_full && !is_done => self.items.last().map(Position::at),
            None => None,
        };
        Page { items: self.items, next }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cmp::Reverse;

    use jiff::SignedDuration;
    use policy::facts::Direction;
    use policy::id::{CallId, RecordingId};
    use policy::number::{Absent, Counterpart};
    use policy::recording::{CallReference, State};
    use policy::retention::{ClassRevision, Periods};
    use proptest::prelude::*;

    use super::*;

    const BASE: i64 = 1_793_600_000_000;
    const GROUP_MILLISECONDS: i64 = 8;

    #[derive(Clone, Debug)]
    struct Item {
        view: Listed,
        partition: usize,
        is_visible: bool,
        fits: bool,
    }

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(BASE + millisecond).unwrap()
    }

    fn item(number: usize, millisecond: i64, partition: usize, is_visible: bool, fits: bool) -> Item {
        let id = RecordingId::of("bucket", "key", &number.to_string());
        let view = Listed {
            state: State::Active,
            call: CallReference { id: CallId::alone(&id), incarnation: 0 },
            call_id: String::new(),
            source: String::new(),
            // What lies below the millisecond is not in the range key.
            started_at: at(millisecond) + SignedDuration::from_micros(i64::try_from(number % 3).unwrap()),
            duration_milliseconds: 0,
            direction: Direction::Unknown,
            counterpart: Counterpart::Absent(Absent::Unknown),
            our_number: None,
            line: None,
            extension: None,
            queue: None,
            staff: None,
            team: None,
            notice: policy::facts::NoticeKind::Unknown,
            purpose: String::new(),
            class: ClassRevision::quarantine(),
            periods: Periods::default(),
            understood_at: None,
            holds: policy::hold::Holds::default(),
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
            notes: 0,
            sound: None,
            id,
        };
        Item { view, partition, is_visible, fits }
    }

    fn key(view: &Listed) -> SortKey {
        SortKey::new(view.started_at, view.id.as_str())
    }

    /// What `DynamoDB` would answer, with an end that is announced even where nothing follows, as it may.
    fn read(items: &[Item], partition: usize, group: i64, start: &Position, sort: ListOrder, limit: usize) -> Read {
        let bound = &start.bound(sort);
        let first = SortKey::from_time(at(group * GROUP_MILLISECONDS));
        let after = SortKey::from_time(at((group + 1) * GROUP_MILLISECONDS));
        let mut found: Vec<(SortKey, Listed)> = items
            .iter()
            .filter(|item| item.partition == partition)
            .map(|item| (key(&item.view), item.view.clone()))
            .filter(|(key, _)| *key >= first && *key < after)
            .filter(|(key, _)| match sort {
                ListOrder::NewestFirst => key <= bound,
                ListOrder::OldestFirst => key >= bound,
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        if sort == ListOrder::NewestFirst {
            found.reverse();
        }
        let has_more = found.len() >= limit;
        found.truncate(limit);
        Read { items: found, has_more }
    }

    const ORDERS: [ListOrder; 2] = [ListOrder::NewestFirst, ListOrder::OldestFirst];

    /// Where a group ends in an order.
    fn edge(group: i64, sort: ListOrder) -> Timestamp {
        at((group + i64::from(sort == ListOrder::OldestFirst)) * GROUP_MILLISECONDS)
    }

    /// One page over all groups in order, each read weighing at most `share` of each partition.
    fn page(items: &[Item], start: &Position, sort: ListOrder, limit: usize, share: usize, is_selective: bool) -> Page {
        let mut weighing = Weighing::new(sort, limit, start.clone());
        let flag = |view: &Listed, of: fn(&Item) -> bool| items.iter().any(|item| item.view.id == view.id && of(item));
        let groups = if sort == ListOrder::NewestFirst { [2, 1, 0] } else { [0, 1, 2] };
        for group in groups {
            let room = usize::from(weighing.room(2, is_selective).unwrap());
            let reads = (0..2).map(|partition| read(items, partition, group, start, sort, room.min(share))).collect();
            weighing.weigh(
                reads,
                edge(group, sort),
                |view| flag(view, |item| item.is_visible),
                |view| flag(view, |item| item.fits),
            );
            if weighing.is_over() {
                break;
            }
        }
        weighing.page(Some(edge(groups[2], sort)))
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        let one = (0..3 * GROUP_MILLISECONDS, 0_usize..2, any::<bool>(), prop::bool::weighted(0.7));
        prop::collection::vec(one, 0..40).prop_map(|all| {
            all.into_iter()
                .enumerate()
                .map(|(number, (millisecond, partition, is_visible, fits))| {
                    item(number, millisecond, partition, is_visible, fits)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_pages_together_are_everything_once_in_either_order(
            items in items(), limit in 1_usize..6, share in 1_usize..6, is_selective in any::<bool>(),
            sort in prop::sample::select(&ORDERS[..]),
        ) {
            let mut expected: Vec<Listed> =
                items.iter().filter(|item| item.is_visible && item.fits).map(|item| item.view.clone()).collect();
            match sort {
                ListOrder::NewestFirst => expected.sort_by_key(|view| Reverse(key(view))),
                ListOrder::OldestFirst => expected.sort_by_key(key),
            }
            let mut start = Position::first(at(0), at(3 * GROUP_MILLISECONDS), sort);
            let mut listed = Vec::new();
            for pages in 0.. {
                prop_assert!(pages < 200, "the cursor does not move");
                let page = page(&items, &start, sort, limit, share, is_selective);
                prop_assert!(page.items.len() <= limit);
                listed.extend(page.items);
                let Some(next) = page.next else { break };
                prop_assert!(start.is_before_or_at(&next, sort) && next != start);
                // STRICT: unless a millisecond is fuller than a page, no cursor names what may not be viewed.
                let cursor = format!("{next:?}");
                for item in items.iter().filter(|item| !item.is_visible) {
                    let in_its_millisecond =
                        items.iter().filter(|other| Position::beyond(&other.view, sort) == Position::beyond(&item.view, sort)).count();
                    let read_at_once = if is_selective { share } else { share.min(limit) };
                    prop_assert!(in_its_millisecond >= read_at_once || !cursor.contains(item.view.id.as_str()));
                }
                start = next;
            }
            prop_assert_eq!(listed, expected);
        }
    }

    #[test]
    fn no_more_than_a_thousand_are_read_for_one_page() {
        let mut weighing = Weighing::new(ListOrder::NewestFirst, 50, Position::before(at(0)));
        assert_eq!(weighing.room(4, true), Some(250));
        assert_eq!(weighing.room(4, false), Some(50));
        let many = |from: usize, has_more| Read {
            items: (from..from + 250)
                .map(|number| {
                    let item = item(number, 1, 0, false, true);
                    (key(&item.view), item.view)
                })
                .collect(),
            has_more,
        };
        weighing.weigh(vec![many(0, false), many(250, false), many(500, false)], at(0), |_| false, |_| true);
        assert_eq!(weighing.room(4, true), Some(62));
        weighing.weigh(vec![many(750, false)], at(-8), |_| false, |_| true);
        assert_eq!(weighing.room(1, true), None);
        let page = weighing.page(Some(at(-16)));
        assert_eq!(page, Page { items: Vec::new(), next: Some(Position::before(at(-8))) });
    }

    #[test]
    fn a_page_that_ends_with_the_last_of_everything_has_no_cursor() {
        for sort in ORDERS {
            // In the group that is read last.
            let group = if sort == ListOrder::NewestFirst { 0 } else { 2 };
            let last = |number| item(number, group * GROUP_MILLISECONDS + 1, 0, true, true);
            let items: Vec<Item> = (0..3).map(last).collect();
            let start = Position::first(at(0), at(3 * GROUP_MILLISECONDS), sort);
            let of = |limit| page(&items, &start, sort, limit, 10, true);
            assert_eq!(of(3).next, None);
            assert_eq!(of(2).items.len(), 2);
            assert!(of(2).next.is_some());
        }
    }
}
