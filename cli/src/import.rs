//! `rokuban import`: scan the folder, upload, read what became of it.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use policy::rulebook::Rulebook;
use serde_json::json;
use store::{ErrorKind, Table, Uploads};

use crate::ask::{AskError, ask};
use crate::console::{Progress, Show};
use crate::failure::{Failure, FileFailure};
use crate::journal::{Journal, Stamp};
use crate::key;
use crate::prefixes;
use crate::preview::preview;
use crate::report::{Failures, Report};
use crate::scan::{Scan, describe, describe_json, expired_notice};
use crate::stop::Stop;
use crate::upload::{Outcome, Uploader};
use crate::walk::{Found, Met, start};

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder.
    pub folder: PathBuf,
    /// What every key begins with; ends with `/` unless it is empty.
    pub prefix: String,
    /// The company's rulebook, or the strict default.
    pub rulebook: Rulebook,
    /// How many files are uploaded at once, from 1.
    pub jobs: usize,
    /// Whether to upload what is past its period.
    pub accept_expired: bool,
    /// Whether to upload where no file is under a source's prefix.
    pub accept_unmatched: bool,
    /// How long to wait for what was uploaded to be taken in.
    pub wait: Duration,
    /// Where to write every failure.
    pub report: Option<PathBuf>,
    /// Where the journal lies.
    pub journal: PathBuf,
    /// Whether to print JSON.
    pub json: bool,
}

/// Where to import to.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The recordings bucket.
    pub uploads: Uploads,
    /// The table, where the result is to be read from it.
    pub table: Option<Table>,
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything is there.
    Well,
    /// Something failed, or it was stopped.
    NotAll,
}

/// Imports a folder; without a cloud, reports what an import would do. The result goes to `out`, the rest to standard
/// error.
///
/// # Errors
/// Why it could not begin as requested, or could not write its own files.
pub async fn run(
    options: &Options,
    cloud: Option<&Cloud>,
    now: Timestamp,
    stop: &Stop,
    show: Show,
    out: &mut dyn Write,
) -> Result<Ending, Failure> {
    if !options.folder.is_dir() {
        return Err(Failure::new(
            format!("there is no folder {}", options.folder.display()),
            "Name the folder that holds the recordings.",
        ));
    }
    match cloud {
        None => dry_run(options, now, stop, out).await,
        Some(cloud) => import(options, cloud, now, stop, show, out).await,
    }
}

async fn dry_run(options: &Options, now: Timestamp, stop: &Stop, out: &mut dyn Write) -> Result<Ending, Failure> {
    let zone = &options.rulebook.zone;
    let scan = Scan::of(&options.folder, &options.prefix, &options.rulebook, now, None, stop, |looked| {
        if options.json {
            print(out, &format!("{}\n", describe_json(&looked, zone)))
        } else {
            print(out, &describe(&looked, zone))
        }
    })
    .await?;
    if options.json {
        print(out, &format!("{}\n", json!({"totals": scan.as_json()})))?;
    } else {
        print(out, &format!("\n{}", scan.totals()))?;
        if let Some(notice) = expired_notice(&scan, &options.rulebook, is_default(&options.rulebook)) {
            print(out, &format!("\n{notice}\n"))?;
        }
        if let Some(notice) = unmatched_notice(&scan, options) {
            print(out, &format!("\n{notice}\n"))?;
        }
        print(out, "\nBy their names alone, and nothing was uploaded. Without --dry-run it is.\n")?;
    }
    Ok(if scan.impossible_count() == 0 { Ending::Well } else { Ending::NotAll })
}

async fn import(
    options: &Options,
    cloud: &Cloud,
    now: Timestamp,
    stop: &Stop,
    show: Show,
    out: &mut dyn Write,
) -> Result<Ending, Failure> {
    let mut failures = Failures::new(options.report.as_deref())?;
    let journal = Journal::open(&options.journal)?;
    show.say(&format!("Looking at {} …", options.folder.display()));
    let scan =
        Scan::of(&options.folder, &options.prefix, &options.rulebook, now, Some(&journal), stop, |_| Ok(())).await?;
    show.say(&scan.totals());
    if let Some(notice) = expired_notice(&scan, &options.rulebook, is_default(&options.rulebook)) {
        if !options.accept_expired {
            return Err(Failure::new(
                format!("nothing was uploaded: {notice}"),
                "Lengthen the period and publish the rulebook first, take them out of the folder, or continue with \
                 --accept-expired.",
            ));
        }
        show.say(&notice);
    }
    if let Some(notice) = unmatched_notice(&scan, options) {
        if !options.accept_unmatched {
            return Err(Failure::new(
                format!("nothing was uploaded: {notice}"),
                "Give --prefix, or continue with --accept-unmatched.",
            ));
        }
        show.say(&notice);
    }
    let progress = Progress::new(show, scan.files, scan.bytes);
    let run = Run {
        options,
        now,
        stop,
        progress: &progress,
        uploader: Uploader::new(&cloud.uploads, cloud.table.as_ref(), stop),
        journal: RefCell::new(journal),
        failures: RefCell::new(&mut failures),
        tally: Tally::default(),
        ended: RefCell::new(None),
    };
    tokio::select! {
        () = run.upload_all() => {}
        () = progress.shown() => {}
    }
    progress.end();
    let took = progress.elapsed();
    let Run { journal, tally, ended, .. } = run;
    let journal = journal.into_inner();
    let ended_by = match ended.into_inner() {
        Some(Ended::ByFailure(failure)) => return Err(failure),
        Some(Ended::ByEveryones(cause)) => Some(cause),
        None => None,
    };
    let mut report = Report {
        uploaded: tally.uploaded.get(),
        uploaded_bytes: tally.uploaded_bytes.get(),
        there: tally.there.get(),
        not_compared: tally.not_compared.get(),
        failures,
        took,
        stopped: stop.is_requested(),
        ended_by,
        became: None,
        not_asked: None,
        journal: journal.path().to_owned(),
    };
    if let Some(table) = cloud.table.as_ref().filter(|_| !report.stopped) {
        if journal.len() > 0 {
            show.say("Asking what became of them …");
        }
        match ask(table, &journal, options.wait, stop, show).await {
            Ok(became) => report.became = Some(became),
            Err(AskError::Journal(failure)) => return Err(failure),
            Err(AskError::Table(error)) => {
                let fix = match error.kind {
                    ErrorKind::Refused => {
                        "This role may not read it: run the same command again with one that may. Nothing is uploaded twice."
                    }
                    ErrorKind::Missing => "There is no such table: check --table and --region.",
                    _ => "Run the same command again. Nothing is uploaded twice.",
                };
                report.not_asked = Some(format!("{error}. {fix}"));
            }
        }
    }
    let text = if options.json { format!("{}\n", report.as_json()) } else { report.text() };
    print(out, &text)?;
    Ok(if report.is_well() { Ending::Well } else { Ending::NotAll })
}

/// What to say where nothing is under a source's prefix.
fn unmatched_notice(scan: &Scan, options: &Options) -> Option<String> {
    prefixes::notice(scan, &options.folder, &options.prefix, &options.rulebook)
}

/// The compiled-in default has version 0.
fn is_default(rulebook: &Rulebook) -> bool {
    rulebook.version == 0
}

fn print(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new("cannot write the result", "Check where standard output goes.").because(error))
}

/// Counts as they go up.
#[derive(Default)]
struct Tally {
    uploaded: Cell<u64>,
    uploaded_bytes: Cell<u64>,
    there: Cell<u64>,
    not_compared: Cell<u64>,
    /// Failures caused by the cloud since the last file that succeeded.
    clouds_in_a_row: Cell<usize>,
}

fn add(cell: &Cell<u64>, number: u64) {
    cell.set(cell.get() + number);
}

/// What ended the uploads before their end.
enum Ended {
    /// Our own files can't be written.
    ByFailure(Failure),
    /// What failed the first file would fail every other.
    ByEveryones(String),
}

/// The uploads of one import. Everything runs on one thread, so that no lock is needed.
struct Run<'a> {
    options: &'a Options,
    now: Timestamp,
    stop: &'a Stop,
    progress: &'a Progress,
    uploader: Uploader<'a>,
    journal: RefCell<Journal>,
    failures: RefCell<&'a mut Failures>,
    tally: Tally,
    ended: RefCell<Option<Ended>>,
}

impl Run<'_> {
    /// Uploads the folder, some files at once; begins no further file once it is to stop.
    async fn upload_all(&self) {
        let walk = start(&self.options.folder);
        let met = stream::unfold(walk, async |mut walk| {
            if self.stop.is_requested() || self.ended.borrow().is_some() {
                return None;
            }
            Some((walk.recv().await?, walk))
        });
        met.for_each_concurrent(self.options.jobs, async |met| {
            if let Err(failure) = self.take(met).await {
                *self.ended.borrow_mut() = Some(Ended::ByFailure(failure));
            }
        })
        .await;
    }

    async fn take(&self, met: Met) -> Result<(), Failure> {
        match met {
            Met::Hidden | Met::NotAFile => Ok(()),
            Met::Failed { below, failure } => self.failures.borrow_mut().add(&below, &failure),
            Met::File(found) => self.take_file(&found).await,
        }
    }

    async fn take_file(&self, found: &Found) -> Result<(), Failure> {
        let key = match key::of(&self.options.prefix, &found.below) {
            Ok(key) => key,
            Err(failure) => return self.failures.borrow_mut().add(&found.below, &failure),
        };
        let stamp = Stamp::of(&key, found.size_bytes, found.modified_nanoseconds);
        if self.journal.borrow().has(&stamp) {
            add(&self.tally.there, 1);
            return Ok(());
        }
        // Report it, also for a file that appeared after the scan.
        let is_expired =
            !self.options.accept_expired && preview(found, &key, &self.options.rulebook, self.now).is_expired(self.now);
        let outcome = if is_expired { Err(FileFailure::Expired) } else { self.uploader.upload(found, &key).await };
        self.progress.advance(found.size_bytes);
        if outcome.is_ok() {
            self.tally.clouds_in_a_row.set(0);
        }
        match outcome {
            Ok(Outcome::Uploaded(id)) => {
                add(&self.tally.uploaded, 1);
                add(&self.tally.uploaded_bytes, found.size_bytes);
                self.journal.borrow_mut().note(stamp, &id)
            }
            Ok(Outcome::There(id)) => {
                add(&self.tally.there, 1);
                self.journal.borrow_mut().note(stamp, &id)
            }
            Ok(Outcome::NotCompared) => {
                add(&self.tally.not_compared, 1);
                Ok(())
            }
            Err(failure) => {
                let in_a_row = &self.tally.clouds_in_a_row;
                in_a_row.set(if failure.is_the_clouds() { in_a_row.get() + 1 } else { 0 });
                // Passing faults were retried already: one round of jobs shows that this one is lasting. What a role
                // may not do with the first file, it may not do with the last; later it may be one folder's fault.
                let nothing_went_well = self.tally.uploaded.get() + self.tally.there.get() == 0;
                let is_hopeless = in_a_row.get() >= self.options.jobs
                    || (failure.is_the_clouds() && !failure.is_passing() && nothing_went_well);
                if is_hopeless {
                    let mut ended = self.ended.borrow_mut();
                    if ended.is_none() {
                        *ended = Some(Ended::ByEveryones(format!("{failure}. {}", failure.fix())));
                    }
                }
                self.failures.borrow_mut().add(&found.below, &failure)
            }
        }
    }
}
