//! Notice: whether callers were told that they are recorded, by line, direction and day; and where not.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Counted;
use crate::facts::{Direction, NoticeKind};
use crate::recording::{Listed, State};

/// What callers on one line, in one direction, on one day were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Recordings.
    pub recordings: u64,
    /// Of these, by the notice.
    pub by_notice: BTreeMap<NoticeKind, u64>,
    /// The ones whose caller was not told in the call: none at all, or a form, a signature, a page alone.
    pub gap: Counted,
    /// The ones of which nobody knows, because the line or the direction isn't known.
    pub unknown: Counted,
    /// The ones whose caller objected 録音拒否.
    pub objected: Counted,
}

/// By our line's name (`None`: not known) and direction. Internal calls need no notice and are left out, as is
/// what is in quarantine, of which nobody knows yet what it is, and a second upload of what is there.
pub type Tallies = BTreeMap<(Option<String>, Direction), Tally>;

/// Adds one recording to a day's tallies, where it is one that counts.
pub fn add(tallies: &mut Tallies, recording: &Listed) {
    let is_left_out = recording.direction == Direction::Internal
        || recording.state != State::Active
        || recording.duplicate_of.is_some();
    if is_left_out {
        return;
    }
    let tally = tallies.entry((recording.line.clone(), recording.direction)).or_default();
    let id = recording.id.as_str();
    tally.recordings += 1;
    *tally.by_notice.entry(recording.notice).or_default() += 1;
    if recording.notice == NoticeKind::Unknown {
        tally.unknown.add(id);
    } else if !recording.notice.covers_a_call() {
        tally.gap.add(id);
    }
    if recording.has_objection {
        tally.objected.add(id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::id::{CallId, RecordingId};
    use crate::number::{Absent, Counterpart};
    use crate::recording::CallReference;
    use crate::retention::{ClassRevision, Periods};

    fn recording(number: u32, line: Option<&str>, direction: Direction, notice: NoticeKind) -> Listed {
        Listed {
            id: RecordingId::of("bucket", &number.to_string(), "version"),
            state: State::Active,
            call: CallReference { id: CallId::of("freepbx", None, "1"), incarnation: 0 },
            call_id: "1".to_owned(),
            source: "freepbx".to_owned(),
            started_at: "2026-11-03T05:05:02Z".parse().unwrap(),
            duration_milliseconds: 33_700,
            direction,
            counterpart: Counterpart::Absent(Absent::Withheld),
            our_number: None,
            line: line.map(str::to_owned),
            extension: None,
            queue: None,
            staff: None,
            team: None,
            notice,
            purpose: "evidence".to_owned(),
            class: ClassRevision::new("standard", 1).unwrap(),
            periods: Periods::default(),
            understood_at: None,
            holds: crate::hold::Holds::default(),
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
            notes: 0,
            sound: None,
        }
    }

    fn tallied(recordings: &[Listed]) -> Tallies {
        let mut tallies = Tallies::new();
        for recording in recordings {
            add(&mut tallies, recording);
        }
        tallies
    }

    #[test]
    fn only_what_is_heard_in_the_call_covers_it_and_what_is_not_known_is_no_gap() {
        for (notice, gap, unknown) in [
            (NoticeKind::Ivr, 0, 0),
            (NoticeKind::Operator, 0, 0),
            (NoticeKind::Form, 1, 0),
            (NoticeKind::Signature, 1, 0),
            (NoticeKind::Web, 1, 0),
            (NoticeKind::None, 1, 0),
            (NoticeKind::Unknown, 0, 1),
        ] {
            assert_eq!(notice.covers_a_call(), gap + unknown == 0, "{notice:?}");
            let tallies = tallied(&[recording(1, Some("代表"), Direction::Inbound, notice)]);
            let tally = &tallies[&(Some("代表".to_owned()), Direction::Inbound)];
            assert_eq!((tally.recordings, tally.gap.count, tally.unknown.count), (1, gap, unknown), "{notice:?}");
            assert_eq!(tally.by_notice, BTreeMap::from([(notice, 1)]));
        }
    }

    #[test]
    fn a_days_recordings_are_tallied_by_line_and_direction_with_the_ids_behind_each_count() {
        let objected =
            Listed { has_objection: true, ..recording(2, Some("代表"), Direction::Inbound, NoticeKind::Ivr) };
        let all = [
            recording(1, Some("代表"), Direction::Inbound, NoticeKind::Web),
            objected,
            recording(3, Some("代表"), Direction::Outbound, NoticeKind::None),
            recording(4, None, Direction::Inbound, NoticeKind::Unknown),
            recording(5, None, Direction::Unknown, NoticeKind::Unknown),
        ];
        let tallies = tallied(&all);
        let id = |number: usize| all[number - 1].id.as_str().to_owned();
        let counted = |ids: &[usize]| Counted { count: ids.len() as u64, ids: ids.iter().map(|n| id(*n)).collect() };
        let line = |name: &str| Some(name.to_owned());
        assert_eq!(tallies.len(), 4);
        let inbound = &tallies[&(line("代表"), Direction::Inbound)];
        assert_eq!((inbound.recordings, &inbound.gap, &inbound.objected), (2, &counted(&[1]), &counted(&[2])));
        assert_eq!(inbound.unknown, Counted::default());
        assert_eq!(tallies[&(line("代表"), Direction::Outbound)].gap, counted(&[3]));
        assert_eq!(tallies[&(None, Direction::Inbound)].unknown, counted(&[4]));
        assert_eq!(tallies[&(None, Direction::Unknown)].unknown, counted(&[5]));
    }

    #[test]
    fn internal_calls_quarantine_and_second_uploads_are_left_out() {
        let counts = recording(1, None, Direction::Outbound, NoticeKind::None);
        assert_eq!(tallied(std::slice::from_ref(&counts)).len(), 1);
        for left_out in [
            Listed { direction: Direction::Internal, ..counts.clone() },
            Listed { state: State::Quarantined, ..counts.clone() },
            Listed { duplicate_of: Some(counts.id.clone()), ..counts },
        ] {
            assert_eq!(tallied(&[left_out]), Tallies::new());
        }
    }
}
