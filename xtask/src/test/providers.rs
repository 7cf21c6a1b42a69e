//! Signing in at certified `OpenID` providers that run on loopback, dressed as the vendors document theirs.

use std::process::Command;

use crate::progress::Done;
use crate::test::console;
use crate::test::count::cargo_tests;
use crate::test::gate::Gate;
use crate::test::programs::Program;
use crate::test::report::Report;
use crate::tools::{self, root};

/// Where the providers are.
const FOLDER: &str = "tests/oidc";

/// The program that has the tests.
const PROGRAM: &str = "tests/in_process";

/// Installs the providers, and runs the tests beside them. Nothing without Node: the console's step has said so then.
pub(super) fn sign_in(report: &Report, tests_are_built: &Gate<Vec<Program>>) {
    if !console::has_node() {
        return;
    }
    let installed = report.prepare("OpenID providers: packages", |_| {
        let log = report.log("OpenID providers: packages");
        let mut packages = tools::command("npm");
        packages.current_dir(root().join(FOLDER)).args(["ci", "--ignore-scripts"]);
        tools::run("fetch the packages of the OpenID providers", &mut packages, &log).map(|()| Done::new((), ""))
    });
    let programs = tests_are_built.wait().unwrap_or_default();
    let program = programs.iter().find(|program| program.name == PROGRAM);
    if let (Some(()), Some(program)) = (installed, program) {
        let tests = beside_providers(program);
        report.command("single sign-on at certified OpenID providers", tests, cargo_tests);
    }
}

/// The tests that are ignored without the providers, run by what starts them.
fn beside_providers(program: &Program) -> Command {
    let program = program.command();
    let mut command = tools::command("node");
    command
        .arg(root().join(FOLDER).join("main.mjs"))
        .arg(program.get_program())
        .args(program.get_args())
        .args(["console::certified::", "--ignored"])
        .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = program.get_current_dir() {
        command.current_dir(directory);
    }
    command
}
