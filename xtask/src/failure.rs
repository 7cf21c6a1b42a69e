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

    /// The same failure with the last lines of what was printed.
    pub(crate) fn log_tail(mut self, text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(Self::LOG_LINES);
        self.log_tail = Some(lines[from..].join("\n"));
        self
    }

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
