//! The sweep at scale, counted in the world.
//!
//! ```text
//! scale counts              what a due recording, a batch and an idle run ask, as JSON: benches/simulator's input
//! scale growth STORED …     a sweep of 100 due calls among so many stored ones, as JSON
//! scale work CALLS SWEEP    takes in so many calls and, where SWEEP is 1, sweeps them: for callgrind
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use policy::id::CallId;
use serde_json::{Value, json};
use tests::company::{Company, sample, sample_rulebook};
use tests::stamped::SweepCalls;
use tests::world::{Answer, Call, Service};

/// 20 and 40 calls of one shard, one batch each: what 20 more ask is what a recording asks.
const FEWER: u32 = 20;
const MORE: u32 = 40;

/// A fixed number due, whatever is stored.
const DUE: u32 = 100;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments[place].parse::<u32>().expect("a number");
    let answer = match arguments.first().map(String::as_str) {
        Some("counts") => counts().await,
        Some("growth") => growth(&arguments[1..]).await,
        Some("work") => {
            let company = taken_in(number(1)).await;
            if number(2) > 0 {
                sweep(&company, number(1)).await;
            }
            return;
        }
        _ => panic!("scale counts | growth STORED … | work CALLS SWEEP"),
    };
    #[expect(clippy::print_stdout, reason = "what is asked for")]
    {
        println!("{}", serde_json::to_string_pretty(&answer).unwrap());
    }
}

/// A company with due calls of one leg, all of one shard, each with a number of its own.
async fn taken_in(calls: u32) -> Company {
    // No monitor: it would work too.
    let company = Company::unwatched(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff).await;
    let mut bytes = sample("other/upload/rec_0001.flac");
    let names = (0..).map(|number| format!("c{number}"));
    let of_one_shard = names.filter(|name| CallId::of("object-metadata", Some("other/a"), name).shard() == 3);
    for (number, call_id) in (0..calls).zip(of_one_shard) {
        let counterpart = format!("090-1234-{number:04}");
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
    company.world.set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
    company.approve_every_deletion().await;
    // The key of the year's hashes, and the rulebook, are read once.
    company.world.take_calls();
    company
}

async fn sweep(company: &Company, expected: u32) -> Vec<Call> {
    let stop_at = company.world.now() + SignedDuration::from_mins(5);
    let context = company.sweep_context();
    assert_eq!(sweep::run(&context, "run", stop_at).await.unwrap().deleted, u64::from(expected));
    company.world.take_calls()
}

/// What calls of one kind ask in all.
#[derive(Clone, Copy, Default)]
struct Consumption {
    times: f64,
    read_units: f64,
    write_units: f64,
}

/// The part of a run that a call belongs to, its kind, and the table or the index whose units it consumed.
type Kind = (&'static str, String, String);

/// Where calls stand: before the batch's journal, until its versions are deleted, and after that.
fn sorted(calls: &[Call]) -> BTreeMap<Kind, Consumption> {
    let place = |operation: &str| calls.iter().position(|call| call.operation == operation);
    let (journal, deletion) =
        (place("PutObject").unwrap_or(calls.len()), place("DeleteObjects").unwrap_or(calls.len()));
    let mut kinds: BTreeMap<Kind, Consumption> = BTreeMap::new();
    for (position, call) in calls.iter().enumerate().filter(|(_, call)| call.answer == Answer::Done) {
        let part = match position {
            position if position < journal => "take",
            position if position <= deletion => "delete",
            _ => "finish",
        };
        let name = |index: &str| (part, format!("{} {}", call.service, call.operation), index.to_owned());
        let of_indexes: f64 = call.index_write_units.values().sum();
        let table = call
            .index
            .clone()
            .unwrap_or_else(|| if call.service == Service::DynamoDb { "table" } else { "" }.to_owned());
        let asked = kinds.entry(name(&table)).or_default();
        asked.times += 1.0;
        asked.read_units += call.read_units;
        asked.write_units += call.write_units - of_indexes;
        for (index, units) in &call.index_write_units {
            kinds.entry(name(index)).or_default().write_units += units;
        }
    }
    kinds
}

fn listed(kinds: &BTreeMap<Kind, Consumption>) -> Value {
    let asks = kinds.iter().filter(|(_, asked)| asked.times > 0.0 || asked.write_units > 0.0);
    asks.map(|((part, kind, on), asked)| {
        json!({
            "part": part,
            "kind": kind,
            "on": on,
            "times": asked.times,
            "read_units": asked.read_units,
            "write_units": asked.write_units,
        })
    })
    .collect()
}

/// What a recording asks, and what a batch does also.
async fn counts() -> Value {
    let (fewer, more) = (taken_in(FEWER).await, taken_in(MORE).await);
    let (fewer, idle) = (sweep(&fewer, FEWER).await, sweep(&fewer, 0).await);
    let more = sorted(&sweep(&more, MORE).await);
    let fewer = sorted(&fewer);
    let (mut recording, mut batch) = (BTreeMap::new(), BTreeMap::new());
    for kind in fewer.keys().chain(more.keys()) {
        let of = |kinds: &BTreeMap<Kind, Consumption>| kinds.get(kind).copied().unwrap_or_default();
        let (low, high) = (of(&fewer), of(&more));
        let each = |low: f64, high: f64| (high - low) / f64::from(MORE - FEWER);
        let one = Consumption {
            times: each(low.times, high.times),
            read_units: each(low.read_units, high.read_units),
            write_units: each(low.write_units, high.write_units),
        };
        recording.insert(kind.clone(), one);
        let rest = |low: f64, one: f64| low - one * f64::from(FEWER);
        batch.insert(
            kind.clone(),
            Consumption {
                times: rest(low.times, one.times),
                read_units: rest(low.read_units, one.read_units),
                write_units: rest(low.write_units, one.write_units),
            },
        );
    }
    // An idle run asks the same of the other shards, before the batch and behind it.
    for ((_, kind, on), asked) in sorted(&idle) {
        let mut left = asked;
        for part in ["finish", "take"] {
            let Some(of_batch) = batch.get_mut(&(part, kind.clone(), on.clone())) else { continue };
            let times = left.times.min(of_batch.times);
            if times > 0.0 {
                let share = times / left.times;
                of_batch.times -= times;
                of_batch.read_units = (of_batch.read_units - left.read_units * share).max(0.0);
                left = Consumption { times: left.times - times, read_units: left.read_units * (1.0 - share), ..left };
            }
        }
    }
    json!({ "recording": listed(&recording), "batch": listed(&batch), "idle": listed(&sorted(&idle)) })
}

/// Calls and read units of a sweep of as many due calls, however much is stored.
async fn growth(stored: &[String]) -> Value {
    let mut rows = Vec::new();
    for stored in stored {
        let stored = stored.parse().expect("a number");
        let SweepCalls { due, idle } = Company::sweep_among(stored, DUE).await;
        let cost = |calls: &[Call]| {
            let units: f64 = calls.iter().map(|call| call.read_units).sum();
            json!({"calls": calls.len(), "read_units": units})
        };
        rows.push(json!({"stored": stored, "due": DUE, "sweep": cost(&due), "idle": cost(&idle)}));
    }
    rows.into()
}
