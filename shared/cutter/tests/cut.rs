//! Parts of recordings as recorders write them.
#![allow(clippy::unwrap_used)]

mod common;

use common::{audio, cut, data_of, decoded, reads_of, sample, wav, wav_with_sizes};
use cutter::{CannotCut, Known, Part, Planned, Way, plan, way};
use policy::audio::{Codec, Container};
use proptest::prelude::*;

const TELEPHONE_HERTZ: u32 = 8_000;

/// Tag, bits, silence, of codings that are cut by sample.
const CODINGS: [(u16, u16, u8); 8] =
    [(1, 8, 0x80), (1, 16, 0), (1, 24, 0), (1, 32, 0), (3, 32, 0), (3, 64, 0), (6, 8, 0xD5), (7, 8, 0xFF)];

fn part(from: u64, to: u64) -> Part {
    Part { from_milliseconds: from, to_milliseconds: Some(to), mute: Vec::new() }
}

/// Bytes that tell where they were.
fn numbered(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect()
}

proptest! {
    #[test]
    fn the_length_is_exact_muted_samples_are_silent_and_the_others_are_the_originals(
        coding in 0..CODINGS.len(), channels in 1_u16..=2, rate in prop::sample::select(vec![8_000_u32, 11_025, 44_100]),
        frames in 1_usize..3_000, from in 0_u64..400, length in 1_u64..400,
        mute in prop::collection::vec((0_u64..500, 0_u64..100), 0..4),
    ) {
        let (tag, bits, silence) = CODINGS[coding];
        let frame_bytes = usize::from(channels * bits / 8);
        let samples = numbered(frames * frame_bytes);
        let object = wav(tag, channels, rate, bits, &samples);
        let mute: Vec<(u64, u64)> = mute.into_iter().map(|(from, length)| (from, from + length)).collect();
        let wanted = Part { from_milliseconds: from, to_milliseconds: Some(from + length), mute };
        // By an arithmetic of its own: a frame is in the part where its moment is.
        let is_within = |frame: usize, from: u64, to: u64| {
            let (frame, rate) = (frame as u64, u64::from(rate));
            frame >= from * rate / 1000 && frame < to * rate / 1000
        };
        let is_muted = |frame: usize| wanted.mute.iter().any(|(from, to)| {
            let (frame, rate) = (frame as u64, u64::from(rate));
            from < to && frame >= from * rate / 1000 && frame * 1000 < to * rate
        });
        let mut expected = Vec::new();
        for frame in (0..frames).filter(|frame| is_within(*frame, from, from + length)) {
            let bytes = &samples[frame * frame_bytes..(frame + 1) * frame_bytes];
            if is_muted(frame) { expected.extend(vec![silence; frame_bytes]) } else { expected.extend_from_slice(bytes) }
        }
        match cut(&audio(Container::Wav, Codec::Pcm), &object, &wanted) {
            Ok(made) => {
                prop_assert_eq!(&data_of(&made.bytes), &expected);
                prop_assert_eq!(made.plan.samples, (expected.len() / frame_bytes) as u64);
                prop_assert_eq!(made.plan.size_bytes(), made.bytes.len() as u64);
                prop_assert_eq!(u64::from(u32::from_le_bytes(made.bytes[4..8].try_into().unwrap())) + 8, made.bytes.len() as u64);
            }
            Err(reason) => {
                prop_assert_eq!(reason, CannotCut::Empty);
                prop_assert!(expected.is_empty());
            }
        }
    }

    #[test]
    fn no_bytes_make_the_cutter_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0_usize..80) {
        let mut object = wav(1, 1, 8_000, 16, &numbered(200));
        let end = (at + bytes.len()).min(object.len());
        object.splice(at..end, bytes);
        let _ = cut(&audio(Container::Wav, Codec::Pcm), &object, &Part::whole());
        object[..4].copy_from_slice(b".snd");
        let _ = cut(&audio(Container::Au, Codec::Pcm), &object, &Part::whole());
    }
}

#[test]
fn sizes_that_a_recorder_never_corrected_are_not_believed() {
    let samples = numbered(16_000);
    let all = part(0, 10_000);
    for claimed in [0, u32::MAX, 0x7FFF_F000, 0x7FFF_FFFF, 4_000, 1_000_000] {
        let object = wav_with_sizes(7, &samples, claimed, &[]);
        let made = cut(&audio(Container::Wav, Codec::Mulaw), &object, &all).unwrap();
        assert_eq!(data_of(&made.bytes), samples, "claimed {claimed}");
    }
    // A claim that is right: what stands behind is not sound.
    let list = [b"LIST".as_slice(), &4_u32.to_le_bytes(), b"INFO"].concat();
    let object = wav_with_sizes(7, &samples, 16_000, &list);
    assert_eq!(data_of(&cut(&audio(Container::Wav, Codec::Mulaw), &object, &all).unwrap().bytes), samples);
    assert_eq!(
        cut(&audio(Container::Wav, Codec::Mulaw), &wav(7, 1, 8_000, 8, &[]), &all).unwrap_err(),
        CannotCut::Empty
    );
}

#[test]
fn a_recording_of_64_bit_sizes_is_cut_and_one_that_needs_them_has_them() {
    let samples = numbered(16_000);
    let format = &wav(7, 1, TELEPHONE_HERTZ, 8, &[])[12..38];
    let sizes = [&u64::MAX.to_le_bytes()[..], &16_000_u64.to_le_bytes(), &[0; 12]].concat();
    let head =
        [b"RF64\xFF\xFF\xFF\xFFWAVEds64", &28_u32.to_le_bytes()[..], &sizes, format, b"data\xFF\xFF\xFF\xFF"].concat();
    let object = [head.clone(), samples.clone(), b"JUNKJUNK".to_vec()].concat();
    let made = cut(&audio(Container::Wav, Codec::Mulaw), &object, &part(500, 1_500)).unwrap();
    assert_eq!(data_of(&made.bytes), samples[4_000..12_000]);

    let size = 5_000_000_000;
    let mut known = Known::new(size);
    known.learn(0, [&wav(7, 1, TELEPHONE_HERTZ, 8, &[])[..], &[0; 9000]].concat());
    let Planned::Done(made) = plan(&audio(Container::Wav, Codec::Mulaw), &known, &Part::whole()).unwrap() else {
        panic!("the header is known")
    };
    let cutter::Piece::Write(head) = &made.pieces[0] else { panic!("a head first") };
    assert_eq!((&head[..4], &head[12..16]), (&b"RF64"[..], &b"ds64"[..]));
    let data = u64::from_le_bytes(head[28..36].try_into().unwrap());
    assert_eq!(u64::from_le_bytes(head[20..28].try_into().unwrap()) + 8, made.size_bytes());
    assert_eq!(data + head.len() as u64, made.size_bytes());
}

#[test]
fn codings_in_blocks_are_cut_by_block_and_muted_by_block() {
    // Tag, block, samples of a block: GSM 06.10, IMA ADPCM, Microsoft's ADPCM.
    for (tag, block, block_samples) in [(0x31_u16, 65_usize, 320_u64), (0x11, 256, 505), (0x02, 256, 500)] {
        let samples = numbered(block * 20 + 3);
        let object = wav(tag, 1, TELEPHONE_HERTZ, block.try_into().unwrap(), &samples);
        let milliseconds = |blocks: u64| blocks * block_samples / 8;
        let wanted =
            Part { mute: vec![(milliseconds(6), milliseconds(7))], ..part(milliseconds(3) + 1, milliseconds(9) - 1) };
        let made = cut(&audio(Container::Wav, Codec::Gsm), &object, &wanted).unwrap();
        let bytes = data_of(&made.bytes);
        assert_eq!(bytes.len(), block * 6, "{tag:#x}");
        assert_eq!(made.plan.samples, block_samples * 6);
        assert_eq!(bytes[..block * 2], samples[block * 3..block * 5]);
        assert_ne!(bytes[block * 3..block * 4], samples[block * 6..block * 7]);
        assert_eq!(bytes[block * 5..], samples[block * 8..block * 9]);
        // Those that end with the recording leave out what filled up its last block.
        let all = cut(&audio(Container::Wav, Codec::Gsm), &object, &Part::whole()).unwrap();
        assert_eq!(data_of(&all.bytes), samples[..block * 20]);
    }
}

#[test]
fn ten_seconds_of_two_hours_take_the_header_and_ten_seconds() {
    let two_hours = 2 * 60 * 60 * 16_000_usize;
    let object = wav(1, 1, TELEPHONE_HERTZ, 16, &vec![1; two_hours]);
    let wanted = Part { mute: vec![(3_603_000, 3_604_000)], ..part(3_600_000, 3_610_000) };
    let made = cut(&audio(Container::Wav, Codec::Pcm), &object, &wanted).unwrap();
    assert_eq!(data_of(&made.bytes).len(), 160_000);
    assert_eq!(reads_of(&made), 4_096 + 160_000 - 16_000);
    // Without an end the header's claim is compared with what stands behind: nothing more.
    let to_the_end = Part { from_milliseconds: 7_199_000, ..Part::whole() };
    assert_eq!(reads_of(&cut(&audio(Container::Wav, Codec::Pcm), &object, &to_the_end).unwrap()), 4_096 + 16_000);
}

#[test]
fn sound_without_a_header_is_cut_and_gets_one_where_one_helps() {
    let samples = numbered(8_000);
    let mulaw = audio(Container::Raw, Codec::Mulaw);
    let made = cut(&mulaw, &samples, &Part { mute: vec![(300, 400)], ..part(250, 500) }).unwrap();
    assert_eq!((made.plan.content_type, made.plan.extension), ("audio/wav", "wav"));
    let bytes = data_of(&made.bytes);
    assert_eq!(
        (&bytes[..400], &bytes[400..1200], &bytes[1200..]),
        (&samples[2000..2400], &[0xFF; 800][..], &samples[3200..4000])
    );
    let frames = numbered(33 * 50);
    let made =
        cut(&audio(Container::Gsm, Codec::Gsm), &frames, &Part { mute: vec![(100, 119)], ..part(60, 200) }).unwrap();
    assert_eq!((made.bytes.len(), made.plan.content_type), (33 * 7, "audio/gsm"));
    assert_eq!((&made.bytes[..66], made.bytes[66] >> 4, made.bytes[67]), (&frames[99..165], 0xD, 0x20));
    for codec in [Codec::G722, Codec::G729] {
        let container = if codec == Codec::G722 { Container::G722 } else { Container::Raw };
        let wanted = Part { mute: vec![(10, 20)], ..part(0, 100) };
        assert_eq!(cut(&audio(container, codec), &samples, &wanted).unwrap_err(), CannotCut::Mute);
        assert!(!cut(&audio(container, codec), &samples, &part(0, 100)).unwrap().bytes.is_empty());
    }
}

#[test]
fn an_au_file_is_cut_and_its_g711_becomes_wav() {
    let header = |coding: u32| -> Vec<u8> {
        let numbers = [24_u32, u32::MAX, coding, 8_000, 1];
        b".snd".iter().copied().chain(numbers.iter().flat_map(|number| number.to_be_bytes())).collect()
    };
    let samples = numbered(16_000);
    let object = [header(1), samples.clone()].concat();
    let made = cut(&audio(Container::Au, Codec::Mulaw), &object, &part(500, 1_000)).unwrap();
    assert_eq!((data_of(&made.bytes).as_slice(), made.plan.extension), (&samples[4_000..8_000], "wav"));
    let object = [header(3), samples.clone()].concat();
    let made = cut(&audio(Container::Au, Codec::Pcm), &object, &part(500, 750)).unwrap();
    assert_eq!(
        (&made.bytes[..4], &made.bytes[28..], made.plan.extension),
        (&b".snd"[..], &samples[8_000..12_000], "au")
    );
}

#[test]
fn what_is_decoded_is_the_same_moment_as_in_the_whole() {
    for (name, container, codec, seconds) in common::DECODED {
        let bytes = sample(name);
        let kind = audio(container, codec);
        let whole = decoded(&kind, &bytes, &Part::whole());
        let rate = usize::try_from(whole.plan.rate_hertz).unwrap();
        let long = std::time::Duration::from_millis(whole.plan.duration_milliseconds()).as_secs_f64();
        assert!((long - seconds).abs() < 0.15, "{name}: {long} s");
        let frame_bytes = data_of(&whole.bytes).len() / usize::try_from(whole.plan.samples).unwrap();
        let wanted = Part { mute: vec![(700, 800)], ..part(500, 1_250) };
        let made = decoded(&kind, &bytes, &wanted);
        let mut expected = data_of(&whole.bytes)[rate / 2 * frame_bytes..rate * 5 / 4 * frame_bytes].to_vec();
        let muted = (rate * 7 / 10 - rate / 2) * frame_bytes..(rate * 8 / 10 - rate / 2) * frame_bytes;
        assert!(expected[muted.clone()].iter().any(|byte| *byte != 0), "{name}: there is something to mute");
        expected[muted].fill(0);
        assert!(data_of(&made.bytes) == expected, "{name}");
        assert_eq!(made.plan.samples, u64::from(whole.plan.rate_hertz) * 3 / 4);
        assert_eq!(cutter::decode(&kind, bytes, &part(3_600_000, 3_601_000)).unwrap_err(), CannotCut::Empty, "{name}");
    }
}

#[test]
fn what_cannot_be_cut_is_refused_by_its_reason() {
    let refused = |container, codec, part: &Part| way(&audio(container, codec), part).unwrap_err();
    let whole = Part::whole();
    for codec in [Codec::Opus, Codec::Speex, Codec::Amr, Codec::AmrWideband] {
        assert_eq!(refused(Container::Ogg, codec, &whole), CannotCut::Coding);
    }
    assert_eq!(refused(Container::Wav, Codec::Mp3, &whole), CannotCut::Coding);
    assert_eq!(refused(Container::Wav, Codec::G722, &Part { mute: vec![(1, 2)], ..Part::whole() }), CannotCut::Mute);
    assert_eq!(way(&audio(Container::Wav, Codec::Adpcm), &whole).unwrap(), Way::Bytes);
    assert_eq!(way(&audio(Container::Mp3, Codec::Mp3), &whole).unwrap(), Way::Bytes);
    assert_eq!(way(&audio(Container::Mp4, Codec::Aac), &whole).unwrap(), Way::Decode);
    let garbage = cutter::decode(&audio(Container::Flac, Codec::Flac), numbered(5_000), &whole);
    assert_eq!(garbage.unwrap_err(), CannotCut::Damaged);
    assert_eq!(CannotCut::Coding.to_string(), "can't be cut: its coding can't be taken apart");
}
