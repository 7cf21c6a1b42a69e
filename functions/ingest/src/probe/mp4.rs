//! ISO base media (`.m4a`, `.mp4`), whole or in fragments.
//!
//! Boxes: ISO/IEC 14496-12; where Apple's differ, its `QuickTime` File Format. The sound's
//! description: ISO/IEC 14496-14 (`esds`), 14496-1 section 7.2.6 (descriptors), 14496-3 section 1.6.2
//! (`AudioSpecificConfig`).
//!
//! The index (`moov`) may come before the media (`mdat`) or after it, and it does not say what
//! arrived. So the sum of the samples' durations is believed only as far as the media arrived, and
//! an index that is not whole plays nothing.

use super::adts::SAMPLE_RATES;
use super::bytes::{Collector, array, be16, be32, be64, byte, float_hertz, scale};
use super::outcome::audio_in_units;
use policy::audio::{Audio, Codec, Container, Probe};

/// 1,024 bytes: the first sample description with its codec's set-up, or 80 entries of an edit list.
const HELD_BYTES: usize = 1024;

/// Size and type; a size of 1 says that 64 bits of size follow.
const BOX_HEADER_BYTES: usize = 8;
const LONG_BOX_HEADER_BYTES: usize = 16;

/// moov, trak, mdia, minf, stbl: five deep.
const MAX_DEPTH: usize = 6;

/// Tracks whose fragment defaults are kept; a recording has one or two.
const MAX_TRACKS: usize = 8;

/// A box of size 0 goes on to the object's end. Half of what a `u64` holds, so sums stay in range.
const TO_THE_END: u64 = u64::MAX / 2;

/// Follows the boxes.
#[derive(Clone, Debug)]
pub(super) struct Mp4 {
    bytes: Collector<HELD_BYTES>,
    state: State,
    /// Where the next box begins.
    position: u64,
    open: [Open; MAX_DEPTH],
    depth: usize,
    /// The index is whole.
    indexed: bool,
    /// `meta` at the top and no index: a still picture.
    picture: bool,
    movie_timescale: u32,
    defaults: [FragmentDefaults; MAX_TRACKS],
    default_count: usize,
    /// The track being read, the first one with sound, and whether there are others.
    track: Track,
    sound: Option<Track>,
    other_track: bool,
    /// Bytes the samples of all tracks take, by their own sizes; `None` where a track does not say.
    sample_bytes: Option<u64>,
    media: Media,
    fragment: Fragment,
    /// Duration of all fragments before the current one, in the sound's units.
    fragments_duration: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Box,
    /// Among a table's entries of `entry_bytes` each; the table's box ends at `end`.
    Entries {
        table: Table,
        left: u32,
        entry_bytes: usize,
        end: u64,
    },
    /// Not boxes. What was read before stays valid.
    Broken,
}

#[derive(Clone, Copy, Debug)]
enum Table {
    /// `stts`: how many samples last how long.
    Durations,
    /// `stsz`: how large each sample is.
    Sizes,
    /// `trun`: what each sample of a fragment says of itself.
    Run { duration: Option<u32>, size: Option<u32>, flags: u32, counts: bool },
}

#[derive(Clone, Copy, Debug, Default)]
struct Open {
    kind: [u8; 4],
    end: u64,
}

/// Media boxes (`mdat`).
#[derive(Clone, Copy, Debug, Default)]
struct Media {
    claimed_bytes: u64,
    /// Size of the last box, when that is a media box and may not have arrived whole.
    open_bytes: Option<u64>,
    /// The last box goes on to the end: it claims nothing.
    endless: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Track {
    id: u32,
    handler: [u8; 4],
    timescale: u32,
    duration: u64,
    table_duration: u64,
    edit: Option<Edit>,
    description: Option<Description>,
}

/// What of the track is played: an encoder's run-in is cut off by an edit.
#[derive(Clone, Copy, Debug, Default)]
struct Edit {
    /// In the movie's units; 0 to the end.
    duration: u64,
    /// In the track's units.
    start: u64,
}

#[derive(Clone, Copy, Debug)]
struct Description {
    codec: Codec,
    channels: u16,
    sample_rate_hertz: u32,
}

/// What `trex` and `tfhd` say of samples that say nothing themselves.
#[derive(Clone, Copy, Debug, Default)]
struct FragmentDefaults {
    track_id: u32,
    duration: u32,
    size: u32,
}

/// The fragment being read: `moof` and the media behind it.
#[derive(Clone, Copy, Debug, Default)]
struct Fragment {
    defaults: FragmentDefaults,
    duration: u64,
    sample_bytes: u64,
    media: Media,
}

impl Mp4 {
    /// Begins at the `ftyp` box.
    pub(super) fn new() -> Self {
        Self {
            bytes: Collector::new(),
            state: State::Box,
            position: 0,
            open: [Open::default(); MAX_DEPTH],
            depth: 0,
            indexed: false,
            picture: false,
            movie_timescale: 0,
            defaults: [FragmentDefaults::default(); MAX_TRACKS],
            default_count: 0,
            track: Track::default(),
            sound: None,
            other_track: false,
            sample_bytes: Some(0),
            media: Media::default(),
            fragment: Fragment::default(),
            fragments_duration: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        if !self.bytes.settle(input) {
            return None;
        }
        match self.state {
            State::Box => {
                self.close();
                self.step_box(input)
            }
            State::Entries { end, .. } if self.position > end => Some(State::Broken),
            State::Entries { left: 0, end, .. } => {
                self.pass_to(end);
                Some(State::Box)
            }
            State::Entries { table, left, entry_bytes, end } => {
                if self.position.saturating_add(entry_bytes as u64) > end {
                    return Some(State::Broken);
                }
                let entry: [u8; 16] = array(self.bytes.peek(input, entry_bytes)?, 0);
                self.entry(table, &entry);
                self.pass_to(self.position + entry_bytes as u64);
                Some(State::Entries { table, left: left - 1, entry_bytes, end })
            }
            State::Broken => None,
        }
    }

    /// Leaves the boxes that end here.
    fn close(&mut self) {
        while let Some(depth) = self.depth.checked_sub(1) {
            let open = self.open[depth];
            if open.end > self.position {
                return;
            }
            self.depth = depth;
            match &open.kind {
                b"moov" => self.indexed = true,
                b"trak" => self.end_track(),
                _ => {}
            }
        }
    }

    fn end_track(&mut self) {
        let track = std::mem::take(&mut self.track);
        if track.handler != *b"soun" {
            self.other_track = true;
        } else if self.sound.is_none() && track.timescale > 0 && track.description.is_some() {
            self.sound = Some(track);
        }
    }

    /// Reads a box's header, and its body where that matters.
    fn step_box(&mut self, input: &mut &[u8]) -> Option<State> {
        let header = self.bytes.peek(input, BOX_HEADER_BYTES)?;
        let (size, kind): (u32, [u8; 4]) = (be32(header, 0), array(header, 4));
        let (parent, parent_end) = match self.depth.checked_sub(1) {
            Some(depth) => (self.open[depth].kind, self.open[depth].end),
            None => ([0; 4], TO_THE_END),
        };
        let (header_bytes, end) = match size {
            0 => (BOX_HEADER_BYTES, parent_end),
            1 => {
                let size = be64(self.bytes.peek(input, LONG_BOX_HEADER_BYTES)?, 8);
                (LONG_BOX_HEADER_BYTES, self.position.saturating_add(size))
            }
            _ => (BOX_HEADER_BYTES, self.position + u64::from(size)),
        };
        let body = self.position + header_bytes as u64;
        // No box reaches beyond the one it is in, whatever it claims.
        let end = end.min(parent_end);
        if end < body {
            return Some(State::Broken);
        }
        let room = end - body;
        let (open, wanted) = match (&parent, &kind) {
            ([0, 0, 0, 0], b"moov" | b"moof")
            | (b"moov", b"trak" | b"mvex")
            | (b"trak", b"mdia" | b"edts")
            | (b"mdia", b"minf")
            | (b"minf", b"stbl")
            | (b"moof", b"traf") => (true, 0),
            (b"moov", b"mvhd")
            | (b"trak", b"tkhd")
            | (b"mdia", b"mdhd" | b"hdlr")
            | (b"mvex", b"trex")
            | (b"traf", b"tfhd") => (false, 40),
            (b"edts", b"elst") | (b"stbl", b"stsd") => (false, HELD_BYTES - header_bytes),
            (b"stbl", b"stts") => (false, 8),
            (b"stbl", b"stsz" | b"stz2") => (false, 12),
            (b"traf", b"trun") => (false, 16),
            _ => (false, 0),
        };
        if wanted == 0 {
            if self.depth == 0 {
                self.begin_top(kind, room, size == 0);
            }
            if open {
                self.open(kind, end);
            }
            self.pass_to(if open { body } else { end });
            return Some(State::Box);
        }
        let wanted = usize::try_from(room).unwrap_or(usize::MAX).min(wanted);
        let mut fields = [0; HELD_BYTES];
        let peeked = self.bytes.peek(input, header_bytes + wanted)?;
        fields[..wanted].copy_from_slice(&peeked[header_bytes..]);
        self.pass_to(body);
        let next = self.read_fields(kind, &fields[..wanted], end);
        if matches!(next, State::Box) {
            self.pass_to(end);
        }
        Some(next)
    }

    /// A box at the top begins, so the one before it has arrived whole.
    fn begin_top(&mut self, kind: [u8; 4], body_bytes: u64, endless: bool) {
        self.media.open_bytes = None;
        self.fragment.media.open_bytes = None;
        match &kind {
            b"mdat" => {
                for media in [&mut self.media, &mut self.fragment.media] {
                    media.claimed_bytes = media.claimed_bytes.saturating_add(body_bytes);
                    media.open_bytes = Some(body_bytes);
                    media.endless = endless;
                }
            }
            b"moof" => {
                let fragment = std::mem::take(&mut self.fragment);
                self.fragments_duration = self.fragments_duration.saturating_add(fragment.arrived_duration(0));
            }
            b"meta" => self.picture = true,
            _ => {}
        }
    }

    fn open(&mut self, kind: [u8; 4], end: u64) {
        // The parents above allow no more than MAX_DEPTH.
        if let Some(open) = self.open.get_mut(self.depth) {
            *open = Open { kind, end };
            self.depth += 1;
        }
    }

    fn pass_to(&mut self, position: u64) {
        self.bytes.skip(position.saturating_sub(self.position));
        self.position = position;
    }

    /// Reads the first bytes of a box's body; says how to go on behind it.
    fn read_fields(&mut self, kind: [u8; 4], fields: &[u8], end: u64) -> State {
        // Version 1 of a box has 64-bit times, version 0 has 32-bit ones.
        let long = byte(fields, 0) == 1;
        match &kind {
            b"mvhd" => self.movie_timescale = be32(fields, if long { 20 } else { 12 }),
            b"tkhd" => self.track.id = be32(fields, if long { 20 } else { 12 }),
            b"mdhd" => {
                let (timescale, duration) = if long {
                    (be32(fields, 20), be64(fields, 24))
                } else {
                    (be32(fields, 12), u64::from(be32(fields, 16)))
                };
                let unknown = duration == if long { u64::MAX } else { u64::from(u32::MAX) };
                self.track.timescale = timescale;
                self.track.duration = if unknown { 0 } else { duration };
            }
            b"hdlr" => self.track.handler = array(fields, 8),
            b"elst" => self.track.edit = Edit::read(fields),
            b"stsd" => self.track.description = Description::read(fields),
            b"stts" => {
                let left = be32(fields, 4);
                self.pass_to(self.position + fields.len() as u64);
                return State::Entries { table: Table::Durations, left, entry_bytes: 8, end };
            }
            b"stsz" => {
                let (size, count) = (be32(fields, 4), be32(fields, 8));
                if size == 0 {
                    self.pass_to(self.position + fields.len() as u64);
                    return State::Entries { table: Table::Sizes, left: count, entry_bytes: 4, end };
                }
                // QuickTime has 1 where a sample has no size of its own.
                match size {
                    1 => self.sample_bytes = None,
                    _ => self.add_sample_bytes(u64::from(size) * u64::from(count)),
                }
            }
            b"stz2" => self.sample_bytes = None,
            b"trex" => self.keep_defaults(FragmentDefaults {
                track_id: be32(fields, 4),
                duration: be32(fields, 12),
                size: be32(fields, 16),
            }),
            b"tfhd" => self.begin_track_fragment(fields),
            b"trun" => return self.begin_run(fields, end),
            _ => {}
        }
        State::Box
    }

    fn add_sample_bytes(&mut self, bytes: u64) {
        self.sample_bytes = self.sample_bytes.map(|sum| sum.saturating_add(bytes));
    }

    fn keep_defaults(&mut self, defaults: FragmentDefaults) {
        if let Some(kept) = self.defaults.get_mut(self.default_count) {
            *kept = defaults;
            self.default_count += 1;
        }
    }

    /// `tfhd`: a track's part of the fragment, and its defaults.
    fn begin_track_fragment(&mut self, fields: &[u8]) {
        let (flags, track_id) = (be32(fields, 0) & 0x00FF_FFFF, be32(fields, 4));
        let mut defaults =
            self.defaults.iter().find(|defaults| defaults.track_id == track_id).copied().unwrap_or_default();
        defaults.track_id = track_id;
        // Base offset 8 bytes, description 4, duration 4, size 4: each if its flag is set.
        let mut next = 8;
        for (flag, field_bytes) in [(0x01, 8), (0x02, 4), (0x08, 4), (0x10, 4)] {
            if flags & flag == 0 {
                continue;
            }
            match flag {
                0x08 => defaults.duration = be32(fields, next),
                0x10 => defaults.size = be32(fields, next),
                _ => {}
            }
            next += field_bytes;
        }
        self.fragment.defaults = defaults;
    }

    /// `trun`: a row of samples; flags say which fields each of them has.
    fn begin_run(&mut self, fields: &[u8], end: u64) -> State {
        let (flags, count) = (be32(fields, 0) & 0x00FF_FFFF, be32(fields, 4));
        let defaults = self.fragment.defaults;
        let counts = self.sound.is_some_and(|sound| sound.id == defaults.track_id);
        // Data offset and the first sample's flags, 4 bytes each, come before the row.
        let row = 8 + if flags & 0x001 == 0 { 0 } else { 4 } + if flags & 0x004 == 0 { 0 } else { 4 };
        // Duration, size, flags, composition offset: 4 bytes each.
        let entry_bytes = 4 * usize::try_from((flags & 0xF00).count_ones()).unwrap_or(0);
        let duration = (flags & 0x100 == 0).then_some(defaults.duration);
        let size = (flags & 0x200 == 0).then_some(defaults.size);
        if entry_bytes == 0 {
            let total = |each: Option<u32>| u64::from(each.unwrap_or(0)) * u64::from(count);
            self.fragment.add(if counts { total(duration) } else { 0 }, total(size));
            return State::Box;
        }
        self.pass_to(self.position + row);
        let table = Table::Run { duration, size, flags, counts };
        State::Entries { table, left: count, entry_bytes, end }
    }

    fn entry(&mut self, table: Table, entry: &[u8]) {
        match table {
            Table::Durations => {
                let duration = u64::from(be32(entry, 0)) * u64::from(be32(entry, 4));
                self.track.table_duration = self.track.table_duration.saturating_add(duration);
            }
            Table::Sizes => self.add_sample_bytes(u64::from(be32(entry, 0))),
            Table::Run { duration, size, flags, counts } => {
                let size_at = if flags & 0x100 == 0 { 0 } else { 4 };
                let duration = duration.unwrap_or_else(|| be32(entry, 0));
                let size = size.unwrap_or_else(|| be32(entry, size_at));
                self.fragment.add(if counts { u64::from(duration) } else { 0 }, u64::from(size));
            }
        }
    }

    pub(super) fn finish(mut self) -> Probe {
        let missing_bytes = self.bytes.owed();
        if missing_bytes == 0 && matches!(self.state, State::Box) {
            if self.depth > 0 && self.open[0].end == TO_THE_END {
                self.position = TO_THE_END;
            }
            self.close();
        }
        if !self.indexed {
            return if self.picture { Probe::NotAudio } else { Probe::NoAudio };
        }
        let (Some(track), Some(description)) = (self.sound, self.sound.and_then(|sound| sound.description)) else {
            return if self.other_track { Probe::NotAudio } else { Probe::NoAudio };
        };
        let fragmented = self.default_count > 0;
        let indexed = if fragmented { track.table_duration } else { track.duration_units() };
        let sample_bytes = self.sample_bytes.unwrap_or(0);
        let whole = self.media.arrived_part(indexed, sample_bytes, missing_bytes);
        let fragments = self.fragments_duration.saturating_add(self.fragment.arrived_duration(missing_bytes));
        let mut units = whole.saturating_add(fragments);
        if let Some(edit) = track.edit {
            units = units.saturating_sub(edit.start);
            if edit.duration > 0 && self.movie_timescale > 0 && !fragmented {
                let timescale = u64::from(track.timescale);
                units = units.min(scale(edit.duration, timescale, u64::from(self.movie_timescale)));
            }
        }
        let rate = match description.sample_rate_hertz {
            0 => track.timescale,
            rate => rate,
        };
        let played = Audio {
            container: Container::Mp4,
            codec: description.codec,
            channels: description.channels,
            sample_rate_hertz: rate,
            duration_milliseconds: None,
        };
        audio_in_units(played, units, u64::from(track.timescale))
    }
}

impl Media {
    /// The part of `duration` whose media arrived, with `missing_bytes` of the last box missing and
    /// samples that take `sample_bytes` in all. Where that is not known (0), the media box's claim
    /// replaces it.
    fn arrived_part(self, duration: u64, sample_bytes: u64, missing_bytes: u64) -> u64 {
        let missing = match self.open_bytes {
            Some(open) => missing_bytes.min(open),
            None => 0,
        };
        let arrived = self.claimed_bytes - missing;
        let needed = match sample_bytes {
            0 if self.endless => arrived,
            0 => self.claimed_bytes,
            known => known,
        };
        scale(duration, arrived.min(needed), needed)
    }
}

impl Fragment {
    fn add(&mut self, duration: u64, bytes: u64) {
        self.duration = self.duration.saturating_add(duration);
        self.sample_bytes = self.sample_bytes.saturating_add(bytes);
    }

    fn arrived_duration(self, missing_bytes: u64) -> u64 {
        self.media.arrived_part(self.duration, self.sample_bytes, missing_bytes)
    }
}

impl Track {
    /// The samples' durations in all; where there is no table of them, the track's.
    fn duration_units(self) -> u64 {
        match (self.table_duration, self.duration) {
            (0, duration) => duration,
            (table, 0) => table,
            (table, duration) => table.min(duration),
        }
    }
}

impl Edit {
    /// `elst`: how long, from where in the track (−1: a pause), at what speed.
    fn read(fields: &[u8]) -> Option<Self> {
        let long = byte(fields, 0) == 1;
        let entry_bytes = if long { 20 } else { 12 };
        let count = usize::try_from(be32(fields, 4)).unwrap_or(usize::MAX);
        let mut edit = None;
        for entry in fields.get(8..)?.chunks_exact(entry_bytes).take(count) {
            let (duration, start) = if long {
                (be64(entry, 0), i64::from_be_bytes(array(entry, 8)))
            } else {
                (u64::from(be32(entry, 0)), i64::from(i32::from_be_bytes(array(entry, 4))))
            };
            if let Ok(start) = u64::try_from(start) {
                let edit = edit.get_or_insert(Self { duration: 0, start });
                edit.duration = edit.duration.saturating_add(duration);
            }
        }
        edit
    }
}

impl Description {
    /// The first entry of `stsd`, read as an `AudioSampleEntry`.
    fn read(fields: &[u8]) -> Option<Self> {
        // Version, count, then the entry: size, coding, 8 bytes, version, 6 bytes, channels at 24.
        let entry = fields.get(8..)?;
        let entry = &entry[..entry.len().min(usize::try_from(be32(entry, 0)).unwrap_or(usize::MAX))];
        if entry.len() < 36 {
            return None;
        }
        let coding: [u8; 4] = array(entry, 4);
        let quicktime = if byte(fields, 0) == 0 { be16(entry, 16) } else { 0 };
        let (channels, sample_rate_hertz, boxes) = match quicktime {
            // A second version of QuickTime's has its rate as a floating point number.
            2 => (be32(entry, 48).try_into().unwrap_or(0), float_hertz(be64(entry, 40)), 72),
            1 => (be16(entry, 24), be32(entry, 32) >> 16, 52),
            _ => (be16(entry, 24), be32(entry, 32) >> 16, 36),
        };
        let codec = match &coding {
            b"mp4a" => Codec::Aac,
            b"alac" => Codec::Alac,
            b"Opus" => Codec::Opus,
            b"fLaC" => Codec::Flac,
            b".mp3" => Codec::Mp3,
            b"ulaw" => Codec::Mulaw,
            b"alaw" => Codec::Alaw,
            b"samr" => Codec::Amr,
            b"sawb" => Codec::AmrWideband,
            b"agsm" => Codec::Gsm,
            b"ipcm" | b"fpcm" | b"lpcm" | b"sowt" | b"twos" | b"in24" | b"in32" | b"fl32" => Codec::Pcm,
            _ => Codec::Other,
        };
        let mut found = Self { codec, channels: channels.max(1), sample_rate_hertz };
        found.read_boxes(entry.get(boxes..).unwrap_or_default());
        Some(found)
    }

    /// What the codec's own set-up says is truer: many writers put 2 channels whatever the sound.
    fn read_boxes(&mut self, boxes: &[u8]) {
        let mut rest = boxes;
        while let Some(header) = rest.get(..BOX_HEADER_BYTES) {
            let size = usize::try_from(be32(header, 0)).unwrap_or(usize::MAX);
            let kind: [u8; 4] = array(header, 4);
            let body = &rest[BOX_HEADER_BYTES..rest.len().min(size.max(BOX_HEADER_BYTES))];
            match &kind {
                b"esds" => self.read_descriptors(body.get(4..).unwrap_or_default()),
                // ALACSpecificConfig behind version and flags.
                b"alac" if self.codec == Codec::Alac && body.len() >= 28 => {
                    self.set(u16::from(byte(body, 13)), be32(body, 24));
                }
                b"dOps" => self.set(u16::from(byte(body, 1)), 48_000),
                // QuickTime wraps the same boxes once more.
                b"wave" => {
                    rest = body;
                    continue;
                }
                _ => {}
            }
            rest = rest.get(size.max(BOX_HEADER_BYTES)..).unwrap_or_default();
        }
    }

    fn set(&mut self, channels: u16, sample_rate_hertz: u32) {
        if channels > 0 {
            self.channels = channels;
        }
        if sample_rate_hertz > 0 {
            self.sample_rate_hertz = sample_rate_hertz;
        }
    }

    /// `ES_Descriptor` (3) holds `DecoderConfigDescriptor` (4) holds `DecoderSpecificInfo` (5).
    fn read_descriptors(&mut self, descriptors: &[u8]) {
        let mut rest = descriptors;
        while let Some((tag, body)) = descriptor(rest) {
            match tag {
                3 => {
                    // Id, flags; then what the flags announce: depends-on 2, URL, clock 2.
                    let flags = byte(body, 2);
                    let mut skipped = 3;
                    skipped += if flags & 0x80 == 0 { 0 } else { 2 };
                    skipped += if flags & 0x40 == 0 { 0 } else { 1 + usize::from(byte(body, skipped)) };
                    skipped += if flags & 0x20 == 0 { 0 } else { 2 };
                    rest = body.get(skipped..).unwrap_or_default();
                }
                4 => {
                    // Object types (mp4ra.org): AAC of MPEG 4 and 2; MPEG 1 and 2 audio.
                    self.codec = match byte(body, 0) {
                        0x40 | 0x66..=0x68 => Codec::Aac,
                        0x69 | 0x6B => Codec::Mp3,
                        _ => Codec::Other,
                    };
                    rest = body.get(13..).unwrap_or_default();
                }
                5 if self.codec == Codec::Aac => {
                    let (channels, rate) = audio_specific_config(body);
                    self.set(channels, rate);
                    return;
                }
                _ => return,
            }
        }
    }
}

/// A descriptor's tag and body; its length is written seven bits a byte.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut size = 0;
    for _ in 0..4 {
        let (byte, behind) = rest.split_first()?;
        rest = behind;
        size = size << 7 | usize::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((*tag, &rest[..rest.len().min(size)]))
}

/// Channels and rate of an `AudioSpecificConfig`; 0 where it does not say.
fn audio_specific_config(config: &[u8]) -> (u16, u32) {
    let mut bits = Bits { bits: u128::from_be_bytes(array(config, 0)), left: 128 };
    let object_type = bits.object_type();
    let rate = bits.sample_rate();
    // 7 means 7.1; 0 means a layout described elsewhere.
    let channels = match bits.next(4) {
        7 => 8,
        count @ 1..=6 => u16::try_from(count).unwrap_or(0),
        _ => 0,
    };
    // Spectral band replication (5, and 29 with parametric stereo) plays at a rate of its own.
    let rate = if matches!(object_type, 5 | 29) { bits.sample_rate() } else { rate };
    (channels, rate)
}

/// The first 128 bits, from the left.
struct Bits {
    bits: u128,
    left: u32,
}

impl Bits {
    fn next(&mut self, count: u32) -> u32 {
        self.left = self.left.saturating_sub(count);
        let found = self.bits >> self.left & ((1 << count) - 1);
        u32::try_from(found).unwrap_or(0)
    }

    fn object_type(&mut self) -> u32 {
        match self.next(5) {
            31 => 32 + self.next(6),
            short => short,
        }
    }

    /// By index (ISO/IEC 14496-3, table 1.18), or in full.
    fn sample_rate(&mut self) -> u32 {
        match self.next(4) {
            15 => self.next(24),
            index => usize::try_from(index).ok().and_then(|index| SAMPLE_RATES.get(index)).copied().unwrap_or(0),
        }
    }
}
