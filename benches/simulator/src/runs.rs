//! Runs of the sweep in virtual time: each takes batches of its part, 16 calls at once, with the SDK's back-off.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::cloud::{Capacity, Cloud, SECOND, Touch};
use crate::counts::{Counts, Request};

/// As `functions/sweep` has them: calls of a batch, and calls at once.
const BATCH_CALLS: u32 = 100;
const CALLS_AT_ONCE: u32 = 16;

/// A chain of runs works 810 seconds of a quarter of an hour.
const QUARTER: u64 = 900 * SECOND;
const AT_WORK: u64 = 810 * SECOND;

/// The SDK's standard retries: 3 attempts, and pauses of up to 1, then 2 seconds. `store::retry::on_conflict` repeats
/// that 5 times, after pauses from 20 ms on.
const SDK_ATTEMPTS: u32 = 3;
const ATTEMPTS: u32 = 5 * SDK_ATTEMPTS;

/// What an answer takes to come: assumed, within a region. <https://aws.amazon.com/dynamodb/features/>
fn latency(kind: &str) -> u64 {
    SECOND / 1_000
        * match kind {
            "dynamodb TransactWriteItems" => 15,
            "s3 DeleteObjects" => 200,
            kind if kind.starts_with("dynamodb") => 5,
            _ => 40,
        }
}

/// What one scenario is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) capacity: Capacity,
    pub(crate) runs: u32,
    pub(crate) minutes: u64,
    /// A run's processor, for each recording.
    pub(crate) recording_cpu: u64,
    /// How many teams and members the recordings of a day are of.
    pub(crate) teams: u64,
    pub(crate) staff: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) ended: u64,
    pub(crate) failed: u64,
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
    /// What refused most, where anything did.
    pub(crate) refused_by: Option<String>,
}

/// The parts of a batch, one after the other.
const STAGES: [&str; 3] = ["take", "delete", "finish"];

#[derive(Debug)]
struct Run {
    stage: usize,
    /// Recordings of this batch that the stage has not begun, that are at work, and that it has done.
    waiting: u32,
    working: u32,
    done: u32,
    cpu_free_at: u64,
    shard: u64,
}

/// A request that is sent: whose, which of its list, and how often it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sent {
    run: usize,
    /// Of the batch, not of a recording.
    is_batch: bool,
    place: usize,
    attempt: u32,
}

struct Simulation<'a> {
    scenario: Scenario,
    cloud: Cloud,
    runs: Vec<Run>,
    events: BinaryHeap<Reverse<(u64, u64, Sent)>>,
    sequence: u64,
    random: u64,
    request_cpu: u64,
    /// By stage: a recording's requests, and the batch's.
    plans: Vec<(&'a [Request], &'a [Request])>,
    outcome: Outcome,
}

/// Plays a scenario.
pub(crate) fn play(counts: &Counts, scenario: Scenario) -> Outcome {
    let mut needed: BTreeMap<String, f64> = BTreeMap::new();
    for asked in &counts.recording {
        if asked.write_units > 0.0 {
            *needed.entry(asked.on.clone()).or_default() += asked.write_units;
        }
    }
    let batch = f64::from(BATCH_CALLS);
    let owned: Vec<(Vec<Request>, Vec<Request>)> =
        STAGES.iter().map(|part| (counts.of_recording(part), counts.of_batch(part, batch))).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let request_cpu = (scenario.recording_cpu as f64 / counts.requests_each(batch)) as u64;
    let new = |number| Run { stage: 0, waiting: 0, working: 0, done: 0, cpu_free_at: 0, shard: number };
    let mut simulation = Simulation {
        scenario,
        cloud: Cloud::new(scenario.capacity, &needed),
        runs: (0..u64::from(scenario.runs)).map(new).collect(),
        events: BinaryHeap::new(),
        sequence: 0,
        random: 7,
        request_cpu,
        plans: owned.iter().map(|(recording, batch)| (recording.as_slice(), batch.as_slice())).collect(),
        outcome: Outcome::default(),
    };
    simulation.run();
    let refused = simulation.cloud.refused.iter().max_by_key(|(_, times)| **times);
    simulation.outcome.refused_by = refused.map(|(name, _)| name.clone());
    simulation.outcome
}

impl Simulation<'_> {
    fn run(&mut self) {
        for run in 0..self.runs.len() {
            // Each starts within the second.
            let now = self.random() % SECOND;
            self.begin(now, run, 0);
        }
        let end = self.scenario.minutes * 60 * SECOND;
        while let Some(Reverse((now, _, sent))) = self.events.pop() {
            if now >= end {
                return;
            }
            self.arrive(now, sent);
        }
    }

    fn random(&mut self) -> u64 {
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        hashed(self.random)
    }

    /// Begins a stage of a batch: its own requests first, then its recordings'.
    fn begin(&mut self, now: u64, run: usize, stage: usize) {
        let mut now = now;
        let of = &mut self.runs[run];
        of.stage = stage;
        if stage == 0 {
            of.done = BATCH_CALLS;
            of.shard += 1;
            // The schedule's next run starts the chain again.
            if now % QUARTER >= AT_WORK {
                now += QUARTER - now % QUARTER;
            }
        }
        of.waiting = std::mem::take(&mut of.done);
        if self.plans[stage].1.is_empty() {
            self.spread(now, run);
        } else {
            self.send(now, Sent { run, is_batch: true, place: 0, attempt: 1 });
        }
    }

    /// Lets as many recordings work as may at once; the stage is over when none is left.
    fn spread(&mut self, now: u64, run: usize) {
        let stage = self.runs[run].stage;
        if self.plans[stage].0.is_empty() {
            let of = &mut self.runs[run];
            of.done += std::mem::take(&mut of.waiting);
        }
        while self.runs[run].waiting > 0 && self.runs[run].working < CALLS_AT_ONCE {
            self.runs[run].waiting -= 1;
            self.runs[run].working += 1;
            self.send(now, Sent { run, is_batch: false, place: 0, attempt: 1 });
        }
        let of = &self.runs[run];
        if of.waiting == 0 && of.working == 0 {
            if stage + 1 == STAGES.len() {
                self.outcome.ended += u64::from(of.done);
                self.begin(now, run, 0);
            } else {
                self.begin(now, run, stage + 1);
            }
        }
    }

    /// Makes a request: the run's processor is one, and has it when it comes to it.
    fn send(&mut self, now: u64, sent: Sent) {
        let of = &mut self.runs[sent.run];
        of.cpu_free_at = of.cpu_free_at.max(now) + self.request_cpu;
        self.sequence += 1;
        self.events.push(Reverse((of.cpu_free_at, self.sequence, sent)));
    }

    fn arrive(&mut self, now: u64, sent: Sent) {
        // A request that was taken is met once more as its answer, under the place behind it.
        let (recording, batch) = self.plans[self.runs[sent.run].stage];
        let plan = if sent.is_batch { batch } else { recording };
        if sent.attempt == 0 {
            if sent.place < plan.len() {
                self.send(now, Sent { attempt: 1, ..sent });
            } else if sent.is_batch {
                self.spread(now, sent.run);
            } else {
                self.runs[sent.run].working -= 1;
                self.runs[sent.run].done += 1;
                self.spread(now, sent.run);
            }
            return;
        }
        let request = &plan[sent.place];
        self.outcome.requests += 1;
        let is_deletion = request.kind == "s3 DeleteObjects";
        let is_taken = if is_deletion {
            self.cloud.deletes(now, f64::from(self.runs[sent.run].waiting))
        } else {
            let touches = self.touches(sent, request);
            self.cloud.takes(now, &touches)
        };
        self.sequence += 1;
        if is_taken {
            let answered = Sent { place: sent.place + 1, attempt: 0, ..sent };
            self.events.push(Reverse((now + latency(&request.kind), self.sequence, answered)));
        } else if sent.attempt < ATTEMPTS {
            self.outcome.throttled += 1;
            let pause = match sent.attempt % SDK_ATTEMPTS {
                0 => {
                    let whole = (SECOND / 50) << (sent.attempt / SDK_ATTEMPTS - 1);
                    whole / 2 + self.random() % (whole / 2)
                }
                number => self.random() % (SECOND << (number - 1)),
            };
            self.send(now + pause, Sent { attempt: sent.attempt + 1, ..sent });
        } else {
            self.outcome.throttled += 1;
            self.give_up(now, sent);
        }
    }

    /// A call that fails keeps no other; a batch that fails is left whole. Both come again with the next run.
    fn give_up(&mut self, now: u64, sent: Sent) {
        if sent.is_batch {
            self.outcome.failed += u64::from(std::mem::take(&mut self.runs[sent.run].waiting));
            self.begin(now, sent.run, 0);
        } else {
            self.outcome.failed += 1;
            self.runs[sent.run].working -= 1;
            self.spread(now, sent.run);
        }
    }

    /// What a request touches: items of the table by a digest, at most two units each; of an index by its key and, within
    /// it, by the id of the recording.
    fn touches(&mut self, sent: Sent, request: &Request) -> Vec<Touch> {
        let mut touches = Vec::new();
        let shard = (self.runs[sent.run].shard * u64::from(self.scenario.runs) + sent.run as u64) % 16;
        for (store, units) in &request.writes {
            if store == "table" {
                // A day's reservations are one item; so is, for a month, what lists the batches.
                let one = sent.is_batch.then(|| hashed(request.kind.len() as u64));
                let mut left = *units;
                while left > 0.0 {
                    let writes = if sent.is_batch { left } else { left.min(2.0) };
                    left -= writes;
                    let position = one.unwrap_or_else(|| self.random());
                    touches.push(Touch { store: store.clone(), position, writes, reads: 0.0 });
                }
            } else {
                let position = self.of_index(store, shard);
                touches.push(Touch { store: store.clone(), position, writes: *units, reads: 0.0 });
            }
        }
        for (store, units) in &request.reads {
            let position = if store == "table" { self.random() } else { self.of_index(store, shard) };
            touches.push(Touch { store: store.clone(), position, writes: 0.0, reads: *units });
        }
        touches
    }

    /// The keys of a day's recordings in an index (docs/internals/table.md).
    fn of_index(&mut self, index: &str, shard: u64) -> u64 {
        let random = self.random();
        let key = match index {
            "by_due" => shard,
            "by_time" => random % 4,
            "by_team" => random % self.scenario.teams,
            "by_staff" => random % self.scenario.staff,
            _ => random,
        };
        (hashed(key.wrapping_add(1)) >> 32 << 32) | (self.random() >> 32)
    }
}

fn hashed(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Consumption;

    fn counts() -> Counts {
        let asked = |part: &str, kind: &str, on: &str, times, write_units| Consumption {
            part: part.to_owned(),
            kind: kind.to_owned(),
            on: on.to_owned(),
            times,
            read_units: 0.0,
            write_units,
        };
        let recording = vec![
            asked("take", "dynamodb UpdateItem", "table", 1.0, 1.0),
            asked("finish", "dynamodb TransactWriteItems", "table", 1.0, 8.0),
            asked("finish", "dynamodb TransactWriteItems", "by_due", 0.0, 1.0),
        ];
        Counts { recording, batch: vec![asked("delete", "s3 DeleteObjects", "", 1.0, 0.0)] }
    }

    fn scenario(capacity: Capacity, runs: u32) -> Scenario {
        Scenario { capacity, runs, minutes: 3, recording_cpu: 10_000, teams: 20, staff: 1_000 }
    }

    #[test]
    fn a_run_ends_what_its_processor_allows_and_runs_together_what_the_table_does() {
        let rate = |outcome: &Outcome| outcome.ended / 180;
        let plenty = Capacity::Provisioned(40_000.0);
        let one = play(&counts(), scenario(plenty, 1));
        // 10 ms each; a batch waits for S3 besides.
        assert!((60..=100).contains(&rate(&one)), "{one:?}");
        assert_eq!((one.throttled, one.failed), (0, 0));
        let ten = play(&counts(), scenario(plenty, 10));
        assert!(ten.ended.abs_diff(one.ended * 10) < one.ended, "{ten:?}");
        // 10 units each.
        let tight = play(&counts(), scenario(Capacity::Provisioned(2_000.0), 10));
        assert!((120..=200).contains(&rate(&tight)) && tight.throttled > 0, "{tight:?}");
    }

    #[test]
    fn a_scenario_played_twice_is_the_same() {
        let played = || format!("{:?}", play(&counts(), scenario(Capacity::Fresh, 8)));
        assert_eq!(played(), played());
    }
}
