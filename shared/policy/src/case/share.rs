//! Shares 社内共有: a part of a recording for named colleagues until a day.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::part::{Clip, CutFailure, Part};
use crate::id::{CaseId, RecordingId, ShareId};
use crate::vocabulary::vocabulary;

/// 10 members: a part is for those who need it.
pub const STAFF_LIMIT: usize = 10;

/// 100 shares of one case: as many as it may have recordings.
pub const SHARES_LIMIT: usize = 100;

/// 1 year: as long as a closed case is kept by default.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24 * 365);

vocabulary! {
    /// Where a share is.
    ShareState: 4 {
        /// Its clip is being made.
        Making = "making",
        /// It can be heard.
        Ready = "ready",
        /// No clip could be made of it.
        Failed = "failed",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
    }
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// By id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// The case it belongs to.
    pub case: CaseId,
    /// What may be heard.
    pub part: Part,
    /// By whom, by id.
    pub staff: BTreeSet<String>,
    /// Until which day, in the company's zone.
    pub until: Date,
    /// From when on nobody may: the end of that day.
    pub ends_at: Timestamp,
    /// Who shares it.
    pub shared: Step,
    /// Where it is.
    pub state: ShareState,
    /// What was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// Why nothing could be made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<CutFailure>,
    /// Who withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Step>,
}

/// A share as one of its members finds it: under 1 KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The share.
    pub share: ShareId,
    /// The case it belongs to.
    pub case: CaseId,
    /// Of which recording.
    pub recording: RecordingId,
    /// Who shares it.
    pub shared: Step,
    /// Until which day, in the company's zone.
    pub until: Date,
    /// From when on nobody may hear it.
    pub ends_at: Timestamp,
    /// Whether it was withdrawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_withdrawn: bool,
}

/// What came of a file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishDecision<T> {
    /// It is taken.
    Finished(T),
    /// TWICE IS ONCE: the same file was taken before.
    Already,
    /// It is not wanted any more, or another file was taken: this one is to be deleted.
    NotWanted,
}

impl Share {
    /// Whether it is for its members at a moment.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.state != ShareState::Withdrawn && now < self.ends_at
    }

    /// NEVER LATE: when nothing of it is stored any more, a year after its end.
    pub fn forgotten_at(&self) -> Timestamp {
        self.ends_at.checked_add(FORGOTTEN_AFTER).unwrap_or(Timestamp::MAX)
    }

    /// The share, withdrawn; the same where it was withdrawn before.
    #[must_use]
    pub fn withdraw(&self, by: &str, at: Timestamp) -> Self {
        let withdrawn = self.withdrawn.clone().unwrap_or_else(|| Step { by: by.to_owned(), at });
        Self { state: ShareState::Withdrawn, withdrawn: Some(withdrawn), ..self.clone() }
    }

    /// The share with its clip.
    pub fn finish(&self, clip: &Clip, now: Timestamp) -> FinishDecision<Self> {
        if self.state == ShareState::Ready && self.clip.as_ref() == Some(clip) {
            return FinishDecision::Already;
        }
        if self.state != ShareState::Making || !self.is_open_at(now) {
            return FinishDecision::NotWanted;
        }
        FinishDecision::Finished(Self { state: ShareState::Ready, clip: Some(clip.clone()), ..self.clone() })
    }

    /// The share of which no clip can be made.
    pub fn fail(&self, failure: CutFailure) -> FinishDecision<Self> {
        match self.state {
            ShareState::Making => {
                FinishDecision::Finished(Self { state: ShareState::Failed, failure: Some(failure), ..self.clone() })
            }
            ShareState::Failed => FinishDecision::Already,
            ShareState::Ready | ShareState::Withdrawn => FinishDecision::NotWanted,
        }
    }

    /// What each of its members has of it.
    pub fn grant(&self) -> Grant {
        Grant {
            share: self.id.clone(),
            case: self.case.clone(),
            recording: self.part.recording.clone(),
            shared: self.shared.clone(),
            until: self.until,
            ends_at: self.ends_at,
            is_withdrawn: self.state == ShareState::Withdrawn,
        }
    }
}

impl Grant {
    /// Whether it is for its member at a moment.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        !self.is_withdrawn && now < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn clip(key: &str) -> Clip {
        Clip {
            key: key.to_owned(),
            sha256: "0".repeat(64),
            size: 1,
            content_type: "audio/wav".to_owned(),
            duration_milliseconds: 5_000,
            original_sha256: "1".repeat(64),
        }
    }

    fn share() -> Share {
        let recording = RecordingId::of("bucket", "key", "version");
        Share {
            id: ShareId::of("1.share_part"),
            case: CaseId::of("1"),
            part: Part::new(recording, (Some(0), Some(5_000)), &[], 0).unwrap(),
            staff: ["abe".to_owned()].into(),
            until: date(2026, 12, 10),
            ends_at: at("2026-12-10T15:00:00Z"),
            shared: Step { by: "kato".to_owned(), at: at("2026-11-27T00:00:00Z") },
            state: ShareState::Making,
            clip: None,
            failure: None,
            withdrawn: None,
        }
    }

    #[test]
    fn a_share_is_heard_until_it_is_withdrawn_and_never_beyond_the_second_of_its_end() {
        let (share, end) = (share(), at("2026-12-10T15:00:00Z"));
        let just_before = end - SignedDuration::from_nanos(1);
        for share in [&share, &share.withdraw("kato", just_before)] {
            let is_withdrawn = share.withdrawn.is_some();
            assert_eq!(share.is_open_at(just_before), !is_withdrawn);
            assert!(!share.is_open_at(end));
            for now in [just_before, end] {
                assert_eq!(share.grant().is_open_at(now), share.is_open_at(now));
            }
        }
        let withdrawn = share.withdraw("kato", just_before);
        assert_eq!(withdrawn.withdraw("yamada", end), withdrawn, "who withdrew it first stays");
    }

    #[test]
    fn a_clip_is_taken_once_and_only_while_it_is_wanted() {
        let now = at("2026-11-27T01:00:00Z");
        let (share, end) = (share(), at("2026-12-10T15:00:00Z"));
        let FinishDecision::Finished(ready) = share.finish(&clip("a"), now) else { panic!("not taken") };
        assert_eq!((ready.state, ready.clip.clone()), (ShareState::Ready, Some(clip("a"))));
        assert_eq!(ready.finish(&clip("a"), now), FinishDecision::Already);
        for share in [&ready, &share.withdraw("kato", now)] {
            assert_eq!(share.finish(&clip("b"), now), FinishDecision::NotWanted);
            assert_eq!(share.fail(CutFailure::Gone), FinishDecision::NotWanted);
        }
        assert_eq!(share.finish(&clip("a"), end), FinishDecision::NotWanted);
        let FinishDecision::Finished(failed) = share.fail(CutFailure::NotCuttable) else { panic!("not taken") };
        assert_eq!(failed.failure, Some(CutFailure::NotCuttable));
        assert_eq!(failed.fail(CutFailure::Gone), FinishDecision::Already);
        assert_eq!(failed.finish(&clip("a"), now), FinishDecision::NotWanted);
    }
}
