//! What was counted.

use serde::Deserialize;

use super::measure::ColdStart;

/// What one function's start cost, beside its name.
pub(crate) struct Started {
    pub(crate) name: &'static str,
    pub(crate) cost: ColdStart,
}

/// What one of something costs, in instructions.
pub(crate) struct Counted {
    pub(crate) what: &'static str,
    pub(crate) instructions: u64,
}

/// What one operation asks of AWS, as benches/costs prints it.
#[derive(Deserialize)]
pub(crate) struct Operation {
    pub(crate) function: String,
    #[serde(rename = "operation")]
    pub(crate) name: String,
    pub(crate) calls: Vec<Calls>,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    pub(crate) refused_writes: u32,
}

/// Calls of one kind.
#[derive(Deserialize)]
pub(crate) struct Calls {
    pub(crate) kind: String,
    pub(crate) times: u32,
}

/// Where it was counted, and when.
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) compiler: String,
    pub(crate) valgrind: String,
    pub(crate) date: String,
}

/// Everything that was counted.
pub(crate) struct Findings {
    pub(crate) machine: Machine,
    pub(crate) starts: Vec<Started>,
    pub(crate) events: Vec<Counted>,
    pub(crate) work: Vec<Counted>,
    pub(crate) operations: Vec<Operation>,
}
