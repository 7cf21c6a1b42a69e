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
//! | `matroska` | Matroska, `WebM` | RFC 8794, RFC 9559 |
//! | `adts` | AAC frames | ISO/IEC 13818-7, 14496-3 |
//! | `amr` | AMR, AMR-WB | RFC 4867, 3GPP TS 26.101, 26.201 |
//! | `aiff` | AIFF, AIFF-C | Apple, 1989 and 1991 |
//! | `au` | `.au`, `.snd` | `audio/au.h` |
//! | `gsm` | GSM 06.10 without a header | RFC 3551 |
//! | `g722` | G.722 without a header | ITU-T G.722 |
//! | `raw` | G.711, linear PCM, G.729 without a header | Asterisk's `formats/` |
//!
//! An `ID3v2` tag may stand before any of them (ID3 tag version 2.4.0, section 3). The bytes decide. What they
//! can't decide, the ending of the object's name does: bare G.711, linear PCM and G.729.

mod adts;
mod aiff;
mod amr;
mod au;
mod bare;
mod bytes;
mod flac;
mod g722;
mod gsm;
mod matroska;
mod mp3;
mod mp4;
mod ogg;
mod outcome;
mod raw;
#[cfg(test)]
mod tests;
mod wav;

use bytes::Collector;
use policy::audio::Probe;

/// 12 bytes: `RIFF`, a size, `WAVE`, the longest mark of a format.
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
    Bare(Box<bare::Bare>),
    Flac(Box<flac::Flac>),
    Mp4(Box<mp4::Mp4>),
    Ogg(Box<ogg::Ogg>),
    Matroska(Box<matroska::Matroska>),
    Amr(Box<amr::Amr>),
    Aiff(Box<aiff::Aiff>),
    Au(Box<au::Au>),
    Raw(raw::Raw),
    NotAudio,
}

/// Waits for the mark at the front, behind the `ID3v2` tags that stand before it.
#[derive(Clone, Debug)]
struct Sniffer {
    bytes: Collector<MARK_BYTES>,
    tagged: bool,
    /// What the object's name says of bytes that have no mark.
    named: Option<raw::Coding>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader that has seen nothing yet, of an object whose name says nothing.
    pub fn new() -> Self {
        let sniffer = Sniffer { bytes: Collector::new(), tagged: false, named: None };
        Self { format: Format::Unknown(sniffer), arrived: false }
    }

    /// A reader of an object with this file name.
    pub fn of_file(name: &str) -> Self {
        let named = name.rsplit_once('.').and_then(|(_, ending)| raw::Coding::of_ending(ending));
        let sniffer = Sniffer { bytes: Collector::new(), tagged: false, named };
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
            Format::Bare(bare) => bare.finish(),
            Format::Flac(flac) => flac.finish(),
            Format::Mp4(mp4) => mp4.finish(),
            Format::Ogg(ogg) => ogg.finish(),
            Format::Matroska(matroska) => matroska.finish(),
            Format::Amr(amr) => amr.finish(),
            Format::Aiff(aiff) => aiff.finish(),
            Format::Au(au) => au.finish(),
            Format::Raw(raw) => raw.finish(),
            Format::NotAudio => Probe::NotAudio,
        }
    }
}

impl Format {
    fn feed(&mut self, chunk: &[u8]) {
        match self {
            Self::Wav(wav) => wav.feed(chunk),
            Self::Bare(bare) => bare.feed(chunk),
            Self::Flac(flac) => flac.feed(chunk),
            Self::Mp4(mp4) => mp4.feed(chunk),
            Self::Ogg(ogg) => ogg.feed(chunk),
            Self::Matroska(matroska) => matroska.feed(chunk),
            Self::Amr(amr) => amr.feed(chunk),
            Self::Aiff(aiff) => aiff.feed(chunk),
            Self::Au(au) => au.feed(chunk),
            Self::Raw(raw) => raw.feed(chunk),
            Self::Unknown(_) | Self::NotAudio => {}
        }
    }
}

impl Sniffer {
    /// The format, once its mark is there; the mark itself is still held.
    fn sniff(&mut self, input: &mut &[u8]) -> Option<Format> {
        let named = self.named;
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
                [0x1A, 0x45, 0xDF, 0xA3, ..] => Format::Matroska(Box::new(matroska::Matroska::new())),
                [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => {
                    Format::Aiff(Box::new(aiff::Aiff::new()))
                }
                [b'.', b's', b'n', b'd', ..] => Format::Au(Box::new(au::Au::new())),
                other if let Some(coding) = named.filter(|_| !self.tagged && may_be_raw(other)) => {
                    Format::Raw(raw::Raw::new(coding))
                }
                other if amr::may_begin(other) => Format::Amr(Box::new(amr::Amr::new())),
                other if self.tagged || bare::may_begin(other) => Format::Bare(Box::new(bare::Bare::new())),
                _ => Format::NotAudio,
            });
        }
    }

    /// Fewer bytes than a mark: a container cut off at once, or something else.
    fn finish(&self) -> Probe {
        let held = self.bytes.held();
        let cut_container = held.starts_with(b"fLaC")
            || held.starts_with(b"OggS")
            || held.starts_with(&[0x1A, 0x45, 0xDF, 0xA3])
            || held.starts_with(b".snd")
            || held.starts_with(b"#!AMR")
            || held.get(4..).is_some_and(|rest| rest.starts_with(b"ftyp"));
        if let Some(coding) = self.named.filter(|_| !cut_container && !self.tagged && may_be_raw(held)) {
            let mut raw = raw::Raw::new(coding);
            raw.feed(held);
            return raw.finish();
        }
        if cut_container || (self.tagged && held.is_empty()) { Probe::NoAudio } else { Probe::NotAudio }
    }
}

/// Whether bytes without a mark can be samples, where the name says so.
fn may_be_raw(mark: &[u8]) -> bool {
    !amr::may_begin(mark) && !raw::is_something_else(mark)
}
