//! A small encoder of layer III: frames whose sound is noise, with a bit reservoir. It shares nothing with the cutter.

use std::ops::Range;

/// What frames look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The header's second byte: version, layer, whether without checksum.
    pub(crate) version: u8,
    /// The bits of the sampling rate, and of the mode.
    pub(crate) rate: u8,
    pub(crate) mode: u8,
    pub(crate) hertz: u32,
    pub(crate) samples: usize,
    pub(crate) kilobits: [usize; 15],
}

const MPEG_1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG_2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// MPEG 1 joint stereo, with checksums in mono, MPEG 2 mono and stereo, MPEG 2.5 as telephones have it.
pub(crate) const KINDS: [Kind; 5] = [
    Kind { version: 0xFB, rate: 0, mode: 0x60, hertz: 44_100, samples: 1152, kilobits: MPEG_1 },
    Kind { version: 0xFA, rate: 2, mode: 0xC0, hertz: 32_000, samples: 1152, kilobits: MPEG_1 },
    Kind { version: 0xF3, rate: 2, mode: 0xC0, hertz: 16_000, samples: 576, kilobits: MPEG_2 },
    Kind { version: 0xF3, rate: 1, mode: 0x00, hertz: 24_000, samples: 576, kilobits: MPEG_2 },
    Kind { version: 0xE3, rate: 2, mode: 0xC0, hertz: 8_000, samples: 576, kilobits: MPEG_2 },
];

/// A recording, and where each frame's sound lies in the rows of main data.
pub(crate) struct Recording {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) frames: usize,
    /// Every frame's sound.
    pub(crate) sounds: Vec<Vec<u8>>,
}

impl Kind {
    fn is_mpeg_1(self) -> bool {
        self.samples == 1152
    }

    fn channels(self) -> usize {
        if self.mode >> 6 == 3 { 1 } else { 2 }
    }

    fn side_bytes(self) -> usize {
        match (self.is_mpeg_1(), self.channels()) {
            (true, 1) => 17,
            (true, _) => 32,
            (false, 1) => 9,
            (false, _) => 17,
        }
    }

    fn has_checksum(self) -> bool {
        self.version & 1 == 0
    }

    /// Granules of all channels.
    fn parts(self) -> usize {
        self.channels() * if self.is_mpeg_1() { 2 } else { 1 }
    }

    /// Side information of sound that is all in quads of the second table, of so many bits for each granule.
    fn side(self, begins_before: usize, lengths: &[usize]) -> Vec<u8> {
        let mut writer = Writer::default();
        let (private, scale) = if self.is_mpeg_1() {
            writer.put(9, begins_before);
            (if self.channels() == 1 { 5 } else { 3 }, 4)
        } else {
            writer.put(8, begins_before);
            (self.channels(), 9)
        };
        writer.put(private, 1);
        if self.is_mpeg_1() {
            writer.put(4 * self.channels(), 0);
        }
        for length in lengths {
            writer.put(12, *length);
            // No big values; a gain that is heard; no scale factors; long blocks; three tables and two regions.
            for (width, value) in [(9, 0), (8, 165), (scale, 0), (1, 0), (15, 0), (4, 0), (3, 0)] {
                writer.put(width, value);
            }
            if self.is_mpeg_1() {
                writer.put(1, 0);
            }
            writer.put(1, 0);
            writer.put(1, 1);
        }
        assert_eq!(writer.bits.len(), self.side_bytes() * 8);
        writer.bytes()
    }
}

#[derive(Default)]
pub(crate) struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    pub(crate) fn put(&mut self, width: usize, value: usize) {
        self.bits.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bits
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |all, (at, bit)| all | u8::from(*bit) << (7 - at)))
            .collect()
    }
}

/// Numbers that follow from a seed.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap() % limit.max(1)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.next() & 0xFF).unwrap()).collect()
    }
}

/// Frames of these bit rates in turn; as much sound as fits where `is_full`, which makes most of the reservoir.
pub(crate) fn recording(kind: Kind, rates: &[usize], frames: usize, seed: u64) -> Recording {
    let mut noise = Noise(seed);
    let rate_of = |frame: usize| rates[frame % rates.len()];
    let slots = kind.samples / 8 * 1000;
    // Padding as encoders write it: where a frame's share of the bytes is not whole.
    let mut owed = 0;
    let sizes: Vec<(usize, usize)> = (0..frames)
        .map(|frame| {
            let exact = slots * kind.kilobits[rate_of(frame)];
            let hertz = usize::try_from(kind.hertz).unwrap();
            owed += exact % hertz;
            let padding = usize::from(owed >= hertz);
            owed -= padding * hertz;
            (exact / hertz + padding, padding)
        })
        .collect();
    let before = 4 + kind.side_bytes() + if kind.has_checksum() { 2 } else { 0 };
    let area = |frame: usize| sizes[frame].0 - before;
    let reach = if kind.is_mpeg_1() { 511 } else { 255 };
    let (mut main, mut side_rows, mut sounds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut begins, mut end) = (0, 0_usize);
    for frame in 0..frames {
        // As encoders do: a frame's sound begins where the last one's ended, or as far back as the format allows.
        let start = end.max(usize::saturating_sub(begins, reach)).max(if noise.below(8) == 0 { begins } else { 0 });
        let room = (begins + area(frame) - start).min(4 * 500 * kind.channels());
        let most_bits = noise.below(room * 8 + 1).max(noise.below(room * 8 + 1));
        let (sound, lengths) = quads(&mut noise, kind.parts(), most_bits);
        side_rows.push(kind.side(begins - start, &lengths));
        // What no frame uses is noise too.
        main.resize(start, 0x5A);
        main.extend_from_slice(&sound);
        end = start + sound.len();
        begins += area(frame);
        sounds.push(sound);
    }
    main.resize(begins, 0x5A);
    let mut bytes = Vec::new();
    let mut at = 0;
    for (frame, side) in side_rows.iter().enumerate() {
        let index = u8::try_from(rate_of(frame)).unwrap();
        let padding = u8::try_from(sizes[frame].1).unwrap();
        bytes.extend([0xFF, kind.version, index << 4 | kind.rate << 2 | padding << 1, kind.mode]);
        if kind.has_checksum() {
            bytes.extend([0, 0]);
        }
        bytes.extend_from_slice(side);
        bytes.extend_from_slice(&main[at..at + area(frame)]);
        at += area(frame);
    }
    Recording { bytes, kind, frames, sounds }
}

/// Granules of quads as the second table codes them: a bit that is zero for each value that is not, then the signs.
fn quads(noise: &mut Noise, parts: usize, most_bits: usize) -> (Vec<u8>, Vec<usize>) {
    let mut writer = Writer::default();
    let mut lengths = Vec::new();
    for part in 0..parts {
        let limit = most_bits * (part + 1) / parts;
        let begins = writer.bits.len();
        for _ in 0..144 {
            let code = noise.below(16);
            let signs = 4 - usize::try_from(code.count_ones()).unwrap();
            if writer.bits.len() + 4 + signs > limit {
                break;
            }
            writer.put(4, code);
            writer.put(signs, noise.below(16));
        }
        lengths.push(writer.bits.len() - begins);
    }
    // What fills up the last byte.
    let filling = (8 - writer.bits.len() % 8) % 8;
    writer.put(filling, noise.below(256));
    (writer.bytes(), lengths)
}

impl Recording {
    pub(crate) fn milliseconds(&self) -> u64 {
        self.samples() as u64 * 1000 / u64::from(self.kind.hertz)
    }

    pub(crate) fn samples(&self) -> usize {
        self.frames * self.kind.samples
    }

    /// Frames that no part of this range needs.
    pub(crate) fn sounds_outside(&self, frames: &Range<usize>) -> Vec<&[u8]> {
        let sounds = self.sounds.iter().enumerate().filter(|(number, _)| !frames.contains(number));
        sounds.map(|(_, sound)| sound.as_slice()).collect()
    }
}
