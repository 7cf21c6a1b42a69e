//! AMR and AMR-WB in a file of their own: RFC 4867, section 5. A frame's type gives its length, and each
//! lasts 20 ms.

use super::bytes::{Collector, byte};
use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// The marks, the longer ones first where one begins another.
const SINGLE_NARROW: &[u8] = b"#!AMR\n";
const SINGLE_WIDE: &[u8] = b"#!AMR-WB\n";
const MULTI_NARROW: &[u8] = b"#!AMR_MC1.0\n";
const MULTI_WIDE: &[u8] = b"#!AMR-WB_MC1.0\n";

/// Behind the mark of several channels: 28 reserved bits, then how many.
const CHANNELS_BYTES: usize = 4;

/// 19 bytes: the longest mark and the channels.
const HELD_BYTES: usize = MULTI_WIDE.len() + CHANNELS_BYTES;

/// Bytes of speech by frame type (3GPP TS 26.101, table 1a): eight rates, four kinds of comfort noise, three
/// reserved types, no data.
const NARROW_BYTES: [Option<u64>; 16] = [
    Some(12),
    Some(13),
    Some(15),
    Some(17),
    Some(19),
    Some(20),
    Some(26),
    Some(31),
    Some(5),
    Some(6),
    Some(5),
    Some(5),
    None,
    None,
    None,
    Some(0),
];

/// Bytes of speech by frame type (3GPP TS 26.201, table 1a): nine rates, comfort noise, four reserved types,
/// speech lost, no data.
const WIDE_BYTES: [Option<u64>; 16] = [
    Some(17),
    Some(23),
    Some(32),
    Some(36),
    Some(40),
    Some(46),
    Some(50),
    Some(58),
    Some(60),
    Some(5),
    None,
    None,
    None,
    None,
    Some(0),
    Some(0),
];

/// Counts frames.
#[derive(Clone, Debug)]
pub(super) struct Amr {
    bytes: Collector<HELD_BYTES>,
    state: State,
    wide: bool,
    channels: u16,
    /// Frames that arrived whole.
    frames: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Mark,
    /// Where a frame begins; `behind` another, which has arrived when this is reached.
    Frame {
        behind: bool,
    },
    /// What follows is no frame.
    Broken,
}

/// Whether an object is AMR, by its first 12 bytes.
pub(super) fn may_begin(mark: &[u8]) -> bool {
    [SINGLE_NARROW, SINGLE_WIDE, MULTI_NARROW, MULTI_WIDE]
        .into_iter()
        .any(|known| mark.starts_with(known.get(..mark.len()).unwrap_or(known)))
}

impl Amr {
    /// Begins at the mark.
    pub(super) const fn new() -> Self {
        Self { bytes: Collector::new(), state: State::Mark, wide: false, channels: 1, frames: 0 }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        match self.state {
            State::Mark => self.read_mark(input),
            State::Frame { behind } => {
                let header = byte(self.bytes.peek(input, 1)?, 0);
                self.frames += u64::from(behind);
                let sizes = if self.wide { WIDE_BYTES } else { NARROW_BYTES };
                // Padding, four bits of type, quality, padding.
                let speech_bytes = sizes[usize::from(header >> 3 & 0x0F)].filter(|_| header & 0x83 == 0);
                let Some(speech_bytes) = speech_bytes else {
                    return Some(State::Broken);
                };
                self.bytes.skip(1 + speech_bytes);
                Some(State::Frame { behind: true })
            }
            State::Broken => None,
        }
    }

    fn read_mark(&mut self, input: &mut &[u8]) -> Option<State> {
        let held = self.bytes.peek(input, SINGLE_NARROW.len())?;
        if held == SINGLE_NARROW {
            self.bytes.skip(SINGLE_NARROW.len() as u64);
            return Some(State::Frame { behind: false });
        }
        let held = self.bytes.peek(input, SINGLE_WIDE.len())?;
        if held == SINGLE_WIDE {
            self.wide = true;
            self.bytes.skip(SINGLE_WIDE.len() as u64);
            return Some(State::Frame { behind: false });
        }
        self.wide = held.starts_with(b"#!AMR-WB");
        let mark = if self.wide { MULTI_WIDE } else { MULTI_NARROW };
        let held = self.bytes.peek(input, mark.len() + CHANNELS_BYTES)?;
        self.channels = u16::from(byte(held, mark.len() + CHANNELS_BYTES - 1) & 0x0F);
        let whole = held.starts_with(mark) && self.channels > 0;
        self.bytes.skip((mark.len() + CHANNELS_BYTES) as u64);
        Some(if whole { State::Frame { behind: false } } else { State::Broken })
    }

    pub(super) fn finish(self) -> Probe {
        let last = self.state == State::Frame { behind: true } && self.bytes.owed() == 0;
        let frames = self.frames + u64::from(last);
        if frames == 0 && self.state == State::Broken {
            return Probe::NotAudio;
        }
        let (codec, rate) = if self.wide { (Codec::AmrWideband, 16_000) } else { (Codec::Amr, 8_000) };
        // 20 ms.
        let samples = frames / u64::from(self.channels) * u64::from(rate / 50);
        audio(Container::Amr, codec, self.channels, rate, samples)
    }
}
