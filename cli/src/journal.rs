//! The journal: what this import has stored, so that it is not sent again.
//!
//! A line is the stamp of a file (a digest of its key, length and time), and the id of the object version it became (a
//! digest of bucket, key and version): nothing in it says who called whom. A line is written when S3 has confirmed the
//! bytes. A line torn by a crash is ignored.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use policy::fragment::ObjectKey;
use policy::id::{KeyId, RecordingId};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

const HEADER: &str = "rokuban import journal 1";

/// 128 bits: no two of a hundred million files collide.
const STAMP_BYTES: usize = 16;

/// A file as it was when it was uploaded: one that has changed since has another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp([u8; STAMP_BYTES]);

impl Stamp {
    pub(crate) fn of(key: &ObjectKey, size_bytes: u64, modified_nanoseconds: i128) -> Self {
        let digest = Sha256::digest(format!("{}\0{size_bytes}\0{modified_nanoseconds}", key.expose()));
        let mut stamp = [0; STAMP_BYTES];
        stamp.copy_from_slice(&digest[..STAMP_BYTES]);
        Self(stamp)
    }
}

/// An open journal. In memory it has 16 bytes for each file stored before.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    before: HashSet<Stamp>,
    /// Ids in the file, those of earlier runs first.
    ids: usize,
    ids_before: usize,
}

impl Journal {
    /// Opens a journal, or begins one.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let cannot = |act: &str| {
            let cause = format!("cannot {act} the journal {}", path.display());
            move |error: std::io::Error| {
                Failure::new(cause, "Name another file with --journal: without it nothing could be resumed.")
                    .because(error)
            }
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(cannot("make the folder of"))?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(cannot("open"))?;
        let mut before = HashSet::new();
        let mut ids = 0;
        let mut is_torn = false;
        for (number, line) in Lines::of(path).map_err(cannot("read"))?.enumerate() {
            let line = line.map_err(cannot("read"))?;
            is_torn = !line.ends_with('\n');
            if number == 0 && line.trim_end() != HEADER {
                return Err(Failure::new(
                    format!("{} is not a journal of an import", path.display()),
                    "Name another file with --journal: a new one, or the one of an earlier run.",
                ));
            }
            if let Some((stamp, _)) = parse(&line) {
                before.insert(stamp);
                ids += 1;
            }
        }
        let start = match (is_torn, file.metadata().map_err(cannot("read"))?.len()) {
            (_, 0) => format!("{HEADER}\n"),
            (true, _) => "\n".to_owned(),
            (false, _) => String::new(),
        };
        file.write_all(start.as_bytes()).map_err(cannot("write"))?;
        Ok(Self { path: path.to_owned(), file, before, ids, ids_before: ids })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier run stored the file as it is.
    pub(crate) fn has(&self, stamp: &Stamp) -> bool {
        self.before.contains(stamp)
    }

    /// Notes that a file is stored.
    pub(crate) fn note(&mut self, stamp: Stamp, id: &RecordingId) -> Result<(), Failure> {
        // One write a line: two imports at once can't tear each other's.
        let line = format!("{} {id}\n", HEXLOWER.encode(&stamp.0));
        self.file.write_all(line.as_bytes()).map_err(|error| {
            Failure::new(
                format!("cannot write the journal {}", self.path.display()),
                "Free some space on its disk, then run the same command again.",
            )
            .because(error)
        })?;
        self.ids += 1;
        Ok(())
    }

    /// How many ids it holds.
    pub(crate) fn len(&self) -> usize {
        self.ids
    }

    /// How many of them are earlier runs'.
    pub(crate) fn len_before(&self) -> usize {
        self.ids_before
    }

    /// The ids, oldest first, read from the disk one by one.
    pub(crate) fn ids(&self) -> Result<impl Iterator<Item = RecordingId>, Failure> {
        let lines = Lines::of(&self.path).map_err(|error| {
            Failure::new(format!("cannot read the journal {}", self.path.display()), "Check its disk.").because(error)
        })?;
        Ok(lines.map_while(Result::ok).filter_map(|line| parse(&line).map(|(_, id)| id)).take(self.ids))
    }
}

/// Lines with their ends; bytes that are no text make a line that says nothing.
struct Lines(BufReader<File>);

impl Lines {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(File::open(path)?)))
    }
}

impl Iterator for Lines {
    type Item = std::io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        match self.0.read_until(b'\n', &mut bytes) {
            Ok(0) => None,
            Ok(_) => Some(Ok(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => Some(Err(error)),
        }
    }
}

/// A stamp and an id have fixed lengths: a line cut by a crash is invalid.
fn parse(line: &str) -> Option<(Stamp, RecordingId)> {
    let (stamp, id) = line.trim_end_matches('\n').split_once(' ')?;
    let stamp = HEXLOWER.decode(stamp.as_bytes()).ok()?.try_into().ok()?;
    Some((Stamp(stamp), id.parse().ok()?))
}

/// The default place of an import's journal: one for each folder, prefix, bucket and endpoint, named by their digest,
/// in the person's state directory.
pub(crate) fn place(state: &Path, folder: &Path, prefix: &str, bucket: &str, endpoint: Option<&str>) -> PathBuf {
    let folder = folder.to_string_lossy();
    let import = KeyId::of(bucket, &format!("{prefix}\0{folder}\0{}", endpoint.unwrap_or_default()));
    state.join(format!("import-{import}.journal"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::folder::Folder;

    fn stamp(key: &str) -> Stamp {
        Stamp::of(&ObjectKey::new(key), 1, 2)
    }

    fn id(version: &str) -> RecordingId {
        RecordingId::of("b", "k", version)
    }

    #[test]
    fn what_was_noted_is_known_when_it_is_opened_again() {
        let folder = Folder::new();
        let path = folder.path().join("state/of/import.journal");
        let mut journal = Journal::open(&path).unwrap();
        assert!(!journal.has(&stamp("a")));
        journal.note(stamp("a"), &id("1")).unwrap();
        journal.note(stamp("b"), &id("2")).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        assert!(journal.has(&stamp("a")) && journal.has(&stamp("b")) && !journal.has(&stamp("c")));
        journal.note(stamp("c"), &id("3")).unwrap();
        assert_eq!(journal.ids().unwrap().collect::<Vec<_>>(), [id("1"), id("2"), id("3")]);
        assert_eq!((journal.len(), journal.len_before()), (3, 2));
    }

    #[test]
    fn a_file_that_changed_has_another_stamp() {
        let key = ObjectKey::new("a");
        let stamps = [Stamp::of(&key, 1, 2), Stamp::of(&key, 1, 3), Stamp::of(&key, 12, 2), Stamp::of(&key, 1, -2)];
        assert_eq!(stamps.into_iter().collect::<HashSet<_>>().len(), 4);
    }

    #[test]
    fn a_journal_torn_anywhere_loses_its_last_line_alone_and_goes_on() {
        let folder = Folder::new();
        let path = folder.path().join("j");
        let mut journal = Journal::open(&path).unwrap();
        journal.note(stamp("a"), &id("1")).unwrap();
        let first = fs::read(&path).unwrap().len();
        journal.note(stamp("b"), &id("2")).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in first..whole.len() - 1 {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            assert!(journal.has(&stamp("a")) && !journal.has(&stamp("b")), "{cut}");
            journal.note(stamp("c"), &id("3")).unwrap();
            assert_eq!(Journal::open(&path).unwrap().ids().unwrap().collect::<Vec<_>>(), [id("1"), id("3")], "{cut}");
        }
    }

    #[test]
    fn another_file_is_refused_and_left_as_it_is() {
        let folder = Folder::new();
        let path = folder.write("call.wav", b"RIFF\xff\n");
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("is not a journal"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"RIFF\xff\n");
    }

    #[test]
    fn nothing_of_a_key_stands_in_the_journal() {
        let folder = Folder::new();
        let path = folder.path().join("j");
        let key = "freepbx/external-201-09012345678-20261103-140502-1793682300.101.wav";
        Journal::open(&path).unwrap().note(stamp(key), &id("1")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("0901") && !text.contains("freepbx"), "{text}");
    }

    #[test]
    fn each_import_has_a_journal_of_its_own() {
        let place = |folder: &str, prefix: &str, bucket: &str, endpoint| {
            super::place(Path::new("s"), Path::new(folder), prefix, bucket, endpoint)
        };
        let one = place("/a", "", "b", None);
        assert_eq!(one, place("/a", "", "b", None));
        for other in [
            place("/b", "", "b", None),
            place("/a", "x/", "b", None),
            place("/a", "", "c", None),
            place("/a", "", "b", Some("http://127.0.0.1:4566")),
        ] {
            assert_ne!(one, other);
        }
    }
}
