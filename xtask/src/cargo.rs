//! Cargo's commands over the workspace: one profile, one target and one set of features, so that `sam build` finds the
//! functions of the local cloud built.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::failure::{Act, Failure};
use crate::profile::Profile;
use crate::progress::Progress;
use crate::tools::{self, TARGET, root, target};

/// A cargo command over the whole workspace.
pub(crate) fn workspace(arguments: &[&str]) -> Command {
    let mut command = tools::command("cargo");
    let profile = Profile::chosen().name();
    command.args(&arguments[..1]).args(["--workspace", "--profile", profile, "--target", TARGET]).args(&arguments[1..]);
    command
}

/// The same for a check that gives way to everything else: the emulator must answer in time.
pub(crate) fn yielding(arguments: &[&str]) -> Command {
    let cargo = workspace(arguments);
    let mut command = tools::command("nice");
    command.args(["-n", "10"]).arg(cargo.get_program()).args(cargo.get_args());
    command
}

/// The functions' names: the packages under `functions` that have a program.
///
/// # Errors
/// A [`Failure`] when the directory cannot be read.
pub(crate) fn functions() -> Result<Vec<String>, Failure> {
    let directory = root().join("functions");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).act(|| format!("read {}", directory.display()))? {
        let entry = entry.act(|| format!("read {}", directory.display()))?;
        if entry.path().join("src/main.rs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Where cargo puts a program of the workspace.
pub(crate) fn binary(name: &str) -> PathBuf {
    target(TARGET).join(Profile::chosen().name()).join(name)
}

/// Builds every function with one cargo invocation. `sam build` then finds each of them fresh.
///
/// # Errors
/// A [`Failure`] with the compiler's first error.
pub(crate) fn build_functions(progress: Progress, log: &Path) -> Result<(), Failure> {
    let mut command = workspace(&["build"]);
    for name in functions()? {
        command.args(["--bin", &name]);
    }
    run("building the functions", &mut command, log, progress).map(|_| ())
}

/// Runs a cargo command to its end, says how many crates are built of how many, and gives what it wrote to standard
/// output.
///
/// # Errors
/// A [`Failure`] with the end of what it wrote to standard error, when it does not succeed.
pub(crate) fn run(act: &str, command: &mut Command, log: &Path, progress: Progress) -> Result<String, Failure> {
    let mut output = File::create(log).act(|| format!("write {}", log.display()))?;
    command
        .env("CARGO_TERM_COLOR", "never")
        // Cargo tells only a terminal how far it is, unless it is asked.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().act(|| format!("start {act}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let answer = thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut text = String::new();
            stdout.map(|mut stdout| stdout.read_to_string(&mut text)).transpose().map(|_| text)
        });
        if let Some(stderr) = stderr {
            for line in lines(BufReader::new(stderr)) {
                if let Some((done, all)) = built(&line) {
                    progress.note(format!("{done} of {all} crates"));
                } else if !line.trim().is_empty() {
                    // A log on a full disk is no reason to stop a build: the build itself will say so.
                    let _ = writeln!(output, "{line}");
                }
            }
        }
        reader.join()
    });
    let status = child.wait().act(|| format!("wait for {act}"))?;
    if !status.success() {
        let printed = fs::read(log).unwrap_or_default();
        return Err(Failure::new(format!("{act} failed ({status})"))
            .fix(format!("Everything it printed is in {}", log.display()))
            .log_tail(&String::from_utf8_lossy(&printed)));
    }
    match answer {
        Ok(read) => read.act(|| format!("read what {act} answered")),
        Err(_) => Err(Failure::new(format!("what {act} answered was not read to its end"))),
    }
}

/// The lines of a stream in which a carriage return ends a line too.
fn lines(mut stream: impl BufRead) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        loop {
            let buffer = stream.fill_buf().ok()?;
            if buffer.is_empty() {
                return (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned());
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(buffer.len());
            line.extend_from_slice(&buffer[..taken]);
            stream.consume(end.map_or(taken, |end| end + 1));
            if end.is_some() {
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
        }
    })
}

/// How many crates are built of how many, from a line like `Building [==>   ] 12/345: serde, syn(build)`.
fn built(line: &str) -> Option<(u32, u32)> {
    let line = line.trim_start_matches(['\u{1b}', '[', 'K', ' ']);
    let count = line.strip_prefix("Building [")?.split_once("] ")?.1;
    let (done, rest) = count.split_once('/')?;
    let all: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((done.trim().parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_progress_is_read() {
        assert_eq!(built("    Building [=====>        ] 12/345: serde, syn(build)"), Some((12, 345)));
        assert_eq!(built("    Building [             ] 0/7"), Some((0, 7)));
        assert_eq!(built("   Compiling serde v1.0.228"), None);
        assert_eq!(built("error: Building [x] y/z"), None);
    }

    #[test]
    fn a_carriage_return_ends_a_line() {
        let found: Vec<String> = lines(&b"one\rtwo\n\nthree"[..]).collect();
        assert_eq!(found, ["one", "two", "", "three"]);
    }

    #[test]
    fn every_function_is_found() {
        let Ok(functions) = functions() else { panic!("no functions") };
        assert!(functions.iter().any(|name| name == "ingest") && functions.iter().any(|name| name == "sweep"));
    }
}
