//! GSM 06.10 without any header (`.gsm`): a row of frames of 33 bytes, 20 ms each, as RFC 3551, section
//! 4.5.8.1 packs them. A frame is recognised by its first four bits only, so it takes some in a row.

use super::bytes::Collector;
use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// 260 bits, and the four of the signature before them.
const FRAME_BYTES: usize = 33;

/// The signature, in the upper half of a frame's first byte.
const SIGNATURE: u8 = 0xD;

/// 8 frames, 160 ms: by chance one object in 2^32 begins so.
const BELIEVED_FRAMES: u64 = 8;

const SAMPLE_RATE_HERTZ: u32 = 8_000;
const FRAME_SAMPLES: u64 = 160;

/// Counts frames.
#[derive(Clone, Debug)]
pub(super) struct Gsm {
    bytes: Collector<FRAME_BYTES>,
    /// Frames that arrived whole.
    frames: u64,
    /// Another has begun.
    begun: bool,
    rejected: bool,
}

impl Gsm {
    /// Begins at a frame.
    pub(super) const fn new() -> Self {
        Self { bytes: Collector::new(), frames: 0, begun: false, rejected: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while !self.rejected && self.step(&mut input).is_some() {}
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<()> {
        let first = !self.begun && self.frames == 0;
        // The first frame is looked at whole: A-law's silence is 0xD5, over and over.
        let held = self.bytes.peek(input, if first { FRAME_BYTES } else { 1 })?;
        let signed = held[0] >> 4 == SIGNATURE && !(first && held.iter().all(|byte| *byte == held[0]));
        self.frames += u64::from(self.begun);
        // Within a row that is believed a frame without signature is damaged: it does not play.
        self.rejected = !signed && self.frames < BELIEVED_FRAMES;
        self.begun = signed;
        self.bytes.skip(FRAME_BYTES as u64);
        Some(())
    }

    /// `None` where this is not GSM.
    pub(super) fn finish(self) -> Option<Probe> {
        let frames = self.frames + u64::from(self.begun && self.bytes.owed() == 0);
        (!self.rejected && frames >= BELIEVED_FRAMES)
            .then(|| audio(Container::Gsm, Codec::Gsm, 1, SAMPLE_RATE_HERTZ, frames * FRAME_SAMPLES))
    }
}
