//! Sound that is samples and nothing else: G.711, linear PCM and G.729 without a header, as Asterisk records
//! where its format is set so. No byte tells it from noise, so the ending of the object's name does; a format
//! that has a mark is what its mark says, whatever the name.

use super::bytes::scale;
use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// What a name's ending says of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    codec: Codec,
    sample_rate_hertz: u32,
    /// So many bytes are so many samples.
    bytes: u64,
    samples: u64,
}

impl Coding {
    /// Asterisk's endings (`formats/format_pcm.c`, `format_sln.c`, `format_g729.c`): µ-law, A-law, signed linear
    /// of 16 bits in little-endian order at the rate in the ending, G.729 in frames of 10 bytes. `pcm` and `raw`
    /// mean this here and that there, so they mean nothing.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        let one = |codec, sample_rate_hertz, bytes, samples| Self { codec, sample_rate_hertz, bytes, samples };
        let linear = |sample_rate_hertz| one(Codec::Pcm, sample_rate_hertz, 2, 1);
        Some(match ending.to_ascii_lowercase().as_str() {
            "ulaw" | "ul" | "ulw" | "mu" | "mulaw" | "pcmu" => one(Codec::Mulaw, 8_000, 1, 1),
            "alaw" | "al" | "alw" | "pcma" => one(Codec::Alaw, 8_000, 1, 1),
            "sln" | "slin" => linear(8_000),
            "sln12" => linear(12_000),
            "sln16" | "slin16" => linear(16_000),
            "sln24" => linear(24_000),
            "sln32" => linear(32_000),
            "sln44" => linear(44_100),
            "sln48" | "slin48" => linear(48_000),
            "sln96" => linear(96_000),
            "sln192" => linear(192_000),
            "g729" => one(Codec::G729, 8_000, 10, 80),
            _ => return None,
        })
    }
}

/// Whether an object that begins so is surely something else, whatever its name: an archive, a document, a page.
pub(super) fn is_something_else(mark: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"%PDF", b"RIFF", b"<html", b"<?xml", b"<!DOCTYPE"].iter().any(|known| mark.starts_with(known))
}

/// Counts bytes.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    coding: Coding,
    bytes: u64,
}

impl Raw {
    pub(super) const fn new(coding: Coding) -> Self {
        Self { coding, bytes: 0 }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.bytes = self.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    }

    pub(super) fn finish(self) -> Probe {
        let Coding { codec, sample_rate_hertz, bytes, samples } = self.coding;
        audio(Container::Raw, codec, 1, sample_rate_hertz, scale(self.bytes / bytes, samples, 1))
    }
}
