//! Parts: what of a recording is needed, and what of it is silenced.

use serde::{Deserialize, Serialize};

use crate::id::RecordingId;
use crate::vocabulary::vocabulary;

/// 50 ranges: the card numbers and the other people of one call.
pub const MUTES_LIMIT: usize = 50;

/// 1 second: lengths are shown in whole seconds, so a part may seem to end so much behind the last sample.
const ROUNDING_MILLISECONDS: u64 = 1_000;

/// A part of a recording, in milliseconds from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of which.
    pub recording: RecordingId,
    /// Where it begins; `None` at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_milliseconds: Option<u64>,
    /// Where it ends; `None` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_milliseconds: Option<u64>,
    /// What is silenced in it, each from and to: sorted, apart from each other, within the part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mute: Vec<(u64, u64)>,
}

/// Why something is not a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    /// It ends where it begins, or before that.
    #[error("a part ends behind its beginning")]
    Reversed,
    /// It reaches beyond the end of the recording.
    #[error("a part ends with its recording")]
    TooLong,
    /// A range to silence is empty, or reaches out of the part.
    #[error("what is silenced lies within the part")]
    MuteOutside,
    /// More than [`MUTES_LIMIT`] ranges are to be silenced.
    #[error("too many ranges are silenced")]
    TooManyMutes,
}

impl Part {
    /// A part of a recording of a length; 0 where the length is not known. What overlaps, or touches, is silenced as one.
    ///
    /// # Errors
    /// Why it is not one.
    pub fn new(
        recording: RecordingId,
        (from, to): (Option<u64>, Option<u64>),
        mute: &[(u64, u64)],
        length_milliseconds: u64,
    ) -> Result<Self, PartFault> {
        let end = if length_milliseconds > 0 { length_milliseconds } else { u64::MAX };
        let begins = from.unwrap_or(0);
        if to.is_some_and(|to| to >= end.saturating_add(ROUNDING_MILLISECONDS)) {
            return Err(PartFault::TooLong);
        }
        let to = to.map(|to| to.min(end));
        let ends = to.unwrap_or(end);
        if begins >= ends {
            return Err(if begins >= end { PartFault::TooLong } else { PartFault::Reversed });
        }
        if mute.len() > MUTES_LIMIT {
            return Err(PartFault::TooManyMutes);
        }
        let is_within = |&(from, to): &(u64, u64)| {
            begins <= from && from < to.min(ends) && to < ends.saturating_add(ROUNDING_MILLISECONDS)
        };
        if !mute.iter().all(is_within) {
            return Err(PartFault::MuteOutside);
        }
        let mute = merge(mute.iter().map(|&(from, to)| (from, to.min(ends))).collect());
        Ok(Self { recording, from_milliseconds: from, to_milliseconds: to, mute })
    }
}

/// Ranges in order, those that overlap or touch as one.
pub(crate) fn merge(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// A file that was made of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// Its key in the derived bucket.
    pub key: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: String,
    /// How long it plays, in milliseconds.
    pub duration_milliseconds: u64,
    /// SHA-256 of the recording's bytes.
    pub original_sha256: String,
}

vocabulary! {
    /// Why nothing could be made of a part.
    CutFailure: 4 {
        /// Its format can't be cut.
        NotCuttable = "not_cuttable",
        /// The recording is gone, or has expired.
        Gone = "gone",
        /// The part lies behind the end of the audio.
        OutOfRange = "out_of_range",
        /// It would be too large.
        TooLarge = "too_large",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn id() -> RecordingId {
        RecordingId::of("bucket", "key", "version")
    }

    #[test]
    fn a_part_lies_within_its_recording_and_what_is_silenced_within_the_part() {
        use PartFault::{MuteOutside, Reversed, TooLong};
        for (from, to, mute, length, expected) in [
            (None, None, vec![], 60_400, Ok(vec![])),
            (Some(1_000), Some(6_000), vec![(2_000, 3_000)], 60_400, Ok(vec![(2_000, 3_000)])),
            // Sorted; what overlaps or touches is one.
            (None, None, vec![(5, 9), (1, 3), (3, 5), (20, 30), (22, 25)], 100, Ok(vec![(1, 9), (20, 30)])),
            // As a screen shows the length.
            (None, Some(61_000), vec![(60_000, 61_000)], 60_400, Ok(vec![(60_000, 60_400)])),
            (None, Some(61_400), vec![], 60_400, Err(TooLong)),
            (Some(60_400), None, vec![], 60_400, Err(TooLong)),
            (Some(2_000), Some(2_000), vec![], 60_400, Err(Reversed)),
            (Some(3_000), Some(2_000), vec![], 0, Err(Reversed)),
            (Some(3_000), Some(9_000_000), vec![], 0, Ok(vec![])),
            (Some(1_000), Some(2_000), vec![(999, 1_500)], 60_400, Err(MuteOutside)),
            (Some(1_000), Some(2_000), vec![(2_000, 2_100)], 60_400, Err(MuteOutside)),
            (Some(1_000), Some(2_000), vec![(1_500, 1_500)], 60_400, Err(MuteOutside)),
            (None, None, vec![(1, 70_000)], 60_400, Err(MuteOutside)),
        ] {
            let part = Part::new(id(), (from, to), &mute, length);
            assert_eq!(part.map(|part| part.mute), expected, "{from:?} {to:?} {mute:?} {length}");
        }
        let many = vec![(1, 2); MUTES_LIMIT + 1];
        assert_eq!(Part::new(id(), (None, None), &many, 10), Err(PartFault::TooManyMutes));
    }

    proptest! {
        #[test]
        fn every_moment_that_was_to_be_silenced_is_and_no_other(
            ranges in proptest::collection::vec((0_u64..1_000, 1_u64..100), 0..20),
            moment in 0_u64..1_200,
        ) {
            let mute: Vec<(u64, u64)> = ranges.iter().map(|&(from, length)| (from, from + length)).collect();
            let part = Part::new(id(), (None, None), &mute, 2_000).unwrap();
            let covers = |ranges: &[(u64, u64)]| ranges.iter().any(|&(from, to)| from <= moment && moment < to);
            prop_assert_eq!(covers(&part.mute), covers(&mute));
            prop_assert!(part.mute.windows(2).all(|two| two[0].1 < two[1].0));
        }
    }
}
