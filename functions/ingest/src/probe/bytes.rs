//! What the readers of all formats share: collecting a header that arrives in pieces, skipping
//! what need not be looked at, and numbers out of a slice.

/// Holds at most `N` bytes of a stream: the header being waited for, nothing else.
///
/// What is skipped is counted, not stored, so skipping a two-hour recording costs one subtraction a
/// chunk.
#[derive(Clone, Debug)]
pub(super) struct Collector<const N: usize> {
    held: [u8; N],
    start: usize,
    end: usize,
    owed: u64,
}

impl<const N: usize> Collector<N> {
    pub(super) const fn new() -> Self {
        Self { held: [0; N], start: 0, end: 0, owed: 0 }
    }

    /// The next `wanted` bytes without passing them, or `None` when they have not all arrived.
    /// Takes from `input` no more than it needs. `wanted` is at most `N`.
    pub(super) fn peek(&mut self, input: &mut &[u8], wanted: usize) -> Option<&[u8]> {
        self.settle(input);
        let wanted = wanted.min(N);
        if self.end - self.start < wanted {
            if self.start + wanted > N {
                self.held.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            let missing = wanted - (self.end - self.start);
            let taken = take(input, missing);
            self.held[self.end..self.end + taken.len()].copy_from_slice(taken);
            self.end += taken.len();
        }
        self.held().get(..wanted)
    }

    /// Passes the next `count` bytes, those held first, then those still to come.
    pub(super) fn skip(&mut self, count: u64) {
        let held = self.end - self.start;
        let now = usize::try_from(count).unwrap_or(usize::MAX).min(held);
        self.start += now;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        self.owed = self.owed.saturating_add(count - now as u64);
    }

    /// Lets `input` pay what is still to be skipped. True when nothing is owed any more.
    pub(super) fn settle(&mut self, input: &mut &[u8]) -> bool {
        let wanted = usize::try_from(self.owed).unwrap_or(usize::MAX);
        self.owed -= take(input, wanted).len() as u64;
        self.owed == 0
    }

    /// How many of the bytes to skip have not arrived.
    pub(super) fn owed(&self) -> u64 {
        self.owed
    }

    /// The bytes that arrived and were not passed yet.
    pub(super) fn held(&self) -> &[u8] {
        &self.held[self.start..self.end]
    }
}

/// Cuts up to `count` bytes off the front of `input`.
pub(super) fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    taken
}

/// `M` bytes of `bytes` from `at` on; zeros where there are none. Callers have collected enough
/// bytes already: this only makes a mistake of theirs harmless.
pub(super) fn array<const M: usize>(bytes: &[u8], at: usize) -> [u8; M] {
    let mut out = [0; M];
    if let Some(found) = bytes.get(at..) {
        let count = found.len().min(M);
        out[..count].copy_from_slice(&found[..count]);
    }
    out
}

/// One byte at `at`.
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Little-endian 16 bits at `at`.
pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

/// Little-endian 32 bits at `at`.
pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

/// Little-endian 64 bits at `at`.
pub(super) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

/// Big-endian 16 bits at `at`.
pub(super) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

/// Big-endian 24 bits at `at`.
pub(super) fn be24(bytes: &[u8], at: usize) -> u32 {
    be32(bytes, at) >> 8
}

/// Big-endian 32 bits at `at`.
pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

/// Big-endian 64 bits at `at`.
pub(super) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array(bytes, at))
}

/// `value * numerator / denominator`, rounded down, without overflow on the way; `u64::MAX` where
/// the result does not fit, zero where there is nothing to divide by.
pub(super) fn scale(value: u64, numerator: u64, denominator: u64) -> u64 {
    if denominator == 0 {
        return 0;
    }
    let exact = u128::from(value) * u128::from(numerator) / u128::from(denominator);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// A rate from the bits of a 64-bit floating point number; 0 where it is invalid.
pub(super) fn float_hertz(bits: u64) -> u32 {
    let hertz = f64::from_bits(bits);
    // Exponent and mantissa give whole numbers up to 2^32; no cast is needed.
    let exponent = bits >> 52 & 0x7FF;
    if !(1.0..4_294_967_296.0).contains(&hertz) {
        return 0;
    }
    let mantissa = bits & 0x000F_FFFF_FFFF_FFFF | 1 << 52;
    u32::try_from(mantissa >> (1075 - exponent)).unwrap_or(0)
}
