//! Native FLAC: RFC 9639.
//!
//! The header's total is a claim. A frame does not say how long it is in bytes, so its end is found
//! by the next frame's header, or by its checksum coming out even.

use super::bytes::{Collector, be16, be24, byte};
use super::outcome::audio;
use policy::audio::{Codec, Container, Probe};

/// Room for a STREAMINFO block's body (34 bytes), the longest thing collected.
const HELD_BYTES: usize = 34;

/// "fLaC".
const MARK_BYTES: u64 = 4;

/// Type and length of a metadata block (section 8.1).
const BLOCK_HEADER_BYTES: usize = 4;

/// STREAMINFO's body (section 8.2).
const STREAMINFO_BYTES: usize = 34;

/// Frames lost to damage after which a header still counts as the next one. The wider, the likelier
/// that chance bytes are taken for a header.
const MAX_LOST_FRAMES: u64 = 1024;

/// Counts the samples of the frames that arrived whole.
#[derive(Clone, Debug)]
pub(super) struct Flac {
    bytes: Collector<HELD_BYTES>,
    state: State,
    stream: Option<Stream>,
    /// The frame being passed.
    current: Option<Frame>,
    /// Checksum of the current frame so far; with its own checksum taken in, zero.
    crc: u16,
    /// The checksum came out even: this may be the frame's end.
    whole: bool,
    /// Samples a channel in the frames before the current one.
    samples: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Mark,
    Block,
    StreamInfo { size: u32, last: bool },
    Frames,
    Broken,
}

/// What STREAMINFO says.
#[derive(Clone, Copy, Debug)]
struct Stream {
    sample_rate_hertz: u32,
    channels: u16,
    max_block_samples: u32,
}

/// What a frame's header says (section 9.1).
#[derive(Clone, Copy, Debug)]
struct Frame {
    header_bytes: usize,
    block_samples: u32,
    channels: u16,
    /// Numbered by first sample, not by frame.
    by_sample: bool,
    number: u64,
    /// The frame's checksum up to the header's end.
    crc: u16,
}

/// What the held bytes are, read as a frame header.
enum Header {
    /// They may become one: so many are needed to go on.
    Wants(usize),
    Is(Frame),
    IsNot,
}

impl Flac {
    /// Begins at "fLaC".
    pub(super) const fn new() -> Self {
        Self {
            bytes: Collector::new(),
            state: State::Mark,
            stream: None,
            current: None,
            crc: 0,
            whole: false,
            samples: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while self.step(&mut input).is_some() {}
    }

    fn step(&mut self, input: &mut &[u8]) -> Option<()> {
        match self.state {
            State::Mark => {
                self.bytes.skip(MARK_BYTES);
                self.state = State::Block;
            }
            State::Block => {
                let header = self.bytes.peek(input, BLOCK_HEADER_BYTES)?;
                let (last, kind, size) = (byte(header, 0) >= 0x80, byte(header, 0) & 0x7F, be24(header, 1));
                self.bytes.skip(BLOCK_HEADER_BYTES as u64);
                self.state = match (kind, self.stream) {
                    (0, None) => State::StreamInfo { size, last },
                    // STREAMINFO comes first; 127 is forbidden, it would look like a frame.
                    (_, None) | (127, _) => State::Broken,
                    _ => self.leave_block(size, last),
                };
            }
            State::StreamInfo { size, last } => {
                self.stream = Stream::read(self.bytes.peek(input, STREAMINFO_BYTES)?);
                self.state = if self.stream.is_some() && u64::from(size) >= STREAMINFO_BYTES as u64 {
                    self.leave_block(size, last)
                } else {
                    State::Broken
                };
            }
            State::Frames => return self.step_frames(input),
            State::Broken => return None,
        }
        Some(())
    }

    fn leave_block(&mut self, size: u32, last: bool) -> State {
        self.bytes.skip(u64::from(size));
        if last { State::Frames } else { State::Block }
    }

    /// Passes bytes up to what may be the next frame's header, then looks at that.
    fn step_frames(&mut self, input: &mut &[u8]) -> Option<()> {
        if self.bytes.settle(input) && self.bytes.held().is_empty() {
            let passed = input.iter().position(|byte| *byte == 0xFF).unwrap_or(input.len());
            let (body, rest) = input.split_at(passed);
            self.take_in(body);
            *input = rest;
        }
        let mut wanted = 1;
        loop {
            let held = self.bytes.peek(input, wanted)?;
            let first = byte(held, 0);
            match read_header(held) {
                Header::Wants(more) => wanted = more,
                Header::Is(frame) if self.is_next(frame) => {
                    self.samples = self.samples.saturating_add(self.current_samples());
                    self.current = Some(frame);
                    self.crc = frame.crc;
                    self.whole = false;
                    self.bytes.skip(frame.header_bytes as u64);
                    return Some(());
                }
                Header::Is(_) | Header::IsNot => {
                    self.take_in(&[first]);
                    self.bytes.skip(1);
                    return Some(());
                }
            }
        }
    }

    /// Whether `frame` continues the stream: its own checksum is right already, so this only has to
    /// tell it from the chance of one in 256.
    fn is_next(&self, frame: Frame) -> bool {
        let Some(stream) = self.stream else {
            return false;
        };
        if frame.channels != stream.channels || frame.block_samples > stream.max_block_samples {
            return false;
        }
        let Some(current) = self.current else {
            return true;
        };
        let step = if current.by_sample { u64::from(current.block_samples) } else { 1 };
        let most =
            if current.by_sample { MAX_LOST_FRAMES * u64::from(stream.max_block_samples) } else { MAX_LOST_FRAMES };
        let expected = current.number + step;
        frame.by_sample == current.by_sample && (expected..=expected + most).contains(&frame.number)
    }

    fn take_in(&mut self, body: &[u8]) {
        if self.current.is_none() {
            return;
        }
        for byte in body {
            self.crc = crc_16(self.crc, *byte);
            self.whole |= self.crc == 0;
        }
    }

    fn current_samples(&self) -> u64 {
        self.current.map_or(0, |frame| u64::from(frame.block_samples))
    }

    pub(super) fn finish(mut self) -> Probe {
        let stream = match (self.state, self.stream) {
            (State::Broken, _) => return Probe::NotAudio,
            (_, None) => return Probe::NoAudio,
            (_, Some(stream)) => stream,
        };
        // What looked like the beginning of another header was the end of this frame.
        let held = self.bytes.clone();
        self.take_in(held.held());
        let last = if self.whole { self.current_samples() } else { 0 };
        audio(
            Container::Flac,
            Codec::Flac,
            stream.channels,
            stream.sample_rate_hertz,
            self.samples.saturating_add(last),
        )
    }
}

impl Stream {
    /// Block sizes 16 bits each, frame sizes 24 each, rate 20, channels less one 3.
    fn read(body: &[u8]) -> Option<Self> {
        let stream = Self {
            max_block_samples: u32::from(be16(body, 2)),
            sample_rate_hertz: be24(body, 10) >> 4,
            channels: u16::from(byte(body, 12) >> 1 & 7) + 1,
        };
        (stream.sample_rate_hertz > 0).then_some(stream)
    }
}

/// Rate and channels of a STREAMINFO body, where another container carries one.
pub(super) fn stream_info(body: &[u8]) -> Option<(u32, u16)> {
    Stream::read(body).map(|stream| (stream.sample_rate_hertz, stream.channels))
}

/// Reads a frame header, as far as `held` goes (section 9.1).
fn read_header(held: &[u8]) -> Header {
    // 15 bits of sync, one that says how frames are numbered.
    if byte(held, 0) != 0xFF {
        return Header::IsNot;
    }
    let Some(&second) = held.get(1) else {
        return Header::Wants(2);
    };
    if second & 0xFE != 0xF8 {
        return Header::IsNot;
    }
    let [_, _, sizes, layout, number, ..] = *held else {
        return Header::Wants(5);
    };
    let channels = match layout >> 4 {
        independent @ 0..8 => u16::from(independent) + 1,
        8..=10 => 2,
        _ => return Header::IsNot,
    };
    let (block_code, rate_code) = (sizes >> 4, sizes & 0x0F);
    // Bit depth 3 is reserved, and so is the last bit.
    if block_code == 0 || rate_code == 0x0F || layout & 0x0E == 0x06 || layout & 1 == 1 {
        return Header::IsNot;
    }
    // Written like UTF-8, up to 36 bits.
    let number_bytes = match number.leading_ones() {
        0 => 1,
        ones @ 2..=7 => usize::try_from(ones).unwrap_or(7),
        _ => return Header::IsNot,
    };
    let block_at = 4 + number_bytes;
    let block_bytes = match block_code {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let rate_bytes = match rate_code {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let header_bytes = block_at + block_bytes + rate_bytes + 1;
    let Some(header) = held.get(..header_bytes) else {
        return Header::Wants(header_bytes);
    };
    if header.iter().fold(0, |crc, byte| crc_8(crc, *byte)) != 0 {
        return Header::IsNot;
    }
    let first_bits = if number_bytes == 1 { number } else { number & (0x7F >> number_bytes) };
    let number =
        header[5..block_at].iter().fold(u64::from(first_bits), |number, byte| number << 6 | u64::from(byte & 0x3F));
    let block_samples = match block_code {
        1 => 192,
        2..=5 => 144 << block_code,
        6 => u32::from(byte(header, block_at)) + 1,
        7 => u32::from(be16(header, block_at)) + 1,
        _ => 1 << block_code,
    };
    let crc = header.iter().fold(0, |crc, byte| crc_16(crc, *byte));
    Header::Is(Frame { header_bytes, block_samples, channels, by_sample: second & 1 == 1, number, crc })
}

/// The header's checksum: x⁸ + x² + x + 1, from zero (section 9.1.8).
fn crc_8(crc: u8, byte: u8) -> u8 {
    (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
}

/// The frame's checksum: x¹⁶ + x¹⁵ + x² + 1, from zero (section 9.3).
fn crc_16(crc: u16, byte: u8) -> u16 {
    let [high, low] = crc.to_be_bytes();
    u16::from(low) << 8 ^ CRC_16[usize::from(high ^ byte)]
}

const CRC_16: [u16; 256] = {
    let mut table = [0; 256];
    let mut high: u16 = 0;
    while high < 256 {
        let mut crc = high << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 };
            bit += 1;
        }
        table[high as usize] = crc;
        high += 1;
    }
    table
};
