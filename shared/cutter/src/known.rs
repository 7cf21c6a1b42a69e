//! What is known of an object's bytes: some windows, read one after the other as the header asks for them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::refusal::CannotCut;

/// 4 KiB at once: a header with the notes that recorders write before the samples.
const WINDOW_BYTES: u64 = 4096;

/// 16 windows: a header that takes more is damaged, or made to be long.
const MAX_WINDOWS: usize = 16;

/// Some bytes of an object.
#[derive(Clone, Debug)]
pub struct Known {
    size_bytes: u64,
    windows: BTreeMap<u64, Vec<u8>>,
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
        Self { size_bytes, windows: BTreeMap::new() }
    }

    /// These bytes too, which begin at `at`.
    pub fn learn(&mut self, at: u64, bytes: Vec<u8>) {
        self.windows.insert(at, bytes);
    }

    /// The object's size.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Up to `count` bytes from `at` on: fewer only where the object ends.
    pub(crate) fn read(&self, at: u64, count: u64) -> Result<&[u8], Stop> {
        let end = at.saturating_add(count).min(self.size_bytes);
        let count = end.saturating_sub(at);
        if count == 0 {
            return Ok(&[]);
        }
        let held = self.windows.range(..=at).next_back().and_then(|(start, bytes)| {
            let from = usize::try_from(at - start).ok()?;
            bytes.get(from..from.checked_add(usize::try_from(count).ok()?)?)
        });
        match held {
            Some(bytes) => Ok(bytes),
            None if self.windows.len() >= MAX_WINDOWS => Err(CannotCut::Damaged.into()),
            None => Err(Stop::Wants(at..at.saturating_add(count.max(WINDOW_BYTES)).min(self.size_bytes))),
        }
    }
}
