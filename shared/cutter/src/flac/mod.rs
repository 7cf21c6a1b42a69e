//! FLAC: a part by sample. Frames that are needed whole are copied, with another number; those that are needed in part
//! are decoded, and written as they sound.

mod frame;
mod place;
mod stream;

use std::ops::Range;

use policy::audio::Audio;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use crate::flac::frame::{Numbering, Unnumbered};
use crate::flac::place::Frame;
use crate::flac::stream::Stream;
use crate::known::{Known, Stop};
use crate::part::{Part, Timing};
use crate::pieces::{Piece, Plan};
use crate::refusal::CannotCut;

/// 4,096 samples: what every decoder takes, at any rate.
const BLOCK_SAMPLES: usize = 4096;

/// No block except the last has fewer samples.
const LEAST_BLOCK_SAMPLES: usize = 16;

pub(crate) fn plan(audio: &Audio, known: &Known, part: &Part) -> Result<Plan, Stop> {
    let stream = Stream::read(known)?;
    let rate_hertz = stream.rate_hertz();
    let wanted = part.samples(rate_hertz, u64::MAX).ok_or(CannotCut::Empty)?;
    let row = place::row(known, &stream, &wanted)?;
    let (Some(first), Some(last)) = (row.first(), row.last()) else {
        return Err(CannotCut::Empty.into());
    };
    let wanted = wanted.start.max(first.first_sample)..wanted.end.min(last.samples().end);
    let muted = part.muted(Timing { rate_hertz, unit_samples: 1 }, &wanted);
    let mut writer = Writer::new(&stream)?;
    for frame in &row {
        let samples = frame.samples();
        let kept = samples.start.max(wanted.start)..samples.end.min(wanted.end);
        let bytes = known.frames(frame.at, frame.bytes, 0)?;
        writer.push(frame, bytes, &kept, &muted)?;
    }
    let samples = wanted.end - wanted.start;
    let (head, frames) = writer.finish(samples);
    Ok(Plan {
        pieces: vec![Piece::Write(head), Piece::Write(frames)],
        samples,
        rate_hertz,
        content_type: audio.content_type(),
        extension: audio.extension(),
    })
}

/// Collects frames, and numbers them.
struct Writer<'a> {
    stream: &'a Stream,
    decoder: Box<dyn AudioDecoder>,
    frames: Vec<Unnumbered>,
    /// Samples of each channel that wait for a frame, and the frame whose header theirs is like.
    waiting: Vec<Vec<i32>>,
    like: Option<(Frame, Vec<u8>)>,
}

impl<'a> Writer<'a> {
    fn new(stream: &'a Stream) -> Result<Self, CannotCut> {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_FLAC).with_extra_data(Box::from(stream.info));
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|_| CannotCut::Damaged)?;
        let waiting = vec![Vec::new(); stream.channels()];
        Ok(Self { stream, decoder, frames: Vec::new(), waiting, like: None })
    }

    /// Takes the samples of a frame that are kept, of which some are muted.
    fn push(&mut self, frame: &Frame, bytes: &[u8], kept: &Range<u64>, muted: &[Range<u64>]) -> Result<(), CannotCut> {
        let is_whole = *kept == frame.samples();
        let is_muted = muted.iter().any(|range| range.start <= kept.start && kept.end <= range.end);
        let touches = |range: &Range<u64>| range.start < kept.end && kept.start < range.end;
        let is_copied = is_whole && !muted.iter().any(touches);
        let waits = self.waiting.first().map_or(0, Vec::len);
        if is_copied && (waits == 0 || waits >= LEAST_BLOCK_SAMPLES) {
            self.flush();
            self.frames.push(frame.header.unnumbered(bytes));
            return Ok(());
        }
        let count = usize::try_from(kept.end - kept.start).map_err(|_| CannotCut::Damaged)?;
        if is_muted {
            for channel in &mut self.waiting {
                channel.resize(channel.len() + count, 0);
            }
        } else {
            self.decode(frame, bytes, kept, muted)?;
        }
        self.like = Some((*frame, bytes.to_vec()));
        // What is muted for long does not wait as a whole.
        if self.waiting.first().is_some_and(|channel| channel.len() >= 2 * BLOCK_SAMPLES) {
            self.flush();
        }
        Ok(())
    }

    fn decode(
        &mut self,
        frame: &Frame,
        bytes: &[u8],
        kept: &Range<u64>,
        muted: &[Range<u64>],
    ) -> Result<(), CannotCut> {
        let packet = Packet::new(0, Timestamp::ZERO, Duration::from(frame.header.block_samples), bytes);
        let decoded = self.decoder.decode(&packet).map_err(|_| CannotCut::Damaged)?;
        let mut planes: Vec<Vec<i32>> = Vec::new();
        decoded.copy_to_vecs_planar(&mut planes);
        let unused_bits = 32 - self.stream.depth();
        let place = |sample: u64| usize::try_from(sample - frame.first_sample).unwrap_or(usize::MAX);
        if planes.len() != self.waiting.len() {
            return Err(CannotCut::Damaged);
        }
        for (plane, waiting) in planes.iter_mut().zip(&mut self.waiting) {
            let held = plane.get_mut(..place(kept.end)).ok_or(CannotCut::Damaged)?;
            for range in muted {
                let within = |sample: u64| place(sample.clamp(kept.start, kept.end));
                held[within(range.start)..within(range.end)].fill(0);
            }
            waiting.extend(held[place(kept.start)..].iter().map(|sample| sample >> unused_bits));
        }
        Ok(())
    }

    /// Writes what waits, in blocks.
    fn flush(&mut self) {
        let Some((like, bytes)) = self.like.take() else {
            return;
        };
        let waiting = std::mem::replace(&mut self.waiting, vec![Vec::new(); self.stream.channels()]);
        let count = waiting.first().map_or(0, Vec::len);
        let mut at = 0;
        while at < count {
            let rest = count - at;
            // The last block has the few that would be left.
            let block = if rest < BLOCK_SAMPLES + LEAST_BLOCK_SAMPLES { rest } else { BLOCK_SAMPLES };
            let channels: Vec<&[i32]> = waiting.iter().map(|channel| &channel[at..at + block]).collect();
            self.frames.push(like.header.encoded(&bytes, &channels, self.stream.depth()));
            at += block;
        }
    }

    /// What stands before the frames, and they.
    fn finish(mut self, samples: u64) -> (Vec<u8>, Vec<u8>) {
        self.flush();
        let most = self.frames.iter().map(|frame| frame.samples).max().unwrap_or_default();
        // The last one may be shorter.
        let before_last = self.frames.len().saturating_sub(1);
        let least = self.frames.iter().take(before_last).map(|frame| frame.samples).min().unwrap_or(most);
        // A decoder knows by the header how frames are numbered: by sample only where blocks differ.
        let numbering = if least == most { Numbering::ByFrame } else { Numbering::BySample };
        let (mut out, mut sizes, mut at) = (Vec::new(), Vec::new(), 0);
        for (number, frame) in self.frames.into_iter().enumerate() {
            let next = at + frame.samples;
            let frame = frame.numbered(numbering, if numbering == Numbering::BySample { at } else { number as u64 });
            sizes.push(frame.len());
            out.extend(frame);
            at = next;
        }
        let frame_bytes =
            (sizes.iter().min().copied().unwrap_or_default(), sizes.iter().max().copied().unwrap_or_default());
        (stream::head(&self.stream.info, samples, (least, most), frame_bytes), out)
    }
}
