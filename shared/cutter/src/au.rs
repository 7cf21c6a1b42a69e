//! Sun's and `NeXT`'s `.au`: a mark, where the samples begin, how many bytes, their coding, rate and channels, all
//! big-endian 32 bits.

use crate::bytes::{array, be32};
use crate::known::{Known, Stop};
use crate::layout::{Layout, Wrap};
use crate::part::Timing;
use crate::refusal::CannotCut;
use crate::silence;
use crate::wav::{Format, tag};

const HEADER_BYTES: u64 = 24;

pub(crate) fn layout(known: &Known) -> Result<Layout, Stop> {
    let head = known.read(0, HEADER_BYTES)?;
    let (begins, claimed, coding) = (u64::from(be32(head, 4)), be32(head, 8), be32(head, 12));
    let (rate_hertz, channels) = (be32(head, 16), be32(head, 20));
    let channels = u16::try_from(channels).ok().filter(|channels| *channels > 0).ok_or(CannotCut::Damaged)?;
    if array(head, 0) != *b".snd" || begins < HEADER_BYTES || rate_hertz == 0 {
        return Err(CannotCut::Damaged.into());
    }
    let wav = |tag| Wrap::Wav {
        format: Format::plain(tag, channels, rate_hertz, 8).written(),
        has_fact: true,
        samples: None,
    };
    let as_it_was = Wrap::Au(array(head, 12));
    // Signed samples, unlike WAV's: silence is zero.
    let (sample_bytes, silence, wrap) = match coding {
        1 => (1, silence::MULAW, wav(tag::MULAW)),
        27 => (1, silence::ALAW, wav(tag::ALAW)),
        2 => (1, 0, as_it_was),
        3 => (2, 0, as_it_was),
        4 => (3, 0, as_it_was),
        5 | 6 => (4, 0, as_it_was),
        7 => (8, 0, as_it_was),
        _ => return Err(CannotCut::Coding.into()),
    };
    let size = known.size_bytes();
    // All ones, or 0 from a recorder that never came back: to the end.
    let end = match claimed {
        0 | u32::MAX => size,
        claimed => (begins + u64::from(claimed)).min(size),
    };
    let unit_bytes = sample_bytes * u64::from(channels);
    let data_bytes = end.saturating_sub(begins);
    Ok(Layout {
        data: begins..begins + (data_bytes - data_bytes % unit_bytes),
        unit_bytes,
        timing: Timing { rate_hertz, unit_samples: 1 },
        silence: Some(vec![silence; usize::try_from(unit_bytes).unwrap_or_default()]),
        wrap,
    })
}
