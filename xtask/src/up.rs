//! `up`, `down` and `token`: from a checkout to a local cloud that holds the samples, step by step.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use crate::cargo;
use crate::cloud::Cloud;
use crate::deploy::deploy;
use crate::failure::{Act, Failure};
use crate::fill::{Plan, publish, upload, wait};
use crate::local::local;
use crate::progress::{Done, answer, say, step, watched_step};
use crate::python;
use crate::samples::Samples;
use crate::stack::{make_users, read_stack, stack_file};
use crate::summary::summary;
use crate::tools::{check_machine, root, target};

/// The stack's name in the local cloud, as in `samconfig.toml`.
pub(crate) const STACK: &str = "rokuban";

/// The options of `up`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Leave out the samples, but keep users and rulebook.
    pub(crate) empty: bool,
    /// Print `stack.json` at the end, and nothing else on standard output.
    pub(crate) json: bool,
    /// Listen on this port.
    pub(crate) port: Option<u16>,
    /// Serve the console on this port.
    pub(crate) console_port: Option<u16>,
}

/// Brings the developer's cloud up.
///
/// # Errors
/// The first step's [`Failure`].
pub(crate) fn up(options: Options) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    step("looking at this machine", check_machine)?;
    // The network and the compiler do not wait for each other.
    thread::scope(|scope| {
        let started = scope.spawn(|| {
            step("Python environment", || python::UP.make())?;
            step("local cloud", || cloud.start(options.port))
        });
        let built = watched_step("functions", |progress| {
            cargo::build_functions(progress, &target("build-functions.log")).map(|()| Done::new((), ""))
        });
        match started.join() {
            Ok(started) => started.and(built),
            Err(_) => Err(Failure::new("starting the local cloud was interrupted")),
        }
    })?;
    let recordings = fill(&cloud, options)?;
    if options.json {
        let stack = fs::read_to_string(stack_file(&cloud)).act(|| "read stack.json".to_owned())?;
        return answer(&stack);
    }
    answer(&summary(&read_stack(&cloud)?, &recordings))
}

/// Deploys to a cloud that runs, and fills it. The functions must be built. Returns the sample recordings.
///
/// # Errors
/// The first step's [`Failure`].
pub(crate) fn fill(cloud: &Cloud, options: Options) -> Result<Vec<Value>, Failure> {
    let console = cloud.console_origin(options.console_port)?;
    step("sam build, sam deploy", || deploy(cloud, &console))?;
    let outputs = step("what the emulator drops", || {
        let answer = local(cloud, "apply", &json!({ "name": STACK }))?;
        Ok(Done::new(answer, "applied and read back"))
    })?;
    let samples = Samples::read(&root().join("samples"))?;
    step("users", || make_users(cloud, &outputs, &samples, &console))?;
    step("console", || {
        let gateway = format!(
            "{}/_aws/execute-api/{}/$default",
            cloud.endpoint()?,
            outputs["ApiId"].as_str().unwrap_or_default()
        );
        cloud.serve_console(&console, &gateway)?;
        Ok(Done::new((), console.clone()))
    })?;
    let plan = Plan::make(cloud, &samples, options.empty)?;
    step("rulebook", || publish(cloud, &samples, plan.rulebook_shift_days))?;
    if options.empty {
        return Ok(Vec::new());
    }
    let held = step("sample recordings", || upload(cloud, &outputs, &samples, &plan))?;
    step("taking them in", || wait(cloud, &held))
}

/// Stops the developer's cloud. Its state stays, unless it is to be forgotten.
///
/// # Errors
/// A [`Failure`] when it does not stop.
pub(crate) fn down(forget: bool) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    let ran = cloud.stop()?;
    if forget {
        cloud.forget()?;
    }
    say(match (ran, forget) {
        (true, false) => "Stopped. `cargo xtask up` continues where it was.\n",
        (false, false) => "Nothing was running.\n",
        (_, true) => "Nothing of it is left.\n",
    });
    Ok(())
}

/// Prints an access token of a local user.
///
/// # Errors
/// A [`Failure`] when there is no local cloud, or nobody of that login.
pub(crate) fn token(login: &str) -> Result<(), Failure> {
    let cloud = Cloud::developers();
    let token = local(&cloud, "token", &json!({ "stack": read_stack(&cloud)?, "login": login }))?;
    answer(token.as_str().unwrap_or_default())
}
