//! Steps as they go by: each with its name, what came of it and its time, on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// What a step gave, and a few words on it for who watches.
pub(crate) struct Done<T> {
    pub(crate) value: T,
    pub(crate) note: String,
}

impl<T> Done<T> {
    /// A value, and what to say of it (nothing, if empty).
    pub(crate) fn new(value: T, note: impl Into<String>) -> Self {
        Self { value, note: note.into() }
    }
}

/// Runs a step and shows its name at once, its time while it runs (on a terminal) and when it ends.
pub(crate) fn step<T>(name: &str, act: impl FnOnce() -> Result<Done<T>, Failure>) -> Result<T, Failure> {
    let started = Instant::now();
    let terminal = stderr().is_terminal();
    say(&if terminal { String::new() } else { format!("  {name} …\n") });
    let (ended, ends) = channel::<()>();
    let result = thread::scope(|scope| {
        if terminal {
            scope.spawn(move || {
                while ends.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                    say(&format!("\r  {name:<38} {:>6.1} s", started.elapsed().as_secs_f64()));
                }
            });
        }
        let result = act();
        drop(ended);
        result
    });
    let seconds = started.elapsed().as_secs_f64();
    let mark = if result.is_ok() { ' ' } else { '✗' };
    let note = result.as_ref().map_or("failed", |done| done.note.as_str());
    let start = if terminal { "\r" } else { "" };
    say(format!("{start}{mark} {name:<38} {seconds:>6.1} s  {note}").trim_end());
    say("\n");
    result.map(|done| done.value)
}

/// Prints to standard error. That nobody reads it is no reason to stop.
pub(crate) fn say(text: &str) {
    let mut stream = stderr();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
