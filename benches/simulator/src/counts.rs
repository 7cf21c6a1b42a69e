//! What the sweep asks, as benches/costs counted it in the world.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What calls of one kind ask of the table or of one index.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Consumption {
    /// `take`, `delete` or `finish`.
    pub(crate) part: String,
    /// `dynamodb GetItem`.
    pub(crate) kind: String,
    /// `table`, an index, or nothing of DynamoDB's.
    pub(crate) on: String,
    pub(crate) times: f64,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
}

/// What a recording asks, and what a batch does also.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Counts {
    pub(crate) recording: Vec<Consumption>,
    pub(crate) batch: Vec<Consumption>,
}

/// One request, as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) kind: String,
    /// Units of the table and of the indexes, by name.
    pub(crate) reads: BTreeMap<String, f64>,
    pub(crate) writes: BTreeMap<String, f64>,
}

impl Counts {
    /// The requests of one recording in a part of a batch, one after the other.
    pub(crate) fn of_recording(&self, part: &str) -> Vec<Request> {
        requests(self.recording.iter().filter(|asked| asked.part == part))
    }

    /// The requests of a batch in a part of it, with what they grow by its recordings.
    pub(crate) fn of_batch(&self, part: &str, recordings: f64) -> Vec<Request> {
        let mut asked: Vec<Consumption> = self.batch.iter().filter(|asked| asked.part == part).cloned().collect();
        for grown in self.recording.iter().filter(|asked| asked.part == part && asked.times <= 0.0) {
            for of_batch in &mut asked {
                if of_batch.kind == grown.kind && of_batch.on == grown.on && of_batch.times > 0.0 {
                    of_batch.read_units += grown.read_units * recordings;
                    of_batch.write_units += grown.write_units * recordings;
                }
            }
        }
        requests(asked.iter())
    }

    /// The write units of a recording: all, and those of the table itself.
    pub(crate) fn write_units(&self) -> (f64, f64) {
        let units = |is_counted: &dyn Fn(&Consumption) -> bool| {
            self.recording.iter().filter(|asked| is_counted(asked)).map(|asked| asked.write_units).sum()
        };
        (units(&|_| true), units(&|asked| asked.on == "table"))
    }

    /// How many requests a recording is, its part of its batch's among them.
    pub(crate) fn requests_each(&self, batch: f64) -> f64 {
        let sum = |asked: &[Consumption]| asked.iter().map(|asked| asked.times).sum::<f64>();
        sum(&self.recording) + sum(&self.batch) / batch
    }
}

/// Calls of one kind share what they consume, that of indexes too.
fn requests<'a>(asked: impl Iterator<Item = &'a Consumption>) -> Vec<Request> {
    let asked: Vec<&Consumption> = asked.collect();
    let mut requests = Vec::new();
    for calls in asked.iter().filter(|asked| asked.times >= 0.5) {
        let is_read = calls.read_units > 0.0;
        let with_it = asked
            .iter()
            .filter(|other| other.kind == calls.kind && (other.on == calls.on || (!is_read && other.times < 0.5)));
        let (mut reads, mut writes) = (BTreeMap::new(), BTreeMap::new());
        for each in with_it {
            for (units, of) in [(each.read_units, &mut reads), (each.write_units, &mut writes)] {
                if units > 0.0 {
                    *of.entry(each.on.clone()).or_default() += units / calls.times;
                }
            }
        }
        let request = Request { kind: calls.kind.clone(), reads, writes };
        // Counts are whole, except what a batch shares.
        let times = calls.times.round();
        requests.extend((0..).take_while(|number| f64::from(*number) < times).map(|_| request.clone()));
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str, on: &str, times: f64, write_units: f64) -> Consumption {
        let (part, kind, on) = ("finish".to_owned(), kind.to_owned(), on.to_owned());
        Consumption { part, kind, on, times, read_units: 0.0, write_units }
    }

    #[test]
    fn a_write_takes_its_indexes_along_and_calls_of_a_kind_share() {
        let counts = Counts {
            recording: vec![
                asked("transact", "table", 1.0, 6.0),
                asked("transact", "by_due", 0.0, 1.0),
                asked("delete", "table", 2.0, 2.0),
                asked("put", "table", 0.0, 0.03),
            ],
            batch: vec![asked("put", "table", 1.0, 1.0)],
        };
        let found = counts.of_recording("finish");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].writes, BTreeMap::from([("by_due".to_owned(), 1.0), ("table".to_owned(), 6.0)]));
        assert_eq!(found[1].writes, BTreeMap::from([("table".to_owned(), 1.0)]));
        assert_eq!(counts.of_batch("finish", 100.0)[0].writes, BTreeMap::from([("table".to_owned(), 4.0)]));
        let (all, of_table) = counts.write_units();
        assert!((all - 9.03).abs() < 1e-9 && (of_table - 8.03).abs() < 1e-9);
    }
}
