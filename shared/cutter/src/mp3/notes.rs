//! A first frame that holds an encoder's notes and no sound: "Xing" or "Info" (Xing's header of variable bit rate, with
//! LAME's "Mp3 Info Tag rev 1" behind it), or "VBRI" (Fraunhofer).

use crate::bytes::{array, be32, bits};
use crate::mp3::header::{HEADER_BYTES, Header};

/// What a decoder needs to begin, in samples: players leave out so many more than the notes say (LAME's "tech FAQ").
pub(crate) const DECODER_DELAY_SAMPLES: u64 = 529;

/// Mark and flags, numbers of frames and bytes, a table of 100 places, the quality.
const XING_BYTES: usize = 120;
/// Where LAME's notes hold delay and padding, and how long they are.
const TRIM_AT: usize = 21;
const LAME_BYTES: usize = 36;

/// What the notes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Frames with sound; 0 unknown.
    pub(crate) frames: u64,
    /// As they are written, without what a decoder needs.
    delay_samples: u64,
    padding_samples: u64,
    is_trimmed: bool,
}

impl Notes {
    /// The notes of a first frame, where it holds notes.
    pub(crate) fn read(header: Header, frame: &[u8]) -> Option<Self> {
        if array(frame, HEADER_BYTES + 32) == *b"VBRI" {
            let frames = u64::from(be32(frame, HEADER_BYTES + 32 + 14));
            return Some(Self { frames, ..Self::default() });
        }
        // A checksum of the frame does not move them.
        let at = HEADER_BYTES + header.side_bytes();
        if ![*b"Xing", *b"Info"].contains(&array(frame, at)) {
            return None;
        }
        let flags = be32(frame, at + 4);
        let frames = if flags & 1 == 0 { 0 } else { u64::from(be32(frame, at + 8)) };
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let lame: usize =
            at + 8 + fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, bytes)| bytes).sum::<usize>();
        // Whose notes players believe.
        let is_trimmed = [*b"LAME", *b"Lavf", *b"Lavc"].contains(&array(frame, lame));
        let trim = |bit: usize| if is_trimmed { u64::from(bits(frame, (lame + TRIM_AT) * 8 + bit, 12)) } else { 0 };
        Some(Self { frames, delay_samples: trim(0), padding_samples: trim(12), is_trimmed })
    }

    /// Samples at the front that players leave out.
    pub(crate) fn skipped_samples(self) -> u64 {
        if self.is_trimmed { self.delay_samples + DECODER_DELAY_SAMPLES } else { 0 }
    }

    /// Samples at the end that players leave out, of a recording of so many frames.
    pub(crate) fn trimmed_samples(self, frames: u64) -> u64 {
        if frames == self.frames { self.padding_samples.saturating_sub(DECODER_DELAY_SAMPLES) } else { 0 }
    }

    /// Samples of all frames, of a recording that plays so many.
    pub(crate) fn all_samples(self, played_samples: u64) -> u64 {
        played_samples + self.delay_samples + self.padding_samples
    }
}

/// Notes on a file whose first frame they are: `places` is where each frame with sound begins, behind the notes, and
/// the last of them where the file ends. Of the sound `skipped` samples at the front are left out, and `trimmed` at
/// the end.
pub(crate) fn written(header: Header, places: &[usize], skipped: u64, trimmed: u64) -> Vec<u8> {
    let resized = header.resized(XING_BYTES + LAME_BYTES);
    let mut frame = resized.header.to_vec();
    frame.resize(HEADER_BYTES + header.side_bytes(), 0);
    let frames = places.len() - 1;
    let bytes = frame.len() + resized.main_bytes + places[frames];
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    frame.extend_from_slice(b"Xing");
    // Frames, bytes, the table, the quality.
    frame.extend_from_slice(&15_u32.to_be_bytes());
    frame.extend_from_slice(&narrow(frames));
    frame.extend_from_slice(&narrow(bytes));
    // Where each hundredth of the time begins, in 256ths of the bytes.
    let notes_bytes = bytes - places[frames];
    frame.extend((0..100).map(|hundredth| {
        let place = notes_bytes + places[hundredth * frames / 100];
        u8::try_from(place as u64 * 256 / bytes as u64).unwrap_or(u8::MAX)
    }));
    frame.extend_from_slice(&[0; 4]);
    let lame_at = frame.len();
    frame.extend_from_slice(b"LAME");
    frame.resize(lame_at + TRIM_AT, 0);
    let delay = u32::try_from(skipped.saturating_sub(DECODER_DELAY_SAMPLES)).unwrap_or_default();
    let padding = u32::try_from(trimmed + DECODER_DELAY_SAMPLES).unwrap_or_default();
    frame.extend_from_slice(&(delay << 12 | padding).to_be_bytes()[1..]);
    frame.resize(lame_at + LAME_BYTES - 2, 0);
    let checksum = frame.iter().fold(0, |checksum, byte| crc_16(checksum, *byte));
    frame.extend_from_slice(&checksum.to_be_bytes());
    frame.resize(notes_bytes, 0);
    frame
}

/// CRC-16/ARC, as LAME writes it over everything before.
fn crc_16(crc: u16, byte: u8) -> u16 {
    (0..8).fold(crc ^ u16::from(byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xA001 })
}
