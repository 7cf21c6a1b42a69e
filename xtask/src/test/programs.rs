//! The test programs that cargo builds: two at a time, the longest first.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::cargo;
use crate::failure::Failure;
use crate::progress::{Progress, say};
use crate::test::count::{Totals, cargo_tests};
use crate::test::report::Report;
use crate::tools::{command, run, target};

/// One test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// `PACKAGE/TARGET`, as `tests/e2e`.
    pub(crate) name: String,
    executable: PathBuf,
    /// The directory of its package, in which cargo runs it.
    directory: PathBuf,
}

/// Programs that need a local cloud.
const DEPLOYED: [&str; 2] = ["tests/e2e", "tests/contract"];

/// Two cores: a third program would only wait.
const AT_ONCE: usize = 2;

/// Programs known to take longest, for a machine that has not run them yet.
const LONGEST: [&str; 5] =
    ["tests/in_process", "policy/permission", "ingest/ingest", "policy/calllog", "tests/main_job"];

impl Program {
    /// Whether it needs a local cloud.
    pub(crate) fn is_deployed(&self) -> bool {
        DEPLOYED.contains(&self.name.as_str())
    }

    /// The program as cargo runs it. It gives way to everything else: the emulator must answer in time.
    pub(crate) fn command(&self) -> Command {
        let mut command = command("nice");
        command
            .args(["-n", "10"])
            .arg(&self.executable)
            .current_dir(&self.directory)
            .env("CARGO_MANIFEST_DIR", &self.directory);
        command
    }
}

/// Builds every test of the workspace.
///
/// # Errors
/// A [`Failure`] with the compiler's first error.
pub(crate) fn build(progress: Progress, log: &Path) -> Result<Vec<Program>, Failure> {
    let mut command =
        cargo::workspace(&["test", "--locked", "--no-run", "--message-format", "json-render-diagnostics"]);
    let messages = cargo::run("building the tests", &mut command, log, progress)?;
    Ok(messages.lines().filter_map(program).collect())
}

/// The test program that a message of cargo names.
fn program(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["profile"]["test"] != true {
        return None;
    }
    let executable = message["executable"].as_str()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let directory = manifest.parent()?;
    let package = directory.file_name()?.to_string_lossy();
    let name = format!("{package}/{}", message["target"]["name"].as_str()?);
    Some(Program { name, executable: executable.into(), directory: directory.to_owned() })
}

/// Runs programs, all of them whatever fails, and adds up what passed.
pub(crate) fn run_all(
    programs: &[Program],
    report: &Report,
    progress: Progress,
    environment: &[(&str, &str)],
) -> (Totals, Result<(), Failure>) {
    let times = Times::read();
    let mut programs: Vec<&Program> = programs.iter().collect();
    programs.sort_by_key(|program| std::cmp::Reverse(times.expected_milliseconds(&program.name)));
    let (next, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new((Totals::default(), 0_usize));
    let took = Mutex::new(times);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let log = report.log(&program.name);
                    let result = run(&program.name, program.command().envs(environment.iter().copied()), &log);
                    let printed = fs::read(&log).unwrap_or_default();
                    let mut totals = cargo_tests(&String::from_utf8_lossy(&printed)).unwrap_or_default();
                    totals.failed = totals.failed.max(usize::from(result.is_err()));
                    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                    took.lock().unwrap_or_else(PoisonError::into_inner).0.insert(program.name.clone(), milliseconds);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.0.add(totals);
                    results.1 += usize::from(result.is_err());
                    if let Err(failure) = result {
                        say(&format!("\n{failure}\n\n"));
                    }
                    progress.note(format!(
                        "{} of {} programs",
                        ended.fetch_add(1, Ordering::Relaxed) + 1,
                        programs.len()
                    ));
                }
            });
        }
    });
    let times = took.into_inner().unwrap_or_else(PoisonError::into_inner);
    if environment.is_empty() {
        times.write();
    }
    let (totals, failed) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let result = match failed {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{failed} of {} test programs failed", programs.len()))),
    };
    (totals, result)
}

/// How long each program took the last time, in milliseconds.
struct Times(BTreeMap<String, u64>);

impl Times {
    fn read() -> Self {
        let text = fs::read_to_string(Self::path()).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    fn write(&self) {
        if let Ok(text) = serde_json::to_string_pretty(&self.0) {
            // It only chooses an order: without it the order is another.
            let _ = fs::write(Self::path(), text);
        }
    }

    fn path() -> PathBuf {
        target("test-times.json")
    }

    /// The last time; without one, what is known to be long comes first.
    fn expected_milliseconds(&self, name: &str) -> u64 {
        let known = LONGEST.iter().rev().position(|long| *long == name).map_or(0, |place| place as u64 + 1);
        self.0.get(name).copied().unwrap_or(known * 60_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_program_is_named_by_its_package_and_target() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"/a/tests/Cargo.toml",
            "target":{"name":"e2e","kind":["test"]},"profile":{"test":true},"executable":"/a/target/e2e-1"}"#;
        let Some(found) = program(message) else { panic!("no program") };
        assert_eq!((found.name.as_str(), found.directory.as_path()), ("tests/e2e", Path::new("/a/tests")));
        assert!(found.is_deployed());
        let library = message.replace("\"test\":true", "\"test\":false");
        assert_eq!(program(&library), None);
        assert_eq!(program("not JSON"), None);
    }

    #[test]
    fn the_longest_come_first() {
        let times = Times(BTreeMap::from([("tests/world".to_owned(), 90_000)]));
        let mut names = ["policy/merge", "policy/permission", "tests/world", "tests/in_process"];
        names.sort_by_key(|name| std::cmp::Reverse(times.expected_milliseconds(name)));
        assert_eq!(names, ["tests/in_process", "policy/permission", "tests/world", "policy/merge"]);
    }
}
