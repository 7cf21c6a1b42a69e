//! What is known of an object's bytes: some windows, read one after the other as the header asks for them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::refusal::CannotCut;

/// 4 KiB at once: a header with the notes that recorders write before the samples.
const WINDOW_BYTES: u64 = 4096;

/// 16 reads: a header that takes more is damaged, or made to be long.
const MAX_HEADER_READS: usize = 16;

/// 64 reads: what halves the way to a moment, or doubles what is scanned, needs fewer.
const MAX_FRAME_READS: usize = 64;

/// Some bytes of an object.
#[derive(Clone, Debug)]
pub struct Known {
    size_bytes: u64,
    /// Apart from each other.
    windows: BTreeMap<u64, Vec<u8>>,
    reads: usize,
}

/// Why a header can't be read (yet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// These bytes are needed first.
    Wants(Range<u64>),
    /// It never can.
    Cannot(CannotCut),
}

impl From<CannotCut> for Stop {
    fn from(reason: CannotCut) -> Self {
        Self::Cannot(reason)
    }
}

impl Known {
    /// Nothing but the size.
    pub fn new(size_bytes: u64) -> Self {
        Self { size_bytes, windows: BTreeMap::new(), reads: 0 }
    }

    /// These bytes too, which begin at `at`.
    pub fn learn(&mut self, at: u64, bytes: Vec<u8>) {
        self.reads += 1;
        let before = self.windows.range_mut(..=at).next_back();
        match before.map(|(start, held)| (at - start, held)) {
            Some((offset, held)) if offset <= held.len() as u64 => {
                let held_already = held.len() - usize::try_from(offset).unwrap_or_default();
                held.extend_from_slice(bytes.get(held_already..).unwrap_or_default());
            }
            _ => {
                self.windows.insert(at, bytes);
            }
        }
    }

    /// The object's size.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Up to `count` bytes of a header from `at` on: fewer only where the object ends.
    pub(crate) fn read(&self, at: u64, count: u64) -> Result<&[u8], Stop> {
        self.find(at, count, WINDOW_BYTES, MAX_HEADER_READS)
    }

    /// Up to `count` bytes of frames from `at` on. Where some are missing, so many are asked for that `ahead` are known.
    pub(crate) fn frames(&self, at: u64, count: u64, ahead: u64) -> Result<&[u8], Stop> {
        self.find(at, count, ahead, MAX_FRAME_READS)
    }

    /// What is known from `at` on.
    pub(crate) fn held(&self, at: u64) -> &[u8] {
        let window = self.windows.range(..=at).next_back();
        window.and_then(|(start, bytes)| bytes.get(usize::try_from(at - start).ok()?..)).unwrap_or_default()
    }

    fn find(&self, at: u64, count: u64, ahead: u64, max_reads: usize) -> Result<&[u8], Stop> {
        let end = at.saturating_add(count).min(self.size_bytes);
        if end <= at {
            return Ok(&[]);
        }
        let held = self.held(at);
        match usize::try_from(end - at).ok().and_then(|count| held.get(..count)) {
            Some(bytes) => Ok(bytes),
            None if self.reads >= max_reads => Err(CannotCut::Damaged.into()),
            None => {
                let begins = at + held.len() as u64;
                Err(Stop::Wants(begins..at.saturating_add(count.max(ahead)).min(self.size_bytes)))
            }
        }
    }
}
