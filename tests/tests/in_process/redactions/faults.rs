//! Every call of a redaction failed, and every gate its death: it comes to one end.

use jiff::SignedDuration;
use policy::custody::{EventKind, verify};
use policy::id::RecordingId;
use policy::recording::{CallReference, State};
use store::BatchResponse;
use tests::company::{BUCKET, CLIP_QUEUE, Company, JOBS_QUEUE, QUEUE, TABLE, failed};
use tests::monitor::standing;
use tests::world::{EVERY_FAULT, StoredVersion, World, for_every_fault, for_every_kill};

use super::{approved, request_item, with_short_sample};
use crate::api::{Api, SAMPLE};
use crate::faults::must;

/// One retry more than three.
const TRIES: usize = 4;

async fn arrange() -> (Api, RecordingId) {
    let (api, id) = with_short_sample().await;
    approved(&api, &id).await;
    (api, id)
}

/// Hands a queue's messages to their function until it takes them.
async fn drain(world: &World, queue: &str, handle: impl AsyncFn(&Company, String) -> BatchResponse) -> bool {
    let company = Company::of_without_retries(world.clone());
    for body in world.take_messages(queue) {
        let mut tries = 0..TRIES;
        while failed(&handle(&company, body.clone()).await) > 0 {
            if tries.next().is_none() {
                return false;
            }
        }
    }
    true
}

/// The call that a recording is in, as the table has it; none once it has ended.
fn call_of(world: &World, id: &RecordingId) -> Option<CallReference> {
    let pk = format!("R#{id}");
    let item = world.table_items(TABLE).into_iter().find(|item| item["pk"] == *pk && item["sk"] == "R")?;
    serde_json::from_value(item["view"]["call"].clone()).ok()
}

/// What S3, the queues and the schedule of the sweep bring about, once.
async fn run(world: &World, id: &RecordingId) -> bool {
    let jobs = async |company: &Company, body: String| {
        let stop_at = company.world.now() + SignedDuration::from_mins(4);
        jobs::handle(&company.jobs_context(), company.batch(JOBS_QUEUE, &[body]), stop_at).await
    };
    let index = async |company: &Company, body: String| {
        index::handle(&company.index_context(), company.index_batch(&[body])).await
    };
    let clip = async |company: &Company, body: String| {
        clip::handle(&company.clip_context(), company.batch(CLIP_QUEUE, &[body]), "one").await
    };
    let mut is_done = drain(world, JOBS_QUEUE, jobs).await && drain(world, CLIP_QUEUE, clip).await;
    // S3 says of every version that it was put.
    let company = Company::of_without_retries(world.clone());
    let is_new = |version: &StoredVersion| RecordingId::of(BUCKET, SAMPLE, &version.version_id) != *id;
    for version in world.object_versions(BUCKET, SAMPLE).into_iter().filter(is_new) {
        let mut tries = 0..TRIES;
        while failed(&company.ingest(SAMPLE, &version.version_id).await) > 0 && tries.next().is_some() {}
    }
    is_done &= drain(world, QUEUE, index).await && drain(world, JOBS_QUEUE, jobs).await;
    // The sweep of the one call that is to go: the reads of its indexes change nothing.
    let Some(call) = call_of(world, id) else { return is_done };
    for _ in 0..TRIES {
        let swept = sweep::sweep_call(&company.sweep_context(), "run-1", &call).await;
        if swept.is_ok_and(|swept| swept.refused + swept.failed + swept.left == 0) {
            return is_done;
        }
    }
    false
}

/// One recording in the place of the original, which is gone, and nothing that waits.
async fn require_end(world: &World, id: &RecordingId, when: &str) {
    let company = Company::of(world.clone());
    let proof = company.tombstone(id).await;
    must(proof.is_some(), || format!("{when}: the original stands"));
    let redacted = proof.unwrap().replaced_by.expect("it was replaced");
    let recording = company.recording(&redacted).await;
    must(recording.view.state == State::Active && recording.view.duplicate_of.is_none(), || when.to_owned());
    must(recording.redacted_from.is_some_and(|original| original.recording == *id), || when.to_owned());
    must(request_item(world).is_none(), || format!("{when}: the request stands"));
    must(world.unfinished_uploads() == 0, || format!("{when}: an upload is left"));
    for one in [id, &redacted] {
        let chain = company.table().custody(one, 1, 100).await.unwrap();
        must(verify(one, &chain).is_ok(), || format!("{when}: UNBROKEN"));
        let count = chain.iter().filter(|event| event.event.kind == EventKind::Redacted).count();
        must(count == 1, || format!("{when}: {count} events"));
    }
    let breaches = standing(world);
    must(breaches.is_empty(), || format!("{when}: {breaches:?}"));
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_it_comes_to_the_same_end() {
    let (_, id) = arrange().await;
    let tried = for_every_fault(
        EVERY_FAULT,
        async || arrange().await.0.company.world,
        async |world| run(world, &id).await,
        async |world, fault, done| {
            let when = format!("{fault:?}");
            must(done, || format!("{when}: not done"));
            require_end(world, &id, &when).await;
        },
    )
    .await;
    assert!(tried >= 150, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_gate_it_goes_on_by_the_schedule() {
    let (_, id) = arrange().await;
    let gates = for_every_kill(
        async || arrange().await.0.company.world,
        async |world| run(world, &id).await,
        async |world, gate| {
            let when = format!("killed at {gate:?}");
            // Messages that a dead function had come again, and hourly what was approved is looked at.
            Company::of(world.clone()).run_schedule("roll_up").await;
            must(run(world, &id).await, || format!("{when}: not done"));
            require_end(world, &id, &when).await;
        },
    )
    .await;
    assert!(gates >= 60, "{gates}");
}
