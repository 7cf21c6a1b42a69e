//! A cut file: what to copy, and what to write.

use std::ops::Range;

/// What comes next in the cut file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Write(Vec<u8>),
    /// Bytes of the original, as they are.
    Copy(Range<u64>),
    /// Silence: a unit, repeated.
    Repeat {
        /// What is repeated.
        unit: Vec<u8>,
        /// How often.
        times: u64,
    },
}

impl Piece {
    /// How many bytes it becomes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Write(bytes) => bytes.len() as u64,
            Self::Copy(range) => range.end - range.start,
            Self::Repeat { unit, times } => unit.len() as u64 * times,
        }
    }
}

/// A cut file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In their order.
    pub pieces: Vec<Piece>,
    /// Samples a channel.
    pub samples: u64,
    /// Samples a second and channel.
    pub rate_hertz: u32,
    /// Its media type.
    pub content_type: &'static str,
    /// Its name's ending, without the dot.
    pub extension: &'static str,
}

impl Plan {
    /// Its length.
    pub fn size_bytes(&self) -> u64 {
        self.pieces.iter().map(Piece::size_bytes).sum()
    }

    /// How long it plays.
    pub fn duration_milliseconds(&self) -> u64 {
        let milliseconds = u128::from(self.samples) * 1000 / u128::from(self.rate_hertz.max(1));
        u64::try_from(milliseconds).unwrap_or(u64::MAX)
    }
}
