//! The part that is needed.

use std::ops::Range;

/// A part of a recording, in milliseconds of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub from_milliseconds: u64,
    /// Where it ends; `None`: at the recording's end.
    pub to_milliseconds: Option<u64>,
    /// What becomes silent within it, each from and to.
    pub mute: Vec<(u64, u64)>,
}

impl Part {
    /// The whole recording.
    pub fn whole() -> Self {
        Self::default()
    }

    pub(crate) fn has_mute(&self) -> bool {
        self.mute.iter().any(|(from, to)| from < to)
    }

    /// The part's units, of so many samples each, of a recording with `units`: from the unit that its beginning lies
    /// in to the one that its end lies in. `None` where that is no unit.
    pub(crate) fn units(&self, timing: Timing, units: u64) -> Option<Range<u64>> {
        let start = timing.samples(self.from_milliseconds) / timing.unit_samples;
        let end = self.to_milliseconds.map_or(units, |to| timing.samples(to).div_ceil(timing.unit_samples).min(units));
        (start < end).then_some(start..end)
    }

    /// The part's samples, of a recording with `samples`; `None` where that is no sample.
    pub(crate) fn samples(&self, rate_hertz: u32, samples: u64) -> Option<Range<u64>> {
        self.units(Timing { rate_hertz, unit_samples: 1 }, samples)
    }

    /// The units to be silent, within `units`: in order, apart from each other. A unit that is muted in part is
    /// muted whole.
    pub(crate) fn muted(&self, timing: Timing, units: &Range<u64>) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = self
            .mute
            .iter()
            .filter(|(from, to)| from < to)
            .map(|(from, to)| {
                let start = timing.samples(*from) / timing.unit_samples;
                let end = timing.samples_up(*to).div_ceil(timing.unit_samples);
                start.max(units.start)..end.min(units.end)
            })
            .filter(|range| !range.is_empty())
            .collect();
        ranges.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }
}

/// How time becomes samples, and samples units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// Samples a second and channel.
    pub(crate) rate_hertz: u32,
    /// Samples of a channel that can't be parted: 1, or those of a block.
    pub(crate) unit_samples: u64,
}

impl Timing {
    /// Samples before a moment.
    pub(crate) fn samples(self, milliseconds: u64) -> u64 {
        saturated(u128::from(milliseconds) * u128::from(self.rate_hertz) / 1000)
    }

    /// The same, with one that the moment lies within.
    fn samples_up(self, milliseconds: u64) -> u64 {
        saturated((u128::from(milliseconds) * u128::from(self.rate_hertz)).div_ceil(1000))
    }
}

fn saturated(samples: u128) -> u64 {
    u64::try_from(samples).unwrap_or(u64::MAX)
}
