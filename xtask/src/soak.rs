//! `soak`: the tests on generated inputs, at a size that takes hours.

use crate::cargo;
use crate::failure::{Act, Failure};
use crate::profile::Profile;
use crate::progress::{Done, say, step};
use crate::tools::{check_machine, run, target};

/// 10 million inputs for each test.
pub(crate) const CASES: u64 = 10_000_000;

/// A history is 50 steps of the whole product, a thousand times the work of an input: 10,000 histories.
const CASES_A_HISTORY: u64 = 1_000;

/// What reads strangers' bytes, and who may hear what: each with the arguments of `cargo test` that run its tests.
const SOAKED: [(&str, &[&str]); 5] = [
    ("call logs", &["--test", "calllog"]),
    ("names of recorders", &["--lib", "source::"]),
    ("the merge", &["--test", "merge"]),
    ("audio", &["--lib", "probe::tests::properties"]),
    ("permission", &["--test", "permission"]),
];

/// Runs each to its end or to its first failure, which names its input.
///
/// # Errors
/// A [`Failure`] when the machine lacks something, or a test failed.
pub(crate) fn soak(cases: u64) -> Result<(), Failure> {
    Profile::Checked.choose();
    step("looking at this machine", check_machine)?;
    let logs = target("test-logs");
    std::fs::create_dir_all(&logs).act(|| format!("make {}", logs.display()))?;
    for (name, which) in SOAKED {
        let words: Vec<&str> = ["test"].iter().chain(which).copied().collect();
        let mut command = cargo::workspace(&words);
        // Hours of running are worth some minutes of compiling.
        command.env("CARGO_PROFILE_CHECKED_OPT_LEVEL", "3").env("PROPTEST_CASES", cases.to_string());
        let log = logs.join(format!("soak-{}.log", name.replace(' ', "-")));
        step(name, || run(name, &mut command, &log).map(|()| Done::new((), format!("{cases} inputs a test"))))?;
    }
    let histories = (cases / CASES_A_HISTORY).max(1);
    let mut command = cargo::workspace(&["test", "--test", "in_process", "histories", "--", "--nocapture"]);
    command.env("CARGO_PROFILE_CHECKED_OPT_LEVEL", "3").env("ROKUBAN_HISTORIES", histories.to_string());
    let log = logs.join("soak-random-histories.log");
    step("random histories", || {
        run("random histories", &mut command, &log).map(|()| Done::new((), histories.to_string()))
    })?;
    say("\nnothing was found\n");
    Ok(())
}
