//! What was taken away of a recording: downloads, and parts that left the company. Custody says it, and outlives the
//! recording: a proof of deletion reads it there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::case::release::ReleaseBasis;
use crate::custody::{CustodyEvent, EventKind};

/// The events that say it.
pub const KINDS: &[EventKind] =
    &[EventKind::Downloaded, EventKind::ReleaseAsked, EventKind::ReleaseDelivered, EventKind::ReleaseOpened];

/// How something was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taking {
    /// A member downloaded it.
    Downloaded {
        /// The member's id.
        by: String,
    },
    /// A part of it was given to a recipient.
    Delivered(Option<ReleaseBasis>),
    /// The recipient opened the link of a part.
    Opened(Option<ReleaseBasis>),
}

/// What was taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenAway {
    /// How often it was downloaded.
    pub downloads: usize,
    /// How many releases reached their recipient.
    pub releases: usize,
    /// Each, newest first.
    pub takings: Vec<(Timestamp, Taking)>,
}

impl TakenAway {
    /// By the events of custody, in any order.
    pub fn of(events: &[CustodyEvent]) -> Self {
        let requested: BTreeMap<&str, ReleaseBasis> = events.iter().filter_map(basis_of).collect();
        let (mut taken, mut releases) = (Self::default(), BTreeSet::new());
        for CustodyEvent { event, .. } in events {
            let release = event.facts.get("release").or_else(|| event.facts.get("release_id")).map(String::as_str);
            let basis = release.and_then(|release| requested.get(release)).copied();
            let taking = match event.kind {
                EventKind::Downloaded => Taking::Downloaded { by: event.actor.clone() },
                EventKind::ReleaseDelivered => Taking::Delivered(basis),
                EventKind::ReleaseOpened => Taking::Opened(basis),
                _ => continue,
            };
            match &taking {
                Taking::Downloaded { .. } => taken.downloads += 1,
                Taking::Delivered(_) | Taking::Opened(_) => {
                    releases.insert(release.unwrap_or_default());
                }
            }
            taken.takings.push((event.at, taking));
        }
        taken.releases = releases.len();
        taken.takings.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        taken
    }
}

/// Under what a release was requested: what opens a link does not say it.
fn basis_of(chained: &CustodyEvent) -> Option<(&str, ReleaseBasis)> {
    let facts = &chained.event.facts;
    Some((facts.get("release")?, ReleaseBasis::from_word(facts.get("basis")?)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::custody::{Head, NewEvent};
    use crate::id::RecordingId;

    /// A kind of event, who did it, and its facts.
    type Deed<'d> = (EventKind, &'d str, &'d [(&'d str, &'d str)]);

    fn chain(events: &[Deed<'_>]) -> Vec<CustodyEvent> {
        let id = RecordingId::of("bucket", "key", "version");
        let (mut head, mut chain) = (Head::none(), Vec::new());
        for (second, (kind, actor, facts)) in events.iter().enumerate() {
            let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let event = NewEvent {
                at: Timestamp::from_second(i64::try_from(second).unwrap()).unwrap(),
                kind: *kind,
                actor: (*actor).to_owned(),
                operation: second.to_string(),
                facts,
                texts: BTreeMap::new(),
            };
            let chained = head.append(&id, event).unwrap();
            head = chained.head();
            chain.push(chained);
        }
        chain
    }

    #[test]
    fn only_what_reached_somebody_is_counted_a_release_once_and_the_newest_is_first() {
        let basis: &[(&str, &str)] = &[("release", "a"), ("basis", "court_order")];
        let other: &[(&str, &str)] = &[("release", "b"), ("basis", "consent")];
        let events = chain(&[
            (EventKind::Played, "kato", &[]),
            (EventKind::Downloaded, "yamada", &[]),
            (EventKind::ReleaseAsked, "kato", basis),
            (EventKind::ReleaseAsked, "kato", other),
            (EventKind::ReleaseApproved, "yamada", basis),
            (EventKind::ReleaseOpened, "deliver", &[("release_id", "a")]),
            (EventKind::ReleaseDelivered, "kato", basis),
            (EventKind::ReleaseOpened, "deliver", &[("release_id", "lost")]),
            (EventKind::Deleted, "sweep", &[]),
        ]);
        let taken = TakenAway::of(&events);
        assert_eq!((taken.downloads, taken.releases), (1, 2), "the one that nobody opened is not among them");
        let order = Some(ReleaseBasis::CourtOrder);
        let takings: Vec<Taking> = taken.takings.iter().map(|(_, taking)| taking.clone()).collect();
        let downloaded = Taking::Downloaded { by: "yamada".to_owned() };
        let expected = [Taking::Opened(None), Taking::Delivered(order), Taking::Opened(order), downloaded];
        assert_eq!(takings, expected);
        // The store gives the newest first.
        let reversed: Vec<CustodyEvent> = events.into_iter().rev().collect();
        assert_eq!(TakenAway::of(&reversed), taken);
        assert_eq!(TakenAway::of(&[]), TakenAway::default());
    }
}
