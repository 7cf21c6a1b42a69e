use super::{duration_milliseconds, probe};
use policy::audio::{Codec, Container, Probe};
use serde_json::Value;
use std::path::{Path, PathBuf};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples");

pub(super) fn read(key: &str) -> Vec<u8> {
    std::fs::read(Path::new(SAMPLES).join(key)).unwrap()
}

/// What `expected.json` says of every recording.
pub(super) fn expected() -> Vec<Value> {
    serde_json::from_slice(&read("expected.json")).unwrap()
}

fn key(expected: &Value) -> &str {
    expected["key"].as_str().unwrap()
}

/// One sample of each kind that is not plain linear WAV.
pub(super) const KINDS: [&str; 6] = [
    "freepbx/2026/11/04/external-202-anonymous-20261104-110000-1793757598.105.WAV",
    "ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3",
    "genesys/yamada/year=2026/month=11/day=10/hour=09/conversation_id=b0f6d7a2-5f3e-4e0b-8c39-6f0f6d1c2b02/c7f2a8e1-0001-4aaa-9bbb-1234567890ab",
    "other/meeting-room/通話 2026-11-11 (1).m4a",
    "other/upload/rec_0001.flac",
    "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav",
];

#[test]
fn every_sample_has_the_duration_that_is_expected_of_it() {
    let mut heard = 0;
    for expected in expected() {
        let Some(seconds) = expected["duration_seconds"].as_f64() else {
            continue;
        };
        let Probe::Audio(audio) = probe(&read(key(&expected))) else {
            panic!("{} is audio", key(&expected));
        };
        let found = std::time::Duration::from_millis(audio.duration_milliseconds.unwrap()).as_secs_f64();
        assert!((found - seconds).abs() < 0.1, "{}: {found} s, not {seconds}", key(&expected));
        heard += 1;
    }
    assert!(heard >= 17, "only {heard} samples with a duration");
}

#[test]
fn samples_that_are_no_recordings_say_why() {
    let mut refused = 0;
    for expected in expected() {
        let outcome = probe(&read(key(&expected)));
        let right = match expected["quarantine"].as_str() {
            Some("empty") => outcome == Probe::Empty,
            Some("no_audio") => outcome == Probe::NoAudio,
            Some("not_audio") => outcome == Probe::NotAudio,
            _ => {
                assert!(matches!(outcome, Probe::Audio(_)), "{}: {outcome:?}", key(&expected));
                continue;
            }
        };
        assert!(right, "{}: {outcome:?}", key(&expected));
        refused += 1;
    }
    assert_eq!(refused, 3);
}

#[test]
fn samples_that_hold_text_are_not_audio() {
    for key in ["expected.json", "README.md", "rulebook/policy.toml", "rulebook/staff.csv"] {
        assert_eq!(probe(&read(key)), Probe::NotAudio, "{key}");
    }
}

#[test]
fn each_kind_of_sample_is_named_with_its_channels_and_rate() {
    let facts = [
        (Container::Wav, Codec::Gsm, 1, 8000),
        (Container::Mp3, Codec::Mp3, 1, 16_000),
        (Container::Ogg, Codec::Opus, 2, 48_000),
        (Container::Mp4, Codec::Aac, 1, 16_000),
        (Container::Flac, Codec::Flac, 1, 8000),
        (Container::Wav, Codec::Alaw, 2, 8000),
    ];
    for (key, (container, codec, channels, rate)) in KINDS.into_iter().zip(facts) {
        let outcome = probe(&read(key));
        let milliseconds = duration_milliseconds(&outcome);
        assert_eq!(outcome, super::audio(container, codec, channels, rate, milliseconds), "{key}");
    }
}

/// All files of the samples, recordings or not.
pub(super) fn files() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(SAMPLES)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
