//! The result: counts, the failures with their reasons, and what the system made of the uploads.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use policy::facts::QuarantineReason;
use policy::{Label, Language};
use serde_json::{Value, json};

use crate::console::{count, size, time};
use crate::failure::{Failure, FileFailure};

/// 20 failures: one screen. The rest are in the report.
const SHOWN_LIMIT: usize = 20;

/// The failures: a screenful in memory, all of them in the report.
pub(crate) struct Failures {
    pub(crate) count: u64,
    shown: Vec<(String, String, &'static str)>,
    report: Option<(PathBuf, csv::Writer<File>)>,
}

impl Failures {
    /// Begins the report, if one is requested.
    pub(crate) fn new(report: Option<&Path>) -> Result<Self, Failure> {
        let report = match report {
            None => None,
            Some(path) => {
                let cannot = || {
                    Failure::new(
                        format!("cannot write the report {}", path.display()),
                        "Name another file with --report.",
                    )
                };
                let mut writer = csv::Writer::from_path(path).map_err(|error| cannot().because(error))?;
                writer.write_record(["file", "reason", "fix"]).map_err(|error| cannot().because(error))?;
                Some((path.to_owned(), writer))
            }
        };
        Ok(Self { count: 0, shown: Vec::new(), report })
    }

    /// Notes a failure.
    pub(crate) fn add(&mut self, below: &Path, failure: &FileFailure) -> Result<(), Failure> {
        self.count += 1;
        let row = (below.display().to_string(), failure.to_string(), failure.fix());
        if let Some((path, writer)) = &mut self.report {
            let written = writer.write_record([&row.0, &row.1, row.2]).and_then(|()| Ok(writer.flush()?));
            written.map_err(|error| {
                Failure::new(format!("cannot write the report {}", path.display()), "Free some space on its disk.")
                    .because(error)
            })?;
        }
        if self.shown.len() < SHOWN_LIMIT {
            self.shown.push(row);
        }
        Ok(())
    }

    fn text(&self) -> String {
        let mut text: String =
            self.shown.iter().map(|(file, reason, fix)| format!("  {file}\n      {reason}. {fix}\n")).collect();
        let hidden = self.count.saturating_sub(self.shown.len() as u64);
        match &self.report {
            Some((path, _)) if self.count > 0 => text += &format!("  All of them: {}\n", path.display()),
            None if hidden > 0 => text += &format!("  … and {} more: --report FILE lists all.\n", count(hidden)),
            _ => {}
        }
        text
    }

    fn as_json(&self) -> Vec<Value> {
        let row = |(file, reason, fix): &(String, String, &str)| json!({"file": file, "reason": reason, "fix": fix});
        self.shown.iter().map(row).collect()
    }
}

/// What the system made of what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Became {
    /// Recordings that are understood, sidecars and call logs.
    pub(crate) taken_in: u64,
    /// In quarantine, by why.
    pub(crate) quarantined: BTreeMap<QuarantineReason, u64>,
    /// Deleted since, on their day.
    pub(crate) ended: u64,
    /// Not seen yet.
    pub(crate) on_their_way: u64,
}

/// The result of an import.
pub(crate) struct Report {
    pub(crate) uploaded: u64,
    pub(crate) uploaded_bytes: u64,
    /// Already stored: by the journal, or found with the same bytes.
    pub(crate) there: u64,
    /// Under a key that something unknown has taken.
    pub(crate) not_compared: u64,
    pub(crate) failures: Failures,
    pub(crate) took: Duration,
    pub(crate) stopped: bool,
    /// Why it ended early.
    pub(crate) ended_by: Option<String>,
    pub(crate) became: Option<Became>,
    /// Why the table could not be read.
    pub(crate) not_asked: Option<String>,
    pub(crate) journal: PathBuf,
}

impl Report {
    pub(crate) fn is_well(&self) -> bool {
        self.failures.count == 0 && !self.stopped && self.ended_by.is_none() && self.not_asked.is_none()
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |what: &str, number: u64, note: String| {
            text += &format!("{what:<14} {:>11}{}{note}\n", count(number), if note.is_empty() { "" } else { "  " });
        };
        line("Uploaded", self.uploaded, format!("{} in {}", size(self.uploaded_bytes), time(self.took)));
        line("Already there", self.there, String::new());
        if self.not_compared > 0 {
            let note = "taken by something this role may not look at";
            line("Not compared", self.not_compared, note.to_owned());
        }
        line("Failed", self.failures.count, String::new());
        if let Some(became) = &self.became {
            line("Taken in", became.taken_in, String::new());
            let reasons: Vec<String> = became
                .quarantined
                .iter()
                .map(|(reason, number)| format!("{} {}", reason.label(Language::English), count(*number)))
                .collect();
            line("In quarantine", became.quarantined.values().sum(), reasons.join(" · "));
            if became.ended > 0 {
                line("Deleted since", became.ended, "on their day".to_owned());
            }
            if became.on_their_way > 0 {
                line("On their way", became.on_their_way, String::new());
            }
        }
        if self.failures.count > 0 {
            text += &format!("\nFailed:\n{}", self.failures.text());
        }
        for next in self.next() {
            text += &format!("\n{next}\n");
        }
        text
    }

    /// What to do next, the most urgent first.
    fn next(&self) -> Vec<String> {
        let mut next = Vec::new();
        if let Some(cause) = &self.ended_by {
            next.push(format!("Stopped early: {cause}"));
        }
        if self.stopped {
            next.push(format!(
                "Stopped. Run the same command again: it goes on where it was, by the journal {}.",
                self.journal.display()
            ));
        }
        if self.not_compared > 0 {
            next.push(
                "What is not compared is most likely there from an earlier run whose answer was lost. With --table, and a \
                 role that may read the table, it is compared by SHA-256: run the same command again with it."
                    .to_owned(),
            );
        }
        if let Some(cause) = &self.not_asked {
            next.push(format!("The table could not be asked what became of the uploads: {cause}"));
        }
        match &self.became {
            Some(became) => {
                if became.on_their_way > 0 {
                    next.push(
                        "What is on its way needs nothing but time: run the same command again to look. What still is after \
                         an hour lies in a dead-letter queue, which has raised an alarm."
                            .to_owned(),
                    );
                }
                if !became.quarantined.is_empty() {
                    next.push(
                        "What is in quarantine waits for its facts: GET /recordings?state=quarantined says of each how to fix \
                         it."
                            .to_owned(),
                    );
                }
            }
            None if self.not_asked.is_none() && self.uploaded + self.there > 0 => next.push(
                "What the system made of them: run the same command again with --table (the stack's output `Table`) and a \
                 role that may read it, or ask GET /recordings and GET /recordings?state=quarantined."
                    .to_owned(),
            ),
            None => {}
        }
        next
    }

    /// For a program.
    pub(crate) fn as_json(&self) -> Value {
        let became = self.became.as_ref().map(|became| {
            let quarantined: BTreeMap<&str, u64> =
                became.quarantined.iter().map(|(reason, number)| (reason.as_str(), *number)).collect();
            json!({
                "taken_in": became.taken_in,
                "quarantined": quarantined,
                "ended": became.ended,
                "on_their_way": became.on_their_way,
            })
        });
        json!({
            "uploaded": self.uploaded,
            "uploaded_bytes": self.uploaded_bytes,
            "seconds": self.took.as_secs(),
            "already_there": self.there,
            "not_compared": self.not_compared,
            "failed": self.failures.count,
            "failures": self.failures.as_json(),
            "stopped": self.stopped,
            "stopped_by": self.ended_by,
            "became": became,
            "not_asked": self.not_asked,
            "journal": self.journal.to_string_lossy(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::folder::Folder;

    #[test]
    fn twenty_failures_are_shown_and_all_are_in_the_report() {
        let folder = Folder::new();
        let path = folder.path().join("report.csv");
        let mut failures = Failures::new(Some(&path)).unwrap();
        for number in 0..1_000 {
            failures.add(Path::new(&format!("{number},\"通話\".wav")), &FileFailure::Changed).unwrap();
        }
        assert_eq!((failures.count, failures.shown.len()), (1_000, SHOWN_LIMIT));
        let mut rows = csv::Reader::from_path(&path).unwrap();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1_000);
        assert_eq!(&rows[999][0], "999,\"通話\".wav");
        assert_eq!(&rows[999][1], "it changed while it was read");
        assert!(failures.text().ends_with(&format!("All of them: {}\n", path.display())));
    }

    #[test]
    fn without_a_report_what_is_not_shown_is_counted() {
        let mut failures = Failures::new(None).unwrap();
        for _ in 0..21 {
            failures.add(Path::new("a"), &FileFailure::Changed).unwrap();
        }
        assert!(failures.text().ends_with("  … and 1 more: --report FILE lists all.\n"));
    }
}
