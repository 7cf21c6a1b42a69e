//! G.722 at 64 kbit/s without any header (`.g722`): nothing but samples, two to a byte.
//!
//! It is recognised by what never occurs in it. The lower six bits of a byte are the lower band's code, and the
//! encoder's tables have 60 of its 64 values. The upper four of the six are never all zero, so that the coarser
//! modes never send a zero (ITU-T G.722, section 3 and tables 7 to 9). In other data one byte of 16 is such a
//! byte on average, and nearly every file format has a zero. The object's name is not used: it may be wrong,
//! and the bytes suffice.
//!
//! What can't be recognised so stays [`Probe::NotAudio`]: less than a tenth of a second, and digital silence from
//! end to end. So does bare G.711 or linear PCM, where any byte may follow any other.

use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// 800 bytes, 100 ms: noise without a byte that G.722 can't have is one object in 10^22.
const BELIEVED_BYTES: u64 = 800;

const SAMPLE_RATE_HERTZ: u32 = 16_000;
const SAMPLES_A_BYTE: u64 = 2;

/// All four codes of the upper band.
const ALL_HIGH_CODES: u8 = 0b1111;

/// Counts the bytes up to the first one that G.722 never has.
#[derive(Clone, Debug)]
pub(super) struct G722 {
    bytes: u64,
    /// Which codes of the upper band were seen. Sound has all four; text and quiet µ-law do not.
    high_codes: u8,
    /// A byte that no text has was seen.
    control: bool,
    ended: bool,
}

impl G722 {
    /// Begins at the first sample.
    pub(super) const fn new() -> Self {
        Self { bytes: 0, high_codes: 0, control: false, ended: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        if self.ended {
            return;
        }
        let end = chunk.iter().position(|byte| byte & 0x3C == 0);
        let samples = &chunk[..end.unwrap_or(chunk.len())];
        self.ended = end.is_some();
        self.bytes = self.bytes.saturating_add(samples.len() as u64);
        if self.high_codes != ALL_HIGH_CODES || !self.control {
            for byte in samples {
                self.high_codes |= 1 << (byte >> 6);
                self.control |= *byte < 0x20 && !byte.is_ascii_whitespace();
            }
        }
    }

    /// `None` where this is not G.722, or can't be recognised as such.
    pub(super) fn finish(self) -> Option<Probe> {
        let believed = self.bytes >= BELIEVED_BYTES && self.high_codes == ALL_HIGH_CODES && self.control;
        let samples = self.bytes.saturating_mul(SAMPLES_A_BYTE);
        believed.then(|| audio(Container::G722, Codec::G722, 1, SAMPLE_RATE_HERTZ, samples))
    }
}
