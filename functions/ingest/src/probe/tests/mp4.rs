use super::{Oddity, audio, check, noise};
use policy::audio::{Codec, Container, Probe};

fn boxed(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, body].concat()
}

/// A box with 64 bits of size.
fn long_box(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u64::try_from(body.len() + 16).unwrap();
    [&1_u32.to_be_bytes()[..], kind, &size.to_be_bytes(), body].concat()
}

/// A media box that claims `claimed` bytes of body.
fn media(claimed: u32, body: &[u8]) -> Vec<u8> {
    [&(claimed + 8).to_be_bytes()[..], b"mdat", body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", b"M4A \0\0\x02\0isommp42")
}

/// A track: what it is, its units a second, its length in them, its description, its table.
struct Track<'a> {
    id: u32,
    handler: &'a [u8; 4],
    timescale: u32,
    duration: u32,
    edit: &'a [u8],
    description: Vec<u8>,
    durations: &'a [u32],
    sizes: &'a [u32],
}

/// Two channels by habit; the set-up in `esds` knows better.
fn sample_entry(coding: &[u8], rate: u32, boxes: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0, 0, 0, 0, 1];
    body.extend([0; 8]);
    body.extend([0, 2, 0, 16, 0, 0, 0, 0]);
    body.extend((rate << 16).to_be_bytes());
    body.extend_from_slice(boxes);
    boxed(coding, &body)
}

/// `esds` with AAC LC, 8 kHz, mono (`object_type` 0x40), lengths in four bytes each.
fn esds(object_type: u8, set_up: &[u8]) -> Vec<u8> {
    let descriptor =
        |tag: u8, body: &[u8]| [&[tag, 0x80, 0x80, 0x80, u8::try_from(body.len()).unwrap()][..], body].concat();
    let mut decoder = vec![object_type, 0x15];
    decoder.extend([0; 11]);
    decoder.extend(descriptor(5, set_up));
    let body = [&[0, 1, 0][..], &descriptor(4, &decoder)].concat();
    boxed(b"esds", &[&[0; 4][..], &descriptor(3, &body)].concat())
}

/// `AudioSpecificConfig`: object type 2, rate index 11 (8 kHz), one channel.
const LOW_COMPLEXITY: [u8; 2] = [0x15, 0x88];

fn sound() -> Track<'static> {
    Track {
        id: 1,
        handler: b"soun",
        timescale: 8000,
        duration: 16_000,
        edit: &[],
        description: sample_entry(b"mp4a", 8000, &esds(0x40, &LOW_COMPLEXITY)),
        durations: &[16, 1000],
        sizes: &[100, 16],
    }
}

fn pictures() -> Track<'static> {
    Track { id: 2, handler: b"vide", sizes: &[], description: boxed(b"avc1", &[0; 78]), ..sound() }
}

fn track(track: &Track) -> Vec<u8> {
    let stsd = boxed(b"stsd", &[words(&[0, 1]), track.description.clone()].concat());
    let count = u32::from(!track.durations.is_empty());
    let stts = boxed(b"stts", &words(&[&[0, count], track.durations].concat()));
    let (size, samples) = (track.sizes.first().unwrap_or(&0), track.sizes.get(1).unwrap_or(&0));
    let sizes = boxed(b"stsz", &words(&[0, *size, *samples]));
    let stbl = boxed(b"stbl", &[stsd, stts, boxed(b"stsc", &words(&[0, 0])), sizes].concat());
    let minf = boxed(b"minf", &[boxed(b"smhd", &[0; 8]), stbl].concat());
    let mdhd = boxed(b"mdhd", &words(&[0, 0, 0, track.timescale, track.duration, 0x55C4_0000]));
    let hdlr = boxed(b"hdlr", &[&[0; 8], &track.handler[..], &[0; 13]].concat());
    let mdia = boxed(b"mdia", &[mdhd, hdlr, minf].concat());
    let mut tkhd = words(&[7, 0, 0, track.id, 0, 2000]);
    tkhd.resize(84, 0);
    boxed(b"trak", &[boxed(b"tkhd", &tkhd), track.edit.to_vec(), mdia].concat())
}

/// The index, in a movie of 1,000 units a second.
fn moov(tracks: &[Track], rest: &[u8]) -> Vec<u8> {
    let mut mvhd = words(&[0, 0, 0, 1000, 2000]);
    mvhd.resize(100, 0);
    let tracks: Vec<u8> = tracks.iter().flat_map(track).collect();
    boxed(b"moov", &[&boxed(b"mvhd", &mvhd), &tracks[..], rest].concat())
}

fn mp4(codec: Codec, channels: u16, sample_rate_hertz: u32, milliseconds: u64) -> Probe {
    audio(Container::Mp4, codec, channels, sample_rate_hertz, milliseconds)
}

fn aac(milliseconds: u64) -> Probe {
    mp4(Codec::Aac, 1, 8000, milliseconds)
}

fn whole() -> Vec<Oddity> {
    let data = noise(51, 1600);
    let file = |track: Track| [ftyp(), moov(&[track], &[]), media(1600, &data)].concat();
    let index = || moov(&[sound()], &[]);
    let sized: Vec<u32> = vec![100; 16];
    let table = boxed(b"stsz", &[words(&[0, 0, 16]), words(&sized)].concat());
    let elst = |entries: &[u32]| boxed(b"edts", &boxed(b"elst", &words(entries)));
    let run_in = elst(&[0, 1, 1800, 1024, 0x1_0000]);
    let pause = elst(&[0, 2, 500, u32::MAX, 0x1_0000, 1500, 0, 0x1_0000]);
    let long_edit = boxed(b"edts", &boxed(b"elst", &words(&[0x0100_0000, 1, 0, 1000, 0, 0, 0x1_0000])));
    let mut endless = ftyp();
    endless.extend(index());
    endless.extend([0, 0, 0, 0]);
    endless.extend(b"mdat");
    endless.extend(&data);
    let first_meta = [ftyp(), boxed(b"meta", &[0; 40]), boxed(b"mdat", &data)].concat();
    let remark = {
        let remark = [0, 0, 0xFF, 0xFF, b'u', b'd', b't', b'a'];
        let index = moov(&[sound()], &remark);
        [ftyp(), index, media(1600, &data)].concat()
    };
    let mut unsized_media = [ftyp(), moov(&[Track { sizes: &[1, 16_000], ..sound() }], &[])].concat();
    unsized_media.extend([0, 0, 0, 0]);
    unsized_media.extend(b"mdat");
    unsized_media.extend(&data);
    let broken = [ftyp(), boxed(b"moov", &[0, 0, 0xFF, 0xFF, b't', b'r', b'a', b'k'])].concat();
    vec![
        ("the index first", [ftyp(), index(), media(1600, &data)].concat(), aac(2000)),
        ("the index last", [ftyp(), media(1600, &data), index()].concat(), aac(2000)),
        ("64 bits of size", [ftyp(), long_box(b"mdat", &data), index()].concat(), aac(2000)),
        ("media to the end", endless.clone(), aac(2000)),
        ("media to the end, half of it", endless[..endless.len() - 800].to_vec(), aac(1000)),
        ("half of the media", [ftyp(), index(), media(1600, &data[..800])].concat(), aac(1000)),
        ("media claims 1 GiB", [ftyp(), index(), media(1 << 30, &data)].concat(), aac(2000)),
        (
            "the index last, but cut",
            {
                let bytes = [ftyp(), media(1600, &data), index()].concat();
                bytes[..bytes.len() - 1].to_vec()
            },
            Probe::NoAudio,
        ),
        ("no index", [ftyp(), media(1600, &data)].concat(), Probe::NoAudio),
        ("no media", [ftyp(), index()].concat(), Probe::NoAudio),
        ("media without a byte", [ftyp(), index(), media(0, &[])].concat(), Probe::NoAudio),
        (
            "the track claims an hour, its samples two seconds",
            file(Track { duration: 28_800_000, ..sound() }),
            aac(2000),
        ),
        ("the track's length is not known", file(Track { duration: u32::MAX, ..sound() }), aac(2000)),
        ("no table of durations", file(Track { durations: &[], ..sound() }), aac(2000)),
        (
            "a table with a size for each sample",
            {
                let track = track(&Track { sizes: &[], ..sound() });
                let at = track.windows(4).position(|kind| kind == b"stsz").unwrap();
                // The empty table ends the track, so each box that holds it grows.
                let mut track = [&track[..at - 4], &table].concat();
                for kind in [b"trak", b"mdia", b"minf", b"stbl"] {
                    let at = track.windows(4).position(|found| found == kind).unwrap() - 4;
                    let size = u32::try_from(track.len() - at).unwrap();
                    track[at..at + 4].copy_from_slice(&size.to_be_bytes());
                }
                [ftyp(), boxed(b"moov", &track), media(1 << 30, &data[..800])].concat()
            },
            aac(1000),
        ),
        (
            "the pictures tell their samples' sizes, the sound does not",
            {
                let pictures = track(&Track { sizes: &[100, 4], ..pictures() });
                let mut sound = track(&sound());
                let at = sound.windows(4).position(|kind| kind == b"stsz").unwrap();
                sound[at..at + 4].copy_from_slice(b"stz2");
                let index = boxed(b"moov", &[pictures, sound].concat());
                [ftyp(), index, media(1600, &data[..800])].concat()
            },
            aac(1000),
        ),
        ("an encoder's run-in is cut off", file(Track { edit: &run_in, ..sound() }), aac(1800)),
        ("a pause is not sound", file(Track { edit: &pause, ..sound() }), aac(1500)),
        ("an edit in 64 bits", file(Track { edit: &long_edit, ..sound() }), aac(1000)),
        ("pictures and sound", [ftyp(), moov(&[pictures(), sound()], &[]), media(1600, &data)].concat(), aac(2000)),
        ("pictures alone", [ftyp(), moov(&[pictures()], &[]), media(1600, &data)].concat(), Probe::NotAudio),
        ("a still picture", first_meta, Probe::NotAudio),
        ("an index without tracks", [ftyp(), moov(&[], &[]), media(1600, &data)].concat(), Probe::NoAudio),
        ("a track larger than the index it is in, and empty", broken, Probe::NotAudio),
        ("a remark larger than the index it is in", remark, aac(2000)),
        (
            "an index cut behind the sound's track",
            {
                let bytes = [ftyp(), media(1600, &data), moov(&[sound(), pictures()], &[])].concat();
                bytes[..bytes.len() - 100].to_vec()
            },
            Probe::NoAudio,
        ),
        (
            "an edit that goes on to the end",
            file(Track { edit: &elst(&[0, 1, 0, 1600, 0x1_0000]), ..sound() }),
            aac(1800),
        ),
        ("the track claims less than its samples", file(Track { duration: 8000, ..sound() }), aac(1000)),
        (
            "neither the track nor its samples tell a length",
            file(Track { duration: u32::MAX, durations: &[], ..sound() }),
            Probe::NoAudio,
        ),
        ("media to the end, sizes not known", unsized_media, aac(2000)),
        (
            "a free box between, and zeros behind",
            {
                [ftyp(), boxed(b"free", &[0; 999]), index(), boxed(b"wide", &[]), media(1600, &data), vec![0; 64]]
                    .concat()
            },
            aac(2000),
        ),
    ]
}

fn descriptions() -> Vec<Oddity> {
    let data = noise(51, 1600);
    let file = |description: Vec<u8>| {
        let track = Track { description, ..sound() };
        [ftyp(), moov(&[track], &[]), media(1600, &data)].concat()
    };
    let alac = {
        let mut body = words(&[0, 4096]);
        body.extend([0, 16, 40, 10, 14, 1, 0, 255]);
        body.extend(words(&[0, 0, 16_000]));
        sample_entry(b"alac", 44_100, &boxed(b"alac", &body))
    };
    let opus = sample_entry(b"Opus", 16_000, &boxed(b"dOps", &[0, 1, 1, 0x38, 0, 0, 0x3E, 0x80, 0, 0, 0]));
    // Object type 5, 8 kHz, one channel, replicated to 16 kHz.
    let replicated = sample_entry(b"mp4a", 8000, &esds(0x40, &[0x2D, 0x8C, 0x08, 0x00]));
    // Rate index 15: 8,000 in 24 bits.
    let in_full = sample_entry(b"mp4a", 0, &esds(0x40, &[0x17, 0x80, 0x0F, 0xA0, 0x08]));
    let wrapped = {
        let mut body = vec![0; 6];
        body.extend([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0, 0, 0, 0]);
        body.extend((8000_u32 << 16).to_be_bytes());
        body.extend([0; 16]);
        let inner = [boxed(b"frma", b"mp4a"), esds(0x40, &LOW_COMPLEXITY)].concat();
        body.extend(boxed(b"wave", &inner));
        boxed(b"mp4a", &body)
    };
    let second_version = {
        let mut body = vec![0; 6];
        body.extend([0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 16, 0xFF, 0xFE, 0, 0, 0, 1, 0, 0]);
        body.extend([0, 0, 0, 72]);
        body.extend(8000_f64.to_bits().to_be_bytes());
        body.extend(words(&[1, 0x7F00_0000, 16, 0, 0, 0]));
        boxed(b"lpcm", &body)
    };
    let half = |size: u32| {
        let description = sample_entry(b"sowt", 8000, &[]);
        let sizes = [size, 400];
        let track = Track { description, sizes: &sizes, ..sound() };
        [ftyp(), moov(&[track], &[]), media(1600, &data[..800])].concat()
    };
    vec![
        ("AAC", file(sample_entry(b"mp4a", 8000, &esds(0x40, &LOW_COMPLEXITY))), aac(2000)),
        ("AAC without a set-up", file(sample_entry(b"mp4a", 8000, &[])), mp4(Codec::Aac, 2, 8000, 2000)),
        ("AAC at twice its rate", file(replicated), mp4(Codec::Aac, 1, 16_000, 2000)),
        ("a rate in full", file(in_full), mp4(Codec::Aac, 1, 8000, 2000)),
        ("QuickTime's wrapping", file(wrapped), aac(2000)),
        ("QuickTime's second version", file(second_version), mp4(Codec::Pcm, 1, 8000, 2000)),
        ("MPEG audio in MP4", file(sample_entry(b"mp4a", 8000, &esds(0x6B, &[]))), mp4(Codec::Mp3, 2, 8000, 2000)),
        ("Apple lossless", file(alac), mp4(Codec::Alac, 1, 16_000, 2000)),
        ("Opus", file(opus), mp4(Codec::Opus, 1, 48_000, 2000)),
        ("FLAC", file(sample_entry(b"fLaC", 8000, &[])), mp4(Codec::Flac, 2, 8000, 2000)),
        ("A-law", file(sample_entry(b"alaw", 8000, &[])), mp4(Codec::Alaw, 2, 8000, 2000)),
        ("AMR", file(sample_entry(b"samr", 8000, &[])), mp4(Codec::Amr, 2, 8000, 2000)),
        ("AMR-WB", file(sample_entry(b"sawb", 16_000, &[])), mp4(Codec::AmrWideband, 2, 16_000, 2000)),
        ("a coding without a name", file(sample_entry(b"Qclp", 8000, &[])), mp4(Codec::Other, 2, 8000, 2000)),
        ("no rate but the track's", file(sample_entry(b"samr", 0, &[])), mp4(Codec::Amr, 2, 8000, 2000)),
        // 800 bytes of 1,600 arrived, by the media box; by the samples' sizes all that is needed.
        ("PCM whose samples have no size of their own", half(1), mp4(Codec::Pcm, 2, 8000, 1000)),
        ("PCM whose samples have one", half(2), mp4(Codec::Pcm, 2, 8000, 2000)),
        ("no description", file(Vec::new()), Probe::NoAudio),
    ]
}

/// A fragment of the sound's track: `tfhd` and `trun` as given, then 400 bytes of media.
fn fragment(tfhd: &[u32], trun: &[u32], arrived: usize) -> Vec<u8> {
    let traf = boxed(b"traf", &[boxed(b"tfhd", &words(tfhd)), boxed(b"trun", &words(trun))].concat());
    let moof = boxed(b"moof", &[boxed(b"mfhd", &words(&[0, 1])), traf].concat());
    [moof, media(400, &noise(52, arrived))].concat()
}

fn fragments() -> Vec<Oddity> {
    let trex = |track: u32| boxed(b"trex", &words(&[0, track, 1, 1000, 100, 0]));
    let mvex = boxed(b"mvex", &[boxed(b"mehd", &words(&[0, 3_600_000])), trex(2), trex(1)].concat());
    let empty = Track { durations: &[], sizes: &[], ..sound() };
    let index = || [ftyp(), moov(std::slice::from_ref(&empty), &mvex)].concat();
    let file = |fragments: &[Vec<u8>]| [index(), fragments.concat()].concat();
    // Four samples of 1,000 units by the defaults: half a second.
    let by_default = |arrived| fragment(&[0x02_0000, 1], &[0, 4], arrived);
    vec![
        ("lengths by `trex`", file(&[by_default(400), by_default(400)]), aac(1000)),
        ("half of the last", file(&[by_default(400), by_default(200)]), aac(750)),
        ("none of the last", file(&[by_default(400), by_default(400)[..72].to_vec()]), aac(500)),
        ("lengths by `tfhd`", file(&[fragment(&[0x02_0008, 1, 2000], &[0, 4], 400)]), aac(1000)),
        (
            "lengths by `tfhd` behind all that may stand before",
            file(&[fragment(&[0x1B, 1, 0, 0, 1, 2000, 100], &[0, 4], 400)]),
            aac(1000),
        ),
        (
            "lengths by each sample",
            file(&[fragment(&[0x02_0000, 1], &[0x301, 2, 100, 3000, 200, 5000, 200], 400)]),
            aac(1000),
        ),
        (
            "all that a sample can say",
            file(&[fragment(&[0x02_0000, 1], &[0xF05, 2, 100, 0, 3000, 200, 0, 0, 5000, 200, 0, 0], 400)]),
            aac(1000),
        ),
        ("another track's", file(&[by_default(400), fragment(&[0x02_0000, 2], &[0, 400], 400)]), aac(500)),
        (
            "cut within the index of fragments at the end",
            {
                let bytes = [file(&[by_default(400)]), boxed(b"mfra", &[0; 300])].concat();
                bytes[..bytes.len() - 250].to_vec()
            },
            aac(500),
        ),
        ("no fragment arrived, an hour claimed", index(), Probe::NoAudio),
        (
            "more samples than the box has room for",
            file(&[by_default(400), fragment(&[0x02_0000, 1], &[0x100, 9000, 10], 400)]),
            aac(500),
        ),
    ]
}

pub(super) fn oddities() -> Vec<Oddity> {
    [whole(), descriptions(), fragments()].concat()
}

#[test]
fn an_index_is_believed_only_as_far_as_media_arrived() {
    check(whole());
}

#[test]
fn channels_and_rate_come_from_the_codecs_own_set_up() {
    check(descriptions());
}

#[test]
fn fragments_are_added_up_as_they_arrive() {
    check(fragments());
}
