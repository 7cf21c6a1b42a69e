//! The programs a developer's machine must have, and how a program is run: with a log, and without the developer's own
//! credentials.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Act, Failure};
use crate::profile::Profile;
use crate::progress::Done;

/// The triple the local cloud's functions and every test are built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The region of everything local.
pub(crate) const REGION: &str = "ap-northeast-1";

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/")).to_owned()
}

/// A path under the checkout's build directory, where everything these commands make is kept.
pub(crate) fn target(path: &str) -> PathBuf {
    root().join("target").join(path)
}

/// A command in the checkout that sees none of the developer's AWS settings: what these commands start must not be able
/// to reach a real account.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        // `cargo run` sets these for this package. Build scripts would see a change, and run again.
        let prefixes = ["AWS_", "CARGO_PKG_", "CARGO_MANIFEST_"];
        if prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("SAM_CLI_TELEMETRY", "0")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("no_proxy", "127.0.0.1,localhost")
        // `sam build` runs cargo with the same profile, target and features as every other command here, and finds the
        // functions built. "debug" only means that SAM leaves the choice of the profile to cargo-lambda's settings.
        .env("CARGO_LAMBDA_COMPILER", "cargo")
        .env("CARGO_LAMBDA_GLOBAL", root().join(Profile::chosen().for_sam()))
        .env("SAM_BUILD_MODE", "debug");
    command
}

/// A program of one of the project's Python environments, with that environment first on its path.
pub(crate) fn python_command(venv: &Path, program: &str) -> Command {
    let bin = venv.join("bin");
    let mut command = command(bin.join(program));
    let path = env::var_os("PATH").unwrap_or_default();
    if let Ok(path) = env::join_paths(std::iter::once(bin).chain(env::split_paths(&path))) {
        command.env("PATH", path);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
    command
}

/// Runs a command to its end with everything it prints in a log.
///
/// # Errors
/// A [`Failure`] that names the act and shows the end of the log, when the command cannot start or does not succeed.
pub(crate) fn run(act: &str, command: &mut Command, log: &Path) -> Result<(), Failure> {
    let output = File::create(log).act(|| format!("write {}", log.display()))?;
    let errors = output.try_clone().act(|| format!("write {}", log.display()))?;
    let status = command.stdout(output).stderr(errors).status().act(|| format!("start {act}"))?;
    if status.success() {
        return Ok(());
    }
    let printed = fs::read(log).unwrap_or_default();
    Err(Failure::new(format!("{act} failed ({status})"))
        .fix(format!("Everything it printed is in {}", log.display()))
        .log_tail(&String::from_utf8_lossy(&printed)))
}

/// Runs a command to its end, hands it a text and takes what it prints.
///
/// # Errors
/// A [`Failure`] with what the command said on standard error, when it cannot start or does not succeed.
pub(crate) fn ask(act: &str, command: &mut Command, given: &str) -> Result<String, Failure> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().act(|| format!("start {act}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A command that ends without reading says why itself.
        let _ = input.write_all(given.as_bytes());
    }
    let output = child.wait_with_output().act(|| format!("wait for {act}"))?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|_| Failure::new(format!("{act} answered no text")));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    match said.lines().last().and_then(|last| last.strip_prefix("error: ")) {
        Some(cause) => Err(Failure::new(cause)),
        None => Err(Failure::new(format!("{act} failed ({})", output.status)).log_tail(&said)),
    }
}

/// Looks for all a fresh machine must have, before anything is made.
///
/// # Errors
/// The first thing that is missing, with its fix.
pub(crate) fn check_machine() -> Result<Done<()>, Failure> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Failure::new("the local cloud runs the functions' own binaries, built for x86-64 Linux")
            .fix("Use an x86-64 Linux machine, or a container or virtual machine of one."));
    }
    let compiler = succeeds(command("cc").arg("--version"));
    if !compiler {
        return Err(Failure::new("no C compiler: `cc` is not on the path")
            .fix("Install one (Debian and Ubuntu: apt install build-essential)."));
    }
    if !succeeds(command("python3").args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])) {
        return Err(Failure::new("no Python: `python3`, 3.11 or later, is not on the path")
            .fix("Install it (Debian and Ubuntu: apt install python3 python3-venv)."));
    }
    if !succeeds(command("python3").args(["-c", "import ensurepip, venv"])) {
        return Err(Failure::new("Python is there, but its venv module is not")
            .fix("Install it (Debian and Ubuntu: apt install python3-venv)."));
    }
    fs::create_dir_all(target("")).act(|| "make the directory `target`".to_owned())?;
    let free_bytes = free_bytes(&target(""))?;
    if free_bytes < NEEDED_BYTES {
        return Err(Failure::new(format!(
            "{} MB are free on the disk of {}, and {} MB are needed",
            free_bytes >> 20,
            root().display(),
            NEEDED_BYTES >> 20
        ))
        .fix("Free some space: `cargo clean` removes all that was built here."));
    }
    Ok(Done::new((), ""))
}

/// 4 GiB: the builds take 3 of it, the Python environments, the cloud's state and the logs the rest.
const NEEDED_BYTES: u64 = 4 << 30;

/// Whether a command succeeds; nothing it prints is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Free bytes on the disk a directory lies on, as `df` counts them.
fn free_bytes(directory: &Path) -> Result<u64, Failure> {
    let answer = ask("df", command("df").arg("-Pk").arg(directory), "")?;
    answer
        .lines()
        .last()
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|blocks| blocks.parse::<u64>().ok())
        .map(|kilobytes| kilobytes << 10)
        .ok_or_else(|| Failure::new("cannot read the free space from what `df` printed"))
}
