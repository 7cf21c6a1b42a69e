//! What is kept of the stream, and what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tests::company::{DECIDED_BUCKET, TABLE};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use super::decisions::{
    approve_deletion, begin, change_notes, correct, dispute, lift_hold, place_hold, request_deletion, upload,
    write_note,
};
use crate::api::{ADMIN, Api};

/// The kinds of items, by what their keys begin with, and of custody by the kind of event.
const KINDS: [(&str, &str); 22] = [
    ("D#", "D"),
    ("H#", "H#"),
    ("J#", "J"),
    ("J#", "Q#"),
    ("J#", "S#"),
    ("K#", "F#"),
    ("R#", "corrected"),
    ("R#", "deletion_approved"),
    ("R#", "deletion_requested"),
    ("R#", "hold_exchanged"),
    ("R#", "hold_lifted"),
    ("R#", "hold_placed"),
    ("R#", "linked_to_case"),
    ("R#", "note_corrected"),
    ("R#", "note_withdrawn"),
    ("R#", "noted"),
    ("R#", "played"),
    ("R#", "release_approved"),
    ("R#", "release_asked"),
    ("R#", "shared"),
    ("RU", ""),
    ("V#", ""),
];

fn kind_of(item: &Value) -> Option<(&'static str, &'static str)> {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default();
    let (pk, sk, kind) = (text("pk"), text("sk"), text("kind"));
    let is_event = pk.starts_with("R#") && sk.starts_with("E#");
    let is_of = |&(of_pk, of_sk): &(&str, &str)| {
        pk.starts_with(of_pk) && if of_pk == "R#" { is_event && kind == of_sk } else { sk.starts_with(of_sk) }
    };
    KINDS.into_iter().find(is_of)
}

/// Every item that is kept, oldest first.
fn kept(api: &Api) -> Vec<Value> {
    let world = api.world();
    let mut items = Vec::new();
    // Publications lie apart. Here one was made, before anything else.
    let mut keys = world.object_keys(DECIDED_BUCKET);
    keys.sort_by_key(|key| !key.starts_with("rulebook/"));
    for key in keys {
        let versions = world.object_versions(DECIDED_BUCKET, &key);
        let bodies: BTreeSet<_> = versions.iter().map(|version| version.body.to_vec()).collect();
        assert_eq!(bodies.len(), 1, "TWICE IS ONCE");
        let some: Vec<Value> = serde_json::from_slice(bodies.first().unwrap()).unwrap();
        items.extend(some);
    }
    items
}

#[tokio::test(start_paused = true)]
async fn what_people_decide_is_kept_as_the_stream_says_it_and_nothing_else() {
    let (api, id) = begin().await;
    let (agreed, corrected) = (upload(&api.company, "agreed").await, upload(&api.company, "corrected").await);
    let [one, other] = [write_note(&api, &id, "見積は税込12万円で合意。").await, write_note(&api, &id, "誤記").await];
    change_notes(&api, &id, &one, &other).await;
    correct(&api, &corrected, "2026-11-05T10:00:00+09:00").await;
    let hold = place_hold(&api, &id, Some("2026-12-31T00:00:00+09:00")).await;
    lift_hold(&api, &id, &hold).await;
    dispute(&api, &id).await;
    let deletion = request_deletion(&api, &agreed).await;
    approve_deletion(&api, &deletion).await;
    api.play(ADMIN, &id).await.ok();
    // Nobody decides anything by looking.
    api.get(ADMIN, "/recordings").await.ok();
    api.company.world.advance(Duration::from_secs(60));
    api.company.keep_decided().await;

    let (mut newest, mut last) = (BTreeMap::new(), String::new());
    for each in kept(&api) {
        let number = each["sequence_number"].as_str().unwrap().to_owned();
        assert!(number > last, "in the stream's order");
        last = number;
        let (item, is_gone) = (each["item"].clone(), each["is_gone"] == true);
        assert!(kind_of(&item).is_some(), "{item}");
        newest.insert((item["pk"].to_string(), item["sk"].to_string()), (item, is_gone));
    }
    let standing: BTreeMap<_, _> = newest
        .iter()
        .filter(|(_, (_, is_gone))| !is_gone)
        .map(|(key, (item, _))| (key.clone(), item.clone()))
        .collect();
    let expected: BTreeMap<_, _> = api
        .world()
        .table_image(TABLE)
        .into_iter()
        .filter(|item| kind_of(item).is_some())
        .map(|item| ((item["pk"].to_string(), item["sk"].to_string()), item))
        .collect();
    assert_eq!(standing, expected, "as the table has them");
    let kinds: BTreeSet<_> = newest.values().filter_map(|(item, _)| kind_of(item)).collect();
    // No clip was cut.
    assert_eq!(kinds, KINDS.into_iter().filter(|(pk, _)| *pk != "V#").collect());
    // The hold that was lifted is gone, and said to be.
    assert!(newest.values().any(|(item, is_gone)| *is_gone && item["id"] == json!({"S": hold})));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_can_not_be_kept_fails_whole_and_is_kept_when_it_comes_again() {
    let (api, id) = begin().await;
    write_note(&api, &id, "折り返しを約束した。").await;
    let records = api.world().take_stream(TABLE);
    let event = || serde_json::from_value(json!({"Records": records})).unwrap();
    let stop_at = api.world().now();
    let which = Which::EveryOf(Service::S3, "PutObject");
    api.world().set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ServerError });
    assert!(jobs::answer(&api.company.jobs_context(), event(), stop_at).await.is_err());
    assert!(kept(&api).is_empty());
    api.world().clear_faults();
    jobs::answer(&api.company.jobs_context(), event(), stop_at).await.unwrap();
    assert!(kept(&api).iter().any(|each| kind_of(&each["item"]) == Some(("R#", "noted"))));
}
