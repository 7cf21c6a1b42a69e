//! The header and the side information of a frame: ISO/IEC 11172-3, sections 2.4.1.3 and 2.4.1.7; 13818-3 (MPEG 2);
//! MPEG 2.5 is Fraunhofer's extension to 8 to 12 kHz.

use crate::bytes::{array, bits, set_bits};

/// Bytes of a header, and of the checksum that may follow it.
pub(crate) const HEADER_BYTES: usize = 4;
pub(crate) const CHECKSUM_BYTES: usize = 2;

/// The highest bit rate; 0 ("free") and 15 say no length.
const MAX_RATE_INDEX: u8 = 14;

/// kbit/s by index: MPEG 1, then MPEG 2 and 2.5.
const KILOBITS: [[u32; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    bytes: [u8; HEADER_BYTES],
    pub(crate) rate_hertz: u32,
    pub(crate) channels: usize,
}

impl Header {
    /// `None` where this is no frame of layer III whose length can be known.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; HEADER_BYTES] = array(bytes.get(..HEADER_BYTES)?, 0);
        let [sync, kind, sizes, mode] = bytes;
        // 11 bits of sync, a version that is not reserved, layer III; emphasis 2 is reserved.
        if sync != 0xFF || kind & 0xE6 != 0xE2 || kind >> 3 & 3 == 1 || mode & 3 == 2 {
            return None;
        }
        let rate_of_mpeg_1: u32 = *[44_100, 48_000, 32_000].get(usize::from(sizes >> 2 & 3))?;
        let rate_hertz = match kind >> 3 & 3 {
            0 => rate_of_mpeg_1 / 4,
            2 => rate_of_mpeg_1 / 2,
            _ => rate_of_mpeg_1,
        };
        let channels = if mode >> 6 == 3 { 1 } else { 2 };
        let header = Self { bytes, rate_hertz, channels };
        (1..=MAX_RATE_INDEX).contains(&header.rate_index()).then_some(header)
    }

    fn is_mpeg_1(self) -> bool {
        self.bytes[1] >> 3 & 3 == 3
    }

    pub(crate) fn rate_index(self) -> u8 {
        self.bytes[2] >> 4
    }

    /// Whether both belong to one recording: version, sampling rate and the number of channels agree.
    pub(crate) fn is_alike(self, other: Self) -> bool {
        (self.bytes[1] >> 3, self.rate_hertz, self.channels) == (other.bytes[1] >> 3, other.rate_hertz, other.channels)
    }

    /// Samples a channel.
    pub(crate) fn samples(self) -> u64 {
        if self.is_mpeg_1() { 1152 } else { 576 }
    }

    /// Bits a second, and eighths of a frame's samples: their product, divided by the sampling rate, is its length.
    pub(crate) fn rate(self, index: u8) -> (u64, u64) {
        let kilobits = KILOBITS[usize::from(!self.is_mpeg_1())].get(usize::from(index)).copied().unwrap_or_default();
        (u64::from(kilobits) * 1000, self.samples() / 8)
    }

    fn bytes_at(self, index: u8) -> usize {
        let (bits_a_second, slots) = self.rate(index);
        usize::try_from(bits_a_second * slots / u64::from(self.rate_hertz)).unwrap_or_default()
    }

    /// Its whole length.
    pub(crate) fn frame_bytes(self) -> usize {
        self.bytes_at(self.rate_index()) + usize::from(self.bytes[2] >> 1 & 1)
    }

    pub(crate) fn side_bytes(self) -> usize {
        match (self.is_mpeg_1(), self.channels) {
            (true, 1) => 17,
            (true, _) => 32,
            (false, 1) => 9,
            (false, _) => 17,
        }
    }

    /// Where its side information begins.
    pub(crate) fn side_at(self) -> usize {
        HEADER_BYTES + if self.bytes[1] & 1 == 0 { CHECKSUM_BYTES } else { 0 }
    }

    /// Where its main data begin: its own, or those of frames behind it.
    pub(crate) fn main_at(self) -> usize {
        self.side_at() + self.side_bytes()
    }

    /// How far back main data may begin.
    pub(crate) fn max_reservoir_bytes(self) -> usize {
        if self.is_mpeg_1() { 511 } else { 255 }
    }

    /// Bytes of main data that fit in a frame of this bit rate, written as [`Self::resized`] does.
    fn capacity(self, index: u8) -> usize {
        self.bytes_at(index).saturating_sub(HEADER_BYTES + self.side_bytes())
    }

    pub(crate) fn max_capacity(self) -> usize {
        self.capacity(MAX_RATE_INDEX)
    }

    /// The lowest bit rate with room for so many bytes of main data; the highest where none has it.
    pub(crate) fn resized(self, main_bytes: usize) -> Resized {
        let index = (1..MAX_RATE_INDEX).find(|index| self.capacity(*index) >= main_bytes).unwrap_or(MAX_RATE_INDEX);
        let [sync, kind, sizes, mode] = self.bytes;
        // Without checksum, padding and the private bit.
        Resized { header: [sync, kind | 1, index << 4 | (sizes & 0x0C), mode], main_bytes: self.capacity(index) }
    }
}

/// A frame's header with another bit rate.
pub(crate) struct Resized {
    pub(crate) header: [u8; HEADER_BYTES],
    /// Room for main data.
    pub(crate) main_bytes: usize,
}

/// What stands between a frame's header and main data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    bytes: Vec<u8>,
    /// How far before the frame's own main data its sound begins.
    pub(crate) begins_before: usize,
    /// How long its sound is.
    pub(crate) bits: usize,
    reservoir_bits: usize,
}

impl Side {
    pub(crate) fn read(header: Header, bytes: &[u8]) -> Self {
        // Behind it: private bits, and in MPEG 1 four bits a channel that say what the second granule shares.
        let (reservoir_bits, private_bits, shared_bits) = match (header.is_mpeg_1(), header.channels) {
            (true, 1) => (9, 5, 4),
            (true, _) => (9, 3, 8),
            (false, 1) => (8, 1, 0),
            (false, _) => (8, 2, 0),
        };
        let (granules, granule_bits) = if header.is_mpeg_1() { (2, 59) } else { (1, 63) };
        let mut bytes = bytes.to_vec();
        set_bits(&mut bytes, reservoir_bits, private_bits, 0);
        let begins_before = usize::try_from(bits(&bytes, 0, reservoir_bits)).unwrap_or_default();
        let granules_at = reservoir_bits + private_bits + shared_bits;
        let lengths = (0..granules * header.channels).map(|part| bits(&bytes, granules_at + part * granule_bits, 12));
        let bits = usize::try_from(lengths.sum::<u32>()).unwrap_or_default();
        Self { bytes, begins_before, bits, reservoir_bits }
    }

    /// The same, of sound that begins so far before the frame's own main data.
    pub(crate) fn placed(&self, begins_before: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        set_bits(&mut bytes, 0, self.reservoir_bits, u32::try_from(begins_before).unwrap_or_default());
        bytes
    }
}
