//! A restored table has what was decided since, as it was.

use std::time::Duration;

use jiff::Timestamp;
use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::{Company, TABLE};
use tests::world::run_until_killed;

use super::decisions::{
    approve_deletion, begin, change_notes, correct, dispute, lift_hold, place_hold, request_deletion, upload,
    write_note,
};
use crate::api::{ADMIN, AUDITOR, Api, SALES_MANAGER};
use crate::restore::{give_back, hold_what_s3_holds, replay, restore, step};

/// Who a part is shared with.
const COLLEAGUE: &str = "abe";

/// What a company sees of a recording: without the numbers of its events, which are new.
async fn seen(api: &Api, id: &RecordingId) -> Value {
    let mut notes = api.get(SALES_MANAGER, &format!("/recordings/{id}/notes")).await.ok();
    for note in notes["items"].as_array_mut().unwrap() {
        note["event_id"].take();
    }
    let recording = api.get(ADMIN, &format!("/recordings/{id}")).await.ok();
    let facts = ["state", "started_at", "expires_at", "retention_class", "holds", "notes"].map(|name| &recording[name]);
    json!({
        "notes": notes["items"],
        "holds": api.get(ADMIN, &format!("/recordings/{id}/holds")).await.ok(),
        "facts": facts,
    })
}

/// What it sees of a dispute and of deletion requests.
async fn seen_of_all(api: &Api, [case, share, release]: &[String; 3]) -> Value {
    let mut one = api.get(SALES_MANAGER, &format!("/cases/{case}")).await.ok();
    // As the search finds them.
    one["candidates"].take();
    json!({
        "case": one,
        "shared": api.get(COLLEAGUE, "/shares").await.ok(),
        "release": api.get(SALES_MANAGER, &format!("/cases/{case}/releases/{release}")).await.ok(),
        "waiting": api.get(AUDITOR, "/deletions").await.ok(),
        "share": share,
    })
}

async fn chain_of(api: &Api, id: &RecordingId) -> Vec<(String, String)> {
    let chain = api.chain(id).await;
    policy::custody::verify(id, &chain).unwrap();
    chain.into_iter().map(|event| (format!("{:?}", event.event.kind), event.event.actor)).collect()
}

/// What a company decided since a moment, and what it sees of it then.
struct Decided {
    api: Api,
    since: Timestamp,
    image: Vec<Value>,
    /// Those that live.
    living: Vec<RecordingId>,
    dead: RecordingId,
    dispute: [String; 3],
    seen: Vec<Value>,
}

async fn decide() -> Decided {
    let (api, id) = begin().await;
    let company = &api.company;
    let mut ids = Vec::new();
    for name in ["corrected", "asked", "dead"] {
        ids.push(upload(company, name).await);
    }
    let [corrected, asked, dead] = ids.try_into().unwrap();
    let earlier = write_note(&api, &id, "見積は税込12万円で合意。").await;
    let lifted = place_hold(&api, &corrected, Some("2026-12-31T00:00:00+09:00")).await;
    company.sweep().await.unwrap();
    let (since, image) = (company.world.now(), company.world.table_image(TABLE));

    company.world.advance(Duration::from_secs(60));
    let wrong = write_note(&api, &id, "誤記").await;
    change_notes(&api, &id, &earlier, &wrong).await;
    let taken_in_since = upload(company, "since").await;
    let other = write_note(&api, &taken_in_since, "折り返しを約束した。").await;
    let another = write_note(&api, &taken_in_since, "別件").await;
    change_notes(&api, &taken_in_since, &other, &another).await;
    correct(&api, &corrected, "2026-11-06T10:00:00+09:00").await;
    correct(&api, &taken_in_since, "2026-11-07T10:00:00+09:00").await;
    lift_hold(&api, &corrected, &lifted).await;
    place_hold(&api, &corrected, None).await;
    place_hold(&api, &taken_in_since, Some("2026-12-20T00:00:00+09:00")).await;
    let dispute = dispute(&api, &id).await;
    request_deletion(&api, &asked).await;
    write_note(&api, &dead, "これも消える").await;
    let agreed = request_deletion(&api, &dead).await;
    approve_deletion(&api, &agreed).await;
    company.sweep().await.unwrap();
    assert!(company.tombstone(&dead).await.is_some());
    // What was uploaded is reconciled an hour after.
    company.world.advance(Duration::from_secs(7_200));

    let living = vec![id, corrected, asked, taken_in_since];
    let mut seen_then = Vec::new();
    for id in &living {
        seen_then.push(seen(&api, id).await);
    }
    seen_then.push(seen_of_all(&api, &dispute).await);
    company.keep_decided().await;
    Decided { since, image, living, dead, dispute, seen: seen_then, api }
}

impl Decided {
    async fn put_back(&self) {
        let company = &self.api.company;
        restore(company, &self.image);
        assert_eq!(replay(company, self.since).await["is_done"], true);
        company.run_schedule("reconcile").await;
    }

    async fn assert_all_stands(&self) {
        let mut seen_now = Vec::new();
        for id in &self.living {
            seen_now.push(seen(&self.api, id).await);
        }
        seen_now.push(seen_of_all(&self.api, &self.dispute).await);
        for (now, then) in seen_now.iter().zip(&self.seen) {
            assert_eq!(now, then);
        }
    }
}

/// Runs until it is done, and lets what it sent be worked on.
async fn give_all_back(company: &Company, since: Timestamp) -> Vec<Value> {
    let mut given = Vec::new();
    while given.last().is_none_or(|last: &Value| last["is_done"] != true) {
        assert!(given.len() < 3, "{given:?}");
        given.push(give_back(company, since).await.unwrap());
        company.index().await;
    }
    given
}

#[tokio::test(start_paused = true)]
pub(crate) async fn what_people_decided_since_the_restored_moment_is_there_again_as_it_was() {
    let decided = decide().await;
    let company = &decided.api.company;
    decided.put_back().await;
    let given = give_all_back(company, decided.since).await;
    assert!(given[0]["restored"].as_u64().unwrap() > 20, "{given:?}");
    assert!(given[0]["dead"].as_u64().unwrap() >= 1, "the note on what is deleted: {given:?}");
    // A hold stood on the other one: its correction waits for a second admin, as it did.
    assert_eq!(given[0]["waiting"], 1, "the correction that counts: {given:?}");
    hold_what_s3_holds(company).await.unwrap();
    company.index().await;
    decided.assert_all_stands().await;
    // The dead stay dead, and nothing of them comes back.
    assert!(company.tombstone(&decided.dead).await.is_some());
    assert!(company.table().events_with_texts(&decided.dead, 10).await.unwrap().is_empty());
    // Custody says who did what, in a whole chain.
    let chain = chain_of(&decided.api, &decided.living[0]).await;
    for kind in ["Noted", "NoteCorrected", "NoteWithdrawn", "LinkedToCase", "Shared", "ReleaseAsked", "ReleaseApproved"]
    {
        assert!(chain.iter().any(|(of, actor)| of == kind && actor != "jobs"), "{kind}: {chain:?}");
    }
    // TWICE IS ONCE.
    let once = company.snapshot();
    let again = give_back(company, decided.since).await.unwrap();
    assert_eq!((&again["restored"], &again["waiting"]), (&json!(0), &json!(0)));
    assert_eq!(company.snapshot(), once);
    assert_eq!(step(company, json!("end")).await.unwrap(), json!({"is_ended": true}));
    let ended = give_back(company, decided.since).await;
    assert!(matches!(ended, Err(jobs::JobError::NotRestored)), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_anywhere_leaves_nothing_twice_and_nothing_out() {
    let decided = decide().await;
    let company = &decided.api.company;
    decided.put_back().await;
    let mut gate = 1;
    while run_until_killed(gate, give_back(company, decided.since)).await.is_none() {
        gate += 7;
    }
    assert!(gate > 60, "it was killed in its midst");
    company.index().await;
    give_all_back(company, decided.since).await;
    hold_what_s3_holds(company).await.unwrap();
    company.index().await;
    decided.assert_all_stands().await;
    for id in &decided.living {
        chain_of(&decided.api, id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_is_given_back_to_a_restored_table_alone_and_after_the_dead() {
    let (api, id) = begin().await;
    let company = &api.company;
    company.sweep().await.unwrap();
    let (since, image) = (company.world.now(), company.world.table_image(TABLE));
    write_note(&api, &id, "折り返しを約束した。").await;
    company.keep_decided().await;
    let serving = give_back(company, since).await;
    assert!(matches!(serving, Err(jobs::JobError::NotRestored)), "{serving:?}");
    restore(company, &image);
    let early = give_back(company, since).await;
    assert!(matches!(early, Err(jobs::JobError::JournalNotReplayed)), "{early:?}");
}

/// NEVER EARLY: a restore does not end before a period that a correction lengthened counts again.
#[tokio::test(start_paused = true)]
async fn a_restore_does_not_end_before_a_correction_counts_again() {
    let (api, id) = begin().await;
    let company = &api.company;
    company.sweep().await.unwrap();
    let (since, image) = (company.world.now(), company.world.table_image(TABLE));
    correct(&api, &id, "2026-11-10T10:00:00+09:00").await;
    let then = company.recording(&id).await;
    company.keep_decided().await;
    restore(company, &image);
    replay(company, since).await;
    assert_ne!(company.recording(&id).await.view.periods, then.view.periods);
    let given = give_back(company, since).await.unwrap();
    assert_eq!((&given["waiting"], &given["is_done"]), (&json!(1), &json!(false)));
    assert!(step(company, json!("end")).await.is_err());
    company.index().await;
    assert_eq!(company.recording(&id).await.view.periods, then.view.periods);
    assert_eq!(give_back(company, since).await.unwrap()["is_done"], true);
}
