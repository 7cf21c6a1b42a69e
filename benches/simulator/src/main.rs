//! The sweep against AWS's limits, in virtual time: what `scale counts` of benches/costs counted drives it, from standard
//! input, and a table of docs/internals/performance.md comes out. Two runs print the same.
//!
//! ```text
//! simulator INSTRUCTIONS      of one recording's end, measured by callgrind
//! ```

mod cloud;
mod counts;
mod runs;

use std::io::Read as _;

use cloud::Capacity;
use counts::Counts;
use runs::{Scenario, play};

/// 1,024 of the 1,769 MB for which Lambda gives a whole processor, of 2.5 GHz and one instruction a cycle: assumed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const INSTRUCTIONS_A_SECOND: f64 = 2.5e9 * 1024.0 / 1769.0;

/// HTTP, TLS and the kernel's network are not in what callgrind counts: assumed to be half as much again.
const NOT_COUNTED: f64 = 1.5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instructions: f64 = std::env::args().nth(1).ok_or("simulator INSTRUCTIONS < counts.json")?.parse()?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let counts: Counts = serde_json::from_str(&text)?;
    let seconds = instructions * NOT_COUNTED / INSTRUCTIONS_A_SECOND;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousand")]
    let recording_cpu = (seconds * 1e6) as u64;
    let (all, of_table) = counts.write_units();
    #[expect(clippy::print_stdout, reason = "what is asked for")]
    {
        println!(
            "A recording's end is {all:.1} write units, {of_table:.1} of them the table's, the rest its indexes'. A run's \
            processor allows {:.0} a second. A table of 40,000 write units therefore ends at most {:.0} recordings a second, \
            however many runs there are; 3,000 would need {:.0} units, more than AWS gives a table without being asked.\n",
            1.0 / seconds,
            40_000.0 / all,
            3_000.0 * all,
        );
        println!(
            "| table | runs | recordings/s at work | of a quarter of an hour | write units/s | throttled | mostly by | failed |"
        );
        println!("| --- | --: | --: | --: | --: | --: | --- | --: |");
        for (table, capacity, minutes, numbers) in [
            (
                "40,000 write units provisioned, its indexes' among them",
                Capacity::Provisioned(40_000.0),
                15,
                &[4, 16, 29, 30, 35, 64][..],
            ),
            ("50,000 provisioned, a quota that AWS raised", Capacity::Provisioned(50_000.0), 15, &[48, 64][..]),
            ("on demand, fresh", Capacity::Fresh, 15, &[1, 4, 8][..]),
            ("on demand, as if 4,000 were all indexes' too", Capacity::FreshTogether, 15, &[1, 3, 4][..]),
        ] {
            for &runs in numbers {
                let scenario = Scenario { capacity, runs, minutes, recording_cpu, teams: 20, staff: 2_000 };
                let outcome = play(&counts, scenario);
                #[expect(clippy::cast_precision_loss, reason = "some millions")]
                let (ended, requests, throttled, failed) =
                    (outcome.ended as f64, outcome.requests as f64, outcome.throttled as f64, outcome.failed as f64);
                #[expect(clippy::cast_precision_loss, reason = "a quarter of an hour")]
                let whole = (minutes * 60) as f64;
                println!(
                    "| {table} | {runs} | {:.0} | {:.0} | {:.0} | {:.2} % | {} | {:.2} % |",
                    ended / (whole * 0.9),
                    ended / whole,
                    ended * all / (whole * 0.9),
                    100.0 * throttled / requests,
                    outcome.refused_by.as_deref().unwrap_or_default(),
                    100.0 * failed / (ended + failed).max(1.0),
                );
            }
        }
    }
    Ok(())
}
