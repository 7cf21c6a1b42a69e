//! The console's pages: is the bundle fresh, are the types right, does a real browser find no fault, and can people work with
//! them on a local cloud.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::cloud::Cloud;
use crate::failure::Failure;
use crate::progress::{Done, say};
use crate::stack::stack_file;
use crate::test::count::{node_tests, one};
use crate::test::report::Report;
use crate::tools::{self, root};

/// Where a browser lies that the tests can drive.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"];

/// Fetches the packages, and with `CI` set a browser. Without Node it says how to get it; where `CI` is set that is a failure.
pub(super) fn install(report: &Report) -> Option<()> {
    if !has_node() {
        lack(report, "no Node for the console's pages", "Install Node 20.15 or newer, with npm.");
        return None;
    }
    report.prepare("console: packages", |_| {
        let log = report.log("console: packages");
        tools::run("fetch the console's packages", &mut npm(&["ci"]), &log).map(|()| Done::new((), ""))
    })?;
    if browser().is_none() && in_ci() {
        let mut install = tools::command("sudo");
        install.args(["apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-cjk"]);
        report.command("console: a browser", install, one);
    }
    Some(())
}

/// Tests the pages. Without a browser it says how to get one; where `CI` is set that is a failure.
pub(super) fn test_pages(report: &Report) {
    report.command("console: bundle, types, units", npm(&["run", "--silent", "quick"]), node_tests);
    match browser() {
        Some(browser) => {
            let mut tests = npm(&["run", "--silent", "browser"]);
            tests.env("CHROMIUM", browser);
            report.command("console: in a browser", tests, node_tests);
        }
        None => lack(report, "no browser for the console's pages", "apt-get install chromium fonts-noto-cjk"),
    }
}

/// Plays a dispute in a browser against a cloud that runs.
pub(super) fn play_dispute(report: &Report, cloud: &Cloud) {
    match browser() {
        Some(browser) => {
            let mut play = npm(&["run", "--silent", "cloud"]);
            play.env("CHROMIUM", browser).env("ROKUBAN_STACK", stack_file(cloud));
            report.command("console: a dispute on the local cloud", play, node_tests);
        }
        None => lack(report, "no browser for a dispute on the local cloud", "apt-get install chromium fonts-noto-cjk"),
    }
}

/// Whether this machine has Node.
pub(super) fn has_node() -> bool {
    tools::succeeds(tools::command("node").arg("--version"))
}

fn npm(arguments: &[&str]) -> Command {
    let mut npm = tools::command("npm");
    npm.current_dir(root().join("console")).args(arguments);
    npm
}

fn browser() -> Option<&'static str> {
    BROWSERS.into_iter().find(|path| Path::new(path).is_file())
}

fn in_ci() -> bool {
    env::var_os("CI").is_some()
}

fn lack(report: &Report, what: &str, fix: &str) {
    if in_ci() {
        report.fail(&Failure::new(what).fix(fix));
    } else {
        say(&format!("{what}: not tested. {fix}\n"));
    }
}
