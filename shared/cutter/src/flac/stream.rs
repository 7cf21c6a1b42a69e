//! What stands before the frames: RFC 9639, section 8.

use crate::bytes::{array, be16, be32};
use crate::flac::frame::{Header, MAX_HEADER_BYTES};
use crate::known::{Known, Stop};
use crate::refusal::CannotCut;

const MARK_BYTES: u64 = 4;
const BLOCK_HEADER_BYTES: u64 = 4;
pub(crate) const INFO_BYTES: usize = 34;
const SEEK_POINT_BYTES: usize = 18;

/// 64 blocks: tags, pictures, padding; no recorder writes more.
const MAX_BLOCKS: usize = 64;

/// 64 KiB: a point every 10 seconds of 10 hours.
const MAX_SEEK_TABLE_BYTES: u64 = 64 * 1024;

/// 4 KiB: the blocks, and the first frame's header.
const OPENING_BYTES: u64 = 4096;

/// What is known of a stream.
pub(crate) struct Stream {
    pub(crate) info: [u8; INFO_BYTES],
    pub(crate) first: Header,
    /// Where the first frame begins.
    pub(crate) frames_at: u64,
    /// Points of the table: a sample, and where its frame begins.
    pub(crate) points: Vec<(u64, u64)>,
}

impl Stream {
    pub(crate) fn read(known: &Known) -> Result<Self, Stop> {
        if known.frames(0, MARK_BYTES, OPENING_BYTES)? != b"fLaC" {
            return Err(CannotCut::Damaged.into());
        }
        let (mut at, mut info, mut table): (_, _, &[u8]) = (MARK_BYTES, None, &[]);
        for _ in 0..MAX_BLOCKS {
            let header = known.frames(at, BLOCK_HEADER_BYTES, OPENING_BYTES)?;
            let size = be32(header, 0) & 0x00FF_FFFF;
            let [kind, ..] = *header else { break };
            let body = at + BLOCK_HEADER_BYTES;
            match kind & 0x7F {
                0 if size >= 34 => info = Some(array(known.frames(body, INFO_BYTES as u64, OPENING_BYTES)?, 0)),
                3 => table = known.frames(body, u64::from(size).min(MAX_SEEK_TABLE_BYTES), OPENING_BYTES)?,
                _ => {}
            }
            at = body + u64::from(size);
            if kind & 0x80 != 0 {
                let info = info.ok_or(CannotCut::Damaged)?;
                return Self::begin(known, info, at, table);
            }
        }
        Err(CannotCut::Damaged.into())
    }

    fn begin(known: &Known, info: [u8; INFO_BYTES], frames_at: u64, table: &[u8]) -> Result<Self, Stop> {
        let first = Header::read(known.frames(frames_at, MAX_HEADER_BYTES, OPENING_BYTES)?);
        // A stream that began earlier has no beginning to count from.
        let first = first.filter(|first| first.number == 0).ok_or(CannotCut::Damaged)?;
        let points = table.chunks_exact(SEEK_POINT_BYTES).map(|point| {
            let place = frames_at.saturating_add(u64::from_be_bytes(array(point, 8)));
            (u64::from_be_bytes(array(point, 0)), place)
        });
        let points = points.filter(|(sample, place)| *sample < u64::MAX && *place < known.size_bytes()).collect();
        let stream = Self { info, first, frames_at, points };
        let is_whole = stream.rate_hertz() > 0 && stream.channels() == first.channels;
        if is_whole { Ok(stream) } else { Err(CannotCut::Damaged.into()) }
    }

    pub(crate) fn rate_hertz(&self) -> u32 {
        be32(&self.info, 10) >> 12
    }

    pub(crate) fn channels(&self) -> usize {
        usize::from(self.info[12] >> 1 & 7) + 1
    }

    /// Bits of a sample.
    pub(crate) fn depth(&self) -> u32 {
        u32::from(be16(&self.info, 12) >> 4 & 0x1F) + 1
    }

    /// Samples of the recording, if the header is right; `None` where it does not say.
    pub(crate) fn claimed_samples(&self) -> Option<u64> {
        let samples = u64::from_be_bytes(array(&self.info, 10)) & 0x000F_FFFF_FFFF;
        (samples > 0).then_some(samples)
    }

    /// The longest frame, if the header says so and is right.
    pub(crate) fn claimed_frame_bytes(&self) -> u64 {
        u64::from(be32(&self.info, 6) & 0x00FF_FFFF)
    }

    /// A frame's first sample. Frames that are numbered have one length, except the last.
    pub(crate) fn first_sample(&self, header: &Header) -> u64 {
        if header.is_by_sample { header.number } else { header.number * self.first.block_samples }
    }

    /// Twice the bytes of its samples as they are: no frame is longer.
    pub(crate) fn max_frame_bytes(&self, header: &Header) -> u64 {
        1024 + header.block_samples * self.channels() as u64 * u64::from(self.depth() + 8) / 4
    }
}

/// What comes before the frames of a part.
pub(crate) fn head(info: &[u8; INFO_BYTES], samples: u64, blocks: (u64, u64), frames: (usize, usize)) -> Vec<u8> {
    // The only block, so the last.
    let mut head = [&b"fLaC\x80\0\0\x22"[..], info].concat();
    let info = &mut head[8..];
    let block = |samples: u64| u16::try_from(samples.max(16)).unwrap_or(u16::MAX).to_be_bytes();
    info[0..2].copy_from_slice(&block(blocks.0));
    info[2..4].copy_from_slice(&block(blocks.1));
    // 0 where it is too large to be said.
    let frame = |bytes: usize| u32::try_from(bytes).ok().filter(|bytes| *bytes < 1 << 24).unwrap_or(0).to_be_bytes();
    info[4..7].copy_from_slice(&frame(frames.0)[1..]);
    info[7..10].copy_from_slice(&frame(frames.1)[1..]);
    // 0: not known.
    let samples = if samples < 1 << 36 { samples } else { 0 };
    let coding = u64::from_be_bytes(array(info, 10)) & !0x000F_FFFF_FFFF;
    info[10..18].copy_from_slice(&(coding | samples).to_be_bytes());
    // The digest of the samples: not known.
    info[18..34].fill(0);
    head
}
