//! The planner by itself: a world of two maps, and no I/O.

#![allow(clippy::unwrap_used)]

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::audio::{Audio, Codec, Container, Probe};
use crate::call::Claim;
use crate::facts::QuarantineReason;
use crate::fragment::{AudioFragment, Correction, ObjectKey, ObjectKind, ObjectVersion};
use crate::id::RecordingId;
use crate::recording::State;
use crate::rulebook::sample;

mod holds;

/// What a table would hold.
#[derive(Clone, Default)]
struct World {
    recordings: BTreeMap<RecordingId, Before>,
    calls: BTreeMap<CallReference, Call>,
    rulebooks: BTreeMap<u64, Arc<Rulebook>>,
    emptied: BTreeSet<CallReference>,
    holds: BTreeMap<CallId, CallHolds>,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn object(key: &str, number: u32, stored_at: Timestamp) -> ObjectVersion {
    ObjectVersion {
        bucket: "bucket".to_owned(),
        key: ObjectKey::new(key),
        version_id: format!("version-{number}"),
        sequencer: format!("{number:032}"),
        stored_at,
        taken_in_at: stored_at,
        size_bytes: 1_000,
    }
}

fn audio(number: u32, stored_at: &str, metadata: &[(&str, &str)]) -> AudioFragment {
    AudioFragment {
        object: object("other/a.wav", number, at(stored_at)),
        sha256: Some(format!("{number:064}")),
        probe: Probe::Audio(Audio {
            container: Container::Wav,
            codec: Codec::Pcm,
            channels: 1,
            sample_rate_hertz: 8_000,
            duration_milliseconds: Some(10_000),
        }),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn fragments(audio: AudioFragment) -> Fragments {
    Fragments { audio, sidecars: Vec::new(), rows: Vec::new(), correction: None }
}

fn sidecar(number: u32, stored_at: &str, text: &str) -> TextFragment {
    TextFragment::sidecar(object("other/a.wav.json", number, at(stored_at)), text)
}

impl World {
    fn with_sample_rulebook() -> Self {
        let rulebook = Arc::new(sample::rulebook());
        Self { rulebooks: BTreeMap::from([(rulebook.version, rulebook)]), ..Self::default() }
    }

    fn in_force(&self) -> Arc<Rulebook> {
        self.rulebooks.values().next_back().unwrap().clone()
    }

    fn plan(&self, now: Timestamp, subject: Subject) -> Option<Plan> {
        let id = match &subject {
            Subject::Recording { fragments, .. } | Subject::SurplusRecording(fragments) => fragments.audio.object.id(),
            Subject::Alone(text) | Subject::SurplusSidecar(text) => text.object.id(),
            Subject::Orphan { kind, .. } => kind.object().id(),
            Subject::Redacted(redacted) => redacted.audio.object.id(),
        };
        let mut known = Known::new(now, self.in_force(), subject, self.recordings.get(&id).cloned());
        loop {
            match known.next() {
                Step::Done(plan) => {
                    // What has ended since it was read joins no call: its generation is checked with every write.
                    let read = self.recordings.get(&id).map(|before| before.generation);
                    let own = plan.recordings.iter().find(|change| change.recording.view.id == id);
                    assert!(plan.is_empty() || own.is_some_and(|own| own.before == read), "{id} is not checked");
                    return Some(*plan);
                }
                Step::Claimed | Step::Full => return None,
                Step::NeedRulebook(version) => {
                    known.rulebooks.insert(version, self.rulebooks[&version].clone());
                }
                Step::NeedCall(reference) => {
                    let call = self.calls.get(&reference).cloned();
                    if self.emptied.contains(&reference) {
                        known.emptied.insert(reference.clone());
                    }
                    known.calls.insert(reference, call);
                }
                Step::NeedHolds(call) => {
                    let holds = self.holds.get(&call).cloned().unwrap_or_default();
                    known.holds.insert(call, holds);
                }
                Step::NeedMember(group) => known.member_of = Some(group),
                Step::NeedLogRows(group) => {
                    known.rows = Some(LoggedRows { group, rows: Vec::new() });
                }
            }
        }
    }

    /// Places a recording with its sidecars; whether anything was written.
    fn place(&mut self, now: &str, fragments: Fragments) -> bool {
        let dependants = fragments.sidecars.iter().map(|text| Dependant {
            kind: DependantKind::Sidecar(text.clone()),
            before: self.recordings.get(&text.object.id()).cloned(),
        });
        let subject = Subject::Recording { dependants: dependants.collect(), fragments: Box::new(fragments) };
        let Some(plan) = self.plan(at(now), subject) else {
            return false;
        };
        let wrote = !plan.is_empty();
        for change in plan.recordings {
            let head = match (&change.event, self.recordings.get(&change.recording.view.id)) {
                (Some(event), _) => event.head(),
                (None, Some(before)) => before.head.clone(),
                (None, None) => panic!("a recording without an event"),
            };
            let generation = change.before.unwrap_or_default() + 1;
            let id = change.recording.view.id.clone();
            self.recordings.insert(id, Before { recording: change.recording, generation, head });
        }
        for change in plan.calls {
            assert_eq!(self.calls.get(&change.call.reference).map(|call| call.generation), change.before);
            if change.call.legs.is_empty() {
                self.calls.remove(&change.call.reference);
                self.emptied.insert(change.call.reference);
            } else {
                self.calls.insert(change.call.reference.clone(), change.call);
            }
        }
        for (call, generation) in plan.holds_read {
            assert_eq!(self.holds.get(&call).map_or(0, |holds| holds.generation), generation);
        }
        for HoldsTaken { to, holds } in plan.holds_taken {
            let there = self.holds.entry(to).or_default();
            there.generation += 1;
            there.holds.extend(holds);
        }
        for (id, before) in &self.recordings {
            let of: Vec<_> = self.calls.values().filter(|call| call.legs.contains(id)).collect();
            assert_eq!(of.len(), 1, "a recording is a leg of exactly one call");
            assert_eq!(of[0].reference, before.recording.view.call);
        }
        wrote
    }

    fn recording(&self, number: u32) -> &Recording {
        &self.recordings[&object("other/a.wav", number, Timestamp::MIN).id()].recording
    }

    fn call_of(&self, number: u32) -> &Call {
        &self.calls[&self.recording(number).view.call]
    }
}

const DATED: [(&str, &str); 3] = [("call-id", "x"), ("started-at", "2026-11-12T10:00:00+09:00"), ("extension", "201")];

#[test]
fn a_plan_that_is_made_again_writes_nothing() {
    let mut world = World::with_sample_rulebook();
    let with_sidecar = Fragments {
        sidecars: vec![sidecar(2, "2026-11-12T02:00:00Z", r#"{"notice": "form"}"#)],
        ..fragments(audio(1, "2026-11-12T01:30:00Z", &DATED))
    };
    assert!(world.place("2026-11-12T02:00:01Z", with_sidecar.clone()));
    assert!(!world.place("2026-11-12T02:00:02Z", with_sidecar));
    let call = world.call_of(1);
    assert_eq!((call.legs.len(), call.generation), (2, 1));
    assert_eq!(call.brought.values().filter(|brought| brought.follows.is_some()).count(), 1);
}

#[test]
fn what_is_expired_on_arrival_waits_in_quarantine_until_a_correction() {
    let mut world = World::with_sample_rulebook();
    let late = audio(1, "2027-01-20T00:00:00Z", &DATED);
    world.place("2027-01-20T00:00:01Z", fragments(late.clone()));
    assert_eq!(world.recording(1).view.quarantine_reason, Some(QuarantineReason::ExpiredOnArrival));
    let correction = Correction {
        facts: [("started_at".to_owned(), "2026-11-12T10:00:00+09:00".to_owned())].into(),
        by: "yamada".to_owned(),
        at: at("2027-01-21T00:00:00Z"),
        confirmed_by: Some("hayashi".to_owned()),
    };
    world.place("2027-01-21T00:00:01Z", Fragments { correction: Some(correction), ..fragments(late) });
    let view = &world.recording(1).view;
    assert_eq!((view.state, view.understood_at), (State::Active, Some(at("2027-01-21T00:00:01Z"))));
    // NEVER EARLY: it settles from when it was understood.
    let settled = at("2027-01-21T00:00:01Z") + SignedDuration::from_hours(72);
    let rulebook = world.in_force();
    assert_eq!(crate::call::due(world.call_of(1), &rulebook, settled), crate::call::Due::Now);
    let before = settled - SignedDuration::from_secs(1);
    assert_eq!(crate::call::due(world.call_of(1), &rulebook, before), crate::call::Due::NotBefore(settled));
}

#[test]
fn a_call_that_is_claimed_is_neither_kept_nor_added_to() {
    let mut world = World::with_sample_rulebook();
    let first = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place("2026-11-12T02:00:00Z", first.clone());
    let reference = world.recording(1).view.call.clone();
    let claim = Claim { id: "claim".to_owned(), at: at("2026-12-13T00:00:00Z"), rulebook_version: 1 };
    world.calls.get_mut(&reference).unwrap().claim = Some(claim);
    let other = Fragments { sidecars: vec![sidecar(2, "2026-12-13T00:00:00Z", r#"{"linked_id": "y"}"#)], ..first };
    assert!(!world.place("2026-12-13T00:00:01Z", other));
    // Another leg opens the next life.
    world.place("2026-12-13T00:00:02Z", fragments(audio(3, "2026-11-12T01:40:00Z", &DATED)));
    assert_eq!(world.recording(3).view.call.incarnation, 1);
}

#[test]
fn what_has_ended_since_it_was_read_joins_no_call() {
    let mut world = World::with_sample_rulebook();
    let first = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place("2026-11-12T02:00:00Z", first.clone());
    let (id, reference) = (world.recording(1).view.id.clone(), world.recording(1).view.call.clone());
    // `sweep` has ended the leg; the recording is what was read before that.
    let mut call = world.calls[&reference].leave(&id);
    call.claim = Some(Claim { id: "claim".to_owned(), at: at("2026-12-13T00:00:00Z"), rulebook_version: 1 });
    world.calls.insert(reference, call);
    let subject = Subject::Recording { dependants: Vec::new(), fragments: Box::new(first) };
    let plan = world.plan(at("2026-12-13T00:00:01Z"), subject).unwrap();
    let generation = world.recordings[&id].generation;
    assert!(plan.recordings.iter().any(|own| own.recording.view.id == id && own.before == Some(generation)));
}

#[test]
fn a_leg_that_moves_takes_its_period_along_and_leaves_none_behind() {
    let mut world = World::with_sample_rulebook();
    world.place("2026-11-12T02:00:00Z", fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)));
    let later = [("call-id", "x"), ("started-at", "2026-11-13T09:00:00+09:00"), ("extension", "201")];
    let second = fragments(audio(2, "2026-11-13T01:00:00Z", &later));
    world.place("2026-11-13T02:00:00Z", second.clone());
    assert_eq!(world.call_of(1).legs.len(), 2);
    let own = world.call_of(1).brought[&world.recording(1).view.id].periods.clone();
    let linked = Fragments { sidecars: vec![sidecar(3, "2026-11-13T03:00:00Z", r#"{"linked_id": "y"}"#)], ..second };
    world.place("2026-11-13T03:00:01Z", linked);
    assert_ne!(world.recording(1).view.call, world.recording(2).view.call);
    assert_eq!(world.call_of(1).periods, own, "a leg that leaves takes its period along");
    assert!(world.call_of(1).legs.len() == 1 && world.call_of(2).legs.len() == 2);
}

/// The end of a call's longest period.
fn end_of(world: &World, number: u32) -> Timestamp {
    let rulebook = world.in_force();
    match world.call_of(number).periods.expiry(&rulebook.revisions, &rulebook.zone) {
        crate::retention::Expiry::At(at) => at,
        crate::retention::Expiry::Never => panic!("never"),
    }
}

#[test]
fn only_a_correction_that_two_people_agreed_on_brings_an_end_nearer() {
    let mut world = World::with_sample_rulebook();
    let fragments = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place("2026-11-12T02:00:00Z", fragments.clone());
    let stood = end_of(&world, 1);
    let corrected = |confirmed_by: Option<&str>| Fragments {
        correction: Some(Correction {
            facts: [("started_at".to_owned(), "2026-11-01T10:00:00+09:00".to_owned())].into(),
            by: "yamada".to_owned(),
            at: at("2026-11-13T00:00:00Z"),
            confirmed_by: confirmed_by.map(str::to_owned),
        }),
        ..fragments.clone()
    };
    world.place("2026-11-13T00:00:01Z", corrected(None));
    assert_eq!(world.recording(1).view.started_at, at("2026-11-01T01:00:00Z"));
    assert_eq!((end_of(&world, 1), world.call_of(1).understood_at), (stood, None));
    world.place("2026-11-13T00:00:02Z", corrected(Some("hayashi")));
    assert_eq!(end_of(&world, 1), stood - SignedDuration::from_hours(24 * 11));
    let agreed_at = Some(at("2026-11-13T00:00:02Z"));
    assert_eq!(world.call_of(1).understood_at, agreed_at);
    // Twice is once: the same agreement does not settle anew.
    assert!(!world.place("2026-11-20T00:00:00Z", corrected(Some("hayashi"))));
    assert_eq!(world.call_of(1).understood_at, agreed_at);
}

#[test]
fn what_is_active_stays_active_under_rules_that_can_not_read_it() {
    let mut world = World::with_sample_rulebook();
    let fragments = fragments(audio(1, "2026-11-12T01:30:00Z", &DATED));
    world.place("2026-11-12T02:00:00Z", fragments.clone());
    let stood = world.recording(1).clone();
    // The fragments say nothing any more, and the rules in force are others.
    let mut later = (*world.in_force()).clone();
    later.version += 1;
    world.rulebooks.insert(later.version, Arc::new(later));
    let mut silent = fragments;
    silent.audio.metadata.clear();
    assert!(!world.place("2026-11-12T03:00:00Z", silent));
    assert_eq!(*world.recording(1), stood);
}

#[test]
fn what_is_past_its_period_waits_in_no_call_of_others_also_where_only_the_rules_in_force_read_it() {
    let mut world = World::with_sample_rulebook();
    world.place("2026-11-12T02:00:00Z", fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)));
    let pinned = world.in_force();
    let mut later = (*pinned).clone();
    later.version += 1;
    later.late_arrival_days = 400;
    world.rulebooks.insert(later.version, Arc::new(later));
    let second = fragments(audio(2, "2027-12-01T00:00:00Z", &DATED));
    // Too early for the pinned rules, and past its period.
    world.place("2027-12-01T00:00:01Z", second);
    let view = &world.recording(2).view;
    assert_eq!(view.quarantine_reason, Some(QuarantineReason::ExpiredOnArrival));
    assert_ne!(view.call, world.recording(1).view.call);
}

#[test]
fn dependants_beyond_one_transaction_are_left_for_another_plan_and_all_of_them_follow() {
    let mut world = World::with_sample_rulebook();
    let texts = (2..27).map(|number| sidecar(number, "2026-11-12T01:31:00Z", r#"{"notice": "form"}"#));
    let with_sidecars = Fragments { sidecars: texts.collect(), ..fragments(audio(1, "2026-11-12T01:30:00Z", &DATED)) };
    assert!(world.place("2026-11-12T02:00:00Z", with_sidecars.clone()));
    assert_eq!(world.call_of(1).legs.len(), 21);
    assert!(world.place("2026-11-12T02:00:00Z", with_sidecars.clone()));
    assert_eq!(world.call_of(1).legs.len(), 26);
    assert!(!world.place("2026-11-12T02:00:00Z", with_sidecars));
}

proptest! {
    #[test]
    fn legs_more_than_a_day_from_each_other_are_never_one_call(hours in proptest::collection::vec(0_i64..200, 1..8)) {
        let mut world = World::with_sample_rulebook();
        let began = at("2026-11-01T00:00:00Z");
        for (number, hours) in (0_u32..).zip(&hours) {
            let started_at = began + SignedDuration::from_hours(*hours);
            let started_at = started_at.to_string();
            let metadata = [("call-id", "x"), ("started-at", started_at.as_str()), ("extension", "201")];
            let stored_at = began + SignedDuration::from_hours(200);
            world.place("2026-11-10T00:00:00Z", fragments(audio(number, &stored_at.to_string(), &metadata)));
        }
        for call in world.calls.values() {
            let mut starts: Vec<_> = call.brought.values().map(|brought| brought.started_at).collect();
            starts.sort();
            let day = SignedDuration::from_hours(24);
            prop_assert!(starts.windows(2).all(|pair| pair[1].duration_since(pair[0]) <= day), "{:?}", starts);
        }
    }
}

#[test]
fn a_call_log_over_its_limit_waits_in_quarantine_unread() {
    for (size_bytes, reason) in [
        (TextFragment::CALL_LOG_LIMIT_BYTES, None),
        (TextFragment::CALL_LOG_LIMIT_BYTES + 1, Some(QuarantineReason::TooLarge)),
    ] {
        let world = World::with_sample_rulebook();
        let mut object = object("calllog/asterisk/Master.csv", 1, at("2026-11-12T01:30:00Z"));
        object.size_bytes = size_bytes;
        let log = TextFragment { object, kind: ObjectKind::CallLog, sha256: None, text: None, unread_under: None };
        let plan = world.plan(at("2026-11-12T01:30:01Z"), Subject::Alone(log)).unwrap();
        assert_eq!(plan.recordings[0].recording.view.quarantine_reason, reason);
    }
}

#[test]
fn of_many_versions_the_first_hundred_in_s3s_order_have_room() {
    let versions: Vec<_> = (1..=150).map(|number| audio(number, "2026-11-03T00:00:00Z", &[])).collect();
    let room: Vec<bool> = versions.iter().map(|version| has_room(&version.object.id(), &versions)).collect();
    assert!(room[..VERSIONS_MAX].iter().all(|room| *room) && room[VERSIONS_MAX..].iter().all(|room| !room));
    let unread = audio(1_001, "2026-11-03T00:00:00Z", &[]);
    assert!(!has_room(&unread.object.id(), &versions), "one that was not even read has none");
}
