//! Steps whose output goes to a log each, and the sum of what passed and failed in all of them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::failure::{Act, Failure};
use crate::progress::{Done, Progress, say, watched_step};
use crate::test::count::{Count, Totals};
use crate::tools::{run, target};

/// What passed and failed so far. Steps that run at the same time share it.
pub(crate) struct Report {
    totals: Mutex<Totals>,
    logs: PathBuf,
}

impl Report {
    /// An empty report, and an empty directory for the logs.
    ///
    /// # Errors
    /// A [`Failure`] when the directory cannot be made.
    pub(crate) fn new() -> Result<Self, Failure> {
        let logs = target("test-logs");
        if logs.exists() {
            fs::remove_dir_all(&logs).act(|| format!("remove {}", logs.display()))?;
        }
        fs::create_dir_all(&logs).act(|| format!("make {}", logs.display()))?;
        Ok(Self { totals: Mutex::default(), logs })
    }

    /// The log of a step.
    pub(crate) fn log(&self, step: &str) -> PathBuf {
        self.logs.join(format!("{}.log", step.replace([' ', '/'], "-").replace(['\'', ','], "")))
    }

    /// Where the logs lie.
    pub(crate) fn logs(&self) -> &PathBuf {
        &self.logs
    }

    pub(crate) fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, totals: Totals) {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).add(totals);
    }

    /// Runs a command as a step, and counts what its log says.
    pub(crate) fn command(&self, name: &str, mut command: Command, count: Count) {
        let log = self.log(name);
        self.step(name, |_| {
            let result = run(name, &mut command, &log);
            let printed = fs::read(&log).unwrap_or_default();
            (count(&String::from_utf8_lossy(&printed)).unwrap_or_default(), result)
        });
    }

    /// Runs a step that is needed by others, and counts as one check. Nothing is returned if it failed.
    pub(crate) fn prepare<T>(&self, name: &str, act: impl FnOnce(Progress) -> Result<Done<T>, Failure>) -> Option<T> {
        let result = watched_step(name, act);
        match result {
            Ok(value) => Some(value),
            Err(failure) => {
                self.fail(&failure);
                None
            }
        }
    }

    /// Runs a step that counts its own tests. One that names no test is one check.
    pub(crate) fn step(&self, name: &str, act: impl FnOnce(Progress) -> (Totals, Result<(), Failure>)) {
        let mut totals = Totals::default();
        let result = watched_step(name, |progress| {
            let (counted, result) = act(progress);
            totals = counted;
            // A step that fails without naming a test, a build that does not compile among them, is one failure.
            totals.failed = totals.failed.max(usize::from(result.is_err()));
            if totals == Totals::default() {
                totals.passed = 1;
            }
            let note = if totals.passed > 1 { format!("{} passed", totals.passed) } else { String::new() };
            result.map(|()| Done::new((), note))
        });
        self.add(totals);
        if let Err(failure) = result {
            say(&format!("\n{failure}\n\n"));
        }
    }

    /// Counts and shows a failure outside any test.
    pub(crate) fn fail(&self, failure: &Failure) {
        self.add(Totals { passed: 0, failed: 1 });
        say(&format!("\n{failure}\n\n"));
    }
}
