//! Runs: what an idle one asks, what a deletion costs, which run starts the next, and what is late.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use policy::call::Claim;
use serde_json::Value;
use sweep::{Part, Task};
use tests::company::{Company, sample, sample_rulebook};
use tests::monitor::Rule;
use tests::stamped::SweepCalls;
use tests::world::{Answer, Call, Fault, FaultKind, Moment, Service, Which};

use super::{SALES, all_due, expiry, garble, upload_call};

#[tokio::test(start_paused = true)]
async fn an_idle_run_under_the_default_rules_makes_fewer_than_forty_calls() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    for (rules, limit) in [("the default", 40), ("the sample's third class", 56)] {
        company.world.take_calls();
        assert_eq!(company.sweep().await.unwrap(), sweep::Summary::default());
        let calls = company.world.take_calls();
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for call in &calls {
            *kinds.entry(format!("{} {:?}", call.operation, call.index)).or_default() += 1;
        }
        assert!(calls.len() < limit, "{rules}: {kinds:?}");
        company.publish(&policy, &staff).await;
    }
}

/// The write units of a recording's end, every index counted: claim 1; tombstone 2, event 2 and call 2 in a
/// transaction; fragment 1 and the marker of its bytes 1; five index entries that end 5, the one of the number's hash 1, the due one 1. Its
/// batch in the list of proofs is one more, for a hundred recordings.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_recording_costs_sixteen_write_units() {
    const CALLS: u8 = 8;
    let company = Company::with_sample_rulebook(1).await;
    let mut bytes = sample("other/upload/rec_0001.flac");
    for number in 0..CALLS {
        let call_id = format!("c{number}");
        let counterpart = format!("0901234000{number}");
        let metadata = [
            ("call-id", call_id.as_str()),
            ("started-at", "2026-11-11T10:00:00+09:00"),
            ("direction", "inbound"),
            ("extension", "201"),
            ("counterpart", counterpart.as_str()),
        ];
        bytes.push(0);
        company.upload(&format!("other/a/{call_id}.flac"), bytes.clone(), &metadata).await;
    }
    company.world.set_now(all_due());
    // The key of the year's hashes is made once.
    company.world.take_calls();
    assert_eq!(company.sweep().await.unwrap().deleted, u64::from(CALLS));
    let calls = company.world.take_calls();
    let done = calls.iter().filter(|call| call.answer == Answer::Done);
    let mut units: BTreeMap<&str, f64> = BTreeMap::new();
    for call in done {
        *units.entry(call.operation.as_str()).or_default() += call.write_units;
    }
    // Keys, batches and reservations are made once for many; a claim moves no index entry.
    let updates = calls.iter().filter(|call| call.operation == "UpdateItem");
    assert!(updates.clone().count() >= usize::from(CALLS) && updates.clone().all(|call| call.write_units <= 1.0));
    let each = 1.0 + (units["TransactWriteItems"] + units["DeleteItem"]) / f64::from(CALLS);
    assert!(each <= 16.0, "{each} each: {units:?}");
}

/// What is stored and not due costs a sweep nothing.
#[tokio::test(start_paused = true)]
async fn a_sweep_asks_the_same_however_much_is_stored() {
    let mut costs = Vec::new();
    for stored in [100, 2_000] {
        let SweepCalls { due, idle } = Company::sweep_among(stored, 10).await;
        let cost = |calls: &[Call]| (calls.len(), calls.iter().map(|call| call.read_units).sum::<f64>());
        costs.push((cost(&due), cost(&idle)));
    }
    let (((calls, units), (idle_calls, idle_units)), others) = (costs[0], &costs[1..]);
    for ((more_calls, more_units), (more_idle_calls, more_idle_units)) in others {
        assert_eq!((*more_calls, *more_idle_calls), (calls, idle_calls), "{costs:?}");
        assert!((more_units - units).abs() <= units / 100.0, "{costs:?}");
        assert!((more_idle_units - idle_units).abs() <= idle_units / 100.0, "{costs:?}");
    }
}

/// The events of the runs that were started since the calls were last taken.
pub(super) fn started(company: &Company) -> Vec<Value> {
    let calls = company.world.take_calls();
    if !calls.iter().any(|call| call.service == Service::Lambda) {
        return Vec::new();
    }
    company.world.take_messages("started-sweep").iter().map(|event| serde_json::from_str(event).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_by_time_starts_the_next_twice_at_most() {
    for hop in [0, 1, 2] {
        let company = Company::with_sample_rulebook(1).await;
        let (id, call) = upload_call(&company, "c", "2026-11-11T10:00:00+09:00").await;
        company.world.set_now(all_due());
        company.world.take_calls();
        // A pause before the proof: time is up when the call has ended.
        let which = Which::NthOf(Service::DynamoDb, "TransactWriteItems", 1);
        company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::Throttled });
        let own = Company::of_without_retries(company.world.clone());
        let stop_at = company.world.now() + SignedDuration::from_secs(1);
        let context = own.sweep_context();
        // The next one has the same part.
        let number = u16::from(call.id.shard()) % 3;
        let part = Task { part: Some(Part { number, of: 3 }), helps: true, hop: 0 };
        let time_passes = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            company.world.advance(Duration::from_secs(1));
        };
        let (swept, ()) =
            tokio::join!(Box::pin(sweep::handle(&context, "run-1", stop_at, Task { hop, ..part })), time_passes);
        swept.unwrap();
        assert!(company.tombstone(&id).await.is_some());
        let next = (hop < sweep::HOPS_LIMIT).then_some(Task { hop: hop + 1, ..part });
        assert_eq!(started(&company).iter().map(Task::of).collect::<Vec<_>>(), Vec::from_iter(next));
        company.world.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_in_time_and_one_that_could_delete_nothing_start_no_other() {
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(SALES).await;
    company.world.set_now(expiry());
    company.world.take_calls();
    let now = company.world.now();
    Box::pin(sweep::handle(&company.sweep_context(), "run-1", now, Task::default())).await.unwrap();
    assert!(started(&company).is_empty(), "it had no time for anything");
    let in_time = now + SignedDuration::from_mins(5);
    Box::pin(sweep::handle(&company.sweep_context(), "run-2", in_time, Task::default())).await.unwrap();
    assert!(started(&company).is_empty(), "it was done in time");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_overdue_only_once_the_promise_is_broken() {
    let company = Company::with_sample_rulebook(1).await;
    for rule in [Rule::OneCall, Rule::NothingLost] {
        company.leaves(rule, "the recording's item cannot be read");
    }
    let id = company.upload_sample(SALES).await;
    garble(&company, &id).await;
    for (hours, overdue) in [(0, 0), (5, 0), (7, 1)] {
        company.world.set_now(expiry() + SignedDuration::from_hours(hours));
        let stop_at = company.world.now() + SignedDuration::from_mins(5);
        let (summary, outcome) = Box::pin(sweep::sweep_all(&company.sweep_context(), "run-1", stop_at)).await;
        assert!(outcome.is_err());
        assert_eq!((summary.failed, summary.overdue), (1, overdue), "after {hours} hours");
    }
}

/// NEVER LATE: a claim is never taken back, also where a longer period no longer nominates the call.
#[tokio::test(start_paused = true)]
async fn what_was_claimed_before_a_longer_period_is_finished_under_it() {
    let company = Company::with_sample_rulebook(1).await;
    company.leaves(Rule::NeverEarly, "the claim is of a run that read the rulebook before");
    let (id, call) = upload_call(&company, "c", "2026-11-11T10:00:00+09:00").await;
    let (policy, staff) = sample_rulebook();
    company.world.set_now(all_due());
    company.publish(&policy.replace("keep_days = 30", "keep_days = 60"), &staff).await;
    // A run of before claims it and is killed.
    let read = company.table().call(&call).await.unwrap().unwrap();
    let claim = Claim { id: "killed".to_owned(), at: company.world.now(), rulebook_version: 1 };
    company.table().claim(&read, &claim).await.unwrap();
    company.world.advance(Duration::from_secs(900));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some(), "it was claimed");
}
