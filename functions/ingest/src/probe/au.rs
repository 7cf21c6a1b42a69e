//! Sun's and `NeXT`'s audio file (`.au`, `.snd`): a header of 24 bytes or more, then samples to the end. Header
//! and numbers of encodings: `audio/au.h`, and the manual page `au(4)` of Solaris.

use super::bytes::{Collector, be32, scale, take};
use super::outcome::{audio, audio_of_unknown_length};
use policy::audio::{Codec, Container, Probe};

/// Mark, where the samples begin, their bytes, encoding, rate, channels.
const HEADER_BYTES: usize = 24;

/// Reads the header and counts what follows.
#[derive(Clone, Debug)]
pub(super) struct Au {
    bytes: Collector<HEADER_BYTES>,
    header: Option<Header>,
    arrived_data_bytes: u64,
    broken: bool,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    /// `None` where it was never filled in.
    claimed_data_bytes: Option<u64>,
    encoding: u32,
    sample_rate_hertz: u32,
    channels: u16,
}

impl Au {
    /// Begins at `.snd`.
    pub(super) const fn new() -> Self {
        Self { bytes: Collector::new(), header: None, arrived_data_bytes: 0, broken: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        if self.header.is_none() && !self.broken && !self.read_header(&mut input) {
            return;
        }
        if self.bytes.settle(&mut input) {
            let samples = take(&mut input, usize::MAX);
            self.arrived_data_bytes = self.arrived_data_bytes.saturating_add(samples.len() as u64);
        }
    }

    /// True once the header is behind us.
    fn read_header(&mut self, input: &mut &[u8]) -> bool {
        let Some(head) = self.bytes.peek(input, HEADER_BYTES) else {
            return false;
        };
        let data_at = u64::from(be32(head, 4));
        let claimed = be32(head, 8);
        let header = Header {
            claimed_data_bytes: (claimed != 0 && claimed != u32::MAX).then_some(u64::from(claimed)),
            encoding: be32(head, 12),
            sample_rate_hertz: be32(head, 16),
            channels: u16::try_from(be32(head, 20)).unwrap_or(0),
        };
        self.broken = data_at < HEADER_BYTES as u64 || header.channels == 0 || header.sample_rate_hertz == 0;
        self.header = Some(header);
        self.bytes.skip(data_at);
        true
    }

    pub(super) fn finish(self) -> Probe {
        let Some(header) = self.header else {
            return Probe::NoAudio;
        };
        if self.broken {
            return Probe::NotAudio;
        }
        let bytes =
            header.claimed_data_bytes.map_or(self.arrived_data_bytes, |bytes| bytes.min(self.arrived_data_bytes));
        // Bits a sample.
        let (codec, bits) = match header.encoding {
            1 => (Codec::Mulaw, 8),
            2 => (Codec::Pcm, 8),
            3 => (Codec::Pcm, 16),
            4 => (Codec::Pcm, 24),
            5 | 6 => (Codec::Pcm, 32),
            7 => (Codec::Pcm, 64),
            // G.721, and G.723 with three bits and with five: all G.726 today.
            23 => (Codec::Other, 4),
            24 => (Codec::G722, 4),
            25 => (Codec::Other, 3),
            26 => (Codec::Other, 5),
            27 => (Codec::Alaw, 8),
            _ if bytes == 0 => return Probe::NoAudio,
            _ => {
                return audio_of_unknown_length(Container::Au, Codec::Other, header.channels, header.sample_rate_hertz);
            }
        };
        // As in WAV: 8,000 is RTP's clock, not the samples'.
        let rate = if codec == Codec::G722 { 16_000 } else { header.sample_rate_hertz };
        audio(Container::Au, codec, header.channels, rate, scale(bytes, 8, bits * u64::from(header.channels)))
    }
}
