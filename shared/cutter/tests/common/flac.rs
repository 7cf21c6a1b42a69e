//! A small encoder of FLAC. It shares nothing with the cutter.

use super::mp3::{Noise, Writer};

/// What a recording looks like.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) hertz: u32,
    pub(crate) channels: usize,
    pub(crate) depth: usize,
    /// Blocks, in turn; frames are numbered by sample where they differ.
    pub(crate) blocks: Vec<usize>,
    /// Whether the header says how many samples there are, and how long frames are.
    pub(crate) is_noted: bool,
    pub(crate) has_table: bool,
}

pub(crate) struct Recording {
    pub(crate) bytes: Vec<u8>,
    /// Where each frame lies, and its samples.
    pub(crate) frames: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
    pub(crate) samples: usize,
}

/// What tags and pictures hold, which no part may.
pub(crate) const TAG: &[u8] = b"TITLE=The name of somebody who called at noon";

fn crc(bytes: &[u8], width: u32, polynomial: u32) -> u32 {
    let top = 1 << (width - 1);
    let all = (1 << width) - 1;
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << (width - 8), |crc, _| {
            (if crc & top == 0 { crc << 1 } else { crc << 1 ^ polynomial }) & all
        })
    })
}

fn put(writer: &mut Writer, width: usize, value: i64) {
    let mask = (1_i64 << width) - 1;
    writer.put(width, usize::try_from(value & mask).unwrap());
}

fn put_all(writer: &mut Writer, width: usize, values: &[i64]) {
    for value in values {
        put(writer, width, *value);
    }
}

/// Rice-coded residuals in one partition.
fn residuals(writer: &mut Writer, residuals: &[i64]) {
    let count = i64::try_from(residuals.len().max(1)).unwrap();
    let mean = residuals.iter().map(|residual| residual.abs()).sum::<i64>() / count;
    let parameter = (0..30).find(|parameter| mean >> parameter <= 1).unwrap_or(30);
    // Parameters of five bits.
    writer.put(2, 1);
    writer.put(4, 0);
    writer.put(5, parameter);
    for residual in residuals {
        let folded = usize::try_from(if *residual < 0 { -2 * residual - 1 } else { 2 * residual }).unwrap();
        for _ in 0..folded >> parameter {
            writer.put(1, 0);
        }
        writer.put(1, 1);
        writer.put(parameter, folded);
    }
}

/// A subframe: as it is, by one of the fixed predictors, or by a linear one.
fn subframe(writer: &mut Writer, noise: &mut Noise, samples: &[i64], depth: usize) {
    if samples.iter().all(|sample| *sample == samples[0]) {
        writer.put(8, 0);
        return put(writer, depth, samples[0]);
    }
    let order = noise.below(4).min(samples.len() - 1);
    match noise.below(3) {
        0 => {
            writer.put(8, 2);
            put_all(writer, depth, samples);
        }
        1 => {
            writer.put(8, (8 | order) << 1);
            put_all(writer, depth, &samples[..order]);
            let mut row = samples.to_vec();
            for _ in 0..order {
                row = row.windows(2).map(|pair| pair[1] - pair[0]).collect();
            }
            residuals(writer, &row);
        }
        _ => {
            let coefficients: Vec<i64> =
                (0..=order.min(samples.len() - 2)).map(|_| i64::try_from(noise.below(16)).unwrap() - 8).collect();
            let order = coefficients.len();
            writer.put(8, (32 | (order - 1)) << 1);
            put_all(writer, depth, &samples[..order]);
            // 5 bits a coefficient, shifted by 4.
            writer.put(4, 4);
            writer.put(5, 4);
            put_all(writer, 5, &coefficients);
            let row: Vec<i64> = (order..samples.len())
                .map(|at| {
                    let sum: i64 = (0..order).map(|back| coefficients[back] * samples[at - 1 - back]).sum();
                    samples[at] - (sum >> 4)
                })
                .collect();
            residuals(writer, &row);
        }
    }
}

fn number(value: usize) -> Vec<u8> {
    match u32::try_from(value).ok().and_then(char::from_u32) {
        Some(letter) => letter.to_string().into_bytes(),
        None => panic!("the tests' recordings are shorter"),
    }
}

fn frame(kind: &Kind, noise: &mut Noise, channels: &[Vec<i64>], counted: usize) -> Vec<u8> {
    let block = channels[0].len();
    let is_variable = kind.blocks.len() > 1;
    // Independent, or the middle and the side.
    let is_middle = kind.channels == 2 && noise.below(2) == 0;
    let layout = if is_middle { 10 } else { kind.channels - 1 };
    let depth = [(8, 1), (16, 4), (24, 6)].iter().find(|(depth, _)| *depth == kind.depth).unwrap().1;
    let mut head = vec![0xFF, 0xF8 | u8::from(is_variable), 0x7D, u8::try_from(layout << 4 | depth << 1).unwrap()];
    head.extend(number(counted));
    head.extend(u16::try_from(block - 1).unwrap().to_be_bytes());
    head.extend(u16::try_from(kind.hertz).unwrap().to_be_bytes());
    head.push(u8::try_from(crc(&head, 8, 0x07)).unwrap());
    let mut writer = Writer::default();
    if is_middle {
        let pairs = || channels[0].iter().zip(&channels[1]);
        subframe(&mut writer, noise, &pairs().map(|(left, right)| (left + right) >> 1).collect::<Vec<_>>(), kind.depth);
        subframe(&mut writer, noise, &pairs().map(|(left, right)| left - right).collect::<Vec<_>>(), kind.depth + 1);
    } else {
        for channel in channels {
            subframe(&mut writer, noise, channel, kind.depth);
        }
    }
    head.extend(writer.bytes());
    let sum = u16::try_from(crc(&head, 16, 0x8005)).unwrap();
    head.extend(sum.to_be_bytes());
    head
}

fn block(kind: u8, is_last: bool, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind | if is_last { 0x80 } else { 0 }, size[1], size[2], size[3]], body].concat()
}

/// So many samples, rising and falling at random.
pub(crate) fn recording(kind: &Kind, samples: usize, seed: u64) -> Recording {
    let mut noise = Noise(seed);
    let (mut frames_bytes, mut frames, mut at, mut count) = (Vec::new(), Vec::new(), 0, 0);
    let mut levels = vec![0_i64; kind.channels];
    let most = 1_i64 << (kind.depth - 1);
    while at < samples {
        let length = kind.blocks[count % kind.blocks.len()].min(samples - at);
        let channels: Vec<Vec<i64>> = levels
            .iter_mut()
            .map(|level| {
                let step = most / 8 * i64::try_from(noise.below(3)).unwrap();
                let mut next = || {
                    *level += i64::try_from(noise.next()).unwrap() % (2 * step + 1) - step;
                    if !(-most..most).contains(level) {
                        *level /= -4;
                    }
                    *level
                };
                (0..length).map(|_| next()).collect()
            })
            .collect();
        let counted = if kind.blocks.len() > 1 { at } else { count };
        let bytes = frame(kind, &mut noise, &channels, counted);
        frames.push((frames_bytes.len()..frames_bytes.len() + bytes.len(), at..at + length));
        frames_bytes.extend(bytes);
        at += length;
        count += 1;
    }
    let mut info = Writer::default();
    let noted = |value: usize| if kind.is_noted { value } else { 0 };
    for (width, value) in [
        (16, *kind.blocks.iter().min().unwrap()),
        (16, *kind.blocks.iter().max().unwrap()),
        (24, noted(frames.iter().map(|(bytes, _)| bytes.len()).min().unwrap_or(0))),
        (24, noted(frames.iter().map(|(bytes, _)| bytes.len()).max().unwrap_or(0))),
        (20, usize::try_from(kind.hertz).unwrap()),
        (3, kind.channels - 1),
        (5, kind.depth - 1),
        (36, noted(samples)),
    ] {
        info.put(width, value);
    }
    let mut bytes = [b"fLaC".to_vec(), block(0, false, &[info.bytes(), vec![7; 16]].concat())].concat();
    if kind.has_table {
        let points = frames.iter().step_by(frames.len() / 10 + 1).flat_map(|(bytes, samples)| {
            let length = u16::try_from(samples.len()).unwrap();
            [&(samples.start as u64).to_be_bytes()[..], &(bytes.start as u64).to_be_bytes(), &length.to_be_bytes()]
                .concat()
        });
        bytes.extend(block(3, false, &points.chain([0xFF; 18]).collect::<Vec<u8>>()));
    }
    // An encoder's name, and one comment.
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap().to_le_bytes();
    let comments = [&length(b"test")[..], b"test", &1_u32.to_le_bytes(), &length(TAG), TAG].concat();
    bytes.extend(block(4, false, &comments));
    bytes.extend(block(1, true, &[0; 50]));
    let begins = bytes.len();
    bytes.extend(frames_bytes);
    for (range, _) in &mut frames {
        *range = range.start + begins..range.end + begins;
    }
    Recording { bytes, frames, samples }
}
