//! Samples without a header: what the ending of the name says of them.

use super::{Codec, Container, Probe, audio};
use crate::probe::Reader;

fn probe(name: &str, bytes: &[u8]) -> Probe {
    let whole = {
        let mut reader = Reader::of_file(name);
        reader.feed(bytes);
        reader.finish()
    };
    for size in [1, 5, 4096] {
        let mut reader = Reader::of_file(name);
        bytes.chunks(size).for_each(|chunk| reader.feed(chunk));
        assert_eq!(reader.finish(), whole, "{name} in pieces of {size}");
    }
    whole
}

#[test]
fn the_ending_of_the_name_decides_what_bytes_without_a_mark_are() {
    let silence = vec![0xFF_u8; 8_000];
    for (ending, codec, rate, milliseconds) in [
        ("ulaw", Codec::Mulaw, 8_000, 1_000),
        ("ul", Codec::Mulaw, 8_000, 1_000),
        ("ULAW", Codec::Mulaw, 8_000, 1_000),
        ("alaw", Codec::Alaw, 8_000, 1_000),
        ("al", Codec::Alaw, 8_000, 1_000),
        ("sln", Codec::Pcm, 8_000, 500),
        ("sln16", Codec::Pcm, 16_000, 250),
        ("sln44", Codec::Pcm, 44_100, 90),
        ("sln48", Codec::Pcm, 48_000, 83),
        ("g729", Codec::G729, 8_000, 8_000),
    ] {
        let name = format!("external-201-09000001101-20261120-102000-1795137598.3111.{ending}");
        assert_eq!(probe(&name, &silence), audio(Container::Raw, codec, 1, rate, milliseconds), "{ending}");
    }
    for name in ["a.wav", "a", "a.pcm", "a.raw", "ulaw", "a.ulaw.bak"] {
        assert_eq!(probe(name, &silence), Probe::NotAudio, "{name}");
    }
}

#[test]
fn a_mark_is_believed_before_the_name_and_what_is_surely_something_else_is_no_sound() {
    let au = [&b".snd"[..], &[0, 0, 0, 24, 0, 0, 0x1F, 0x40, 0, 0, 0, 1, 0, 0, 0x1F, 0x40, 0, 0, 0, 1], &[0xFF; 8_000]]
        .concat();
    assert_eq!(probe("a.ulaw", &au), audio(Container::Au, Codec::Mulaw, 1, 8_000, 1_000));
    for other in [
        &b"%PDF-1.7 and more"[..],
        b"PK\x03\x04 and more of it",
        b"<html><body>none</body></html>",
        b"RIFF1234AVI and more",
    ] {
        assert_eq!(probe("a.ulaw", other), Probe::NotAudio);
    }
    assert_eq!(probe("a.ulaw", b""), Probe::Empty);
    assert_eq!(probe("a.ulaw", b"fLaC"), Probe::NoAudio);
    assert_eq!(probe("a.ulaw", &[0x7F; 7]), Probe::NoAudio, "less than a millisecond");
    assert_eq!(probe("a.ulaw", &[0x7F; 8]), audio(Container::Raw, Codec::Mulaw, 1, 8_000, 1));
    assert_eq!(probe("a.sln", &[1; 17]), audio(Container::Raw, Codec::Pcm, 1, 8_000, 1), "half a sample is none");
}

#[test]
fn what_other_bare_sound_could_look_like_is_what_its_name_says() {
    // A frame of MPEG audio begins with bits that are silence in µ-law, GSM with a common byte of A-law.
    for bytes in [[0xFF, 0xFB].repeat(4_000), vec![0xD5; 8_000], vec![b'a'; 8_000]] {
        assert_eq!(probe("a.ulaw", &bytes), audio(Container::Raw, Codec::Mulaw, 1, 8_000, 1_000));
    }
}
