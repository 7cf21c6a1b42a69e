//! Parts of FLAC: every sample the original's, in a file that is whole, with nothing of what lies around.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use common::flac::{Kind, Recording, TAG, recording};
use common::mp3::Noise;
use common::{Made, audio, cut, data_of, decoded, reads_of, sample};
use cutter::{CannotCut, Known, Part, Planned, plan};
use policy::audio::{Audio, Codec, Container};
use proptest::prelude::*;

fn flac() -> Audio {
    audio(Container::Flac, Codec::Flac)
}

fn kind(channels: usize, depth: usize, blocks: &[usize]) -> Kind {
    Kind { hertz: 8_000, channels, depth, blocks: blocks.to_vec(), is_noted: true, has_table: false }
}

fn part(from: u64, to: u64) -> Part {
    Part { from_milliseconds: from, to_milliseconds: Some(to), mute: Vec::new() }
}

/// The part decodes to what a decoder makes of it out of the whole recording.
fn check(object: &Recording, kind: &Kind, made: &Made, wanted: &Part) {
    let expected = decoded(&flac(), &object.bytes, wanted);
    let found = decoded(&flac(), &made.bytes, &Part::whole());
    assert_eq!((found.plan.samples, made.plan.samples), (expected.plan.samples, expected.plan.samples));
    assert!(data_of(&found.bytes) == data_of(&expected.bytes));
    // The header says what is there, and no digest, which would be another file's.
    let info = &made.bytes[8..42];
    let claimed = u64::from_be_bytes(info[10..18].try_into().unwrap()) & 0x000F_FFFF_FFFF;
    assert_eq!((claimed, &info[18..]), (made.plan.samples, &[0; 16][..]));
    assert_eq!(made.bytes[4..8], [0x80, 0, 0, 34], "nothing else stands before the frames");
    let hertz = usize::try_from(kind.hertz).unwrap();
    let sample_of = |milliseconds: u64| usize::try_from(milliseconds).unwrap() * hertz / 1000;
    let end = wanted.to_milliseconds.map_or(usize::MAX, sample_of);
    let held: HashSet<&[u8]> = made.bytes.windows(12).collect();
    let is_muted = |samples: &std::ops::Range<usize>| {
        wanted.mute.iter().any(|(from, to)| sample_of(*from) <= samples.start && samples.end <= sample_of(*to))
    };
    for (bytes, samples) in &object.frames {
        let is_outside = samples.end <= sample_of(wanted.from_milliseconds) || samples.start >= end;
        // Bytes that repeat, as those of a level that stays do, are no one's.
        let mut telling = object.bytes[bytes.start + 12..bytes.end]
            .windows(12)
            .filter(|bytes| bytes.iter().collect::<HashSet<_>>().len() > 7);
        if is_outside || is_muted(samples) {
            assert!(!telling.any(|bytes| held.contains(bytes)), "of {samples:?}");
        }
    }
    assert!(!TAG.windows(12).any(|bytes| held.contains(bytes)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_part_has_the_originals_samples_and_nothing_else(
        channels in 1_usize..=2, depth in prop::sample::select(vec![8_usize, 16, 24]),
        blocks in prop::collection::vec(16_usize..900, 1..4), is_noted in any::<bool>(), has_table in any::<bool>(),
        samples in 1_usize..8_000, seed in any::<u64>(), from in 0_u64..100, length in 1_u64..100,
        mute in prop::collection::vec((0_u64..100, 0_u64..40), 0..3), reaches_the_end in any::<bool>(),
    ) {
        let kind = Kind { hertz: 8_000, channels, depth, blocks, is_noted, has_table };
        let object = recording(&kind, samples, seed);
        let of = |hundredths: u64| samples as u64 * 10 * hundredths / 8_000;
        let mute = mute.iter().map(|(from, length)| (of(*from), of(from + length))).collect();
        let to = (!reaches_the_end).then(|| of(from + length));
        let wanted = Part { from_milliseconds: of(from), to_milliseconds: to, mute };
        match cut(&flac(), &object.bytes, &wanted) {
            Ok(made) => check(&object, &kind, &made, &wanted),
            Err(reason) => {
                prop_assert_eq!(reason, CannotCut::Empty);
                prop_assert!(to.is_some_and(|to| to <= of(from)));
            }
        }
    }

    #[test]
    fn damaged_frames_make_no_panic_and_no_endless_reading(
        seed in any::<u64>(), damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..20),
        ends in any::<usize>(), from in 0_u64..1_500, has_table in any::<bool>(),
    ) {
        let kind = Kind { has_table, ..kind(2, 16, &[400]) };
        let mut object = recording(&kind, 12_000, seed).bytes;
        for (at, byte) in damage {
            // Half of it where the numbers are.
            let at = if at % 2 == 0 { at % 200 } else { at % object.len() };
            object[at] = byte;
        }
        object.truncate(ends % (object.len() + 1));
        for part in [Part { from_milliseconds: from, mute: vec![(from, from + 9)], ..Part::whole() }, Part::whole()] {
            if let Ok(made) = cut(&flac(), &object, &part) {
                prop_assert!(reads_of(&made) <= object.len() as u64);
                prop_assert!(made.bytes.len() <= object.len() * 4 + 50_000);
            }
        }
    }
}

#[test]
fn ten_seconds_of_two_hours_take_the_beginning_some_looks_and_ten_seconds() {
    let samples = 2 * 60 * 60 * 1_000;
    for (is_noted, has_table, most) in [(true, true, 70_000), (true, false, 70_000), (false, false, 300_000)] {
        // A thousandth of the rate, so that the test is quick: ten seconds are as many bytes as at 8 kHz.
        let kind = Kind { hertz: 1_000, is_noted, has_table, ..kind(1, 16, &[512]) };
        let object = recording(&kind, samples, 1);
        let wanted = Part { mute: vec![(3_603_000, 3_604_000)], ..part(3_600_000, 3_610_000) };
        let made = cut(&flac(), &object.bytes, &wanted).unwrap();
        assert_eq!(made.plan.samples, 10_000);
        let (reads, bytes) = (made.reads.len(), reads_of(&made));
        assert!(reads <= 16 && bytes < most, "{reads} reads, {bytes} bytes for {}", made.bytes.len());
        let found = decoded(&flac(), &made.bytes, &Part::whole());
        assert_eq!(found.plan.samples, 10_000);
    }
}

#[test]
fn recordings_of_real_encoders_are_cut_to_the_sample() {
    let object = sample("samples/other/upload/rec_0001.flac");
    for wanted in [
        Part { mute: vec![(3_000, 4_000), (4_500, 4_501)], ..part(2_000, 7_000) },
        Part { mute: vec![(0, 60_000)], ..Part::whole() },
        Part { mute: vec![(5_000, 9_999)], ..Part::whole() },
        part(28_500, 60_000),
        part(0, 1),
    ] {
        let made = cut(&flac(), &object, &wanted).unwrap();
        let expected = decoded(&flac(), &object, &wanted);
        let found = decoded(&flac(), &made.bytes, &Part::whole());
        assert!(data_of(&found.bytes) == data_of(&expected.bytes), "{wanted:?}");
    }
    assert_eq!(cut(&flac(), &object, &part(60_000, 61_000)).unwrap_err(), CannotCut::Empty);
}

#[test]
fn a_table_that_lies_and_frames_within_samples_lead_nowhere_else() {
    let kind = Kind { has_table: true, ..kind(1, 16, &[256]) };
    let mut object = recording(&kind, 200_000, 2);
    let table = 4 + 38;
    // Every point says the same place, then a place beyond its end.
    for place in [5_000_u64, u64::MAX / 2, 3] {
        for point in 0..10 {
            object.bytes[table + 4 + point * 18 + 8..table + 4 + point * 18 + 16].copy_from_slice(&place.to_be_bytes());
        }
        let wanted = part(20_000, 21_000);
        check(&object, &kind, &cut(&flac(), &object.bytes, &wanted).unwrap(), &wanted);
    }
}

#[test]
fn what_is_no_row_of_frames_is_refused_and_left_to_a_decoder() {
    let kind = kind(1, 16, &[400]);
    let whole = recording(&kind, 20_000, 3);
    let refused = |object: &[u8]| cut(&flac(), object, &Part::whole()).map(|made| made.plan.samples).unwrap_err();
    let (frame, next) = (whole.frames[9].0.clone(), whole.frames[10].0.clone());
    // A byte within a frame; a frame that is missing; one that comes twice.
    let mut damaged = whole.bytes.clone();
    damaged[frame.start + 100] ^= 1;
    assert_eq!(refused(&damaged), CannotCut::Damaged);
    let bytes = &whole.bytes;
    assert_eq!(refused(&[&bytes[..frame.start], &bytes[frame.end..]].concat()), CannotCut::Damaged);
    assert_eq!(refused(&[&bytes[..next.start], &bytes[frame.start..]].concat()), CannotCut::Damaged);
    assert!(cutter::is_decoded(&flac()));
    assert_eq!(refused(&Noise(4).bytes(9_000)), CannotCut::Damaged);
    assert_eq!(refused(b"fLaC\0\0\0\0"), CannotCut::Damaged);
    // Its last frame did not arrive whole; a tag stands at the end.
    let made = cut(&flac(), &bytes[..bytes.len() - 3], &Part::whole()).unwrap();
    assert_eq!(made.plan.samples, 19_600);
    let tagged = [&bytes[..], b"TAG", &[b'y'; 125]].concat();
    assert_eq!(cut(&flac(), &tagged, &Part::whole()).unwrap().plan.samples, 20_000);
    // Two gibibytes that were declared: what is asked for has a limit.
    let mut known = Known::new(2 << 30);
    known.learn(0, bytes[..8_192].to_vec());
    let Planned::Wants(range) = plan(&flac(), &known, &part(1_000_000, 1_001_000)).unwrap() else { panic!("planned") };
    assert!(range.end - range.start <= cutter::MAX_OBJECT_BYTES, "{range:?}");
}
