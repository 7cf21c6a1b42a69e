//! Steps, each with its name, its result and its time, on standard error. Several may run at once: those that run share
//! the last line of the terminal.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Act, Failure};

/// What a step gave, and a few words on it for the person who watches.
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

/// A step that runs.
struct Running {
    id: usize,
    name: String,
    started: Instant,
    /// How far it is, in its own words.
    note: String,
}

/// Every step that runs, and how many there have been.
struct Board {
    running: Vec<Running>,
    steps: usize,
    /// When a file or a pipe was last told what runs.
    reported: Option<Instant>,
}

static BOARD: Mutex<Board> = Mutex::new(Board { running: Vec::new(), steps: 0, reported: None });

/// Lets a step say how far it is.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    id: usize,
}

impl Progress {
    /// Replaces what is said of the step while it runs.
    pub(crate) fn note(self, note: impl Into<String>) {
        if let Some(step) = board().running.iter_mut().find(|step| step.id == self.id) {
            step.note = note.into();
        }
    }
}

/// A terminal is drawn five times a second.
const REDRAW: Duration = Duration::from_millis(200);

/// Where there is no terminal, a line says twice a minute what runs.
const REPORT: Duration = Duration::from_secs(30);

/// 78 columns: a line that a terminal does not wrap.
const COLUMNS: usize = 78;

/// Runs a step and shows it while it runs and when it ends.
pub(crate) fn step<T>(name: &str, act: impl FnOnce() -> Result<Done<T>, Failure>) -> Result<T, Failure> {
    watched_step(name, |_| act())
}

/// Runs a step that says how far it is.
pub(crate) fn watched_step<T>(
    name: &str,
    act: impl FnOnce(Progress) -> Result<Done<T>, Failure>,
) -> Result<T, Failure> {
    start_watching();
    let started = Instant::now();
    let id = {
        let mut board = board();
        board.steps += 1;
        let id = board.steps;
        board.running.push(Running { id, name: name.to_owned(), started, note: String::new() });
        id
    };
    let result = act(Progress { id });
    let seconds = started.elapsed().as_secs_f64();
    let mark = if result.is_ok() { ' ' } else { '✗' };
    let note = result.as_ref().map_or("failed", |done| done.note.as_str());
    let mut board = board();
    board.running.retain(|step| step.id != id);
    let line = format!("{mark} {name:<38} {seconds:>6.1} s  {note}");
    print(&format!("{}{}\n", clear(), line.trim_end()));
    result.map(|done| done.value)
}

/// Prints to standard error. That nobody reads it is no reason to stop.
pub(crate) fn say(text: &str) {
    let _board = board();
    print(&format!("{}{text}", clear()));
}

/// Prints what a command was run for, to standard output.
///
/// # Errors
/// A [`Failure`] when standard output cannot be written. A reader that has gone is no failure.
pub(crate) fn answer(text: &str) -> Result<(), Failure> {
    let mut stream = stdout().lock();
    let ending = if text.ends_with('\n') { "" } else { "\n" };
    match stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(ending.as_bytes())) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.act(|| "write to standard output".to_owned()),
    }
}

fn board() -> MutexGuard<'static, Board> {
    BOARD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn print(text: &str) {
    let mut stream = stderr();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// What removes the line of running steps from a terminal.
fn clear() -> &'static str {
    if stderr().is_terminal() { "\r\x1b[K" } else { "" }
}

/// Starts the thread that shows what runs. It ends with the command.
fn start_watching() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            let terminal = stderr().is_terminal();
            loop {
                thread::sleep(REDRAW);
                let mut board = board();
                if board.running.is_empty() {
                    continue;
                }
                if terminal {
                    print(&format!("\r\x1b[K  {}", shortened(&status(&board.running), COLUMNS)));
                } else if board.running.iter().any(|step| step.started.elapsed() > REPORT)
                    && board.reported.is_none_or(|at| at.elapsed() > REPORT)
                {
                    board.reported = Some(Instant::now());
                    print(&format!("    … {}\n", status(&board.running)));
                }
            }
        });
    });
}

/// What runs, in one line.
fn status(running: &[Running]) -> String {
    let parts: Vec<String> = running
        .iter()
        .map(|step| {
            let separator = if step.note.is_empty() { "" } else { ": " };
            format!("{}{separator}{} {:.0} s", step.name, step.note, step.started.elapsed().as_secs_f64())
        })
        .collect();
    parts.join(" · ")
}

/// The beginning of a line.
fn shortened(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    line.chars().take(columns - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_fits_one_line() {
        let running = |name: &str, note: &str| Running {
            id: 0,
            name: name.to_owned(),
            started: Instant::now(),
            note: note.to_owned(),
        };
        let line = status(&[running("functions", "12 of 345 crates"), running("Python environment", "")]);
        assert_eq!(line, "functions: 12 of 345 crates 0 s · Python environment 0 s");
        assert_eq!(shortened(&line, 12), "functions: …");
        assert_eq!(shortened(&line, 100), line);
    }
}
