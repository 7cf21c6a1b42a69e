//! Runs a program and counts: instructions by callgrind, connections by its system calls, memory by the kernel.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::runtime::{Heard, Runtime};
use crate::failure::{Act, Failure};
use crate::tools;

/// Two minutes: under callgrind a function starts within a few seconds even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Three runs: the seeds of hash maps differ from run to run, and the middle one is told.
const RUNS: usize = 3;

/// A function as it is deployed: a binary and its environment.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) binary: PathBuf,
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

/// A cold start, up to the first `/next`.
pub(crate) struct ColdStart {
    pub(crate) instructions: u64,
    pub(crate) binary_bytes: u64,
    pub(crate) peak_bytes: u64,
    /// Connections begun, the one to the Runtime API among them.
    pub(crate) connections: usize,
    /// Those of them to where AWS would be.
    pub(crate) connections_to_aws: usize,
}

/// Where AWS would be: it counts who comes.
struct Aws(TcpListener);

impl Aws {
    fn listen() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).act(|| "listen on loopback".to_owned())?;
        listener.set_nonblocking(true).act(|| "listen on loopback".to_owned())?;
        Ok(Self(listener))
    }

    fn url(&self) -> Result<String, Failure> {
        let address = self.0.local_addr().act(|| "listen on loopback".to_owned())?;
        Ok(format!("http://{address}"))
    }

    fn connections(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }
}

impl Function {
    /// The environment Lambda gives, and nothing of the developer's own.
    fn environment(&self, command: &mut Command, runtime: &Runtime, aws_url: &str) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("_HANDLER", "bootstrap")
            .env("LAMBDA_TASK_ROOT", "/var/task")
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", self.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_REGION", "ap-northeast-1")
            .env("AWS_DEFAULT_REGION", "ap-northeast-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_SESSION_TOKEN", "test")
            .env("AWS_ENDPOINT_URL", aws_url)
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
    }

    /// Starts it and ends it when it asks for its first event.
    pub(crate) fn cold_start(&self) -> Result<ColdStart, Failure> {
        let mut counts = Vec::new();
        let (mut connections, mut connections_to_aws) = (0, 0);
        for _ in 0..RUNS {
            let counted = self.counted("", 0)?;
            counts.push(counted.instructions);
            connections = connections.max(counted.connections);
            connections_to_aws = connections_to_aws.max(counted.connections_to_aws);
        }
        counts.sort_unstable();
        let binary_bytes = fs::metadata(&self.binary).act(|| format!("read {}", self.binary.display()))?.len();
        Ok(ColdStart {
            instructions: counts[RUNS / 2],
            binary_bytes,
            peak_bytes: self.peak_bytes()?,
            connections,
            connections_to_aws,
        })
    }

    /// Instructions of one event when it is warm: what `times` more of them add to a run with one.
    pub(crate) fn warm_event(&self, event: &str, times: usize, expected: &str) -> Result<u64, Failure> {
        let one = self.counted(event, 1)?;
        let all = self.counted(event, times + 1)?;
        for answer in one.answers.iter().chain(&all.answers) {
            if !answer.contains(expected) {
                return Err(Failure::new(format!(
                    "{} answered `{answer}`, which is not what was to be measured",
                    self.name
                )));
            }
        }
        Ok(each(one.instructions, all.instructions, times))
    }

    /// Runs it under callgrind until it has answered all events and asks for one more.
    fn counted(&self, event: &str, times: usize) -> Result<Counted, Failure> {
        let directory = tools::target("bench");
        let out = directory.join("callgrind.out");
        let log = directory.join("valgrind.log");
        remove(&out)?;
        let (runtime, aws) = (Runtime::start(event, times)?, Aws::listen()?);
        let mut command = Command::new("valgrind");
        command.args(callgrind(&out)).arg("--trace-syscalls=yes").arg(&self.binary);
        self.environment(&mut command, &runtime, &aws.url()?);
        let errors = File::create(&log).act(|| format!("write {}", log.display()))?;
        command.stderr(errors);
        let mut process = Process::start(self.name, &mut command)?;
        let answers = process.wait_for(&runtime)?;
        process.end()?;
        let printed = fs::read(&log).act(|| format!("read {}", log.display()))?;
        Ok(Counted {
            instructions: total(&out, &self.binary)?,
            answers,
            connections: connects(&String::from_utf8_lossy(&printed)),
            connections_to_aws: aws.connections(),
        })
    }

    /// The most memory it held up to its first `/next`, by itself.
    fn peak_bytes(&self) -> Result<u64, Failure> {
        let (runtime, aws) = (Runtime::start("", 0)?, Aws::listen()?);
        let mut command = Command::new(&self.binary);
        self.environment(&mut command, &runtime, &aws.url()?);
        command.stderr(Stdio::null());
        let mut process = Process::start(self.name, &mut command)?;
        process.wait_for(&runtime)?;
        let path = format!("/proc/{}/status", process.child.id());
        let status = fs::read_to_string(&path).act(|| format!("read {path}"))?;
        process.end()?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|value| value.trim().strip_suffix(" kB"))
            .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
            .map(|kilobytes| kilobytes << 10)
            .ok_or_else(|| Failure::new(format!("{path} does not tell the peak memory")))
    }
}

/// What one run under callgrind gave.
struct Counted {
    instructions: u64,
    answers: Vec<String>,
    connections: usize,
    connections_to_aws: usize,
}

/// A function that runs, and is ended whatever happens.
struct Process {
    name: &'static str,
    child: Child,
}

impl Process {
    fn start(name: &'static str, command: &mut Command) -> Result<Self, Failure> {
        let child = command.spawn().act(|| format!("start {name}"))?;
        Ok(Self { name, child })
    }

    /// Waits until it asks for an event that is not there; its answers to those that were.
    fn wait_for(&mut self, runtime: &Runtime) -> Result<Vec<String>, Failure> {
        let started = Instant::now();
        let mut answers = Vec::new();
        loop {
            match runtime.heard.recv_timeout(Duration::from_millis(200)) {
                Ok(Heard::Waits) => break,
                Ok(Heard::Answered(answer)) => answers.push(answer),
                Ok(Heard::Failed(report)) => {
                    return Err(Failure::new(format!("{} reported an error: {report}", self.name)));
                }
                Err(RecvTimeoutError::Timeout) if started.elapsed() < PATIENCE => {
                    let ended = self.child.try_wait().act(|| format!("wait for {}", self.name))?;
                    if let Some(status) = ended {
                        return Err(Failure::new(format!(
                            "{} ended before it asked for an event ({status})",
                            self.name
                        ))
                        .fix(format!("What it printed may be in {}", tools::target("bench/valgrind.log").display())));
                    }
                }
                Err(_) => {
                    return Err(Failure::new(format!(
                        "{} did not ask for an event within {} s",
                        self.name,
                        PATIENCE.as_secs()
                    )));
                }
            }
        }
        if runtime.connections() == 1 {
            Ok(answers)
        } else {
            Err(Failure::new(format!(
                "{} connected {} times to the Runtime API, which takes one",
                self.name,
                runtime.connections()
            )))
        }
    }

    /// Asks it to end, by its id: callgrind writes its count, and the program itself has no handler.
    fn end(mut self) -> Result<(), Failure> {
        let id = self.child.id().to_string();
        tools::ask("kill", Command::new("kill").args(["-TERM", &id]), "")?;
        self.child.wait().act(|| format!("wait for {}", self.name)).map(|_| ())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `end` it is gone already, and there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Instructions of one of a piece of work: what `times` more add to a run of `least`.
pub(crate) fn work(binary: &Path, work: &str, least: usize, times: usize) -> Result<u64, Failure> {
    let run = |amount: usize| {
        let directory = tools::target("bench");
        let out = directory.join("callgrind.out");
        remove(&out)?;
        tools::run(
            "a piece of work under callgrind",
            Command::new("valgrind").args(callgrind(&out)).arg(binary).args([work, &amount.to_string()]),
            &directory.join("valgrind.log"),
        )?;
        total(&out, binary)
    };
    Ok(each(run(least)?, run(least + times)?, times))
}

/// Instructions of a program, without those of one function and what it calls.
pub(crate) fn without(binary: &Path, arguments: &[&str], function: &str) -> Result<u64, Failure> {
    let directory = tools::target("bench");
    let out = directory.join("callgrind.out");
    remove(&out)?;
    let mut command = Command::new("valgrind");
    command.args(callgrind(&out)).args([&format!("--toggle-collect={function}"), "--collect-atstart=yes"]);
    tools::run("a program under callgrind", command.arg(binary).args(arguments), &directory.join("valgrind.log"))?;
    total(&out, binary)
}

pub(crate) fn each(least: u64, all: u64, times: usize) -> u64 {
    all.saturating_sub(least) / u64::try_from(times).unwrap_or(u64::MAX).max(1)
}

fn callgrind(out: &Path) -> [String; 2] {
    ["--tool=callgrind".to_owned(), format!("--callgrind-out-file={}", out.display())]
}

fn remove(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        fs::remove_file(path).act(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

/// The instructions callgrind counted, if it is this program's whole run that it counted.
fn total(out: &Path, binary: &Path) -> Result<u64, Failure> {
    let text = fs::read(out).act(|| format!("read what callgrind wrote to {}", out.display()))?;
    read_total(&String::from_utf8_lossy(&text), &binary.display().to_string())
        .ok_or_else(|| Failure::new(format!("{} is no count of {}", out.display(), binary.display())))
}

fn read_total(text: &str, binary: &str) -> Option<u64> {
    let values = |name: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned()).collect()
    };
    let is_this = |command: &String| command.split(' ').next() == Some(binary);
    let [command] = values("cmd:").try_into().ok()?;
    let [events] = values("events:").try_into().ok()?;
    let [total] = values("totals:").try_into().ok()?;
    (is_this(&command) && events == "Ir").then(|| total.parse().ok()).flatten()
}

/// How many connections were begun, by valgrind's list of system calls.
fn connects(trace: &str) -> usize {
    trace.lines().filter(|line| line.contains("sys_connect")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "# callgrind format\ncmd: /x/hello 1\npart: 1\nevents: Ir\nfn=(1) a\n0 5\ntotals: 1234\n";

    #[test]
    fn a_count_is_believed_if_it_is_the_only_one_and_of_this_program() {
        assert_eq!(read_total(COUNT, "/x/hello"), Some(1234));
        assert_eq!(read_total(COUNT, "/x/hell"), None);
        assert_eq!(read_total("cmd: /x/hello\nevents: Ir\n", "/x/hello"), None);
        let twice = format!("{COUNT}totals: 7\n");
        assert_eq!(read_total(&twice, "/x/hello"), None);
        let others = COUNT.replace("Ir", "Ir Dr");
        assert_eq!(read_total(&others, "/x/hello"), None);
    }

    #[test]
    fn one_of_many_costs_what_the_others_add() {
        assert_eq!(each(1_000, 11_000, 100), 100);
        assert_eq!(each(1_000, 900, 100), 0);
    }
}
