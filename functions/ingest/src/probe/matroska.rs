//! Matroska and `WebM`: EBML (RFC 8794) with blocks of sound in clusters (RFC 9559).
//!
//! A browser that records never goes back to fill in a length, nor the sizes of segment and clusters. So the
//! header's duration is not read at all: every block says when it is heard, and those that arrived whole count.

use super::bytes::{Collector, array, be16, be32, be64, byte, float_hertz};
use super::outcome::audio_in_units;
use policy::audio::{Audio, Codec, Container, Probe};

/// An element's id, at most 4 bytes, and its size, at most 8.
const MAX_HEADER_BYTES: usize = 12;

/// 32 bytes: the longest name of a coding is shorter; a block's first fields take 8, its packet is looked at for 2.
const FIELD_BYTES: usize = 32;

const HELD_BYTES: usize = MAX_HEADER_BYTES + FIELD_BYTES;

/// Segment, cluster, block group, and one to spare.
const MAX_DEPTH: usize = 4;

/// A size that is not known. Half of what a `u64` holds, so sums stay in range.
const TO_THE_END: u64 = u64::MAX / 2;

/// 1 ms, where the segment does not say (RFC 9559, section 5.1.2.9).
const DEFAULT_TICK_NANOSECONDS: u64 = 1_000_000;

const NANOSECONDS_A_SECOND: u64 = 1_000_000_000;

/// Elements that are read (RFC 9559, section 5.1), ids with their length marker.
mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const TRACK_ENTRY: u32 = 0xAE;
    pub(super) const TRACK_NUMBER: u32 = 0xD7;
    pub(super) const TRACK_TYPE: u32 = 0x83;
    pub(super) const CODEC: u32 = 0x86;
    pub(super) const DEFAULT_DURATION: u32 = 0x23_E383;
    pub(super) const CODEC_DELAY: u32 = 0x56AA;
    pub(super) const AUDIO: u32 = 0xE1;
    pub(super) const SAMPLING_FREQUENCY: u32 = 0xB5;
    pub(super) const OUTPUT_SAMPLING_FREQUENCY: u32 = 0x78B5;
    pub(super) const CHANNELS: u32 = 0x9F;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const TIMESTAMP: u32 = 0xE7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xA3;
    pub(super) const BLOCK_GROUP: u32 = 0xA0;
    pub(super) const BLOCK: u32 = 0xA1;
    pub(super) const BLOCK_DURATION: u32 = 0x9B;
    pub(super) const DISCARD_PADDING: u32 = 0x75A2;
    /// The ids at the top and right below the segment are four bytes long.
    pub(super) const LEAST_TOP: u32 = 0x1000_0000;
}

/// Follows the elements.
#[derive(Clone, Debug)]
pub(super) struct Matroska {
    bytes: Collector<HELD_BYTES>,
    state: State,
    /// Where the next element begins.
    position: u64,
    open: [Open; MAX_DEPTH],
    depth: usize,
    container: Option<Container>,
    tick_nanoseconds: u64,
    /// The track being read, the first one with sound, and whether there are others.
    track: Track,
    sound: Option<Track>,
    other_track: bool,
    cluster_ticks: u64,
    /// The block being passed, if it is the sound's.
    block: Option<Block>,
    /// When the earliest block that arrived is heard.
    first_nanoseconds: Option<u64>,
    /// When the block before is heard.
    before_nanoseconds: u64,
    /// Until when any of them is.
    end_nanoseconds: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Elements,
    /// Another file after this one, or not elements. What was read before stays valid.
    Ended,
}

#[derive(Clone, Copy, Debug, Default)]
struct Open {
    id: u32,
    end: u64,
    /// It ends where something begins that can't be within it.
    endless: bool,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    number: u64,
    is_sound: bool,
    codec: Codec,
    channels: u16,
    sample_rate_hertz: u32,
    /// Of each frame; 0 if unknown.
    frame_nanoseconds: u64,
    /// At the front, not to be heard.
    delay_nanoseconds: u64,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    start_ticks: u64,
    frames: u64,
    nanoseconds: Option<u64>,
    /// At the end, not to be heard.
    padding_nanoseconds: u64,
}

impl Matroska {
    /// Begins at the EBML header.
    pub(super) const fn new() -> Self {
        Self {
            bytes: Collector::new(),
            state: State::Elements,
            position: 0,
            open: [Open { id: 0, end: 0, endless: false }; MAX_DEPTH],
            depth: 0,
            container: Some(Container::Matroska),
            tick_nanoseconds: DEFAULT_TICK_NANOSECONDS,
            track: Track::NEW,
            sound: None,
            other_track: false,
            cluster_ticks: 0,
            block: None,
            first_nanoseconds: None,
            before_nanoseconds: 0,
            end_nanoseconds: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        if matches!(self.state, State::Ended) || !self.bytes.settle(input) {
            return None;
        }
        self.close();
        self.step_element(input)
    }

    /// Leaves the elements that end here.
    fn close(&mut self) {
        while let Some(depth) = self.depth.checked_sub(1) {
            if self.open[depth].end > self.position {
                return;
            }
            self.depth = depth;
            match self.open[depth].id {
                id::TRACK_ENTRY => self.end_track(),
                id::SIMPLE_BLOCK | id::BLOCK_GROUP => self.end_block(),
                _ => {}
            }
        }
    }

    fn end_track(&mut self) {
        let track = std::mem::replace(&mut self.track, Track::NEW);
        if !track.is_sound {
            self.other_track = true;
        } else if self.sound.is_none() {
            self.sound = Some(track);
        }
    }

    /// The block has arrived whole.
    fn end_block(&mut self) {
        let (Some(block), Some(sound)) = (self.block.take(), self.sound) else {
            return;
        };
        let start = block.start_ticks.saturating_mul(self.tick_nanoseconds);
        // Where neither the block nor its track says how long it lasts: as long as the one before.
        let nanoseconds =
            block.nanoseconds.unwrap_or_else(|| match (sound.frame_nanoseconds, self.first_nanoseconds) {
                (0, None) => 0,
                (0, Some(_)) => start.saturating_sub(self.before_nanoseconds),
                (frame, _) => frame.saturating_mul(block.frames),
            });
        let nanoseconds = nanoseconds.saturating_sub(block.padding_nanoseconds);
        let first = self.first_nanoseconds.get_or_insert(start);
        *first = start.min(*first);
        self.before_nanoseconds = start;
        self.end_nanoseconds = self.end_nanoseconds.max(start.saturating_add(nanoseconds));
    }

    /// Reads an element's header, and its body where that matters.
    fn step_element(&mut self, input: &mut &[u8]) -> Option<State> {
        let id_bytes = length(byte(self.bytes.peek(input, 1)?, 0));
        let size_bytes = length(byte(self.bytes.peek(input, id_bytes.min(4) + 1)?, id_bytes.min(4)));
        if id_bytes > 4 || size_bytes > 8 {
            return Some(State::Ended);
        }
        let header_bytes = id_bytes + size_bytes;
        let header = self.bytes.peek(input, header_bytes)?;
        let id = be32(header, 0) >> (32 - 8 * id_bytes);
        let size = number(&header[id_bytes..]);
        if id == id::EBML && self.position > 0 {
            return Some(State::Ended);
        }
        if id >= id::LEAST_TOP {
            while self.depth > 1 && self.open[self.depth - 1].endless {
                self.depth -= 1;
            }
        }
        let (parent, parent_end) = match self.depth.checked_sub(1) {
            Some(depth) => (self.open[depth].id, self.open[depth].end),
            None => (0, TO_THE_END),
        };
        if size.is_none() && !matches!(id, id::SEGMENT | id::CLUSTER) {
            return Some(State::Ended);
        }
        let body = self.position + header_bytes as u64;
        // No element reaches beyond the one it is in, whatever it claims.
        let end = size.map_or(parent_end, |size| body.saturating_add(size).min(parent_end));
        if end < body {
            return Some(State::Ended);
        }
        let opened = matches!(
            (parent, id),
            (0, id::EBML | id::SEGMENT)
                | (id::SEGMENT, id::INFO | id::TRACKS | id::CLUSTER)
                | (id::TRACKS, id::TRACK_ENTRY)
                | (id::TRACK_ENTRY, id::AUDIO)
                | (id::CLUSTER, id::BLOCK_GROUP)
        );
        if opened {
            self.open(Open { id, end, endless: size.is_none() });
            self.pass_to(body);
            return Some(State::Elements);
        }
        let read = matches!(
            (parent, id),
            (id::EBML, id::DOC_TYPE)
                | (id::INFO, id::TIMESTAMP_SCALE)
                | (
                    id::TRACK_ENTRY,
                    id::TRACK_NUMBER | id::TRACK_TYPE | id::CODEC | id::DEFAULT_DURATION | id::CODEC_DELAY
                )
                | (id::AUDIO, id::SAMPLING_FREQUENCY | id::OUTPUT_SAMPLING_FREQUENCY | id::CHANNELS)
                | (id::CLUSTER, id::TIMESTAMP | id::SIMPLE_BLOCK)
                | (id::BLOCK_GROUP, id::BLOCK | id::BLOCK_DURATION | id::DISCARD_PADDING)
        );
        if read {
            let wanted = usize::try_from(end - body).unwrap_or(usize::MAX).min(FIELD_BYTES);
            let field: [u8; FIELD_BYTES] = array(&self.bytes.peek(input, header_bytes + wanted)?[header_bytes..], 0);
            if id == id::SIMPLE_BLOCK {
                self.open(Open { id, end, endless: false });
            }
            self.read_field(id, &field[..wanted]);
        }
        self.pass_to(end);
        Some(State::Elements)
    }

    fn open(&mut self, open: Open) {
        // The parents above allow no more than MAX_DEPTH.
        if let Some(place) = self.open.get_mut(self.depth) {
            *place = open;
            self.depth += 1;
        }
    }

    fn pass_to(&mut self, position: u64) {
        self.bytes.skip(position.saturating_sub(self.position));
        self.position = position;
    }

    fn read_field(&mut self, id: u32, field: &[u8]) {
        match id {
            id::DOC_TYPE => {
                self.container = match field.trim_ascii_end().split(|byte| *byte == 0).next() {
                    Some(b"webm") => Some(Container::Webm),
                    Some(b"matroska") => Some(Container::Matroska),
                    _ => None,
                };
            }
            id::TIMESTAMP_SCALE => self.tick_nanoseconds = unsigned(field),
            id::TRACK_NUMBER => self.track.number = unsigned(field),
            id::TRACK_TYPE => self.track.is_sound = unsigned(field) == 2,
            id::CODEC => self.track.codec = codec(field),
            id::DEFAULT_DURATION => self.track.frame_nanoseconds = unsigned(field),
            id::CODEC_DELAY => self.track.delay_nanoseconds = unsigned(field),
            // The output's rate is what plays; it comes after this one, if there is one.
            id::SAMPLING_FREQUENCY | id::OUTPUT_SAMPLING_FREQUENCY => self.track.sample_rate_hertz = hertz(field),
            id::CHANNELS => self.track.channels = u16::try_from(unsigned(field)).unwrap_or(0),
            id::TIMESTAMP => self.cluster_ticks = unsigned(field),
            id::BLOCK_DURATION => {
                if let Some(block) = &mut self.block {
                    block.nanoseconds = Some(unsigned(field).saturating_mul(self.tick_nanoseconds));
                }
            }
            id::DISCARD_PADDING => {
                if let Some(block) = &mut self.block {
                    // Negative: at the front. That is the track's delay, which is counted already.
                    let signed = unsigned(field) & 1 << (8 * field.len().clamp(1, 8) - 1) != 0;
                    block.padding_nanoseconds = if signed { 0 } else { unsigned(field) };
                }
            }
            _ => self.block = self.read_block(field),
        }
    }

    /// Track, time from the cluster's on, flags, then the packet (RFC 9559, section 10).
    fn read_block(&self, field: &[u8]) -> Option<Block> {
        let sound = self.sound?;
        let number_bytes = length(byte(field, 0));
        let (time, flags_at) = (be16(field, number_bytes), number_bytes + 2);
        if number(field.get(..number_bytes)?) != Some(sound.number) || field.len() <= flags_at {
            return None;
        }
        let laced = byte(field, flags_at) & 0x06 != 0;
        let frames = if laced { u64::from(byte(field, flags_at + 1)) + 1 } else { 1 };
        let nanoseconds = (sound.codec == Codec::Opus && !laced)
            .then(|| opus_nanoseconds(field.get(flags_at + 1..).unwrap_or_default()))
            .flatten();
        let start_ticks = self.cluster_ticks.saturating_add_signed(i64::from(i16::from_be_bytes(time.to_be_bytes())));
        Some(Block { start_ticks, frames, nanoseconds, padding_nanoseconds: 0 })
    }

    pub(super) fn finish(mut self) -> Probe {
        if self.bytes.owed() == 0 {
            self.close();
        }
        let Some(container) = self.container else {
            return Probe::NotAudio;
        };
        let Some(sound) = self.sound else {
            return if self.other_track { Probe::NotAudio } else { Probe::NoAudio };
        };
        let first = self.first_nanoseconds.unwrap_or(0);
        let nanoseconds = self.end_nanoseconds.saturating_sub(first).saturating_sub(sound.delay_nanoseconds);
        let heard = Audio {
            container,
            codec: sound.codec,
            channels: sound.channels,
            // Opus always plays at 48 kHz; the rate beside it is a remark about the original.
            sample_rate_hertz: if sound.codec == Codec::Opus { 48_000 } else { sound.sample_rate_hertz },
            duration_milliseconds: None,
        };
        audio_in_units(heard, nanoseconds, NANOSECONDS_A_SECOND)
    }
}

impl Track {
    /// As the elements' defaults have it.
    const NEW: Self = Self {
        number: 0,
        is_sound: false,
        codec: Codec::Other,
        channels: 1,
        sample_rate_hertz: 8_000,
        frame_nanoseconds: 0,
        delay_nanoseconds: 0,
    };
}

/// Length of a number of variable size, from its first byte; 9 where it is invalid (RFC 8794, section 4).
fn length(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}

/// A number of variable size without its length marker; `None` for all ones, which mean "not known".
fn number(bytes: &[u8]) -> Option<u64> {
    let bits = 7 * bytes.len().min(8);
    let mask = (1 << bits) - 1;
    let value = unsigned(bytes) & mask;
    (value != mask).then_some(value)
}

/// An unsigned integer of up to 8 bytes; 0 where there are none.
fn unsigned(field: &[u8]) -> u64 {
    field.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A rate from a floating point number of 4 or 8 bytes; 0 where it is invalid.
fn hertz(field: &[u8]) -> u32 {
    match field.len() {
        4 => float_hertz(f64::from(f32::from_bits(be32(field, 0))).to_bits()),
        8 => float_hertz(be64(field, 0)),
        _ => 0,
    }
}

/// The codings by their names (RFC 9559's registry of codecs).
fn codec(field: &[u8]) -> Codec {
    let name = field.split(|byte| *byte == 0).next().unwrap_or_default();
    match name {
        b"A_OPUS" => Codec::Opus,
        b"A_VORBIS" => Codec::Vorbis,
        b"A_FLAC" => Codec::Flac,
        b"A_MPEG/L3" => Codec::Mp3,
        b"A_ALAC" => Codec::Alac,
        b"A_PCM/INT/LIT" | b"A_PCM/INT/BIG" | b"A_PCM/FLOAT/IEEE" => Codec::Pcm,
        _ if name.starts_with(b"A_AAC") => Codec::Aac,
        _ => Codec::Other,
    }
}

/// How long a packet of Opus lasts, from its first bytes (RFC 6716, section 3.1); `None` for no packet.
fn opus_nanoseconds(packet: &[u8]) -> Option<u64> {
    let table = *packet.first()?;
    let frame_microseconds = match (table >> 3, table >> 3 & 3) {
        (0..12, 3) => 60_000,
        (0..12, 2) => 40_000,
        (0..12, 1) | (12..16, 1 | 3) | (16.., 3) => 20_000,
        (16.., 1) => 5_000,
        (16.., 0) => 2_500,
        _ => 10_000,
    };
    let frames = match table & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3F),
    };
    Some(frame_microseconds * frames * 1000)
}
