//! The local-only script `xtask/local.py`, which speaks to the emulator.

use serde_json::Value;

use crate::cloud::Cloud;
use crate::failure::{Act, Failure};
use crate::tools::{self, root};

/// Runs a command of the script: one JSON document in, one out.
///
/// # Errors
/// A [`Failure`] with the sentence that the script ends with.
pub(crate) fn local(cloud: &Cloud, name: &str, input: &Value) -> Result<Value, Failure> {
    let log = cloud.file(&format!("local-{name}.log"));
    let mut command = cloud.command("python")?;
    command.arg(root().join("xtask/local.py")).arg(name).env("LOCAL_LOG", &log);
    let answer = tools::ask(&format!("local.py {name}"), &mut command, &input.to_string()).map_err(|failure| {
        if log.exists() { failure.fix(format!("Details are in {}", log.display())) } else { failure }
    })?;
    serde_json::from_str(&answer).act(|| format!("understand what local.py {name} answered"))
}
