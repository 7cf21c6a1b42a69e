//! A developer's commands. Each says what it does, how long it took, and how to fix it when it fails. What a command is
//! run for goes to standard output, everything else to standard error.

mod bench;
mod cargo;
mod cloud;
mod console;
mod deploy;
mod failure;
mod fill;
mod local;
mod profile;
mod progress;
mod python;
mod samples;
mod shift;
mod soak;
mod stack;
mod summary;
mod test;
mod tidy;
mod tools;
mod up;

use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::failure::Failure;
use crate::progress::{answer, say, step};
use crate::test::Scope;

const HELP: &str = "\
cargo xtask up [--empty] [--json] [--port PORT] [--console-port PORT]
    Builds everything, starts a local cloud, deploys to it and fills it with the sample recordings. The console is at
    http://localhost:8400 then.
    Run again, it does only what has changed.
      --empty   no samples, but users and rulebook
      --json    print target/local/stack.json at the end
      --port    listen on this port of loopback (1024 to 65535) instead of the first free one from 4566
      --console-port    the console's port, instead of the first free one from 8400
cargo xtask token LOGIN
    Prints an access token of a user of the local cloud.
cargo xtask down [--forget]
    Stops the local cloud. Its state stays for the next `up`, unless --forget removes it.
cargo xtask test [--quick]
    Everything that must hold before a change lands: format, clippy, documentation, the template, every test in process,
    and the deployed system in a local cloud of its own.
      --quick   format, clippy and the tests in process, on fewer generated inputs
cargo xtask tidy [--renew]
    The house rules that no compiler knows: imports one way, the glossary's words, short files. A part of `test`.
      --renew   takes what was repaired out of xtask/tidy.toml
cargo xtask bench [--scale]
    Counts what the functions cost, built as for production, and writes docs/internals/performance.md. Needs valgrind.
      --scale   only its section on the sweep at scale, which is kept otherwise
cargo xtask soak [--cases N]
    The tests on generated inputs, 10 million a test by default: hours.
cargo xtask tools
    Installs what deploys to a real account (SAM, cargo-lambda, zig) under target/deploy-venv/bin.
cargo xtask help
    Prints this.
";

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Up(up::Options),
    Down { forget: bool },
    Token(String),
    Test(Scope),
    Bench { scale: bool },
    Soak { cases: u64 },
    Tidy { renew: bool },
    Tools,
    Help,
}

fn main() -> ExitCode {
    let result = parse(lexopt::Parser::from_env())
        .map_err(|error| Failure::new(error.to_string()).fix("`cargo xtask --help` lists the commands."))
        .and_then(|request| match request {
            Request::Up(options) => up::up(options),
            Request::Down { forget } => up::down(forget),
            Request::Token(login) => up::token(&login),
            Request::Test(scope) => test::test(scope),
            Request::Bench { scale: false } => bench::bench(),
            Request::Bench { scale: true } => bench::scale(),
            Request::Soak { cases } => soak::soak(cases),
            Request::Tidy { renew } => tidy::tidy(renew),
            Request::Tools => step("tools that deploy", || python::DEPLOY.make())
                .and_then(|()| answer(&python::DEPLOY.path().join("bin").display().to_string())),
            Request::Help => answer(HELP),
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("\n{failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Request, lexopt::Error> {
    let mut request = None;
    while let Some(argument) = parser.next()? {
        request = Some(match (request, argument) {
            (_, Long("help") | Short('h')) => return Ok(Request::Help),
            (None, Value(name)) => match name.to_str() {
                Some("up") => Request::Up(up::Options::default()),
                Some("down") => Request::Down { forget: false },
                Some("token") => Request::Token(parser.value()?.string()?),
                Some("test") => Request::Test(Scope::Everything),
                Some("bench") => Request::Bench { scale: false },
                Some("soak") => Request::Soak { cases: soak::CASES },
                Some("tidy") => Request::Tidy { renew: false },
                Some("tools") => Request::Tools,
                Some("help") => Request::Help,
                _ => return Err(Value(name).unexpected()),
            },
            (Some(Request::Up(options)), Long("empty")) => Request::Up(up::Options { empty: true, ..options }),
            (Some(Request::Up(options)), Long("json")) => Request::Up(up::Options { json: true, ..options }),
            (Some(Request::Up(options)), Long("port")) => {
                Request::Up(up::Options { port: Some(port("--port", &parser.value()?.string()?)?), ..options })
            }
            (Some(Request::Up(options)), Long("console-port")) => {
                let console_port = Some(port("--console-port", &parser.value()?.string()?)?);
                Request::Up(up::Options { console_port, ..options })
            }
            (Some(Request::Test(_)), Long("quick")) => Request::Test(Scope::Quick),
            (Some(Request::Soak { .. }), Long("cases")) => Request::Soak { cases: parser.value()?.parse()? },
            (Some(Request::Tidy { .. }), Long("renew")) => Request::Tidy { renew: true },
            (Some(Request::Bench { .. }), Long("scale")) => Request::Bench { scale: true },
            (Some(Request::Down { .. }), Long("forget")) => Request::Down { forget: true },
            (_, other) => return Err(other.unexpected()),
        });
    }
    Ok(request.unwrap_or(Request::Help))
}

/// A port that needs no privilege.
fn port(option: &str, text: &str) -> Result<u16, lexopt::Error> {
    match text.parse() {
        Ok(port @ 1024..) => Ok(port),
        _ => Err(format!("{option} takes a number from 1024 to 65535, not `{text}`").into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parsed(words: &[&str]) -> Result<Request, String> {
        parse(lexopt::Parser::from_args(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_command_is_understood_with_its_options() {
        assert_eq!(parsed(&["up"]).unwrap(), Request::Up(up::Options::default()));
        assert_eq!(
            parsed(&["up", "--json", "--empty", "--port", "4600", "--console-port", "8500"]).unwrap(),
            Request::Up(up::Options { empty: true, json: true, port: Some(4600), console_port: Some(8500) })
        );
        assert_eq!(parsed(&["down", "--forget"]).unwrap(), Request::Down { forget: true });
        assert_eq!(parsed(&["token", "yamada"]).unwrap(), Request::Token("yamada".to_owned()));
        assert_eq!(parsed(&["test"]).unwrap(), Request::Test(Scope::Everything));
        assert_eq!(parsed(&["test", "--quick"]).unwrap(), Request::Test(Scope::Quick));
        assert_eq!(parsed(&["bench"]).unwrap(), Request::Bench { scale: false });
        assert_eq!(parsed(&["bench", "--scale"]).unwrap(), Request::Bench { scale: true });
        assert_eq!(parsed(&["soak"]).unwrap(), Request::Soak { cases: 10_000_000 });
        assert_eq!(parsed(&["soak", "--cases", "5"]).unwrap(), Request::Soak { cases: 5 });
        assert_eq!(parsed(&["tidy"]).unwrap(), Request::Tidy { renew: false });
        assert_eq!(parsed(&["tidy", "--renew"]).unwrap(), Request::Tidy { renew: true });
        assert_eq!(parsed(&["tools"]).unwrap(), Request::Tools);
        assert_eq!(parsed(&[]).unwrap(), Request::Help);
    }

    #[test]
    fn the_help_names_every_command() {
        for name in ["up", "token", "down", "test", "bench", "soak", "tidy", "tools", "help"] {
            assert!(HELP.contains(&format!("cargo xtask {name}")), "{name}");
            assert!(!matches!(parsed(&[name]), Err(error) if error.contains("unexpected")), "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (words, name) in [
            (&["uup"][..], "uup"),
            (&["down", "--empty"], "--empty"),
            (&["token"], "argument"),
            (&["token", "yamada", "kato"], "kato"),
            (&["up", "--port", "70000"], "1024 to 65535"),
            (&["up", "--port", "80"], "1024 to 65535"),
            (&["up", "--console-port", "x"], "--console-port takes a number"),
        ] {
            assert!(parsed(words).unwrap_err().contains(name), "{words:?}");
        }
    }
}
