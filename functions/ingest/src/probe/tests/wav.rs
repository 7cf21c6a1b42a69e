use super::{Oddity, audio, check, mp3, noise, probe};
use policy::audio::{Audio, Codec, Container, Probe};

const ALL_ONES: u32 = u32::MAX;

/// `fmt ` fields: tag, channels, rate, byte rate, block, bits, and what follows them.
#[derive(Clone, Copy)]
struct Format<'a>(u16, u16, u32, u32, u16, u16, &'a [u8]);

/// Linear 16 bits, mono, 8 kHz: 16 bytes a millisecond.
const LINEAR: Format<'static> = Format(1, 1, 8000, 16_000, 2, 16, &[]);

fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap();
    let padding = vec![0; body.len() % 2];
    [name, &size.to_le_bytes(), body, &padding].concat()
}

fn format(format: &Format) -> Vec<u8> {
    let Format(tag, channels, rate, byte_rate, block, bits, extension) = format;
    let mut body = [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &byte_rate.to_le_bytes(),
        &block.to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat();
    if !extension.is_empty() {
        body.extend(u16::try_from(extension.len()).unwrap().to_le_bytes());
        body.extend_from_slice(extension);
    }
    chunk(b"fmt ", &body)
}

/// A file with the sizes given in the headers, and `rest` behind the `data` header.
fn file(riff_bytes: u32, chunks: &[u8], data_bytes: u32, rest: &[u8]) -> Vec<u8> {
    let mark = [b"RIFF", &riff_bytes.to_le_bytes()[..], b"WAVE"].concat();
    [&mark, chunks, b"data", &data_bytes.to_le_bytes(), rest].concat()
}

/// A file whose sizes are true.
fn true_file(chunks: &[u8], samples: &[u8]) -> Vec<u8> {
    let data_bytes = u32::try_from(samples.len()).unwrap();
    let riff_bytes = u32::try_from(4 + chunks.len() + 8 + samples.len()).unwrap();
    file(riff_bytes, chunks, data_bytes, samples)
}

/// Samples that never spell a chunk's name.
fn samples(count: usize) -> Vec<u8> {
    noise(11, count)
}

fn wav(codec: Codec, channels: u16, sample_rate_hertz: u32, milliseconds: u64) -> Probe {
    audio(Container::Wav, codec, channels, sample_rate_hertz, milliseconds)
}

fn linear(milliseconds: u64) -> Probe {
    wav(Codec::Pcm, 1, 8000, milliseconds)
}

fn extensible(tag: u16) -> Vec<u8> {
    let mut extension = vec![16, 0, 3, 0, 0, 0];
    extension.extend(tag.to_le_bytes());
    extension.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    extension
}

fn sizes() -> Vec<Oddity> {
    let fmt = format(&LINEAR);
    let second = samples(16_000);
    let list = chunk(b"LIST", b"INFOISFT\x0e\0\0\0Lavf59.27.100\0");
    let vendor = chunk(b"vndr", &[0; 64]);
    let riff_bytes = |rest: usize| u32::try_from(4 + fmt.len() + 8 + rest).unwrap();
    let mut oddities = vec![
        ("sizes are true", true_file(&fmt, &second), linear(1000)),
        ("the data's size is zero and samples follow", file(36, &fmt, 0, &second), linear(1000)),
        (
            "the data's size alone is zero, and the samples could be a name",
            file(16_044, &fmt, 0, &[b"abcd\x20\0\0\0", &second[8..]].concat()),
            linear(1000),
        ),
        ("both sizes are zero", file(0, &fmt, 0, &second), linear(1000)),
        ("all ones", file(ALL_ONES, &fmt, ALL_ONES, &second), linear(1000)),
        ("0x7FFFFFFF", file(0x7FFF_FFFF, &fmt, 0x7FFF_FFFF, &second), linear(1000)),
        ("0x7FFFF000", file(0x7FFF_F024, &fmt, 0x7FFF_F000, &second), linear(1000)),
        ("the header claims twice what arrived", file(32_036, &fmt, 32_000, &second), linear(1000)),
        ("the header claims 3 GiB", file(0xC000_0024, &fmt, 0xC000_0000, &second), linear(1000)),
        (
            "less is claimed than arrived, and chunks follow: the header stands",
            file(riff_bytes(16_000 + list.len()), &fmt, 16_000, &[&second[..], &list].concat()),
            linear(1000),
        ),
        (
            "chunks of no known name follow, and RIFF claims them",
            file(riff_bytes(16_000 + vendor.len()), &fmt, 16_000, &[&second[..], &vendor].concat()),
            linear(1000),
        ),
        (
            "a tag was put at the end",
            file(riff_bytes(16_000), &fmt, 16_000, &[&second[..], b"TAG", &[b'x'; 125]].concat()),
            linear(1000),
        ),
        (
            "a header that was fixed once and never again: what arrived counts",
            file(riff_bytes(8000), &fmt, 8000, &[&second[..8000], &[0x80; 8000]].concat()),
            linear(1000),
        ),
        ("the header is all there is", file(36, &fmt, 0, &[]), Probe::NoAudio),
        ("a header that claims a second, and nothing", file(16_036, &fmt, 16_000, &[]), Probe::NoAudio),
        ("no sample, but a chunk behind", file(riff_bytes(list.len()), &fmt, 0, &list), Probe::NoAudio),
        ("a byte: not even one sample", file(37, &fmt, 1, &[7]), Probe::NoAudio),
        ("samples that nothing describes", true_file(&[], &second), Probe::NotAudio),
        (
            "a format without channels",
            { true_file(&format(&Format(1, 0, 8000, 16_000, 2, 16, &[])), &second) },
            Probe::NotAudio,
        ),
        ("noise for chunks", [b"RIFF\x24\0\0\0WAVE", &noise(5, 500)[..]].concat(), Probe::NotAudio),
        ("cut within LIST", file(36, &fmt, 0, &[])[..36].to_vec(), Probe::NoAudio),
    ];
    for mark in [b"RF64", b"BW64"] {
        let sizes_64 = |data_bytes: u64| {
            let numbers = [data_bytes + 80, data_bytes, data_bytes / 2];
            let body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            [chunk(b"ds64", &[&body[..], &[0; 4]].concat()), fmt.clone()].concat()
        };
        let mut big = |name, chunks: &[u8], rest: &[u8], expected| {
            let mut bytes = file(ALL_ONES, chunks, ALL_ONES, rest);
            bytes[..4].copy_from_slice(mark);
            oddities.push((name, bytes, expected));
        };
        big("64-bit sizes", &sizes_64(16_000), &[&second[..], &list].concat(), linear(1000));
        big("64-bit sizes of 6 GiB", &sizes_64(6 << 30), &second, linear(1000));
        big("64-bit sizes never filled in", &sizes_64(0), &second, linear(1000));
    }
    oddities
}

fn chunks() -> Vec<Oddity> {
    let fmt = format(&LINEAR);
    let second = samples(16_000);
    let broadcast = chunk(b"bext", &samples(602));
    let odd = chunk(b"LIST", b"INFOISFT\x05\0\0\0abcde");
    let unpadded = odd[..odd.len() - 1].to_vec();
    let fact = chunk(b"fact", &8000_u32.to_le_bytes());
    let before = |chunks: &[&[u8]]| true_file(&chunks.concat(), &second);
    vec![
        ("LIST, fact and bext come first", before(&[&broadcast, &fmt, &fact, &odd]), linear(1000)),
        ("a chunk of odd size is padded", before(&[&odd, &fmt]), linear(1000)),
        ("a chunk of odd size is not padded", before(&[&fmt, &unpadded]), linear(1000)),
        ("an unknown chunk of 300,000 bytes", before(&[&chunk(b"logo", &samples(300_000)), &fmt]), linear(1000)),
        (
            "data of odd size, padded, and a chunk behind",
            {
                let law = format(&Format(7, 1, 8000, 8000, 1, 8, &[]));
                let rest = [&samples(8001)[..], &[0], &chunk(b"id3 ", &[1; 40])].concat();
                file(8_100, &law, 8001, &rest)
            },
            wav(Codec::Mulaw, 1, 8000, 1000),
        ),
        ("a tag of another kind before RIFF", [super::id3(50), before(&[&fmt])].concat(), linear(1000)),
    ]
}

fn codings() -> Vec<Oddity> {
    let one = |fields: Format, samples: &[u8]| true_file(&format(&fields), samples);
    let data = samples(48_000);
    // 325 blocks of 65 bytes, 40 ms each.
    let gsm = samples(325 * 65);
    // IMA: 256 bytes hold 505 samples of mono. 20 blocks, and half of one: 249.
    let ima = samples(20 * 256 + 128);
    // Microsoft: 512 bytes hold 500 samples of stereo.
    let microsoft = samples(16 * 512);
    let gsm_format = || format(&Format(49, 1, 8000, 1625, 65, 0, &[0x40, 1]));
    let unknown = Format(0x0045, 1, 8000, 4000, 1, 4, &[]);
    let fact = |count: u32| chunk(b"fact", &count.to_le_bytes());
    vec![
        ("8 bits", one(Format(1, 1, 8000, 8000, 1, 8, &[]), &data[..8000]), linear(1000)),
        ("stereo", one(Format(1, 2, 8000, 32_000, 4, 16, &[]), &data[..32_000]), wav(Codec::Pcm, 2, 8000, 1000)),
        ("float", one(Format(3, 1, 8000, 32_000, 4, 32, &[]), &data[..32_000]), linear(1000)),
        ("A-law", one(Format(6, 2, 8000, 16_000, 2, 8, &[]), &data[..16_000]), wav(Codec::Alaw, 2, 8000, 1000)),
        ("µ-law", one(Format(7, 1, 8000, 8000, 1, 8, &[0, 0]), &data[..8000]), wav(Codec::Mulaw, 1, 8000, 1000)),
        (
            "µ-law with 16 bits by mistake",
            one(Format(7, 1, 8000, 16_000, 2, 16, &[]), &data[..8000]),
            wav(Codec::Mulaw, 1, 8000, 1000),
        ),
        ("GSM", one(Format(49, 1, 8000, 1625, 65, 0, &[0x40, 1]), &gsm), wav(Codec::Gsm, 1, 8000, 13_000)),
        (
            "GSM cut within a block",
            one(Format(49, 1, 8000, 1625, 65, 0, &[0x40, 1]), &gsm[..129]),
            wav(Codec::Gsm, 1, 8000, 40),
        ),
        (
            "IMA ADPCM",
            one(Format(0x11, 1, 8000, 4055, 256, 4, &[0xF9, 1]), &ima),
            wav(Codec::Adpcm, 1, 8000, (20 * 505 + 249) / 8),
        ),
        (
            "Microsoft ADPCM",
            one(Format(2, 2, 8000, 8192, 512, 4, &[0xF4, 1, 7, 0]), &microsoft),
            wav(Codec::Adpcm, 2, 8000, 1000),
        ),
        (
            "ADPCM whose block holds nothing goes by its byte rate",
            one(Format(0x11, 1, 8000, 4000, 4, 4, &[]), &data[..4000]),
            wav(Codec::Adpcm, 1, 8000, 1000),
        ),
        ("G.722", one(Format(0x028F, 1, 16_000, 8000, 1, 8, &[]), &data[..8000]), wav(Codec::G722, 1, 16_000, 1000)),
        (
            "G.722 by its other number, with the clock of RTP",
            one(Format(0x0065, 1, 8000, 8000, 1, 8, &[]), &data[..8000]),
            wav(Codec::G722, 1, 16_000, 1000),
        ),
        (
            "MPEG audio in WAV",
            one(Format(0x55, 1, 44_100, 1, 1, 0, &[1, 0, 2, 0, 0, 0]), &mp3::frames(100)),
            wav(Codec::Mp3, 2, 44_100, 2612),
        ),
        ("MPEG audio in WAV, without a frame", one(Format(0x55, 1, 44_100, 1, 1, 0, &[]), &[]), Probe::NoAudio),
        ("noise that says it is MPEG audio", one(Format(0x55, 1, 44_100, 1, 1, 0, &[]), &data), Probe::NotAudio),
        (
            "extensible",
            one(Format(0xFFFE, 6, 48_000, 864_000, 18, 24, &extensible(1)), &samples(86_400)),
            wav(Codec::Pcm, 6, 48_000, 100),
        ),
        (
            "extensible A-law",
            one(Format(0xFFFE, 1, 8000, 8000, 1, 8, &extensible(6)), &data[..8000]),
            wav(Codec::Alaw, 1, 8000, 1000),
        ),
        ("the byte rate lies", one(Format(1, 1, 8000, 1, 2, 16, &[]), &data[..16_000]), linear(1000)),
        ("the block's size lies", one(Format(1, 1, 8000, 16_000, 77, 16, &[]), &data[..16_000]), linear(1000)),
        ("the bits are missing", one(Format(1, 1, 8000, 16_000, 2, 0, &[]), &data[..16_000]), linear(1000)),
        ("24 bits in 32", one(Format(1, 1, 8000, 32_000, 4, 24, &[]), &data[..32_000]), linear(1000)),
        ("a coding without a name, by its byte rate", one(unknown, &data[..4000]), wav(Codec::Other, 1, 8000, 1000)),
        (
            "a coding without a name, by `fact`",
            true_file(&[format(&Format(0x0022, 1, 8000, 0, 32, 0, &[])), fact(16_000)].concat(), &data[..2000]),
            wav(Codec::Other, 1, 8000, 2000),
        ),
        (
            "the same, half arrived",
            file(3000, &[format(&Format(0x0022, 1, 8000, 0, 32, 0, &[])), fact(16_000)].concat(), 2000, &data[..1000]),
            wav(Codec::Other, 1, 8000, 1000),
        ),
        (
            "a coding without a name and a data size of zero, by its byte rate",
            file(36, &[format(&unknown), fact(16_000)].concat(), 0, &data[..4000]),
            wav(Codec::Other, 1, 8000, 1000),
        ),
        (
            "a coding without a name, rate or `fact`: no telling how long",
            one(Format(0x0022, 1, 8000, 0, 32, 0, &[]), &data[..2000]),
            Probe::Audio(Audio {
                container: Container::Wav,
                codec: Codec::Other,
                channels: 1,
                sample_rate_hertz: 8000,
                duration_milliseconds: None,
            }),
        ),
        ("the same without a byte", one(Format(0x0022, 1, 8000, 0, 32, 0, &[]), &[]), Probe::NoAudio),
        (
            "GSM whose last block is padded, by `fact`",
            true_file(&[gsm_format(), fact(325 * 320 - 200)].concat(), &gsm),
            wav(Codec::Gsm, 1, 8000, 12_975),
        ),
        (
            "GSM with a `fact` that was never fixed",
            true_file(&[gsm_format(), fact(0)].concat(), &gsm),
            wav(Codec::Gsm, 1, 8000, 13_000),
        ),
        (
            "GSM with a stale `fact`",
            true_file(&[gsm_format(), fact(324 * 320)].concat(), &gsm),
            wav(Codec::Gsm, 1, 8000, 13_000),
        ),
        (
            "GSM with a `fact` that claims an hour",
            true_file(&[gsm_format(), fact(28_800_000)].concat(), &gsm),
            wav(Codec::Gsm, 1, 8000, 13_000),
        ),
        (
            "GSM of an odd size, padded, and a chunk behind",
            {
                let list = chunk(b"LIST", b"INFOISFT\x04\0\0\0abcd");
                let bytes = [gsm_format(), chunk(b"data", &gsm[..65 * 3]), list].concat();
                let riff_bytes = u32::try_from(bytes.len() + 4).unwrap();
                [b"RIFF", &riff_bytes.to_le_bytes()[..], b"WAVE", &bytes].concat()
            },
            wav(Codec::Gsm, 1, 8000, 120),
        ),
        (
            "ADPCM whose last block is padded, by `fact`",
            true_file(&[format(&Format(0x11, 1, 8000, 4055, 256, 4, &[0xF9, 1])), fact(20 * 505 + 9)].concat(), &ima),
            wav(Codec::Adpcm, 1, 8000, (20 * 505 + 9) / 8),
        ),
        (
            "Speex in WAV",
            true_file(&[format(&Format(0xA109, 1, 8000, 2000, 1, 16, &[])), fact(8000)].concat(), &data[..2000]),
            wav(Codec::Speex, 1, 8000, 1000),
        ),
        ("seven samples are not a millisecond", one(Format(7, 1, 8000, 8000, 1, 8, &[]), &data[..7]), Probe::NoAudio),
    ]
}

pub(super) fn oddities() -> Vec<Oddity> {
    [sizes(), chunks(), codings()].concat()
}

#[test]
fn sizes_in_the_header_are_believed_only_as_far_as_samples_arrived() {
    check(sizes());
}

#[test]
fn chunks_before_the_samples_are_passed() {
    check(chunks());
}

#[test]
fn every_coding_is_counted_by_its_own_arithmetic() {
    check(codings());
}

#[test]
fn a_two_hour_recording_is_counted_without_being_looked_at() {
    let header = file(ALL_ONES, &format(&LINEAR), ALL_ONES, &[]);
    let mut reader = super::Reader::new();
    reader.feed(&header);
    let minute = samples(60 * 16_000);
    for _ in 0..120 {
        reader.feed(&minute);
    }
    assert_eq!(reader.finish(), linear(7_200_000));
}

#[test]
fn silence_is_a_recording() {
    assert_eq!(probe(&file(36, &format(&LINEAR), 0, &[0; 16_000])), linear(1000));
}
