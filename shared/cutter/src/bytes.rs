//! Numbers out of a slice; zeros where it is too short.

pub(crate) fn array<const M: usize>(bytes: &[u8], at: usize) -> [u8; M] {
    let mut out = [0; M];
    if let Some(found) = bytes.get(at..) {
        let count = found.len().min(M);
        out[..count].copy_from_slice(&found[..count]);
    }
    out
}

pub(crate) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

pub(crate) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

pub(crate) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

/// `count` bits, at most 32, from the bit `at` on, the highest of a byte first.
pub(crate) fn bits(bytes: &[u8], at: usize, count: usize) -> u32 {
    (at..at + count).fold(0, |number, bit| {
        let byte = bytes.get(bit / 8).copied().unwrap_or_default();
        number << 1 | u32::from(byte >> (7 - bit % 8) & 1)
    })
}

/// Writes what [`bits`] reads.
pub(crate) fn set_bits(bytes: &mut [u8], at: usize, count: usize, number: u32) {
    for bit in at..at + count {
        let is_set = number >> (at + count - 1 - bit) & 1 == 1;
        if let Some(byte) = bytes.get_mut(bit / 8) {
            let mask = 0x80 >> (bit % 8);
            *byte = if is_set { *byte | mask } else { *byte & !mask };
        }
    }
}
