//! The world's dice: small, seeded, and the same on every machine.

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed and the same purpose throw the same numbers; two purposes do not share a row.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut state = seed;
        for byte in purpose.bytes() {
            state = state.wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(u64::from(byte));
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..limit`; `limit` must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("a count fits");
        usize::try_from(self.next() % limit).expect("less than a count")
    }

    /// True `percent` times of a hundred. Throws no dice for 0, so that a world without chances
    /// stays on its row.
    pub fn percent(&mut self, percent: u8) -> bool {
        percent > 0 && self.below(100) < usize::from(percent)
    }
}
