//! Why a command stopped, and how to fix it.

use std::error::Error;
use std::fmt;

type Source = Box<dyn Error + Send + Sync>;

/// What ends a command: the cause, the fix where there is one, and the end of the log that shows it.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: String,
    fix: Option<String>,
    log_tail: Option<String>,
    source: Option<Source>,
}

impl Failure {
    /// A failure whose cause is one sentence.
    pub(crate) fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: None, log_tail: None, source: None }
    }

    /// The same failure with what to do about it.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same failure with the last lines of what was printed, and with the tests before them that TAP calls failed: a
    /// runner that speaks TAP goes on after them, and says at its end how many they were.
    pub(crate) fn log_tail(mut self, text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(Self::LOG_LINES);
        let failed = (0..from).filter(|at| lines[*at].trim_start().starts_with("not ok ")).take(Self::TAP_TESTS);
        let mut shown: Vec<&str> = Vec::new();
        for at in failed {
            shown.extend(&lines[at..from.min(at + Self::TAP_LINES)]);
            shown.push("…");
        }
        shown.extend(&lines[from..]);
        self.log_tail = Some(shown.join("\n"));
        self
    }

    /// 3 failed tests of TAP are shown whole; the log has all.
    const TAP_TESTS: usize = 3;

    /// 20 lines: a failed test's name, place, error and the top of its stack.
    const TAP_LINES: usize = 20;

    /// 25 lines: a compiler's first error, and still one screen.
    const LOG_LINES: usize = 25;
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tail) = &self.log_tail {
            writeln!(formatter, "{tail}\n")?;
        }
        write!(formatter, "{}", self.cause)?;
        if let Some(source) = &self.source {
            write!(formatter, ": {source}")?;
        }
        if let Some(fix) = &self.fix {
            write!(formatter, "\n  {fix}")?;
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Names the act that an error of the operating system, or a text that could not be read, stopped.
pub(crate) trait Act<T> {
    /// The value, or a [`Failure`] that says "cannot `act`" and keeps its source.
    fn act(self, act: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<Source>> Act<T> for Result<T, E> {
    fn act(self, act: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|source| Failure { source: Some(source.into()), ..Failure::new(format!("cannot {}", act())) })
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_test_that_failed_long_before_the_end_of_its_log_is_shown() {
        let mut log: Vec<String> = (0..200).map(|number| format!("ok {number} - passed {number}")).collect();
        log[60] = "not ok 60 - what broke\n  error: 'false == true'".to_owned();
        let shown = Failure::new("it failed").log_tail(&log.join("\n")).to_string();
        assert!(shown.contains("not ok 60 - what broke\n  error: 'false == true'"), "{shown}");
        assert!(shown.contains("passed 199") && !shown.contains("passed 120"), "{shown}");
    }
}
