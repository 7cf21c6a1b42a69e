//! Silence, in codings whose silence is not zeros.

/// G.711's silence: positive zero.
pub(crate) const MULAW: u8 = 0xFF;
pub(crate) const ALAW: u8 = 0xD5;

/// Linear samples of at most 8 bits are unsigned in WAV: the middle.
pub(crate) const UNSIGNED_8_BIT: u8 = 0x80;

/// Bits of a GSM 06.10 frame's parameters: eight log area ratios, then four times lag, gain, grid, block amplitude
/// and 13 pulses (ETSI EN 300 961, section 1.7).
const LOG_AREA_RATIO_BITS: [u32; 8] = [6, 6, 5, 5, 4, 4, 3, 3];
const SUBFRAME_BITS: [u32; 4] = [7, 2, 2, 6];
const PULSES: usize = 13;
const PULSE_BITS: u32 = 3;

/// No spectrum: of each ratio the code that stands for zero.
const LOG_AREA_RATIOS: [u32; 8] = [32, 32, 20, 11, 8, 5, 3, 2];
/// The shortest lag, no gain, the first grid, the least amplitude.
const SUBFRAME: [u32; 4] = [40, 0, 0, 0];
/// The pulse nearest to zero.
const PULSE: u32 = 4;

/// The parameters of a frame without sound, each with its width.
fn gsm_parameters() -> Vec<(u32, u32)> {
    let mut parameters: Vec<(u32, u32)> = LOG_AREA_RATIOS.into_iter().zip(LOG_AREA_RATIO_BITS).collect();
    for _ in 0..4 {
        parameters.extend(SUBFRAME.into_iter().zip(SUBFRAME_BITS));
        parameters.extend([(PULSE, PULSE_BITS); PULSES]);
    }
    parameters
}

/// A bare frame, 33 bytes: a signature of four bits, then the parameters, the highest bit first.
pub(crate) fn gsm_frame() -> Vec<u8> {
    let mut bits = vec![1, 1, 0, 1];
    for (value, width) in gsm_parameters() {
        bits.extend((0..width).rev().map(|bit| value >> bit & 1));
    }
    bits.chunks(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | u8::from(*bit == 1))).collect()
}

/// Two frames as WAV packs them, 65 bytes: without signature, the lowest bit first.
pub(crate) fn gsm_block() -> Vec<u8> {
    let mut bits = Vec::new();
    for _ in 0..2 {
        for (value, width) in gsm_parameters() {
            bits.extend((0..width).map(|bit| value >> bit & 1));
        }
    }
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | u8::from(*bit == 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gsm_frame_without_sound_is_the_one_that_every_telephone_sends() {
        let subframe = [0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24];
        let expected: Vec<u8> = [0xD8, 0x20, 0xA2, 0xE1, 0x5A].into_iter().chain(subframe.repeat(4)).collect();
        assert_eq!(gsm_frame(), expected);
        assert_eq!(gsm_block().len(), 65);
    }
}
