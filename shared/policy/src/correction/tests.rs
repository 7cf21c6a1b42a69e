//! Who must say the same, and under which rulebook that is decided.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::audio::{Audio, Codec, Container, Probe};
use crate::fragment::{AudioFragment, ObjectKey, ObjectVersion};
use crate::placement::{Known, Step, Subject};
use crate::rulebook::sample::{POLICY, STAFF, document, now};
use crate::rulebook::{Document, check, publish};

const BEGAN: &str = "2026-11-12T10:00:00+09:00";

/// The rulebook of the sample, and one after it that keeps what sales calls out for `days`.
fn rulebooks(days: u32) -> [Document; 2] {
    let first = document();
    let later = POLICY
        .replace("class = \"contracts\"", "class = \"offers\"")
        .replace("keep_days = 90", &format!("keep_days = {days}"));
    let checked = check(&later, STAFF, now()).unwrap();
    let second = publish(Some(&first), &checked, "yamada", now()).unwrap().document;
    [first, second]
}

fn correction(facts: &[(&str, &str)], by: &str) -> Correction {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Correction { facts, by: by.to_owned(), at: now(), confirmed_by: None }
}

/// What sato of sales called out for, placed under a rulebook.
fn placed(rulebook: &Rulebook) -> (Recording, Fragments) {
    let metadata = [("started-at", BEGAN), ("direction", "outbound"), ("extension", "201"), ("call-id", "1")];
    let object = ObjectVersion {
        bucket: "bucket".to_owned(),
        key: ObjectKey::new("other/a.wav"),
        version_id: "1".to_owned(),
        sequencer: "1".to_owned(),
        stored_at: now(),
        taken_in_at: now(),
        size_bytes: 1_000,
    };
    let audio = Audio {
        container: Container::Wav,
        codec: Codec::Pcm,
        channels: 1,
        sample_rate_hertz: 8_000,
        duration_milliseconds: Some(10_000),
    };
    let metadata: BTreeMap<_, _> = metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let audio = AudioFragment { object, sha256: None, probe: Probe::Audio(audio), metadata };
    let fragments = Fragments { audio, sidecars: Vec::new(), rows: Vec::new(), correction: None };
    let subject = Subject::Recording { fragments: Box::new(fragments.clone()), dependants: Vec::new() };
    let mut known = Known::new(now(), rulebook.clone().into(), subject, None);
    loop {
        match known.next() {
            Step::NeedCall(reference) => _ = known.calls.insert(reference, None),
            Step::NeedMember(group) => known.member_of = Some(group),
            Step::Done(plan) => return (plan.recordings[0].recording.clone(), fragments),
            other => panic!("{other:?}"),
        }
    }
}

fn is_nearer(recording: &Recording, fragments: &Fragments, facts: &[(&str, &str)], rules: Rules<'_>) -> bool {
    let fragments = Fragments { correction: Some(correction(facts, "yamada")), ..fragments.clone() };
    predict(recording, &fragments, rules).unwrap().is_nearer
}

const EARLIER: [(&str, &str); 1] = [("started_at", "2026-11-01T10:00:00+09:00")];
const SAME_DAY: [(&str, &str); 1] = [("counterpart", "03-1234-0000")];

#[test]
fn a_later_rulebook_that_keeps_longer_does_not_let_one_person_bring_an_end_nearer() {
    let [first, second] = rulebooks(120).map(|document| document.rulebook().unwrap());
    let (recording, fragments) = placed(&first);
    let rules = Rules { in_force: &second, pinned: &first, joins: Joins::Nothing };
    assert!(is_nearer(&recording, &fragments, &EARLIER, rules), "the day moves, the class stays");
    assert!(!is_nearer(&recording, &fragments, &SAME_DAY, rules));
    let later = [("started_at", "2026-11-13T10:00:00+09:00")];
    assert!(!is_nearer(&recording, &fragments, &later, rules));
}

#[test]
fn a_later_rulebook_that_keeps_shorter_takes_no_second_person_for_what_changes_no_end() {
    let [first, second] = rulebooks(10).map(|document| document.rulebook().unwrap());
    let (recording, fragments) = placed(&first);
    let rules = Rules { in_force: &second, pinned: &first, joins: Joins::Nothing };
    assert!(!is_nearer(&recording, &fragments, &SAME_DAY, rules), "it keeps the class that it has");
    assert!(is_nearer(&recording, &fragments, &[("direction", "inbound")], rules), "30 days are nearer than 90");
}

#[test]
fn what_joins_another_call_is_kept_by_that_calls_rulebook() {
    let [first, second] = rulebooks(10).map(|document| document.rulebook().unwrap());
    let (recording, fragments) = placed(&first);
    let joining = |joins| Rules { in_force: &second, pinned: &first, joins };
    let linked = [("linked_id", "2")];
    assert!(!is_nearer(&recording, &fragments, &linked, joining(Joins::Nothing)));
    assert!(!is_nearer(&recording, &fragments, &linked, joining(Joins::Call(&first))));
    assert!(is_nearer(&recording, &fragments, &linked, joining(Joins::Call(&second))));
    assert!(is_nearer(&recording, &fragments, &linked, joining(Joins::Unknown)), "nobody can tell");
}

#[test]
fn what_brings_an_end_nearer_stands_once_two_people_say_the_same() {
    let waits = |corrections: Corrections, facts, by| corrections.with(correction(facts, by), true);
    let (first, stands) = waits(Corrections::default(), &EARLIER, "yamada");
    assert!(!stands && first.standing.is_none());
    let (again, stands) = waits(first.clone(), &EARLIER, "yamada");
    assert!(!stands, "one person twice is one person");
    assert_eq!(again.number, 2);
    let (other, stands) = waits(first.clone(), &SAME_DAY, "hayashi");
    assert!(!stands, "other facts are not the same");
    assert_eq!(other.waiting.unwrap().by, "hayashi");
    let (second, stands) = waits(first.clone(), &EARLIER, "hayashi");
    let standing = second.standing.unwrap();
    assert!(stands && second.waiting.is_none());
    assert_eq!((standing.by.as_str(), standing.confirmed_by.as_deref()), ("yamada", Some("hayashi")));
    let (alone, stands) = first.with(correction(&SAME_DAY, "hayashi"), false);
    assert!(stands && alone.waiting.is_none(), "what waited was about facts that are no more");
}
