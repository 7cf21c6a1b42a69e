//! Reconciliation: bucket and table side by side, with every event dropped and every object gone.

use std::time::Duration;

use jiff::Timestamp;
use policy::recording::State;
use store::{Job, Partition, TIME_SHARDS};
use tests::company::{self, BUCKET, Company, INGEST_QUEUE, JOBS_QUEUE, QUEUE, expected, failed};
use tests::monitor::Rule;

const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
const HOUR: Duration = Duration::from_secs(3600);

const FROM_THE_START: Job = Job::ReconcileBucket { pass: Timestamp::UNIX_EPOCH, hop: 0 };

async fn look_for_every_entry(company: &Company) {
    for month in ["2026-10", "2026-11"] {
        for shard in 0..TIME_SHARDS {
            for partition in
                [Partition::Time(month.parse().unwrap(), shard), Partition::Quarantine(month.parse().unwrap(), shard)]
            {
                company.run_job(&Job::ReconcileEntries { partition, before: None }).await;
            }
        }
    }
}

/// What a company has, but for when it came to have it.
fn what_stands(company: &Company) -> Vec<String> {
    let mut stands: Vec<String> = company
        .snapshot()
        .iter()
        .filter(|item| item["sk"] == "R" || item["sk"] == "C" && item.get("emptied").is_none())
        .map(|item| format!("{} {} {} {}", item["pk"], item["view"]["state"], item["view"]["team"], item["legs"]))
        .collect();
    stands.sort();
    stands
}

#[tokio::test(start_paused = true)]
async fn with_every_event_dropped_everything_is_taken_in_all_the_same() {
    let dropped = Company::with_sample_rulebook(1).await;
    let told = Company::with_sample_rulebook(1).await;
    for line in expected() {
        let key = line["key"].as_str().unwrap();
        for key in [key.to_owned(), format!("{key}.json")] {
            if company::samples().join(&key).exists() {
                dropped.put_sample(&key);
                told.upload_sample(&key).await;
            }
        }
    }
    dropped.world.advance(2 * HOUR);
    assert!(what_stands(&dropped).is_empty());
    dropped.run_job(&FROM_THE_START).await;
    assert_eq!(what_stands(&dropped), what_stands(&told));
    // TWICE IS ONCE.
    let once = dropped.snapshot();
    dropped.world.advance(2 * HOUR);
    dropped.run_job(&FROM_THE_START).await;
    assert_eq!(dropped.snapshot(), once);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_may_still_come_is_waited_for() {
    let company = Company::with_sample_rulebook(1).await;
    company.put_sample(SALES);
    company.world.advance(Duration::from_secs(3599));
    company.run_job(&FROM_THE_START).await;
    assert!(what_stands(&company).is_empty());
    company.world.advance(Duration::from_secs(1));
    company.run_job(&FROM_THE_START).await;
    assert_eq!(what_stands(&company).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_that_s3_announces_after_a_reconciliation_did_is_one_fragment() {
    let company = Company::with_sample_rulebook(1).await;
    let key = "other/meeting-room/通話 2026-11-11 (1).m4a";
    let sidecar = format!("{key}.json");
    company.put_sample(key);
    let version = company.put_sample(&sidecar);
    company.world.advance(2 * HOUR);
    company.run_job(&FROM_THE_START).await;
    assert_eq!(failed(&company.ingest(&sidecar, &version).await), 0);
    company.index().await;
    let fragments = company.snapshot().iter().filter(|item| item["sk"].as_str().unwrap().starts_with("T#")).count();
    assert_eq!(fragments, 1);
}

/// Both fragments are there before the first message is handled: the first one was lost on its way to the queue.
#[tokio::test(start_paused = true)]
async fn a_sidecar_whose_first_message_was_lost_is_placed_once_with_one_fragment() {
    for messages in [1, 2] {
        let company = Company::with_sample_rulebook(1).await;
        let key = "other/meeting-room/通話 2026-11-11 (1).m4a";
        let sidecar = format!("{key}.json");
        for key in [key, &sidecar] {
            let version = company.put_sample(key);
            assert_eq!(failed(&company.ingest(key, &version).await), 0);
        }
        drop(company.world.take_messages(QUEUE));
        company.world.advance(2 * HOUR);
        company.run_job_until(&FROM_THE_START, company.world.now() + HOUR).await;
        let announced = company.world.take_messages(INGEST_QUEUE);
        assert_eq!(announced.len(), 2, "both are announced again");
        let taken_in = ingest::handle(&company.ingest_context(), company.batch(INGEST_QUEUE, &announced)).await;
        assert_eq!(failed(&taken_in), 0);
        // The sidecar's message comes first.
        for body in company.world.take_messages(QUEUE).into_iter().rev().take(messages) {
            let indexed = index::handle(&company.index_context(), company.index_batch(&[body])).await;
            assert_eq!(failed(&indexed), 0);
        }
        let texts = || company.snapshot().into_iter().filter(|item| item["sk"].as_str().unwrap().starts_with("T#"));
        assert_eq!(texts().count(), 1, "after {messages} of 2 messages");
        let recordings = company.snapshot().into_iter().filter(|item| item["sk"] == "R");
        let mut states: Vec<_> = recordings.map(|item| item["view"]["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        assert_eq!(states, ["active", "fragment"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_bucket_is_gone_through_in_slices() {
    let company = Company::with_sample_rulebook(1).await;
    for number in 0..1500 {
        company.put(&format!("other/{number:04}.wav"), b"not audio at all".to_vec(), &[]);
    }
    company.world.advance(2 * HOUR);
    // No time at all: a slice is one page.
    company.run_job_until(&FROM_THE_START, company.world.now()).await;
    let next = company.take_jobs();
    assert_eq!(next, [Job::ReconcileBucket { pass: Timestamp::UNIX_EPOCH, hop: 1 }], "QUIET: no key in a message");
    company.run_job(&next[0]).await;
    assert_eq!(company.snapshot().iter().filter(|item| item["sk"] == "R").count(), 1500);
}

#[tokio::test(start_paused = true)]
async fn a_recording_whose_object_is_gone_is_marked_once_with_an_event_and_the_others_are_not() {
    let company = Company::with_sample_rulebook(1).await;
    let mut ids = Vec::new();
    for line in expected().iter().take(6) {
        ids.push(company.upload_sample(line["key"].as_str().unwrap()).await);
    }
    let gone = company.recording(&ids[2]).await;
    company.world.remove_version(BUCKET, gone.object.key.expose(), &gone.object.version_id);
    look_for_every_entry(&company).await;
    for id in &ids {
        let marked = company.recording(id).await.view.object_gone_at;
        assert_eq!(marked.is_some(), *id == ids[2]);
    }
    let events = company.table().custody(&ids[2], 1, 100).await.unwrap();
    assert!(events.last().unwrap().event.facts.contains_key("object_gone_at"));
    let once = company.snapshot();
    look_for_every_entry(&company).await;
    assert_eq!(company.snapshot(), once);
    // It still ends on its day.
    company.world.set_now("2027-03-01T00:00:00Z".parse::<Timestamp>().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&ids[2]).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_was_proved_deleted_and_lies_there_is_not_taken_in_again() {
    let company = Company::with_sample_rulebook(1).await;
    company.leaves(Rule::NothingLost, "a version whose deletion was proved is put back");
    let id = company.upload_sample(SALES).await;
    let version_id = company.recording(&id).await.object.version_id;
    let version = company.world.object(BUCKET, SALES, &version_id);
    company.world.set_now("2027-03-01T00:00:00Z".parse().unwrap());
    company.sweep().await.unwrap();
    let proof = company.tombstone(&id).await.unwrap();
    company.world.restore_version(BUCKET, SALES, version);
    company.run_job(&FROM_THE_START).await;
    assert_eq!(company.tombstone(&id).await.unwrap(), proof);
    assert_eq!(proof.state, State::Deleted);
}

#[tokio::test(start_paused = true)]
async fn the_rest_counts_the_runs_before_it_and_a_job_that_never_ends_becomes_a_dead_letter() {
    let company = Company::with_sample_rulebook(1).await;
    for number in 0..1500 {
        company.put(&format!("other/{number:04}.wav"), b"not audio at all".to_vec(), &[]);
    }
    let run = async |runs_before: u32| {
        let mut message = serde_json::to_value(&FROM_THE_START).unwrap();
        message["runs_before"] = runs_before.into();
        let batch = company.batch(JOBS_QUEUE, &[message.to_string()]);
        let answer = jobs::handle(&company.jobs_context(), batch, company.world.now()).await;
        (answer.batch_item_failures.len(), company.world.take_messages(JOBS_QUEUE))
    };
    let (failed, sent) = run(15).await;
    assert_eq!((failed, sent.len()), (0, 1));
    assert_eq!(Job::from_message(&sent[0]).unwrap().1, 16, "Lambda would have stopped here");
    assert_eq!(run(store::JOB_RUNS_LIMIT).await, (1, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_xml_can_not_hold_does_not_end_the_pass() {
    let company = Company::with_sample_rulebook(1).await;
    for key in ["other/a\u{1}b c+d%.wav", "other/z.wav"] {
        company.put(key, b"not audio at all".to_vec(), &[]);
    }
    company.world.advance(2 * HOUR);
    company.run_job(&FROM_THE_START).await;
    assert_eq!(company.snapshot().iter().filter(|item| item["sk"] == "R").count(), 2);
    look_for_every_entry(&company).await;
    let gone = company.snapshot().iter().filter(|item| item["view"].get("object_gone_at").is_some()).count();
    assert_eq!(gone, 0);
}

#[tokio::test(start_paused = true)]
async fn looking_for_the_objects_of_many_recordings_takes_a_few_calls() {
    let company = Company::with_sample_rulebook(1).await;
    let mut versions = Vec::new();
    for number in 0..300 {
        let key = format!("other/{number:04}.wav");
        versions.push((company.upload(&key, b"not audio at all".to_vec(), &[]).await, key));
    }
    let (gone, key) = &versions[123];
    let object = company.recording(gone).await.object;
    company.world.remove_version(BUCKET, key, &object.version_id);
    company.world.take_calls();
    look_for_every_entry(&company).await;
    let calls = company.world.take_calls();
    // 16 partitions, and of four with entries a reading of a hundred at once and a page of the bucket.
    assert!(calls.len() < 40, "{}", calls.len());
    for (id, _) in &versions {
        assert_eq!(company.recording(id).await.view.object_gone_at.is_some(), id == gone);
    }
}

#[tokio::test(start_paused = true)]
async fn of_many_versions_of_one_key_the_one_that_is_gone_is_found_page_by_page() {
    use tests::world::{Fault, FaultKind, Moment, Service, Which};
    let company = Company::with_sample_rulebook(1).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(company.upload("other/one.wav", format!("not audio {number}"), &[]).await);
        ids.push(company.upload(&format!("other/{number}.wav"), b"not audio".to_vec(), &[]).await);
    }
    let object = company.recording(&ids[4]).await.object;
    company.world.remove_version(BUCKET, "other/one.wav", &object.version_id);
    let which = Which::EveryOf(Service::S3, "ListObjectVersions");
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::ShortPage });
    look_for_every_entry(&company).await;
    for id in &ids {
        assert_eq!(company.recording(id).await.view.object_gone_at.is_some(), *id == ids[4]);
    }
}

#[tokio::test(start_paused = true)]
async fn that_an_object_is_gone_stays_known_when_its_recording_is_merged_again() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    let object = company.recording(&id).await.object;
    company.world.remove_version(BUCKET, SALES, &object.version_id);
    look_for_every_entry(&company).await;
    assert!(company.recording(&id).await.view.object_gone_at.is_some());
    company.upload(&format!("{SALES}.json"), r#"{"notice": "form"}"#, &[]).await;
    assert!(company.recording(&id).await.view.object_gone_at.is_some());
}
