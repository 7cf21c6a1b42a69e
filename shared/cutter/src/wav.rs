//! RIFF WAVE, and its 64-bit kin RF64 and BW64: where the samples lie, whatever the header's sizes say.
//!
//! What recorders write into sizes that they did not know, and how the true end is found, is the same as in the probe
//! of `ingest`; its comments name the sources.

use crate::bytes::{array, le16, le32, le64};
use crate::known::{Known, Stop};
use crate::layout::{Layout, Wrap};
use crate::part::{Part, Timing};
use crate::refusal::CannotCut;
use crate::silence;

/// Format tags of `mmreg.h`.
pub(crate) mod tag {
    pub(crate) const PCM: u16 = 0x0001;
    pub(crate) const MICROSOFT_ADPCM: u16 = 0x0002;
    pub(crate) const FLOAT: u16 = 0x0003;
    pub(crate) const ALAW: u16 = 0x0006;
    pub(crate) const MULAW: u16 = 0x0007;
    pub(crate) const IMA_ADPCM: u16 = 0x0011;
    pub(crate) const GSM: u16 = 0x0031;
    pub(crate) const G722: u16 = 0x0065;
    pub(crate) const G722_OTHER: u16 = 0x028F;
    pub(crate) const EXTENSIBLE: u16 = 0xFFFE;
}

/// A `fmt ` chunk's body is at most so long: that of Microsoft's ADPCM has 50 bytes.
const MAX_FORMAT_BYTES: u64 = 256;
const LEAST_FORMAT_BYTES: u64 = 16;

/// GSM 06.10 in WAV: two frames of 160 samples in 65 bytes.
const GSM_BLOCK: (u64, u64) = (65, 320);

/// 64 chunks: more stand before no samples.
const MAX_CHUNKS: usize = 64;

const ALL_ONES: u32 = u32::MAX;
const LEAST_PLACEHOLDER: u32 = 0x7FFF_F000;

/// `KSDATAFORMAT_SUBTYPE` GUIDs are a format tag followed by these bytes.
const SUBTYPE_TAIL: [u8; 14] = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

/// Names that are chunks wherever they are met.
const KNOWN_NAMES: &[u8] = b"\
    fmt datafactLISTlistbextds64JUNKjunkPAD FLLRid3 ID3 iXMLIXMLaXMLaxmlchna\
    cartcue plstsmplinstacidPEAKDISP_PMXumidlevlnotelablwavlslntAPET";

/// What a `fmt ` chunk says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    body: Vec<u8>,
    tag: u16,
    channels: u16,
    rate_hertz: u32,
    block_bytes: u16,
    bits: u16,
}

/// What was met before the samples.
#[derive(Default)]
struct Before {
    format: Option<Format>,
    fact_samples: u64,
    riff_end: Option<u64>,
    data_bytes_64: Option<u64>,
}

pub(crate) fn layout(known: &Known, part: &Part) -> Result<Layout, Stop> {
    let head = known.read(0, 12)?;
    if !matches!(&array(head, 0), b"RIFF" | b"RF64" | b"BW64") || &array(head, 8) != b"WAVE" {
        return Err(CannotCut::Damaged.into());
    }
    let mut before = Before { riff_end: filled_in(le32(head, 4)).map(|size| size + 8), ..Before::default() };
    let (mut at, mut is_odd) = (12, false);
    for _ in 0..MAX_CHUNKS {
        let chunk = chunk_header(known, at, is_odd)?;
        match &chunk.name {
            b"fmt " if chunk.size >= LEAST_FORMAT_BYTES => {
                let body = known.read(chunk.body, chunk.size.min(MAX_FORMAT_BYTES))?;
                before.format = Some(Format::read(body)?);
            }
            b"fact" if chunk.size >= 4 => before.fact_samples = u64::from(le32(known.read(chunk.body, 4)?, 0)),
            b"ds64" if chunk.size >= 24 => {
                let sizes = known.read(chunk.body, 16)?;
                let filled = |bytes: u64| (bytes != 0 && bytes != u64::MAX).then_some(bytes);
                before.riff_end = filled(le64(sizes, 0)).map(|size| size.saturating_add(8));
                before.data_bytes_64 = filled(le64(sizes, 8));
            }
            b"data" => return samples(known, part, before, &chunk),
            name if !is_name(*name) => return Err(CannotCut::Damaged.into()),
            _ => {}
        }
        at = chunk.body.saturating_add(chunk.size);
        is_odd = chunk.size % 2 == 1;
    }
    Err(CannotCut::Damaged.into())
}

struct Chunk {
    name: [u8; 4],
    size: u64,
    /// Where its body begins.
    body: u64,
}

/// The header at a place. After an odd body there should be a byte of padding; some writers forget it.
fn chunk_header(known: &Known, at: u64, is_odd: bool) -> Result<Chunk, Stop> {
    let bytes = known.read(at, 9)?;
    let is_padded = is_odd && (!is_known(array(bytes, 0)) || is_known(array(bytes, 1)));
    let padding = usize::from(is_padded);
    if bytes.len() < 8 + padding {
        return Err(CannotCut::Damaged.into());
    }
    let size = u64::from(le32(bytes, padding + 4));
    Ok(Chunk { name: array(bytes, padding), size, body: at + 8 + u64::from(is_padded) })
}

/// The layout of the samples in this `data` chunk.
fn samples(known: &Known, part: &Part, before: Before, chunk: &Chunk) -> Result<Layout, Stop> {
    let format = before.format.ok_or(CannotCut::Damaged)?;
    let size = u32::try_from(chunk.size).unwrap_or(ALL_ONES);
    let (claimed, riff_end) = match (size, before.data_bytes_64) {
        (ALL_ONES, Some(bytes)) => (Some(bytes), before.riff_end),
        // 0 may be true, or never filled in: what follows shows it.
        (0, _) => (Some(0), None),
        _ => (filled_in(size), before.riff_end),
    };
    let unit = format.unit()?;
    let timing = Timing { rate_hertz: format.played_rate_hertz(), unit_samples: unit.samples };
    let arrived = known.size_bytes().saturating_sub(chunk.body);
    let data_bytes = match claimed {
        Some(claimed) if claimed >= arrived => arrived,
        // Whether a smaller claim is right matters only where the part reaches beyond it.
        Some(claimed) if ends_within(part, timing, claimed / unit.bytes) => claimed,
        Some(claimed) if is_followed(known, chunk.body + claimed, claimed % 2 == 1, riff_end)? => claimed,
        _ => arrived,
    };
    let units = data_bytes / unit.bytes;
    let samples = (unit.samples > 1 && before.fact_samples > 0).then_some(before.fact_samples);
    Ok(Layout {
        data: chunk.body..chunk.body + units * unit.bytes,
        unit_bytes: unit.bytes,
        timing,
        silence: unit.silence,
        wrap: Wrap::Wav { has_fact: format.tag != tag::PCM, format: format.corrected(unit.bytes), samples },
    })
}

fn ends_within(part: &Part, timing: Timing, units: u64) -> bool {
    part.to_milliseconds.is_some_and(|to| timing.samples(to).div_ceil(timing.unit_samples) <= units)
}

/// Whether what stands behind the claimed samples is no more samples: another chunk, or a tag.
fn is_followed(known: &Known, at: u64, is_odd: bool, riff_end: Option<u64>) -> Result<bool, Stop> {
    let Ok(chunk) = (match chunk_header(known, at, is_odd) {
        Err(Stop::Wants(range)) => return Err(Stop::Wants(range.start..range.end.min(range.start + 16))),
        other => other,
    }) else {
        return Ok(true);
    };
    let end = chunk.body.saturating_add(chunk.size);
    let is_within = riff_end.is_some_and(|riff_end| end <= riff_end);
    Ok(is_known(chunk.name) || chunk.name.starts_with(b"TAG") || (is_name(chunk.name) && is_within))
}

/// What can't be parted.
struct Unit {
    bytes: u64,
    samples: u64,
    silence: Option<Vec<u8>>,
}

impl Format {
    /// Samples that are not in blocks.
    pub(crate) fn plain(tag: u16, channels: u16, rate_hertz: u32, bits: u16) -> Self {
        Self { body: vec![0; 16], tag, channels, rate_hertz, block_bytes: channels * bits.div_ceil(8), bits }
    }

    fn read(body: &[u8]) -> Result<Self, CannotCut> {
        let mut format_tag = le16(body, 0);
        if format_tag == tag::EXTENSIBLE && body.get(26..40) == Some(&SUBTYPE_TAIL) {
            format_tag = le16(body, 24);
        }
        let format = Self {
            body: body.to_vec(),
            tag: format_tag,
            channels: le16(body, 2),
            rate_hertz: le32(body, 4),
            block_bytes: le16(body, 12),
            bits: le16(body, 14),
        };
        if format.channels == 0 || format.played_rate_hertz() == 0 { Err(CannotCut::Damaged) } else { Ok(format) }
    }

    /// G.722 has 16,000 samples a second, whatever RTP's clock is.
    fn played_rate_hertz(&self) -> u32 {
        match (self.tag, self.rate_hertz) {
            (tag::G722 | tag::G722_OTHER, 0 | 8_000) => 16_000,
            (_, rate_hertz) => rate_hertz,
        }
    }

    fn unit(&self) -> Result<Unit, CannotCut> {
        let channels = u64::from(self.channels);
        let (bytes, samples, silence) = match self.tag {
            tag::PCM | tag::FLOAT => {
                let bytes = self.linear_bytes();
                let is_unsigned = self.tag == tag::PCM && bytes == channels;
                (bytes, 1, Some(if is_unsigned { silence::UNSIGNED_8_BIT } else { 0 }))
            }
            tag::MULAW => (channels, 1, Some(silence::MULAW)),
            tag::ALAW => (channels, 1, Some(silence::ALAW)),
            tag::G722 | tag::G722_OTHER => (channels, 2, None),
            tag::GSM => {
                let (bytes, samples) = GSM_BLOCK;
                return Ok(Unit { bytes, samples, silence: Some(silence::gsm_block()) });
            }
            // A block of zeros begins at zero with the smallest step, and every step from there is zero.
            tag::IMA_ADPCM => (u64::from(self.block_bytes), self.adpcm_samples(4, 1)?, Some(0)),
            tag::MICROSOFT_ADPCM => (u64::from(self.block_bytes), self.adpcm_samples(7, 2)?, Some(0)),
            _ => return Err(CannotCut::Coding),
        };
        if bytes == 0 {
            return Err(CannotCut::Damaged);
        }
        let silence = silence.map(|byte| vec![byte; usize::try_from(bytes).unwrap_or_default()]);
        Ok(Unit { bytes, samples, silence })
    }

    /// Bytes of one sample of all channels. Block size and bits should agree; where they do not, the byte rate is the
    /// third witness, and without a majority the bits decide.
    fn linear_bytes(&self) -> u64 {
        let by_bits = u64::from(self.channels) * u64::from(self.bits.div_ceil(8));
        let by_block = u64::from(self.block_bytes);
        let agrees = u64::from(le32(&self.body, 8)) == by_block * u64::from(self.rate_hertz);
        if by_bits == 0 || (by_block > 0 && agrees) { by_block } else { by_bits }
    }

    /// Samples of a block: a header a channel, with the first ones whole, then four bits each.
    fn adpcm_samples(&self, header_bytes: u64, header_samples: u64) -> Result<u64, CannotCut> {
        let channels = u64::from(self.channels);
        let coded = u64::from(self.block_bytes).checked_sub(header_bytes * channels).filter(|coded| *coded > 0);
        Ok(header_samples + coded.ok_or(CannotCut::Damaged)? * 2 / channels)
    }

    /// The chunk's body, of samples that are not in blocks.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut body = vec![0; 16];
        body[0..2].copy_from_slice(&self.tag.to_le_bytes());
        body[2..4].copy_from_slice(&self.channels.to_le_bytes());
        body[4..8].copy_from_slice(&self.rate_hertz.to_le_bytes());
        body[8..12].copy_from_slice(&(u32::from(self.block_bytes) * self.rate_hertz).to_le_bytes());
        body[12..14].copy_from_slice(&self.block_bytes.to_le_bytes());
        body[14..16].copy_from_slice(&self.bits.to_le_bytes());
        if self.tag != tag::PCM {
            // Everything but PCM says how long its extension is.
            body.extend([0, 0]);
        }
        body
    }

    /// The original's chunk, with sizes that say what the samples are.
    fn corrected(mut self, unit_bytes: u64) -> Vec<u8> {
        let is_linear = matches!(self.tag, tag::PCM | tag::FLOAT | tag::MULAW | tag::ALAW);
        if let (true, Ok(block_bytes)) = (is_linear, u16::try_from(unit_bytes)) {
            let bytes_a_second = u32::from(block_bytes).saturating_mul(self.rate_hertz);
            self.body[8..12].copy_from_slice(&bytes_a_second.to_le_bytes());
            self.body[12..14].copy_from_slice(&block_bytes.to_le_bytes());
            if u64::from(self.bits.div_ceil(8)) * u64::from(self.channels) != unit_bytes {
                self.body[14..16].copy_from_slice(&(block_bytes / self.channels * 8).to_le_bytes());
            }
        }
        self.body
    }
}

/// A size from the header, unless it is one of those that mean "not known yet".
fn filled_in(size: u32) -> Option<u64> {
    (size != 0 && size < LEAST_PLACEHOLDER || (size > 0x7FFF_FFFF && size != ALL_ONES)).then_some(u64::from(size))
}

/// Chunk names are printable ASCII.
fn is_name(name: [u8; 4]) -> bool {
    name.iter().all(|letter| (0x20..0x7F).contains(letter))
}

fn is_known(name: [u8; 4]) -> bool {
    KNOWN_NAMES.chunks_exact(4).any(|known| known == name)
}
