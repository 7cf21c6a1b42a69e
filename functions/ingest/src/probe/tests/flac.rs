use super::{Oddity, audio, check, id3, noise};
use policy::audio::{Codec, Container, Probe};

/// A remainder by the polynomial, bit by bit, as RFC 9639 describes it.
fn remainder(bytes: &[u8], polynomial: u32, width: u32) -> u32 {
    let top = 1 << (width - 1);
    let mut crc = 0_u32;
    for byte in bytes {
        for bit in (0..8).rev() {
            let carry = (crc & top != 0) != (byte >> bit & 1 == 1);
            crc = crc << 1 & ((1 << width) - 1);
            crc ^= if carry { polynomial } else { 0 };
        }
    }
    crc
}

/// A number coded as frame headers do.
fn coded(number: u64) -> Vec<u8> {
    if number < 0x80 {
        return vec![u8::try_from(number).unwrap()];
    }
    let behind = (1..7).find(|behind| number < 1 << (6 * behind + 6 - behind)).unwrap();
    let lead = 0xFF_u8 << (7 - behind - u32::from(behind == 6)) & if behind == 6 { 0xFE } else { 0xFF };
    let mut bytes = vec![lead | u8::try_from(number >> (6 * behind)).unwrap()];
    for index in (0..behind).rev() {
        bytes.push(0x80 | u8::try_from(number >> (6 * index) & 0x3F).unwrap());
    }
    bytes
}

/// A frame of `samples` of mono, numbered `number`.
fn frame(by_sample: bool, number: u64, samples: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF8 | u8::from(by_sample), 0x70, 0x08];
    frame.extend(coded(number));
    frame.extend((samples - 1).to_be_bytes());
    frame.push(u8::try_from(remainder(&frame, 0x07, 8)).unwrap());
    frame.extend_from_slice(body);
    frame.extend(u16::try_from(remainder(&frame, 0x8005, 16)).unwrap().to_be_bytes());
    frame
}

/// STREAMINFO: mono, 8 kHz, 16 bits, blocks of `block`.
fn head(block: u16, total: u64, metadata: &[u8]) -> Vec<u8> {
    let packed = 8000_u64 << 44 | 15 << 36 | total;
    let mut head = b"fLaC".to_vec();
    head.extend([if metadata.is_empty() { 0x80 } else { 0 }, 0, 0, 34]);
    head.extend([block.to_be_bytes(), block.to_be_bytes()].concat());
    head.extend([0; 6]);
    head.extend(packed.to_be_bytes());
    head.extend([0; 16]);
    if !metadata.is_empty() {
        let size = u32::try_from(metadata.len()).unwrap().to_be_bytes();
        head.extend([0x84, size[1], size[2], size[3]]);
        head.extend_from_slice(metadata);
    }
    head
}

/// Numbered frames of 800 samples, a tenth of a second each.
fn frames(numbers: std::ops::Range<u64>) -> Vec<u8> {
    numbers.flat_map(|number| frame(false, number, 800, &noise(31, 200))).collect()
}

fn flac(milliseconds: u64) -> Probe {
    audio(Container::Flac, Codec::Flac, 1, 8000, milliseconds)
}

pub(super) fn oddities() -> Vec<Oddity> {
    let second = || frames(0..10);
    let file = |total, frames: &[u8]| [&head(800, total, &[])[..], frames].concat();
    // What begins like the next frame but is sound.
    let mut decoy = noise(31, 50);
    // The next numbers with a wrong checksum; a right checksum with a number from nowhere.
    decoy.extend([0xFF, 0xF8, 0x70, 0x08, 10, 3, 0x1F, 0, 0xFF, 0xFF, 0xF8]);
    decoy.extend([0xFF, 0xF8, 0x70, 0x08, 11, 3, 0x1F, 0, 0xFF, 0xFF, 0xF8]);
    decoy.extend(frame(false, 5_000_000, 800, &[]));
    decoy.extend(frame(false, 2, 800, &[]));
    decoy.extend(noise(33, 50));
    let whole = frame(false, 9, 800, &decoy);
    let mut sevens = head(4000, 0, &[]);
    for number in [0, 4000, 8000] {
        sevens.extend(frame(true, (1 << 35) + number, 4000, &decoy));
    }
    let mut damaged = second();
    damaged[500..900].fill(0x55);
    let cut = file(8000, &second());
    let mut uncounted = head(800, 8000, &[]);
    uncounted[18..21].fill(0);
    vec![
        ("the total is true", file(8000, &second()), flac(1000)),
        ("the total is not known", file(0, &second()), flac(1000)),
        ("the total claims an hour", file(28_800_000, &second()), flac(1000)),
        ("the total claims less than is there", file(800, &second()), flac(1000)),
        ("the last frame is shorter", file(0, &[second(), frame(false, 10, 400, &decoy)].concat()), flac(1050)),
        ("cut within the last frame", cut[..cut.len() - 1].to_vec(), flac(900)),
        ("sound that looks like a frame", file(0, &[frames(0..9), whole].concat()), flac(1000)),
        ("hundreds of frames", file(0, &frames(0..300)), flac(30_000)),
        ("numbered by sample, in the middle of a longer stream", sevens, flac(1500)),
        ("a picture before the frames", [head(800, 8000, &noise(6, 70_000)), second()].concat(), flac(1000)),
        ("a tag before it", [id3(1000), file(8000, &second())].concat(), flac(1000)),
        (
            "a tag with a footer before it",
            {
                let mut tag = id3(50);
                tag[5] = 0x10;
                [&tag, &b"3DI\x04\0\x10\0\0\0\x32"[..], &file(8000, &second())].concat()
            },
            flac(1000),
        ),
        ("a tag behind it", file(8000, &[&second()[..], b"TAG", &[b'x'; 125]].concat()), flac(1000)),
        ("two frames damaged", file(8000, &damaged), flac(800)),
        ("a header that claims a second, and nothing", file(8000, &[]), Probe::NoAudio),
        ("cut within the pictures", head(800, 8000, &noise(6, 70_000))[..5000].to_vec(), Probe::NoAudio),
        ("noise for frames", file(8000, &noise(12, 20_000)), Probe::NoAudio),
        ("no STREAMINFO", b"fLaC\x84\0\0\x04abcd".to_vec(), Probe::NotAudio),
        (
            "a block of the forbidden kind",
            {
                let mut bytes = file(8000, &second());
                bytes[4] = 0;
                bytes.splice(42..42, [0xFF, 0, 0, 1, 9]);
                bytes
            },
            Probe::NotAudio,
        ),
        ("a rate of zero", uncounted, Probe::NotAudio),
    ]
}

#[test]
fn frames_that_arrived_whole_are_counted_whatever_the_header_says() {
    check(oddities());
}
