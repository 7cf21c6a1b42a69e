//! Objects: keys, what they say an object is, and its versions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::id::{KeyId, RecordingId};

/// The endings of audio files: a sidecar may have `.json` in place of one.
const AUDIO_ENDINGS: [&str; 33] = [
    "wav", "wave", "wav49", "mp3", "m4a", "mp4", "aac", "ogg", "oga", "opus", "webm", "mka", "flac", "amr", "awb",
    "3gp", "aif", "aiff", "aifc", "au", "snd", "gsm", "g722", "g729", "ulaw", "ul", "alaw", "al", "sln", "sln16",
    "sln48", "wma", "yswav",
];

/// An S3 object key, decoded. It can hold a number or a name, so it masks itself when printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// 1,024 bytes of UTF-8: S3's limit.
    pub const LIMIT_BYTES: usize = 1024;

    /// The ending that makes an object the sidecar of another.
    const SIDECAR_ENDING: &str = ".json";

    /// The same beside a recording that Genesys Cloud exports: such a key's name has no ending of its own.
    const METADATA_ENDING: &str = "_metadata.json";

    /// Where call logs lie.
    const CALL_LOG_PREFIX: &str = "calllog/";

    /// A key as S3 counts it.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself: for S3 and for the reading of names, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What kind of object the key says this is.
    pub fn kind(&self) -> ObjectKind {
        if self.0.starts_with(Self::CALL_LOG_PREFIX) {
            ObjectKind::CallLog
        } else if self.beside().is_some() {
            ObjectKind::Sidecar
        } else {
            ObjectKind::Audio
        }
    }

    /// For a sidecar `{key}.json` or `{key}_metadata.json`, the key it speaks for; any other key speaks for
    /// itself.
    #[must_use]
    pub fn speaks_for(&self) -> ObjectKey {
        match (self.kind(), self.beside()) {
            (ObjectKind::Sidecar, Some(key)) => Self(key.to_owned()),
            _ => self.clone(),
        }
    }

    /// Whether this is the key of a sidecar of an audio object: `{key}.json`, `{key}_metadata.json`, or the same
    /// without the audio's ending, `{stem}.json`. Two ways to write one letter in Unicode are one.
    pub fn is_sidecar_of(&self, audio: &ObjectKey) -> bool {
        let Some(beside) = self.beside().filter(|_| self.kind() == ObjectKind::Sidecar) else { return false };
        let (beside, audio) = (in_nfc(beside), in_nfc(&audio.0));
        beside == audio || beside == without_audio_ending(&audio)
    }

    /// What an audio object's key and those of its sidecars have in common.
    fn shared_name(&self) -> String {
        match self.kind() {
            ObjectKind::CallLog => self.0.clone(),
            ObjectKind::Audio | ObjectKind::Sidecar => {
                without_audio_ending(&in_nfc(self.beside().unwrap_or(&self.0))).to_owned()
            }
        }
    }

    /// The id of the key's fragments, which are kept together: those of an audio object and of its sidecars, and of
    /// audio that differs in its ending alone.
    pub fn key_id(&self, bucket: &str) -> KeyId {
        KeyId::of(bucket, &self.shared_name())
    }

    /// The key that this one, by its ending alone, lies beside.
    fn beside(&self) -> Option<&str> {
        let is_a_name = |key: &&str| !key.is_empty() && !key.ends_with('/');
        let metadata = self.0.strip_suffix(Self::METADATA_ENDING).filter(is_a_name);
        metadata.or_else(|| self.0.strip_suffix(Self::SIDECAR_ENDING).filter(|key| !key.is_empty()))
    }

    /// Everything behind the last `/`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Everything before the last `/`; empty at the top.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ObjectKey({} bytes)", self.0.len())
    }
}

fn in_nfc(key: &str) -> String {
    key.nfc().collect()
}

/// A key without the ending of an audio file; as it is where its name is nothing else.
fn without_audio_ending(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((stem, ending))
            if !stem.is_empty()
                && !stem.ends_with('/')
                && AUDIO_ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) =>
        {
            stem
        }
        _ => key,
    }
}

/// What an object is by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// Audio, or what was put in audio's place.
    Audio,
    /// Facts beside an audio object.
    Sidecar,
    /// A call log, under `calllog/`.
    CallLog,
}

/// Where one object version lies, and when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectVersion {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: ObjectKey,
    /// S3's version id.
    pub version_id: String,
    /// S3's sequencer: of two versions of a key the greater came later. Hexadecimal, right-padded
    /// with zeros to one width, as S3 says to compare them, so that text order is S3's order.
    pub sequencer: String,
    /// When S3 stored it.
    pub stored_at: Timestamp,
    /// When it was first taken in here; `settle` runs from this.
    pub taken_in_at: Timestamp,
    /// Its length in bytes.
    pub size_bytes: u64,
}

impl ObjectVersion {
    /// The id of this version.
    pub fn id(&self) -> RecordingId {
        RecordingId::of(&self.bucket, self.key.expose(), &self.version_id)
    }

    /// The id of the key whose fragments this one belongs to: a sidecar's is its audio's.
    pub fn key_id(&self) -> KeyId {
        self.key.key_id(&self.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_audio_sidecar_and_call_log_apart() {
        for (key, kind, speaks_for) in [
            ("a/b.wav", ObjectKind::Audio, "a/b.wav"),
            ("a/b.wav.json", ObjectKind::Sidecar, "a/b.wav"),
            (".json", ObjectKind::Audio, ".json"),
            ("a/b_metadata.json", ObjectKind::Sidecar, "a/b"),
            ("a/_metadata.json", ObjectKind::Sidecar, "a/_metadata"),
            ("_metadata.json", ObjectKind::Sidecar, "_metadata"),
            ("calllog/x_metadata.json", ObjectKind::CallLog, "calllog/x_metadata.json"),
            ("calllog/x/1.json", ObjectKind::CallLog, "calllog/x/1.json"),
            ("a/calllog/1.csv", ObjectKind::Audio, "a/calllog/1.csv"),
        ] {
            let key = ObjectKey::new(key);
            assert_eq!(key.kind(), kind);
            assert_eq!(key.speaks_for().expose(), speaks_for);
        }
    }

    #[test]
    fn a_sidecar_is_beside_its_audio_by_the_whole_name_or_without_its_ending() {
        let nfd = "a/\u{30AB}\u{3099}イド.wav";
        for (sidecar, audio, is_of) in [
            ("a/b.wav.json", "a/b.wav", true),
            ("a/b.json", "a/b.wav", true),
            ("a/b.json", "a/b.MP3", true),
            ("a/b.json", "a/b", true),
            ("a/b_metadata.json", "a/b", true),
            ("a/b_metadata.json", "a/b.wav", true),
            ("a/1795137007.35.json", "a/1795137007.35.mp3", true),
            ("a/ガイド.json", nfd, true),
            ("a/ガイド.wav.json", nfd, true),
            ("a/b.wav.json", "a/b.mp3", false),
            ("a/b.json", "a/c.wav", false),
            ("a/b.json", "b.wav", false),
            ("b.json", "a/b.wav", false),
            ("a/b.json", "a/b.txt", false),
            ("a/b.json", "a/b.wav.mp3", false),
            ("a/b.wav", "a/b.wav", false),
            ("calllog/x/b.json", "calllog/x/b", false),
        ] {
            let (sidecar, audio) = (ObjectKey::new(sidecar), ObjectKey::new(audio));
            assert_eq!(sidecar.is_sidecar_of(&audio), is_of, "{} {}", sidecar.0, audio.0);
            if is_of {
                assert_eq!(sidecar.key_id("bucket"), audio.key_id("bucket"), "{} {}", sidecar.0, audio.0);
            }
        }
        let key_id = |key: &str| ObjectKey::new(key).key_id("bucket");
        assert_ne!(key_id("a/b.wav"), key_id("a/c.wav"));
        assert_ne!(key_id("calllog/x/1.csv"), key_id("calllog/x/1.wav"));
        for key in ["a/.wav", ".wav", ".json", "a/.json", "", "."] {
            assert_eq!(ObjectKey::new(key).shared_name(), if key == "a/.json" { "a/" } else { key });
        }
    }

    #[test]
    fn a_printed_key_shows_none_of_its_letters() {
        assert_eq!(format!("{:?}", ObjectKey::new("09012345678.wav")), "ObjectKey(15 bytes)");
    }
}
