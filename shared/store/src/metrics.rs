//! Metrics: lines of the log that CloudWatch reads.

use std::sync::OnceLock;

use jiff::Timestamp;
use policy::metric;

/// Writes counts, each a metric of this moment and of the stack that `STACK_NAME` names.
pub fn emit(now: Timestamp, counts: &[(&str, u64)]) {
    static STACK: OnceLock<String> = OnceLock::new();
    // Outside of a stack, in tests, there is no name; CloudWatch takes no empty value of a dimension.
    let stack = STACK.get_or_init(|| {
        std::env::var("STACK_NAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "none".to_owned())
    });
    #[expect(clippy::print_stdout, reason = "CloudWatch reads metrics out of lines of the log")]
    {
        println!("{}", metric::line(stack, now, counts));
    }
}
