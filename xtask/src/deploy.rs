//! Deploys the real template to a local cloud with the real SAM CLI.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::cargo;
use crate::cloud::{Cloud, text};
use crate::failure::{Act, Failure};
use crate::progress::Done;
use crate::tools::{root, run};

/// What SAM reads.
const SAM_FILES: [&str; 2] = ["infra/template.yaml", "samconfig.toml"];

/// Builds and deploys with SAM, unless this cloud runs these very functions under this very template.
///
/// # Errors
/// A [`Failure`] with the end of SAM's log.
pub(crate) fn deploy(cloud: &Cloud, console: &str) -> Result<Done<()>, Failure> {
    let wanted = format!("{console}\n{}", wanted()?);
    let stamp = cloud.file("deployed");
    if fs::read_to_string(&stamp).is_ok_and(|deployed| deployed == wanted) {
        return Ok(Done::new((), "unchanged"));
    }
    if stamp.exists() {
        fs::remove_file(&stamp).act(|| format!("remove {}", stamp.display()))?;
    }
    let built = cloud.file("sam");
    run("sam build", sam(cloud, "build")?.arg("--build-dir").arg(&built), &cloud.file("build.log"))?;
    let template = built.join("template.yaml");
    let mut command = sam(cloud, "deploy")?;
    command.arg("--template-file").arg(&template).arg("--parameter-overrides").args(parameters(console)?);
    run("sam deploy", &mut command, &cloud.file("deploy.log"))
        .map_err(|failure| failure.fix("If the saved state is at fault: `cargo xtask down --forget` starts afresh."))?;
    fs::write(&stamp, wanted).act(|| format!("write {}", stamp.display()))?;
    Ok(Done::new((), ""))
}

/// The parameters of `samconfig.toml`'s local environment, and where the console of this cloud is. Given by hand, the
/// file's own are not read.
fn parameters(console: &str) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(root().join("samconfig.toml")).act(|| "read samconfig.toml".to_owned())?;
    let config: toml::Table = text.parse().act(|| "understand samconfig.toml".to_owned())?;
    let list = config["local"]["deploy"]["parameters"]["parameter_overrides"].as_array();
    let mut parameters: Vec<String> =
        list.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned).collect();
    parameters.push(format!("ConsoleOrigin={console}"));
    Ok(parameters)
}

fn sam(cloud: &Cloud, name: &str) -> Result<Command, Failure> {
    let mut command = cloud.command("sam")?;
    command.args([name, "--config-env", "local", "--config-file", &text(&root().join("samconfig.toml"))]);
    Ok(command)
}

/// What there is to deploy: SAM's files, and which build of each function. Cargo leaves a program that is fresh alone.
fn wanted() -> Result<String, Failure> {
    let mut wanted = String::new();
    for name in cargo::functions()? {
        let _ = writeln!(wanted, "{name} {}", version(&cargo::binary(&name))?);
    }
    for name in SAM_FILES {
        wanted.push_str(&fs::read_to_string(root().join(name)).act(|| format!("read {name}"))?);
    }
    Ok(wanted)
}

/// The size of a file, and when it was written.
fn version(path: &Path) -> Result<String, Failure> {
    let metadata = fs::metadata(path).act(|| format!("read {}", path.display()))?;
    let written = metadata.modified().act(|| format!("read {}", path.display()))?;
    let nanoseconds = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    Ok(format!("{} {nanoseconds}", metadata.len()))
}
