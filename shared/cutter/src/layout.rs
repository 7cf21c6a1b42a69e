//! Where the samples lie, and what is written around a part of them.

use std::ops::Range;

use crate::part::Timing;

/// Samples in units of one size, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where they lie in the object: as far as it arrived, in whole units.
    pub(crate) data: Range<u64>,
    /// A unit: a sample of every channel, or a block.
    pub(crate) unit_bytes: u64,
    /// How time becomes units.
    pub(crate) timing: Timing,
    /// A unit of silence; `None` where the coding has none.
    pub(crate) silence: Option<Vec<u8>>,
    /// What goes around a part.
    pub(crate) wrap: Wrap,
}

/// What goes around a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// WAV with this `fmt ` chunk.
    Wav {
        /// The chunk's body.
        format: Vec<u8>,
        /// Whether the number of samples is written too: where the coding is not plain.
        has_fact: bool,
        /// Samples of the whole recording, where its last block is filled up.
        samples: Option<u64>,
    },
    /// Sun's header, with this encoding, rate and channels as they were.
    Au([u8; 12]),
    /// None, as there was none.
    Bare,
}

impl Layout {
    /// Whole units.
    pub(crate) fn units(&self) -> u64 {
        (self.data.end - self.data.start) / self.unit_bytes
    }
}

/// The largest size that 32 bits hold, less room for the chunks around.
const MAX_32_BIT_DATA: u64 = 0xFFFF_FF00;

impl Wrap {
    /// What is written before so many bytes of samples.
    pub(crate) fn head(&self, data_bytes: u64, samples: u64) -> Vec<u8> {
        match self {
            Self::Wav { format, has_fact, .. } => wav_head(format, has_fact.then_some(samples), data_bytes),
            Self::Au(coding) => {
                // Mark, where the samples begin, how many bytes; four bytes of annotation, as the format wants.
                let size = u32::try_from(data_bytes).unwrap_or(u32::MAX);
                [b".snd", &28_u32.to_be_bytes()[..], &size.to_be_bytes()[..], coding, &[0; 4]].concat()
            }
            Self::Bare => Vec::new(),
        }
    }

    /// What is written behind them.
    pub(crate) fn tail(&self, data_bytes: u64) -> Vec<u8> {
        // A chunk has an even length.
        if matches!(self, Self::Wav { .. }) && data_bytes % 2 == 1 { vec![0] } else { Vec::new() }
    }
}

/// The chunks before the samples; RF64 (EBU Tech 3306) where their size needs 64 bits.
pub(crate) fn wav_head(format: &[u8], fact_samples: Option<u64>, data_bytes: u64) -> Vec<u8> {
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut chunks = Vec::new();
    let mut chunk = |name: &[u8; 4], body: &[u8]| {
        chunks.extend_from_slice(name);
        chunks.extend_from_slice(&narrow(body.len() as u64));
        chunks.extend_from_slice(body);
        if body.len() % 2 == 1 {
            chunks.push(0);
        }
    };
    chunk(b"fmt ", format);
    if let Some(samples) = fact_samples {
        chunk(b"fact", &narrow(samples));
    }
    // `WAVE`, the chunks, the header of `data`, the samples, and the byte that makes their number even.
    let inside = 4 + chunks.len() as u64 + 8 + data_bytes + data_bytes % 2;
    if data_bytes <= MAX_32_BIT_DATA {
        return [b"RIFF", &narrow(inside)[..], b"WAVE", &chunks, b"data", &narrow(data_bytes)].concat();
    }
    let sizes = [&(inside + 36).to_le_bytes()[..], &data_bytes.to_le_bytes(), &fact_samples.unwrap_or(0).to_le_bytes()];
    [
        b"RF64\xFF\xFF\xFF\xFFWAVEds64",
        &28_u32.to_le_bytes()[..],
        &sizes.concat(),
        &[0; 4],
        &chunks,
        b"data\xFF\xFF\xFF\xFF",
    ]
    .concat()
}
