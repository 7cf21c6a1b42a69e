use super::{Oddity, audio, check, noise};
use policy::audio::{Audio, Codec, Container, Probe};

fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap();
    [name, &size.to_be_bytes(), body, &vec![0; body.len() % 2]].concat()
}

/// 8,000 Hz as an 80-bit floating point number: 2^12 and a mantissa of 1.953125.
const RATE: [u8; 10] = [0x40, 0x0B, 0xFA, 0, 0, 0, 0, 0, 0, 0];

fn common(channels: u16, sample_frames: u32, bits: u16, coding: &[u8]) -> Vec<u8> {
    let numbers = [&channels.to_be_bytes()[..], &sample_frames.to_be_bytes(), &bits.to_be_bytes(), &RATE, coding];
    let name: &[u8] = if coding.is_empty() { b"" } else { b"\x01x" };
    chunk(b"COMM", &[&numbers.concat(), name].concat())
}

/// `SSND` that claims `claimed` bytes of samples.
fn sound(claimed: u32, samples: &[u8]) -> Vec<u8> {
    [b"SSND", &(claimed + 8).to_be_bytes()[..], &[0; 8], samples].concat()
}

fn file(form: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let size = u32::try_from(body.len() + 4).unwrap();
    [b"FORM", &size.to_be_bytes()[..], form, &body].concat()
}

fn aiff(codec: Codec, channels: u16, milliseconds: u64) -> Probe {
    audio(Container::Aiff, codec, channels, 8000, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let second = noise(81, 16_000);
    let half = || second[..8000].to_vec();
    let plain = |channels| common(channels, 8000, 16, b"");
    let coded = |coding: &[u8], bytes: usize| {
        file(b"AIFC", &[common(1, 8000, 16, coding), sound(u32::try_from(bytes).unwrap(), &second[..bytes])])
    };
    let linear = aiff(Codec::Pcm, 1, 1000);
    let mut never_mended = file(b"AIFF", &[common(1, 0, 16, b""), sound(0, &second)]);
    let size_at = never_mended.windows(4).position(|name| name == b"SSND").unwrap() + 4;
    never_mended[size_at..size_at + 4].fill(0);
    let unknown = |sample_frames| file(b"AIFC", &[common(1, sample_frames, 16, b"Qclp"), sound(8000, &half()[..4000])]);
    let no_length = Audio {
        container: Container::Aiff,
        codec: Codec::Other,
        channels: 1,
        sample_rate_hertz: 8000,
        duration_milliseconds: None,
    };
    vec![
        ("16 bits", file(b"AIFF", &[plain(1), sound(16_000, &second)]), linear.clone()),
        ("two legs", file(b"AIFF", &[plain(2), sound(16_000, &second)]), aiff(Codec::Pcm, 2, 500)),
        ("half arrived", file(b"AIFF", &[plain(1), sound(16_000, &half())]), aiff(Codec::Pcm, 1, 500)),
        ("the description last", file(b"AIFF", &[sound(16_000, &second), plain(1)]), linear.clone()),
        (
            "odd chunks before and behind",
            file(b"AIFF", &[chunk(b"NAME", b"a b"), plain(1), sound(16_000, &second), chunk(b"ANNO", b"c d")]),
            linear.clone(),
        ),
        ("a header that was never fixed", never_mended, linear),
        ("little-endian", coded(b"sowt", 16_000), aiff(Codec::Pcm, 1, 1000)),
        ("24 bits by name", coded(b"in24", 15_999), aiff(Codec::Pcm, 1, 666)),
        ("float", coded(b"fl32", 16_000), aiff(Codec::Pcm, 1, 500)),
        ("double", coded(b"fl64", 16_000), aiff(Codec::Pcm, 1, 250)),
        ("µ-law", coded(b"ulaw", 8000), aiff(Codec::Mulaw, 1, 1000)),
        ("A-law", coded(b"ALAW", 8000), aiff(Codec::Alaw, 1, 1000)),
        ("IMA", coded(b"ima4", 3400), aiff(Codec::Adpcm, 1, 800)),
        ("GSM", coded(b"agsm", 3300), aiff(Codec::Gsm, 1, 2000)),
        ("a coding without a name, by its sample frames, half arrived", unknown(16_000), aiff(Codec::Other, 1, 1000)),
        ("a coding without a name and no count", unknown(0), Probe::Audio(no_length)),
        ("no samples", file(b"AIFF", &[plain(1), sound(0, &[])]), Probe::NoAudio),
        ("no sound chunk", file(b"AIFF", &[plain(1)]), Probe::NoAudio),
        ("no description", file(b"AIFF", &[sound(16_000, &second)]), Probe::NoAudio),
        ("no channel", file(b"AIFF", &[plain(0), sound(16_000, &second)]), Probe::NotAudio),
        ("noise for chunks", file(b"AIFF", &[noise(5, 500)]), Probe::NotAudio),
        ("another FORM", file(b"ILBM", &[plain(1), sound(16_000, &second)]), Probe::NotAudio),
    ]
}

#[test]
fn chunks_are_followed_and_samples_counted_as_in_wav() {
    check(oddities());
}
