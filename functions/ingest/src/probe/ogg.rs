//! Ogg: pages (RFC 3533) with Opus (RFC 7845), Vorbis (Vorbis I specification, section 4.2 and
//! appendix A), FLAC (RFC 9639, section 10.1) or Speex (Speex manual, section 6.3) in them.
//!
//! Every page carries the position of the stream after it, in samples: the last one gives the length.

use super::bytes::{Collector, array, byte, le16, le32};
use super::flac::stream_info;
use super::outcome::audio;
use policy::audio::{Audio, Codec, Container, Probe};

/// `OggS` to the number of segments (RFC 3533, section 6).
const PAGE_HEADER_BYTES: usize = 27;

/// At most 255 segments, a byte each.
const MAX_SEGMENTS: usize = 255;

/// The identification headers read are 19 (Opus), 30 (Vorbis), 51 (FLAC) and 80 bytes long (Speex).
const IDENTIFICATION_BYTES: usize = 80;

const HELD_BYTES: usize = PAGE_HEADER_BYTES + MAX_SEGMENTS + IDENTIFICATION_BYTES;

/// Opus always plays at 48 kHz; the rate in its header is a remark about the original.
const OPUS_SAMPLE_RATE_HERTZ: u32 = 48_000;

/// No page holds more: 255 packets of at most 120 ms of Opus at 48 kHz. A first page beyond this
/// comes from the middle of a longer stream.
const MAX_PAGE_SAMPLES: u64 = 255 * 5_760;

/// Follows the pages.
#[derive(Clone, Debug)]
pub(super) struct Ogg {
    bytes: Collector<HELD_BYTES>,
    /// The page being passed, if it belongs to the sound and says where it ends.
    page_position: Option<u64>,
    link: Option<Link>,
    /// A sound that ended before the current one (RFC 3533, section 4: chained).
    ended: Option<Audio>,
    /// A stream of another kind was seen.
    other_kind: bool,
}

/// One logical stream of sound.
#[derive(Clone, Copy, Debug)]
struct Link {
    serial: u32,
    codec: Codec,
    channels: u16,
    sample_rate_hertz: u32,
    skipped_samples: u64,
    /// Where the first page with sound ended, and the farthest since.
    first_position: u64,
    last_position: u64,
}

impl Ogg {
    /// Begins at the first `OggS`.
    pub(super) const fn new() -> Self {
        Self { bytes: Collector::new(), page_position: None, link: None, ended: None, other_kind: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while self.step(&mut input).is_some() {}
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<()> {
        if self.bytes.settle(input) {
            self.end_page();
            // Where nothing is held, what is not the beginning of a page is passed at once.
            if self.bytes.held().is_empty() {
                let passed = input.iter().position(|byte| *byte == b'O').unwrap_or(input.len());
                *input = &input[passed..];
            }
        }
        let mark: [u8; 5] = array(self.bytes.peek(input, 5)?, 0);
        if mark != *b"OggS\0" {
            self.bytes.skip(1);
            return Some(());
        }
        let segments = usize::from(byte(self.bytes.peek(input, PAGE_HEADER_BYTES)?, 26));
        let header_bytes = PAGE_HEADER_BYTES + segments;
        let header = self.bytes.peek(input, header_bytes)?;
        let body_bytes: usize = header[PAGE_HEADER_BYTES..].iter().map(|size| usize::from(*size)).sum();
        let begins = byte(header, 5) & 0x02 != 0;
        let (position, serial) = (i64::from_le_bytes(array(header, 6)), le32(header, 14));
        if begins {
            let wanted = header_bytes + body_bytes.min(IDENTIFICATION_BYTES);
            let link = Link::read(serial, &self.bytes.peek(input, wanted)?[header_bytes..]);
            self.begin(link);
        } else if self.link.is_some_and(|link| link.serial == serial) {
            // -1: no packet ends on this page (RFC 3533, section 6).
            self.page_position = u64::try_from(position).ok();
        }
        self.bytes.skip((header_bytes + body_bytes) as u64);
        Some(())
    }

    /// A logical stream begins.
    fn begin(&mut self, link: Option<Link>) {
        self.other_kind |= link.is_none();
        // Streams that run side by side all begin before any goes on; the first sound is taken.
        let side_by_side = self.link.is_some_and(|current| current.last_position == 0);
        if link.is_some() && !side_by_side {
            self.end_link();
            self.link = link;
        }
    }

    /// The page passed last has arrived whole.
    fn end_page(&mut self) {
        if let (Some(position), Some(link)) = (self.page_position.take(), &mut self.link)
            && position > link.last_position
        {
            if link.last_position == 0 {
                link.first_position = position;
            }
            link.last_position = position;
        }
    }

    fn end_link(&mut self) {
        if let Some(Probe::Audio(audio)) = self.link.take().map(Link::finish) {
            let milliseconds = audio.duration_milliseconds.unwrap_or_default();
            let before = self.ended.as_ref().and_then(|ended| ended.duration_milliseconds).unwrap_or_default();
            let ended = self.ended.get_or_insert(audio);
            ended.duration_milliseconds = Some(before.saturating_add(milliseconds));
        }
    }

    pub(super) fn finish(mut self) -> Probe {
        if self.bytes.owed() == 0 {
            self.end_page();
        }
        let sound_seen = self.link.is_some();
        self.end_link();
        match self.ended {
            Some(audio) => Probe::Audio(audio),
            None if self.other_kind && !sound_seen => Probe::NotAudio,
            None => Probe::NoAudio,
        }
    }
}

impl Link {
    /// Reads the first packet of a logical stream; `None` where that is no sound.
    fn read(serial: u32, packet: &[u8]) -> Option<Self> {
        let (codec, channels, sample_rate_hertz, skipped_samples) = if packet.starts_with(b"OpusHead") {
            let skipped = u64::from(le16(packet, 10));
            (Codec::Opus, u16::from(byte(packet, 9)), OPUS_SAMPLE_RATE_HERTZ, skipped)
        } else if packet.starts_with(b"\x01vorbis") {
            (Codec::Vorbis, u16::from(byte(packet, 11)), le32(packet, 12), 0)
        } else if packet.starts_with(b"\x7fFLAC") {
            let (rate, channels) = stream_info(packet.get(17..)?)?;
            (Codec::Flac, channels, rate, 0)
        } else if packet.starts_with(b"Speex   ") {
            (Codec::Speex, le16(packet, 48), le32(packet, 36), 0)
        } else {
            return None;
        };
        (channels > 0 && sample_rate_hertz > 0).then_some(Self {
            serial,
            codec,
            channels,
            sample_rate_hertz,
            skipped_samples,
            first_position: 0,
            last_position: 0,
        })
    }

    fn finish(self) -> Probe {
        let begun_elsewhere = self.first_position > MAX_PAGE_SAMPLES;
        let start = if begun_elsewhere { self.first_position } else { self.skipped_samples };
        let samples = self.last_position.saturating_sub(start);
        audio(Container::Ogg, self.codec, self.channels, self.sample_rate_hertz, samples)
    }
}
