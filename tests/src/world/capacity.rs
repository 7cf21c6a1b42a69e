//! What an operation consumes of a table and its indexes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plain::members;

/// What an operation consumed.
#[derive(Default)]
pub(crate) struct Units {
    pub(crate) read: f64,
    pub(crate) write: f64,
    /// Of what was written, each index's.
    pub(crate) of_indexes: BTreeMap<String, f64>,
}

impl Units {
    /// As an answer's `ConsumedCapacity` says it.
    pub(crate) fn of(capacity: &Value, is_write: bool) -> Self {
        if is_write {
            Self { read: 0.0, write: consumed(capacity), of_indexes: of_indexes(capacity) }
        } else {
            Self { read: consumed(capacity), ..Self::default() }
        }
    }
}

fn consumed(capacity: &Value) -> f64 {
    match capacity {
        Value::Array(tables) => tables.iter().map(consumed).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}

fn of_indexes(capacity: &Value) -> BTreeMap<String, f64> {
    let tables = capacity.as_array().map_or(std::slice::from_ref(capacity), Vec::as_slice);
    let mut units = BTreeMap::new();
    for (name, index) in tables.iter().flat_map(|table| members(&table["GlobalSecondaryIndexes"])) {
        *units.entry(name.clone()).or_default() += index["CapacityUnits"].as_f64().unwrap_or_default();
    }
    units
}
