//! A part of what can't be cut by bytes: decoded, to PCM in WAV.

use std::io::{Cursor, ErrorKind};
use std::ops::Range;

use policy::audio::{Audio, Codec};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::audio::sample::i24;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::layout::wav_head;
use crate::limits::{MAX_DECODED_BYTES, MAX_OBJECT_BYTES};
use crate::part::{Part, Timing};
use crate::pieces::{Piece, Plan};
use crate::refusal::CannotCut;
use crate::wav::{Format, tag};

/// Decodes a part of an object that [`crate::way`] decodes. The plan has nothing to copy.
pub fn decode(audio: &Audio, bytes: Vec<u8>, part: &Part) -> Result<Plan, CannotCut> {
    if bytes.len() as u64 > MAX_OBJECT_BYTES {
        return Err(CannotCut::TooLarge);
    }
    let mut source = Source::open(audio, bytes)?;
    let mut sink: Option<Sink> = None;
    while let Some(packet) = source.next_packet()? {
        let decoded = match source.decoder.decode(&packet) {
            Ok(decoded) => decoded,
            // A damaged frame: its time passes in silence.
            Err(Error::DecodeError(_)) => {
                if let Some(sink) = &mut sink {
                    sink.pass_silence(packet.dur.get())?;
                }
                continue;
            }
            Err(_) => return Err(CannotCut::Damaged),
        };
        let shape = Shape { rate_hertz: decoded.spec().rate(), channels: decoded.spec().channels().count() };
        let sink = match &mut sink {
            Some(sink) if sink.shape == shape => sink,
            // A recording that changes its rate midway has no place for a sample.
            Some(_) => return Err(CannotCut::Damaged),
            None => sink.insert(Sink::new(shape, source.is_deep, part)?),
        };
        sink.take(&decoded)?;
        if sink.is_full() {
            break;
        }
    }
    sink.ok_or(CannotCut::Damaged)?.finish(part)
}

struct Source {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    /// Whether samples of more than 16 bits are kept whole.
    is_deep: bool,
}

impl Source {
    fn open(audio: &Audio, bytes: Vec<u8>) -> Result<Self, CannotCut> {
        let mut hint = Hint::new();
        hint.with_extension(audio.extension());
        let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
        let (format_options, metadata_options) = (FormatOptions::default(), MetadataOptions::default());
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, format_options, metadata_options)
            .map_err(|_| CannotCut::Damaged)?;
        let track = format.default_track(TrackType::Audio).ok_or(CannotCut::Damaged)?;
        let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
        let parameters = parameters.ok_or(CannotCut::Damaged)?;
        // Without an encoder's notes symphonia reckons an MP3's length by the first frame's bit rate, and cuts the rest.
        let is_noted = audio.codec != Codec::Mp3 || track.delay.is_some();
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default().gapless(is_noted))
            .map_err(|_| CannotCut::Coding)?;
        let is_lossless = matches!(audio.codec, Codec::Flac | Codec::Alac | Codec::Pcm);
        let is_deep = is_lossless && parameters.bits_per_sample.is_some_and(|bits| bits > 16);
        Ok(Self { track_id: track.id, is_deep, format, decoder })
    }

    fn next_packet(&mut self) -> Result<Option<symphonia::core::packet::Packet>, CannotCut> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id != self.track_id => {}
                Ok(packet) => return Ok(packet),
                // It ends within a frame: what came before plays.
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                Err(Error::ResetRequired) => return Ok(None),
                Err(_) => return Err(CannotCut::Damaged),
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    rate_hertz: u32,
    channels: usize,
}

/// Takes samples in their order and keeps those of the part.
struct Sink {
    shape: Shape,
    frame_bytes: usize,
    /// The part, in samples; its end may lie behind the recording's.
    wanted: Range<u64>,
    /// Samples passed so far.
    passed: u64,
    kept: Vec<u8>,
    scratch: Vec<u8>,
}

impl Sink {
    fn new(shape: Shape, is_deep: bool, part: &Part) -> Result<Self, CannotCut> {
        let sample_bytes = if is_deep { 3 } else { 2 };
        let timing = Timing { rate_hertz: shape.rate_hertz, unit_samples: 1 };
        if shape.rate_hertz == 0 || shape.channels == 0 {
            return Err(CannotCut::Damaged);
        }
        let wanted = part.units(timing, u64::MAX).ok_or(CannotCut::Empty)?;
        let frame_bytes = shape.channels * sample_bytes;
        Ok(Self { shape, frame_bytes, wanted, passed: 0, kept: Vec::new(), scratch: Vec::new() })
    }

    fn take(&mut self, decoded: &GenericAudioBufferRef<'_>) -> Result<(), CannotCut> {
        let frames = decoded.frames() as u64;
        if self.overlap(frames).is_empty() {
            self.passed += frames;
            return Ok(());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        if self.frame_bytes == 3 * self.shape.channels {
            decoded.copy_bytes_to_vec_interleaved_as::<i24>(&mut scratch);
        } else {
            decoded.copy_bytes_to_vec_interleaved_as::<i16>(&mut scratch);
        }
        let kept = self.keep(&scratch, frames);
        self.scratch = scratch;
        kept
    }

    fn pass_silence(&mut self, frames: u64) -> Result<(), CannotCut> {
        // 1 second at most: no frame lasts longer.
        let frames = frames.min(u64::from(self.shape.rate_hertz));
        let silence = vec![0; self.frame_bytes * usize::try_from(frames).unwrap_or_default()];
        self.keep(&silence, frames)
    }

    /// Which of the next frames are wanted, counted from the first of them.
    fn overlap(&self, frames: u64) -> Range<u64> {
        let place = |sample: u64| sample.clamp(self.passed, self.passed + frames) - self.passed;
        place(self.wanted.start)..place(self.wanted.end)
    }

    fn keep(&mut self, bytes: &[u8], frames: u64) -> Result<(), CannotCut> {
        let wanted = self.overlap(frames);
        let place = |frame: u64| usize::try_from(frame).unwrap_or(usize::MAX).saturating_mul(self.frame_bytes);
        let found = bytes.get(place(wanted.start)..place(wanted.end)).ok_or(CannotCut::Damaged)?;
        if (self.kept.len() + found.len()) as u64 > MAX_DECODED_BYTES {
            return Err(CannotCut::TooLarge);
        }
        self.kept.extend_from_slice(found);
        self.passed += frames;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.passed >= self.wanted.end
    }

    fn finish(mut self, part: &Part) -> Result<Plan, CannotCut> {
        let samples = (self.kept.len() / self.frame_bytes) as u64;
        if samples == 0 {
            return Err(CannotCut::Empty);
        }
        let timing = Timing { rate_hertz: self.shape.rate_hertz, unit_samples: 1 };
        for range in part.muted(timing, &(self.wanted.start..self.wanted.start + samples)) {
            let place =
                |sample: u64| usize::try_from(sample - self.wanted.start).unwrap_or_default() * self.frame_bytes;
            self.kept[place(range.start)..place(range.end)].fill(0);
        }
        let channels = u16::try_from(self.shape.channels).map_err(|_| CannotCut::Damaged)?;
        let bits = u16::try_from(self.frame_bytes / self.shape.channels * 8).map_err(|_| CannotCut::Damaged)?;
        let format = Format::plain(tag::PCM, channels, self.shape.rate_hertz, bits).written();
        let head = wav_head(&format, None, self.kept.len() as u64);
        // A chunk has an even length.
        self.kept.resize(self.kept.len().next_multiple_of(2), 0);
        let pieces = vec![Piece::Write(head), Piece::Write(self.kept)];
        let rate_hertz = self.shape.rate_hertz;
        Ok(Plan { pieces, samples, rate_hertz, content_type: "audio/wav", extension: "wav" })
    }
}
