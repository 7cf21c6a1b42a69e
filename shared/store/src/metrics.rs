//! Metrics: lines of the log that CloudWatch reads.

use jiff::Timestamp;
use policy::metric;

/// Writes counts, each a metric of this moment.
pub fn emit(now: Timestamp, counts: &[(&str, u64)]) {
    #[expect(clippy::print_stdout, reason = "CloudWatch reads metrics out of lines of the log")]
    {
        println!("{}", metric::line(now, counts));
    }
}
