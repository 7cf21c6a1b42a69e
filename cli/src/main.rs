//! `rokuban`: wires the command line to the library. The result goes to standard output, all else to standard error.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use oidc::{HttpClient, Roots};
use rokuban::args::{Arguments, Command, Doctor, Import, Login};
use rokuban::{Ending, Failure, Show, Stop, check, connect, doctor, login, run};

/// Some files failed, it was stopped, the rulebook has faults, or the stack has.
const NOT_ALL: u8 = 1;

/// It could not begin as requested.
const WRONG: u8 = 2;

/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Login(arguments) => wait_for(sign_in(&arguments)),
        Command::Check(arguments) => {
            check(&arguments, Timestamp::now(), &mut stdout()).map_err(|failure| failure.to_string())
        }
        Command::Doctor(arguments) => wait_for(look(&arguments)),
        Command::Import(arguments) => wait_for(import(&arguments)),
    };
    match ended {
        Ok(Ending::Well) => ExitCode::SUCCESS,
        Ok(Ending::NotAll) => ExitCode::from(NOT_ALL),
        Err(failure) => {
            let _ = writeln!(stderr(), "error: {failure}");
            ExitCode::from(WRONG)
        }
    }
}

fn wait_for(command: impl Future<Output = Result<Ending, Failure>>) -> Result<Ending, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(command).map_err(|failure| failure.to_string())
}

async fn look(arguments: &Doctor) -> Result<Ending, Failure> {
    let connection = connect::connection(&arguments.account).await?;
    doctor(arguments, &connection, &mut stdout()).await
}

async fn import(arguments: &Import) -> Result<Ending, Failure> {
    let now = Timestamp::now();
    let options = connect::options(arguments, now)?;
    let cloud = connect::cloud(arguments).await?;
    let stop = Stop::default();
    tokio::spawn(stop_on_interrupt(stop.clone()));
    let show = if stderr().is_terminal() { Show::Bar } else { Show::Lines };
    run(&options, cloud.as_ref(), now, &stop, show, &mut stdout()).await
}

async fn sign_in(arguments: &Login) -> Result<Ending, Failure> {
    let token = login(arguments, &HttpClient::new(Roots::Machine), Timestamp::now, |address| {
        let _ = writeln!(stderr(), "Sign in at this address, in a browser on this machine:\n\n  {address}\n");
        if !arguments.no_browser {
            open(address);
        }
    })
    .await?;
    let written = writeln!(stdout(), "{}", token.expose());
    written.map(|()| Ending::Well).map_err(Failure::unwritten)
}

/// Opens the person's browser. Without a browser, the address that was printed is enough.
fn open(address: &str) {
    let mut command = if cfg!(target_os = "macos") {
        std::process::Command::new("open")
    } else if cfg!(windows) {
        let mut command = std::process::Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        std::process::Command::new("xdg-open")
    };
    let quiet = std::process::Stdio::null;
    let _ = command.arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}

/// The first Ctrl-C lets running uploads finish, the second ends at once.
async fn stop_on_interrupt(stop: Stop) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    stop.request();
    let _ = writeln!(stderr(), "\nStopping: what is being sent is finished. Ctrl-C again ends it at once.");
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(INTERRUPTED);
    }
}
