use super::super::{Reader, aiff, amr, au, bare, flac, matroska, mp3, mp4, ogg, wav};
use super::{duration_milliseconds, probe, real, samples};
use policy::audio::Probe;
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::LazyLock;

/// All the objects made by hand.
fn made() -> Vec<Vec<u8>> {
    [
        super::wav::oddities(),
        super::mp3::oddities(),
        super::flac::oddities(),
        super::mp4::oddities(),
        super::ogg::oddities(),
        super::matroska::oddities(),
        super::bare::oddities(),
        super::amr::oddities(),
        super::aiff::oddities(),
        super::au::oddities(),
    ]
    .concat()
    .into_iter()
    .map(|(_, bytes, _)| bytes)
    .collect()
}

/// What is mutated: the objects made by hand, and the beginning and the end of every sample; small,
/// so that thousands can be tried.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds = made();
    seeds.extend(real::recordings().into_iter().map(|(_, bytes, _)| bytes.to_vec()));
    for path in samples::files() {
        seeds.push(std::fs::read(path).unwrap());
    }
    for seed in &mut seeds {
        if seed.len() > 4096 {
            seed.drain(3072..seed.len() - 1024);
        }
    }
    seeds
});

/// Feeds `bytes` cut at the given places.
fn probe_in_chunks(bytes: &[u8], cuts: &[Index]) -> Probe {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut reader = Reader::new();
    let mut start = 0;
    for place in places.into_iter().chain([bytes.len()]) {
        reader.feed(&bytes[start..place]);
        start = place;
    }
    reader.finish()
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Word(Index, u32),
    Delete(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // Numbers at the edges of sizes and counts.
    let word = prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(0x7FFF_FFFF),
        Just(0x8000_0000),
        Just(0x00FF_FFFF),
        0_u32..64,
        any::<u32>(),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (any::<Index>(), word).prop_map(|(at, word)| Mutation::Word(at, word)),
        (any::<Index>(), 1_usize..40).prop_map(|(at, count)| Mutation::Delete(at, count)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<Index>(), 1_usize..200).prop_map(|(at, count)| Mutation::Repeat(at, count)),
        any::<Index>().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: Mutation) {
    if bytes.is_empty() {
        return;
    }
    let size = bytes.len();
    match mutation {
        Mutation::Set(at, byte) => bytes[at.index(size)] = byte,
        Mutation::Flip(at, bit) => bytes[at.index(size)] ^= 1 << bit,
        Mutation::Word(at, word) => {
            let at = at.index(size);
            let end = size.min(at + 4);
            bytes[at..end].copy_from_slice(&word.to_be_bytes()[..end - at]);
        }
        Mutation::Delete(at, count) => {
            let at = at.index(size);
            bytes.drain(at..size.min(at + count));
        }
        Mutation::Insert(at, inserted) => {
            let at = at.index(size);
            bytes.splice(at..at, inserted);
        }
        Mutation::Repeat(at, count) => {
            let at = at.index(size);
            let repeated = bytes[at..size.min(at + count)].to_vec();
            bytes.splice(at..at, repeated);
        }
        Mutation::Cut(at) => bytes.truncate(at.index(size)),
    }
}

/// A mark that leads into one of the formats, before noise.
fn marked_noise() -> impl Strategy<Value = Vec<u8>> {
    let marks: Vec<&[u8]> = vec![
        b"",
        b"RIFF\xFF\xFF\xFF\xFFWAVE",
        b"RF64\xFF\xFF\xFF\xFFWAVEds64",
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0",
        b"ID3\x04\0\0\0\0\0\x01",
        b"\xFF\xFB\x90\x64",
        b"fLaC\x80\0\0\x22",
        b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x01\xf4\0\xf0",
        b"\0\0\0\x08ftyp\0\0\0",
        b"\0\0\0\x0cftypM4A \0\0\x01\0moov\0\0\0\x80trak",
        b"OggS\0\x02",
        b"\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"FORM\xFF\xFF\xFF\xFFAIFC",
        b".snd\0\0\0\x18\xFF\xFF\xFF\xFF\0\0\0\x01\0\0\x1F\x40\0\0\0\x01",
        b"#!AMR\n",
        b"#!AMR-WB_MC1.0\n\0\0\0\x02",
        b"\xFF\xF1\x6C\x40\x02\x1F\xFC",
        b"\xD8\x20\xA2\xE1\x5A",
    ];
    let noise = prop::collection::vec(any::<u8>(), 0..400);
    (prop::sample::select(marks), noise).prop_map(|(mark, noise)| [mark, &noise].concat())
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..12)
}

/// 50,000 of each kind, 100,000 objects in all; `PROPTEST_CASES` asks for another number of each.
fn config() -> ProptestConfig {
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig { cases: if asked_for { default.cases } else { 50_000 }, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes_never_panic_and_any_chunking_gives_the_same_answer(
        bytes in marked_noise(),
        cuts in cuts(),
    ) {
        prop_assert_eq!(probe_in_chunks(&bytes, &cuts), probe(&bytes));
    }

    #[test]
    fn mutated_recordings_never_panic_and_any_chunking_gives_the_same_answer(
        seed in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..8),
        cuts in cuts(),
    ) {
        let mut bytes = seed.get(&SEEDS).clone();
        for mutation in mutations {
            mutate(&mut bytes, mutation);
        }
        prop_assert_eq!(probe_in_chunks(&bytes, &cuts), probe(&bytes));
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_answer() {
    for bytes in SEEDS.iter() {
        let mut reader = Reader::new();
        for byte in bytes {
            reader.feed(std::slice::from_ref(byte));
        }
        assert_eq!(reader.finish(), probe(bytes));
    }
}

/// Cuts `bytes` at every place up to `places`, then at the end: what plays never becomes less as
/// more arrives.
fn check_every_cut(name: &str, bytes: &[u8], places: usize) {
    let mut reader = Reader::new();
    let mut before = 0;
    for (at, byte) in bytes.iter().take(places).enumerate() {
        let now = duration_milliseconds(&reader.clone().finish());
        assert!(now >= before, "{name}: {now} ms after {at} bytes, {before} ms before");
        before = now;
        reader.feed(std::slice::from_ref(byte));
    }
    reader.feed(bytes.get(places..).unwrap_or_default());
    let whole = duration_milliseconds(&reader.finish());
    assert!(before <= whole, "{name}: {before} ms of {whole} ms");
}

#[test]
fn cutting_a_sample_anywhere_never_makes_it_longer() {
    // Linear WAV has nothing new to say after its first second.
    for expected in samples::expected() {
        let key = expected["key"].as_str().unwrap();
        check_every_cut(key, &samples::read(key), 20_000);
    }
    for key in samples::KINDS {
        check_every_cut(key, &samples::read(key), usize::MAX);
    }
}

#[test]
fn cutting_what_other_programs_write_anywhere_never_makes_it_longer() {
    for (name, bytes, _) in real::recordings() {
        check_every_cut(name, bytes, usize::MAX);
    }
}

#[test]
fn cutting_an_odd_object_anywhere_never_makes_it_longer() {
    for (number, bytes) in made().iter().enumerate() {
        check_every_cut(&format!("object {number}"), bytes, 30_000);
    }
}

#[test]
fn the_state_has_a_fixed_size_of_a_few_kibibytes() {
    // No reader holds anything that grows: one of them, and MPEG audio within WAV, is all there is.
    let largest = [
        size_of::<wav::Wav>() + size_of::<mp3::Mp3>(),
        size_of::<bare::Bare>(),
        size_of::<flac::Flac>(),
        size_of::<mp4::Mp4>(),
        size_of::<ogg::Ogg>(),
        size_of::<matroska::Matroska>(),
        size_of::<amr::Amr>(),
        size_of::<aiff::Aiff>(),
        size_of::<au::Au>(),
    ]
    .into_iter()
    .max()
    .unwrap();
    assert!(size_of::<Reader>() + largest < 6 * 1024, "{largest} bytes");
}
