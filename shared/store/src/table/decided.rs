//! What people decide, and what was cut out of recordings for them: the items that a restored table can't make again from
//! S3. Not custody as a whole, no recording, no row, no audit event.

use policy::custody::EventKind;
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};

use super::keys::POINTER_PK;

/// Beginnings of the keys of items that somebody decided on: of `pk`, and of `sk`.
const DECIDED: [(&str, &str); 8] = [
    // corrections of a recording
    ("K#", "F#"),
    // holds of a call
    ("H#", "H#"),
    // cases, their shares and releases
    ("J#", "J"),
    ("J#", "S#"),
    ("J#", "Q#"),
    // deletion requests
    ("D#", "D"),
    // clips and packages
    ("V#", ""),
    // the rulebook's pointer and versions
    (POINTER_PK, ""),
];

/// What custody says that people did: not that something was taken in, understood, cut or deleted.
pub(super) const DEEDS: [EventKind; 28] = [
    EventKind::Played,
    EventKind::Downloaded,
    EventKind::SharePlayed,
    EventKind::ReleaseOpened,
    EventKind::Noted,
    EventKind::NoteCorrected,
    EventKind::NoteWithdrawn,
    EventKind::Corrected,
    EventKind::CorrectionAsked,
    EventKind::HoldPlaced,
    EventKind::HoldLifted,
    EventKind::HoldExchanged,
    EventKind::LinkedToCase,
    EventKind::UnlinkedFromCase,
    EventKind::Shared,
    EventKind::ShareWithdrawn,
    EventKind::ReleaseAsked,
    EventKind::ReleaseApproved,
    EventKind::ReleaseRefused,
    EventKind::ReleaseWithdrawn,
    EventKind::ReleaseLinked,
    EventKind::ReleaseDelivered,
    EventKind::DeletionRequested,
    EventKind::DeletionApproved,
    EventKind::DeletionRefused,
    EventKind::RedactionRequested,
    EventKind::RedactionApproved,
    EventKind::RedactionRefused,
];

/// Whether an item of these keys, and of this kind of event where it is one, was decided by people.
pub(crate) fn is_decided(pk: &str, sk: &str, kind: Option<&str>) -> bool {
    let is_deed = |kind: &str| {
        EventKind::deserialize(StrDeserializer::<Error>::new(kind)).is_ok_and(|kind| DEEDS.contains(&kind))
    };
    let is_event = pk.starts_with("R#") && sk.starts_with("E#");
    is_event && kind.is_some_and(is_deed)
        || DECIDED.iter().any(|(of_pk, of_sk)| pk.starts_with(of_pk) && sk.starts_with(of_sk))
}

/// Whether an item of this key belongs to the rulebook: its pointer, or a version.
pub(crate) fn is_of_rulebook(pk: &str) -> bool {
    pk == POINTER_PK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_kept_where_people_decided_on_it() {
        assert!(is_decided("R#a", "E#0000000003", Some("noted")));
        assert!(is_decided("R#a", "E#0000000004", Some("played")));
        assert!(is_decided("RULEBOOK", "POINTER", None));
        for (pk, sk, kind) in [
            ("R#a", "E#0000000003", Some("taken_in")),
            ("R#a", "R", None),
            ("K#k", "A#a", None),
            ("H#c", "G", None),
            ("J#c", "O", None),
            ("C#c#000000", "C", None),
            ("L#c", "R#r", None),
            ("A#2026-11-27#0", "t", None),
            ("U#u", "U", None),
        ] {
            assert!(!is_decided(pk, sk, kind), "{pk} {sk}");
        }
    }
}
