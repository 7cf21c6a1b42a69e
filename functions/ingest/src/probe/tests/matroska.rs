use super::{Oddity, audio, check, noise};
use policy::audio::{Codec, Container, Probe};

/// An id of one to four bytes.
fn id(id: u32) -> Vec<u8> {
    id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// An element with its size in four bytes.
fn element(name: u32, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap() | 0x1000_0000;
    [&id(name)[..], &size.to_be_bytes(), body].concat()
}

/// An element whose size was never filled in.
fn endless(name: u32, body: &[u8]) -> Vec<u8> {
    [&id(name)[..], &[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], body].concat()
}

fn header(kind: &[u8]) -> Vec<u8> {
    element(0x1A45_DFA3, &[element(0x4286, &[1]), element(0x4282, kind)].concat())
}

/// A track: number, type (2 is sound), coding, and what else is said of it.
fn track(number: u8, kind: u8, coding: &[u8], rest: &[Vec<u8>]) -> Vec<u8> {
    let sound = [element(0xB5, &16_000_f64.to_be_bytes()), element(0x9F, &[2])].concat();
    let fields = [element(0xD7, &[number]), element(0x83, &[kind]), element(0x86, coding), element(0xE1, &sound)];
    element(0xAE, &[fields.concat(), rest.concat()].concat())
}

fn tracks(tracks: &[Vec<u8>]) -> Vec<u8> {
    element(0x1654_AE6B, &tracks.concat())
}

/// A block's body: track, time from the cluster's on, flags, packet.
fn body(number: u8, ticks: i16, flags: u8, packet: &[u8]) -> Vec<u8> {
    [&[0x80 | number][..], &ticks.to_be_bytes(), &[flags], packet].concat()
}

fn simple(number: u8, ticks: i16, packet: &[u8]) -> Vec<u8> {
    element(0xA3, &body(number, ticks, 0x80, packet))
}

fn group(number: u8, ticks: i16, packet: &[u8], duration: u8) -> Vec<u8> {
    element(0xA0, &[element(0xA1, &body(number, ticks, 0, packet)), element(0x9B, &[duration])].concat())
}

/// A group whose packet ends in so many nanoseconds that are not heard.
fn padded(number: u8, ticks: i16, packet: &[u8], nanoseconds: i32) -> Vec<u8> {
    let padding = element(0x75A2, &nanoseconds.to_be_bytes());
    element(0xA0, &[element(0xA1, &body(number, ticks, 0, packet)), padding].concat())
}

fn cluster_body(ticks: u16, blocks: &[Vec<u8>]) -> Vec<u8> {
    [element(0xE7, &ticks.to_be_bytes()), blocks.concat()].concat()
}

fn cluster(ticks: u16, blocks: &[Vec<u8>]) -> Vec<u8> {
    element(0x1F43_B675, &cluster_body(ticks, blocks))
}

/// A packet of Opus, one frame of 20 ms (configuration 1).
fn packet() -> Vec<u8> {
    [vec![0x08], noise(91, 40)].concat()
}

/// 25 blocks of 20 ms: half a second.
fn blocks() -> Vec<Vec<u8>> {
    (0..25).map(|number| simple(1, number * 20, &packet())).collect()
}

fn webm(milliseconds: u64) -> Probe {
    audio(Container::Webm, Codec::Opus, 2, 48_000, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let opus = || tracks(&[track(1, 2, b"A_OPUS", &[])]);
    let file = |children: &[Vec<u8>]| [header(b"webm"), element(0x1853_8067, &children.concat())].concat();
    let two = || [opus(), cluster(0, &blocks()), cluster(500, &blocks())];
    let whole = file(&two());
    let live = |children: &[Vec<u8>]| [header(b"webm"), endless(0x1853_8067, &children.concat())].concat();
    let live_clusters = [
        opus(),
        endless(0x1F43_B675, &cluster_body(0, &blocks())),
        endless(0x1F43_B675, &cluster_body(500, &blocks())),
        element(0x1C53_BB6B, &[0; 30]),
    ];
    let hour = element(0x1549_A966, &element(0x4489, &3_600_000_f64.to_be_bytes()));
    let slow = element(0x1549_A966, &element(0x2A_D7B1, &2_000_000_u32.to_be_bytes()));
    let delayed = tracks(&[track(1, 2, b"A_OPUS", &[element(0x56AA, &6_500_000_u32.to_be_bytes())])]);
    let told = tracks(&[track(1, 2, b"A_AAC", &[element(0x23_E383, &64_000_000_u32.to_be_bytes())])]);
    let laced = element(0xA3, &body(1, 500, 0x82, &[&[3][..], &noise(1, 90)].concat()));
    let of = |codec, milliseconds| audio(Container::Webm, codec, 2, 16_000, milliseconds);
    let pictures = || track(2, 1, b"V_VP8", &[]);
    let plain = |coding: &[u8]| [tracks(&[track(1, 2, coding, &[])]), cluster(0, &blocks())];
    vec![
        ("two clusters", whole.clone(), webm(1000)),
        (
            "Matroska",
            [&header(b"matroska"), &whole[header(b"webm").len()..]].concat(),
            audio(Container::Matroska, Codec::Opus, 2, 48_000, 1000),
        ),
        ("sizes that were never filled in", live(&live_clusters), webm(1000)),
        ("the header claims an hour", file(&[vec![hour], two().to_vec()].concat()), webm(1000)),
        ("ticks of 2 ms", file(&[vec![slow], two().to_vec()].concat()), webm(1980)),
        ("a run-in that is not heard", file(&[delayed, cluster(0, &blocks())]), webm(493)),
        ("it begins at its own time", file(&[opus(), cluster(30_000, &blocks())]), webm(500)),
        (
            "a block earlier than its cluster",
            file(&[opus(), cluster(100, &[simple(1, -40, &packet()), simple(1, 0, &packet())])]),
            webm(60),
        ),
        (
            "a group says how long its block lasts",
            file(&[opus(), cluster(0, &[blocks(), vec![group(1, 500, &packet(), 7)]].concat())]),
            webm(507),
        ),
        (
            "a packet that ends in silence",
            file(&[opus(), cluster(0, &[blocks(), vec![padded(1, 500, &packet(), 13_500_000)]].concat())]),
            webm(506),
        ),
        (
            "a packet that begins in silence",
            file(&[opus(), cluster(0, &[blocks(), vec![padded(1, 500, &packet(), -1)]].concat())]),
            webm(520),
        ),
        (
            "the track says how long its frames last",
            file(&[told.clone(), cluster(0, &[simple(1, 0, &packet()), simple(1, 64, &packet())])]),
            of(Codec::Aac, 128),
        ),
        (
            "four frames laced into a block",
            file(&[told, cluster(0, &[simple(1, 0, &packet()), laced])]),
            of(Codec::Aac, 756),
        ),
        ("nothing says how long: as long as the one before", file(&plain(b"A_VORBIS")), of(Codec::Vorbis, 500)),
        ("three frames in a packet", file(&[opus(), cluster(0, &[simple(1, 0, &[0x0B, 0x03, 1, 2, 3])])]), webm(60)),
        ("two frames of 2.5 ms in a packet", file(&[opus(), cluster(0, &[simple(1, 0, &[0xE1, 1, 2, 3])])]), webm(5)),
        ("two frames of 60 ms in a packet", file(&[opus(), cluster(0, &[simple(1, 0, &[0x19, 1, 2, 3])])]), webm(120)),
        ("MPEG audio", file(&plain(b"A_MPEG/L3")), of(Codec::Mp3, 500)),
        ("linear", file(&plain(b"A_PCM/INT/LIT")), of(Codec::Pcm, 500)),
        ("a coding without a name", file(&plain(b"A_TTA1\0\0")), of(Codec::Other, 500)),
        (
            "pictures beside the sound",
            file(&[
                tracks(&[pictures(), track(1, 2, b"A_OPUS", &[])]),
                cluster(0, &[blocks(), vec![simple(2, 30_000, &packet())]].concat()),
            ]),
            webm(500),
        ),
        ("pictures alone", file(&[tracks(&[pictures()]), cluster(0, &[simple(2, 0, &packet())])]), Probe::NotAudio),
        (
            "a rate of four bytes",
            {
                let sound = element(0xE1, &element(0xB5, &44_100_f32.to_be_bytes()));
                let track = element(
                    0xAE,
                    &[element(0xD7, &[1]), element(0x83, &[2]), element(0x86, b"A_VORBIS"), sound].concat(),
                );
                file(&[tracks(&[track]), cluster(0, &blocks())])
            },
            audio(Container::Webm, Codec::Vorbis, 1, 44_100, 500),
        ),
        ("cut within the last block", whole[..whole.len() - 1].to_vec(), webm(980)),
        ("no block arrived", file(&[opus()]), Probe::NoAudio),
        ("no track", file(&[cluster(0, &blocks())]), Probe::NoAudio),
        ("the mark and nothing", header(b"webm")[..6].to_vec(), Probe::NoAudio),
        ("another kind of EBML", [&header(b"secrets"), &whole[header(b"webm").len()..]].concat(), Probe::NotAudio),
        ("noise behind two clusters", [&whole[..], &noise(7, 999)].concat(), webm(1000)),
        ("another file behind it", [&whole[..], &whole].concat(), webm(1000)),
    ]
}

#[test]
fn blocks_that_arrived_say_when_they_are_heard() {
    check(oddities());
}
