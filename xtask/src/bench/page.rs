//! docs/internals/performance.md, written from what was counted.

use std::fmt::Write as _;

use super::findings::{Counted, Findings, Operation, Started};

/// The yardstick's name.
const HELLO: &str = "hello";

/// How many instructions a function's cold start may take: 5 million; twice that for one with many routes.
fn instructions_aim(name: &str) -> u64 {
    if ["retrieve", "cases", "govern"].contains(&name) { 10_000_000 } else { 5_000_000 }
}

/// An aim that was not met: the word for it, and what was found.
struct Miss {
    word: &'static str,
    found: String,
}

fn misses(Started { name, cost }: &Started) -> Vec<Miss> {
    let aim = instructions_aim(name);
    let mut misses = Vec::new();
    if cost.instructions > aim {
        let (found, most) = (millions(cost.instructions), millions(aim));
        misses.push(Miss {
            word: "instructions",
            found: format!("takes {found} million instructions to start, of at most {most}"),
        });
    }
    if cost.connections != 1 || cost.connections_to_aws != 0 {
        let found = format!(
            "begins {} connections when it starts, {} of them to AWS, where one, to Lambda, will do",
            cost.connections, cost.connections_to_aws
        );
        misses.push(Miss { word: "network", found });
    }
    misses
}

/// The aims that were not met, a line each.
pub(crate) fn missed(starts: &[Started]) -> Vec<String> {
    starts
        .iter()
        .flat_map(|start| misses(start).into_iter().map(|miss| format!("`{}` {}", start.name, miss.found)))
        .collect()
}

/// The page.
pub(crate) fn write(findings: &Findings) -> String {
    let mut page = String::from(
        "# What it costs\n\n\
        Written by `cargo xtask bench`; do not edit. Everything here is **counted**, nothing is timed: instructions by \
        callgrind, bytes, AWS calls and capacity units.\n\n",
    );
    head(&mut page, findings);
    cold_starts(&mut page, &findings.starts);
    counted(
        &mut page,
        "Warm",
        "Instructions of one event in a function that runs, its HTTP exchange with Lambda included. What AWS must answer \
        is not measured here.",
        &findings.events,
    );
    counted(
        &mut page,
        "Work",
        "Instructions of one. valgrind's processor has no SHA instructions, so the hash counted is the portable one, the \
        dearest. `ingest` hashes every byte and looks at it once.",
        &findings.work,
    );
    operations(&mut page, &findings.operations);
    page
}

fn head(page: &mut String, findings: &Findings) {
    let machine = &findings.machine;
    table(page, &["", ""], &["---", "---"]);
    for (name, value) in [
        ("date", machine.date.as_str()),
        ("command", "`cargo xtask bench`"),
        ("machine", &format!("{}, {} cores", machine.processor, machine.cores)),
        ("tools", &format!("{}; {}", machine.compiler, machine.valgrind)),
        ("build", "production's: release, fat LTO, one codegen unit, stripped, x86-64 for Haswell"),
    ] {
        table(page, &[name, value], &[]);
    }
    page.push('\n');
}

fn cold_starts(page: &mut String, starts: &[Started]) {
    page.push_str(
        "## Cold start\n\n\
        From the first instruction of the loader to the first request for an event, against a function that answers `{}` \
        and is built the same way. Aims: 5 M instructions, for `retrieve`, `cases` and `govern` 10 M; no connection but the \
        one to Lambda itself (`connect` system calls counted; where AWS would be, something listened and nobody came).\n\n",
    );
    table(
        page,
        &[
            "function",
            "instructions, M",
            "× hello",
            "binary, MB",
            "× hello",
            "peak memory, MB",
            "other connections",
            "aims",
        ],
        &["---", "--:", "--:", "--:", "--:", "--:", "--:", "---"],
    );
    let hello = starts.iter().find(|start| start.name == HELLO);
    for start in starts {
        let cost = &start.cost;
        let others = cost.connections.saturating_sub(1);
        let misses: Vec<&str> = misses(start).iter().map(|miss| miss.word).collect();
        let verdict = match misses.as_slice() {
            _ if start.name == HELLO => "the yardstick".to_owned(),
            [] => "met".to_owned(),
            misses => format!("**missed: {}**", misses.join(", ")),
        };
        table(
            page,
            &[
                &format!("`{}`", start.name),
                &millions(cost.instructions),
                &times(cost.instructions, hello.map(|hello| hello.cost.instructions)),
                &megabytes(cost.binary_bytes),
                &times(cost.binary_bytes, hello.map(|hello| hello.cost.binary_bytes)),
                &megabytes(cost.peak_bytes),
                &others.to_string(),
                &verdict,
            ],
            &[],
        );
    }
    page.push('\n');
}

fn counted(page: &mut String, title: &str, words: &str, rows: &[Counted]) {
    let _ = writeln!(page, "## {title}\n\n{words}\n");
    table(page, &["what", "instructions"], &["---", "--:"]);
    for row in rows {
        table(page, &[row.what, &grouped(row.instructions)], &[]);
    }
    page.push('\n');
}

fn operations(page: &mut String, operations: &[Operation]) {
    page.push_str(
        "## AWS calls and capacity\n\n\
        Counted in the tests' world, in which the same handlers run: warm, uncontended, some 60 calls in the \
        month; units as its table counts them. What `ingest` reads of an object is one `GetObject`, whatever its \
        size. A write that its condition refuses is charged too, which the units here leave out; there is one where it \
        says so. A search costs by the partitions it reads (K teams and months, K queries) and by what it weighs, at most \
        1,000 items.\n\n",
    );
    table(
        page,
        &["function", "operation", "calls", "AWS calls", "read units", "write units"],
        &["---", "---", "--:", "---", "--:", "--:"],
    );
    for row in operations {
        let count: u32 = row.calls.iter().map(|calls| calls.times).sum();
        let kinds: Vec<String> = row
            .calls
            .iter()
            .map(|calls| match calls.times {
                1 => calls.kind.clone(),
                times => format!("{times} × {}", calls.kind),
            })
            .collect();
        let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
        let writes = match row.refused_writes {
            0 => row.write_units.to_string(),
            refused => format!("{} and {refused} refused", row.write_units),
        };
        table(
            page,
            &[
                &format!("`{}`", row.function),
                &row.name,
                &count.to_string(),
                &kinds,
                &row.read_units.to_string(),
                &writes,
            ],
            &[],
        );
    }
}

/// A line of a table; the head's is followed by how its columns lie.
fn table(page: &mut String, cells: &[&str], columns: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
    if !columns.is_empty() {
        let _ = writeln!(page, "| {} |", columns.join(" | "));
    }
}

/// `2.83`: what differs from run to run by the seeds of hash maps is behind that.
fn millions(count: u64) -> String {
    let hundredths = (count + 5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `9.3`, of a million bytes each.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How many times the yardstick.
fn times(count: u64, yardstick: Option<u64>) -> String {
    let Some(yardstick) = yardstick.filter(|yardstick| *yardstick > 0) else {
        return String::new();
    };
    let tenths = (count * 10 + yardstick / 2) / yardstick;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::super::measure::ColdStart;
    use super::*;

    fn started(name: &'static str, instructions: u64, binary_bytes: u64) -> Started {
        Started {
            name,
            cost: ColdStart {
                instructions,
                binary_bytes,
                peak_bytes: 7_340_032,
                connections: 1,
                connections_to_aws: 0,
            },
        }
    }

    #[test]
    fn an_aim_is_met_up_to_its_number_and_missed_by_name() {
        assert!(missed(&[started("index", 5_000_000, 5_000_000)]).is_empty());
        assert!(missed(&[started("retrieve", 10_000_000, 9_000_000)]).is_empty());
        assert_eq!(
            missed(&[started("index", 5_000_001, 11_022_688)]),
            ["`index` takes 5.00 million instructions to start, of at most 5.00"]
        );
        let mut talks = started("sweep", 1, 1);
        talks.cost.connections = 2;
        assert_eq!(
            missed(&[talks]),
            ["`sweep` begins 2 connections when it starts, 0 of them to AWS, where one, to Lambda, will do"]
        );
    }

    #[test]
    fn a_row_shows_the_ratio_to_the_yardstick_and_the_verdict() {
        let mut page = String::new();
        let starts = [started("hello", 378_597, 1_531_904), started("index", 2_483_820, 11_022_688)];
        cold_starts(&mut page, &starts);
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(
            rows,
            [
                "| `hello` | 0.38 | 1.0 | 1.5 | 1.0 | 7.3 | 0 | the yardstick |",
                "| `index` | 2.48 | 6.6 | 11.0 | 7.2 | 7.3 | 0 | met |",
            ]
        );
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234), "1,234");
        assert_eq!(grouped(123_456), "123,456");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
