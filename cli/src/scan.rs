//! The scan of the whole folder before the upload: what is there, and what would become of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::facts::QuarantineReason;
use policy::fragment::ObjectKey;
use policy::number::Counterpart;
use policy::retention::Expiry;
use policy::rulebook::Rulebook;
use policy::{Label, Language};
use serde_json::{Value, json};

use crate::console::{count, counted, size};
use crate::failure::{Failure, FileFailure};
use crate::journal::{Journal, Stamp};
use crate::key;
use crate::preview::{Preview, preview};
use crate::stop::Stop;
use crate::walk::{Found, Met, start};

/// Three names of each kind: enough to see what they have in common.
const SAMPLE_LIMIT: usize = 3;

/// How many there are, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sampled {
    pub(crate) count: u64,
    pub(crate) sample: Vec<String>,
}

impl Sampled {
    fn add(&mut self, below: &Path) {
        self.count += 1;
        if self.sample.len() < SAMPLE_LIMIT {
            self.sample.push(below.display().to_string());
        }
    }

    fn as_json(&self) -> Value {
        json!({"count": self.count, "sample": self.sample})
    }
}

/// What a folder holds, by what would become of it.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Files to be uploaded.
    pub(crate) files: u64,
    /// And their bytes.
    pub(crate) bytes: u64,
    /// Files that an earlier run stored.
    pub(crate) before: u64,
    /// Hidden files and folders, and what systems left behind.
    pub(crate) hidden: u64,
    /// Links and devices.
    pub(crate) not_files: u64,
    /// Recordings by the source that understands them.
    pub(crate) sources: BTreeMap<String, u64>,
    pub(crate) sidecars: u64,
    pub(crate) call_logs: u64,
    pub(crate) quarantine: BTreeMap<QuarantineReason, Sampled>,
    /// Files that can't be uploaded, by why.
    pub(crate) impossible: BTreeMap<String, (&'static str, Sampled)>,
    /// Recordings past their period.
    pub(crate) expired: Sampled,
}

/// One file that was looked at: what it would become, or why it can't be uploaded.
pub(crate) struct Looked<'a> {
    pub(crate) below: &'a Path,
    pub(crate) outcome: Result<(&'a ObjectKey, &'a Preview), &'a FileFailure>,
}

impl Scan {
    /// Scans a folder. Calls `tell` for every file except those of the journal.
    pub(crate) async fn of(
        folder: &Path,
        prefix: &str,
        rulebook: &Rulebook,
        now: Timestamp,
        journal: Option<&Journal>,
        stop: &Stop,
        mut tell: impl FnMut(Looked<'_>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut scan = Self::default();
        let mut walk = start(folder);
        while let Some(met) = walk.recv().await {
            if stop.is_requested() {
                return Err(Failure::new("stopped", "Nothing was uploaded: run the same command again."));
            }
            let (below, outcome) = match met {
                Met::Hidden => {
                    scan.hidden += 1;
                    continue;
                }
                Met::NotAFile => {
                    scan.not_files += 1;
                    continue;
                }
                Met::Failed { below, failure } => (below, Err(failure)),
                Met::File(found) => match key::of(prefix, &found.below) {
                    Err(failure) => (found.below, Err(failure)),
                    Ok(key) => {
                        let stamp = Stamp::of(&key, found.size_bytes, found.modified_nanoseconds);
                        if journal.is_some_and(|journal| journal.has(&stamp)) {
                            scan.before += 1;
                            continue;
                        }
                        let preview = preview(&found, &key, rulebook, now);
                        scan.add(&found, &preview, now);
                        (found.below, Ok((key, preview)))
                    }
                },
            };
            match outcome {
                Ok((key, preview)) => tell(Looked { below: &below, outcome: Ok((&key, &preview)) })?,
                Err(failure) => {
                    scan.cannot(&below, &failure);
                    tell(Looked { below: &below, outcome: Err(&failure) })?;
                }
            }
        }
        Ok(scan)
    }

    fn add(&mut self, found: &Found, preview: &Preview, now: Timestamp) {
        self.files += 1;
        self.bytes += found.size_bytes;
        match preview {
            Preview::Understood(facts, _) => *self.sources.entry(facts.source.clone()).or_default() += 1,
            Preview::Quarantine(reason) => self.quarantine.entry(*reason).or_default().add(&found.below),
            Preview::Sidecar => self.sidecars += 1,
            Preview::CallLog => self.call_logs += 1,
        }
        if preview.is_expired(now) {
            self.expired.add(&found.below);
        }
    }

    fn cannot(&mut self, below: &Path, failure: &FileFailure) {
        let entry = self.impossible.entry(failure.to_string());
        entry.or_insert_with(|| (failure.fix(), Sampled::default())).1.add(below);
    }

    /// How many can't be uploaded.
    pub(crate) fn impossible_count(&self) -> u64 {
        self.impossible.values().map(|(_, sampled)| sampled.count).sum()
    }

    /// The totals, for a person.
    pub(crate) fn totals(&self) -> String {
        let mut text = format!("{}, {}", counted(self.files, "file", "files"), size(self.bytes));
        if self.before > 0 {
            text += &format!("; {} more were uploaded before", count(self.before));
        }
        text.push('\n');
        for (source, number) in &self.sources {
            text += &line(&format!("recordings of {source}"), *number);
        }
        text += &line("sidecars", self.sidecars);
        text += &line("call logs", self.call_logs);
        text += &line("hidden or left behind by a system: not uploaded", self.hidden);
        text += &line("links and devices: not uploaded", self.not_files);
        for (reason, sampled) in &self.quarantine {
            text += &line(&format!("would wait in quarantine: {}", reason.label(Language::English)), sampled.count);
            text += &examples(&sampled.sample, reason.fix(Language::English));
        }
        for (reason, (fix, sampled)) in &self.impossible {
            text += &line(&format!("can't be uploaded: {reason}"), sampled.count);
            text += &examples(&sampled.sample, fix);
        }
        text
    }

    /// The totals, for a program.
    pub(crate) fn as_json(&self) -> Value {
        let quarantine: BTreeMap<&str, Value> =
            self.quarantine.iter().map(|(reason, sampled)| (reason.as_str(), sampled.as_json())).collect();
        let impossible: BTreeMap<&str, Value> =
            self.impossible.iter().map(|(reason, (_, sampled))| (reason.as_str(), sampled.as_json())).collect();
        json!({
            "files": self.files,
            "bytes": self.bytes,
            "uploaded_before": self.before,
            "sources": self.sources,
            "sidecars": self.sidecars,
            "call_logs": self.call_logs,
            "hidden": self.hidden,
            "not_files": self.not_files,
            "quarantine": quarantine,
            "impossible": impossible,
            "expired": self.expired.as_json(),
        })
    }
}

/// A number and what it counts; empty for zero.
fn line(what: &str, number: u64) -> String {
    if number > 0 { format!("  {:>11}  {what}\n", count(number)) } else { String::new() }
}

fn examples(sample: &[String], fix: &str) -> String {
    let names: String = sample.iter().map(|name| format!("               {name}\n")).collect();
    format!("               {fix}\n{names}")
}

/// The report on recordings past their period; empty for zero.
pub(crate) fn expired_notice(scan: &Scan, rulebook: &Rulebook, is_default: bool) -> Option<String> {
    if scan.expired.count == 0 {
        return None;
    }
    let longest_days = rulebook.retention.iter().map(|rule| rule.keep_days).max().unwrap_or_default();
    let (are, they) = if scan.expired.count == 1 { ("is", "it") } else { ("are", "they") };
    let by = if is_default {
        "the strict default; give --rulebook policy.toml for your own periods"
    } else {
        "the rulebook given"
    };
    let names: String = scan.expired.sample.iter().map(|name| format!("  {name}\n")).collect();
    Some(format!(
        "{} {are} past {} period (the longest is {}, by {by}):\n{names}{} would wait in quarantine ({} days) until an \
         admin and a second person confirm when {they} began.",
        counted(scan.expired.count, "recording", "recordings"),
        if scan.expired.count == 1 { "its" } else { "their" },
        counted(u64::from(longest_days), "day", "days"),
        if scan.expired.count == 1 { "It" } else { "They" },
        rulebook.quarantine_days,
    ))
}

/// One file of a dry run, in two lines.
pub(crate) fn describe(looked: &Looked<'_>, zone: &TimeZone) -> String {
    let below = looked.below.display();
    let what = match looked.outcome {
        Err(failure) => format!("can't be uploaded: {failure}. {}", failure.fix()),
        Ok((_, Preview::Sidecar)) => "facts of the recording beside it".to_owned(),
        Ok((_, Preview::CallLog)) => "call log".to_owned(),
        Ok((_, Preview::Quarantine(reason))) => {
            format!("quarantine: {}. {}", reason.label(Language::English), reason.fix(Language::English))
        }
        Ok((_, Preview::Understood(facts, ends))) => {
            let mut parts = vec![
                facts.source.clone(),
                local(facts.started_at, zone),
                facts.direction.as_str().to_owned(),
                masked(&facts.counterpart),
            ];
            parts.extend(facts.extension.as_ref().map(|extension| format!("extension {extension}")));
            parts.extend(facts.queue.as_ref().map(|queue| format!("queue {queue}")));
            parts.extend(facts.call_id.as_ref().map(|call_id| format!("call {call_id}")));
            parts.push(match ends {
                Expiry::At(at) => format!("{} until {}", facts.class.class(), local(*at, zone)),
                Expiry::Never => facts.class.class().to_owned(),
            });
            parts.join(" · ")
        }
    };
    format!("{below}\n    {what}\n")
}

/// One file of a dry run, as JSON.
pub(crate) fn describe_json(looked: &Looked<'_>, zone: &TimeZone) -> Value {
    let below: PathBuf = looked.below.to_owned();
    let file = below.to_string_lossy();
    match looked.outcome {
        Err(failure) => json!({"file": file, "impossible": failure.to_string(), "fix": failure.fix()}),
        Ok((key, Preview::Sidecar)) => json!({"file": file, "key": key.expose(), "kind": "sidecar"}),
        Ok((key, Preview::CallLog)) => json!({"file": file, "key": key.expose(), "kind": "call_log"}),
        Ok((key, Preview::Quarantine(reason))) => json!({
            "file": file, "key": key.expose(), "kind": "recording",
            "quarantine": reason.as_str(), "fix": reason.fix(Language::English),
        }),
        Ok((key, Preview::Understood(facts, ends))) => json!({
            "file": file, "key": key.expose(), "kind": "recording",
            "source": facts.source,
            "started_at": local(facts.started_at, zone),
            "direction": facts.direction.as_str(),
            "counterpart": masked(&facts.counterpart),
            "extension": facts.extension,
            "queue": facts.queue,
            "call_id": facts.call_id,
            "staff": facts.staff,
            "team": facts.team,
            "retention_class": facts.class.class(),
            "expires_at": match ends { Expiry::At(at) => Some(local(*at, zone)), Expiry::Never => None },
        }),
    }
}

/// A moment in the company's zone, with its offset.
fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The last four digits of a number, or why there is no number.
fn masked(counterpart: &Counterpart) -> String {
    match counterpart {
        Counterpart::Number(number) => number.to_string(),
        Counterpart::Absent(absent) => absent.as_str().to_owned(),
    }
}
