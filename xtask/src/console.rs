//! The console of a local cloud: a small server that gives it an address of its own, <http://localhost:8400> or the first
//! free port after it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Act, Failure};
use crate::tools::{self, root};

/// Where the console is unless something else listens there.
const USUAL_PORT: u16 = 8400;

/// How long the server may take to listen, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// The console of one cloud, by what the cloud's directory remembers.
pub(crate) struct Console<'a> {
    directory: &'a Path,
}

impl<'a> Console<'a> {
    /// The console of the cloud in a directory.
    pub(crate) fn of(directory: &'a Path) -> Self {
        Self { directory }
    }

    /// Where it is: the port asked for, else the one it had, else the first free one. Remembered, for the stack is
    /// deployed with it.
    ///
    /// # Errors
    /// A [`Failure`] when no port is free.
    pub(crate) fn origin(&self, wanted: Option<u16>, is_free: impl Fn(u16) -> bool) -> Result<String, Failure> {
        let remembered =
            fs::read_to_string(self.directory.join("console-port")).ok().and_then(|text| text.parse().ok());
        let port = match (wanted.or(remembered), self.process()) {
            // It listens there itself.
            (Some(port), Some(_)) if remembered == Some(port) => port,
            (Some(port), _) if is_free(port) => port,
            (Some(port), _) if wanted.is_some() => {
                return Err(Failure::new(format!("port {port} is taken by another program"))
                    .fix("Name another one: `cargo xtask up --console-port PORT`."));
            }
            _ => (USUAL_PORT..USUAL_PORT + 100).find(|port| is_free(*port)).ok_or_else(|| {
                Failure::new(format!("every port from {USUAL_PORT} to {} is taken", USUAL_PORT + 99))
                    .fix("Name a free one: `cargo xtask up --console-port PORT`.")
            })?,
        };
        if remembered != Some(port) {
            self.stop()?;
        }
        fs::write(self.directory.join("console-port"), port.to_string()).act(|| "remember the port".to_owned())?;
        Ok(format!("http://localhost:{port}"))
    }

    /// Starts the server, unless it serves this very API already.
    ///
    /// # Errors
    /// A [`Failure`] when it does not come up.
    pub(crate) fn start(&self, python: Command, origin: &str, api_url: &str) -> Result<(), Failure> {
        let served = self.directory.join("console-serves");
        let wanted = format!("{origin} {api_url}");
        if self.process().is_some() && fs::read_to_string(&served).is_ok_and(|text| text == wanted) {
            return Ok(());
        }
        self.stop()?;
        let port: u16 = origin.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(USUAL_PORT);
        let log = self.directory.join("console.log");
        let output = File::create(&log).act(|| format!("write {}", log.display()))?;
        let errors = output.try_clone().act(|| format!("write {}", log.display()))?;
        let mut python = python;
        let mut child = python
            .arg(root().join("xtask/console.py"))
            .arg(port.to_string())
            .arg(api_url)
            .env("CONSOLE_OF", self.directory)
            .stdout(output)
            .stderr(errors)
            .process_group(0) // it outlives this command, and an interrupt of this command
            .spawn()
            .act(|| "start the console's server".to_owned())?;
        fs::write(self.directory.join("console-pid"), child.id().to_string())
            .act(|| "remember the process".to_owned())?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = child.try_wait().act(|| "look after the console's server".to_owned())?;
            if ended.is_some() || Instant::now() > deadline {
                let printed = fs::read_to_string(&log).unwrap_or_default();
                return Err(Failure::new("the console's server did not come up").log_tail(&printed));
            }
            thread::sleep(Duration::from_millis(50));
        }
        fs::write(&served, wanted).act(|| "remember what is served".to_owned())
    }

    /// Stops the server, if it runs.
    ///
    /// # Errors
    /// A [`Failure`] when it does not end.
    pub(crate) fn stop(&self) -> Result<(), Failure> {
        let Some(process) = self.process() else {
            return Ok(());
        };
        tools::ask("kill", tools::command("kill").args(["-TERM", &process.to_string()]), "")?;
        let deadline = Instant::now() + PATIENCE;
        while self.process().is_some() {
            if Instant::now() > deadline {
                return Err(Failure::new(format!("the console's server (process {process}) does not end")));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The process id, if the process that this directory remembers is still its console: ids are used again.
    fn process(&self) -> Option<u32> {
        let process: u32 = fs::read_to_string(self.directory.join("console-pid")).ok()?.parse().ok()?;
        let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
        let mark = format!("CONSOLE_OF={}", self.directory.display());
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()).then_some(process)
    }
}
