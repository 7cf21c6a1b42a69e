//! Where a part's frames lie. A frame says its number but not its length: one is believed when its checksum comes out
//! even where its successor begins.

use std::ops::Range;

use crate::flac::frame::{Header, MAX_HEADER_BYTES, crc_16};
use crate::flac::stream::Stream;
use crate::known::{Known, Stop};
use crate::limits::MAX_OBJECT_BYTES;
use crate::refusal::CannotCut;

/// 32 KiB: what lies so near is read through.
const NEAR_BYTES: u64 = 32 * 1024;

/// 24 looks: each at least halves the way after the first, and 2^20 of [`NEAR_BYTES`] are 32 GiB.
const MAX_LOOKS: u32 = 24;

/// Looks at a place that is calculated from the sound's length; then the middle is as good.
const CALCULATED_LOOKS: u32 = 4;

/// 16 KiB: a frame and its successor's header, of a recorder that said nothing of its frames.
const LOOK_BYTES: u64 = 16 * 1024;

/// A frame that is whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) at: u64,
    pub(crate) bytes: u64,
    pub(crate) header: Header,
    pub(crate) first_sample: u64,
}

impl Frame {
    pub(crate) fn samples(&self) -> Range<u64> {
        self.first_sample..self.first_sample + self.header.block_samples
    }
}

/// The frames of some samples, as far as the recording has them.
pub(crate) fn row(known: &Known, stream: &Stream, wanted: &Range<u64>) -> Result<Vec<Frame>, Stop> {
    let (begins, calculated_end) = find(known, stream, wanted)?;
    let mut at = begins;
    let mut expected = None;
    let mut row = Vec::new();
    while at < known.size_bytes() {
        if at - begins > MAX_OBJECT_BYTES {
            return Err(CannotCut::TooLarge.into());
        }
        // What was calculated, else as much as was read: so the reads are few.
        let ahead = calculated_end.saturating_sub(at).max((at - begins) / 2).clamp(LOOK_BYTES, MAX_OBJECT_BYTES);
        let Some(frame) = frame_at(known, stream, at, ahead)? else { break };
        if expected.is_some_and(|expected| expected != frame.first_sample) {
            return Err(CannotCut::Damaged.into());
        }
        let samples = frame.samples();
        if samples.start >= wanted.end {
            break;
        }
        if samples.end > wanted.start {
            row.push(frame);
        }
        at += frame.bytes;
        expected = Some(samples.end);
        if samples.end >= wanted.end {
            break;
        }
    }
    Ok(row)
}

/// A place where a frame at or before the first sample begins, and about where the last one ends.
fn find(known: &Known, stream: &Stream, wanted: &Range<u64>) -> Result<(u64, u64), Stop> {
    let mut low = (0, stream.frames_at);
    let end = stream.claimed_samples().unwrap_or(u64::MAX);
    let mut high = (end, known.size_bytes());
    // The table is a hint: its points are looked at.
    if let Some(point) = stream.points.iter().rev().find(|(sample, _)| *sample <= wanted.start && *sample > 0)
        && let Some(frame) = first_frame(known, stream, point.1..point.1 + 1)?
        && frame.first_sample == point.0
    {
        low = *point;
    }
    if let Some(point) = stream.points.iter().find(|(sample, place)| *sample > wanted.start && *place > low.1) {
        high = *point;
    }
    for look in 0..MAX_LOOKS {
        let between = high.1.saturating_sub(low.1);
        let calculated = place_of(low, high, wanted.start);
        let is_calculated = high.0 < u64::MAX;
        if between <= NEAR_BYTES || (is_calculated && calculated.saturating_sub(low.1) <= NEAR_BYTES) {
            break;
        }
        // A little before: a frame that begins behind the sample helps less.
        let place = if look < CALCULATED_LOOKS && is_calculated {
            calculated.min(high.1).saturating_sub(NEAR_BYTES / 2).max(low.1 + 1)
        } else {
            low.1 + between / 2
        };
        match first_frame(known, stream, place..high.1)? {
            Some(frame) if frame.first_sample <= wanted.start => low = (frame.first_sample, frame.at),
            Some(frame) => high = (frame.first_sample, place),
            None => high.1 = place,
        }
    }
    if high.0 == u64::MAX {
        return Ok((low.1, low.1));
    }
    Ok((low.1, place_of(low, high, wanted.end.min(end)).min(known.size_bytes())))
}

/// Where a sample lies, if frames between two places have one length.
fn place_of(low: (u64, u64), high: (u64, u64), sample: u64) -> u64 {
    let (samples, bytes) = (high.0.saturating_sub(low.0).max(1), high.1.saturating_sub(low.1));
    let offset = u128::from(sample.saturating_sub(low.0)) * u128::from(bytes) / u128::from(samples);
    low.1.saturating_add(u64::try_from(offset).unwrap_or(u64::MAX))
}

/// The first frame that begins in a range, and is whole.
fn first_frame(known: &Known, stream: &Stream, range: Range<u64>) -> Result<Option<Frame>, Stop> {
    let look_bytes = match stream.claimed_frame_bytes() {
        0 => LOOK_BYTES,
        bytes => (2 * bytes + 2 * MAX_HEADER_BYTES).min(LOOK_BYTES),
    };
    let furthest = range.start + stream.max_frame_bytes(&stream.first) * 2;
    let mut at = range.start;
    while at < range.end && at < furthest {
        let bytes = known.frames(at, MAX_HEADER_BYTES, look_bytes)?;
        if Header::read(bytes).is_some_and(|header| header.is_alike(&stream.first))
            && let Some(frame) = frame_at(known, stream, at, look_bytes)?
        {
            return Ok(Some(frame));
        }
        // To the next byte that may begin a frame.
        let held = known.held(at);
        let next = held.iter().skip(1).position(|byte| *byte == 0xFF).map_or(held.len(), |place| place + 1);
        at += next.max(1) as u64;
    }
    // More than two frames, and none is whole.
    if at < range.end { Err(CannotCut::Damaged.into()) } else { Ok(None) }
}

/// The frame that begins here; `None` where no whole one does, and none follows.
fn frame_at(known: &Known, stream: &Stream, at: u64, ahead: u64) -> Result<Option<Frame>, Stop> {
    let Some(header) =
        Header::read(known.frames(at, MAX_HEADER_BYTES, ahead)?).filter(|header| header.is_alike(&stream.first))
    else {
        return if is_end(known, at) { Ok(None) } else { Err(CannotCut::Damaged.into()) };
    };
    let first_sample = stream.first_sample(&header);
    let next_sample = first_sample + header.block_samples;
    let held = known.held(at);
    let max_bytes = usize::try_from(stream.max_frame_bytes(&header)).unwrap_or(usize::MAX);
    let is_all = at + held.len() as u64 >= known.size_bytes();
    let mut crc = 0;
    for (place, byte) in held.iter().enumerate().take(max_bytes) {
        crc = crc_16(crc, *byte);
        let end = place + 1;
        if crc != 0 || end <= header.size_bytes {
            continue;
        }
        let behind = &held[end..];
        let frame = Frame { at, bytes: end as u64, header, first_sample };
        match Header::read(behind).filter(|next| next.is_alike(&header)) {
            Some(next) if stream.first_sample(&next) == next_sample => return Ok(Some(frame)),
            // A frame is missing, or comes twice.
            Some(_) => return Err(CannotCut::Damaged.into()),
            None if is_all && (behind.is_empty() || is_tag(behind)) => return Ok(Some(frame)),
            None => {}
        }
    }
    if held.len() < max_bytes && !is_all {
        known.frames(at, held.len() as u64 + 1, held.len() as u64 + ahead)?;
    }
    // The last frame did not arrive whole; or one is damaged, and others follow.
    let is_followed = (1..held.len()).any(|place| {
        Header::read(&held[place..])
            .is_some_and(|next| next.is_alike(&header) && stream.first_sample(&next) >= next_sample)
    });
    if is_all && !is_followed { Ok(None) } else { Err(CannotCut::Damaged.into()) }
}

/// Whether no frame can follow.
fn is_end(known: &Known, at: u64) -> bool {
    let held = known.held(at);
    at >= known.size_bytes() || is_tag(held) || at + held.len() as u64 >= known.size_bytes() && held.len() < 16
}

fn is_tag(bytes: &[u8]) -> bool {
    [&b"TAG"[..], b"APETAGEX", b"LYRICSBEGIN", b"ID3"].iter().any(|tag| bytes.starts_with(tag))
}
