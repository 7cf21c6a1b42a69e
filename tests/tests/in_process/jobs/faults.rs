//! `jobs` under every fault: each call of AWS that a job makes fails once, before its effect or behind it, alone;
//! SQS brings the job again where it failed, and everything ends as if nothing had happened.

use std::cell::RefCell;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::date;
use serde_json::{Value, json};
use store::{Job, Partition, TIME_SHARDS};
use tests::company::{BUCKET, Company, JOBS_QUEUE, QUEUE, failed, sample, sample_rulebook};
use tests::world::{FaultKind, Moment, World, for_every_fault};

/// Every fault that a job can tell from another. How a call fails before its effect is all the same to it: one stands
/// for throttling, errors and refusals.
const FAULTS: &[(Moment, FaultKind)] = &[
    (Moment::Effect, FaultKind::TimedOut),
    (Moment::Effect, FaultKind::Conflict),
    (Moment::Effect, FaultKind::Unprocessed),
    (Moment::Effect, FaultKind::ShortPage),
    (Moment::Reply, FaultKind::TimedOut),
    (Moment::Reply, FaultKind::CutShort),
];

const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
/// Of a branch whose source is published later.
const BRANCH: &str = "osaka/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
const LOG: &str = "calllog/asterisk/Master.csv";

/// The row of [`SALES`], the row of a call without a recording, and no row.
fn log() -> Vec<u8> {
    let sample = String::from_utf8(sample("calllog/asterisk/Master-20261105.csv")).unwrap();
    let rows: Vec<&str> = sample.lines().take(2).collect();
    format!("{}\n\"broken\"\n", rows.join("\n")).into_bytes()
}

/// What is handed to `jobs`.
fn bodies(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| serde_json::to_string(job).unwrap()).collect()
}

async fn run(company: &Company, bodies: &[String]) -> usize {
    let stop_at = company.world.now() + SignedDuration::from_mins(4);
    failed(&jobs::handle(&company.jobs_context(), company.batch(JOBS_QUEUE, bodies), stop_at).await)
}

/// Runs jobs under every fault; how many there were. `bodies` are what waits, or what is to be done.
async fn ends_as_without_a_fault(arrange: impl AsyncFn() -> World, bodies: impl Fn(&World) -> Vec<String>) -> usize {
    let undisturbed: RefCell<Vec<Value>> = RefCell::default();
    for_every_fault(
        FAULTS,
        arrange,
        async |world| {
            let bodies = bodies(world);
            let failures = run(&Company::of_without_retries(world.clone()), &bodies).await;
            (bodies, failures)
        },
        async |world, fault, (bodies, failures)| {
            let company = Company::of(world.clone());
            assert!(fault.is_some() || failures == 0);
            if failures > 0 {
                assert_eq!(run(&company, &bodies).await, 0, "{fault:?}");
            }
            company.index().await;
            let stands = company.snapshot();
            if fault.is_none() {
                undisturbed.replace(stands);
            } else {
                assert_eq!(stands, *undisturbed.borrow(), "{fault:?}");
            }
            // TWICE IS ONCE: SQS brings some that were done, too.
            assert_eq!(run(&company, &bodies).await, 0, "{fault:?}");
            company.index().await;
            assert_eq!(company.snapshot(), *undisturbed.borrow(), "twice, {fault:?}");
        },
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn a_call_log_is_read_whole_whatever_call_fails() {
    let log = String::from_utf8(log()).unwrap();
    let mut tried = 0;
    // One line each: the lines of one log are written side by side, in an order that is no order.
    for line in log.lines() {
        let arrange = async || {
            let company = Company::with_sample_rulebook(1).await;
            company.upload_sample(SALES).await;
            let version = company.put(LOG, format!("{line}\n"), &[]);
            assert_eq!(failed(&company.ingest(LOG, &version).await), 0);
            let to_index = company.world.take_messages(QUEUE);
            let indexed = index::handle(&company.index_context(), company.index_batch(&to_index)).await;
            assert_eq!(failed(&indexed), 0);
            company.world
        };
        tried += ends_as_without_a_fault(arrange, |world| {
            let bodies = world.take_messages(JOBS_QUEUE);
            assert_eq!(bodies.len(), 1);
            bodies
        })
        .await;
    }
    assert!(tried >= 40, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn a_day_is_rolled_up_whole_whatever_call_fails() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(1).await;
        company.upload_sample(SALES).await;
        company.upload(LOG, log(), &[]).await;
        company.world
    };
    let jobs = bodies(&[Job::RollUp { day: date(2026, 11, 3) }]);
    let tried = ends_as_without_a_fault(arrange, |_| jobs.clone()).await;
    assert!(tried >= 10, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn what_no_event_brought_is_taken_in_whatever_call_of_the_reconciliation_fails() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(1).await;
        company.put_sample(SALES);
        company.put(LOG, log(), &[]);
        company.world.advance(Duration::from_secs(2 * 3600));
        company.world
    };
    let jobs = bodies(&[Job::ReconcileBucket { pass: jiff::Timestamp::UNIX_EPOCH, hop: 0 }]);
    let tried = ends_as_without_a_fault(arrange, |_| jobs.clone()).await;
    assert!(tried >= 5, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn a_recording_without_its_object_is_marked_once_whatever_call_fails() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(1).await;
        let id = company.upload_sample(SALES).await;
        let object = company.recording(&id).await.object;
        company.world.advance(Duration::from_secs(3600));
        company.world.remove_version(BUCKET, object.key.expose(), &object.version_id);
        company.world
    };
    let entries =
        |shard| Job::ReconcileEntries { partition: Partition::Time("2026-11".parse().unwrap(), shard), before: None };
    let jobs = bodies(&(0..TIME_SHARDS).map(entries).collect::<Vec<_>>());
    let tried = ends_as_without_a_fault(arrange, |_| jobs.clone()).await;
    assert!(tried >= 20, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn quarantine_is_read_again_whatever_call_fails() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(1).await;
        company.upload(BRANCH, sample(SALES), &[]).await;
        let (policy, staff) = sample_rulebook();
        let source = "[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n";
        company.publish(&format!("{policy}\n{source}"), &staff).await;
        company.world
    };
    let again =
        |shard| Job::Reindex { partition: Partition::Quarantine("2026-11".parse().unwrap(), shard), before: None };
    let jobs = bodies(&(0..TIME_SHARDS).map(again).collect::<Vec<_>>());
    let tried = ends_as_without_a_fault(arrange, |_| jobs.clone()).await;
    assert!(tried >= 15, "{tried}");
}

/// A schedule that failed comes again, as Lambda's retries have it.
async fn a_schedule_ends_as_without_a_fault(name: &str, arrange: impl AsyncFn() -> World) -> usize {
    let undisturbed: RefCell<Vec<Value>> = RefCell::default();
    let scheduled = async |company: &Company| {
        let event = serde_json::from_value(json!({"scheduled": name})).unwrap();
        let stop_at = company.world.now() + SignedDuration::from_mins(4);
        jobs::answer(&company.jobs_context(), event, stop_at).await.is_ok()
    };
    for_every_fault(
        FAULTS,
        arrange,
        async |world| scheduled(&Company::of_without_retries(world.clone())).await,
        async |world, fault, is_done| {
            let company = Company::of(world.clone());
            assert!(is_done || fault.is_some());
            if !is_done {
                assert!(scheduled(&company).await, "{fault:?}");
            }
            company.index().await;
            let stands = company.snapshot();
            if fault.is_none() {
                undisturbed.replace(stands);
            } else {
                assert_eq!(stands, *undisturbed.borrow(), "{fault:?}");
            }
        },
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn the_hour_and_the_day_are_begun_whole_whatever_call_fails() {
    let arrange = async || {
        let company = Company::with_sample_rulebook(1).await;
        company.upload(BRANCH, sample(SALES), &[]).await;
        company.put_sample(SALES);
        company.world.advance(Duration::from_secs(2 * 3600));
        company.world
    };
    for name in ["roll_up", "reconcile"] {
        let tried = a_schedule_ends_as_without_a_fault(name, arrange).await;
        assert!(tried >= 10, "{name}: {tried}");
    }
}
