//! A frame: RFC 9639, section 9.

use crate::bytes::be16;

/// No header is longer.
pub(crate) const MAX_HEADER_BYTES: u64 = 16;

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) size_bytes: usize,
    pub(crate) block_samples: u64,
    pub(crate) channels: usize,
    /// Numbered by its first sample, not by frames.
    pub(crate) is_by_sample: bool,
    pub(crate) number: u64,
    /// Sizes as they are coded, and the channels' assignment with the depth.
    sizes: u8,
    layout: u8,
    /// Where sizes stand behind the number: the block's, then the rate's.
    block_at: usize,
    rate_at: usize,
}

impl Header {
    /// `None` where this is no header, or not all of it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let &[sync, second, sizes, layout, number, ..] = bytes else {
            return None;
        };
        if sync != 0xFF || second & 0xFE != 0xF8 {
            return None;
        }
        let channels = match layout >> 4 {
            independent @ 0..8 => usize::from(independent) + 1,
            8..=10 => 2,
            _ => return None,
        };
        let (block_code, rate_code) = (sizes >> 4, sizes & 0x0F);
        // Bit depth 3 is reserved, and so is the last bit.
        if block_code == 0 || rate_code == 0x0F || layout & 0x0E == 0x06 || layout & 1 == 1 {
            return None;
        }
        // Written like UTF-8, up to 36 bits.
        let number_bytes = match number.leading_ones() {
            0 => 1,
            ones @ 2..=7 => usize::try_from(ones).ok()?,
            _ => return None,
        };
        let block_at = 4 + number_bytes;
        let rate_at = block_at
            + match block_code {
                6 => 1,
                7 => 2,
                _ => 0,
            };
        let rate_bytes = match rate_code {
            12 => 1,
            13 | 14 => 2,
            _ => 0,
        };
        let size_bytes = rate_at + rate_bytes + 1;
        let header = bytes.get(..size_bytes)?;
        if header.iter().fold(0, |crc, byte| crc_8(crc, *byte)) != 0 {
            return None;
        }
        let first_bits = if number_bytes == 1 { number } else { number & (0x7F >> number_bytes) };
        let number =
            header[5..block_at].iter().fold(u64::from(first_bits), |number, byte| number << 6 | u64::from(byte & 0x3F));
        let block_samples = match block_code {
            1 => 192,
            2..=5 => 144 << block_code,
            6 => u64::from(header[block_at]) + 1,
            7 => u64::from(be16(header, block_at)) + 1,
            _ => 1 << block_code,
        };
        let is_by_sample = second & 1 == 1;
        Some(Self { size_bytes, block_samples, channels, is_by_sample, number, sizes, layout, block_at, rate_at })
    }

    /// Whether both belong to one stream.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let fixed = |header: &Self| (header.is_by_sample, header.channels, header.sizes & 0x0F, header.layout & 0x0E);
        fixed(self) == fixed(other)
    }

    /// The frame without its number.
    pub(crate) fn unnumbered(&self, frame: &[u8]) -> Unnumbered {
        let sizes = frame.get(self.block_at..self.size_bytes - 1).unwrap_or_default().to_vec();
        let body = frame.get(self.size_bytes..frame.len().saturating_sub(2)).unwrap_or_default().to_vec();
        Unnumbered { codes: [self.sizes, self.layout], sizes, body, samples: self.block_samples }
    }

    /// A frame with these samples of each channel, whose rate and depth are written as in `frame`.
    pub(crate) fn encoded(&self, frame: &[u8], channels: &[&[i32]], depth: u32) -> Unnumbered {
        let samples = channels.first().map_or(0, |channel| channel.len());
        let rate = frame.get(self.rate_at..self.size_bytes - 1).unwrap_or_default();
        let block = u16::try_from(samples.saturating_sub(1)).unwrap_or(u16::MAX).to_be_bytes();
        let independent = u8::try_from(channels.len().saturating_sub(1)).unwrap_or_default() << 4;
        let mut body = BitWriter::default();
        for channel in channels {
            let first = channel.first().copied().unwrap_or_default();
            let is_constant = channel.iter().all(|sample| *sample == first);
            // A subframe's type: constant, or verbatim.
            body.put(8, if is_constant { 0 } else { 2 });
            for sample in if is_constant { &channel[..1] } else { channel } {
                body.put(depth, *sample);
            }
        }
        let codes = [7 << 4 | (self.sizes & 0x0F), independent | (self.layout & 0x0E)];
        let sizes = [&block, rate].concat();
        Unnumbered { codes, sizes, body: body.finish(), samples: samples as u64 }
    }
}

/// A frame that waits for its number.
pub(crate) struct Unnumbered {
    codes: [u8; 2],
    sizes: Vec<u8>,
    body: Vec<u8>,
    pub(crate) samples: u64,
}

/// How frames are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// All but the last have one length.
    ByFrame,
    BySample,
}

impl Unnumbered {
    /// The whole frame, with its checksums.
    pub(crate) fn numbered(self, numbering: Numbering, number: u64) -> Vec<u8> {
        let mut frame = vec![0xFF, if numbering == Numbering::BySample { 0xF9 } else { 0xF8 }];
        frame.extend_from_slice(&self.codes);
        frame.extend(coded_number(number));
        frame.extend_from_slice(&self.sizes);
        frame.push(frame.iter().fold(0, |crc, byte| crc_8(crc, *byte)));
        frame.extend_from_slice(&self.body);
        let crc = frame.iter().fold(0, |crc, byte| crc_16(crc, *byte));
        frame.extend_from_slice(&crc.to_be_bytes());
        frame
    }
}

/// Up to 36 bits, written like UTF-8.
fn coded_number(number: u64) -> Vec<u8> {
    let low = |bits: u64| u8::try_from(bits & 0xFF).unwrap_or_default();
    if number < 0x80 {
        return vec![low(number)];
    }
    // So many bytes follow the first, with six bits each; one bit of the first is set for each of them and for itself.
    let follow = (1..6).find(|follow| number < 1 << (5 * follow + 6)).unwrap_or(6);
    let marks = low(0xFF00 >> (follow + 1));
    let mut bytes = vec![marks | low(number >> (6 * follow))];
    bytes.extend((0..follow).rev().map(|byte| 0x80 | low(number >> (6 * byte) & 0x3F)));
    bytes
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    held: u64,
    held_bits: u32,
}

impl BitWriter {
    /// The lowest bits of a number, at most 32.
    fn put(&mut self, width: u32, number: i32) {
        let mask = (1_u64 << width) - 1;
        let bits = u64::from(u32::from_ne_bytes(number.to_ne_bytes())) & mask;
        self.held = self.held << width | bits;
        self.held_bits += width;
        while self.held_bits >= 8 {
            self.held_bits -= 8;
            self.bytes.push(u8::try_from(self.held >> self.held_bits & 0xFF).unwrap_or_default());
        }
        self.held &= 0xFF;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.held_bits > 0 {
            self.put(8 - self.held_bits, 0);
        }
        self.bytes
    }
}

/// The header's checksum: x⁸ + x² + x + 1, from zero (section 9.1.8).
fn crc_8(crc: u8, byte: u8) -> u8 {
    (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
}

/// The frame's checksum: x¹⁶ + x¹⁵ + x² + 1, from zero (section 9.3). With the checksum taken in, zero.
pub(crate) fn crc_16(crc: u16, byte: u8) -> u16 {
    let [high, low] = crc.to_be_bytes();
    u16::from(low) << 8 ^ CRC_16[usize::from(high ^ byte)]
}

const CRC_16: [u16; 256] = {
    let mut table = [0; 256];
    let mut high: u16 = 0;
    while high < 256 {
        let mut crc = high << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 };
            bit += 1;
        }
        table[high as usize] = crc;
        high += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::coded_number;

    #[test]
    fn a_number_is_coded_as_utf_8_codes_it_and_on_to_36_bits() {
        let mut letters = [0; 4];
        for letter in ['\u{0}', '\u{7F}', '\u{80}', '\u{7FF}', '\u{800}', '\u{FFFF}', '\u{10000}', '\u{10FFFF}'] {
            assert_eq!(coded_number(u64::from(letter)), letter.encode_utf8(&mut letters).as_bytes());
        }
        assert_eq!(coded_number((1 << 26) - 1), [0xFB, 0xBF, 0xBF, 0xBF, 0xBF]);
        assert_eq!(coded_number(1 << 26), [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]);
        assert_eq!(coded_number(1 << 31), [0xFE, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80]);
        assert_eq!(coded_number((1 << 36) - 1), [0xFE, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]);
    }
}
