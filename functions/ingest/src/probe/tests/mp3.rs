use super::{Oddity, audio, check, id3, noise};
use policy::audio::{Codec, Container, Probe};

/// MPEG 1, 44.1 kHz, 128 kbit/s, joint stereo: 417 bytes, 1,152 samples.
const HEADER: [u8; 4] = [0xFF, 0xFB, 0x90, 0x64];

/// A frame with that header, `bytes` long.
fn frame(header: [u8; 4], bytes: usize) -> Vec<u8> {
    // Sound never spells sync: `0xFF` with three bits more.
    let sound = noise(21, bytes - 4).into_iter().map(|byte| byte & 0x7F);
    header.into_iter().chain(sound).collect()
}

/// Bare frames of 26.122 ms.
pub(super) fn frames(count: usize) -> Vec<u8> {
    frame(HEADER, 417).repeat(count)
}

/// Frames behind a small tag.
pub(super) fn recording(count: usize) -> Vec<u8> {
    [id3(64), frames(count)].concat()
}

/// A first frame with notes at `at`.
fn notes(header: [u8; 4], bytes: usize, at: usize, notes: &[u8]) -> Vec<u8> {
    let mut frame = header.to_vec();
    frame.resize(bytes, 0);
    frame[at..at + notes.len()].copy_from_slice(notes);
    frame
}

/// LAME's notes on `count` frames, with everything Xing allows.
fn xing(mark: &[u8], count: u32, delay: u32, padding: u32) -> Vec<u8> {
    let gapless = (delay << 12 | padding).to_be_bytes();
    let mut notes = [mark, &15_u32.to_be_bytes(), &count.to_be_bytes(), &[0; 4 + 100 + 4]].concat();
    notes.extend(b"LAME3.100\0\0\0\0\0\0\0\0\0\0\0\0");
    notes.extend(&gapless[1..]);
    notes
}

fn mpeg(channels: u16, sample_rate_hertz: u32, milliseconds: u64) -> Probe {
    audio(Container::Mp3, Codec::Mp3, channels, sample_rate_hertz, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let hundred = || frames(100);
    let stereo = |milliseconds| mpeg(2, 44_100, milliseconds);
    // Bit rates 32 to 320 kbit/s in turn, with and without padding.
    let variable: Vec<u8> = [(0x10, 104), (0x92, 418), (0xE0, 1044), (0x52, 209)]
        .map(|(rate, bytes)| frame([0xFF, 0xFB, rate, 0xC4], bytes))
        .concat()
        .repeat(25);
    let first = |info: &[u8]| notes(HEADER, 417, 36, info);
    let id3v1 = [b"TAG", &[b'x'; 125][..]].concat();
    let ape = [b"APETAGEX\xD0\x07\0\0", &noise(8, 32_000)[..]].concat();
    // MPEG 2, 16 kHz, 24 kbit/s, mono: 108 bytes, 576 samples.
    let half = || frame([0xFF, 0xF3, 0x38, 0xC4], 108).repeat(100);
    // MPEG 2.5, 8 kHz, 8 kbit/s, mono: 72 bytes, 576 samples.
    let quarter = || frame([0xFF, 0xE3, 0x18, 0xC4], 72).repeat(100);
    vec![
        ("bare frames", hundred(), stereo(2612)),
        ("a tag", [id3(300), hundred()].concat(), stereo(2612)),
        ("a tag with a cover of 300 KB", [id3(300_000), hundred()].concat(), stereo(2612)),
        ("three tags", [id3(10), id3(2000), id3(0), hundred()].concat(), stereo(2612)),
        (
            "a tag with a footer",
            {
                let mut tag = id3(50);
                tag[5] = 0x10;
                [tag, b"3DI\x04\0\x10\0\0\0\x32".to_vec(), hundred()].concat()
            },
            stereo(2612),
        ),
        ("tags at the end", [hundred(), ape, id3v1.clone()].concat(), stereo(2612)),
        ("bit rate changes, no notes", variable, mpeg(1, 44_100, 2612)),
        ("MPEG 2", half(), mpeg(1, 16_000, 3600)),
        ("MPEG 2.5", quarter(), mpeg(1, 8000, 7200)),
        ("notes are no sound", [first(b"Info\0\0\0\0"), hundred()].concat(), stereo(2612)),
        (
            "notes tell the run-in and the padding",
            [first(&xing(b"Xing", 100, 576, 1000)), hundred()].concat(),
            stereo(2576),
        ),
        (
            "mono notes stand elsewhere",
            [notes([0xFF, 0xF3, 0x38, 0xC4], 216, 13, &xing(b"Info", 100, 1105, 400))[..108].to_vec(), half()].concat(),
            // Cut by the frame's end: the frames are noted, the run-in is not.
            mpeg(1, 16_000, 3600),
        ),
        ("notes claim an hour: frames count", [first(&xing(b"Xing", 137_812, 0, 0)), hundred()].concat(), stereo(2612)),
        ("notes claim ten frames: frames count", [first(&xing(b"Xing", 10, 0, 0)), hundred()].concat(), stereo(2612)),
        ("Fraunhofer's notes", [first(b"VBRI\0\x01\0\0\0\0\0\0\0\0\0\0\0\x64"), hundred()].concat(), stereo(2612)),
        (
            "notes and nothing else",
            [id3(20), first(b"Info\0\0\0\0"), first(b"")[..3].to_vec()].concat(),
            Probe::NotAudio,
        ),
        ("cut within the last frame", hundred()[..41_600].to_vec(), stereo(2586)),
        ("it begins within a frame", hundred()[200..].to_vec(), stereo(2586)),
        ("garbage in the middle", [hundred(), noise(9, 5000), hundred()].concat(), stereo(5224)),
        ("two files, one behind the other", [recording(100), id3v1, recording(100)].concat(), stereo(5224)),
        ("two files with a tag between", [recording(100), recording(100)].concat(), stereo(5224)),
        ("two files, two rates", [half(), hundred()].concat(), mpeg(1, 16_000, 3600 + 2612)),
        ("two frames, no more", frames(2), stereo(52)),
        ("a single frame", frames(1), Probe::NotAudio),
        ("three frames amid noise", [&noise(2, 500), &frames(3)[..], &noise(3, 5000)].concat(), Probe::NotAudio),
        ("frames behind 100 KB of noise", [noise(2, 100_000), hundred()].concat(), Probe::NotAudio),
        ("a tag and nothing", id3(1000), Probe::NoAudio),
        ("layer II", frame([0xFF, 0xFD, 0x90, 0x64], 417).repeat(100), Probe::NotAudio),
    ]
}

#[test]
fn frames_are_counted_and_nothing_else_is() {
    check(oddities());
}

#[test]
fn every_bit_rate_of_every_version_has_the_length_the_next_frame_confirms() {
    // ISO/IEC 11172-3 and 13818-3: kbit/s by index.
    let first = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    let second = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let versions = [
        (0xFB, [44_100, 48_000, 32_000], first, 1152),
        (0xF3, [22_050, 24_000, 16_000], second, 576),
        (0xE3, [11_025, 12_000, 8000], second, 576),
    ];
    for (sync, rates, kilobits, samples) in versions {
        for (rate_index, rate) in (0_u8..).zip(rates) {
            for (bitrate_index, kilobit) in (1_u8..).zip(kilobits) {
                let header = [0xFF, sync, bitrate_index << 4 | rate_index << 2, 0xC4];
                let bytes = samples / 8 * kilobit * 1000 / rate;
                let object = frame(header, bytes).repeat(50);
                let milliseconds = u64::try_from(50 * samples * 1000 / rate).unwrap();
                let expected = mpeg(1, u32::try_from(rate).unwrap(), milliseconds);
                assert_eq!(super::probe(&object), expected, "{kilobit} kbit/s at {rate} Hz");
            }
        }
    }
}
