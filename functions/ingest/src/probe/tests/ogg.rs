use super::{Oddity, audio, check, noise};
use policy::audio::{Codec, Container, Probe};

/// A page of one packet; the checksum is not looked at.
fn page(kind: u8, serial: u32, position: u64, packet: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend(position.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend([0; 8]);
    page.push(u8::try_from(packet.len() / 255 + 1).unwrap());
    page.extend(vec![255; packet.len() / 255]);
    page.push(u8::try_from(packet.len() % 255).unwrap());
    page.extend_from_slice(packet);
    page
}

const BEGINS: u8 = 2;
const ENDS: u8 = 4;
const NO_POSITION: u64 = u64::MAX;

fn opus_head(channels: u8, skipped: u16) -> Vec<u8> {
    let [low, high] = skipped.to_le_bytes();
    [b"OpusHead\x01", &[channels, low, high, 0x80, 0x3E, 0, 0, 0, 0, 0][..]].concat()
}

/// The header pages of Opus.
fn opus(serial: u32) -> Vec<u8> {
    let tags = page(0, serial, 0, b"OpusTags\0\0\0\0\0\0\0\0");
    [page(BEGINS, serial, 0, &opus_head(1, 312)), tags].concat()
}

/// A page of sound.
fn sound(serial: u32, position: u64) -> Vec<u8> {
    page(0, serial, position, &noise(41, 3000))
}

fn vorbis_head() -> Vec<u8> {
    [b"\x01vorbis\0\0\0\0\x02", &44_100_u32.to_le_bytes()[..], &[0; 14]].concat()
}

fn ogg(codec: Codec, channels: u16, sample_rate_hertz: u32, milliseconds: u64) -> Probe {
    audio(Container::Ogg, codec, channels, sample_rate_hertz, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let two = [opus(1), sound(1, 48_000), sound(1, 96_312)].concat();
    let vorbis = [page(BEGINS, 5, 0, &vorbis_head()), page(0, 5, 0, b"\x03vorbis"), sound(5, 44_100)];
    let theora = page(BEGINS, 9, 0, b"\x80theora\x03\x02\x01");
    let native = [b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22", &[0; 10][..], &[0x01, 0xF4, 0, 0xF0], &[0; 20]];
    let mut speex = b"Speex   ".to_vec();
    speex.resize(80, 0);
    speex[36..40].copy_from_slice(&8000_u32.to_le_bytes());
    speex[48] = 1;
    let opus_of = |milliseconds| ogg(Codec::Opus, 1, 48_000, milliseconds);
    vec![
        ("Opus, less what is skipped", two.clone(), opus_of(2000)),
        (
            "the end cut off by the last page's position",
            [&two[..], &page(ENDS, 1, 120_312, &noise(2, 90))].concat(),
            opus_of(2500),
        ),
        ("a page on which no packet ends", [&two[..], &sound(1, NO_POSITION)].concat(), opus_of(2000)),
        ("cut within the last page", two[..two.len() - 1].to_vec(), opus_of(993)),
        ("Vorbis", vorbis.concat(), ogg(Codec::Vorbis, 2, 44_100, 1000)),
        ("FLAC", [page(BEGINS, 3, 0, &native.concat()), sound(3, 8000)].concat(), ogg(Codec::Flac, 1, 8000, 1000)),
        ("Speex", [page(BEGINS, 3, 0, &speex), sound(3, 8000)].concat(), ogg(Codec::Speex, 1, 8000, 1000)),
        ("one behind the other", [&two[..], &opus(2), &sound(2, 48_312)].concat(), opus_of(3000)),
        (
            "pictures beside the sound",
            [theora.clone(), vorbis.concat(), page(0, 9, 1 << 40, &noise(1, 99))].concat(),
            ogg(Codec::Vorbis, 2, 44_100, 1000),
        ),
        (
            "from the middle of a longer stream",
            [opus(1), sound(1, 480_000_000), sound(1, 480_096_000)].concat(),
            opus_of(2000),
        ),
        ("garbage between pages", [opus(1), noise(3, 700), sound(1, 48_312)].concat(), opus_of(1000)),
        ("headers alone", opus(1), Probe::NoAudio),
        ("all of it skipped", [opus(1), sound(1, 312)].concat(), Probe::NoAudio),
        ("pictures alone", [&theora[..], &page(0, 9, 900, &noise(1, 99))].concat(), Probe::NotAudio),
        (
            "two sounds side by side: the first",
            [
                page(BEGINS, 1, 0, &opus_head(1, 312)),
                page(BEGINS, 5, 0, &vorbis_head()),
                sound(1, 48_312),
                sound(5, 44_100),
            ]
            .concat(),
            opus_of(1000),
        ),
        ("no channel", [page(BEGINS, 1, 0, &opus_head(0, 312)), sound(1, 48_000)].concat(), Probe::NotAudio),
    ]
}

#[test]
fn the_last_page_that_arrived_tells_the_length() {
    check(oddities());
}
