//! The API's document as others read it: two linters of such documents, and clients that two generators make of it.

use std::process::Command;

use crate::cloud::Cloud;
use crate::progress::Done;
use crate::python;
use crate::stack::stack_file;
use crate::test::console;
use crate::test::count::one;
use crate::test::report::Report;
use crate::tools::{self, python_command, root};

/// Where the packages and the calls are.
const FOLDER: &str = "xtask/clients";

/// Installs the generators and the linters. Nothing without Node: the console's step has said so then.
pub(super) fn install(report: &Report) -> Option<()> {
    if !console::has_node() {
        return None;
    }
    report.prepare("clients: Python environment", |_| python::CLIENTS.make())?;
    report.prepare("clients: packages", |_| {
        let log = report.log("clients: packages");
        // One of them would report its installation to its makers.
        let mut packages = npm(&["ci", "--ignore-scripts"]);
        tools::run("fetch the packages of the clients", &mut packages, &log).map(|()| Done::new((), ""))
    })
}

/// Lints the document.
pub(super) fn lint(report: &Report) {
    for linter in ["redocly", "spectral"] {
        report.command(&format!("the API's document: {linter}"), npm(&["run", "--silent", linter]), one);
    }
}

/// Makes two clients of the deployed API's document, and calls the API with them.
pub(super) fn call(report: &Report, cloud: &Cloud) {
    let mut calls = python_command(&python::CLIENTS.path(), "python");
    calls.arg("xtask/clients.py").arg(stack_file(cloud)).arg(report.logs().join("clients"));
    report.command("clients of the API's document", calls, one);
}

fn npm(arguments: &[&str]) -> Command {
    let mut npm = tools::command("npm");
    npm.current_dir(root().join(FOLDER))
        .args(arguments)
        // Neither linter asks its makers for a newer version of itself, or tells them of its use.
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    npm
}
