//! What a decision needs to know of a recording.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::facts::{Direction, NoticeKind, QuarantineReason};
use crate::hold::Holds;
use crate::recording::{Listed, ListedTombstone, State, Tombstone};
use crate::retention::{Expiry, Periods, expiry};
use crate::rulebook::Rulebook;

/// What a decision needs to know of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'r> {
    pub(super) team: Option<&'r str>,
    /// Who was on the call; a tombstone does not know.
    pub(super) staff: Option<&'r str>,
    pub(super) state: State,
    pub(super) is_audio: bool,
    pub(super) holds: Option<&'r Holds>,
    /// `None` once it is deleted: a tombstone does not expire.
    pub(super) periods: Option<&'r Periods>,
    /// When its call last left quarantine, or was last corrected to an earlier end.
    understood_at: Option<Timestamp>,
    /// What was known when the call was made; `None` once it is deleted.
    pub(super) call: Option<CallFacts<'r>>,
    pub(super) shared_with: &'r [String],
    pub(super) deletion_asked_by: Option<&'r str>,
}

/// When a call was and what its caller was told.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallFacts<'r> {
    began: Timestamp,
    line: Option<&'r str>,
    /// Whether the number of ours that was called, or called, is known.
    has_own_number: bool,
    direction: Direction,
    /// Where the notice was placed, as the recording has it.
    notice: NoticeKind,
}

impl<'r> From<&'r Listed> for Subject<'r> {
    fn from(listed: &'r Listed) -> Self {
        let stands = listed.state != State::Deleted;
        Self {
            team: listed.team.as_deref(),
            staff: listed.staff.as_deref(),
            state: listed.state,
            is_audio: match listed.state {
                State::Active => true,
                State::Quarantined => listed.quarantine_reason.is_some_and(is_audio_in_quarantine),
                State::Fragment | State::Deleted => false,
            },
            holds: Some(&listed.holds),
            periods: stands.then_some(&listed.periods),
            understood_at: listed.understood_at,
            call: stands.then_some(CallFacts {
                began: listed.started_at,
                line: listed.line.as_deref(),
                has_own_number: listed.our_number.is_some(),
                direction: listed.direction,
                notice: listed.notice,
            }),
            shared_with: &[],
            deletion_asked_by: None,
        }
    }
}

impl<'r> From<&'r Tombstone> for Subject<'r> {
    fn from(tombstone: &'r Tombstone) -> Self {
        Self::deleted(tombstone.team.as_deref())
    }
}

impl<'r> From<&'r ListedTombstone> for Subject<'r> {
    fn from(tombstone: &'r ListedTombstone) -> Self {
        Self::deleted(tombstone.team.as_deref())
    }
}

impl<'r> Subject<'r> {
    /// What is left of a recording of a team.
    fn deleted(team: Option<&'r str>) -> Self {
        Self {
            team,
            staff: None,
            state: State::Deleted,
            is_audio: false,
            holds: None,
            periods: None,
            understood_at: None,
            call: None,
            shared_with: &[],
            deletion_asked_by: None,
        }
    }

    /// A recording that is as most are: active, without a hold, of a call that began just now; of a team and a member.
    pub(crate) fn ordinary(
        periods: &'r Periods,
        began: Timestamp,
        (team, staff): (Option<&'r str>, Option<&'r str>),
    ) -> Self {
        let notice = NoticeKind::Unknown;
        let call = CallFacts { began, line: None, has_own_number: false, direction: Direction::Unknown, notice };
        Self {
            team,
            staff,
            state: State::Active,
            is_audio: true,
            holds: None,
            periods: Some(periods),
            understood_at: None,
            call: Some(call),
            shared_with: &[],
            deletion_asked_by: None,
        }
    }

    /// With the ids of the members to whom the whole of it is shared now. A share of a part is none of these.
    #[must_use]
    pub fn shared_with(self, members: &'r [String]) -> Self {
        Self { shared_with: members, ..self }
    }

    /// With the id of the member whose request to delete it stands: only then is there something to approve.
    #[must_use]
    pub fn deletion_asked_by(self, member: &'r str) -> Self {
        Self { deletion_asked_by: Some(member), ..self }
    }

    /// Whether a hold stands at a moment.
    pub(super) fn is_held_at(self, now: Timestamp) -> bool {
        self.holds.is_some_and(|holds| holds.stand_at(now))
    }

    /// From when on nobody may hear it, the holds that end by themselves included; `None` while another one stands, and
    /// where no rule says.
    pub(super) fn expires_at(self, rulebook: &Rulebook) -> Option<Timestamp> {
        let expiry = self.period_ends_at(rulebook)?;
        match self.holds.and_then(Holds::end) {
            None => Some(expiry),
            Some(Expiry::At(end)) => Some(expiry.max(end)),
            Some(Expiry::Never) => None,
        }
    }

    fn period_ends_at(self, rulebook: &Rulebook) -> Option<Timestamp> {
        let periods = self.periods?;
        let Expiry::At(at) = periods.expiry(&rulebook.revisions, &rulebook.zone) else {
            return None;
        };
        // What was in quarantine can be seen and corrected for some time, even where its period is over.
        let settle = SignedDuration::from_hours(i64::from(rulebook.settle_hours));
        match self.understood_at {
            Some(understood_at) => Some(at.max(understood_at.checked_add(settle).unwrap_or(Timestamp::MAX))),
            None => Some(at),
        }
    }

    /// Whether the call is older than some days: they end as periods do, at the midnight that follows them.
    /// STRICT: what is not known is older.
    pub(super) fn is_older_than(self, days: u32, rulebook: &Rulebook, now: Timestamp) -> bool {
        let Some(call) = self.call else {
            return true;
        };
        match expiry(call.day(rulebook), days, &rulebook.zone) {
            Expiry::At(over) => now >= over,
            // Past the calendar's end.
            Expiry::Never => false,
        }
    }

    /// Whether the notice that the caller was given says that the call is used for a purpose too. STRICT: the
    /// rulebook must have one for the line, the direction and the day, and the recording the same.
    pub(super) fn notice_covers(self, purpose: &str, rulebook: &Rulebook) -> bool {
        let covers = |call: CallFacts<'_>| {
            let notice = rulebook.notice_on(call.line, call.has_own_number, call.direction, call.day(rulebook))?;
            Some(notice.placed == call.notice && notice.purposes.iter().any(|covered| covered == purpose))
        };
        self.call.and_then(covers).unwrap_or(false)
    }
}

impl CallFacts<'_> {
    fn day(self, rulebook: &Rulebook) -> Date {
        rulebook.day_of(self.began)
    }
}

/// Whether what lies in quarantine is a sound file all the same: a stranger's page or program is never served.
fn is_audio_in_quarantine(reason: QuarantineReason) -> bool {
    match reason {
        QuarantineReason::TooLarge
        | QuarantineReason::Unreadable
        | QuarantineReason::Empty
        | QuarantineReason::NoAudio
        | QuarantineReason::NotAudio
        | QuarantineReason::NotThisFormat => false,
        QuarantineReason::NoSourceMatches
        | QuarantineReason::NoCallFacts
        | QuarantineReason::ImpossibleDate
        | QuarantineReason::Zone
        | QuarantineReason::TooEarly
        | QuarantineReason::TooLate
        | QuarantineReason::ExpiredOnArrival
        | QuarantineReason::TooManyVersions => true,
    }
}
