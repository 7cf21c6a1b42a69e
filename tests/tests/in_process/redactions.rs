//! Redaction: two people agree, a version without the part takes the recording's place, and the recording is deleted.

mod faults;
mod races;
mod rights;

use jiff::SignedDuration;
use policy::custody::verify;
use policy::id::RecordingId;
use policy::recording::State;
use serde_json::{Value, json};
use store::{ClipMessage, Job};
use tests::company::{BUCKET, CLIP_QUEUE, Company, TABLE, failed, sample};
use tests::monitor::standing;
use tests::world::World;

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, sample_expiry};

/// Two ranges of the sample: 8 kHz, 16 bits, one channel behind a header of 44 bytes.
fn body() -> Value {
    json!({
        "reason": "カード番号が読み上げられている",
        "mute": [{"from_seconds": 2.0, "to_seconds": 3.5}, {"from_seconds": 5.0, "to_seconds": 5.25}],
    })
}

fn ask_for(id: &RecordingId) -> ApiRequest {
    ApiRequest::post(&format!("/recordings/{id}/redactions"), &body())
}

fn approve(request: &str) -> ApiRequest {
    ApiRequest::delete(&format!("/deletions/{request}/approve")).with_method("POST")
}

async fn requested(api: &Api, id: &RecordingId) -> String {
    let answer = api.ask(&ask_for(id).by(SALES_MANAGER).with_request_id("redaction")).await;
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn approved(api: &Api, id: &RecordingId) -> String {
    let request = requested(api, id).await;
    api.ask(&approve(&request).by(AUDITOR).with_request_id("approval")).await.ok();
    request
}

/// The first seven seconds of [`SAMPLE`], under its key: where a thousand worlds are made.
async fn with_short_sample() -> (Api, RecordingId) {
    let api = Api::new(1).await;
    let id = api.company.upload(SAMPLE, sample(SAMPLE)[..78 + 7 * 16_000].to_vec(), &[]).await;
    (api, id)
}

/// What waits for `clip`.
fn to_clip(company: &Company) -> Vec<ClipMessage> {
    company.world.take_messages(CLIP_QUEUE).iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

/// Lets `jobs` and `clip` work, and S3 say what was put; the ids of new versions.
async fn make(company: &Company, attempt: &str) -> Vec<RecordingId> {
    company.index().await;
    let mut made = Vec::new();
    for message in to_clip(company) {
        let before = company.world.object_versions(BUCKET, SAMPLE).len();
        assert_eq!(failed(&company.clip(&message, attempt).await), 0);
        for version in company.world.object_versions(BUCKET, SAMPLE).split_off(before) {
            assert_eq!(failed(&company.ingest(SAMPLE, &version.version_id).await), 0);
            made.push(RecordingId::of(BUCKET, SAMPLE, &version.version_id));
        }
    }
    company.index().await;
    made
}

fn call_items(world: &World) -> Vec<Value> {
    let items = world.table_items(TABLE).into_iter();
    items.filter(|item| item["sk"] == "C" && item["legs"].as_array().is_some_and(|legs| !legs.is_empty())).collect()
}

fn request_item(world: &World) -> Option<Value> {
    world.table_items(TABLE).into_iter().find(|item| item["sk"] == "D")
}

/// The sample's sound behind the plainest header there is, silent in its ranges.
fn silenced() -> Vec<u8> {
    let whole = sample(SAMPLE);
    let data = whole.windows(4).position(|name| name == b"data").unwrap() + 8;
    let mut samples = whole[data..].to_vec();
    for (from, to) in [(2_000, 3_500), (5_000, 5_250)] {
        let at = |milliseconds: usize| milliseconds * 8 * 2;
        samples[at(from)..at(to)].fill(0);
    }
    let length = u32::try_from(samples.len()).unwrap();
    let riff = [b"RIFF", &(length + 36).to_le_bytes()[..], b"WAVE", &whole[12..36], b"data", &length.to_le_bytes()[..]];
    [riff.concat(), samples].concat()
}

async fn hold(api: &Api, id: &RecordingId) -> String {
    let place = ApiRequest::post(&format!("/recordings/{id}/holds"), &json!({"reason": "係争中"}));
    let placed = api.ask(&place.by(ADMIN)).await;
    assert_eq!(placed.status, 201, "{}", String::from_utf8_lossy(&placed.bytes));
    placed.json()["hold_id"].as_str().unwrap().to_owned()
}

async fn lift(api: &Api, id: &RecordingId, hold: &str) {
    let path = format!("/recordings/{id}/holds/{hold}");
    let lifted = ApiRequest::delete(&path).body("application/json", &json!({"reason": "和解した"}).to_string());
    assert!(api.ask(&lifted.by(ADMIN)).await.status < 300);
    api.company.index().await;
}

#[tokio::test(start_paused = true)]
async fn the_part_is_silent_for_good_and_the_call_lives_on_as_it_was() {
    let (api, id) = Api::with_sample(1).await;
    let sidecar = api.company.upload(&format!("{SAMPLE}.json"), b"{}".to_vec(), &[]).await;
    let duplicate = api.company.upload(SAMPLE, sample(SAMPLE), &[]).await;
    let before = api.get(ADMIN, &format!("/recordings/{id}")).await.ok();
    let asked = api.ask(&ask_for(&id).by(SALES_MANAGER)).await;
    assert_eq!(asked.status, 202, "{}", String::from_utf8_lossy(&asked.bytes));
    let request = asked.json();
    assert_eq!((&request["state"], &request["recordings"]), (&json!("waiting"), &json!([id.as_str()])));
    assert_eq!(request["silences"], body()["mute"]);
    assert_eq!(api.get(AUDITOR, "/deletions").await.ok()["items"], json!([request]));

    // Nothing happens before somebody else approves.
    assert!(make(&api.company, "early").await.is_empty());
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0);
    api.ask(&approve(request["id"].as_str().unwrap()).by(AUDITOR)).await.ok();
    // The call as a whole is not to be deleted.
    assert_eq!(api.company.sweep().await.unwrap().claimed, 0);

    let made = make(&api.company, "one").await;
    let [redacted] = made.as_slice() else { panic!("{made:?}") };
    let bytes = api.world().object_versions(BUCKET, SAMPLE).pop().unwrap().body.to_vec();
    assert!(bytes == silenced(), "silent there, and the same everywhere else");
    let summary = api.company.sweep().await.unwrap();
    assert_eq!((summary.claimed, summary.deleted), (1, 3));
    let left = api.world().object_versions(BUCKET, SAMPLE);
    assert_eq!(left.len(), 1, "the original is gone, and its duplicate");
    assert_eq!(request_item(api.world()), None, "neither the request nor its reason stays");

    let proof = api.company.tombstone(&id).await.unwrap();
    assert_eq!(proof.replaced_by.as_ref(), Some(redacted));
    assert_eq!(
        proof.requested.map(|roles| (roles.requested_by.as_str(), roles.approved_by.as_str())),
        Some(("manager", "auditor"))
    );
    for dependant in [&sidecar, &duplicate] {
        assert!(api.company.tombstone(dependant).await.is_some());
    }
    let gone = api.get(ADMIN, &format!("/recordings/{id}")).await;
    assert_eq!((gone.status, &gone.json()["deleted"]["replaced_by"]), (410, &json!(redacted.as_str())));

    let mut after = api.get(ADMIN, &format!("/recordings/{redacted}")).await.ok();
    assert_eq!(after["redacted_from"]["id"], id.as_str());
    assert_eq!(after["redacted_from"]["sha256"], before["sha256"]);
    assert_eq!(after["redacted_from"]["silences"], body()["mute"]);
    for own in ["id", "legs", "object", "sha256", "size", "redacted_from"] {
        after[own] = before[own].clone();
    }
    assert_eq!(after, before, "its facts and its end are those of its original");
    let found = api.get(ADMIN, "/recordings?number=090-1234-5678&from=2026-11-01&to=2026-11-30").await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);

    let custody = api.get(AUDITOR, &format!("/recordings/{redacted}/custody")).await.ok();
    assert_eq!(custody["verified"], true);
    let first = &custody["items"][0];
    assert_eq!((&first["kind"], &first["facts"]["original"]), (&json!("redacted"), &json!(id.as_str())));
    assert_eq!(first["facts"]["original_sha256"], before["sha256"]);
    assert_eq!(first["facts"]["mute_milliseconds"], "2000-3500, 5000-5250");
    assert_eq!(
        (&first["facts"]["requested_by"], &first["facts"]["approved_by"]),
        (&json!("manager"), &json!("auditor"))
    );
    assert_eq!(first["texts"]["reason"], body()["reason"]);
    let custody = api.get(AUDITOR, &format!("/recordings/{id}/custody")).await.ok();
    let kinds: Vec<&str> =
        custody["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[kinds.len() - 4..], ["redaction_requested", "redaction_approved", "redacted", "deleted"]);

    // Its facts stay, whatever is merged again.
    let corrected = json!({"facts": {"direction": "internal"}, "reason": "誤り"});
    let refused = api.ask(&ApiRequest::put(&format!("/recordings/{redacted}/facts"), &corrected).by(ADMIN)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "redacted"));
    assert!(make(&api.company, "late").await.is_empty());
    // It ends at the same second.
    api.world().set_now(sample_expiry());
    assert_eq!(api.get(ADMIN, &format!("/recordings/{redacted}")).await.status, 404);
    assert_eq!(api.company.sweep().await.unwrap().deleted, 1);
    assert!(api.company.versions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hold_stops_it_when_it_is_asked_approved_made_placed_and_swept() {
    for stage in 0..5 {
        let (api, id) = Api::with_sample(1).await;
        let company = &api.company;
        let mut holds = String::new();
        if stage == 0 {
            holds = hold(&api, &id).await;
            let refused = api.ask(&ask_for(&id).by(SALES_MANAGER)).await;
            assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("held")));
            lift(&api, &id, &holds).await;
        }
        let request = requested(&api, &id).await;
        if stage == 1 {
            holds = hold(&api, &id).await;
            let refused = api.ask(&approve(&request).by(AUDITOR)).await;
            assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("held")));
            lift(&api, &id, &holds).await;
        }
        api.ask(&approve(&request).by(AUDITOR)).await.ok();
        if stage == 2 {
            holds = hold(&api, &id).await;
            assert!(make(company, "held").await.is_empty(), "nothing is made under a hold");
            lift(&api, &id, &holds).await;
            company.run_schedule("roll_up").await;
        }
        let redacted = if stage == 3 {
            company.index().await;
            assert_eq!(failed(&company.clip(&to_clip(company)[0], "one").await), 0);
            holds = hold(&api, &id).await;
            let version = company.world.object_versions(BUCKET, SAMPLE).pop().unwrap().version_id;
            assert_eq!(failed(&company.ingest(SAMPLE, &version).await), 0);
            company.index().await;
            let redacted = RecordingId::of(BUCKET, SAMPLE, &version);
            let waits = company.recording(&redacted).await;
            assert_eq!(waits.view.duplicate_of.as_ref(), Some(&id), "it waits behind its original");
            assert_eq!(api.get(ADMIN, &format!("/recordings/{redacted}")).await.status, 404);
            assert_eq!(api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["holds"], 1);
            assert_eq!(company.sweep().await.unwrap().deleted, 0);
            lift(&api, &id, &holds).await;
            company.run_schedule("roll_up").await;
            redacted
        } else {
            make(company, "one").await.pop().unwrap()
        };
        if stage == 4 {
            // By the recording that is there now: holds are of the call, in all its lives.
            holds = hold(&api, &redacted).await;
            company.index().await;
            assert_eq!(company.sweep().await.unwrap().deleted, 0);
            assert_eq!(api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["holds"], 1);
            assert_eq!(company.world.object_versions(BUCKET, SAMPLE).len(), 2);
            lift(&api, &redacted, &holds).await;
        }
        assert_eq!(company.sweep().await.unwrap().deleted, 1, "stage {stage}, {holds}");
        assert_eq!(company.tombstone(&id).await.unwrap().replaced_by.as_ref(), Some(&redacted));
        assert_eq!(company.recording(&redacted).await.view.state, State::Active);
        assert!(standing(&company.world).is_empty(), "{:?}", standing(&company.world));
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_come_twice_and_a_second_attempt_leave_one_recording() {
    let (api, id) = Api::with_sample(1).await;
    let request = approved(&api, &id).await;
    let company = &api.company;
    company.index().await;
    let message = to_clip(company).remove(0);
    for attempt in ["one", "two"] {
        assert_eq!(failed(&company.clip(&message, attempt).await), 0);
    }
    assert_eq!(company.world.object_versions(BUCKET, SAMPLE).len(), 2, "what was put once is not put again");
    let version = company.world.object_versions(BUCKET, SAMPLE).pop().unwrap();
    let redacted = RecordingId::of(BUCKET, SAMPLE, &version.version_id);
    for _ in 0..2 {
        assert_eq!(failed(&company.ingest(SAMPLE, &version.version_id).await), 0);
        company.index().await;
    }
    // An attempt whose reply was lost left the same bytes once more.
    let lost = company.put(SAMPLE, version.body.to_vec(), &[("rokuban-redaction", &request)]);
    assert_eq!(failed(&company.ingest(SAMPLE, &lost).await), 0);
    company.index().await;
    let lost = RecordingId::of(BUCKET, SAMPLE, &lost);
    assert_eq!(company.recording(&lost).await.view.duplicate_of.as_ref(), Some(&redacted));
    company.run_job(&Job::Redact { request: request.parse().unwrap() }).await;
    assert!(to_clip(company).is_empty());
    company.sweep().await.unwrap();
    assert_eq!(company.tombstone(&id).await.unwrap().replaced_by.as_ref(), Some(&redacted));
    company.run_job(&Job::Redact { request: request.parse().unwrap() }).await;
    assert!(to_clip(company).is_empty());
    let chain = api.chain(&redacted).await;
    verify(&redacted, &chain).unwrap();
    assert_eq!(chain.iter().filter(|event| event.event.kind == policy::custody::EventKind::Redacted).count(), 1);
    company.world.set_now(sample_expiry());
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_only_says_so_is_an_upload_like_any_other() {
    let (api, id) = Api::with_sample(1).await;
    let request = requested(&api, &id).await;
    let company = &api.company;
    let metadata = [("rokuban-redaction", request.as_str())];
    // Nobody approved it; then it is approved, and nothing is written down of these bytes; then other bytes are.
    let waiting = company.upload(SAMPLE, silenced(), &metadata).await;
    api.ask(&approve(&request).by(AUDITOR)).await.ok();
    let mut other = silenced();
    other[60] ^= 1;
    let early = company.upload(SAMPLE, other.clone(), &metadata).await;
    let redacted = make(company, "one").await;
    other[61] ^= 1;
    let late = company.upload(SAMPLE, other, &metadata).await;
    for upload in [&waiting, &early, &late] {
        let recording = company.recording(upload).await;
        assert_eq!((recording.redacted_from, recording.view.state), (None, State::Active));
    }
    let [redacted] = redacted.as_slice() else { panic!("{redacted:?}") };
    assert!(company.recording(redacted).await.redacted_from.is_some());
    // The same bytes as one of them, and still itself when both are looked at again.
    for id in [&waiting, redacted] {
        assert_eq!(failed(&company.ingest(SAMPLE, &company.recording(id).await.object.version_id).await), 0);
        company.index().await;
    }
    let [one, other] = [company.recording(redacted).await, company.recording(&waiting).await];
    assert_eq!((one.view.duplicate_of, other.view.duplicate_of), (None, None));
    assert_eq!(one.sha256, other.sha256);
    // What the recorder wrote meanwhile lives on beside it.
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some());
    assert!(company.tombstone(&late).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_made_is_taken_back_and_the_recording_stays() {
    let (api, id) = Api::with_sample(1).await;
    approved(&api, &id).await;
    let company = &api.company;
    company.index().await;
    let message = to_clip(company).remove(0);
    // The header turns out to be no header.
    api.change(&id, |recording, _| {
        recording.audio.as_mut().unwrap().container = policy::audio::Container::Au;
    })
    .await;
    assert_eq!(failed(&company.clip(&message, "one").await), 0);
    company.run_schedule("roll_up").await;
    assert_eq!(request_item(&company.world).unwrap()["view"]["state"], "refused");
    assert_eq!(call_items(&company.world)[0].get("deletion"), None);
    let events = api.chain(&id).await;
    let last = events.last().unwrap();
    assert_eq!(last.event.kind, policy::custody::EventKind::RedactionRefused);
    assert_eq!(last.event.facts["failure"], "not_cuttable");
    assert_eq!(company.world.object_versions(BUCKET, SAMPLE).len(), 1);
    assert_eq!(company.world.unfinished_uploads(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_original_that_ends_first_takes_its_redacted_version_along() {
    let (api, id) = Api::with_sample(1).await;
    approved(&api, &id).await;
    let company = &api.company;
    company.index().await;
    assert_eq!(failed(&company.clip(&to_clip(company)[0], "one").await), 0);
    let hold = hold(&api, &id).await;
    let version = company.world.object_versions(BUCKET, SAMPLE).pop().unwrap().version_id;
    assert_eq!(failed(&company.ingest(SAMPLE, &version).await), 0);
    company.index().await;
    company.world.set_now(sample_expiry() + SignedDuration::from_hours(80));
    lift(&api, &id, &hold).await;
    company.sweep().await.unwrap();
    assert!(company.versions().is_empty());
    assert_eq!(company.tombstone(&id).await.unwrap().replaced_by, None);
    assert_eq!(request_item(&company.world), None);
}
