//! A part by bytes: which to copy, and what to write around and between them.

use std::ops::Range;

use policy::audio::{Audio, Container};

use crate::known::{Known, Stop};
use crate::layout::{Layout, Wrap};
use crate::part::Part;
use crate::refusal::CannotCut;
use crate::{au, bare, wav};

/// What comes next in the cut file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Write(Vec<u8>),
    /// Bytes of the original, as they are.
    Copy(Range<u64>),
    /// Silence: a unit, repeated.
    Repeat {
        /// What is repeated.
        unit: Vec<u8>,
        /// How often.
        times: u64,
    },
}

impl Piece {
    /// How many bytes it becomes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Write(bytes) => bytes.len() as u64,
            Self::Copy(range) => range.end - range.start,
            Self::Repeat { unit, times } => unit.len() as u64 * times,
        }
    }
}

/// A cut file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In their order.
    pub pieces: Vec<Piece>,
    /// Samples a channel.
    pub samples: u64,
    /// Samples a second and channel.
    pub rate_hertz: u32,
    /// Its media type.
    pub content_type: &'static str,
    /// Its name's ending, without the dot.
    pub extension: &'static str,
}

impl Plan {
    /// Its length.
    pub fn size_bytes(&self) -> u64 {
        self.pieces.iter().map(Piece::size_bytes).sum()
    }

    /// How long it plays.
    pub fn duration_milliseconds(&self) -> u64 {
        let milliseconds = u128::from(self.samples) * 1000 / u128::from(self.rate_hertz.max(1));
        u64::try_from(milliseconds).unwrap_or(u64::MAX)
    }
}

/// What can be said with what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Everything.
    Done(Plan),
    /// These bytes must be known first: tell [`Known::learn`], and ask again.
    Wants(Range<u64>),
}

/// Plans a part of an object that [`crate::way`] cuts by bytes.
pub fn plan(audio: &Audio, known: &Known, part: &Part) -> Result<Planned, CannotCut> {
    let layout = match audio.container {
        Container::Wav => wav::layout(known, part),
        Container::Au => au::layout(known),
        _ => bare::layout(audio, known.size_bytes()).map_err(Stop::from),
    };
    match layout {
        Ok(layout) => of_layout(audio, &layout, part).map(Planned::Done),
        Err(Stop::Wants(range)) => Ok(Planned::Wants(range)),
        Err(Stop::Cannot(reason)) => Err(reason),
    }
}

fn of_layout(audio: &Audio, layout: &Layout, part: &Part) -> Result<Plan, CannotCut> {
    let units = part.units(layout.timing, layout.units()).ok_or(CannotCut::Empty)?;
    let muted = part.muted(layout.timing, &units);
    let silence = match &layout.silence {
        Some(silence) => silence.as_slice(),
        None if muted.is_empty() => &[],
        None => return Err(CannotCut::Mute),
    };
    let data_bytes = (units.end - units.start) * layout.unit_bytes;
    let samples = layout.samples(&units);
    let mut pieces = vec![Piece::Write(layout.wrap.head(data_bytes, samples))];
    let place = |unit: u64| layout.data.start + unit * layout.unit_bytes;
    let mut next = units.start;
    for range in muted {
        pieces.push(Piece::Copy(place(next)..place(range.start)));
        pieces.push(Piece::Repeat { unit: silence.to_vec(), times: range.end - range.start });
        next = range.end;
    }
    pieces.push(Piece::Copy(place(next)..place(units.end)));
    pieces.push(Piece::Write(layout.wrap.tail(data_bytes)));
    pieces.retain(|piece| piece.size_bytes() > 0);
    let (content_type, extension) = match layout.wrap {
        Wrap::Wav { .. } => ("audio/wav", "wav"),
        Wrap::Au(_) | Wrap::Bare => (audio.content_type(), audio.extension()),
    };
    Ok(Plan { pieces, samples, rate_hertz: layout.timing.rate_hertz, content_type, extension })
}

impl Layout {
    /// Samples of some units, without those that fill up the recording's last block.
    fn samples(&self, units: &Range<u64>) -> u64 {
        let samples = (units.end - units.start) * self.timing.unit_samples;
        let Wrap::Wav { samples: Some(all), .. } = self.wrap else {
            return samples;
        };
        let filling = (self.units() * self.timing.unit_samples).saturating_sub(all);
        if units.end == self.units() && filling < self.timing.unit_samples { samples - filling } else { samples }
    }
}
