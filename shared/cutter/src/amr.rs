//! AMR and AMR-WB in a file of their own: RFC 4867, section 5. A frame's type gives its length, and each lasts 20 ms.

use std::ops::Range;

use policy::audio::{Audio, Codec};

use crate::known::{Known, Stop};
use crate::limits::MAX_OBJECT_BYTES;
use crate::part::{Part, Timing};
use crate::pieces::{Piece, Plan};
use crate::refusal::CannotCut;

const NARROW_MARK: &[u8] = b"#!AMR\n";
const WIDE_MARK: &[u8] = b"#!AMR-WB\n";

/// Bytes of a frame by its type, with its header (3GPP TS 26.101 and 26.201, table 1a): speech, comfort noise, reserved
/// types (0), and frames without data.
const NARROW_BYTES: [u64; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 7, 6, 6, 0, 0, 0, 1];
const WIDE_BYTES: [u64; 16] = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];

/// 16 KiB: ten seconds of the best speech, and more.
const AHEAD_BYTES: u64 = 16 * 1024;

pub(crate) fn plan(audio: &Audio, known: &Known, part: &Part) -> Result<Plan, Stop> {
    let (mark, rate_hertz, sizes) = match audio.codec {
        Codec::AmrWideband => (WIDE_MARK, 16_000, WIDE_BYTES),
        _ => (NARROW_MARK, 8_000, NARROW_BYTES),
    };
    // Frames of several channels have another mark.
    if known.frames(0, mark.len() as u64, AHEAD_BYTES / 4)? != mark {
        return Err(CannotCut::Coding.into());
    }
    let timing = Timing { rate_hertz, unit_samples: u64::from(rate_hertz / 50) };
    let wanted = part.units(timing, u64::MAX).ok_or(CannotCut::Empty)?;
    let mut walk = Walk { known, sizes, at: mark.len() as u64, number: 0, begins: 0 };
    walk.begin_at(audio, wanted.start)?;
    let (copied, frames) = walk.pass(&wanted)?;
    if frames == 0 {
        return Err(CannotCut::Empty.into());
    }
    Ok(Plan {
        pieces: vec![Piece::Write(mark.to_vec()), Piece::Copy(copied)],
        samples: frames * timing.unit_samples,
        rate_hertz,
        content_type: audio.content_type(),
        extension: audio.extension(),
    })
}

/// Goes from frame to frame.
struct Walk<'a> {
    known: &'a Known,
    sizes: [u64; 16],
    at: u64,
    number: u64,
    /// Where it began.
    begins: u64,
}

impl Walk<'_> {
    /// Begins at a frame whose place is calculated, where all frames have the first's length: the length that was
    /// counted and the object's size agree.
    fn begin_at(&mut self, audio: &Audio, number: u64) -> Result<(), Stop> {
        self.begins = self.at;
        let counted = audio.duration_milliseconds.unwrap_or_default() / 20;
        let first = self.frame_bytes()?.unwrap_or_default();
        let size_bytes = self.known.size_bytes();
        let has_one_length = self.at.saturating_add(counted.saturating_mul(first)) == size_bytes;
        if first > 0 && number < counted && has_one_length {
            self.at += number * first;
            self.number = number;
            self.begins = self.at;
        }
        Ok(())
    }

    /// The bytes of the wanted frames that arrived whole, and how many they are.
    fn pass(&mut self, wanted: &Range<u64>) -> Result<(Range<u64>, u64), Stop> {
        let mut copied = self.at..self.at;
        let mut frames = 0;
        while self.number < wanted.end {
            let Some(bytes) = self.frame_bytes()?.filter(|bytes| self.at + bytes <= self.known.size_bytes()) else {
                break;
            };
            if self.at - self.begins > MAX_OBJECT_BYTES {
                return Err(CannotCut::TooLarge.into());
            }
            if self.number == wanted.start {
                copied.start = self.at;
            }
            self.at += bytes;
            frames += u64::from(self.number >= wanted.start);
            self.number += 1;
        }
        copied.end = self.at;
        Ok((copied, frames))
    }

    /// The next frame's length; `None` at the end.
    fn frame_bytes(&self) -> Result<Option<u64>, Stop> {
        // As much again as was passed, so that the reads are few.
        let ahead = (self.at - self.begins).clamp(AHEAD_BYTES, MAX_OBJECT_BYTES);
        let &[header, ..] = self.known.frames(self.at, 1, ahead)? else {
            return Ok(None);
        };
        // Padding, four bits of type, quality, padding.
        let bytes = self.sizes[usize::from(header >> 3 & 0x0F)];
        if bytes == 0 || header & 0x83 != 0 { Err(CannotCut::Damaged.into()) } else { Ok(Some(bytes)) }
    }
}
