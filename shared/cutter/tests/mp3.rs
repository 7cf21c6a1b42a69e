//! Parts of MP3: the sound is the original's, and nothing of what lies around it is in the file.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;
use std::io::Cursor;

use common::mp3::{KINDS, Noise, Recording, recording};
use common::{Made, audio, cut, data_of, decoded, reads_of, sample};
use cutter::{CannotCut, Known, Part, Planned, plan};
use policy::audio::{Audio, Codec, Container};
use proptest::prelude::*;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// What a transform and the filter bank remember: so many samples of a beginning are not yet the original's.
const MEMORY_SAMPLES: usize = 576 + 480;

fn mp3() -> Audio {
    audio(Container::Mp3, Codec::Mp3)
}

fn mp3_of(recording: &Recording) -> Audio {
    Audio { duration_milliseconds: Some(recording.milliseconds()), ..mp3() }
}

/// Every sample that is decoded, with those that players leave out.
fn decoded_samples(file: &[u8]) -> Vec<i16> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file.to_vec())), MediaSourceStreamOptions::default());
    let (format_options, metadata_options) = (FormatOptions::default(), MetadataOptions::default());
    let mut format =
        symphonia::default::get_probe().probe(&Hint::new(), stream, format_options, metadata_options).unwrap();
    let track = format.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap();
    let options = AudioDecoderOptions::default().gapless(false);
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(parameters, &options).unwrap();
    let (mut samples, mut frame) = (Vec::new(), Vec::new());
    while let Ok(Some(packet)) = format.next_packet() {
        decoder.decode(&packet).unwrap().copy_to_vec_interleaved(&mut frame);
        samples.append(&mut frame);
    }
    samples
}

/// The samples of a part that its notes let play.
fn played_samples(file: &[u8], channels: usize) -> Vec<i16> {
    let lame = file.windows(4).position(|name| name == b"LAME").unwrap();
    assert_eq!(&file[lame - 120..lame - 116], b"Xing");
    let trim = u32::from_be_bytes([0, file[lame + 21], file[lame + 22], file[lame + 23]]);
    let samples = decoded_samples(file);
    let (skipped, left) = ((trim >> 12) + 529, (trim & 0xFFF) - 529);
    let at = |samples: u32| usize::try_from(samples).unwrap() * channels;
    samples[at(skipped)..samples.len() - at(left)].to_vec()
}

/// The eight bytes at each place of a file.
fn eights(file: &[u8]) -> HashSet<&[u8]> {
    file.windows(8).collect()
}

fn holds_some(held: &HashSet<&[u8]>, other: &[u8]) -> bool {
    other.windows(8).any(|bytes| held.contains(bytes))
}

fn check(recording: &Recording, object: &[u8], (skipped, left): (usize, usize), made: &Made, wanted: &Part) {
    let hertz = usize::try_from(recording.kind.hertz).unwrap();
    let channels = if recording.kind.mode >> 6 == 3 { 1 } else { 2 };
    let sample_of = |milliseconds: u64| usize::try_from(milliseconds).unwrap() * hertz / 1000;
    let (original, part) = (decoded_samples(object), played_samples(&made.bytes, channels));
    let original = &original[skipped * channels..original.len() - left * channels];
    let start = sample_of(wanted.from_milliseconds);
    let end = wanted.to_milliseconds.map_or(usize::MAX, sample_of).min(original.len() / channels);
    assert_eq!(part.len(), (end - start) * channels, "the length");
    assert_eq!(made.plan.samples, (end - start) as u64);
    let frame_of = |sample: usize| (sample + skipped) / recording.kind.samples;
    let mute: Vec<_> = wanted.mute.iter().filter(|(from, to)| from < to).collect();
    let muted_frames: Vec<_> = mute
        .iter()
        .map(|(from, to)| {
            let first = (sample_of(*from) + skipped).saturating_sub(MEMORY_SAMPLES) / recording.kind.samples;
            let end = (usize::try_from(*to).unwrap() * hertz).div_ceil(1000) + skipped;
            first..end.div_ceil(recording.kind.samples)
        })
        .collect();
    for sample in start..end {
        let at = (sample - start) * channels..(sample - start + 1) * channels;
        let is_muted = mute
            .iter()
            .any(|(from, to)| sample >= sample_of(*from) && sample * 1000 < usize::try_from(*to).unwrap() * hertz);
        // Silent, except what the filter bank still remembers of what came before the muted frames.
        let is_beginning = sample + skipped < frame_of(start) * recording.kind.samples + MEMORY_SAMPLES;
        let is_near_mute = muted_frames.iter().any(|frames| {
            let (first, end) = (frames.start * recording.kind.samples, frames.end * recording.kind.samples);
            (first..end + MEMORY_SAMPLES).contains(&(sample + skipped))
        });
        if is_muted {
            assert!(part[at].iter().all(|sample| *sample == 0), "sample {sample} is silent");
        } else if !is_beginning && !is_near_mute {
            assert_eq!(part[at.clone()], original[sample * channels..(sample + 1) * channels], "sample {sample}");
        }
    }
    // Nothing of a frame outside the part, or muted, is in the file.
    let held = eights(&made.bytes);
    let frames = frame_of(start)..(end + skipped).div_ceil(recording.kind.samples);
    for sound in recording.sounds_outside(&frames) {
        assert!(!holds_some(&held, sound), "a frame outside");
    }
    for frames in muted_frames {
        for number in frames.start..frames.end.min(recording.frames) {
            assert!(!holds_some(&held, &recording.sounds[number]), "frame {number} is muted");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_part_sounds_as_the_original_and_holds_nothing_else(
        kind in 0..KINDS.len(), seed in any::<u64>(), frames in 8_usize..60,
        rates in prop::collection::vec(1_usize..15, 1..4), from in 0_u64..90, length in 1_u64..100,
        mute in prop::collection::vec((0_u64..100, 0_u64..30), 0..3), reaches_the_end in any::<bool>(),
    ) {
        let recording = recording(KINDS[kind], &rates, frames, seed);
        let of = |hundredths: u64| recording.milliseconds() * hundredths / 100;
        let mute = mute.iter().map(|(from, length)| (of(*from), of(from + length))).collect();
        let to = (!reaches_the_end).then(|| of(from + length));
        let wanted = Part { from_milliseconds: of(from), to_milliseconds: to, mute };
        match cut(&mp3_of(&recording), &recording.bytes, &wanted) {
            Ok(made) => check(&recording, &recording.bytes, (0, 0), &made, &wanted),
            Err(reason) => {
                prop_assert_eq!(reason, CannotCut::Empty);
                prop_assert!(to.is_some_and(|to| to <= of(from)));
            }
        }
    }

    #[test]
    fn damaged_frames_make_no_panic_and_no_endless_reading(
        kind in 0..KINDS.len(), seed in any::<u64>(), damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..40),
        ends in any::<usize>(), from in 0_u64..500, milliseconds in any::<u32>(),
    ) {
        let mut object = recording(KINDS[kind], &[5, 9], 30, seed).bytes;
        for (at, byte) in damage {
            let at = at % object.len();
            object[at] = byte;
        }
        object.truncate(ends % (object.len() + 1));
        let said = Audio { duration_milliseconds: Some(milliseconds.into()), ..mp3() };
        for part in [Part { from_milliseconds: from, mute: vec![(from, from + 9)], ..Part::whole() }, Part::whole()] {
            if let Ok(made) = cut(&said, &object, &part) {
                prop_assert!(reads_of(&made) <= object.len() as u64);
                prop_assert!(made.bytes.len() <= object.len() * 20 + 10_000);
            }
        }
    }
}

#[test]
fn ten_seconds_of_two_hours_take_the_beginning_and_ten_seconds() {
    // 16 kbit/s at 8 kHz, as a telephone's recorder writes: 144 bytes a frame of 72 ms.
    let two_hours = recording(KINDS[4], &[2], 100_000, 1);
    let wanted = Part { mute: vec![(3_603_000, 3_604_000)], ..part(3_600_000, 3_610_000) };
    let made = cut(&mp3_of(&two_hours), &two_hours.bytes, &wanted).unwrap();
    assert_eq!(made.plan.samples, 80_000);
    assert!(made.bytes.len() < 21_000, "{}", made.bytes.len());
    let (reads, bytes) = (made.reads.len(), reads_of(&made));
    assert!(reads == 3 && bytes < 4_096 + 20_000 + 6_000, "{reads} reads, {bytes} bytes");

    // Padded frames, a tag in front, another at the end.
    let padded = recording(KINDS[0], &[9], 30_000, 2);
    let id3 = [&b"ID3\x04\0\0\0\0\x10\0"[..], &[b'x'; 2048]].concat();
    let object = [&id3[..], &padded.bytes, b"TAG", &[b'y'; 125]].concat();
    let made = cut(&mp3_of(&padded), &object, &part(600_000, 610_000)).unwrap();
    let bytes = reads_of(&made);
    assert!(made.reads.len() <= 4 && bytes < 4_096 + 160_000 + 10_000, "{:?}", made.reads);
    assert_eq!(played_samples(&made.bytes, 2).len(), 2 * 441_000);
    assert!(!holds_some(&eights(&made.bytes), &[id3, vec![b'y'; 20]].concat()));
}

#[test]
fn where_the_bit_rate_changes_what_lies_before_is_read_once_and_what_lies_behind_is_not() {
    let changing = recording(KINDS[4], &[1, 2, 5, 3], 5_000, 3);
    let wanted = part(120_000, 130_000);
    let made = cut(&mp3_of(&changing), &changing.bytes, &wanted).unwrap();
    check(&changing, &changing.bytes, (0, 0), &made, &wanted);
    let bytes = reads_of(&made);
    let share = changing.bytes.len() as u64 * 130_000 / changing.milliseconds();
    assert!(bytes > share && bytes < share + 20_000, "{bytes} of {share}");

    // One bit rate, except for a hundred frames in the middle: the length that was counted shows it.
    let mut rates = vec![3; 2_000];
    rates.extend([4; 100]);
    let uneven = recording(KINDS[4], &rates, 4_100, 4);
    let made = cut(&mp3_of(&uneven), &uneven.bytes, &part(200_000, 201_000)).unwrap();
    check(&uneven, &uneven.bytes, (0, 0), &made, &part(200_000, 201_000));
}

#[test]
fn what_an_encoder_noted_is_left_out_as_players_do_and_is_not_copied() {
    let inside = recording(KINDS[0], &[9], 200, 5);
    // LAME's notes: 576 samples before, 1,000 behind, of 200 frames.
    let mut notes = vec![0; 417];
    notes[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x60]);
    notes[36..40].copy_from_slice(b"Info");
    notes[40..48].copy_from_slice(&[0, 0, 0, 15, 0, 0, 0, 200]);
    notes[156..165].copy_from_slice(b"LAME3.100");
    notes[177..180].copy_from_slice(&((576_u32 << 12) + 1_000).to_be_bytes()[1..]);
    notes[300..320].copy_from_slice(&[b'n'; 20]);
    let object = [notes, inside.bytes.clone()].concat();
    let played = (inside.samples() - 1_576) as u64 * 1000 / 44_100;
    let said = Audio { duration_milliseconds: Some(played), ..mp3() };
    let wanted = Part { mute: vec![(2_000, 2_100)], ..part(1_234, 3_210) };
    let made = cut(&said, &object, &wanted).unwrap();
    check(&inside, &object, (576 + 529, 1_000 - 529), &made, &wanted);
    assert!(!holds_some(&eights(&made.bytes), &[b'n'; 20]));
    let whole = cut(&said, &object, &Part::whole()).unwrap();
    assert_eq!(whole.plan.samples, (inside.samples() - 1_576) as u64);
    check(&inside, &object, (576 + 529, 1_000 - 529), &whole, &Part::whole());
}

#[test]
fn recordings_of_real_encoders_sound_the_same_cut() {
    for (name, seconds) in [
        ("samples/ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3", 28),
        ("functions/ingest/src/probe/tests/real/variable-rate.mp3", 1),
        ("tests/field/yeastar/20261120110006-1795140005.121193-09000001201-202-Inbound.mp3", 5),
    ] {
        let object = sample(name);
        let whole = decoded(&mp3(), &object, &Part::whole());
        let hertz = usize::try_from(whole.plan.rate_hertz).unwrap();
        let original: Vec<i16> =
            data_of(&whole.bytes).chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect();
        let channels = original.len() / usize::try_from(whole.plan.samples).unwrap();
        let said = Audio { duration_milliseconds: Some(whole.plan.duration_milliseconds()), ..mp3() };
        let wanted = part(seconds * 200, seconds * 900);
        let made = cut(&said, &object, &wanted).unwrap();
        let made = played_samples(&made.bytes, channels);
        let at = |milliseconds: u64| usize::try_from(milliseconds).unwrap() * hertz / 1000 * channels;
        assert_eq!(made.len(), at(seconds * 900) - at(seconds * 200), "{name}");
        let memory = (MEMORY_SAMPLES + 1152) * channels;
        assert!(made[memory..] == original[at(seconds * 200) + memory..at(seconds * 900)], "{name}");
        assert!(original[at(seconds * 200)..at(seconds * 900)].iter().any(|sample| *sample != 0));
    }
}

#[test]
fn what_is_no_row_of_frames_is_refused_and_left_to_a_decoder() {
    let whole = recording(KINDS[2], &[4], 50, 6);
    let refused = |object: &[u8]| cut(&mp3(), object, &Part::whole()).map(|made| made.plan.samples).unwrap_err();
    // Garbage between frames.
    let mut damaged = whole.bytes.clone();
    damaged.splice(3_000..3_000, [1, 2, 3]);
    assert_eq!(refused(&damaged), CannotCut::Damaged);
    assert!(cutter::is_decoded(&mp3()));
    // A decoder finds the next frame, and plays all of them, though the bit rate changes and nothing notes it.
    let mut changing = recording(KINDS[0], &[5, 1], 18, 9).bytes;
    changing.splice(0..0, [0; 100]);
    assert_eq!(refused(&changing), CannotCut::Damaged);
    assert_eq!(decoded(&mp3(), &changing, &Part::whole()).plan.samples, 18 * 1152);
    // Another sampling rate midway; free format; layer II; noise; nothing.
    assert_eq!(refused(&[whole.bytes.clone(), recording(KINDS[3], &[4], 5, 7).bytes].concat()), CannotCut::Damaged);
    for second_and_third in [[0xFB, 0x00], [0xFD, 0x90]] {
        let frame = [&[0xFF][..], &second_and_third, &[0x60], &[0; 413]].concat();
        assert_eq!(refused(&frame.repeat(10)), CannotCut::Damaged);
    }
    assert_eq!(refused(&Noise(8).bytes(20_000)), CannotCut::Damaged);
    assert_eq!(refused(b"ID3\x04\0\0\x7F\x7F\x7F\x7F"), CannotCut::Damaged);
    // Its last frame did not arrive whole.
    let made = cut(&mp3(), &whole.bytes[..whole.bytes.len() - 10], &Part::whole()).unwrap();
    assert_eq!(made.plan.samples, 49 * 576);
    // Two gibibytes that were declared: what is asked for has a limit.
    let mut known = Known::new(2 << 30);
    known.learn(0, whole.bytes[..4_096].to_vec());
    let Planned::Wants(range) = plan(&mp3(), &known, &part(7_000_000, 7_001_000)).unwrap() else { panic!("planned") };
    assert!(range.end - range.start <= cutter::MAX_OBJECT_BYTES + (32 << 10), "{range:?}");
}

fn part(from: u64, to: u64) -> Part {
    Part { from_milliseconds: from, to_milliseconds: Some(to), mute: Vec::new() }
}
