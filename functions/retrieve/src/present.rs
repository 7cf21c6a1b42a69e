//! Recordings, tombstones and events as JSON: DESIGN's fields, times in the company's zone.

use jiff::Timestamp;
use policy::audio::Audio;
use policy::custody::{Chained, EventKind};
use policy::facts::QuarantineReason;
use policy::number::PhoneNumber;
use policy::permission;
use policy::recording::{Listed, Recording, State, Tombstone};
use policy::rulebook::Rulebook;
use serde_json::{Map, Value, json};

/// RFC 3339 in the company's zone, with its offset.
pub(crate) fn time(at: Timestamp, rulebook: &Rulebook) -> String {
    at.display_with_offset(rulebook.zone.to_offset(at)).to_string()
}

/// What a list tells of a recording.
pub(crate) fn listed(view: &Listed, rulebook: &Rulebook) -> Map<String, Value> {
    let fields = json!({
        "id": view.id.as_str(),
        "call_id": view.call_id,
        "source": view.source,
        "started_at": time(view.started_at, rulebook),
        "duration_seconds": duration_seconds(view.state, view.duration_milliseconds),
        "direction": view.direction,
        "counterpart": view.counterpart.number().map(PhoneNumber::expose),
        "counterpart_absent": view.counterpart.absent(),
        "our_number": view.our_number.as_ref().map(PhoneNumber::expose),
        "line": view.line,
        "extension": view.extension,
        "queue": view.queue,
        "staff": view.staff,
        "team": view.team,
        "notice": view.notice,
        "purpose": view.purpose,
        "retention_class": view.class.class(),
        // None while a hold stands, and where no rule says.
        "expires_at": permission::expires_at(view, rulebook).map(|at| time(at, rulebook)),
        "state": match view.state {
            State::Quarantined => "quarantined",
            State::Active | State::Fragment | State::Deleted => "active",
        },
        "quarantine_reason": view.quarantine_reason,
        "quarantine_mend": view.quarantine_reason.map(QuarantineReason::mend),
        "holds": view.holds,
        "objection": view.has_objection,
        "object_gone_at": view.object_gone_at.map(|at| time(at, rulebook)),
    });
    object(fields)
}

/// The whole recording. `legs` are those of its call's recordings that may be viewed.
pub(crate) fn whole(
    recording: &Recording,
    legs: &[String],
    is_being_deleted: bool,
    rulebook: &Rulebook,
) -> Map<String, Value> {
    let mut fields = listed(&recording.view, rulebook);
    if is_being_deleted {
        fields.insert("state".to_owned(), json!("deleting"));
    }
    let audio = recording.audio.as_ref();
    fields.extend(object(json!({
        "legs": legs,
        "kind": recording.kind,
        "conflicts": recording.conflicts,
        "aside": recording.aside.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
        "sha256": recording.sha256,
        "size": recording.object.size_bytes,
        "content_type": audio.map(Audio::content_type),
        "plays_in_browser": audio.map(Audio::browser_plays),
        "channels": audio.map(|audio| audio.channels),
    })));
    fields
}

/// The proof of a deletion 削除証明.
pub(crate) fn tombstone(tombstone: &Tombstone, rulebook: &Rulebook) -> Value {
    json!({
        "id": tombstone.id.as_str(),
        "version_id": tombstone.version_id,
        "sha256": tombstone.sha256,
        "retention_class": tombstone.class.class(),
        "team": tombstone.team,
        "day": tombstone.day.to_string(),
        "rulebook_version": tombstone.rulebook_version,
        "deleted_at": time(tombstone.deleted_at, rulebook),
        "deleted_by": tombstone.deleted_by,
    })
}

/// One event of custody 取扱履歴, with the texts that are not erased.
pub(crate) fn event(link: &Chained, rulebook: &Rulebook) -> Value {
    let event = &link.event;
    // A note's text is told by the notes alone, to those who may read them: auditors see custody.
    let texts: Map<String, Value> = link
        .texts
        .iter()
        .filter(|_| event.kind != EventKind::Noted)
        .map(|(name, committed)| (name.clone(), json!(committed.text)))
        .collect();
    json!({
        "event_id": link.event_id(),
        "number": event.number,
        "at": time(event.at, rulebook),
        "kind": event.kind,
        "actor": event.actor,
        "operation": event.operation,
        "facts": event.facts,
        "texts": texts,
        "previous": event.previous,
        "hash": link.hash,
    })
}

/// Seconds as a JSON number, to the millisecond. 49 days is the longest it tells.
fn seconds(milliseconds: u64) -> f64 {
    f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX)) / 1000.0
}

/// What is active has something to play: where its length is 0, nothing told how long, and `null` says so.
fn duration_seconds(state: State, milliseconds: u64) -> Option<f64> {
    (state != State::Active || milliseconds > 0).then(|| seconds(milliseconds))
}

/// The members of what is an object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_told_in_the_companys_zone_with_its_offset() {
        let rulebook = Rulebook::strict_default("yamada");
        let at = |text: &str| time(text.parse().unwrap(), &rulebook);
        assert_eq!(at("2026-11-03T05:05:02Z"), "2026-11-03T14:05:02+09:00");
        assert_eq!(at("2026-11-03T15:00:00.25Z"), "2026-11-04T00:00:00.25+09:00");
    }

    #[test]
    fn a_duration_is_told_in_seconds_to_the_millisecond() {
        for (milliseconds, text) in [(33_700, "33.7"), (8_000, "8.0"), (1, "0.001"), (0, "0.0")] {
            assert_eq!(json!(seconds(milliseconds)).to_string(), text);
        }
    }
    #[test]
    fn a_recording_of_unknown_length_is_not_told_to_be_empty() {
        for (state, milliseconds, told) in [
            (State::Active, 0, json!(null)),
            (State::Active, 1, json!(0.001)),
            (State::Quarantined, 0, json!(0.0)),
            (State::Fragment, 0, json!(0.0)),
        ] {
            assert_eq!(json!(duration_seconds(state, milliseconds)), told);
        }
    }
}
