//! What a ZIP file is made of where nothing in it is deflated: a header before each entry, and a directory at the end
//! (PKWARE, "APPNOTE.TXT", 6.3.10, sections 4.3.7, 4.3.9, 4.3.12, 4.3.16). Pure: it says what to write around the bytes.
//!
//! Three records of numbers need no library, and none is needed to read them in ten years.

use jiff::civil::DateTime;

use crate::context::ClipError;

/// 4 GiB: beyond it the numbers need 64 bits, which not every program reads.
pub(super) const MAX_BYTES: u64 = u32::MAX as u64;

/// Version 2.0: what stored entries in folders need.
const VERSION: u16 = 20;

/// The name is UTF-8.
const UTF_8: u16 = 1 << 11;

/// Checksum and size stand behind the entry.
const DESCRIPTOR: u16 = 1 << 3;

/// Made on Unix, a file that all may read: `rw-r--r--`.
const MADE_ON_UNIX: u16 = 3 << 8 | VERSION;
const FILE_MODE: u32 = 0o100_644 << 16;

/// It is larger than a ZIP file of 32 bits can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive is larger than 4 GiB")]
pub(super) struct TooLarge;

impl From<TooLarge> for ClipError {
    fn from(_: TooLarge) -> Self {
        Self::Archive
    }
}

/// The entries so far, and where the next begins.
#[derive(Debug)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    written: u64,
    /// Date and time as MS-DOS had them.
    stamp: (u16, u16),
}

#[derive(Debug)]
struct Entry {
    name: String,
    flags: u16,
    checksum: u32,
    size: u32,
    offset: u32,
}

impl Directory {
    /// Of entries that say that they were made at a moment of the company's clock.
    pub(super) fn new(at: DateTime) -> Self {
        let part = |number: i8| u16::try_from(number).unwrap_or_default();
        let years = u16::try_from(at.year().saturating_sub(1980)).unwrap_or_default();
        let date = years << 9 | part(at.month()) << 5 | part(at.day());
        let time = part(at.hour()) << 11 | part(at.minute()) << 5 | (part(at.second()) / 2);
        Self { entries: Vec::new(), written: 0, stamp: (date, time) }
    }

    /// The header of an entry whose bytes are known.
    pub(super) fn known(&mut self, name: &str, bytes: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let header = self.begin(name, UTF_8, crc32fast::hash(bytes), bytes.len() as u64)?;
        self.pass(bytes.len() as u64)?;
        Ok(header)
    }

    /// The header of an entry whose checksum is known behind it; [`Self::end_streamed`] ends it.
    pub(super) fn begin_streamed(&mut self, name: &str) -> Result<Vec<u8>, TooLarge> {
        self.begin(name, UTF_8 | DESCRIPTOR, 0, 0)
    }

    /// What stands behind such an entry.
    pub(super) fn end_streamed(&mut self, checksum: u32, size_bytes: u64) -> Result<Vec<u8>, TooLarge> {
        let size = u32::try_from(size_bytes).map_err(|_| TooLarge)?;
        if let Some(entry) = self.entries.last_mut() {
            (entry.checksum, entry.size) = (checksum, size);
        }
        let descriptor = record(*b"PK\x07\x08", &[], &[checksum, size, size]);
        self.pass(size_bytes + descriptor.len() as u64)?;
        Ok(descriptor)
    }

    fn begin(&mut self, name: &str, flags: u16, checksum: u32, size_bytes: u64) -> Result<Vec<u8>, TooLarge> {
        let size = u32::try_from(size_bytes).map_err(|_| TooLarge)?;
        let offset = u32::try_from(self.written).map_err(|_| TooLarge)?;
        let (date, time) = self.stamp;
        let mut header = record(*b"PK\x03\x04", &[VERSION, flags, 0, time, date], &[checksum, size, size]);
        header.extend(numbers(&[length(name), 0]));
        header.extend_from_slice(name.as_bytes());
        self.pass(header.len() as u64)?;
        self.entries.push(Entry { name: name.to_owned(), flags, checksum, size, offset });
        Ok(header)
    }

    fn pass(&mut self, bytes: u64) -> Result<(), TooLarge> {
        self.written += bytes;
        if self.written > MAX_BYTES { Err(TooLarge) } else { Ok(()) }
    }

    /// The directory.
    pub(super) fn end(self) -> Result<Vec<u8>, TooLarge> {
        let offset = u32::try_from(self.written).map_err(|_| TooLarge)?;
        let count = u16::try_from(self.entries.len()).map_err(|_| TooLarge)?;
        let (date, time) = self.stamp;
        let mut directory = Vec::new();
        for Entry { name, flags, checksum, size, offset } in &self.entries {
            let begins = [MADE_ON_UNIX, VERSION, *flags, 0, time, date];
            directory.extend(record(*b"PK\x01\x02", &begins, &[*checksum, *size, *size]));
            // Name, extra field, comment, disk, kind of text.
            directory.extend(numbers(&[length(name), 0, 0, 0, 0]));
            directory.extend(FILE_MODE.to_le_bytes());
            directory.extend(offset.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let size = u32::try_from(directory.len()).map_err(|_| TooLarge)?;
        directory.extend(record(*b"PK\x05\x06", &[0, 0, count, count], &[size, offset]));
        directory.extend(numbers(&[0]));
        Ok(directory)
    }
}

fn record(mark: [u8; 4], shorts: &[u16], longs: &[u32]) -> Vec<u8> {
    let longs = longs.iter().flat_map(|number| number.to_le_bytes());
    mark.into_iter().chain(numbers(shorts)).chain(longs).collect()
}

fn numbers(shorts: &[u16]) -> Vec<u8> {
    shorts.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Names are ours, and short.
fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or_default()
}
