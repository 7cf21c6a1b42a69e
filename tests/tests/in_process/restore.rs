//! A restored table: the table as it was at an earlier moment, and S3 as it is now.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::custody::EventKind;
use policy::id::RecordingId;
use policy::recording::Tombstone;
use serde_json::{Value, json};
use store::RestoreStep;
use tests::company::{AUDIT_BUCKET, BUCKET, Company, JOBS_QUEUE, TABLE, failed, sample, sample_rulebook};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, variable};

const AUDIO: &str = "other/upload/rec_0001.flac";

/// Every sample call is over.
fn all_due() -> Timestamp {
    "2027-01-31T00:00:00+09:00".parse().unwrap()
}

/// Puts the table back. It carries another name than its own: `DynamoDB` restores under another one.
pub(crate) fn restore(company: &Company, image: &[Value]) {
    let name = json!({"pk": {"S": "Y#TABLE"}, "sk": {"S": "NAME"}, "name": {"S": "the-table-before"}});
    let mut named: Vec<Value> = image.iter().filter(|item| item["pk"] != name["pk"]).cloned().collect();
    named.push(name);
    company.world.put_back_table(TABLE, &named);
}

/// Asks `sweep` for a step of a restore.
pub(crate) async fn step(company: &Company, step: Value) -> Result<Value, sweep::SweepError> {
    let stop_at = company.world.now() + SignedDuration::from_mins(5);
    Box::pin(sweep::answer(&company.sweep_context(), &json!({"restore": step}), "restore-1", stop_at)).await
}

/// Gives back what was published since a moment.
pub(crate) async fn give_rulebook_back(company: &Company, since: Timestamp) -> Result<Value, govern::RestoreError> {
    let command = serde_json::from_value(json!({"restore": {"published_since": since.to_string()}})).unwrap();
    let config = govern::Config::read(|name| variable(name, &[])).unwrap();
    let context = govern::Context::new(config, company.connection());
    let restored = govern::answer_restore(&context, command).await?;
    Ok(serde_json::to_value(restored).unwrap())
}

/// Gives back what was published since a moment, and replays the journal.
pub(crate) async fn replay(company: &Company, from: Timestamp) -> Value {
    give_rulebook_back(company, from).await.unwrap();
    step(company, json!({"journal_from": from.to_string()})).await.unwrap()
}

/// Gives back what people decided since a moment.
pub(crate) async fn give_back(company: &Company, since: Timestamp) -> Result<Value, jobs::JobError> {
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    let event = serde_json::from_value(json!({"restore": {"decided_since": since.to_string()}})).unwrap();
    Ok(serde_json::to_value(jobs::answer(&company.jobs_context(), event, stop_at).await?).unwrap())
}

/// Holds again what S3 holds, where nothing was decided that the table's stream said.
pub(crate) async fn hold_again(company: &Company) -> Result<(), jobs::JobError> {
    assert_eq!(give_back(company, tests::company::morning()).await?["is_done"], true);
    hold_what_s3_holds(company).await
}

/// Holds again what S3 holds.
pub(crate) async fn hold_what_s3_holds(company: &Company) -> Result<(), jobs::JobError> {
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    let event = serde_json::from_value(json!({"restore": "holds"})).unwrap();
    jobs::answer(&company.jobs_context(), event, stop_at).await.map(|_| ())
}

/// What the schedule starts.
async fn sweep_by_schedule(company: &Company) {
    let stop_at = company.world.now() + SignedDuration::from_mins(5);
    Box::pin(sweep::answer(&company.sweep_context(), &json!({}), "run-2", stop_at)).await.unwrap();
}

async fn upload(company: &Company, call_id: &str) -> RecordingId {
    let metadata = [
        ("call-id", call_id),
        ("started-at", "2026-11-11T10:00:00+09:00"),
        ("direction", "inbound"),
        ("extension", "201"),
        ("counterpart", "09012340000"),
    ];
    company.upload(&format!("other/a/{call_id}.flac"), [sample(AUDIO), call_id.into()].concat(), &metadata).await
}

/// Two people agree on the deletion of a recording's call, and the sweep makes it.
async fn delete_on_request(api: &Api, id: &RecordingId) -> Tombstone {
    let body = json!({"reason": "本人から利用停止の請求があった"}).to_string();
    let request = ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", &body);
    let asked = api.ask(&request.by(SALES_MANAGER)).await;
    assert_eq!(asked.status, 202, "{}", String::from_utf8_lossy(&asked.bytes));
    let deletion = asked.json()["id"].as_str().unwrap().to_owned();
    let approval = ApiRequest::delete(&format!("/deletions/{deletion}/approve")).with_method("POST");
    api.ask(&approval.by(AUDITOR)).await.ok();
    sweep_by_schedule(&api.company).await;
    api.company.tombstone(id).await.expect("it is deleted")
}

async fn listed(api: &Api) -> Vec<String> {
    let found = api.get(ADMIN, "/recordings").await.ok();
    found["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_since_the_restored_moment_stays_deleted_with_the_same_proof() {
    let (api, due) = Api::with_sample(1).await;
    let company = &api.company;
    let asked = upload(company, "asked").await;
    let sidecar = company.upload("other/a/asked.flac.json", b"{}".to_vec(), &[]).await;
    let alive = upload(company, "alive").await;
    let version = company.recording(&asked).await.object.version_id;
    let late_event = company.event_of(&[("other/a/asked.flac", &version)]);
    sweep_by_schedule(company).await;
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));

    company.world.advance(Duration::from_secs(3600));
    let taken_in_since = upload(company, "since").await;
    let mut proofs = Vec::new();
    for id in [&asked, &taken_in_since] {
        company.world.advance(Duration::from_secs(60));
        proofs.push(delete_on_request(&api, id).await);
    }
    proofs.push(company.tombstone(&sidecar).await.unwrap());
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    sweep_by_schedule(company).await;
    proofs.push(company.tombstone(&due).await.expect("it is over"));

    restore(company, &image);
    assert_eq!(company.recording(&asked).await.view.id, asked, "the table claims what is gone");
    assert!(company.table().recording(&taken_in_since).await.unwrap().is_none());

    let replayed = replay(company, restored_to).await;
    assert_eq!(replayed, json!({"known": 0, "entombed": 4, "living": 0, "left": 0, "is_done": true}));
    for proof in &proofs {
        assert_eq!(company.tombstone(&proof.id).await.as_ref(), Some(proof));
        assert_eq!(api.get(ADMIN, &format!("/recordings/{}", proof.id)).await.status, 410);
        assert!(matches!(api.play(ADMIN, &proof.id).await.status, 404 | 410));
    }
    assert_eq!(listed(&api).await, [alive.as_str()]);
    let listed_proofs = api.get(AUDITOR, "/deletions?from=2026-11-13&to=2026-12-04").await.ok();
    assert_eq!(listed_proofs["items"].as_array().unwrap().len(), proofs.len(), "{listed_proofs}");

    // TWICE IS ONCE.
    let once = company.snapshot();
    let again = replay(company, restored_to).await;
    assert_eq!(again, json!({"known": 4, "entombed": 0, "living": 0, "left": 0, "is_done": true}));
    assert_eq!(company.snapshot(), once);

    // No event of before brings one back, and no comparison with the bucket.
    assert_eq!(failed(&ingest::handle(&company.ingest_context(), late_event).await), 0);
    company.index().await;
    company.world.advance(Duration::from_secs(7200));
    company.run_schedule("reconcile").await;
    assert_eq!(listed(&api).await, [alive.as_str()]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_on_a_restored_table_until_its_restore_is_ended() {
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(SAMPLE).await;
    // A new table is none that was restored.
    sweep_by_schedule(&company).await;
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));
    restore(&company, &image);
    company.world.set_now(all_due());
    let kept = company.versions();
    let unchanged = company.snapshot();
    sweep_by_schedule(&company).await;
    assert_eq!((company.versions(), company.snapshot()), (kept.clone(), unchanged));

    for first in [json!("end"), json!({"journal_from": restored_to.to_string()})] {
        let early = step(&company, first).await;
        assert!(matches!(early, Err(sweep::SweepError::NotTaken(RestoreStep::Rulebook))), "{early:?}");
    }
    give_rulebook_back(&company, restored_to).await.unwrap();
    let early = step(&company, json!("end")).await;
    assert!(matches!(early, Err(sweep::SweepError::NotTaken(RestoreStep::Journal))), "{early:?}");
    assert!(matches!(hold_again(&company).await, Err(jobs::JobError::JournalNotReplayed)));
    for wrong in [json!("stop"), json!({"journal_from": "yesterday"}), json!({}), json!(null)] {
        assert!(matches!(step(&company, wrong).await, Err(sweep::SweepError::Event(_))));
    }
    assert_eq!(replay(&company, restored_to).await["is_done"], true);
    let early = step(&company, json!("end")).await;
    assert!(matches!(early, Err(sweep::SweepError::NotTaken(RestoreStep::Decided))), "{early:?}");
    let given = give_back(&company, restored_to).await.unwrap();
    assert_eq!(given, json!({"restored": 0, "known": 0, "dead": 0, "waiting": 0, "is_done": true}));
    let early = step(&company, json!("end")).await;
    assert!(matches!(early, Err(sweep::SweepError::NotTaken(RestoreStep::Holds))), "{early:?}");
    hold_what_s3_holds(&company).await.unwrap();
    company.index().await;
    sweep_by_schedule(&company).await;
    assert_eq!(company.versions(), kept, "a person ends it");

    assert_eq!(step(&company, json!("end")).await.unwrap(), json!({"is_ended": true}));
    sweep_by_schedule(&company).await;
    assert!(company.versions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_names_and_s3_still_has_stays_a_recording() {
    let (api, id) = Api::with_sample(1).await;
    let company = &api.company;
    let before = (company.world.now(), company.world.table_image(TABLE));
    let unknown = upload(company, "since").await;
    company.world.set_now(all_due());
    let which = Which::EveryOf(Service::S3, "DeleteObjects");
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ServerError });
    company.sweep().await.unwrap_err();
    company.world.clear_faults();
    assert!(!company.world.object_keys(AUDIT_BUCKET).is_empty());

    restore(company, &before.1);
    let replayed = replay(company, before.0).await;
    assert_eq!(replayed, json!({"known": 0, "entombed": 0, "living": 2, "left": 0, "is_done": true}));
    assert_eq!(company.recording(&id).await.view.id, id);
    company.run_schedule("reconcile").await;
    assert_eq!(company.recording(&unknown).await.view.id, unknown);
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_is_gone_leaves_its_call_and_the_others_live_on() {
    let (api, _) = Api::with_sample(1).await;
    let company = &api.company;
    let metadata = [
        ("call-id", "two"),
        ("started-at", "2026-11-11T10:00:00+09:00"),
        ("direction", "inbound"),
        ("extension", "201"),
    ];
    let gone = company.upload("other/a/1.flac", sample(AUDIO), &metadata).await;
    let other = company.upload("other/a/2.flac", [sample(AUDIO), vec![0]].concat(), &metadata).await;
    let call = company.recording(&gone).await.view.call;
    assert_eq!(company.recording(&other).await.view.call, call);
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));

    // An admin corrects the other one into a call of its own; then the first is deleted alone.
    let body = json!({"facts": {"call_id": "another"}, "reason": "別の通話だった"});
    api.ask(&ApiRequest::put(&format!("/recordings/{other}/facts"), &body).by(ADMIN)).await.ok();
    company.index().await;
    assert_ne!(company.recording(&other).await.view.call, call);
    delete_on_request(&api, &gone).await;

    restore(company, &image);
    assert_eq!(replay(company, restored_to).await["entombed"], 1);
    assert!(company.tombstone(&gone).await.is_some());
    let left = company.table().call(&call).await.unwrap().unwrap();
    assert_eq!((left.legs, left.claim), ([other.clone()].into(), None));
    // Its day comes as ever.
    hold_again(company).await.unwrap();
    company.index().await;
    step(company, json!("end")).await.unwrap();
    company.world.set_now(all_due());
    sweep_by_schedule(company).await;
    assert!(company.tombstone(&other).await.is_some());
    assert!(company.world.object_keys(BUCKET).is_empty());
}

async fn place_hold(api: &Api, id: &RecordingId) -> String {
    let body = json!({"reason": "係争のおそれがあるため"});
    let answer = api.ask(&ApiRequest::post(&format!("/recordings/{id}/holds"), &body).by(ADMIN)).await;
    assert_eq!(answer.status, 201);
    answer.json()["hold_id"].as_str().unwrap().to_owned()
}

async fn lift_hold(api: &Api, id: &RecordingId, hold: &str) {
    let body = json!({"reason": "和解が成立したため"}).to_string();
    let request = ApiRequest::delete(&format!("/recordings/{id}/holds/{hold}")).body("application/json", &body);
    api.ask(&request.by(ADMIN)).await.ok();
}

/// The holds that stand on a recording's call.
async fn holds_of(company: &Company, id: &RecordingId) -> Vec<String> {
    company.recording(id).await.view.holds.ids().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_held_since_the_restored_moment_is_held_before_anything_is_deleted() {
    let (api, before) = Api::with_sample(1).await;
    let company = &api.company;
    let (known, free) = (upload(company, "known").await, upload(company, "free").await);
    let of_before = place_hold(&api, &known).await;
    company.index().await;
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));
    company.world.advance(Duration::from_secs(60));
    let since = upload(company, "since").await;
    for id in [&before, &since] {
        place_hold(&api, id).await;
    }
    lift_hold(&api, &known, &of_before).await;
    company.index().await;

    restore(company, &image);
    assert_eq!(replay(company, restored_to).await["is_done"], true);
    assert!(holds_of(company, &before).await.is_empty(), "the table has lost it");
    // What was taken in since is announced; the message is retried.
    hold_again(company).await.unwrap();
    let [message] = company.world.take_messages(JOBS_QUEUE).try_into().unwrap();
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    let run = async || {
        let batch = company.batch(JOBS_QUEUE, std::slice::from_ref(&message));
        failed(&jobs::handle(&company.jobs_context(), batch, stop_at).await)
    };
    assert_eq!(run().await, 1);
    let early = step(company, json!("end")).await;
    assert!(matches!(early, Err(sweep::SweepError::NotTaken(RestoreStep::Holds))), "{early:?}");
    company.index().await;
    assert_eq!(run().await, 0);
    company.index().await;

    step(company, json!("end")).await.unwrap();
    company.world.set_now(all_due());
    sweep_by_schedule(company).await;
    assert!(company.tombstone(&free).await.is_some());
    for id in [&before, &since] {
        let [hold] = holds_of(company, id).await.try_into().unwrap();
        let chain = api.chain(id).await;
        let placed = chain.iter().rfind(|event| event.event.kind == EventKind::HoldPlaced).unwrap();
        assert_eq!((placed.event.actor.as_str(), placed.event.facts["placed"].as_str()), ("jobs", hold.as_str()));
        // A person who knows better lifts it.
        lift_hold(&api, id, &hold).await;
    }
    // One that was lifted since stands again.
    assert_eq!(holds_of(company, &known).await, std::slice::from_ref(&of_before));
    lift_hold(&api, &known, &of_before).await;
    company.index().await;
    sweep_by_schedule(company).await;
    assert!(company.versions().is_empty());
}

/// NEVER EARLY: a period that was lengthened since must not be the shorter one again.
#[tokio::test(start_paused = true)]
async fn a_restore_does_not_end_while_the_rulebook_that_was_published_last_is_lost() {
    let company = Company::with_sample_rulebook(1).await;
    let (restored_to, image) = (company.world.now(), company.world.table_image(TABLE));
    company.world.advance(Duration::from_secs(60));
    let (policy, staff) = sample_rulebook();
    let longer = policy.replace("keep_days = 30", "keep_days = 60");
    company.publish(&longer, &staff).await;
    restore(&company, &image);
    replay(&company, restored_to).await;
    hold_again(&company).await.unwrap();
    company.index().await;
    let early = step(&company, json!("end")).await;
    assert!(matches!(early, Err(sweep::SweepError::RulebookLost)), "{early:?}");
    company.world.advance(Duration::from_secs(60));
    company.publish(&longer, &staff).await;
    assert_eq!(step(&company, json!("end")).await.unwrap(), json!({"is_ended": true}));
}
