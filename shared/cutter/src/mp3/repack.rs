//! Frames that hold nothing of their neighbours.
//!
//! A frame's sound may begin in the main data of frames before it (the bit reservoir). Here each frame is written with
//! its own sound alone, at the lowest bit rate that has room for it. Only where the highest has none, the rest stands
//! at the end of the frame before, as the format allows.

use std::ops::Range;

use crate::mp3::header::{Header, Side};
use crate::refusal::CannotCut;

/// Main data of frames one behind the other, and the frames.
#[derive(Default)]
pub(crate) struct Sounds {
    main: Vec<u8>,
    /// Where the sound of the frame before ends.
    end: usize,
    frames: Vec<(Header, Sound)>,
}

/// A frame's sound.
enum Sound {
    /// Nothing to hear: muted, or its sound did not arrive.
    Silence,
    /// These bytes of the main data.
    Of(Side, Range<usize>),
}

impl Sounds {
    /// The next frame of the recording; `bytes` are all of it.
    pub(crate) fn push(&mut self, header: Header, bytes: &[u8]) {
        let side = Side::read(header, bytes.get(header.side_at()..header.main_at()).unwrap_or_default());
        let begins = self.main.len();
        self.main.extend_from_slice(bytes.get(header.main_at()..).unwrap_or_default());
        let begins_before = begins.checked_sub(side.begins_before);
        let range = begins_before.map_or(0..0, |start| start..start + side.bits.div_ceil(8));
        // No sound holds bytes of the one before it, which may be muted, or before the part.
        let is_its_own = range.start >= self.end && range.end <= self.main.len();
        self.end = self.end.max(range.end);
        let sound = if is_its_own && !range.is_empty() { Sound::Of(side, range) } else { Sound::Silence };
        self.frames.push((header, sound));
    }

    /// The frame that was pushed last is silent; nothing of it is kept.
    pub(crate) fn mute_last(&mut self) {
        if let Some((_, sound)) = self.frames.last_mut() {
            *sound = Sound::Silence;
        }
    }

    /// Forgets the frames so far: what they hold of later ones stays.
    pub(crate) fn begin_here(&mut self) {
        self.frames.clear();
    }

    /// The frames so far, behind a silent one, and where each begins and the last ends.
    pub(crate) fn written(&self) -> Result<(Vec<u8>, Vec<usize>), CannotCut> {
        let first = self.frames.first().ok_or(CannotCut::Empty)?.0;
        let silence = (first, Sound::Silence);
        let frames: Vec<&(Header, Sound)> = std::iter::once(&silence).chain(&self.frames).collect();
        let before = moved_before(&frames)?;
        let (mut out, mut places) = (Vec::new(), Vec::new());
        for (position, (header, sound)) in frames.iter().enumerate() {
            let own = sound.bytes(&self.main).split_off(before[position]);
            let next = frames.get(position + 1).map(|(_, next)| next.bytes(&self.main)).unwrap_or_default();
            let next = &next[..before[position + 1]];
            let resized = header.resized(own.len() + next.len());
            places.push(out.len());
            out.extend_from_slice(&resized.header);
            out.extend(sound.side(*header, before[position]));
            let end = out.len() + resized.main_bytes;
            out.extend_from_slice(&own);
            out.resize(end - next.len(), 0);
            out.extend_from_slice(next);
        }
        places.push(out.len());
        Ok((out, places))
    }
}

/// How many bytes of each frame's sound stand in the frame before; one number more, for none behind the last.
fn moved_before(frames: &[&(Header, Sound)]) -> Result<Vec<usize>, CannotCut> {
    let mut before = vec![0; frames.len() + 1];
    for (position, (header, sound)) in frames.iter().enumerate().rev() {
        let moved = (sound.size_bytes() + before[position + 1]).saturating_sub(header.max_capacity());
        // More than the format allows, or than it holds: no encoder wrote this.
        if moved > header.max_reservoir_bytes().min(sound.size_bytes()) {
            return Err(CannotCut::Damaged);
        }
        before[position] = moved;
    }
    Ok(before)
}

impl Sound {
    fn size_bytes(&self) -> usize {
        match self {
            Self::Silence => 0,
            Self::Of(_, range) => range.len(),
        }
    }

    /// The bits that are sound; what fills up the last byte is not.
    fn bytes(&self, main: &[u8]) -> Vec<u8> {
        let Self::Of(side, range) = self else {
            return Vec::new();
        };
        let mut bytes = main.get(range.clone()).unwrap_or_default().to_vec();
        if let (Some(last), 1..) = (bytes.last_mut(), side.bits % 8) {
            *last &= 0xFF << (8 - side.bits % 8);
        }
        bytes
    }

    fn side(&self, header: Header, begins_before: usize) -> Vec<u8> {
        match self {
            // All zero: no bits, so no sound.
            Self::Silence => vec![0; header.side_bytes()],
            Self::Of(side, _) => side.placed(begins_before),
        }
    }
}
