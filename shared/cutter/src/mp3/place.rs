//! Where a part's frames lie.

use std::ops::Range;

use policy::audio::Audio;

use crate::bytes::array;
use crate::known::{Known, Stop};
use crate::limits::MAX_OBJECT_BYTES;
use crate::mp3::header::{CHECKSUM_BYTES, HEADER_BYTES, Header};
use crate::mp3::notes::Notes;
use crate::refusal::CannotCut;

/// 4 KiB: the tags' end, the notes and the first frames.
const OPENING_BYTES: u64 = 4096;

/// 16 KiB more than was calculated.
const SPARE_BYTES: u64 = 16 * 1024;

/// 8 tags at the front: more are no recorder's.
const MAX_TAGS: usize = 8;

/// Frames in a row, from the first byte behind the tags on, that are no chance.
const BELIEVED_FRAMES: usize = 3;

/// Encoders begin to pad at different frames: a place that is calculated is right within so many bytes.
const TOLERANCE_BYTES: u64 = 2;

/// What stands before the sound.
pub(crate) struct Opening {
    pub(crate) header: Header,
    pub(crate) notes: Notes,
    /// Where the first frame with sound begins.
    sound_at: u64,
}

impl Opening {
    pub(crate) fn read(known: &Known) -> Result<Self, Stop> {
        let mut at = 0;
        for _ in 0..MAX_TAGS {
            let Some(tag_bytes) = id3_bytes(known.frames(at, 10, OPENING_BYTES)?) else { break };
            at += tag_bytes;
        }
        let header = header_at(known, at)?.ok_or(CannotCut::Damaged)?;
        let mut next = at;
        for _ in 0..BELIEVED_FRAMES {
            match header_at(known, next)? {
                Some(frame) if frame.is_alike(header) => next += frame.frame_bytes() as u64,
                // It has no more.
                _ if next >= known.size_bytes() => break,
                _ if next > at && is_end(known, next, OPENING_BYTES)? => break,
                _ => return Err(CannotCut::Damaged.into()),
            }
        }
        let frame_bytes = header.frame_bytes() as u64;
        let notes = Notes::read(header, known.frames(at, frame_bytes, OPENING_BYTES)?);
        let sound_at = if notes.is_some() { at + frame_bytes } else { at };
        Ok(Self { header, notes: notes.unwrap_or_default(), sound_at })
    }
}

/// The part's frames, with some before them.
pub(crate) struct Row {
    /// The number of the first.
    pub(crate) first: u64,
    pub(crate) frames: Vec<(u64, Header)>,
    /// How many the recording has, where its end was met.
    pub(crate) ends_at: Option<u64>,
}

/// The frames of a part, and those before them whose main data may hold its sound.
pub(crate) fn row(audio: &Audio, known: &Known, opening: &Opening, frames: &Range<u64>) -> Result<Row, Stop> {
    let header = opening.header;
    // The least frame's main data, and how many of them hold the farthest beginning.
    let least = header.resized(0).main_bytes.saturating_sub(CHECKSUM_BYTES).max(1);
    let behind = header.max_reservoir_bytes().div_ceil(least) as u64 + 1;
    let first = frames.start.saturating_sub(behind);
    let (number, at) = match calculated(audio, known, opening, first)? {
        Some(at) => (first, at),
        None => (0, opening.sound_at),
    };
    let limit = at.saturating_add(MAX_OBJECT_BYTES);
    let until = until(audio, known, opening, frames.end).min(limit);
    let mut walk = Walk { known, header, at, number, until, limit };
    let mut row = Row { first, frames: Vec::new(), ends_at: None };
    while walk.number < frames.end {
        let number = walk.number;
        match walk.next()? {
            Some(frame) if number >= first => row.frames.push(frame),
            Some(_) => {}
            None => {
                row.ends_at = Some(number);
                break;
            }
        }
    }
    Ok(row)
}

/// Where the part ends, if the bit rate is even: so far is read at once.
fn until(audio: &Audio, known: &Known, opening: &Opening, end: u64) -> u64 {
    let sound_bytes = u128::from(known.size_bytes().saturating_sub(opening.sound_at));
    let bytes = match counted_frames(audio, opening) {
        Some(count) => sound_bytes * u128::from(end.min(count)) / u128::from(count),
        None => sound_bytes,
    };
    opening.sound_at.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)).saturating_add(SPARE_BYTES / 8)
}

/// Goes from frame to frame.
struct Walk<'a> {
    known: &'a Known,
    header: Header,
    at: u64,
    number: u64,
    /// Where the part ends, more or less.
    until: u64,
    /// Where it is too long.
    limit: u64,
}

impl Walk<'_> {
    /// The next frame that arrived whole.
    fn next(&mut self) -> Result<Option<(u64, Header)>, Stop> {
        let ahead = self.until.saturating_sub(self.at).max(SPARE_BYTES);
        if self.at > self.limit {
            return Err(CannotCut::TooLarge.into());
        }
        let bytes = self.known.frames(self.at, HEADER_BYTES as u64, ahead)?;
        let Some(header) = Header::read(bytes).filter(|header| header.is_alike(self.header)) else {
            // Anything else between frames is for a decoder that looks for the next.
            return if is_end(self.known, self.at, SPARE_BYTES)? { Ok(None) } else { Err(CannotCut::Damaged.into()) };
        };
        let frame_bytes = header.frame_bytes() as u64;
        if self.at + frame_bytes > self.known.size_bytes() {
            return Ok(None);
        }
        let frame = (self.at, header);
        self.known.frames(self.at, frame_bytes, ahead)?;
        self.at += frame_bytes;
        self.number += 1;
        Ok(Some(frame))
    }
}

/// Whether no sound follows: the object ends, or a tag begins ("TAG": `ID3v1`; APE; Lyrics3; `ID3v2` at the end).
fn is_end(known: &Known, at: u64, ahead: u64) -> Result<bool, Stop> {
    let bytes = known.frames(at, 16, ahead)?;
    let tags: [&[u8]; 5] = [b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI"];
    Ok(bytes.len() < HEADER_BYTES || tags.iter().any(|tag| bytes.starts_with(tag)))
}

/// Where a frame of this number begins, if all before it have the first's bit rate.
fn calculated(audio: &Audio, known: &Known, opening: &Opening, number: u64) -> Result<Option<u64>, Stop> {
    let Some(count) = counted_frames(audio, opening).filter(|count| number > 0 && number < *count) else {
        return Ok(None);
    };
    // The recording's end is where this many frames of one length end: behind it is less than a frame, or a tag.
    let ends = opening.place_of(count);
    let rest = known.size_bytes().saturating_add(TOLERANCE_BYTES).checked_sub(ends);
    let has_one_rate = match rest {
        Some(rest) if rest < opening.header.frame_bytes() as u64 => true,
        Some(_) => begins_within(known, ends, |at| {
            let is_frame = Header::read(known.frames(at, HEADER_BYTES as u64, 64)?).is_some();
            Ok(!is_frame && is_end(known, at, 64)?)
        })?
        .is_some(),
        None => false,
    };
    if !has_one_rate {
        return Ok(None);
    }
    begins_within(known, opening.place_of(number), |at| {
        let mut next = at;
        for _ in 0..BELIEVED_FRAMES {
            match Header::read(known.frames(next, HEADER_BYTES as u64, OPENING_BYTES)?) {
                Some(frame) if frame.is_alike(opening.header) && frame.rate_index() == opening.header.rate_index() => {
                    next += frame.frame_bytes() as u64;
                }
                _ => return Ok(next > at && next + 1 >= known.size_bytes()),
            }
        }
        Ok(true)
    })
}

/// The place that is no more than the tolerance away, and for which something holds.
fn begins_within(known: &Known, place: u64, holds: impl Fn(u64) -> Result<bool, Stop>) -> Result<Option<u64>, Stop> {
    let first = place.saturating_sub(TOLERANCE_BYTES);
    for at in first..=(place + TOLERANCE_BYTES).min(known.size_bytes()) {
        if holds(at)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

impl Opening {
    /// Where a frame begins, if all have the first's bit rate.
    fn place_of(&self, number: u64) -> u64 {
        let (bits_a_second, slots) = self.header.rate(self.header.rate_index());
        let bytes = u128::from(bits_a_second * slots) * u128::from(number) / u128::from(self.header.rate_hertz);
        self.sound_at.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

/// Frames with sound, as they were counted when the recording was taken in.
fn counted_frames(audio: &Audio, opening: &Opening) -> Option<u64> {
    let played = u128::from(audio.duration_milliseconds?) * u128::from(opening.header.rate_hertz) / 1000;
    let samples = opening.notes.all_samples(u64::try_from(played).ok()?);
    let frame_samples = opening.header.samples();
    Some((samples + frame_samples / 2) / frame_samples).filter(|count| *count > 0)
}

fn header_at(known: &Known, at: u64) -> Result<Option<Header>, Stop> {
    Ok(Header::read(known.frames(at, HEADER_BYTES as u64, OPENING_BYTES)?))
}

/// Length of the `ID3v2` tag that begins here (ID3 tag version 2.4.0, sections 3.1 and 3.4).
fn id3_bytes(bytes: &[u8]) -> Option<u64> {
    let header: [u8; 10] = array(bytes, 0);
    let size = &header[6..];
    if bytes.len() < header.len() || !header.starts_with(b"ID3") || size.iter().any(|byte| *byte >= 0x80) {
        return None;
    }
    let headers = if header[5] & 0x10 == 0 { 1 } else { 2 };
    Some(size.iter().fold(0, |bytes, byte| bytes << 7 | u64::from(*byte)) + headers * header.len() as u64)
}
