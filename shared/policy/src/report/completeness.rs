//! Completeness: a day's calls beside a day's recordings, for sources whose call log is on. What is
//! missing, what is too much, what is too short; no open question is called a loss before its time.
//!
//! Calls on private mobiles pass no PBX and are in no log: nothing here sees them.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Counted;
use crate::id::{CallId, RecordingId};

/// 6 hours: a recorder that uploads at the end of a shift is not losing calls.
pub const AWAITED: SignedDuration = SignedDuration::from_hours(6);

/// 2 seconds: how far a recording's length may be from the log's. PBXs round both.
const LENGTH_TOLERANCE_MILLISECONDS: u64 = 2000;

/// 1 second: two recordings of one leg overlap by more; a transfer's follow each other.
const OVERLAP_TOLERANCE_MILLISECONDS: i64 = 1000;

/// One row of a log, as far as completeness asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedLeg {
    /// The call, by source and the PBX's own id.
    pub group: CallId,
    /// The PBX's own id, as a person looks it up.
    pub call_id: String,
    /// The source whose log it is in.
    pub source: String,
    /// The team by the rulebook of the day.
    pub team: Option<String>,
    /// When it ended, or began where the log does not say.
    pub ended_at: Timestamp,
    /// Whether anybody answered.
    pub is_answered: bool,
    /// How long was talked, in seconds, where the log says.
    pub talk_seconds: Option<u64>,
}

/// One recording, as far as completeness asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedLeg {
    /// The recording.
    pub id: RecordingId,
    /// The call, by source and the PBX's own id.
    pub group: CallId,
    /// The source.
    pub source: String,
    /// Its team.
    pub team: Option<String>,
    /// Its extension: two legs of a call have two.
    pub extension: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// Its length, in milliseconds, where its bytes tell.
    pub duration_milliseconds: Option<u64>,
}

/// What a day's calls and recordings of one source and team come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Calls that somebody answered.
    pub answered: u64,
    /// Of these, the ones with a recording.
    pub recorded: u64,
    /// Of these, the ones without a recording so far that ended less than [`AWAITED`] ago.
    pub awaited: u64,
    /// Of these, the ones without a recording: by the PBX's own id.
    pub lost: Counted,
    /// Recordings, hidden duplicates left out.
    pub recordings: u64,
    /// Recordings that no row of the log tells of.
    pub orphan: Counted,
    /// Recordings of a leg that has another.
    pub duplicate: Counted,
    /// Recordings without a second of sound.
    pub silent: Counted,
    /// Recordings whose call was talked for longer or shorter by more than two seconds.
    pub length_mismatch: Counted,
}

/// By source and team; `None` is no team known.
pub type Tallies = BTreeMap<(String, Option<String>), Tally>;

/// Who is in the day and who is only beside it: rows and recordings of the days around it settle whether
/// something is missing, and are counted on their own day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its rows.
    pub rows: Vec<LoggedLeg>,
    /// Its recordings.
    pub recordings: Vec<RecordedLeg>,
    /// Calls of its rows that have a recording, whichever day that began.
    pub with_recording: Vec<CallId>,
    /// Rows of its recordings' calls, whichever day they began.
    pub beside: Vec<LoggedLeg>,
}

/// Tallies a day as it looks at a moment.
pub fn tally(day: &Day, now: Timestamp) -> Tallies {
    let mut tallies = Tallies::new();
    count_calls(day, now, &mut tallies);
    count_recordings(day, &mut tallies);
    tallies
}

fn count_calls(day: &Day, now: Timestamp, tallies: &mut Tallies) {
    let with_recording: std::collections::HashSet<&CallId> =
        day.with_recording.iter().chain(day.recordings.iter().map(|recording| &recording.group)).collect();
    for (group, rows) in by_group(day.rows.iter(), |row| &row.group) {
        let answered: Vec<&&LoggedLeg> = rows.iter().filter(|row| row.is_answered).collect();
        // A call that rang several phones has a row each; the one who answered has it.
        let Some(first) = answered.iter().min_by_key(|row| (row.team.is_none(), row.ended_at, &row.call_id)) else {
            continue;
        };
        let tally = tallies.entry((first.source.clone(), first.team.clone())).or_default();
        tally.answered += 1;
        let ended_at = answered.iter().map(|row| row.ended_at).max().unwrap_or(first.ended_at);
        if with_recording.contains(group) {
            tally.recorded += 1;
        } else if now.duration_since(ended_at) < AWAITED {
            tally.awaited += 1;
        } else {
            tally.lost.add(&first.call_id);
        }
    }
}

fn count_recordings(day: &Day, tallies: &mut Tallies) {
    let rows: HashMap<&CallId, Vec<&LoggedLeg>> =
        by_group(day.rows.iter().chain(&day.beside), |row| &row.group).into_iter().collect();
    for (group, recordings) in by_group(day.recordings.iter(), |recording| &recording.group) {
        let rows = rows.get(group).map(Vec::as_slice).unwrap_or_default();
        for recording in &recordings {
            let tally = tallies.entry((recording.source.clone(), recording.team.clone())).or_default();
            let id = recording.id.as_str();
            tally.recordings += 1;
            if rows.is_empty() {
                tally.orphan.add(id);
            }
            if recording.duration_milliseconds.is_some_and(|length| length < 1000) {
                tally.silent.add(id);
            }
            if recordings.iter().any(|other| is_doubled(recording, other)) {
                tally.duplicate.add(id);
            }
            if is_off_length(recording, &recordings, rows) {
                tally.length_mismatch.add(id);
            }
        }
    }
}

/// In the order of the groups, so that a day always comes to the same.
fn by_group<'a, Leg: 'a>(
    legs: impl Iterator<Item = &'a Leg>,
    group: impl Fn(&'a Leg) -> &'a CallId,
) -> BTreeMap<&'a CallId, Vec<&'a Leg>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for leg in legs {
        groups.entry(group(leg)).or_default().push(leg);
    }
    groups
}

fn is_doubled(one: &RecordedLeg, other: &RecordedLeg) -> bool {
    let extensions_differ = matches!((&one.extension, &other.extension), (Some(one), Some(other)) if one != other);
    if one.id == other.id || extensions_differ {
        return false;
    }
    let end = |leg: &RecordedLeg| {
        leg.started_at.as_millisecond().saturating_add_unsigned(leg.duration_milliseconds.unwrap_or_default())
    };
    let overlap = end(one).min(end(other)) - one.started_at.as_millisecond().max(other.started_at.as_millisecond());
    overlap > OVERLAP_TOLERANCE_MILLISECONDS
}

/// Whether a recording's length is none that the log tells: not any answered row's alone, and, where a
/// call has several, not their sum either.
fn is_off_length(recording: &RecordedLeg, recordings: &[&RecordedLeg], rows: &[&LoggedLeg]) -> bool {
    let talked: Vec<u64> = rows
        .iter()
        .filter(|row| row.is_answered)
        .filter_map(|row| row.talk_seconds)
        .map(|seconds| seconds * 1000)
        .collect();
    let Some(length) = recording.duration_milliseconds.filter(|_| !talked.is_empty()) else {
        return false;
    };
    let is_near = |one: u64, other: u64| one.abs_diff(other) <= LENGTH_TOLERANCE_MILLISECONDS;
    let all_recorded: u64 = recordings.iter().filter_map(|recording| recording.duration_milliseconds).sum();
    let all_talked: u64 = talked.iter().sum();
    !talked.iter().any(|talked| is_near(*talked, length))
        && !is_near(all_talked, length)
        && !(recordings.len() > 1
            && (is_near(all_recorded, all_talked) || talked.iter().any(|one| is_near(*one, all_recorded))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-05T{text}+09:00").parse().unwrap()
    }

    fn group(call_id: &str) -> CallId {
        CallId::of("freepbx", None, call_id)
    }

    fn row(call_id: &str, is_answered: bool, talk_seconds: u64) -> LoggedLeg {
        LoggedLeg {
            group: group(call_id),
            call_id: call_id.to_owned(),
            source: "freepbx".to_owned(),
            team: Some("sales".to_owned()),
            ended_at: at("10:00:00"),
            is_answered,
            talk_seconds: Some(talk_seconds),
        }
    }

    fn recorded(call_id: &str, name: &str, start: &str, seconds: u64) -> RecordedLeg {
        RecordedLeg {
            id: RecordingId::of("bucket", name, "version"),
            group: group(call_id),
            source: "freepbx".to_owned(),
            team: Some("sales".to_owned()),
            extension: Some("201".to_owned()),
            started_at: at(start),
            duration_milliseconds: Some(seconds * 1000),
        }
    }

    fn day(rows: Vec<LoggedLeg>, recordings: Vec<RecordedLeg>) -> Day {
        Day { rows, recordings, with_recording: Vec::new(), beside: Vec::new() }
    }

    /// The one tally of a day, the next day.
    fn sales(day: &Day) -> Tally {
        let tallies = tally(day, at("23:59:59"));
        assert!(tallies.len() <= 1, "{tallies:?}");
        tallies.into_values().next().unwrap_or_default()
    }

    #[test]
    fn an_answered_call_without_a_recording_is_lost_and_one_that_nobody_answered_is_not() {
        let found = sales(&day(vec![row("1", true, 75), row("2", false, 0)], Vec::new()));
        assert_eq!(found.lost, Counted { count: 1, ids: vec!["1".to_owned()] });
        assert_eq!((found.answered, found.recorded, found.awaited), (1, 0, 0));
    }

    #[test]
    fn a_call_is_awaited_for_six_hours_before_it_is_lost() {
        let day = day(vec![row("1", true, 75)], Vec::new());
        let soon = tally(&day, at("15:59:59")).into_values().next().unwrap();
        assert_eq!((soon.awaited, soon.lost.count), (1, 0));
        let later = tally(&day, at("16:00:00")).into_values().next().unwrap();
        assert_eq!((later.awaited, later.lost.count), (0, 1));
    }

    #[test]
    fn a_recording_that_began_on_another_day_is_one_all_the_same() {
        let mut day = day(vec![row("1", true, 75)], Vec::new());
        day.with_recording.push(group("1"));
        assert_eq!((sales(&day).recorded, sales(&day).lost.count), (1, 0));
    }

    #[test]
    fn a_recording_that_no_row_tells_of_is_an_orphan_unless_its_row_lies_on_another_day() {
        let mut day = day(Vec::new(), vec![recorded("1", "a", "09:00:00", 75)]);
        assert_eq!(sales(&day).orphan.count, 1);
        day.beside.push(row("1", true, 75));
        assert_eq!(sales(&day).orphan.count, 0);
        assert_eq!(sales(&day).answered, 0, "the row is counted on its own day");
    }

    #[test]
    fn a_queue_that_rang_three_phones_is_one_answered_call() {
        let rows = vec![row("1", false, 0), row("1", true, 30), row("1", false, 0)];
        let found = sales(&day(rows, vec![recorded("1", "a", "09:00:00", 30)]));
        assert_eq!((found.answered, found.recorded, found.length_mismatch.count), (1, 1, 0));
    }

    #[test]
    fn two_recordings_at_once_are_doubled_and_a_transfers_are_not() {
        let rows = || vec![row("1", true, 60)];
        let one = recorded("1", "a", "09:00:00", 60);
        let twice = sales(&day(rows(), vec![one.clone(), recorded("1", "b", "09:00:01", 59)]));
        assert_eq!(twice.duplicate.count, 2);
        let mut handed_on = recorded("1", "b", "09:00:30", 30);
        handed_on.extension = Some("202".to_owned());
        assert_eq!(sales(&day(rows(), vec![one.clone(), handed_on])).duplicate.count, 0);
        let after = recorded("1", "b", "09:01:00", 30);
        assert_eq!(sales(&day(rows(), vec![one, after])).duplicate.count, 0);
    }

    #[test]
    fn silence_is_counted() {
        let mut silent = recorded("1", "a", "09:00:00", 0);
        silent.duration_milliseconds = Some(999);
        assert_eq!(sales(&day(vec![row("1", true, 0)], vec![silent.clone()])).silent.count, 1);
        silent.duration_milliseconds = None;
        assert_eq!(
            sales(&day(vec![row("1", true, 9)], vec![silent])),
            Tally { answered: 1, recorded: 1, recordings: 1, ..Tally::default() }
        );
    }

    #[test]
    fn a_length_is_off_beyond_two_seconds_of_every_length_the_log_tells() {
        for (recorded_seconds, talked, off) in [
            (vec![30], vec![30], 0),
            (vec![32], vec![30], 0),
            (vec![28], vec![30], 0),
            (vec![33], vec![30], 1),
            (vec![27], vec![30], 1),
            // A transfer: two recordings, one row or two.
            (vec![20, 10], vec![30], 0),
            (vec![20, 10], vec![20, 10], 0),
            (vec![30], vec![20, 10], 0),
            (vec![20, 5], vec![20, 10], 1),
        ] {
            let rows = talked.iter().map(|seconds| row("1", true, *seconds)).collect();
            let recordings = recorded_seconds
                .iter()
                .enumerate()
                .map(|(number, seconds)| recorded("1", &number.to_string(), "09:00:00", *seconds))
                .collect();
            assert_eq!(sales(&day(rows, recordings)).length_mismatch.count, off, "{recorded_seconds:?} {talked:?}");
        }
    }

    #[test]
    fn a_log_that_tells_no_length_makes_none_off() {
        let mut row = row("1", true, 0);
        row.talk_seconds = None;
        assert_eq!(sales(&day(vec![row], vec![recorded("1", "a", "09:00:00", 30)])).length_mismatch.count, 0);
    }

    #[test]
    fn what_belongs_to_no_team_is_told_apart_by_source() {
        let mut other = row("1", true, 10);
        (other.source, other.team) = ("3cx".to_owned(), None);
        let tallies = tally(&day(vec![row("2", true, 10), other], Vec::new()), at("23:00:00"));
        let keys: Vec<_> = tallies.keys().cloned().collect();
        assert_eq!(keys, [("3cx".to_owned(), None), ("freepbx".to_owned(), Some("sales".to_owned()))]);
    }

    proptest! {
        #[test]
        fn every_answered_call_is_recorded_awaited_or_lost_whatever_the_order(
            rows in proptest::collection::vec((0_u8..6, any::<bool>(), 0_u64..90), 0..20),
            recordings in proptest::collection::vec((0_u8..6, 0_u64..90), 0..20),
            reversed in any::<bool>(),
        ) {
            let mut rows: Vec<_> =
                rows.into_iter().map(|(id, answered, seconds)| row(&id.to_string(), answered, seconds)).collect();
            let mut recordings: Vec<_> = recordings
                .into_iter()
                .enumerate()
                .map(|(name, (id, seconds))| recorded(&id.to_string(), &name.to_string(), "09:00:00", seconds))
                .collect();
            let straight = tally(&day(rows.clone(), recordings.clone()), at("12:00:00"));
            if reversed {
                rows.reverse();
                recordings.reverse();
            }
            let mixed = tally(&day(rows.clone(), recordings.clone()), at("12:00:00"));
            for (key, tally) in &straight {
                prop_assert_eq!(tally.answered, tally.recorded + tally.awaited + tally.lost.count);
                prop_assert!(tally.orphan.count <= tally.recordings && tally.duplicate.count <= tally.recordings);
                let mixed = &mixed[key];
                prop_assert_eq!((mixed.answered, mixed.lost.count, mixed.length_mismatch.count), (tally.answered, tally.lost.count, tally.length_mismatch.count));
            }
            let calls: std::collections::BTreeSet<_> =
                rows.iter().filter(|row| row.is_answered).map(|row| row.group.clone()).collect();
            let answered: u64 = straight.values().map(|tally| tally.answered).sum();
            prop_assert_eq!(answered, calls.len() as u64);
        }
    }
}
