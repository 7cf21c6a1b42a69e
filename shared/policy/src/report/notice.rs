//! Notice: whether callers were told that they are recorded, by line, direction and day; and where not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Counted;
use crate::facts::Direction;
use crate::recording::Listed;

/// What callers on one line, in one direction, on one day were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Recordings.
    pub recordings: u64,
    /// Of these, by what was told: `ivr`, `operator`, `form`, `signature`, `web`, `none`, `unknown`.
    pub by_notice: BTreeMap<String, u64>,
    /// The ones whose caller was not told in the call: none at all, or a form, a signature, a page alone.
    pub gap: Counted,
    /// The ones of which nobody knows, because the line or the direction isn't known.
    pub unknown: Counted,
    /// The ones whose caller objected 録音拒否.
    pub objected: Counted,
}

/// By our line's name (`None`: not known) and direction. Internal calls need no notice and are left out.
pub type Tallies = BTreeMap<(Option<String>, Direction), Tally>;

/// Whether a notice covers a call by itself: what the caller heard in the call does; what may have been
/// read or signed some other day helps, and covers nothing alone.
pub fn covers(notice: &str) -> bool {
    matches!(notice, "ivr" | "operator")
}

/// Tallies a day's recordings.
pub fn tally<'a>(recordings: impl Iterator<Item = &'a Listed>) -> Tallies {
    let mut tallies = Tallies::new();
    for recording in recordings.filter(|recording| recording.direction != Direction::Internal) {
        add(&mut tallies, recording);
    }
    tallies
}

/// Adds one recording.
pub fn add(tallies: &mut Tallies, recording: &Listed) {
    let tally = tallies.entry((recording.line.clone(), recording.direction)).or_default();
    let id = recording.id.as_str();
    tally.recordings += 1;
    *tally.by_notice.entry(recording.notice.clone()).or_default() += 1;
    if recording.notice == "unknown" {
        tally.unknown.add(id);
    } else if !covers(&recording.notice) {
        tally.gap.add(id);
    }
    if recording.has_objection {
        tally.objected.add(id);
    }
}
