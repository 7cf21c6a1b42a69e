use super::{Oddity, audio, check, id3, mp3, noise};
use policy::audio::{Codec, Container, Probe};

/// An ADTS frame of AAC LC at 8 kHz, mono (rate index 11): `bytes` long, with so many blocks.
fn adts_frame(bytes: usize, blocks: u8) -> Vec<u8> {
    let [high, low] = u16::try_from(bytes).unwrap().to_be_bytes();
    let mut frame = vec![
        0xFF,
        0xF1,
        0x01 << 6 | 11 << 2,
        0x40 | high >> 3,
        high << 5 | low >> 3,
        low << 5 | 0x1F,
        0xFC | (blocks - 1),
    ];
    // Sound that never spells sync.
    frame.extend(noise(61, bytes - 7).into_iter().map(|byte| byte & 0x7F));
    frame
}

fn adts(count: usize) -> Vec<u8> {
    adts_frame(150, 1).repeat(count)
}

/// GSM frames: the signature, then 32.5 bytes of speech.
fn gsm(count: usize) -> Vec<u8> {
    let speech = noise(62, 33 * count);
    speech
        .chunks(33)
        .flat_map(|frame| std::iter::once(0xD0 | frame[0] & 0x0F).chain(frame[1..].iter().copied()))
        .collect()
}

/// Bytes that G.722 has: none whose lower band's code begins with four zeros.
fn g722(count: usize) -> Vec<u8> {
    noise(63, 2 * count).into_iter().filter(|byte| byte & 0x3C != 0).take(count).collect()
}

fn aac(milliseconds: u64) -> Probe {
    audio(Container::Adts, Codec::Aac, 1, 8000, milliseconds)
}

fn bare_gsm(milliseconds: u64) -> Probe {
    audio(Container::Gsm, Codec::Gsm, 1, 8000, milliseconds)
}

fn bare_g722(milliseconds: u64) -> Probe {
    audio(Container::G722, Codec::G722, 1, 16_000, milliseconds)
}

fn aac_frames() -> Vec<Oddity> {
    let stereo: Vec<u8> =
        adts(2).iter().enumerate().map(|(at, byte)| if at % 150 == 3 { byte | 0x80 } else { *byte }).collect();
    let stereo: Vec<u8> =
        stereo.iter().enumerate().map(|(at, byte)| if at % 150 == 3 { byte & 0xBF } else { *byte }).collect();
    let described_elsewhere: Vec<u8> =
        adts(20).iter().enumerate().map(|(at, byte)| if at % 150 == 3 { byte & 0x3F } else { *byte }).collect();
    vec![
        ("ten frames of 128 ms", adts(10), aac(1280)),
        ("two are the least", adts(2), aac(256)),
        ("a single frame", adts(1), Probe::NotAudio),
        ("a frame of four blocks lasts four times as long", adts_frame(300, 4).repeat(5), aac(2560)),
        ("frames of all lengths", [adts_frame(90, 1), adts_frame(8000, 1), adts_frame(8, 1)].concat(), aac(384)),
        ("cut within the last frame", adts(10)[..1499].to_vec(), aac(1152)),
        ("behind a tag", [id3(200), adts(10)].concat(), aac(1280)),
        ("a tag behind", [adts(10), [b"TAG", &[b'x'; 125][..]].concat()].concat(), aac(1280)),
        ("a hole in the middle", [adts(10), noise(9, 5000), adts(10)].concat(), aac(2560)),
        ("another rate in the middle is not the same row", [adts(10), stereo, adts(10)].concat(), aac(2560)),
        ("channels that are described elsewhere", described_elsewhere, Probe::NotAudio),
        ("frames behind noise", [noise(2, 500), adts(10)].concat(), Probe::NotAudio),
    ]
}

fn gsm_frames() -> Vec<Oddity> {
    let mut damaged = gsm(50);
    damaged[33 * 20] = 0x11;
    let mut lucky = gsm(50);
    lucky[33 * 7] = 0x11;
    vec![
        ("50 frames of 20 ms", gsm(50), bare_gsm(1000)),
        ("eight are the least", gsm(8), bare_gsm(160)),
        ("seven could be chance", gsm(7), Probe::NotAudio),
        ("cut within the last frame", gsm(50)[..33 * 50 - 1].to_vec(), bare_gsm(980)),
        ("a damaged frame does not play", damaged, bare_gsm(980)),
        ("seven frames and then none", lucky, Probe::NotAudio),
        ("A-law's silence without a header is any byte over and over", vec![0xD5; 8000], Probe::NotAudio),
    ]
}

fn g722_samples() -> Vec<Oddity> {
    let quiet_mulaw: Vec<u8> = noise(64, 20_000).into_iter().map(|byte| byte | 0x60).collect();
    let text = "déjà vu, não há ruído. ".repeat(200).replace('A', "a").into_bytes();
    let latin_1: Vec<u8> = noise(65, 20_000).into_iter().map(|byte| byte | 0x24).filter(|byte| *byte >= 0x20).collect();
    vec![
        ("a second", g722(8000), bare_g722(1000)),
        ("a tenth of a second is the least", g722(800), bare_g722(100)),
        ("less could be chance", g722(799), Probe::NotAudio),
        ("it ends where a byte is none of G.722's", [g722(8000), vec![0x40], g722(8000)].concat(), bare_g722(1000)),
        ("such a byte early: it never was", [g722(400), vec![0x83], g722(8000)].concat(), Probe::NotAudio),
        ("digital silence can't be told", vec![0xFA; 16_000], Probe::NotAudio),
        ("quiet µ-law", quiet_mulaw, Probe::NotAudio),
        ("text with accents", text, Probe::NotAudio),
        ("bytes as text has them", latin_1, Probe::NotAudio),
        ("an erased disk", vec![0xFF; 20_000], Probe::NotAudio),
    ]
}

pub(super) fn oddities() -> Vec<Oddity> {
    [aac_frames(), gsm_frames(), g722_samples()].concat()
}

#[test]
fn aac_frames_are_counted_from_the_very_first_byte() {
    check(aac_frames());
}

#[test]
fn gsm_without_a_header_is_told_by_a_row_of_signatures() {
    check(gsm_frames());
}

#[test]
fn g722_without_a_header_is_told_by_the_bytes_it_never_has() {
    check(g722_samples());
}

#[test]
fn the_right_one_of_several_kinds_is_sure() {
    for (bytes, expected) in [
        (mp3::frames(100), audio(Container::Mp3, Codec::Mp3, 2, 44_100, 2612)),
        (adts(10), aac(1280)),
        (gsm(50), bare_gsm(1000)),
        (g722(8000), bare_g722(1000)),
    ] {
        check(vec![("bare", bytes, expected)]);
    }
}
