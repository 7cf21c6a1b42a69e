//! AAC frames one after the other, each after its own header: ISO/IEC 13818-7 section 6.2 and
//! 14496-3 section 1.A.2 (`adts_frame`).
//!
//! The first frame is at the very front. After damage the row continues where a header repeats what
//! all of them have in common and another follows.

use super::bytes::{Collector, byte};
use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// Fixed and variable header, without the checksum that may follow.
const HEADER_BYTES: usize = 7;

/// Samples a channel in each block of a frame.
const BLOCK_SAMPLES: u64 = 1024;

/// Hertz by index (ISO/IEC 14496-3, table 1.18).
pub(super) const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Counts frames.
#[derive(Clone, Debug)]
pub(super) struct Adts {
    bytes: Collector<HEADER_BYTES>,
    state: State,
    /// The first frame believed; what is said of the object.
    first: Option<Frame>,
    /// Blocks in the frames that arrived whole and were followed by another.
    blocks: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// At the very front.
    Start,
    /// Within something that looks like a frame: believed if another follows.
    Candidate(Frame),
    /// Within a frame.
    Frame(Frame),
    /// Among bytes that are no frame.
    Lost,
    /// It does not begin with two frames.
    Rejected,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// What all frames of a stream have in common.
    fixed: [u8; 4],
    sample_rate_hertz: u32,
    channels: u16,
    bytes: u64,
    blocks: u64,
}

impl Adts {
    /// Begins at a frame.
    pub(super) const fn new() -> Self {
        Self { bytes: Collector::new(), state: State::Start, first: None, blocks: 0 }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        if matches!(self.state, State::Rejected) {
            return None;
        }
        if matches!(self.state, State::Lost) && self.bytes.settle(input) && self.bytes.held().is_empty() {
            let passed = input.iter().position(|byte| *byte == 0xFF).unwrap_or(input.len());
            *input = &input[passed..];
        }
        let found = Frame::read(self.bytes.peek(input, HEADER_BYTES)?);
        let next = found.filter(|frame| self.first.is_none_or(|first| first.fixed == frame.fixed));
        let state = match (self.state, next) {
            (State::Start, None) => State::Rejected,
            (State::Start | State::Lost, Some(frame)) => State::Candidate(frame),
            (State::Candidate(before), Some(frame)) if before.fixed == frame.fixed => {
                self.first = self.first.or(Some(before));
                self.blocks += before.blocks;
                State::Frame(frame)
            }
            (State::Candidate(_), _) if self.first.is_none() => State::Rejected,
            (State::Frame(before), next) => {
                self.blocks += before.blocks;
                next.map_or(State::Lost, State::Frame)
            }
            (State::Candidate(_) | State::Lost | State::Rejected, _) => State::Lost,
        };
        self.bytes.skip(match state {
            State::Candidate(frame) | State::Frame(frame) => frame.bytes,
            State::Start | State::Lost | State::Rejected => 1,
        });
        Some(state)
    }

    /// `None` where this is not AAC.
    pub(super) fn finish(self) -> Option<Probe> {
        let first = self.first?;
        let last = match self.state {
            State::Frame(frame) if self.bytes.owed() == 0 => frame.blocks,
            _ => 0,
        };
        let samples = (self.blocks + last) * BLOCK_SAMPLES;
        Some(audio(Container::Adts, Codec::Aac, first.channels, first.sample_rate_hertz, samples))
    }
}

impl Frame {
    fn read(header: &[u8]) -> Option<Self> {
        // 12 bits of sync; layer 0, where MPEG audio has its own.
        if byte(header, 0) != 0xFF || byte(header, 1) & 0xF6 != 0xF0 {
            return None;
        }
        let fixed = [byte(header, 0), byte(header, 1), byte(header, 2), byte(header, 3) & 0xC0];
        let sample_rate_hertz = *SAMPLE_RATES.get(usize::from(fixed[2] >> 2 & 0x0F))?;
        // 7 means 7.1; 0, a layout described within the frame, is not for calls.
        let channels = match (fixed[2] & 1) << 2 | fixed[3] >> 6 {
            0 => return None,
            7 => 8,
            count => u16::from(count),
        };
        let length =
            u64::from(byte(header, 3) & 3) << 11 | u64::from(byte(header, 4)) << 3 | u64::from(byte(header, 5) >> 5);
        let blocks = u64::from(byte(header, 6) & 3) + 1;
        (length > HEADER_BYTES as u64).then_some(Self { fixed, sample_rate_hertz, channels, bytes: length, blocks })
    }
}
