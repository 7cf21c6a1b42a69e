//! What are these bytes: which audio, how long, or none?
//!
//! A [`Reader`] is fed an object's bytes as they stream by and answers at the end. It reads headers
//! and skips the rest; it decodes nothing. Its state has a fixed size whatever the object's, it does
//! no I/O, and no input makes it panic.
//!
//! A duration is what can be played of **what arrived**. A header's claim only ever makes it
//! shorter, and cutting an object short never makes it longer.
//!
//! Formats and where their numbers come from:
//!
//! | module | format | source |
//! | --- | --- | --- |
//! | `wav` | RIFF WAVE, RF64, BW64 | Multimedia Programming Interface 1.0 (IBM, Microsoft 1991); `mmreg.h`; EBU Tech 3306 |
//! | `mp3` | MPEG 1, 2, 2.5 layer III | ISO/IEC 11172-3, 13818-3; Xing, LAME and VBRI tags |
//! | `flac` | native FLAC | RFC 9639 |
//! | `mp4` | ISO base media, fragmented or not | ISO/IEC 14496-12, -1, -3, -14; `QuickTime` File Format |
//! | `ogg` | Opus, Vorbis, FLAC, Speex in Ogg | RFC 3533, RFC 7845, Vorbis I |
//!
//! An `ID3v2` tag may stand before any of them (ID3 tag version 2.4.0, section 3).

mod bytes;
mod flac;
mod mp3;
mod mp4;
mod ogg;
#[cfg(test)]
mod tests;
mod wav;

use bytes::{Collector, scale};
use policy::audio::{Audio, Codec, Container, Probe};

/// 12 bytes: `RIFF`, a size, `WAVE`, the longest mark a format is told by.
const MARK_BYTES: usize = 12;

/// Reads an object's bytes, in pieces of any size, and says what they are.
///
/// ```
/// use policy::audio::Probe;
///
/// let mut reader = ingest::probe::Reader::new();
/// reader.feed(b"%PDF-1.7 ");
/// reader.feed(b"not a recording");
/// assert_eq!(reader.finish(), Probe::NotAudio);
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    format: Format,
    arrived: bool,
}

#[derive(Clone, Debug)]
enum Format {
    Unknown(Sniffer),
    Wav(Box<wav::Wav>),
    Mp3(Box<mp3::Mp3>),
    Flac(Box<flac::Flac>),
    Mp4(Box<mp4::Mp4>),
    Ogg(Box<ogg::Ogg>),
    NotAudio,
}

/// Waits for the mark at the front, behind the `ID3v2` tags that stand before it.
#[derive(Clone, Debug)]
struct Sniffer {
    bytes: Collector<MARK_BYTES>,
    tagged: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader that has seen nothing yet.
    pub fn new() -> Self {
        let sniffer = Sniffer { bytes: Collector::new(), tagged: false };
        Self { format: Format::Unknown(sniffer), arrived: false }
    }

    /// Takes the next bytes of the object. How the object is cut into chunks makes no difference.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.arrived |= !chunk.is_empty();
        let mut rest = chunk;
        if let Format::Unknown(sniffer) = &mut self.format
            && let Some(mut format) = sniffer.sniff(&mut rest)
        {
            format.feed(sniffer.bytes.held());
            self.format = format;
        }
        self.format.feed(rest);
    }

    /// Ends the object and says what it was: [`Probe::Audio`], [`Probe::NoAudio`] (a container
    /// without a sample that can be played), [`Probe::NotAudio`] or [`Probe::Empty`]. Never
    /// [`Probe::TooLarge`]: who feeds decides that.
    pub fn finish(self) -> Probe {
        match self.format {
            _ if !self.arrived => Probe::Empty,
            Format::Unknown(sniffer) => sniffer.finish(),
            Format::Wav(wav) => wav.finish(),
            Format::Mp3(mp3) => mp3.finish(),
            Format::Flac(flac) => flac.finish(),
            Format::Mp4(mp4) => mp4.finish(),
            Format::Ogg(ogg) => ogg.finish(),
            Format::NotAudio => Probe::NotAudio,
        }
    }
}

impl Format {
    fn feed(&mut self, chunk: &[u8]) {
        match self {
            Self::Wav(wav) => wav.feed(chunk),
            Self::Mp3(mp3) => mp3.feed(chunk),
            Self::Flac(flac) => flac.feed(chunk),
            Self::Mp4(mp4) => mp4.feed(chunk),
            Self::Ogg(ogg) => ogg.feed(chunk),
            Self::Unknown(_) | Self::NotAudio => {}
        }
    }
}

impl Sniffer {
    /// The format, once its mark is there; the mark itself is still held.
    fn sniff(&mut self, input: &mut &[u8]) -> Option<Format> {
        loop {
            let mark = self.bytes.peek(input, MARK_BYTES)?;
            if let Some(tag_bytes) = mp3::id3_bytes(mark) {
                self.tagged = true;
                self.bytes.skip(tag_bytes);
                continue;
            }
            return Some(match mark {
                [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
                | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
                | [b'B', b'W', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
                    Format::Wav(Box::new(wav::Wav::new()))
                }
                [b'f', b'L', b'a', b'C', ..] => Format::Flac(Box::new(flac::Flac::new())),
                [b'O', b'g', b'g', b'S', ..] => Format::Ogg(Box::new(ogg::Ogg::new())),
                [_, _, _, _, b'f', b't', b'y', b'p', ..] => Format::Mp4(Box::new(mp4::Mp4::new())),
                other if self.tagged || mp3::may_begin(other) => Format::Mp3(Box::new(mp3::Mp3::new())),
                _ => Format::NotAudio,
            });
        }
    }

    /// Fewer bytes than a mark: a container cut off at once, or something else.
    fn finish(&self) -> Probe {
        let held = self.bytes.held();
        let cut_container = held.starts_with(b"fLaC")
            || held.starts_with(b"OggS")
            || held.get(4..).is_some_and(|rest| rest.starts_with(b"ftyp"));
        if cut_container || (self.tagged && held.is_empty()) { Probe::NoAudio } else { Probe::NotAudio }
    }
}

/// The outcome for `samples` a channel that can be played.
fn audio(container: Container, codec: Codec, channels: u16, sample_rate_hertz: u32, samples: u64) -> Probe {
    if channels == 0 || sample_rate_hertz == 0 {
        return Probe::NotAudio;
    }
    if samples == 0 {
        return Probe::NoAudio;
    }
    let duration_milliseconds = scale(samples, 1000, u64::from(sample_rate_hertz));
    Probe::Audio(Audio { container, codec, channels, sample_rate_hertz, duration_milliseconds })
}
