use super::{Oddity, audio, check, noise};
use policy::audio::{Audio, Codec, Container, Probe};

fn file(data_at: u32, claimed: u32, encoding: u32, rate: u32, channels: u32, rest: &[u8]) -> Vec<u8> {
    let numbers = [data_at, claimed, encoding, rate, channels].map(u32::to_be_bytes).concat();
    [b".snd", &numbers[..], rest].concat()
}

fn au(codec: Codec, channels: u16, rate: u32, milliseconds: u64) -> Probe {
    audio(Container::Au, codec, channels, rate, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let data = noise(82, 16_000);
    let coded = |encoding, bytes: u32| file(24, bytes, encoding, 8000, 1, &data[..usize::try_from(bytes).unwrap()]);
    let narrow = |codec, milliseconds| au(codec, 1, 8000, milliseconds);
    let remark = [&b"a remark"[..], &data[..8000]].concat();
    let no_length = Audio {
        container: Container::Au,
        codec: Codec::Other,
        channels: 1,
        sample_rate_hertz: 8000,
        duration_milliseconds: None,
    };
    vec![
        ("µ-law", coded(1, 8000), narrow(Codec::Mulaw, 1000)),
        ("A-law", coded(27, 8000), narrow(Codec::Alaw, 1000)),
        ("8 bits", coded(2, 8000), narrow(Codec::Pcm, 1000)),
        ("16 bits", coded(3, 16_000), narrow(Codec::Pcm, 1000)),
        ("24 bits", coded(4, 12_000), narrow(Codec::Pcm, 500)),
        ("32 bits", coded(5, 16_000), narrow(Codec::Pcm, 500)),
        ("double", coded(7, 16_000), narrow(Codec::Pcm, 250)),
        ("G.721", coded(23, 4000), narrow(Codec::Other, 1000)),
        ("G.723 with three bits", coded(25, 3000), narrow(Codec::Other, 1000)),
        ("G.722 with the clock of RTP", coded(24, 8000), au(Codec::G722, 1, 16_000, 1000)),
        ("two legs", file(24, 16_000, 3, 8000, 2, &data), au(Codec::Pcm, 2, 8000, 500)),
        ("a remark before the samples", file(32, 8000, 1, 8000, 1, &remark), narrow(Codec::Mulaw, 1000)),
        ("a size that is not known", file(24, u32::MAX, 1, 8000, 1, &data[..8000]), narrow(Codec::Mulaw, 1000)),
        ("a size that was never filled in", file(24, 0, 1, 8000, 1, &data[..8000]), narrow(Codec::Mulaw, 1000)),
        ("more is claimed than arrived", file(24, 1 << 30, 1, 8000, 1, &data[..8000]), narrow(Codec::Mulaw, 1000)),
        ("less is claimed than arrived", file(24, 4000, 1, 8000, 1, &data[..8000]), narrow(Codec::Mulaw, 500)),
        ("an encoding without a name", coded(99, 8000), Probe::Audio(no_length)),
        ("an encoding without a name and without a byte", coded(99, 0), Probe::NoAudio),
        ("the header is all there is", coded(1, 0), Probe::NoAudio),
        ("cut within the header", coded(1, 0)[..20].to_vec(), Probe::NoAudio),
        ("no channel", file(24, 8000, 1, 8000, 0, &data), Probe::NotAudio),
        ("no rate", file(24, 8000, 1, 0, 1, &data), Probe::NotAudio),
        ("samples within the header", file(8, 8000, 1, 8000, 1, &data), Probe::NotAudio),
    ]
}

#[test]
fn what_follows_the_header_is_counted_by_its_encoding() {
    check(oddities());
}
