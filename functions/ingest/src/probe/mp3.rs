//! MPEG audio layer III: a bare row of frames, so every frame is counted.
//!
//! The frame header: ISO/IEC 11172-3, section 2.4.1.3, and 13818-3 (MPEG 2, low sampling
//! frequencies); MPEG 2.5 is Fraunhofer's extension to 8 to 12 kHz. A first frame may hold no sound
//! but an encoder's notes: "Xing"/"Info" (Xing's variable bit rate header, with LAME's "Mp3 Info
//! Tag rev 1" behind it) or "VBRI" (Fraunhofer).
//!
//! Bytes that look like a frame header are common in noise, rows of them are not: it takes
//! some in a row to begin, and again after anything that is not a frame.

use super::bytes::{Collector, array, be24, be32, scale};
use policy::audio::{Audio, Codec, Container, Probe};

/// Noise has a frame header at one in 16,000 places, and one in 37,000 continues a row by chance:
/// among the 2^31 places of the largest object, four in a row are not chance.
const BELIEVED_FRAMES: usize = 4;

/// At the very first byte there is one place, not 2^31, so two are enough: one object of noise in
/// 600 million.
const BELIEVED_FRAMES_AT_START: usize = 2;

/// 1,441 bytes: 144 · 320,000 bit/s / 32,000 Hz, or 72 · 160,000 / 8,000, and one of padding.
const MAX_FRAME_BYTES: usize = 1441;

const FRAME_HEADER_BYTES: usize = 4;

/// A row to be believed: three frames and the header of the fourth, 4,327 bytes.
const WINDOW_BYTES: usize = (BELIEVED_FRAMES - 1) * MAX_FRAME_BYTES + FRAME_HEADER_BYTES;

/// 4,096 bytes may come before the first frame: the rest of a frame cut in two, padding behind a
/// tag. More, and the object is something else that happens to contain MPEG audio.
const MAX_GARBAGE_BYTES: u64 = 4096;

/// An encoder's notes end at most here in a frame: header and side information 36, "Xing" and its
/// flags 8, frames and bytes 8, seek table 100, quality 4, LAME's tag 36.
const NOTES_BYTES: usize = 192;

/// Length of an `ID3v2` tag's header, and of the footer that may repeat it.
const ID3_HEADER_BYTES: usize = 10;

/// kbit/s by index, MPEG 1 layer III; index 0 ("free") has no length that can be known.
const KILOBITS_MPEG_1: [u16; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];

/// kbit/s by index, MPEG 2 and 2.5 layer III.
const KILOBITS_MPEG_2: [u16; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];

/// Length of the `ID3v2` tag that begins here, header and footer included.
///
/// ID3 tag version 2.4.0, sections 3.1 and 3.4: the size is 28 bits in four bytes below `0x80`, so
/// that no byte of it looks like a frame.
pub(super) fn id3_bytes(header: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', version, revision, flags, a, b, c, d, ..] = *header else {
        return None;
    };
    if version == 0xFF || revision == 0xFF || (a | b | c | d) >= 0x80 {
        return None;
    }
    let body = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
    let headers: u64 = if flags & 0x10 == 0 { 1 } else { 2 };
    Some(body + headers * ID3_HEADER_BYTES as u64)
}

/// Counts frames.
#[derive(Clone, Debug)]
pub(super) struct Mp3 {
    bytes: Collector<WINDOW_BYTES>,
    /// The first frame believed; what is said of the object.
    first: Option<Frame>,
    /// The part being counted: it goes on until something is not a frame.
    part: Option<Part>,
    /// Duration of the parts before it. Recordings put one behind the other may differ in rate.
    parts_milliseconds: u64,
    in_step: bool,
    /// Bytes that belong to no frame.
    garbage_bytes: u64,
    rejected: bool,
}

/// A row of frames alike.
#[derive(Clone, Copy, Debug)]
struct Part {
    frame: Frame,
    /// Frames that arrived whole.
    whole: u64,
    /// Another has begun.
    begun: bool,
    notes: Notes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    version: Version,
    sample_rate_hertz: u32,
    channels: u16,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Mpeg1,
    Mpeg2,
    Mpeg25,
}

/// What an encoder noted about its own output.
#[derive(Clone, Copy, Debug, Default)]
struct Notes {
    /// Frames with sound; 0 unknown.
    frames: u64,
    /// Samples at the front that were not in the original.
    delay_samples: u64,
    /// Samples at the end that were not.
    padding_samples: u64,
}

impl Mp3 {
    /// Begins at a frame, or not far before one.
    pub(super) const fn new() -> Self {
        Self {
            bytes: Collector::new(),
            first: None,
            part: None,
            parts_milliseconds: 0,
            in_step: false,
            garbage_bytes: 0,
            rejected: false,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while !self.rejected && self.step(&mut input).is_some() {}
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<()> {
        if self.in_step {
            self.in_step = self.step_frame(input)?;
            return Some(());
        }
        // Where nothing is held, everything up to the next 0xFF can be passed at once.
        if self.bytes.settle(input) && self.bytes.held().is_empty() {
            let passed = input.iter().position(|byte| *byte == 0xFF).unwrap_or(input.len());
            *input = &input[passed..];
            self.pass_garbage(passed as u64);
        }
        if let Some(first) = self.row_begins(input)? {
            self.begin_part(first);
        } else {
            self.bytes.skip(1);
            self.pass_garbage(1);
        }
        Some(())
    }

    /// At the place where the next frame should begin: does it?
    fn step_frame(&mut self, input: &mut &[u8]) -> Option<bool> {
        let header = self.bytes.peek(input, FRAME_HEADER_BYTES)?;
        let part = self.part.as_mut()?;
        part.whole += u64::from(part.begun);
        let next = Frame::read(header).filter(|frame| frame.alike(part.frame));
        part.begun = next.is_some();
        self.bytes.skip(next.map_or(0, |frame| frame.bytes as u64));
        Some(part.begun)
    }

    /// The first of a row of frames, if one begins here; `None` while too little has arrived to tell.
    #[expect(clippy::option_option, reason = "unknown yet, no, or which")]
    fn row_begins(&mut self, input: &mut &[u8]) -> Option<Option<Frame>> {
        let at_start = self.first.is_none() && self.garbage_bytes == 0;
        let mut first = None;
        let mut offset = 0;
        for _ in 0..if at_start { BELIEVED_FRAMES_AT_START } else { BELIEVED_FRAMES } {
            let window = self.bytes.peek(input, offset + FRAME_HEADER_BYTES)?;
            let Some(frame) = Frame::read(&window[offset..]) else {
                return Some(None);
            };
            if !frame.alike(*first.get_or_insert(frame)) {
                return Some(None);
            }
            offset += frame.bytes;
        }
        Some(first)
    }

    /// Takes the held row for sound.
    fn begin_part(&mut self, frame: Frame) {
        self.parts_milliseconds = self.milliseconds();
        self.first = self.first.or(Some(frame));
        let held = self.bytes.held();
        let notes = Notes::read(frame, &held[..frame.bytes.min(held.len())]);
        if notes.is_some() {
            self.bytes.skip(frame.bytes as u64);
        }
        self.part = Some(Part { frame, whole: 0, begun: false, notes: notes.unwrap_or_default() });
        self.in_step = true;
    }

    fn pass_garbage(&mut self, count: u64) {
        self.garbage_bytes = self.garbage_bytes.saturating_add(count);
        self.rejected = self.first.is_none() && self.garbage_bytes > MAX_GARBAGE_BYTES;
    }

    /// Duration of all parts, the current one as far as it arrived.
    fn milliseconds(&self) -> u64 {
        let current = self.part.map_or(0, |part| {
            let last_whole = part.begun && self.bytes.owed() == 0;
            let whole = part.whole + u64::from(last_whole);
            let samples = part.notes.played(whole, part.frame.samples());
            scale(samples, 1000, u64::from(part.frame.sample_rate_hertz))
        });
        self.parts_milliseconds.saturating_add(current)
    }

    pub(super) fn finish(self) -> Probe {
        let Some(first) = self.first else {
            let nothing = self.garbage_bytes == 0 && self.bytes.held().is_empty();
            return if nothing { Probe::NoAudio } else { Probe::NotAudio };
        };
        match self.milliseconds() {
            0 => Probe::NoAudio,
            duration_milliseconds => Probe::Audio(Audio {
                container: Container::Mp3,
                codec: Codec::Mp3,
                channels: first.channels,
                sample_rate_hertz: first.sample_rate_hertz,
                duration_milliseconds: Some(duration_milliseconds),
            }),
        }
    }
}

impl Frame {
    fn read(header: &[u8]) -> Option<Self> {
        let header = header.get(..FRAME_HEADER_BYTES)?;
        // 11 bits of sync, then layer III is `01`.
        if header[0] != 0xFF || header[1] & 0xE6 != 0xE2 {
            return None;
        }
        let version = match header[1] >> 3 & 3 {
            0 => Version::Mpeg25,
            2 => Version::Mpeg2,
            3 => Version::Mpeg1,
            _ => return None,
        };
        let rate_index = usize::from(header[2] >> 2 & 3);
        let rate_mpeg_1: u32 = *[44_100, 48_000, 32_000].get(rate_index)?;
        let bitrate_index = usize::from(header[2] >> 4);
        let (kilobits, sample_rate_hertz, slots) = match version {
            Version::Mpeg1 => (KILOBITS_MPEG_1[bitrate_index], rate_mpeg_1, 144),
            Version::Mpeg2 => (KILOBITS_MPEG_2[bitrate_index], rate_mpeg_1 / 2, 72),
            Version::Mpeg25 => (KILOBITS_MPEG_2[bitrate_index], rate_mpeg_1 / 4, 72),
        };
        // Emphasis 2 is reserved.
        if kilobits == 0 || header[3] & 3 == 2 {
            return None;
        }
        let padding = u32::from(header[2] >> 1 & 1);
        let bytes = slots * u32::from(kilobits) * 1000 / sample_rate_hertz + padding;
        let channels = if header[3] >> 6 == 3 { 1 } else { 2 };
        Some(Self { version, sample_rate_hertz, channels, bytes: usize::try_from(bytes).ok()? })
    }

    /// Frames of one recording share version and sampling rate; bit rate and mode may change.
    fn alike(self, other: Self) -> bool {
        self.version == other.version && self.sample_rate_hertz == other.sample_rate_hertz
    }

    /// Samples a channel.
    fn samples(self) -> u64 {
        match self.version {
            Version::Mpeg1 => 1152,
            Version::Mpeg2 | Version::Mpeg25 => 576,
        }
    }

    /// Bytes of header and side information, behind which sound, or "Xing", begins.
    fn side_end(self) -> usize {
        FRAME_HEADER_BYTES
            + match (self.version, self.channels) {
                (Version::Mpeg1, 1) => 17,
                (Version::Mpeg1, _) => 32,
                (_, 1) => 9,
                _ => 17,
            }
    }
}

impl Notes {
    /// The notes in a first frame, if it holds notes and no sound.
    fn read(first: Frame, frame: &[u8]) -> Option<Self> {
        let frame = &frame[..frame.len().min(NOTES_BYTES)];
        // VBRI is 32 bytes after the header, whatever the mode; its frames 14 bytes further.
        let fraunhofer = FRAME_HEADER_BYTES + 32;
        if array(frame, fraunhofer) == *b"VBRI" {
            let frames = u64::from(be32(frame, fraunhofer + 14));
            return Some(Self { frames, ..Self::default() });
        }
        let at = first.side_end();
        if ![*b"Xing", *b"Info"].contains(&array(frame, at)) {
            return None;
        }
        // Flags say which fields follow: frames, bytes, a seek table of 100 bytes, quality.
        let flags = be32(frame, at + 4);
        let mut next = at + 8;
        let frames = if flags & 1 == 0 { 0 } else { u64::from(be32(frame, next)) };
        for (flag, field_bytes) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
            if flags & flag != 0 {
                next += field_bytes;
            }
        }
        // LAME's tag: 9 bytes of name, and at 21 two numbers of 12 bits. Others write it too.
        let named = [*b"LAME", *b"Lavf", *b"Lavc", *b"GOGO"].contains(&array(frame, next));
        let both = if named { u64::from(be24(frame, next + 21)) } else { 0 };
        Some(Self { frames, delay_samples: both >> 12, padding_samples: both & 0xFFF })
    }

    /// Samples that play, of `whole` frames that arrived. The padding is at the very end, so it
    /// counts only once that has arrived; fewer frames never give more.
    fn played(self, whole: u64, samples_a_frame: u64) -> u64 {
        let arrived = whole.saturating_mul(samples_a_frame);
        let noted = self.frames * samples_a_frame;
        let end = if self.frames > 0 && whole <= self.frames {
            arrived.min(noted.saturating_sub(self.padding_samples))
        } else {
            arrived
        };
        end.saturating_sub(self.delay_samples)
    }
}
