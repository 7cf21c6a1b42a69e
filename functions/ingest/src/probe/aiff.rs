//! AIFF (Apple, "Audio Interchange File Format", version 1.3) and AIFF-C (Apple's draft of 1991): chunks, the
//! bytes of every number the other way round than in WAV.

use super::bytes::{Collector, array, be16, be32, be64, scale, take};
use super::outcome::{audio, audio_of_unknown_length};
use policy::audio::{Codec, Container, Probe};

/// `FORM`, a size, `AIFF` or `AIFC`.
const FORM_HEADER_BYTES: usize = 12;

/// A chunk's name and size.
const CHUNK_HEADER_BYTES: usize = 8;

/// `COMM`: channels 2, sample frames 4, bits 2, rate 10; in AIFF-C, the coding 4.
const COMMON_BYTES: usize = 18;
const COMMON_BYTES_WITH_CODING: usize = 22;

/// `SSND`: offset and block size before the samples.
const SOUND_HEADER_BYTES: usize = 8;

/// Follows the chunks to the samples and counts those that arrive.
#[derive(Clone, Debug)]
pub(super) struct Aiff {
    bytes: Collector<COMMON_BYTES_WITH_CODING>,
    state: State,
    compressed: bool,
    common: Option<Common>,
    /// The samples' size in the header; `None` where it was never filled in.
    claimed_data_bytes: Option<u64>,
    arrived_data_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Form,
    Chunk,
    Common {
        size: u32,
    },
    Sound {
        size: u32,
    },
    /// Among the samples; `left` to come.
    Data {
        left: u64,
    },
    /// Not a chain of chunks.
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct Common {
    channels: u16,
    sample_frames: u32,
    bits_a_sample: u16,
    sample_rate_hertz: u32,
    coding: [u8; 4],
}

impl Aiff {
    /// Begins at `FORM`.
    pub(super) const fn new() -> Self {
        Self {
            bytes: Collector::new(),
            state: State::Form,
            compressed: false,
            common: None,
            claimed_data_bytes: None,
            arrived_data_bytes: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        match self.state {
            State::Form => {
                self.compressed = self.bytes.peek(input, FORM_HEADER_BYTES)?.ends_with(b"AIFC");
                self.bytes.skip(FORM_HEADER_BYTES as u64);
                Some(State::Chunk)
            }
            State::Chunk => {
                let header = self.bytes.peek(input, CHUNK_HEADER_BYTES)?;
                let (name, size): ([u8; 4], u32) = (array(header, 0), be32(header, 4));
                self.bytes.skip(CHUNK_HEADER_BYTES as u64);
                Some(match &name {
                    b"COMM" if u64::from(size) >= COMMON_BYTES as u64 => State::Common { size },
                    b"SSND" => State::Sound { size },
                    _ if name.iter().all(|letter| (0x20..0x7F).contains(letter)) => self.leave(u64::from(size)),
                    _ => State::Broken,
                })
            }
            State::Common { size } => {
                let wanted = if self.compressed { COMMON_BYTES_WITH_CODING } else { COMMON_BYTES };
                let wanted = usize::try_from(size).unwrap_or(usize::MAX).min(wanted);
                let body = self.bytes.peek(input, wanted)?;
                self.common = Some(Common {
                    channels: be16(body, 0),
                    sample_frames: be32(body, 2),
                    bits_a_sample: be16(body, 6),
                    sample_rate_hertz: extended_hertz(be16(body, 8), be64(body, 10)),
                    coding: if self.compressed { array(body, COMMON_BYTES) } else { *b"NONE" },
                });
                Some(self.leave(u64::from(size)))
            }
            State::Sound { size } => {
                let offset = u64::from(be32(self.bytes.peek(input, SOUND_HEADER_BYTES)?, 0));
                let before = SOUND_HEADER_BYTES as u64 + offset;
                self.bytes.skip(before);
                // Zero and all ones were never filled in.
                let claimed = (size != 0 && size != u32::MAX).then(|| u64::from(size).saturating_sub(before));
                self.claimed_data_bytes = claimed;
                Some(State::Data { left: claimed.unwrap_or(u64::MAX) })
            }
            State::Data { left } => {
                if !self.bytes.settle(input) {
                    return None;
                }
                let samples = take(input, usize::try_from(left).unwrap_or(usize::MAX)).len() as u64;
                self.arrived_data_bytes = self.arrived_data_bytes.saturating_add(samples);
                if samples == left {
                    self.bytes.skip(self.arrived_data_bytes % 2);
                    return Some(State::Chunk);
                }
                self.state = State::Data { left: left - samples };
                None
            }
            State::Broken => None,
        }
    }

    /// Passes a chunk's body, and the byte that pads an odd one.
    fn leave(&mut self, size: u64) -> State {
        self.bytes.skip(size + size % 2);
        State::Chunk
    }

    pub(super) fn finish(self) -> Probe {
        let Some(common) = self.common else {
            return if matches!(self.state, State::Broken) { Probe::NotAudio } else { Probe::NoAudio };
        };
        let channels = u64::from(common.channels);
        let bytes = self.arrived_data_bytes;
        // Codings: AIFF-C's draft; `QuickTime` File Format.
        let by_sample = |sample_bytes: u16| bytes.checked_div(u64::from(sample_bytes) * channels);
        let (codec, samples) = match &common.coding {
            b"NONE" | b"twos" | b"sowt" | b"raw " => (Codec::Pcm, by_sample(common.bits_a_sample.div_ceil(8))),
            b"in24" => (Codec::Pcm, by_sample(3)),
            b"in32" | b"fl32" | b"FL32" => (Codec::Pcm, by_sample(4)),
            b"fl64" | b"FL64" => (Codec::Pcm, by_sample(8)),
            b"ulaw" | b"ULAW" => (Codec::Mulaw, by_sample(1)),
            b"alaw" | b"ALAW" => (Codec::Alaw, by_sample(1)),
            // Blocks of 34 bytes a channel hold 64 samples.
            b"ima4" => (Codec::Adpcm, (bytes / 34 * 64).checked_div(channels)),
            b"agsm" | b"GSM " => (Codec::Gsm, Some(bytes / 33 * 160)),
            _ => (Codec::Other, None),
        };
        let samples = samples.or_else(|| {
            let claimed = self.claimed_data_bytes.filter(|_| common.sample_frames > 0)?;
            Some(scale(u64::from(common.sample_frames), bytes.min(claimed), claimed))
        });
        match samples {
            Some(samples) => audio(Container::Aiff, codec, common.channels, common.sample_rate_hertz, samples),
            None if bytes == 0 => Probe::NoAudio,
            None => audio_of_unknown_length(Container::Aiff, codec, common.channels, common.sample_rate_hertz),
        }
    }
}

/// Whole hertz of an 80-bit floating point number: 15 bits of exponent, 64 of mantissa with its leading one.
/// 0 where it is not a number below 2^32.
fn extended_hertz(exponent: u16, mantissa: u64) -> u32 {
    match u32::from(exponent).checked_sub(16_383) {
        Some(power @ 0..32) => u32::try_from(mantissa >> (63 - power)).unwrap_or(0),
        _ => 0,
    }
}
