//! One and a half seconds of a sample's speech as other programs write it (ffmpeg 5.1, sox 14.4): what they write is
//! a witness that our own reading of the formats is not.

use super::{audio, probe};
use policy::audio::{Codec, Container, Probe};

/// Name, bytes, what must come out. 1,500 ms went in; what is longer is the encoder's own padding.
pub(super) fn recordings() -> Vec<(&'static str, &'static [u8], Probe)> {
    let narrow = |container, codec, milliseconds| audio(container, codec, 1, 8000, milliseconds);
    vec![
        ("gsm.gsm", include_bytes!("real/gsm.gsm"), narrow(Container::Gsm, Codec::Gsm, 1500)),
        ("g722.g722", include_bytes!("real/g722.g722"), audio(Container::G722, Codec::G722, 1, 16_000, 1500)),
        ("gsm.wav", include_bytes!("real/gsm.wav"), narrow(Container::Wav, Codec::Gsm, 1520)),
        ("amr.amr", include_bytes!("real/amr.amr"), narrow(Container::Amr, Codec::Amr, 1500)),
        // 13 frames of 1,024 samples.
        ("adts.aac", include_bytes!("real/adts.aac"), narrow(Container::Adts, Codec::Aac, 1664)),
        ("opus.webm", include_bytes!("real/opus.webm"), audio(Container::Webm, Codec::Opus, 1, 48_000, 1506)),
        ("opus-live.webm", include_bytes!("real/opus-live.webm"), audio(Container::Webm, Codec::Opus, 1, 48_000, 1506)),
        ("opus.mka", include_bytes!("real/opus.mka"), audio(Container::Matroska, Codec::Opus, 1, 48_000, 1506)),
        ("vorbis.webm", include_bytes!("real/vorbis.webm"), narrow(Container::Webm, Codec::Vorbis, 1536)),
        ("index-last.m4a", include_bytes!("real/index-last.m4a"), narrow(Container::Mp4, Codec::Aac, 1500)),
        ("fragments.m4a", include_bytes!("real/fragments.m4a"), narrow(Container::Mp4, Codec::Aac, 1628)),
        ("speex.ogg", include_bytes!("real/speex.ogg"), narrow(Container::Ogg, Codec::Speex, 1495)),
        // 23 frames of 576 samples.
        ("variable-rate.mp3", include_bytes!("real/variable-rate.mp3"), narrow(Container::Mp3, Codec::Mp3, 1656)),
        ("ima-adpcm.wav", include_bytes!("real/ima-adpcm.wav"), narrow(Container::Wav, Codec::Adpcm, 1530)),
        ("microsoft-adpcm.wav", include_bytes!("real/microsoft-adpcm.wav"), narrow(Container::Wav, Codec::Adpcm, 1527)),
        ("ima.aifc", include_bytes!("real/ima.aifc"), narrow(Container::Aiff, Codec::Adpcm, 1504)),
        ("mulaw.au", include_bytes!("real/mulaw.au"), narrow(Container::Au, Codec::Mulaw, 1500)),
    ]
}

#[test]
fn what_other_programs_write_is_named_and_measured() {
    super::check(recordings().into_iter().map(|(name, bytes, expected)| (name, bytes.to_vec(), expected)).collect());
}

#[test]
fn every_kind_is_told_whatever_the_object_is_called() {
    // The probe is given bytes and nothing else; so a name can't lie to it, and a tag in front changes nothing.
    for (name, bytes, expected) in recordings() {
        let tagged = [super::id3(64), bytes.to_vec()].concat();
        assert_eq!(probe(&tagged), expected, "{name} behind a tag");
    }
}

#[test]
fn an_index_at_the_end_of_a_long_recording_is_read_in_one_pass_with_nothing_kept() {
    // The same file with its media box grown to 256 MiB: the index after it still says 1,500 ms.
    let file: &[u8] = include_bytes!("real/index-last.m4a");
    let media = file.windows(4).position(|kind| kind == b"mdat").unwrap() - 4;
    let index = file.windows(4).position(|kind| kind == b"moov").unwrap() - 4;
    assert!(media < index, "the index stands last");
    let body_bytes = 256 << 20;
    let mut reader = super::Reader::new();
    reader.feed(&file[..media]);
    reader.feed(&u32::try_from(body_bytes + 8).unwrap().to_be_bytes());
    reader.feed(b"mdat");
    let chunk = vec![0x55; 1 << 20];
    for _ in 0..body_bytes >> 20 {
        reader.feed(&chunk);
    }
    reader.feed(&file[index..]);
    assert_eq!(reader.finish(), audio(Container::Mp4, Codec::Aac, 1, 8000, 1500));
}
