//! One row of a call log: what it says, raw.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::fact::{Fact, Fault, Reason};
use super::text::{self, LengthUnit, Moment};
use crate::facts::Direction;
use crate::id::RowId;
use crate::number::{self, Counterpart};

/// 128 bytes of a fact, as a sidecar's: what listing projects of a recording stays under 1 KB.
const FACT_LIMIT_BYTES: usize = 128;

/// 8 recordings of one row: a recorder writes one a leg, with one for each side and the menu before it four.
const RECORDING_LIMIT: usize = 8;

/// 60 seconds: what two clocks, a row good to the minute, and a recorder that begins late can differ by.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// What fixes a number without its first zero ([`Row::lost_zero`]).
pub const LOST_ZERO_MEND: &str = "A spreadsheet dropped the number's first 0. Upload the export as it was made; if it must be edited, \
import it with the column as text (データ → テキストまたはCSVから).";

/// One row of a source's call log: one call, or one leg of one.
///
/// Texts are as the recorder wrote them, at most 128 bytes each; whose number is whose is decided later. Its `Debug`
/// shows no number, id or name.
//
// The order of the fields is the order rows are compared in: the latest change, then the latest end, first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// When the recorder last changed it; only Amazon Connect and CSV say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When the call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Whether it was answered: by somebody, or with a PBX that can't tell by its menu or voicemail.
    pub is_answered: bool,
    /// How long was spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<u32>,
    /// How long it took, ringing included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// The source whose call it is.
    pub source: String,
    /// The recorder's id of the call: the one its recordings carry.
    pub call_id: String,
    /// What tells rows of one call apart; empty where a call has one row.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub leg: String,
    /// The call that this one belongs to, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_id: Option<String>,
    /// When the call was dialled or arrived; its recording may begin later.
    pub started_at: Timestamp,
    /// How exactly the start is said: 60, 1, or 0 where fractions of a second are given.
    pub precision_seconds: i64,
    /// The calling side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The called side; none where that is a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// The outside party, where the recorder says which side that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
    /// Our own number, where the recorder says which side that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_number: Option<String>,
    /// The direction, where the recorder says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The queue or ring group, by number or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The extension of the member who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The member who spoke: login or id, as the recorder names people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// File names of the recordings the row says there are, at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<String>,
    /// How many facts were left out: too long, with control characters, words nobody knows, an end before its start.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
    /// The offset of the log's zone that its times were read by; none where they say one of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_offset_seconds: Option<i32>,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Row {
    /// What the row is stored under: the same row read again has the same, two rows of one call have two.
    pub fn row_key(&self) -> RowId {
        RowId::of(&self.source, &self.call_id, &self.leg)
    }

    /// Whether, of two readings with one key, this one stands: the one the recorder changed last, else the one that
    /// ends last, else one of them by a fixed order. Whatever order readings arrive in, the same one stands.
    pub fn supersedes(&self, other: &Row) -> bool {
        self.row_key() == other.row_key() && self > other
    }

    /// Whether a recording that begins at a moment can be of this call: from 60 seconds before the start to 60 seconds
    /// after the end. Where the row says no end, its lengths of time give it.
    pub fn covers(&self, at: Timestamp) -> bool {
        let lasting = |from: Option<Timestamp>, seconds: Option<u32>| {
            Some(from?.saturating_add(SignedDuration::from_secs(i64::from(seconds?))).unwrap_or(Timestamp::MAX))
        };
        let end = self
            .ended_at
            .or_else(|| lasting(Some(self.started_at), self.duration_seconds))
            .or_else(|| lasting(self.answered_at.or(Some(self.started_at)), self.talk_seconds))
            .unwrap_or(self.started_at);
        at.duration_since(self.started_at) >= -SLACK && at.duration_since(end) <= SLACK
    }

    /// The row as it is where its local times are of another offset than that of the log's zone; none where its
    /// times say their offset.
    #[must_use]
    pub fn under_offset(&self, offset_seconds: i32) -> Option<Self> {
        let earlier = SignedDuration::from_secs(i64::from(offset_seconds - self.local_offset_seconds?));
        let moved = |at: Timestamp| at.checked_sub(earlier).ok();
        Some(Self {
            started_at: moved(self.started_at)?,
            answered_at: self.answered_at.and_then(moved),
            ended_at: self.ended_at.and_then(moved),
            local_offset_seconds: Some(offset_seconds),
            ..self.clone()
        })
    }

    /// The facts whose number a spreadsheet took for a quantity and dropped its first zero, in a country's way of
    /// writing. The zero is not put back: the number could be another's, abroad. [`LOST_ZERO_MEND`] says what to do.
    pub fn lost_zero(&self, country: &str) -> Vec<Fact> {
        let parties = [
            (Fact::Caller, &self.caller),
            (Fact::Called, &self.called),
            (Fact::Counterpart, &self.counterpart),
            (Fact::OurNumber, &self.our_number),
        ];
        let is_number = |text: &str| match number::read(text, country) {
            Counterpart::Number(number) => number.expose().starts_with('+'),
            Counterpart::Absent(_) => false,
        };
        let lost = |text: &str| {
            matches!(text.len(), 9 | 10)
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && !is_number(text)
                && is_number(&format!("0{text}"))
        };
        parties.into_iter().filter(|(_, text)| text.as_deref().is_some_and(lost)).map(|(fact, _)| fact).collect()
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Row")
            .field("row_key", &self.row_key())
            .field("started_at", &self.started_at)
            .field("is_answered", &self.is_answered)
            .field("talk_seconds", &self.talk_seconds)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

/// A row in the making: keeps what fits, counts what does not.
pub(super) struct Draft {
    row: Row,
}

impl Draft {
    /// Begins with what every row must have.
    pub(super) fn new(source: &str, call_id: &str, start: Moment) -> Result<Self, Fault> {
        let call_id = text::trim(call_id);
        if call_id.is_empty() {
            return Err(Reason::NoCallId.into());
        }
        if !fits(call_id) {
            return Err(Fault::of(Reason::CallId, Fact::CallId));
        }
        if is_rounded(call_id) {
            return Err(Fault::of(Reason::RoundedCallId, Fact::CallId));
        }
        let row = Row {
            updated_at: None,
            ended_at: None,
            answered_at: None,
            is_answered: false,
            talk_seconds: None,
            duration_seconds: None,
            source: source.to_owned(),
            call_id: call_id.to_owned(),
            leg: String::new(),
            linked_id: None,
            started_at: start.at,
            precision_seconds: start.precision_seconds,
            caller: None,
            called: None,
            counterpart: None,
            our_number: None,
            direction: None,
            queue: None,
            extension: None,
            agent: None,
            recordings: Vec::new(),
            left_out: 0,
            local_offset_seconds: start.local_offset_seconds,
        };
        Ok(Self { row })
    }

    /// The row so far.
    pub(super) fn row(&mut self) -> &mut Row {
        &mut self.row
    }

    /// Takes a fact's text; an empty one says nothing, and a call is not linked to itself.
    pub(super) fn take(&mut self, fact: Fact, written: &str) {
        let written = text::trim(written);
        if written.is_empty() || (fact == Fact::LinkedId && written == self.row.call_id) {
            return;
        }
        if fact == Fact::Direction {
            self.row.direction = text::direction(written);
            self.row.left_out += u32::from(self.row.direction.is_none());
            return;
        }
        let may_be_number = matches!(fact, Fact::Caller | Fact::Called | Fact::Counterpart | Fact::OurNumber);
        if !fits(written) || (may_be_number && is_rounded(written)) {
            self.row.left_out += 1;
            return;
        }
        let slot = match fact {
            Fact::LinkedId => &mut self.row.linked_id,
            Fact::Caller => &mut self.row.caller,
            Fact::Called => &mut self.row.called,
            Fact::Counterpart => &mut self.row.counterpart,
            Fact::OurNumber => &mut self.row.our_number,
            Fact::Queue => &mut self.row.queue,
            Fact::Extension => &mut self.row.extension,
            Fact::Agent => &mut self.row.agent,
            _ => return,
        };
        *slot = Some(written.to_owned());
    }

    /// Takes a recording's file name out of its path or URL.
    pub(super) fn take_recording(&mut self, path: &str) {
        let name = text::trim(path.rsplit(['/', '\\']).next().unwrap_or(path));
        if name.is_empty() || self.row.recordings.iter().any(|known| known == name) {
            return;
        }
        if fits(name) && self.row.recordings.len() < RECORDING_LIMIT {
            self.row.recordings.push(name.to_owned());
        } else {
            self.row.left_out += 1;
        }
    }

    /// The row: without an answer or an end that lies before its start, and with the time spoken where it follows.
    pub(super) fn finish(mut self) -> Row {
        let started_at = self.row.started_at;
        for moment in [&mut self.row.answered_at, &mut self.row.ended_at] {
            if moment.is_some_and(|at| at < started_at) {
                *moment = None;
                self.row.left_out += 1;
            }
        }
        let is_exact = self.row.precision_seconds <= 1;
        if let (true, true, None, Some(answered_at), Some(ended_at)) =
            (self.row.is_answered, is_exact, self.row.talk_seconds, self.row.answered_at, self.row.ended_at)
        {
            self.row.talk_seconds = u32::try_from(ended_at.duration_since(answered_at).as_secs()).ok();
        }
        self.row
    }
}

/// Reads a time a row need not have: an empty cell says nothing, an unreadable one is a fault.
pub(super) fn optional_moment(written: &str, zone: &TimeZone, fact: Fact) -> Result<Option<Timestamp>, Fault> {
    if text::says_nothing(written) || text::is_no_moment(written) {
        return Ok(None);
    }
    text::moment(written, zone).map(|moment| Some(moment.at)).ok_or(Fault::of(Reason::Time, fact))
}

/// Reads a length of time a row need not have, in seconds where it is a plain number.
pub(super) fn optional_seconds(written: &str, fact: Fact) -> Result<Option<u32>, Fault> {
    optional_length(written, LengthUnit::Seconds, fact)
}

/// As [`optional_seconds`], a plain number in a unit.
pub(super) fn optional_length(written: &str, unit: LengthUnit, fact: Fact) -> Result<Option<u32>, Fault> {
    if text::says_nothing(written) {
        return Ok(None);
    }
    text::seconds(written, unit).map(Some).ok_or(Fault::of(Reason::Length, fact))
}

/// A NUL would make two ids one, a cut would too: what does not fit is not a fact.
fn fits(text: &str) -> bool {
    text.len() <= FACT_LIMIT_BYTES && !text.contains(char::is_control)
}

/// `1.79368E+09`: what a spreadsheet makes of a long number; many numbers become one.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.strip_prefix('+').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn draft() -> Draft {
        let at = "2026-04-01T09:00:00+09:00".parse().unwrap();
        Draft::new("freepbx", "1793682300.101", Moment { at, precision_seconds: 1, local_offset_seconds: None })
            .ok()
            .unwrap()
    }

    #[test]
    fn a_row_covers_its_call_and_a_minute_on_either_side() {
        let mut row = draft().finish();
        row.ended_at = Some("2026-04-01T09:10:00+09:00".parse().unwrap());
        for (at, is_covered) in [
            ("2026-04-01T08:58:59+09:00", false),
            ("2026-04-01T08:59:00+09:00", true),
            ("2026-04-01T09:05:00+09:00", true),
            ("2026-04-01T09:11:00+09:00", true),
            ("2026-04-01T09:11:00.001+09:00", false),
            ("2026-04-01T09:11:01+09:00", false),
        ] {
            assert_eq!(row.covers(at.parse().unwrap()), is_covered, "{at}");
        }
    }

    #[test]
    fn a_row_without_an_end_lasts_as_long_as_it_says() {
        let mut row = draft().finish();
        let later = |seconds: i64| row.started_at + SignedDuration::from_secs(seconds);
        let [minute, talk, ringing, more] = [61, 160, 161, 191].map(later);
        assert!(!row.covers(minute));
        row.talk_seconds = Some(100);
        assert!(row.covers(talk) && !row.covers(ringing));
        row.answered_at = Some(row.started_at + SignedDuration::from_secs(30));
        assert!(row.covers(ringing) && !row.covers(more));
        row.duration_seconds = Some(u32::MAX);
        assert!(row.covers(more));
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_counted() {
        let mut draft = draft();
        draft.take(Fact::Caller, &"9".repeat(129));
        draft.take(Fact::Called, "20\u{1}1");
        draft.take(Fact::Counterpart, "9.01235E+09");
        draft.take(Fact::Direction, "転送");
        draft.take(Fact::Queue, &"9".repeat(128));
        draft.take(Fact::LinkedId, "1793682300.101");
        draft.take(Fact::Agent, "  ");
        draft.row().ended_at = Some("2026-04-01T08:59:59+09:00".parse().unwrap());
        let row = draft.finish();
        assert_eq!(row.left_out, 5);
        assert_eq!(
            (row.caller, row.called, row.counterpart, row.direction, row.ended_at),
            (None, None, None, None, None)
        );
        assert_eq!((row.queue.map(|queue| queue.len()), row.linked_id, row.agent), (Some(128), None, None));
    }

    #[test]
    fn a_call_id_that_is_none_too_long_or_rounded_makes_no_row() {
        let start = text::moment("2026-04-01 09:00:00", &TimeZone::UTC).unwrap();
        for (call_id, reason) in [
            ("", Reason::NoCallId),
            (" \0", Reason::NoCallId),
            (&"1".repeat(129), Reason::CallId),
            ("1\u{1}2", Reason::CallId),
            ("1.79368E+09", Reason::RoundedCallId),
            ("2E+14", Reason::RoundedCallId),
        ] {
            assert_eq!(Draft::new("x", call_id, start).err().map(|fault| fault.reason), Some(reason), "{call_id}");
        }
        for call_id in ["1E2", "e", "E+1", "10.5E+3", "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e", "1.2E+1x"] {
            assert!(Draft::new("x", call_id, start).is_ok(), "{call_id}");
        }
    }

    #[test]
    fn a_number_without_its_first_zero_is_named_and_not_mended() {
        let mut draft = draft();
        draft.take(Fact::Caller, "9012345678");
        draft.take(Fact::Called, "312345678");
        draft.take(Fact::Counterpart, "0312345678");
        draft.take(Fact::OurNumber, "201");
        let row = draft.finish();
        assert_eq!(row.lost_zero("JP"), [Fact::Caller, Fact::Called]);
        assert_eq!(row.caller.as_deref(), Some("9012345678"));
        assert_eq!(row.lost_zero("US"), []);
    }

    #[test]
    fn a_printed_row_shows_no_number_id_or_name() {
        let mut draft = draft();
        for fact in [Fact::Caller, Fact::Called, Fact::Counterpart, Fact::OurNumber, Fact::Agent, Fact::LinkedId] {
            draft.take(fact, "09012345678");
        }
        draft.take_recording("/var/spool/out-09012345678.wav");
        let printed = format!("{:?}", draft.finish());
        assert!(!printed.contains("09012345678") && !printed.contains("1793682300"), "{printed}");
    }

    #[test]
    fn a_recording_is_known_by_its_file_name_whatever_the_path() {
        let mut draft = draft();
        for path in ["/a/b/1.wav", r"C:\rec\2.wav", "https://example.com/rec/3.mp3", "1.wav", ""] {
            draft.take_recording(path);
        }
        assert_eq!(draft.finish().recordings, ["1.wav", "2.wav", "3.mp3"]);
    }
}
