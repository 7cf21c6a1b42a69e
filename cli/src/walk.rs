//! Walks a folder as a stream, by name: one list of names a level, and a short queue ahead of the reader.

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::failure::FileFailure;

/// 256 files: enough that the reader never waits for the disk, under a megabyte of the longest names.
pub(crate) const AHEAD_LIMIT_FILES: usize = 256;

/// Files and folders that systems leave behind and no recorder writes. Names that begin with a dot count too.
const LEFT_BEHIND: [&str; 6] =
    ["Thumbs.db", "desktop.ini", "ehthumbs.db", "$RECYCLE.BIN", "System Volume Information", "@eaDir"];

/// What a walk finds.
#[derive(Debug)]
pub(crate) enum Met {
    /// A plain file.
    File(Found),
    /// A hidden file, or one that a system left behind; such a folder is not entered.
    Hidden,
    /// A symbolic link, a socket, a device: nothing of the archive's own.
    NotAFile,
    /// A file or a folder that can't be read.
    Failed {
        /// Its path below the folder walked.
        below: PathBuf,
        /// Why.
        failure: FileFailure,
    },
}

/// A plain file.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Its path below the folder walked.
    pub(crate) below: PathBuf,
    /// Its length in bytes when it was found.
    pub(crate) size_bytes: u64,
    /// Its time of modification when it was found, in nanoseconds since 1970; 0 where the disk has none.
    pub(crate) modified_nanoseconds: i128,
}

/// Walks a folder on its own thread, by name, so that two runs say the same in one order. The thread ends when the reader is gone.
pub(crate) fn start(folder: &Path) -> Receiver<Met> {
    let (sender, receiver) = channel(AHEAD_LIMIT_FILES);
    let folder = folder.to_owned();
    thread::spawn(move || walk(&folder, &sender));
    receiver
}

fn walk(folder: &Path, sender: &Sender<Met>) {
    let failed = |below: &Path, error: io::Error| Met::Failed {
        below: below.to_owned(),
        failure: FileFailure::Unreadable(error),
    };
    let mut levels: Vec<(Entries, PathBuf)> = Vec::new();
    match entries_of(folder) {
        Ok(entries) => levels.push((entries, PathBuf::new())),
        Err(error) => {
            let _ = sender.blocking_send(failed(Path::new(""), error));
        }
    }
    while let Some((entries, below)) = levels.last_mut() {
        let Some(entry) = entries.next() else {
            levels.pop();
            continue;
        };
        let (met, opened) = match entry {
            Ok(entry) => {
                let below = below.join(entry.file_name());
                match meet(&entry, &below) {
                    Ok(Step::Into) => match entries_of(&entry.path()) {
                        Ok(entries) => (None, Some((entries, below))),
                        Err(error) => (Some(failed(&below, error)), None),
                    },
                    Ok(Step::Met(met)) => (Some(met), None),
                    Err(error) => (Some(failed(&below, error)), None),
                }
            }
            Err(error) => (Some(failed(below, error)), None),
        };
        levels.extend(opened);
        if let Some(met) = met
            && sender.blocking_send(met).is_err()
        {
            return;
        }
    }
}

/// What a folder has, by name; what can't be read comes last.
type Entries = std::vec::IntoIter<io::Result<DirEntry>>;

fn entries_of(folder: &Path) -> io::Result<Entries> {
    let mut entries: Vec<io::Result<DirEntry>> = fs::read_dir(folder)?.collect();
    entries
        .sort_by_cached_key(|entry| entry.as_ref().map_or((true, OsString::new()), |entry| (false, entry.file_name())));
    Ok(entries.into_iter())
}

enum Step {
    Into,
    Met(Met),
}

fn meet(entry: &fs::DirEntry, below: &Path) -> io::Result<Step> {
    let name = entry.file_name();
    let left_behind = LEFT_BEHIND.iter().any(|known| name.eq_ignore_ascii_case(known));
    if left_behind || name.as_encoded_bytes().starts_with(b".") {
        return Ok(Step::Met(Met::Hidden));
    }
    // For a link, this is the link itself.
    let kind = entry.file_type()?;
    if kind.is_dir() {
        return Ok(Step::Into);
    }
    if !kind.is_file() {
        return Ok(Step::Met(Met::NotAFile));
    }
    let metadata = entry.metadata()?;
    Ok(Step::Met(Met::File(Found {
        path: entry.path(),
        below: below.to_owned(),
        size_bytes: metadata.len(),
        modified_nanoseconds: modified_nanoseconds(&metadata),
    })))
}

/// The time of modification in nanoseconds since 1970; 0 where the disk has none. Only ever compared with itself.
pub(crate) fn modified_nanoseconds(metadata: &fs::Metadata) -> i128 {
    let Ok(at) = metadata.modified() else { return 0 };
    jiff::Timestamp::try_from(at).map(jiff::Timestamp::as_nanosecond).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::folder::Folder;

    fn all(folder: &Path) -> (BTreeSet<String>, usize, usize, usize) {
        let mut receiver = start(folder);
        let (mut files, mut hidden, mut others, mut failed) = (BTreeSet::new(), 0, 0, 0);
        while let Some(met) = receiver.blocking_recv() {
            match met {
                Met::File(found) => {
                    files.insert(format!("{} {}", found.below.display(), found.size_bytes));
                }
                Met::Hidden => hidden += 1,
                Met::NotAFile => others += 1,
                Met::Failed { .. } => failed += 1,
            }
        }
        (files, hidden, others, failed)
    }

    #[test]
    fn files_of_every_depth_are_met_and_what_systems_left_behind_is_counted() {
        let folder = Folder::new();
        for (name, bytes) in [("a/b/c/通話 1.wav", "xyz"), ("d.wav", ""), ("a/.DS_Store", "x"), ("a/thumbs.DB", "x")]
        {
            folder.write(name, bytes);
        }
        folder.write(".git/objects/1", "x");
        let (files, hidden, others, failed) = all(folder.path());
        assert_eq!(files, ["a/b/c/通話 1.wav 3", "d.wav 0"].map(str::to_owned).into());
        assert_eq!((hidden, others, failed), (3, 0, 0));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_not_followed() {
        let folder = Folder::new();
        folder.write("a/x.wav", "x");
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("a/x.wav"), folder.path().join("y.wav")).unwrap();
        let (files, _, others, _) = all(folder.path());
        assert_eq!((files.len(), others), (1, 3));
    }

    #[test]
    fn a_folder_that_is_not_there_fails_with_its_reason() {
        let folder = Folder::new();
        assert_eq!(all(&folder.path().join("none")).3, 1);
    }

    #[test]
    fn ten_thousand_files_are_never_more_than_a_short_queue_in_memory() {
        let folder = Folder::new();
        for number in 0..10_000 {
            folder.write(&format!("{}/{number}.wav", number % 7), "");
        }
        let mut receiver = start(folder.path());
        let (mut met, mut peak) = (0, 0);
        while receiver.blocking_recv().is_some() {
            if met == 0 {
                // The walk has all the time it could want to run ahead.
                for _ in 0..1_000 {
                    if receiver.len() == AHEAD_LIMIT_FILES {
                        break;
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            }
            peak = peak.max(receiver.len());
            met += 1;
        }
        assert_eq!((met, peak), (10_000, AHEAD_LIMIT_FILES));
    }
}
