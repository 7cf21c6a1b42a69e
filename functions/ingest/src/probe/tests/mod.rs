#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Odd objects, small and made here, and the samples as they are.

mod aiff;
mod amr;
mod au;
mod bare;
mod flac;
mod matroska;
mod mp3;
mod mp4;
mod ogg;
mod properties;
mod raw;
mod real;
mod samples;
mod wav;

use super::Reader;
use policy::audio::{Audio, Codec, Container, Probe};

/// A sentence about the object, its bytes, what must come out.
type Oddity = (&'static str, Vec<u8>, Probe);

fn probe(bytes: &[u8]) -> Probe {
    let mut reader = Reader::new();
    reader.feed(bytes);
    reader.finish()
}

fn check(oddities: Vec<Oddity>) {
    let wrong: Vec<String> = oddities
        .into_iter()
        .filter_map(|(name, bytes, expected)| {
            let found = probe(&bytes);
            (found != expected).then(|| format!("{name}: {found:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn audio(
    container: Container,
    codec: Codec,
    channels: u16,
    sample_rate_hertz: u32,
    duration_milliseconds: u64,
) -> Probe {
    let duration_milliseconds = Some(duration_milliseconds);
    Probe::Audio(Audio { container, codec, channels, sample_rate_hertz, duration_milliseconds })
}

/// 0 where there is nothing to play, or no telling.
fn duration_milliseconds(outcome: &Probe) -> u64 {
    match outcome {
        Probe::Audio(audio) => audio.duration_milliseconds.unwrap_or_default(),
        _ => 0,
    }
}

/// Bytes without a pattern, the same every time (xorshift).
fn noise(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[1]
    })
    .take(count)
    .collect()
}

/// An `ID3v2.4` tag with `body_bytes` of body.
fn id3(body_bytes: usize) -> Vec<u8> {
    let mut tag = b"ID3\x04\x00\x00".to_vec();
    for shift in [21, 14, 7, 0] {
        tag.push(u8::try_from(body_bytes >> shift & 0x7F).unwrap());
    }
    // A cover picture is as good as noise.
    tag.extend(noise(7, body_bytes));
    tag
}

#[test]
fn what_is_no_recording_is_not_audio() {
    let page = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>".repeat(200);
    let mut utf_16 = vec![0xFF, 0xFE];
    utf_16.extend("a note, not a call".encode_utf16().flat_map(u16::to_le_bytes));
    let stored_in_a_zip = [b"PK\x03\x04\x0a\x00\x00\x00\x00\x00", &mp3::recording(50)[..]].concat();
    let stored_in_a_tar = [&b"recording.mp3"[..], &[0; 499], &mp3::recording(50)].concat();
    let picture = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &noise(3, 20_000)].concat();
    let photo = [&b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01"[..], &noise(4, 20_000)].concat();
    let objects: Vec<(&str, Vec<u8>)> = vec![
        ("a PDF", b"%PDF-1.7 not a recording\n".repeat(50)),
        ("an error page", page),
        ("JSON", br#"{"message": "Internal server error"}"#.to_vec()),
        ("one letter", b"x".to_vec()),
        ("text in UTF-16", utf_16),
        ("a zip with MPEG audio stored in it", stored_in_a_zip),
        ("a tar with MPEG audio in it", stored_in_a_tar),
        ("a PNG", picture),
        ("a JPEG", photo),
        ("another RIFF", [&b"RIFF\xFF\0\0\0AVI LIST"[..], &mp3::recording(50)].concat()),
        ("RIFF cut before its form", b"RIFF\x24\0\0\0WA".to_vec()),
        ("zeros", vec![0; 100_000]),
        ("a tag, then text", [id3(100), b"but no frames at all".repeat(500)].concat()),
    ];
    check(objects.into_iter().map(|(name, bytes)| (name, bytes, Probe::NotAudio)).collect());
}

#[test]
fn a_mebibyte_of_noise_is_never_audio() {
    for seed in 1..20 {
        let bytes = noise(seed, 1 << 20);
        assert_eq!(probe(&bytes), Probe::NotAudio, "noise {seed}");
        // And not where only a tag speaks for it either.
        assert_eq!(probe(&[id3(10), bytes].concat()), Probe::NotAudio, "noise {seed} behind a tag");
    }
}

#[test]
fn no_byte_at_all_is_empty() {
    assert_eq!(Reader::new().finish(), Probe::Empty);
    assert_eq!(probe(b""), Probe::Empty);
}

#[test]
fn a_container_cut_off_at_its_mark_has_no_audio() {
    for bytes in [
        &b"fLaC"[..],
        b"OggS\0",
        b"\0\0\0\x1cftyp",
        b".snd\0",
        b"#!AMR\n",
        b"\x1A\x45\xDF\xA3",
        &id3(300),
        &id3(300)[..200],
    ] {
        assert_eq!(probe(bytes), Probe::NoAudio, "{bytes:?}");
    }
}
