//! Parts of AMR: every frame the original's, and no other.
#![allow(clippy::unwrap_used)]

mod common;

use common::mp3::Noise;
use common::{audio, cut, reads_of, sample};
use cutter::{CannotCut, Part, Way, way};
use policy::audio::{Audio, Codec, Container};
use proptest::prelude::*;

/// Bytes of frames that encoders write, by type: 3GPP TS 26.101 and 26.201.
const NARROW: [(u8, usize); 10] =
    [(0, 12), (1, 13), (2, 15), (3, 17), (4, 19), (5, 20), (6, 26), (7, 31), (8, 5), (15, 0)];
const WIDE: [(u8, usize); 11] =
    [(0, 17), (1, 23), (2, 32), (3, 36), (4, 40), (5, 46), (6, 50), (7, 58), (8, 60), (9, 5), (15, 0)];

fn amr(codec: Codec, frames: usize) -> Audio {
    Audio { duration_milliseconds: Some(frames as u64 * 20), ..audio(Container::Amr, codec) }
}

/// Frames of these types in turn.
fn frames(codec: Codec, kinds: &[usize], count: usize) -> Vec<Vec<u8>> {
    let types = if codec == Codec::Amr { &NARROW[..] } else { &WIDE };
    let mut noise = Noise(1);
    (0..count)
        .map(|frame| {
            let (kind, bytes) = types[kinds[frame % kinds.len()] % types.len()];
            [vec![kind << 3 | 4], noise.bytes(bytes)].concat()
        })
        .collect()
}

fn mark(codec: Codec) -> Vec<u8> {
    if codec == Codec::Amr { b"#!AMR\n".to_vec() } else { b"#!AMR-WB\n".to_vec() }
}

fn part(from: u64, to: u64) -> Part {
    Part { from_milliseconds: from, to_milliseconds: Some(to), mute: Vec::new() }
}

proptest! {
    #[test]
    fn a_part_is_its_frames(
        is_wide in any::<bool>(), kinds in prop::collection::vec(0_usize..11, 1..5), count in 1_usize..400,
        from in 0_u64..4_000, length in 1_u64..4_000, lost in 0_usize..3, said in any::<bool>(),
    ) {
        let codec = if is_wide { Codec::AmrWideband } else { Codec::Amr };
        let frames = frames(codec, &kinds, count);
        let mut object = [mark(codec), frames.concat()].concat();
        object.truncate(object.len() - lost);
        // Whether its length is known or not, and whether its last frames arrived.
        let said = if said && lost == 0 { amr(codec, count) } else { audio(Container::Amr, codec) };
        let mut arrived = mark(codec).len();
        let whole = frames.iter().take_while(|frame| { arrived += frame.len(); arrived <= object.len() }).count();
        let first = usize::try_from(from / 20).unwrap();
        let end = usize::try_from((from + length).div_ceil(20)).unwrap().min(whole);
        match cut(&said, &object, &part(from, from + length)) {
            Ok(made) => {
                prop_assert_eq!(made.bytes, [mark(codec), frames[first..end].concat()].concat());
                prop_assert_eq!(made.plan.duration_milliseconds(), (end - first) as u64 * 20);
            }
            Err(reason) => prop_assert!(reason == CannotCut::Empty && first >= end),
        }
    }

    #[test]
    fn no_bytes_make_the_cutter_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), from in 0_u64..300) {
        let object = [mark(Codec::Amr), bytes].concat();
        let _ = cut(&amr(Codec::Amr, 9), &object, &part(from, from + 100));
        let _ = cut(&amr(Codec::AmrWideband, 9), &object, &Part::whole());
    }
}

#[test]
fn ten_seconds_of_two_hours_take_the_mark_and_ten_seconds() {
    let count = 2 * 60 * 60 * 50;
    let object = [mark(Codec::Amr), frames(Codec::Amr, &[7], count).concat()].concat();
    let made = cut(&amr(Codec::Amr, count), &object, &part(3_600_000, 3_610_000)).unwrap();
    assert_eq!(made.bytes.len(), 6 + 500 * 32);
    // Found, then copied: each once.
    assert!(reads_of(&made) < 4_096 + 2 * 16_384 + 100, "{:?}", made.reads);
}

#[test]
fn a_recorders_file_is_cut_and_what_has_no_silence_says_so() {
    let object = sample("functions/ingest/src/probe/tests/real/amr.amr");
    let kind = audio(Container::Amr, Codec::Amr);
    let made = cut(&kind, &object, &part(200, 700)).unwrap();
    assert_eq!((made.plan.duration_milliseconds(), made.plan.extension), (500, "amr"));
    let whole = cut(&kind, &object, &Part::whole()).unwrap();
    assert!(object.starts_with(&whole.bytes));
    let muted = Part { mute: vec![(300, 400)], ..part(200, 700) };
    assert_eq!(way(&kind, &muted).unwrap_err(), CannotCut::Mute);
    assert_eq!(way(&kind, &part(200, 700)).unwrap(), Way::Bytes);
    // Several channels.
    assert_eq!(cut(&kind, b"#!AMR_MC1.0\n\0\0\0\x02\x3C", &Part::whole()).unwrap_err(), CannotCut::Coding);
}
