//! The console's pages: is the bundle fresh, are the types right, and does a real browser find no fault.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::progress::{Done, say};
use crate::test::count::{node_tests, one};
use crate::test::report::Report;
use crate::tools::{self, root};

/// Where a browser lies that the tests can drive.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"];

/// Tests the pages. Without Node or a browser it says how to get them; where `CI` is set that is a failure.
pub(super) fn test_pages(report: &Report) {
    if !has_node() {
        return lack(report, "no Node for the console's pages", "Install Node 20.15 or newer, with npm.");
    }
    let packages = report.prepare("console: packages", |_| {
        let log = report.log("console: packages");
        tools::run("fetch the console's packages", &mut npm(&["ci"]), &log).map(|()| Done::new((), ""))
    });
    if packages.is_none() {
        return;
    }
    report.command("console: bundle, types, units", npm(&["run", "--silent", "quick"]), node_tests);
    if browser().is_none() && in_ci() {
        let mut install = tools::command("sudo");
        install.args(["apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-cjk"]);
        report.command("console: a browser", install, one);
    }
    match browser() {
        Some(browser) => {
            let mut tests = npm(&["run", "--silent", "browser"]);
            tests.env("CHROMIUM", browser);
            report.command("console: in a browser", tests, node_tests);
        }
        None => lack(report, "no browser for the console's pages", "apt-get install chromium fonts-noto-cjk"),
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
