//! A local cloud: one ministack process on loopback, its state in a directory of its own. Two of them, in this checkout or
//! in another, share nothing.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::console::Console;
use crate::failure::{Act, Failure};
use crate::progress::Done;
use crate::python;
use crate::tools::{self, REGION, target};

/// Where ministack listens unless something else does, or another port is asked for.
const USUAL_PORT: u16 = 4566;

/// How long the process may take to answer after its start, or to save its state and end.
const PATIENCE: Duration = Duration::from_mins(1);

/// One local cloud, running or not.
pub(crate) struct Cloud {
    directory: PathBuf,
}

impl Cloud {
    /// The cloud of `cargo xtask up`.
    pub(crate) fn developers() -> Self {
        Self { directory: target("local") }
    }

    /// The cloud of `cargo xtask test`, always made anew.
    pub(crate) fn tests() -> Self {
        Self { directory: target("test-cloud") }
    }

    /// A file of this cloud's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A program of the project's Python environment that speaks to this cloud.
    ///
    /// # Errors
    /// A [`Failure`] when this cloud was never started.
    pub(crate) fn command(&self, program: &str) -> Result<Command, Failure> {
        let mut command = tools::python_command(&python::UP.path(), program);
        command.env("AWS_ENDPOINT_URL", self.endpoint()?);
        Ok(command)
    }

    /// Where this cloud answers.
    ///
    /// # Errors
    /// A [`Failure`] when this cloud was never started.
    pub(crate) fn endpoint(&self) -> Result<String, Failure> {
        match self.remembered_port() {
            Some(port) => Ok(format!("http://127.0.0.1:{port}")),
            None => Err(Failure::new("there is no local cloud here yet").fix("`cargo xtask up` makes one.")),
        }
    }

    /// Starts the process and waits until it answers. One that runs already is left alone.
    ///
    /// # Errors
    /// A [`Failure`] when the port is taken or the process does not come up.
    pub(crate) fn start(&self, wanted_port: Option<u16>) -> Result<Done<()>, Failure> {
        fs::create_dir_all(&self.directory).act(|| format!("make {}", self.directory.display()))?;
        if self.process().is_some() {
            let port = self.remembered_port().unwrap_or_default();
            if wanted_port.is_some_and(|wanted| wanted != port) {
                return Err(Failure::new(format!("the local cloud runs already, on port {port}"))
                    .fix("`cargo xtask down` stops it."));
            }
            return Ok(Done::new((), format!("runs already, on port {port}")));
        }
        let fresh = self.make_state_sound()?;
        let port = self.choose_port(wanted_port)?;
        fs::write(self.file("port"), port.to_string()).act(|| "remember the port".to_owned())?;
        let log = self.file("ministack.log");
        let output = File::create(&log).act(|| format!("write {}", log.display()))?;
        let errors = output.try_clone().act(|| format!("write {}", log.display()))?;
        fs::create_dir_all(self.file("tmp")).act(|| "make the cloud's own directory of temporary files".to_owned())?;
        let mut child = self
            .command("ministack")?
            .env("AUTH", "true")
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .env("GATEWAY_PORT", port.to_string())
            .env("TMPDIR", self.file("tmp"))
            .env("STATE_DIR", self.file("state"))
            .env("S3_DATA_DIR", self.file("s3"))
            .env("PERSIST_STATE", "1")
            .env("S3_PERSIST", "1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .stdout(output)
            .stderr(errors)
            .process_group(0) // it outlives this command, and an interrupt of this command
            .spawn()
            .act(|| "start ministack".to_owned())?;
        fs::write(self.file("pid"), child.id().to_string()).act(|| "remember the process".to_owned())?;
        let deadline = Instant::now() + PATIENCE;
        while !answers(port) {
            let ended = child.try_wait().act(|| "look after ministack".to_owned())?;
            if ended.is_some() || Instant::now() > deadline {
                let printed = fs::read_to_string(&log).unwrap_or_default();
                return Err(Failure::new("ministack did not come up").log_tail(&printed).fix(format!(
                    "Everything it printed is in {}. `cargo xtask down --forget` starts afresh.",
                    log.display()
                )));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(Done::new((), format!("{}port {port}", if fresh { "empty, " } else { "" })))
    }

    /// Where the console of this cloud is.
    ///
    /// # Errors
    /// A [`Failure`] when no port is free.
    pub(crate) fn console_origin(&self, wanted_port: Option<u16>) -> Result<String, Failure> {
        Console::of(&self.directory).origin(wanted_port, is_free)
    }

    /// Serves the console at its origin.
    ///
    /// # Errors
    /// A [`Failure`] when its server does not come up.
    pub(crate) fn serve_console(&self, origin: &str, api_url: &str) -> Result<(), Failure> {
        Console::of(&self.directory).start(self.command("python")?, origin, api_url)
    }

    /// Stops the process and waits until its state is saved. Whether there was one.
    ///
    /// # Errors
    /// A [`Failure`] when it does not end.
    pub(crate) fn stop(&self) -> Result<bool, Failure> {
        Console::of(&self.directory).stop()?;
        let Some(process) = self.process() else {
            return Ok(false);
        };
        tools::ask("kill", tools::command("kill").args(["-TERM", &process.to_string()]), "")?;
        let deadline = Instant::now() + PATIENCE;
        while self.process().is_some() {
            if Instant::now() > deadline {
                return Err(Failure::new(format!("ministack (process {process}) does not end"))
                    .fix(format!("`kill -KILL {process}` ends it; what it holds is lost then.")));
            }
            thread::sleep(Duration::from_millis(100));
        }
        // Written last: state without this file was not saved whole.
        fs::write(self.file("state/saved"), "").act(|| "mark the state as saved".to_owned())?;
        fs::remove_file(self.file("pid")).act(|| "forget the process".to_owned())?;
        Ok(true)
    }

    /// Removes all that is kept of this cloud, which must not run.
    ///
    /// # Errors
    /// A [`Failure`] when something cannot be removed.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).act(|| format!("remove {}", self.directory.display()))
            }
            _ => Ok(()),
        }
    }

    /// The process id, if the process that this directory remembers is still this cloud: ids are used again, so its
    /// environment must name this very directory.
    fn process(&self) -> Option<u32> {
        let process: u32 = fs::read_to_string(self.file("pid")).ok()?.parse().ok()?;
        let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
        let mark = format!("STATE_DIR={}", self.file("state").display());
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()).then_some(process)
    }

    /// Makes sure that the state to start from was saved whole, and starts from none if it was not: the emulator keeps
    /// objects as it goes but all else only when it ends. Whether the cloud starts empty.
    fn make_state_sound(&self) -> Result<bool, Failure> {
        let saved = self.file("state/saved");
        if saved.exists() {
            fs::remove_file(&saved).act(|| "open the saved state".to_owned())?;
            return Ok(false);
        }
        for remains in ["state", "s3", "samples.json", "deployed"] {
            let path = self.file(remains);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).act(|| format!("remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(true)
    }

    fn remembered_port(&self) -> Option<u16> {
        fs::read_to_string(self.file("port")).ok()?.parse().ok()
    }

    /// The port to listen on: the one asked for, else the one the state was made with (addresses of queues hold it), else
    /// the usual one or the first free one after it.
    fn choose_port(&self, wanted: Option<u16>) -> Result<u16, Failure> {
        let remembered = self.remembered_port().filter(|_| self.file("state").exists());
        if let (Some(remembered), Some(wanted)) = (remembered, wanted)
            && remembered != wanted
        {
            return Err(Failure::new(format!("the saved state belongs to port {remembered}, not {wanted}"))
                .fix("`cargo xtask down --forget` removes the state."));
        }
        match remembered.or(wanted) {
            Some(port) if is_free(port) => Ok(port),
            Some(port) => Err(Failure::new(format!("port {port} is taken by another program")).fix(format!(
                "`ss -ltnp 'sport = :{port}'` names it. Stop it, or start afresh on another port: \
                 `cargo xtask down --forget && cargo xtask up --port {}`.",
                port.wrapping_add(1).max(1024)
            ))),
            None => (USUAL_PORT..USUAL_PORT + 100).find(|port| is_free(*port)).ok_or_else(|| {
                Failure::new(format!("every port from {USUAL_PORT} to {} is taken", USUAL_PORT + 99))
                    .fix("Name a free one: `cargo xtask up --port PORT`.")
            }),
        }
    }
}

/// Whether nothing listens on a port of loopback.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether ministack answers on a port.
fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else {
        return false;
    };
    let request = "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let mut start = [0; 12];
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
        && stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start.ends_with(b" 200")
}

/// A path as other programs are told it.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}
