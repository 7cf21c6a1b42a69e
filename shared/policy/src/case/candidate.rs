//! Candidates: the recordings that a memo may mean, ranked, and why.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::text::CaseText;
use crate::id::RecordingId;
use crate::number::{Counterpart, PhoneNumber};
use crate::recording::{Listed, State};
use crate::vocabulary::vocabulary;

/// 7 days: a number that is right makes up for a day that is wrong.
const NUMBER_REACH: SignedDuration = SignedDuration::from_hours(24 * 7);

/// 1 day: a member has dozens of calls a day, so the right member makes up for little.
const STAFF_REACH: SignedDuration = SignedDuration::from_hours(24);

/// 3 hours: how far people err who remember a time of day.
const TIME_REACH: SignedDuration = SignedDuration::from_hours(3);

/// Which call a memo means, as far as its writer knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought {
    /// When it was, at the earliest.
    pub from: Timestamp,
    /// And at the latest; the same where the writer knows the time.
    pub to: Timestamp,
    /// The other party's number, or why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<Counterpart>,
    /// The last four digits, where no more is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<CaseText>,
    /// The member who was on the call, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
}

vocabulary! {
    /// Why a recording may be the one that a memo means.
    CandidateReason: 5 {
        /// The number is the same.
        Number = "number",
        /// The last four digits are the same.
        Last4 = "last4",
        /// It is the member's call.
        Staff = "staff",
        /// It has no number for the same reason.
        CounterpartAbsent = "counterpart_absent",
        /// It began within hours of the time.
        Time = "time",
    }
}

impl CandidateReason {
    /// Each outweighs all that come behind it.
    fn weight(self) -> u8 {
        match self {
            Self::Number => 16,
            Self::Last4 => 8,
            Self::Staff => 4,
            Self::CounterpartAbsent => 2,
            Self::Time => 1,
        }
    }
}

/// A recording that a memo may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub recording: RecordingId,
    /// Why, the strongest first.
    pub reasons: Vec<CandidateReason>,
}

impl Sought {
    /// What a search by number covers.
    pub fn number_window(&self) -> (Timestamp, Timestamp) {
        self.window(NUMBER_REACH)
    }

    /// What a search by member covers.
    pub fn staff_window(&self) -> (Timestamp, Timestamp) {
        self.window(STAFF_REACH)
    }

    /// What a search by time alone covers.
    pub fn time_window(&self) -> (Timestamp, Timestamp) {
        self.window(TIME_REACH)
    }

    fn window(&self, reach: SignedDuration) -> (Timestamp, Timestamp) {
        let from = self.from.checked_sub(reach).unwrap_or(Timestamp::MIN);
        (from, self.to.checked_add(reach).unwrap_or(Timestamp::MAX))
    }

    /// The last four digits, given by themselves or as the end of the number.
    pub fn last4(&self) -> Option<&str> {
        let given = self.last4.as_ref().map(CaseText::expose);
        given.or_else(|| self.counterpart.as_ref()?.number().map(PhoneNumber::last4))
    }

    /// How far outside of the time a call began.
    fn distance(&self, started_at: Timestamp) -> SignedDuration {
        let early = self.from.duration_since(started_at);
        let late = started_at.duration_since(self.to);
        early.max(late).max(SignedDuration::ZERO)
    }

    /// Why a recording may be the one; nothing where it is not.
    fn reasons(&self, listed: &Listed) -> Vec<CandidateReason> {
        let distance = self.distance(listed.started_at);
        let number = self.counterpart.as_ref().and_then(Counterpart::number);
        let found = listed.counterpart.number();
        let is_number = number.is_some() && number == found;
        let is_last4 = self.last4().is_some_and(|last4| found.is_some_and(|found| found.last4() == last4));
        let absent = self.counterpart.as_ref().and_then(Counterpart::absent);
        let is_absent = absent.is_some() && absent == listed.counterpart.absent();
        let is_staff = self.staff.is_some() && self.staff == listed.staff;
        let is_near = distance <= TIME_REACH;
        let reasons: Vec<CandidateReason> = [
            (CandidateReason::Number, is_number),
            (CandidateReason::Last4, is_last4),
            (CandidateReason::Staff, is_staff),
            (CandidateReason::CounterpartAbsent, is_absent),
            (CandidateReason::Time, is_near),
        ]
        .into_iter()
        .filter_map(|(reason, holds)| holds.then_some(reason))
        .collect();
        // Another's number, or another member's call, at the time is no candidate by its time alone.
        let is_anothers_number = found.is_some() && (self.last4().is_some() || absent.is_some()) && !is_last4;
        let is_anothers_call = self.staff.is_some() && listed.staff.is_some() && !is_staff;
        let fits = (is_last4 && distance <= NUMBER_REACH)
            || (is_staff && !is_anothers_number && distance <= STAFF_REACH)
            || (is_near && !is_anothers_number && !is_anothers_call);
        if fits { reasons } else { Vec::new() }
    }
}

/// The recordings that a memo may mean, the likeliest first: by the weight of their reasons, then by how near they are to
/// the time. What lists hide, and what is not understood, is none.
pub fn rank(sought: &Sought, recordings: &[Listed]) -> Vec<Candidate> {
    let is_open = |listed: &&Listed| listed.state == State::Active && listed.duplicate_of.is_none();
    let mut ranked: Vec<_> = recordings
        .iter()
        .filter(is_open)
        .map(|listed| (sought.reasons(listed), listed))
        .filter(|(reasons, _)| !reasons.is_empty())
        .map(|(reasons, listed)| {
            let weight: u8 = reasons.iter().map(|reason| reason.weight()).sum();
            ((Reverse(weight), sought.distance(listed.started_at), listed.id.clone()), reasons)
        })
        .collect();
    ranked.sort();
    ranked.dedup_by(|one, other| one.0.2 == other.0.2);
    ranked.into_iter().map(|((_, _, recording), reasons)| Candidate { recording, reasons }).collect()
}
