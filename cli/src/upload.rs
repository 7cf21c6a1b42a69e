//! Uploads one file.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use policy::fragment::{ObjectKey, ObjectKind};
use policy::id::{KeyId, RecordingId};
use sha2::{Digest, Sha256};
use store::{ErrorKind, Lookup, Parts, Piece, PutOutcome, StoreError, Table, Uploads};
use tokio::time::sleep;

use crate::failure::FileFailure;
use crate::stop::Stop;
use crate::walk::{Found, modified_nanoseconds};

/// Six tries of the SDK's three each: a connection that is down for half a minute fails no file.
const TRIES: u32 = 6;

/// The first wait between two tries; each further one is twice as long: 1, 2, 4, 8, 16 seconds.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// 100 versions of one key: more than any archive has.
const VERSIONS_LIMIT: usize = 100;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was stored.
    Uploaded(RecordingId),
    /// The same bytes lie under its key.
    There(RecordingId),
    /// Something lies under its key that this role may not look at.
    NotCompared,
}

/// What uploads share.
pub(crate) struct Uploader<'a> {
    uploads: &'a Uploads,
    table: Option<&'a Table>,
    stop: &'a Stop,
    /// Whether this role may not read objects, or the table: then it is not tried again.
    no_look: Cell<bool>,
    no_table: Cell<bool>,
}

impl<'a> Uploader<'a> {
    pub(crate) fn new(uploads: &'a Uploads, table: Option<&'a Table>, stop: &'a Stop) -> Self {
        Self { uploads, table, stop, no_look: Cell::new(false), no_table: Cell::new(false) }
    }

    /// Uploads a file as it was when the walk found it.
    pub(crate) async fn upload(&self, found: &Found, key: &ObjectKey) -> Result<Outcome, FileFailure> {
        let limit = (Piece::LIMIT_BYTES as u64).saturating_mul(Parts::LIMIT as u64);
        if found.size_bytes > limit {
            return Err(FileFailure::TooLarge);
        }
        let found_then = found.clone();
        let mut reading = blocking(move || Reading::open(&found_then)).await?;
        let (put, checksum) = if found.size_bytes <= Piece::LIMIT_BYTES as u64 {
            let piece;
            (reading, piece) = blocking(move || reading.next()).await?;
            // Check before sending: what is stored can't be removed.
            reading = blocking(move || reading.check_end()).await?;
            let put = self.patiently(key, async || self.uploads.put(key, &piece).await).await?;
            (put, piece.checksum())
        } else {
            let mut parts = self.patiently(key, async || self.uploads.begin(key).await).await?;
            match self.in_parts(found, key, reading, &mut parts).await {
                Ok((read, put)) => {
                    if put == PutOutcome::Taken {
                        let _ = self.uploads.abort(key, &parts).await;
                    }
                    reading = read;
                    (put, parts.checksum())
                }
                Err(failure) => {
                    // If this abort fails, the bucket's lifecycle rule does it in a week.
                    let _ = self.uploads.abort(key, &parts).await;
                    return Err(failure);
                }
            }
        };
        match put {
            PutOutcome::Stored(version_id) => Ok(Outcome::Uploaded(self.id(key, &version_id))),
            PutOutcome::Taken => self.compare(found, key, &checksum, &reading.sha256_hex()).await,
        }
    }

    async fn in_parts(
        &self,
        found: &Found,
        key: &ObjectKey,
        mut reading: Reading,
        parts: &mut Parts,
    ) -> Result<(Reading, PutOutcome), FileFailure> {
        let mut sent = 0;
        while sent < found.size_bytes {
            if self.stop.is_requested() {
                return Err(FileFailure::Stopped);
            }
            let piece;
            (reading, piece) = blocking(move || reading.next()).await?;
            if piece.bytes().is_empty() {
                return Err(FileFailure::Changed);
            }
            self.patiently(key, async || self.uploads.part(key, parts, &piece).await).await?;
            sent += piece.bytes().len() as u64;
        }
        reading = blocking(move || reading.check_end()).await?;
        let put = self.patiently(key, async || self.uploads.complete(key, parts).await).await?;
        Ok((reading, put))
    }

    /// What is under a key that is taken: perhaps an earlier run's put, or a try whose reply was lost.
    async fn compare(
        &self,
        found: &Found,
        key: &ObjectKey,
        checksum: &str,
        sha256: &str,
    ) -> Result<Outcome, FileFailure> {
        if !self.no_look.get() {
            match self.patiently(key, async || self.uploads.look(key).await).await? {
                Lookup::Refused => self.no_look.set(true),
                Lookup::Object { size_bytes, .. } if size_bytes != found.size_bytes => {
                    return Err(FileFailure::OtherObject);
                }
                Lookup::Object { checksum: Some(theirs), version_id: Some(version_id), .. } if theirs == checksum => {
                    return Ok(Outcome::There(self.id(key, &version_id)));
                }
                // Compare checksums of whole objects only: those of multipart uploads depend on the parts.
                Lookup::Object { checksum: Some(theirs), .. } if !theirs.contains('-') && !checksum.contains('-') => {
                    return Err(FileFailure::OtherObject);
                }
                Lookup::Object { .. } | Lookup::Nothing => {}
            }
        }
        match self.table.filter(|_| !self.no_table.get()) {
            None => Ok(Outcome::NotCompared),
            Some(table) => self.compare_by_table(table, key, sha256).await,
        }
    }

    /// The table knows the SHA-256 of everything that was taken in.
    async fn compare_by_table(&self, table: &Table, key: &ObjectKey, sha256: &str) -> Result<Outcome, FileFailure> {
        let key_id = key.key_id(self.uploads.bucket());
        let known = async || -> Result<Vec<(RecordingId, Option<String>)>, StoreError> {
            Ok(match key.kind() {
                ObjectKind::Audio => table
                    .audio_fragments(&key_id, VERSIONS_LIMIT)
                    .await?
                    .into_iter()
                    .filter(|fragment| fragment.object.key == *key)
                    .map(|fragment| (fragment.object.id(), fragment.sha256))
                    .collect(),
                ObjectKind::Sidecar | ObjectKind::CallLog => table
                    .text_fragments(&key_id, VERSIONS_LIMIT)
                    .await?
                    .into_iter()
                    .filter(|fragment| fragment.object.key == *key)
                    .map(|fragment| (fragment.object.id(), fragment.sha256))
                    .collect(),
            })
        };
        let known = match self.patiently(key, known).await {
            // A role that may upload need not be allowed to read the table.
            Err(FileFailure::Cloud(error)) if error.kind == ErrorKind::Refused => {
                self.no_table.set(true);
                return Ok(Outcome::NotCompared);
            }
            known => known?,
        };
        match known.iter().find(|(_, theirs)| theirs.as_deref() == Some(sha256)) {
            Some((id, _)) => Ok(Outcome::There(id.clone())),
            None if !known.is_empty() && known.iter().all(|(_, theirs)| theirs.is_some()) => {
                Err(FileFailure::OtherObject)
            }
            // Not taken in yet, or too large to be read.
            None => Ok(Outcome::NotCompared),
        }
    }

    /// Retries what may succeed later.
    async fn patiently<T>(
        &self,
        key: &ObjectKey,
        mut act: impl AsyncFnMut() -> Result<T, StoreError>,
    ) -> Result<T, FileFailure> {
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match act().await {
                Err(error)
                    if matches!(error.kind, ErrorKind::Throttled | ErrorKind::TimedOut | ErrorKind::Unavailable) =>
                {
                    // Spread the retries: each key has its own quarter of a second.
                    let spread = u64::from(KeyId::of("", key.expose()).as_str().as_bytes()[0]);
                    tokio::select! {
                        () = sleep(wait + Duration::from_millis(spread)) => wait *= 2,
                        () = self.stop.requested() => return Err(FileFailure::Stopped),
                    }
                }
                other => return Ok(other?),
            }
        }
        Ok(act().await?)
    }

    fn id(&self, key: &ObjectKey, version_id: &str) -> RecordingId {
        RecordingId::of(self.uploads.bucket(), key.expose(), version_id)
    }
}

/// A file that is read piece by piece and must not change after the walk found it.
struct Reading {
    file: File,
    size_bytes: u64,
    modified_nanoseconds: i128,
    read_bytes: u64,
    whole: Sha256,
}

impl Reading {
    fn open(found: &Found) -> Result<Self, FileFailure> {
        let file = open_plainly(&found.path).map_err(FileFailure::Unreadable)?;
        let reading = Self {
            file,
            size_bytes: found.size_bytes,
            modified_nanoseconds: found.modified_nanoseconds,
            read_bytes: 0,
            whole: Sha256::new(),
        };
        reading.is_unchanged().map_err(FileFailure::Unreadable)?.then_some(reading).ok_or(FileFailure::Changed)
    }

    /// The next piece; empty at the end.
    fn next(mut self) -> Result<(Self, Piece), FileFailure> {
        let left = self.size_bytes.saturating_sub(self.read_bytes);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(Piece::LIMIT_BYTES);
        let mut bytes = Vec::with_capacity(wanted);
        (&mut self.file).take(wanted as u64).read_to_end(&mut bytes).map_err(FileFailure::Unreadable)?;
        self.read_bytes += bytes.len() as u64;
        self.whole.update(&bytes);
        Ok((self, Piece::new(bytes)))
    }

    /// Every byte was read, and the file has not changed.
    fn check_end(self) -> Result<Self, FileFailure> {
        let is_whole = self.read_bytes == self.size_bytes;
        let unchanged = self.is_unchanged().map_err(FileFailure::Unreadable)?;
        (is_whole && unchanged).then_some(self).ok_or(FileFailure::Changed)
    }

    fn is_unchanged(&self) -> io::Result<bool> {
        let metadata = self.file.metadata()?;
        Ok(metadata.len() == self.size_bytes && modified_nanoseconds(&metadata) == self.modified_nanoseconds)
    }

    fn sha256_hex(&self) -> String {
        HEXLOWER.encode(&self.whole.clone().finalize())
    }
}

/// Opens the file that the walk found; refuses a link or a device in its place.
fn open_plainly(path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path)?.file_type().is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("it is no plain file any more"))
    }
}

/// Reads and computes digests on a thread where they block nothing else.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, FileFailure> + Send + 'static,
) -> Result<T, FileFailure> {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done,
        Err(error) => Err(FileFailure::Unreadable(io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::folder::Folder;

    fn found(path: &Path) -> Found {
        let metadata = std::fs::metadata(path).unwrap();
        Found {
            path: path.to_owned(),
            below: path.file_name().unwrap().into(),
            size_bytes: metadata.len(),
            modified_nanoseconds: modified_nanoseconds(&metadata),
        }
    }

    #[test]
    fn a_file_is_read_whole_in_pieces_of_8_mib() {
        let folder = Folder::new();
        for (length, pieces) in
            [(0, 0), (1, 1), (Piece::LIMIT_BYTES, 1), (Piece::LIMIT_BYTES + 1, 2), (2 * Piece::LIMIT_BYTES + 7, 3)]
        {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let path = folder.write("a.wav", &bytes);
            let mut reading = Reading::open(&found(&path)).unwrap();
            let (mut read, mut count) = (Vec::new(), 0);
            loop {
                let piece;
                (reading, piece) = reading.next().unwrap();
                if piece.bytes().is_empty() {
                    break;
                }
                read.extend_from_slice(piece.bytes());
                count += 1;
            }
            assert!(read == bytes && count == pieces, "{length}");
            let reading = reading.check_end().unwrap();
            assert_eq!(reading.sha256_hex(), policy::id::sha256_hex(&bytes));
        }
    }

    #[test]
    fn a_file_that_changes_before_or_while_it_is_read_fails() {
        let folder = Folder::new();
        let path = folder.write("a.wav", "first");
        let met = found(&path);
        for changed in ["longer than before", "", "f"] {
            folder.write("a.wav", "first");
            let met = found(&path);
            let (reading, _) = Reading::open(&met).unwrap().next().unwrap();
            folder.write("a.wav", changed);
            assert!(matches!(reading.check_end(), Err(FileFailure::Changed)), "{changed}");
            assert!(matches!(Reading::open(&met), Err(FileFailure::Changed)), "{changed}");
        }
        // Of the same length, but at another time.
        folder.write("a.wav", "other");
        let later = std::time::SystemTime::now() + Duration::from_secs(2);
        File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(matches!(Reading::open(&met), Err(FileFailure::Changed)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_became_a_link_is_not_followed() {
        let folder = Folder::new();
        let path = folder.write("a.wav", "x");
        let met = found(&path);
        std::fs::rename(&path, folder.path().join("b.wav")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("b.wav"), &path).unwrap();
        assert!(matches!(Reading::open(&met), Err(FileFailure::Unreadable(_))));
    }
}
