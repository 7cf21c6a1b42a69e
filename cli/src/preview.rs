//! What the system would make of a file, before it is uploaded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use policy::audio::{Audio, Codec, Container, Probe};
use policy::facts::QuarantineReason;
use policy::fragment::{AudioFragment, Fragments, ObjectKey, ObjectKind, ObjectVersion, TextFragment};
use policy::merge::{CallFacts, merge};
use policy::retention::{Expiry, expiry};
use policy::rulebook::Rulebook;

use crate::walk::Found;

/// What a file would become.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Preview {
    /// A recording, with the second of its expiry.
    Understood(Box<CallFacts>, Expiry),
    /// Quarantine, for this or a worse reason found in its bytes.
    Quarantine(QuarantineReason),
    /// Facts beside a recording.
    Sidecar,
    /// A call log.
    CallLog,
}

impl Preview {
    /// Whether it would be past its period on arrival.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        matches!(self, Self::Understood(_, Expiry::At(at)) if *at <= now)
    }
}

/// What a file would become if it were uploaded now: the system's own merge of its name and of the sidecar beside it.
/// Reads none of its bytes, only their number.
pub(crate) fn preview(found: &Found, key: &ObjectKey, rulebook: &Rulebook, now: Timestamp) -> Preview {
    match key.kind() {
        ObjectKind::Sidecar => return Preview::Sidecar,
        ObjectKind::CallLog => return Preview::CallLog,
        ObjectKind::Audio => {}
    }
    let object = |key: ObjectKey| ObjectVersion {
        bucket: String::new(),
        key,
        version_id: String::new(),
        sequencer: String::new(),
        stored_at: now,
        taken_in_at: now,
        size_bytes: found.size_bytes,
    };
    let probe = if found.size_bytes == 0 { Probe::Empty } else { Probe::Audio(UNHEARD) };
    let by_stem = found.path.with_extension("json");
    let sidecars = sidecar_text(&found.path)
        .or_else(|| read_sidecar(&by_stem))
        .map(|text| TextFragment::sidecar(object(ObjectKey::new(format!("{}.json", key.expose()))), text))
        .into_iter()
        .collect();
    let audio = AudioFragment { object: object(key.clone()), sha256: None, probe, metadata: BTreeMap::new() };
    match merge(&Fragments { audio, sidecars, rows: Vec::new(), correction: None }, rulebook).outcome {
        Ok(facts) => {
            let ends = match rulebook.revisions.keep_days(&facts.class) {
                Some(keep_days) => expiry(facts.day, keep_days, &rulebook.zone),
                None => Expiry::Never,
            };
            Preview::Understood(Box::new(facts), ends)
        }
        Err(reason) => Preview::Quarantine(reason),
    }
}

/// A placeholder for audio that is not read: only the length comes from audio.
const UNHEARD: Audio = Audio {
    container: Container::Wav,
    codec: Codec::Pcm,
    channels: 1,
    sample_rate_hertz: 8_000,
    duration_milliseconds: Some(1_000),
};

/// The text of the sidecar beside a file, if there is one that counts.
fn sidecar_text(path: &Path) -> Option<String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".json");
    read_sidecar(Path::new(&beside))
}

fn read_sidecar(beside: &Path) -> Option<String> {
    let mut text = String::new();
    let limit = u64::try_from(TextFragment::LIMIT_BYTES).ok()?;
    File::open(beside).ok()?.take(limit + 1).read_to_string(&mut text).ok()?;
    (text.len() <= TextFragment::LIMIT_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use policy::facts::Direction;

    use super::*;
    use crate::folder::Folder;

    const NAME: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";

    fn of(folder: &Folder, key: &str, now: &str) -> Preview {
        let path = folder.path().join(key);
        let size_bytes = std::fs::metadata(&path).unwrap().len();
        let found = Found { path, below: key.into(), size_bytes, modified_nanoseconds: 0 };
        preview(&found, &ObjectKey::new(key), &Rulebook::strict_default(""), now.parse().unwrap())
    }

    #[test]
    fn a_name_gives_what_the_system_would_make_of_it() {
        let folder = Folder::new();
        folder.write(NAME, "x");
        let Preview::Understood(facts, ends) = of(&folder, NAME, "2026-11-13T09:00:00+09:00") else { panic!() };
        assert_eq!((facts.source.as_str(), facts.direction), ("freepbx", Direction::Inbound));
        assert_eq!(facts.started_at, "2026-11-03T14:05:02+09:00".parse().unwrap());
        assert_eq!(ends, Expiry::At("2026-12-04T00:00:00+09:00".parse().unwrap()));
    }

    #[test]
    fn a_recording_expires_at_its_midnight_and_not_a_second_before() {
        let folder = Folder::new();
        folder.write(NAME, "x");
        let expired = |now: &str| of(&folder, NAME, now).is_expired(now.parse().unwrap());
        assert!(!expired("2026-12-03T23:59:59+09:00"));
        assert!(expired("2026-12-04T00:00:00+09:00"));
    }

    #[test]
    fn the_sidecar_on_the_disk_counts() {
        let folder = Folder::new();
        folder.write("other/a.wav", "x");
        let now = "2026-11-13T09:00:00+09:00";
        assert_eq!(of(&folder, "other/a.wav", now), Preview::Quarantine(QuarantineReason::NoSourceMatches));
        folder.write("other/a.wav.json", r#"{"started_at": "2026-11-11T10:00:00+09:00", "direction": "internal"}"#);
        let Preview::Understood(facts, _) = of(&folder, "other/a.wav", now) else { panic!() };
        assert_eq!((facts.source.as_str(), facts.direction), ("sidecar", Direction::Internal));
        assert_eq!(of(&folder, "other/a.wav.json", now), Preview::Sidecar);
    }

    #[test]
    fn what_is_no_call_has_its_reason_or_its_kind() {
        let folder = Folder::new();
        for (key, bytes, expected) in [
            (NAME, "", Preview::Quarantine(QuarantineReason::Empty)),
            ("freepbx/notes.txt", "x", Preview::Quarantine(QuarantineReason::NoCallFacts)),
            ("elsewhere/a.wav", "x", Preview::Quarantine(QuarantineReason::NoSourceMatches)),
            ("calllog/asterisk/Master.csv", "x", Preview::CallLog),
        ] {
            folder.write(key, bytes);
            assert_eq!(of(&folder, key, "2026-11-13T09:00:00+09:00"), expected, "{key}");
        }
        folder.write(NAME, "x");
        let next_year = of(&folder, NAME, "2027-11-13T09:00:00+09:00");
        assert_eq!(next_year, Preview::Quarantine(QuarantineReason::TooEarly));
    }
}
