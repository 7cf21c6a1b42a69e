//! Unpacks a compressed log as its bytes come: GZIP, told by its first bytes whatever the file is called.

use std::io::Write;

use flate2::write::MultiGzDecoder;

/// The first bytes of a GZIP member (RFC 1952, section 2.3.1).
const GZIP_MARK: [u8; 2] = [0x1F, 0x8B];

/// 1 KiB of packed bytes at once: deflate makes at most a thousand times as much of them, 1 MiB.
const PIECE_BYTES: usize = 1024;

/// 1 GiB unpacked: a hundred times the largest log of a day; what claims more was made to fill the memory.
const UNPACKED_LIMIT_BYTES: u64 = 1 << 30;

/// How a file is packed, and where in it the reader is.
pub(super) enum Packing {
    /// Too few bytes to tell.
    Undecided(Vec<u8>),
    /// Not packed, or not in a way that is known.
    Plain,
    /// GZIP.
    Gzip(Box<Gzip>),
    /// Cut off or damaged: nothing more of it is read.
    Broken,
}

pub(super) struct Gzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    /// Unpacked bytes that were read before, by the slice that came first.
    behind: u64,
    unpacked: u64,
}

/// The packed file is cut off or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

impl Packing {
    /// At a file's beginning.
    pub(super) fn undecided() -> Self {
        Self::Undecided(Vec::new())
    }

    /// In a GZIP file that is read from its beginning once more, with so many unpacked bytes behind.
    pub(super) fn gzip(behind: u64) -> Self {
        Self::Gzip(Box::new(Gzip { decoder: MultiGzDecoder::new(Vec::new()), behind, unpacked: 0 }))
    }

    /// Takes the next bytes of the file, and hands on what they hold, and whether they were packed.
    pub(super) fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8], bool)) -> Result<(), Damaged> {
        let held;
        let mut bytes = bytes;
        if let Self::Undecided(begun) = self {
            begun.extend_from_slice(bytes);
            if begun.len() < GZIP_MARK.len() {
                return Ok(());
            }
            held = std::mem::take(begun);
            bytes = &held;
            *self = if held.starts_with(&GZIP_MARK) { Self::gzip(0) } else { Self::Plain };
        }
        match self {
            Self::Undecided(_) | Self::Broken => Ok(()),
            Self::Plain => {
                take(bytes, false);
                Ok(())
            }
            Self::Gzip(gzip) => {
                let unpacked = bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
                    gzip.decoder.write_all(piece).map_err(|_| Damaged)?;
                    gzip.hand_on(|plain| take(plain, true))
                });
                unpacked.inspect_err(|_| *self = Self::Broken)
            }
        }
    }

    /// The file's end.
    pub(super) fn finish(&mut self, take: impl FnOnce(&[u8])) -> Result<(), Damaged> {
        match self {
            Self::Undecided(held) => {
                take(held);
                Ok(())
            }
            Self::Plain | Self::Broken => Ok(()),
            Self::Gzip(gzip) => {
                let finished = gzip.decoder.try_finish().map_err(|_| Damaged);
                finished.and_then(|()| gzip.hand_on(take)).inspect_err(|_| *self = Self::Broken)
            }
        }
    }
}

impl Gzip {
    fn hand_on(&mut self, take: impl FnOnce(&[u8])) -> Result<(), Damaged> {
        let unpacked = std::mem::take(self.decoder.get_mut());
        let count = u64::try_from(unpacked.len()).unwrap_or(u64::MAX);
        self.unpacked = self.unpacked.saturating_add(count);
        if self.unpacked > UNPACKED_LIMIT_BYTES {
            return Err(Damaged);
        }
        let behind = self.behind.min(count);
        self.behind -= behind;
        take(unpacked.get(usize::try_from(behind).unwrap_or(usize::MAX)..).unwrap_or_default());
        Ok(())
    }
}
