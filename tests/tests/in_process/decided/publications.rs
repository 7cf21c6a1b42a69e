//! A restored table has the rulebook that was published since: the old one would delete by old periods.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tests::company::{Company, TABLE, sample_rulebook};
use tests::world::run_until_killed;

use super::decisions::{begin, upload};
use crate::api::{ADMIN, AUDITOR, Api, ApiRequest};
use crate::plans::planned;
use crate::restore::{give_back, give_rulebook_back, hold_what_s3_holds, replay, restore, step};

const PUBLISHER: &str = "hayashi";

/// The sample company, and the table as it is now.
async fn begin_and_photograph() -> (Api, Timestamp, Vec<Value>) {
    let (api, _) = begin().await;
    api.company.sweep().await.unwrap();
    let (since, image) = (api.world().now(), api.world().table_image(TABLE));
    api.world().advance(Duration::from_secs(60));
    (api, since, image)
}

async fn publish(api: &Api, policy: &str) -> Value {
    let (_, staff) = sample_rulebook();
    let published = api.ask(&planned(api, PUBLISHER, policy, &staff).await).await.ok();
    // What deletes no sooner is in force after two minutes, and no function believes an older pointer.
    api.world().advance(Duration::from_secs(200));
    published
}

fn keeping(days: u32) -> String {
    sample_rulebook().0.replace("keep_days = 30", &format!("keep_days = {days}\nretroactive = true"))
}

/// Under which rulebook the company is, and which one waits, as functions that start now see it.
async fn standing(api: &Api) -> (Value, Value) {
    let api = Api::of(Company::of(api.world().clone()));
    let rulebook = api.get(ADMIN, "/rulebook").await.ok();
    (rulebook["version"].clone(), rulebook["pending"].clone())
}

async fn end(company: &Company, since: Timestamp) -> Result<Value, sweep::SweepError> {
    assert_eq!(replay(company, since).await["is_done"], true);
    assert_eq!(give_back(company, since).await.unwrap()["is_done"], true);
    hold_what_s3_holds(company).await.unwrap();
    company.index().await;
    step(company, json!("end")).await
}

/// NEVER EARLY: what was lengthened since the restored moment is lengthened.
#[tokio::test(start_paused = true)]
async fn a_period_that_was_lengthened_since_counts_again_and_what_was_withdrawn_stays_withdrawn() {
    let (api, since, image) = begin_and_photograph().await;
    let company = &api.company;
    publish(&api, &keeping(60)).await;
    assert_eq!(publish(&api, &keeping(20)).await["deletes_sooner"], true);
    api.ask(&ApiRequest::delete("/rulebook/pending").by(PUBLISHER)).await.ok();
    let then = standing(&api).await;
    assert_eq!(then, (json!(2), Value::Null));
    company.keep_decided().await;

    restore(company, &image);
    assert_eq!(standing(&api).await, (json!(1), Value::Null), "the rules of before");
    let given = give_rulebook_back(company, since).await.unwrap();
    assert_eq!(given, json!({"restored": 3, "is_superseded": false, "in_force": 2, "pending": null}));
    assert_eq!(standing(&api).await, then);
    for version in [1, 2, 3] {
        let read = api.get(ADMIN, &format!("/rulebook?version={version}")).await.ok();
        assert_eq!(read["version"], version);
    }
    // TWICE IS ONCE.
    let once = company.snapshot();
    let again = give_rulebook_back(company, since).await.unwrap();
    assert_eq!(again, json!({"restored": 0, "is_superseded": false, "in_force": 2, "pending": null}));
    assert_eq!(company.snapshot(), once);

    // Nobody publishes again, though the body that was stored last is of the one that was withdrawn.
    assert_eq!(end(company, since).await.unwrap(), json!({"is_ended": true}));
    let late = give_rulebook_back(company, since).await;
    assert!(matches!(late, Err(govern::RestoreError::NotRestored)), "{late:?}");
    let all = company.versions();
    company.world.set_now("2026-12-10T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert_eq!(company.versions(), all, "the old period is over, the new one is not");
    company.world.set_now("2027-01-03T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty());
    // And the next publication has a number of its own.
    assert_eq!(publish(&api, &keeping(60).replace("60", "61")).await["version"], 5);
}

#[tokio::test(start_paused = true)]
async fn what_waited_waits_until_the_same_moment_wherever_a_run_was_killed() {
    let (api, since, image) = begin_and_photograph().await;
    let company = &api.company;
    publish(&api, &keeping(20)).await;
    let then = standing(&api).await;
    assert_eq!((&then.0, &then.1["version"]), (&json!(1), &json!(2)));
    company.keep_decided().await;
    let mut gate = 1;
    loop {
        restore(company, &image);
        let killed = run_until_killed(gate, give_rulebook_back(company, since)).await;
        let given = give_rulebook_back(company, since).await.unwrap();
        assert_eq!((&given["in_force"], &given["pending"]), (&json!(1), &json!(2)), "{gate}");
        assert_eq!(standing(&api).await, then, "{gate}");
        if killed.is_some() {
            break;
        }
        gate += 1;
    }
    assert!(gate > 10, "it was killed in its midst");
    api.world().advance(Duration::from_secs(86_400));
    assert_eq!(standing(&api).await, (json!(2), Value::Null));
}

#[tokio::test(start_paused = true)]
async fn what_was_published_on_the_restored_table_stands() {
    let (api, since, image) = begin_and_photograph().await;
    let company = &api.company;
    publish(&api, &keeping(60)).await;
    publish(&api, &keeping(70)).await;
    company.keep_decided().await;
    restore(company, &image);
    let fresh = Api::of(Company::of(api.world().clone()));
    publish(&fresh, &keeping(90)).await;
    // The stream of the restored table says it too.
    company.keep_decided().await;
    let before = company.snapshot();
    let given = give_rulebook_back(company, since).await.unwrap();
    assert_eq!(given, json!({"restored": 0, "is_superseded": true, "in_force": 2, "pending": null}));
    assert_eq!(company.snapshot().len(), before.len() + 1, "the step alone is noted");
    assert_eq!(standing(&fresh).await, (json!(2), Value::Null));
    assert_eq!(end(company, since).await.unwrap(), json!({"is_ended": true}));
}

/// NEVER EARLY: where the stream missed a publication, a restore does not end before it is published again.
#[tokio::test(start_paused = true)]
async fn what_the_stream_missed_is_published_again_before_a_restore_ends() {
    let (api, since, image) = begin_and_photograph().await;
    let company = &api.company;
    publish(&api, &keeping(60)).await;
    restore(company, &image);
    let early = end(company, since).await;
    assert!(matches!(early, Err(sweep::SweepError::RulebookLost)), "{early:?}");
    publish(&Api::of(Company::of(api.world().clone())), &keeping(60)).await;
    assert_eq!(step(company, json!("end")).await.unwrap(), json!({"is_ended": true}));
}

/// An approval lets through a count that was true of another table: it is asked for again.
#[tokio::test(start_paused = true)]
async fn an_approval_of_the_circuit_breaker_is_asked_for_again() {
    let (api, _) = begin().await;
    let company = &api.company;
    for number in 0..33 {
        upload(company, &format!("call-{number}")).await;
    }
    company.run_schedule("roll_up").await;
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    let left = company.versions().len();
    assert!(left > 0, "the day's limit holds some back");
    let (since, image) = (api.world().now(), api.world().table_image(TABLE));
    let approval = ApiRequest::post("/sweeps/approval", &json!({"day": "2026-12-04", "count": 100}));
    api.ask(&approval.clone().by(PUBLISHER)).await.ok();
    company.keep_decided().await;
    restore(company, &image);
    assert_eq!(end(company, since).await.unwrap(), json!({"is_ended": true}));
    company.sweep().await.unwrap();
    assert_eq!(company.versions().len(), left, "nothing is let through by itself");
    let today = api.get(AUDITOR, "/sweeps").await.ok()["items"][0].clone();
    assert_eq!((&today["approved"], &today["is_stopped"]), (&json!(0), &json!(true)));
    api.ask(&approval.by(PUBLISHER)).await.ok();
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty());
}
