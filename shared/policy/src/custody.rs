//! Custody 取扱履歴: what happened to one recording, as a chain that shows any edit, drop or reorder.
//!
//! Event n+1 carries the hash of event n. Free text and numbers are chained as salted commitments; the
//! text itself lies beside the event and can be erased without breaking the chain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{RecordingId, sha256_hex};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The object version was taken in and first understood, or put in quarantine.
    TakenIn,
    /// What it is understood to be changed: a sidecar came, or a correction.
    FactsChanged,
    /// An admin said what it is.
    Corrected,
    /// An admin said what it is, and that brings its expiry nearer: somebody else must say the same.
    CorrectionAsked,
    /// A URL to hear it was handed out.
    Played,
    /// A URL to download it was handed out.
    Downloaded,
    /// Somebody wrote about its call; the text lies beside the event.
    Noted,
    /// The writer of a note corrected it; the new text lies beside the event, the earlier one beside its own.
    NoteCorrected,
    /// The writer of a note withdrew it.
    NoteWithdrawn,
    /// Somebody asked for its call's deletion before its time; the reason lies beside the event.
    DeletionRequested,
    /// A second person approved that.
    DeletionApproved,
    /// Somebody refused it, or took it back.
    DeletionRefused,
    /// Somebody asked that a part of it is silenced for good; the reason lies beside the event.
    RedactionRequested,
    /// A second person approved that.
    RedactionApproved,
    /// Somebody refused it or took it back, or it could not be made.
    RedactionRefused,
    /// A version without the part took the place of the one with it; both say so.
    Redacted,
    /// It was found to be about a case.
    LinkedToCase,
    /// It was taken out of a case.
    UnlinkedFromCase,
    /// A part of it was shared with colleagues.
    Shared,
    /// A share of it was withdrawn.
    ShareWithdrawn,
    /// The part that a share needs was cut from it.
    ClipMade,
    /// A URL to hear such a part was handed out.
    SharePlayed,
    /// Somebody requested that a part of it is released; the reason lies beside the event.
    ReleaseAsked,
    /// A second person approved that.
    ReleaseApproved,
    /// A second person refused it.
    ReleaseRefused,
    /// A release was taken back.
    ReleaseWithdrawn,
    /// The package with its part was made.
    ReleaseBuilt,
    /// A link for the recipient was made.
    ReleaseLinked,
    /// The recipient has it.
    ReleaseDelivered,
    /// The recipient opened the link.
    ReleaseOpened,
    /// A hold was placed on its call.
    HoldPlaced,
    /// A hold of its call was lifted, or ended by itself.
    HoldLifted,
    /// A hold of its call was placed in the place of another.
    HoldExchanged,
    /// S3 said that its version is gone.
    Deleted,
}

/// The fact that names the number of the note that an event corrects or withdraws.
pub const OF_NOTE: &str = "note";

/// One event, as it is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose chain.
    pub recording: RecordingId,
    /// 1 at first, without a gap.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// A member's id, or the function's name.
    pub actor: String,
    /// The operation's id: an event is appended once, however often its operation is retried.
    pub operation: String,
    /// What may stay for ever: purposes, classes, reasons of quarantine; no number, name or free text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// SHA-256 over salt and text of what lies beside the event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: BTreeMap<String, String>,
    /// The hash of the event before; 64 zeros for the first.
    pub previous: String,
}

/// A text that lies beside its event and can be erased.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// 32 hexadecimal digits, from a secure source, so that a short text can't be guessed from its commitment.
    pub salt: String,
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for Committed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Committed({} bytes)", self.text.len())
    }
}

impl Committed {
    /// What the chain carries of it.
    pub fn commitment(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.salt.as_bytes());
        hasher.update([0]);
        hasher.update(self.text.as_bytes());
        data_encoding::HEXLOWER.encode(&hasher.finalize())
    }
}

/// An event with its hash and the erasable texts beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chained {
    /// What is hashed.
    #[serde(flatten)]
    pub event: Event,
    /// SHA-256 over the event's JSON, 64 hexadecimal digits.
    pub hash: String,
    /// Texts by name; each has a commitment of the same name. Erased when the recording is deleted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, Committed>,
}

/// The end of a chain: what the next event builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event; 0 where there is none.
    pub number: u32,
    /// Its hash; 64 zeros where there is none.
    pub hash: String,
}

/// What the caller says of an event; the chain adds the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// A member's id, or the function's name.
    pub actor: String,
    /// The operation's id.
    pub operation: String,
    /// What may stay for ever.
    pub facts: BTreeMap<String, String>,
    /// What must be erasable.
    pub texts: BTreeMap<String, Committed>,
}

/// The glossary's word for it.
pub type NewEvent = Happening;

/// The glossary's word for it.
pub type CustodyEvent = Chained;

impl Head {
    /// The head of a chain without an event.
    pub fn none() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }

    /// The next event of the chain. `None` after 2^32 events.
    pub fn append(&self, recording: &RecordingId, happening: NewEvent) -> Option<CustodyEvent> {
        let event = Event {
            recording: recording.clone(),
            number: self.number.checked_add(1)?,
            at: happening.at,
            kind: happening.kind,
            actor: happening.actor,
            operation: happening.operation,
            facts: happening.facts,
            commitments: happening.texts.iter().map(|(name, text)| (name.clone(), text.commitment())).collect(),
            previous: self.hash.clone(),
        };
        let hash = hash(&event);
        Some(Chained { event, hash, texts: happening.texts })
    }
}

impl Chained {
    /// The head of a chain that ends with this event.
    pub fn head(&self) -> Head {
        Head { number: self.event.number, hash: self.hash.clone() }
    }

    /// The id a client is given for the event.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.event.recording, self.event.number)
    }
}

/// SHA-256 over the event's JSON: fields in the order of [`Event`], maps in the order of their keys.
fn hash(event: &Event) -> String {
    // A map with text keys and a struct of texts and numbers: JSON can't fail to hold it.
    sha256_hex(&serde_json::to_vec(event).unwrap_or_default())
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The number is not the one before plus one.
    #[error("event {found} stands where event {expected} belongs")]
    OutOfPlace {
        /// The number that belongs there.
        expected: u32,
        /// The number that is there.
        found: u32,
    },
    /// It does not carry the hash of the event before.
    #[error("event {0} does not follow from the one before")]
    NotLinked(u32),
    /// Its own hash is not the hash of what it says.
    #[error("event {0} was edited")]
    Edited(u32),
    /// A text beside it is not the one that was committed to.
    #[error("the text `{1}` beside event {0} was edited")]
    TextEdited(u32, String),
    /// It belongs to another recording.
    #[error("event {0} belongs to another recording")]
    OtherRecording(u32),
}

/// UNBROKEN: walks a whole chain from its first event; erased texts are no break.
///
/// # Errors
/// The first place where the chain is broken.
pub fn verify(recording: &RecordingId, chain: &[Chained]) -> Result<Head, Broken> {
    verify_after(Head::none(), recording, chain)
}

/// The same for what follows an event whose head is known.
///
/// # Errors
/// The first place where the chain is broken.
pub fn verify_after(mut head: Head, recording: &RecordingId, chain: &[Chained]) -> Result<Head, Broken> {
    for link in chain {
        let expected = head.number.saturating_add(1);
        let number = link.event.number;
        if number != expected {
            return Err(Broken::OutOfPlace { expected, found: number });
        }
        if link.event.recording != *recording {
            return Err(Broken::OtherRecording(number));
        }
        if link.event.previous != head.hash {
            return Err(Broken::NotLinked(number));
        }
        if hash(&link.event) != link.hash {
            return Err(Broken::Edited(number));
        }
        for (name, text) in &link.texts {
            if link.event.commitments.get(name) != Some(&text.commitment()) {
                return Err(Broken::TextEdited(number, name.clone()));
            }
        }
        head = link.head();
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn recording() -> RecordingId {
        RecordingId::of("bucket", "key", "version")
    }

    fn happening(kind: EventKind, operation: &str, reason: Option<&str>) -> Happening {
        Happening {
            at: "2026-11-03T05:05:02Z".parse().unwrap(),
            kind,
            actor: "kato".into(),
            operation: operation.into(),
            facts: BTreeMap::from([("use".to_owned(), "evidence".to_owned())]),
            texts: reason
                .map(|text| {
                    let salt = "00112233445566778899aabbccddeeff".to_owned();
                    ("reason".to_owned(), Committed { salt, text: text.to_owned() })
                })
                .into_iter()
                .collect(),
        }
    }

    fn chain() -> Vec<Chained> {
        let mut head = Head::none();
        let mut chain = Vec::new();
        for (kind, operation, reason) in [
            (EventKind::TakenIn, "a", None),
            (EventKind::Played, "b", Some("見積の金額の確認")),
            (EventKind::Downloaded, "c", Some("again")),
            (EventKind::Deleted, "d", None),
        ] {
            let next = head.append(&recording(), happening(kind, operation, reason)).unwrap();
            head = next.head();
            chain.push(next);
        }
        chain
    }

    #[test]
    fn a_chain_as_it_was_appended_verifies_also_after_json_and_back() {
        let chain = chain();
        let back: Vec<Chained> = serde_json::from_str(&serde_json::to_string(&chain).unwrap()).unwrap();
        assert_eq!(back, chain);
        assert_eq!(verify(&recording(), &back).unwrap().number, 4);
    }

    #[test]
    fn texts_can_be_erased_but_not_edited() {
        let mut erased = chain();
        for link in &mut erased {
            link.texts.clear();
        }
        assert!(verify(&recording(), &erased).is_ok());
        let mut edited = chain();
        edited[1].texts.get_mut("reason").unwrap().text.push('!');
        assert_eq!(verify(&recording(), &edited), Err(Broken::TextEdited(2, "reason".into())));
    }

    #[test]
    fn any_drop_but_of_the_end_any_swap_and_any_edit_is_found() {
        let whole = chain();
        for position in 0..whole.len() - 1 {
            let mut dropped = whole.clone();
            dropped.remove(position);
            assert!(verify(&recording(), &dropped).is_err(), "dropped {position}");
            let mut swapped = whole.clone();
            swapped.swap(position, position + 1);
            assert!(verify(&recording(), &swapped).is_err(), "swapped {position}");
        }
        for position in 0..whole.len() {
            let edits: [fn(&mut Event); 6] = [
                |event| event.actor.push('x'),
                |event| event.operation.push('x'),
                |event| event.kind = EventKind::FactsChanged,
                |event| event.at = Timestamp::UNIX_EPOCH,
                |event| drop(event.facts.insert("use".into(), "quality".into())),
                |event| drop(event.commitments.insert("reason".into(), "x".into())),
            ];
            for (which, edit) in edits.iter().enumerate() {
                let mut edited = whole.clone();
                edit(&mut edited[position].event);
                assert_eq!(
                    verify(&recording(), &edited),
                    Err(Broken::Edited(u32::try_from(position).unwrap() + 1)),
                    "edit {which}"
                );
                // Whoever edits and hashes anew still breaks the link to the next event.
                edited[position].hash = hash(&edited[position].event);
                edited[position].texts.clear();
                if position + 1 < edited.len() {
                    assert!(verify(&recording(), &edited).is_err(), "edit {which}, hashed anew");
                }
            }
        }
    }

    #[test]
    fn a_chain_of_another_recording_does_not_verify() {
        let other = RecordingId::of("bucket", "key", "other");
        assert_eq!(verify(&other, &chain()), Err(Broken::OtherRecording(1)));
    }
}
