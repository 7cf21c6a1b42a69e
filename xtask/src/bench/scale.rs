//! `bench --scale`: the sweep at scale, a section of docs/internals/performance.md of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::measure;
use crate::failure::{Act, Failure};
use crate::progress::{Done, say, step};
use crate::tools::{self, TARGET, ask, command, root, target};

/// Where the section begins; it goes to the end of the page.
const TITLE: &str = "## The sweep at scale";

/// How many recordings are stored while a fixed number is due.
const STORED: [&str; 3] = ["1000", "10000", "100000"];

/// The world's own work, which callgrind leaves out.
const WORLD: &str = "tests::world::serve::*HttpConnector*call::*closure*";

/// 20 and 40 recordings: what 20 more add is what one costs.
const FEWER: usize = 20;
const MORE: usize = 40;

/// Counts, simulates, and renews the section.
///
/// # Errors
/// A [`Failure`] when something is missing or does not run.
pub(crate) fn scale() -> Result<(), Failure> {
    let directory = target("bench");
    fs::create_dir_all(&directory).act(|| format!("make {}", directory.display()))?;
    step("building", build)?;
    let counts = step("what a recording asks", || printed("scale", &["counts"], ""))?;
    let growth = step("how it grows", || {
        let arguments: Vec<&str> = std::iter::once("growth").chain(STORED).collect();
        printed("scale", &arguments, "")
    })?;
    let instructions = step("instructions of a recording", instructions)?;
    let simulated = step("simulating", || printed("simulator", &[&instructions.to_string()], &counts))?;
    let path = root().join("docs/internals/performance.md");
    let page = fs::read_to_string(&path).act(|| format!("read {}", path.display()))?;
    let section = section(instructions, &simulated, &growth)?;
    fs::write(&path, joined(&page, &section)).act(|| format!("write {}", path.display()))?;
    say(&format!("written: {}\n", path.display()));
    Ok(())
}

/// A page that was written from the start, with the section that stood in the old one.
pub(crate) fn kept(page: String, path: &Path) -> String {
    let old = fs::read_to_string(path).unwrap_or_default();
    match old.find(TITLE) {
        Some(begin) => joined(&page, &old[begin..]),
        None => page,
    }
}

fn joined(page: &str, section: &str) -> String {
    let before = page.find(TITLE).map_or(page, |begin| &page[..begin]);
    format!("{}\n\n{}\n", before.trim_end(), section.trim_end())
}

/// As production is optimised, but without what makes linking slow: some more instructions than there.
fn build() -> Result<Done<()>, Failure> {
    let mut cargo = command("cargo");
    cargo
        .env("RUSTFLAGS", "-C target-cpu=haswell")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_STRIP", "none")
        .args(["build", "--locked", "--workspace", "--release", "--target", TARGET, "--target-dir"])
        .arg(target("scale"))
        .args(["--bin", "scale", "--bin", "simulator"]);
    tools::run("building", &mut cargo, &target("bench/build-scale.log"))?;
    Ok(Done::new((), ""))
}

fn binary(name: &str) -> PathBuf {
    target("scale").join(TARGET).join("release").join(name)
}

fn printed(name: &str, arguments: &[&str], given: &str) -> Result<Done<String>, Failure> {
    let printed = ask(name, command(binary(name)).args(arguments), given)?;
    // Before what is asked for stand the metrics that functions print as lines of their log.
    let begin = ["{\n", "[\n"].iter().filter_map(|begin| printed.find(begin)).min().unwrap_or_default();
    Ok(Done::new(printed[begin..].to_owned(), ""))
}

/// What the end of one recording takes of the processor, beside what the world itself does.
fn instructions() -> Result<Done<u64>, Failure> {
    let sweep = |calls: usize| {
        let run = |is_swept| measure::without(&binary("scale"), &["work", &calls.to_string(), is_swept], WORLD);
        Ok(run("1")?.saturating_sub(run("0")?))
    };
    let (fewer, more) = (sweep(FEWER)?, sweep(MORE)?);
    Ok(Done::new(measure::each(fewer, more, MORE - FEWER), ""))
}

fn section(instructions: u64, simulated: &str, growth: &str) -> Result<String, Failure> {
    let date = Timestamp::now().strftime("%Y-%m-%d");
    let mut section = format!(
        "{TITLE}\n\n\
        Written by `cargo xtask bench --scale` on {date}. The end of one recording takes {:.1} million instructions, by \
        callgrind, in the world and without the world's own; not with link-time optimisation, which production has. What it \
        asks of AWS is counted in the world (`benches/costs`). `benches/simulator` plays that in virtual time against AWS's \
        limits, with the sweep's own bounds: batches of 100, 16 calls at once, the SDK's retries and pauses, runs of 810 \
        seconds in each quarter of an hour. The limits are named with AWS's pages in `benches/simulator/src/cloud.rs`. \
        Assumed, not measured: a whole processor does 2.5 thousand million instructions a second, of which a run has \
        1,024/1,769; HTTP, TLS and the kernel's network are half as much again; an answer of DynamoDB takes 5 ms, of a transaction 15, of \
        `DeleteObjects` 200; a partition that was hot for 10 minutes is split; recordings of a day are of 20 teams and 2,000 \
        members alike; S3 keeps everything under one prefix.\n\n{}\n",
        f64::from(u32::try_from(instructions / 1_000).unwrap_or(u32::MAX)) / 1_000.0,
        simulated.trim_end(),
    );
    section.push_str(
        "\n### Growth\n\nA sweep of as many due calls, and an idle one after it, however much is stored. The aim is a \
        difference of at most 1 %.\n\n| stored | due | calls | read units | idle: calls | read units |\n\
        | --: | --: | --: | --: | --: | --: |\n",
    );
    let rows: Vec<Value> = serde_json::from_str(growth).act(|| "read how a sweep grows".to_owned())?;
    for row in rows {
        let number = |path: &str| row.pointer(path).map(ToString::to_string).unwrap_or_default();
        let cells = ["/stored", "/due", "/sweep/calls", "/sweep/read_units", "/idle/calls", "/idle/read_units"];
        let _ = writeln!(section, "| {} |", cells.map(number).join(" | "));
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_renewed_and_outlives_the_rest_of_the_page() {
        let page = "# What it costs\n\nold\n";
        let with = joined(page, &format!("{TITLE}\n\none\n"));
        assert_eq!(with, format!("# What it costs\n\nold\n\n{TITLE}\n\none\n"));
        assert_eq!(joined(&with, &format!("{TITLE}\n\ntwo")), with.replace("one", "two"));
    }
}
