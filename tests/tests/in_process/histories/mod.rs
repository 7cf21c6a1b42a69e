//! Random histories: what people and machines do, in an order that a seed gives.
//!
//! Objects are put, overwritten, put twice, followed by sidecars and logs, linked to other calls. Rulebooks are
//! published, facts corrected, recordings played, held and deleted on request. Messages come late, twice, and to
//! instances whose rulebook is stale. Handlers are killed and run side by side; indexes lag. After each step, and at the end, the
//! [monitor](tests::monitor) looks at the company.
//!
//! `ROKUBAN_SEED=7` replays one history, `ROKUBAN_HISTORIES=5000` runs that many.

mod company;
mod decided;
mod history;
mod message;
mod people;
mod side_by_side;
mod uploads;

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::company::Rare;
use self::history::{live, live_with_a_restore};

/// 24 histories, two minutes of one core without optimisation; the inner loop of the test command runs 8.
const HISTORIES: u64 = 24;

/// From 24 histories on, each of these must have come to pass: a state that never comes is not tested.
const RARE: [&str; 18] = [
    "call emptied",
    "corrected",
    "duplicate",
    "ended in its course",
    "event lost",
    "expired on arrival",
    "held",
    "hold beat claim",
    "hold lifted",
    "index killed",
    "linked to another call",
    "message comes twice",
    "message failed",
    "played",
    "released from quarantine",
    "second life of a call",
    "several sweeps at once",
    "sweep killed",
];

/// The same from 1,000 histories on.
const RAREST: [&str; 6] = [
    "claim beat hold",
    "delete applied, reply lost",
    "deletion approved",
    "ended on request",
    "request refused under a hold",
    "sweep met a claimed call",
];

/// 8 histories with a restore, two minutes of one core.
const RESTORED: u64 = 8;

/// What is lived through.
#[derive(Clone, Copy)]
enum Course {
    /// From a first upload to the end of everything.
    Plain,
    /// The same, and the table is put back to an earlier moment.
    Restored,
}

/// Runs one seed in a runtime of its own.
fn run(course: Course, seed: u64) -> Result<Rare, String> {
    let lived = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        match course {
            Course::Plain => runtime.block_on(live(seed)),
            Course::Restored => runtime.block_on(live_with_a_restore(seed)),
        }
    }));
    lived.unwrap_or_else(|_| Err(format!("seed {seed} ended in a panic")))
}

/// What became of some histories.
#[derive(Default)]
struct Lived {
    rare: Rare,
    found: Vec<(u64, String)>,
}

/// Runs seeds on every core, until five of them found something.
fn run_all(course: Course, first: u64, end: u64) -> Lived {
    let (next, lived) = (AtomicU64::new(first), Mutex::new(Lived::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || lived.lock().unwrap().found.len() >= 5 {
                return;
            }
            let outcome = run(course, seed);
            let mut lived = lived.lock().unwrap();
            match outcome {
                Ok(rare) => rare.into_iter().for_each(|(what, times)| *lived.rare.entry(what).or_default() += times),
                Err(how) => lived.found.push((seed, how)),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut lived = lived.into_inner().unwrap();
    lived.found.sort();
    lived
}

/// The seeds to run.
fn seeds(histories: u64) -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    match number("ROKUBAN_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("ROKUBAN_HISTORIES").unwrap_or(histories)),
    }
}

fn assert_none(found: &[(u64, String)]) {
    let all: Vec<&str> = found.iter().map(|(_, how)| how.as_str()).collect();
    let replay = "ROKUBAN_SEED=<seed> cargo test --workspace --test in_process histories";
    assert!(found.is_empty(), "replay by {replay}\n{}", all.join("\n\n"));
}

#[test]
fn whatever_comes_to_pass_every_recording_is_kept_and_ends_at_its_second() {
    let (first, end) = seeds(HISTORIES);
    let histories = end - first;
    let Lived { rare, found } = run_all(Course::Plain, first, end);
    assert_none(&found);
    eprintln!("{histories} histories: {rare:?}");
    let rare_ones = RARE.into_iter().filter(|_| histories >= HISTORIES);
    let expected = rare_ones.chain(RAREST.into_iter().filter(|_| histories >= 1_000));
    let never: Vec<&str> = expected.filter(|what| !rare.contains_key(what)).collect();
    assert!(never.is_empty(), "{never:?} never came to pass: {rare:?}");
}

#[test]
fn whenever_the_table_is_restored_the_dead_stay_dead_and_the_living_are_kept() {
    let (first, end) = seeds(RESTORED);
    let Lived { rare, found } = run_all(Course::Restored, first, end);
    assert_none(&found);
    eprintln!("{} histories with a restore: {rare:?}", end - first);
    let wanted = [
        ("dead again", "nothing had been deleted"),
        ("decided again", "nobody had decided"),
        ("noted", "nobody wrote"),
        ("linked to a case", "there was no dispute"),
        ("shared", "nothing was shared"),
        ("release approved", "nothing was released"),
        ("published since", "nothing was published since the restored moment"),
    ];
    for (what, missing) in wanted {
        assert!(end - first < RESTORED || rare.contains_key(what), "{missing}: {rare:?}");
    }
}
