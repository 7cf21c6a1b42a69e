use super::{Oddity, audio, check, noise};
use policy::audio::{Codec, Container, Probe};

fn frame(kind: u8, speech_bytes: usize) -> Vec<u8> {
    [vec![kind << 3 | 0x04], noise(71, speech_bytes)].concat()
}

fn narrow(milliseconds: u64) -> Probe {
    audio(Container::Amr, Codec::Amr, 1, 8000, milliseconds)
}

fn wide(milliseconds: u64) -> Probe {
    audio(Container::Amr, Codec::AmrWideband, 1, 16_000, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let file = |mark: &[u8], frames: &[Vec<u8>]| [mark, &frames.concat()].concat();
    // 3GPP TS 26.101 and 26.201: bytes by type.
    let narrow_types = [12, 13, 15, 17, 19, 20, 26, 31, 5, 6, 5, 5];
    let wide_types = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5];
    let each =
        |types: &[usize]| -> Vec<Vec<u8>> { (0..).zip(types).map(|(kind, bytes)| frame(kind, *bytes)).collect() };
    let second = vec![frame(7, 31); 50];
    let whole = file(b"#!AMR\n", &second);
    vec![
        ("50 frames", whole.clone(), narrow(1000)),
        (
            "every type and no data",
            file(b"#!AMR\n", &[each(&narrow_types), vec![frame(15, 0); 3]].concat()),
            narrow(300),
        ),
        (
            "every wide type and no data",
            file(b"#!AMR-WB\n", &[each(&wide_types), vec![frame(14, 0)]].concat()),
            wide(220),
        ),
        ("cut within the last frame", whole[..whole.len() - 1].to_vec(), narrow(980)),
        ("a reserved type ends it", [whole.clone(), frame(12, 0), second.concat()].concat(), narrow(1000)),
        ("padding that is not zero ends it", [&whole[..], &[0xFF], &second.concat()].concat(), narrow(1000)),
        (
            "two channels, a frame of each in turn",
            file(b"#!AMR_MC1.0\n\0\0\0\x02", &second),
            audio(Container::Amr, Codec::Amr, 2, 8000, 500),
        ),
        (
            "two wide channels, one frame over",
            file(b"#!AMR-WB_MC1.0\n\0\0\0\x02", &vec![frame(8, 60); 51]),
            audio(Container::Amr, Codec::AmrWideband, 2, 16_000, 500),
        ),
        ("no channel", file(b"#!AMR_MC1.0\n\0\0\0\0", &second), Probe::NotAudio),
        ("the mark and nothing", b"#!AMR\n".to_vec(), Probe::NoAudio),
        ("the wide mark and half a frame", file(b"#!AMR-WB\n", &[frame(8, 20)]), Probe::NoAudio),
        ("the mark, then text", file(b"#!AMR\n", &[b"and then a script\n".repeat(9)]), Probe::NotAudio),
        ("nearly the mark", file(b"#!AMR is a script\n", &second), Probe::NotAudio),
    ]
}

#[test]
fn each_type_of_frame_has_its_length_and_all_last_as_long() {
    check(oddities());
}
