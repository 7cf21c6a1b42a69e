//! MPEG audio, layer III: a part by frame.
//!
//! No frame says its number. Where all have one bit rate, the part's place is calculated, and proved by the recording's
//! length, counted when it was taken in, and by frames that begin where they must. Else everything before the part is
//! read, header by header.

mod header;
mod notes;
mod place;
mod repack;

use std::ops::Range;

use policy::audio::Audio;

use crate::known::{Known, Stop};
use crate::limits::MAX_OBJECT_BYTES;
use crate::mp3::header::Header;
use crate::mp3::place::{Opening, Row};
use crate::mp3::repack::Sounds;
use crate::part::{Part, Timing};
use crate::pieces::{Piece, Plan};
use crate::refusal::CannotCut;

/// Sound that is heard at a moment is coded so many samples earlier: half of what a transform overlaps, 576, and what
/// the filter bank remembers, 480. What is muted is muted so much earlier, or some of it would be left.
const LEAD_SAMPLES: u64 = 576 + 480;

pub(crate) fn plan(audio: &Audio, known: &Known, part: &Part) -> Result<Plan, Stop> {
    let opening = Opening::read(known)?;
    let Header { rate_hertz, .. } = opening.header;
    let frame_samples = opening.header.samples();
    let skipped = opening.notes.skipped_samples();
    // In samples of the frames, of which players leave out the first ones.
    let wanted = part.samples(rate_hertz, u64::MAX - skipped).ok_or(CannotCut::Empty)?;
    let wanted = wanted.start + skipped..wanted.end + skipped;
    let frames = wanted.start / frame_samples..wanted.end.div_ceil(frame_samples);
    let row = place::row(audio, known, &opening, &frames)?;
    let end = match row.ends_at {
        Some(count) => wanted.end.min((count * frame_samples).saturating_sub(opening.notes.trimmed_samples(count))),
        None => wanted.end,
    };
    let wanted = wanted.start..end;
    if wanted.is_empty() {
        return Err(CannotCut::Empty.into());
    }
    let frames = frames.start..end.div_ceil(frame_samples);
    let muted = muted_frames(part, Timing { rate_hertz, unit_samples: frame_samples }, skipped, &frames);
    let sounds = read_sounds(known, &row, &frames, &muted)?;
    let (bytes, places) = sounds.written()?;
    // A silent frame stands before the first.
    let before = wanted.start - frames.start * frame_samples + frame_samples;
    let behind = frames.end * frame_samples - wanted.end;
    let notes = notes::written(opening.header, &places, before, behind);
    Ok(Plan {
        pieces: vec![Piece::Write(notes), Piece::Write(bytes)],
        samples: wanted.end - wanted.start,
        rate_hertz,
        content_type: audio.content_type(),
        extension: audio.extension(),
    })
}

/// The frames to be silent, in order.
fn muted_frames(part: &Part, timing: Timing, skipped: u64, frames: &Range<u64>) -> Vec<Range<u64>> {
    let sample = Timing { unit_samples: 1, ..timing };
    let ranges = part.muted(sample, &(0..u64::MAX - skipped - timing.unit_samples)).into_iter();
    let ranges = ranges.map(|range| {
        let start = (range.start + skipped).saturating_sub(LEAD_SAMPLES) / timing.unit_samples;
        let end = (range.end + skipped).div_ceil(timing.unit_samples);
        start.max(frames.start)..end.min(frames.end)
    });
    ranges.collect()
}

fn read_sounds(known: &Known, row: &Row, frames: &Range<u64>, muted: &[Range<u64>]) -> Result<Sounds, Stop> {
    let mut sounds = Sounds::default();
    let mut sound_bytes = 0;
    for (number, (at, header)) in (row.first..frames.end).zip(&row.frames) {
        if number == frames.start {
            sounds.begin_here();
        }
        sound_bytes += header.frame_bytes() as u64;
        if sound_bytes > MAX_OBJECT_BYTES {
            return Err(CannotCut::TooLarge.into());
        }
        sounds.push(*header, known.frames(*at, header.frame_bytes() as u64, 0)?);
        if muted.iter().any(|range| range.contains(&number)) {
            sounds.mute_last();
        }
    }
    Ok(sounds)
}
