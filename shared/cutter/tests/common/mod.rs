//! Recordings, and what comes of cutting them.
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod flac;
pub(crate) mod mp3;

use std::ops::Range;
use std::path::Path;

use cutter::{CannotCut, Known, Part, Piece, Plan, Planned, plan};
use policy::audio::{Audio, Codec, Container};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Recordings that are decoded, with their lengths.
pub(crate) const DECODED: [(&str, Container, Codec, f64); 6] = [
    ("samples/other/upload/rec_0001.flac", Container::Flac, Codec::Flac, 28.6),
    (
        "samples/ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3",
        Container::Mp3,
        Codec::Mp3,
        28.6,
    ),
    ("functions/ingest/src/probe/tests/real/variable-rate.mp3", Container::Mp3, Codec::Mp3, 1.656),
    ("samples/other/meeting-room/通話 2026-11-11 (1).m4a", Container::Mp4, Codec::Aac, 18.7),
    ("functions/ingest/src/probe/tests/real/adts.aac", Container::Adts, Codec::Aac, 1.664),
    ("functions/ingest/src/probe/tests/real/vorbis.webm", Container::Webm, Codec::Vorbis, 1.536),
];

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(ROOT).join(name)).unwrap()
}

pub(crate) fn audio(container: Container, codec: Codec) -> Audio {
    let sample_rate_hertz = if codec == Codec::G722 { 16_000 } else { 8_000 };
    Audio { container, codec, channels: 1, sample_rate_hertz, duration_milliseconds: None }
}

/// A cut file, and which bytes of the original were read for it.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    pub(crate) plan: Plan,
    pub(crate) reads: Vec<Range<u64>>,
}

pub(crate) fn reads_of(made: &Made) -> u64 {
    made.reads.iter().map(|range| range.end - range.start).sum()
}

pub(crate) fn cut(audio: &Audio, object: &[u8], part: &Part) -> Result<Made, CannotCut> {
    let mut known = Known::new(object.len() as u64);
    let mut reads = Vec::new();
    let slice = |range: &Range<u64>| &object[range.start.try_into().unwrap()..range.end.try_into().unwrap()];
    loop {
        match plan(audio, &known, part)? {
            Planned::Wants(range) => {
                assert!(!range.is_empty() && reads.len() < 20);
                known.learn(range.start, slice(&range).to_vec());
                reads.push(range);
            }
            Planned::Done(plan) => {
                let bytes = plan.pieces.iter().flat_map(|piece| match piece {
                    Piece::Write(bytes) => bytes.clone(),
                    Piece::Copy(range) => {
                        reads.push(range.clone());
                        slice(range).to_vec()
                    }
                    Piece::Repeat { unit, times } => unit.repeat((*times).try_into().unwrap()),
                });
                let bytes = bytes.collect();
                return Ok(Made { bytes, plan, reads });
            }
        }
    }
}

pub(crate) fn decoded(audio: &Audio, object: &[u8], part: &Part) -> Made {
    let plan = cutter::decode(audio, object.to_vec(), part).unwrap();
    let bytes = plan.pieces.iter().flat_map(|piece| match piece {
        Piece::Write(bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    });
    Made { bytes: bytes.collect(), plan: plan.clone(), reads: Vec::new() }
}

/// A WAV; of codings in blocks `bits` is the block's size.
pub(crate) fn wav(tag: u16, channels: u16, rate: u32, bits: u16, samples: &[u8]) -> Vec<u8> {
    let is_block = matches!(tag, 0x31 | 0x11 | 0x02);
    let block = if is_block { bits } else { channels * bits / 8 };
    let format = [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * u32::from(block)).to_le_bytes(),
        &block.to_le_bytes(),
        &if is_block { 4_u16 } else { bits }.to_le_bytes(),
        &[0, 0],
    ]
    .concat();
    let size = u32::try_from(samples.len()).unwrap();
    let padding = vec![0; samples.len() % 2];
    let inside = 4 + 8 + 18 + 8 + size + size % 2;
    [
        b"RIFF",
        &inside.to_le_bytes()[..],
        b"WAVEfmt ",
        &18_u32.to_le_bytes(),
        &format,
        b"data",
        &size.to_le_bytes(),
        samples,
        &padding,
    ]
    .concat()
}

/// A WAV of one channel and 8 bits whose `data` chunk claims another size, with more behind it.
pub(crate) fn wav_with_sizes(tag: u16, samples: &[u8], claimed: u32, behind: &[u8]) -> Vec<u8> {
    let mut object = wav(tag, 1, 8_000, 8, samples);
    let at = object.len() - samples.len() - 4;
    object[at..at + 4].copy_from_slice(&claimed.to_le_bytes());
    object.extend_from_slice(behind);
    object
}

/// The samples of a WAV, found by a reader of its own that believes every size.
pub(crate) fn data_of(wav: &[u8]) -> Vec<u8> {
    assert_eq!(&wav[8..12], b"WAVE");
    let number = |at: usize| usize::try_from(u32::from_le_bytes(wav[at..at + 4].try_into().unwrap())).unwrap();
    let mut at = 12;
    while &wav[at..at + 4] != b"data" {
        at += 8 + number(at + 4) + number(at + 4) % 2;
    }
    let data = wav[at + 8..at + 8 + number(at + 4)].to_vec();
    assert_eq!(at + 8 + data.len() + data.len() % 2, wav.len(), "nothing stands behind the samples");
    data
}
