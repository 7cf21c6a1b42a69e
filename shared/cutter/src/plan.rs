//! A part without decoding: which bytes to copy, and what to write around and between them.

use std::ops::Range;

use policy::audio::{Audio, Container};

use crate::known::{Known, Stop};
use crate::layout::{Layout, Wrap};
use crate::part::Part;
use crate::pieces::{Piece, Plan};
use crate::refusal::CannotCut;
use crate::{amr, au, bare, flac, mp3, wav};

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
    let laid_out = |layout: Layout| of_layout(audio, &layout, part).map_err(Stop::from);
    let planned = match audio.container {
        Container::Mp3 => mp3::plan(audio, known, part),
        Container::Flac => flac::plan(audio, known, part),
        Container::Amr => amr::plan(audio, known, part),
        Container::Wav => wav::layout(known, part).and_then(laid_out),
        Container::Au => au::layout(known).and_then(laid_out),
        _ => bare::layout(audio, known.size_bytes()).map_err(Stop::from).and_then(laid_out),
    };
    match planned {
        Ok(plan) => Ok(Planned::Done(plan)),
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
