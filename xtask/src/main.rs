//! A developer's commands. Each says what it does, how long it took, and how to fix it when it fails; what a command is
//! asked to print goes to standard output, all else to standard error.

mod bench;
mod check;
mod cloud;
mod failure;
mod progress;
mod samples;
mod soak;
mod tools;
mod up;

use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::failure::Failure;
use crate::progress::say;

const HELP: &str = "\
cargo xtask up [--empty] [--json] [--port PORT]
    Builds everything, starts a local cloud, deploys to it and fills it with the sample recordings.
    Run again, it does only what has changed.
      --empty   no samples, but users and rulebook
      --json    print target/local/stack.json at the end
      --port    listen on this port of loopback instead of the first free one from 4566
cargo xtask token LOGIN
    Prints an access token of a user of the local cloud.
cargo xtask down [--forget]
    Stops the local cloud. Its state stays for the next `up`, unless --forget removes it.
cargo xtask test
    Format, clippy, tests in process, the template, then everything against a local cloud of its own.
cargo xtask bench
    Counts what the functions cost, built as for production, and writes docs/internals/performance.md. Needs valgrind.
cargo xtask soak [--cases N]
    The tests on generated inputs, 10 million a test unless told: hours.
";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Up(up::Options),
    Down { forget: bool },
    Token(String),
    Test,
    Bench,
    Soak { cases: u64 },
    Help,
}

fn main() -> ExitCode {
    let result = parse(lexopt::Parser::from_env())
        .map_err(|error| Failure::new(error.to_string()).fix("`cargo xtask --help` lists the commands."))
        .and_then(|asked| match asked {
            Asked::Up(options) => up::up(options),
            Asked::Down { forget } => up::down(forget),
            Asked::Token(login) => up::token(&login),
            Asked::Test => check::test(),
            Asked::Bench => bench::bench(),
            Asked::Soak { cases } => soak::soak(cases),
            Asked::Help => {
                say(HELP);
                Ok(())
            }
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("\n{failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Asked, lexopt::Error> {
    let mut asked = None;
    while let Some(argument) = parser.next()? {
        asked = Some(match (asked, argument) {
            (_, Long("help") | Short('h')) => return Ok(Asked::Help),
            (None, Value(name)) => match name.to_str() {
                Some("up") => Asked::Up(up::Options::default()),
                Some("down") => Asked::Down { forget: false },
                Some("token") => Asked::Token(parser.value()?.string()?),
                Some("test") => Asked::Test,
                Some("bench") => Asked::Bench,
                Some("soak") => Asked::Soak { cases: soak::CASES },
                Some("help") => Asked::Help,
                _ => return Err(Value(name).unexpected()),
            },
            (Some(Asked::Up(options)), Long("empty")) => Asked::Up(up::Options { empty: true, ..options }),
            (Some(Asked::Up(options)), Long("json")) => Asked::Up(up::Options { json: true, ..options }),
            (Some(Asked::Up(options)), Long("port")) => {
                Asked::Up(up::Options { port: Some(parser.value()?.parse()?), ..options })
            }
            (Some(Asked::Soak { .. }), Long("cases")) => Asked::Soak { cases: parser.value()?.parse()? },
            (Some(Asked::Down { .. }), Long("forget")) => Asked::Down { forget: true },
            (_, other) => return Err(other.unexpected()),
        });
    }
    Ok(asked.unwrap_or(Asked::Help))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parsed(words: &[&str]) -> Result<Asked, String> {
        parse(lexopt::Parser::from_args(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_command_is_understood_with_its_options() {
        assert_eq!(parsed(&["up"]).unwrap(), Asked::Up(up::Options::default()));
        assert_eq!(
            parsed(&["up", "--json", "--empty", "--port", "4600"]).unwrap(),
            Asked::Up(up::Options { empty: true, json: true, port: Some(4600) })
        );
        assert_eq!(parsed(&["down", "--forget"]).unwrap(), Asked::Down { forget: true });
        assert_eq!(parsed(&["token", "yamada"]).unwrap(), Asked::Token("yamada".to_owned()));
        assert_eq!(parsed(&["test"]).unwrap(), Asked::Test);
        assert_eq!(parsed(&["bench"]).unwrap(), Asked::Bench);
        assert_eq!(parsed(&["soak"]).unwrap(), Asked::Soak { cases: 10_000_000 });
        assert_eq!(parsed(&["soak", "--cases", "5"]).unwrap(), Asked::Soak { cases: 5 });
        assert_eq!(parsed(&[]).unwrap(), Asked::Help);
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (words, name) in [
            (&["uup"][..], "uup"),
            (&["down", "--empty"], "--empty"),
            (&["token"], "argument"),
            (&["token", "yamada", "kato"], "kato"),
            (&["up", "--port", "70000"], "70000"),
        ] {
            assert!(parsed(words).unwrap_err().contains(name), "{words:?}");
        }
    }
}
