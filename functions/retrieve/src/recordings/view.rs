//! Recordings and events as JSON: DESIGN's fields, times in the company's zone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::audio::{Audio, Sound};
use policy::custody::{Chained, EventKind};
use policy::facts::{Conflict, Direction, NoticeKind, QuarantineReason};
use policy::fragment::ObjectVersion;
use policy::id::RecordingId;
use policy::number::{Absent, PhoneNumber};
use policy::permission;
use policy::recording::{Listed, Recording, State};
use policy::rulebook::{Role, Rulebook};
use rokuban_http::audit::TypedFact;
use rokuban_http::caller::MemberCaller;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use super::object::StoredObject;
use super::silenced::SilencedRange;

/// What is shown of a recording's life.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShownState {
    /// It can be found, and heard by whoever may.
    Active,
    /// 要確認: taken in, not understood, not lost.
    Quarantined,
    /// Its end has begun; nobody hears it any more. Only the recording itself says so, not a list.
    Deleting,
}

/// What a list tells of a recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordingItem {
    id: RecordingId,
    /// The PBX's own id of the call; unique only within its source.
    #[schemars(example = &"1793682300.101")]
    call_id: String,
    /// The PBX it came from.
    #[schemars(example = &"freepbx")]
    source: String,
    /// When the call began.
    started_at: Time,
    /// How long it is, in seconds, to the millisecond; `null` where nothing told.
    #[schemars(range(min = 0), example = 33.7)]
    duration_seconds: Option<f64>,
    direction: Direction,
    /// 相手番号: the other party's number, E.164; `null` where there is none.
    #[schemars(example = &"+819012345678")]
    counterpart: Option<String>,
    /// Why there is no counterpart's number.
    counterpart_absent: Option<Absent>,
    /// Our number, E.164.
    #[schemars(example = &"+81312345678")]
    our_number: Option<String>,
    /// Our line 回線・窓口, by its name in the rulebook.
    #[schemars(example = &"代表")]
    line: Option<String>,
    /// Our extension.
    #[schemars(example = &"201")]
    extension: Option<String>,
    /// The queue or ring group.
    #[schemars(example = &"600")]
    queue: Option<String>,
    /// The member of staff, by id.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    /// The member's name on the day of the call.
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// The team at the time of the call.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// How the caller was told that the call is recorded.
    notice: NoticeKind,
    /// What it is kept for.
    #[schemars(example = &"evidence")]
    purpose: String,
    /// The class it is kept under.
    #[schemars(example = &"standard")]
    retention_class: String,
    /// From this second nobody hears it; `null` while a hold without an end stands, and where no rule says.
    expires_at: Option<Time>,
    state: ShownState,
    quarantine_reason: Option<QuarantineReason>,
    /// What a person can do about it.
    #[schemars(example = &"Put the facts beside it as {key}.json.")]
    quarantine_fix: Option<&'static str>,
    /// How many holds 削除停止 stand.
    holds: u32,
    /// How many notes 通話メモ stand on it.
    notes: u32,
    /// Whether the caller objected 録音拒否.
    objection: bool,
    /// Since when its object is known to be gone from the bucket, deleted by nobody here.
    object_gone_at: Option<Time>,
    /// `null` where nothing can be heard in it.
    #[schemars(example = &"audio/wav")]
    content_type: Option<&'static str>,
    /// Whether Chrome, Firefox and Safari all play it.
    plays_in_browser: Option<bool>,
    /// Which file it is, for admins: of what is in quarantine, and where one recording is read.
    object: Option<StoredObject>,
}

impl RecordingItem {
    /// A recording as a list shows it.
    pub(crate) fn new(view: &Listed, caller: &MemberCaller) -> Self {
        let (rulebook, language) = (&caller.rulebook, caller.language);
        Self {
            id: view.id.clone(),
            call_id: view.call_id.clone(),
            source: view.source.clone(),
            started_at: Time::new(view.started_at, rulebook),
            duration_seconds: duration_seconds(view.state, view.duration_milliseconds),
            direction: view.direction,
            counterpart: view.counterpart.number().map(exposed),
            counterpart_absent: view.counterpart.absent(),
            our_number: view.our_number.as_ref().map(exposed),
            line: view.line.clone(),
            extension: view.extension.clone(),
            queue: view.queue.clone(),
            staff: view.staff.clone(),
            staff_name: view.staff.as_ref().and_then(|id| name_of(id, view.started_at, rulebook)),
            team: view.team.clone(),
            notice: view.notice,
            purpose: view.purpose.clone(),
            retention_class: view.class.class().to_owned(),
            expires_at: permission::expires_at(view, rulebook).map(|at| Time::new(at, rulebook)),
            state: match view.state {
                State::Quarantined => ShownState::Quarantined,
                State::Active | State::Fragment | State::Deleted => ShownState::Active,
            },
            quarantine_reason: view.quarantine_reason,
            quarantine_fix: view.quarantine_reason.map(|reason| reason.fix(language)),
            holds: view.holds.count_at(caller.now),
            notes: view.notes,
            objection: view.has_objection,
            object_gone_at: view.object_gone_at.map(|at| Time::new(at, rulebook)),
            content_type: view.sound.map(Sound::content_type),
            plays_in_browser: view.sound.map(Sound::browser_plays),
            object: None,
        }
    }

    /// With the file that it is.
    pub(crate) fn with_object(mut self, object: Option<&ObjectVersion>, rulebook: &Rulebook) -> Self {
        self.object = object.map(|object| StoredObject::new(object, rulebook));
        self
    }
}

/// A member's name on the day of a moment.
pub(crate) fn name_of(id: &str, at: Timestamp, rulebook: &Rulebook) -> Option<String> {
    rulebook.post_by_id(id, rulebook.day_of(at)).map(|post| post.name.clone())
}

fn exposed(number: &PhoneNumber) -> String {
    number.expose().to_owned()
}

/// A name and a value that mean nothing here, kept as they were handed in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ignored {
    #[schemars(example = &"notice")]
    name: String,
    #[schemars(example = &"maybe")]
    value: String,
}

impl Ignored {
    /// The facts that mean nothing here.
    pub(crate) fn list(facts: &[(String, String)]) -> Vec<Self> {
        facts.iter().map(|(name, value)| Self { name: name.clone(), value: value.clone() }).collect()
    }
}

/// A recording, whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordingDetail {
    #[serde(flatten)]
    listed: RecordingItem,
    /// Those of its call's recordings that may be viewed, itself among them.
    legs: Vec<RecordingId>,
    /// The kind of call, in the recorder's word.
    #[schemars(example = &"external")]
    kind: Option<String>,
    /// What was said of it and not followed.
    conflicts: Vec<Conflict>,
    /// What was said of it and means nothing.
    ignored: Vec<Ignored>,
    /// Of its bytes; `null` where they were too many to be read.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    sha256: Option<String>,
    /// In bytes.
    #[schemars(example = 539_244)]
    size: u64,
    #[schemars(example = 1)]
    channels: Option<u16>,
    /// What it was before parts were silenced for good マスキング; `null` where none were.
    redacted_from: Option<RedactedFrom>,
}

/// What a recording was before parts of it were silenced for good.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RedactedFrom {
    /// Its id then.
    id: RecordingId,
    /// Of its bytes then.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    sha256: Option<String>,
    /// When it took its place.
    at: Time,
    /// Everything that is silenced.
    silences: Vec<SilencedRange>,
}

impl RecordingDetail {
    /// The whole recording. `legs` are those of its call's recordings that may be viewed.
    pub(crate) fn new(
        recording: &Recording,
        legs: Vec<RecordingId>,
        is_being_deleted: bool,
        caller: &MemberCaller,
    ) -> Self {
        let mut listed = RecordingItem::new(&recording.view, caller);
        if is_being_deleted {
            listed.state = ShownState::Deleting;
        }
        let audio = recording.audio.as_ref();
        // What was stored before lists had them has them here all the same.
        listed.content_type = audio.map(Audio::content_type);
        listed.plays_in_browser = audio.map(Audio::browser_plays);
        if caller.member.role == Role::Admin {
            listed = listed.with_object(Some(&recording.object), &caller.rulebook);
        }
        Self {
            listed,
            legs,
            kind: recording.kind.clone(),
            conflicts: recording.conflicts.clone(),
            ignored: Ignored::list(&recording.aside),
            sha256: recording.sha256.clone(),
            size: recording.object.size_bytes,
            channels: audio.map(|audio| audio.channels),
            redacted_from: recording.redacted_from.as_ref().map(|original| RedactedFrom {
                id: original.recording.clone(),
                sha256: original.sha256.clone(),
                at: Time::new(original.at, &caller.rulebook),
                silences: SilencedRange::list(&original.mute),
            }),
        }
    }
}

/// One event of custody 取扱履歴.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CustodyEvent {
    /// `{recording}.{number}`.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda.2")]
    event_id: String,
    /// 1 at first, without a gap.
    #[schemars(range(min = 1))]
    number: u32,
    at: Time,
    kind: EventKind,
    /// A member's id, or the function's name.
    #[schemars(example = &"kato")]
    actor: String,
    /// The member's name then; `null` for a function.
    #[schemars(example = &"加藤 恵")]
    actor_name: Option<String>,
    /// An event is appended once, however often its operation is retried.
    #[schemars(example = &"JKJaXmPLvHcESHA=.play")]
    operation: String,
    /// What is chained as it is: no number, no free text. Counts are numbers, moments in the company's zone.
    facts: BTreeMap<String, TypedFact>,
    /// Free texts, chained as commitments; without those that were erased, and without notes'.
    texts: BTreeMap<String, String>,
    /// The hash of the event before it; 64 zeros for the first.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    #[schemars(example = &"0000000000000000000000000000000000000000000000000000000000000000")]
    previous: String,
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    hash: String,
}

impl CustodyEvent {
    /// One event, with the texts that are not erased.
    pub(crate) fn new(link: &Chained, rulebook: &Rulebook) -> Self {
        let event = &link.event;
        Self {
            event_id: link.event_id(),
            number: event.number,
            at: Time::new(event.at, rulebook),
            kind: event.kind,
            actor: event.actor.clone(),
            actor_name: name_of(&event.actor, event.at, rulebook),
            operation: event.operation.clone(),
            facts: event
                .facts
                .iter()
                .map(|(name, text)| (name.clone(), TypedFact::new(name, text, rulebook)))
                .collect(),
            // A note's text is told by the notes alone, to those who may read them: auditors see custody.
            texts: link
                .texts
                .iter()
                .filter(|_| !matches!(event.kind, EventKind::Noted | EventKind::NoteCorrected))
                .map(|(name, committed)| (name.clone(), committed.text.clone()))
                .collect(),
            previous: event.previous.clone(),
            hash: link.hash.clone(),
        }
    }
}

/// Seconds as a JSON number, to the millisecond. 49 days is the longest it tells.
fn seconds(milliseconds: u64) -> f64 {
    f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX)) / 1000.0
}

/// What is active has something to play: where its length is 0, nothing told how long, and `null` says so.
pub(crate) fn duration_seconds(state: State, milliseconds: u64) -> Option<f64> {
    (state != State::Active || milliseconds > 0).then(|| seconds(milliseconds))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

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
