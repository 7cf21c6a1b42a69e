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

pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}
