//! RIFF WAVE, and its 64-bit kin RF64 and BW64.
//!
//! Chunks, the `fmt ` chunk and the coding's registered numbers: Multimedia Programming Interface
//! and Data Specifications 1.0 (IBM and Microsoft, 1991), "New Multimedia Data Types and Data
//! Techniques" 3.0 (Microsoft, 1994) and `mmreg.h`. `ds64`: EBU Tech 3306, ITU-R BS.2088.
//!
//! Recorders write the header first and correct it when the call ends. One that crashed, or that wrote
//! to a pipe, never did: its sizes are zero, all ones, or stale.

use super::bytes::{Collector, array, le16, le32, le64, scale, take};
use super::mp3::Mp3;
use super::outcome::{audio, audio_of_unknown_length};
use policy::audio::{Audio, Codec, Container, Probe};

/// 48 bytes: the 40 of a `WAVEFORMATEXTENSIBLE`, the longest `fmt ` whose fields are read, and room.
const HELD_BYTES: usize = 48;

/// The RIFF header: mark, size, form.
const RIFF_HEADER_BYTES: usize = 12;

/// A chunk's name and size.
const CHUNK_HEADER_BYTES: usize = 8;

/// `WAVEFORMAT` with bits per sample: the shortest that gives a sample's size.
const LEAST_FORMAT_BYTES: u32 = 16;

/// The three 64-bit sizes of `ds64`; the table behind them is not needed.
const SIZES_64_BYTES: usize = 24;

/// A 32-bit size of all ones: never filled in, or (RF64) to be found in `ds64`.
const ALL_ONES: u32 = u32::MAX;

/// What tools that write to a pipe put in place of a size they can't know start here: `0x7FFFF000`
/// and `0x7FFFFFFF` are both seen.
const LEAST_PLACEHOLDER: u32 = 0x7FFF_F000;

/// GSM 06.10 in WAV ("wav49"): two frames of 160 samples, packed in 65 bytes.
const GSM_BLOCK_BYTES: u64 = 65;
const GSM_BLOCK_SAMPLES: u64 = 320;

/// `KSDATAFORMAT_SUBTYPE` GUIDs are a format tag followed by these 14 bytes (`ksmedia.h`).
const SUBTYPE_TAIL: [u8; 14] = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

/// Names that are chunks (or tags put at the end by other tools), wherever they are met; four letters
/// each. Samples that spell one of them by chance: one recording in a hundred million.
const KNOWN_NAMES: &[u8] = b"\
    fmt datafactLISTlistbextds64JUNKjunkPAD FLLRid3 ID3 iXMLIXMLaXMLaxmlchna\
    cartcue plstsmplinstacidPEAKDISP_PMXumidlevlnotelablwavlslntAPET";

/// Follows the chunks to the samples and counts those that arrive.
#[derive(Clone, Debug)]
pub(super) struct Wav {
    bytes: Collector<HELD_BYTES>,
    state: State,
    /// Where the RIFF chunk says it ends; `None` where that was never filled in.
    riff_end: Option<u64>,
    /// Where the header being waited for begins.
    offset: u64,
    /// The `data` size of `ds64`.
    data_bytes_64: Option<u64>,
    format: Option<Format>,
    fact_samples: u64,
    /// The `data` size in the header; `None` where it was never filled in.
    claimed_data_bytes: Option<u64>,
    arrived_data_bytes: u64,
    /// Counts the frames where the samples are MPEG audio.
    mp3: Option<Box<Mp3>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Riff,
    /// A chunk's header; `odd`: the body before it had an odd size, so a byte of padding comes first.
    Chunk {
        odd: bool,
    },
    Format {
        size: u32,
    },
    Fact {
        size: u32,
    },
    Sizes64 {
        size: u32,
    },
    /// Among the samples.
    Data {
        left: u64,
    },
    /// After the samples that the header claims: more chunks, or a header that was never corrected?
    Behind {
        odd: bool,
    },
    /// A header that was never corrected: everything from here on is samples.
    Unclaimed,
    /// After the samples: what follows does not matter.
    Done,
    /// Not a chain of chunks, or samples of no known kind.
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct Format {
    tag: u16,
    channels: u16,
    sample_rate_hertz: u32,
    bytes_a_second: u32,
    block_bytes: u16,
    bits_a_sample: u16,
}

impl Wav {
    /// Begins at the first byte of `RIFF`.
    pub(super) const fn new() -> Self {
        Self {
            bytes: Collector::new(),
            state: State::Riff,
            riff_end: None,
            offset: 0,
            data_bytes_64: None,
            format: None,
            fact_samples: 0,
            claimed_data_bytes: None,
            arrived_data_bytes: 0,
            mp3: None,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut input = chunk;
        while let Some(next) = self.step(&mut input) {
            self.state = next;
        }
    }

    /// One step of the chain; `None` when it needs more than has arrived, or wants no more.
    fn step(&mut self, input: &mut &[u8]) -> Option<State> {
        match self.state {
            State::Riff => {
                let head = self.bytes.peek(input, RIFF_HEADER_BYTES)?;
                let size = le32(head, 4);
                self.riff_end = filled_in(size).map(|size| size + CHUNK_HEADER_BYTES as u64);
                self.pass(RIFF_HEADER_BYTES as u64);
                Some(State::Chunk { odd: false })
            }
            State::Chunk { odd } => {
                let (name, size, header_bytes) = self.chunk_header(input, odd)?;
                self.pass(header_bytes);
                Some(self.enter(name, size))
            }
            State::Format { size } => {
                let wanted = usize::try_from(size).unwrap_or(usize::MAX).min(HELD_BYTES);
                self.format = Format::read(self.bytes.peek(input, wanted)?);
                Some(self.leave(size))
            }
            State::Fact { size } => {
                self.fact_samples = u64::from(le32(self.bytes.peek(input, 4)?, 0));
                Some(self.leave(size))
            }
            State::Sizes64 { size } => {
                let body = self.bytes.peek(input, SIZES_64_BYTES)?;
                let (riff_bytes, data_bytes) = (le64(body, 0), le64(body, 8));
                let filled = |bytes: u64| (bytes != 0 && bytes != u64::MAX).then_some(bytes);
                self.riff_end = filled(riff_bytes).map(|size| size.saturating_add(CHUNK_HEADER_BYTES as u64));
                self.data_bytes_64 = filled(data_bytes);
                Some(self.leave(size))
            }
            State::Data { left } => {
                let wanted = usize::try_from(left).unwrap_or(usize::MAX);
                let samples = take(input, wanted);
                self.count(samples);
                let left = left - samples.len() as u64;
                if left > 0 {
                    self.state = State::Data { left };
                    return None;
                }
                Some(State::Behind { odd: self.arrived_data_bytes % 2 == 1 })
            }
            State::Behind { odd } => {
                let (name, size, header_bytes) = self.chunk_header(input, odd)?;
                let end = self.offset.saturating_add(header_bytes).saturating_add(u64::from(size));
                if is_known(name)
                    || name.starts_with(b"TAG")
                    || (is_name(name) && self.riff_end.is_some_and(|riff_end| end <= riff_end))
                {
                    return Some(State::Done);
                }
                let held = self.bytes.clone();
                self.count(held.held());
                Some(State::Unclaimed)
            }
            State::Unclaimed => {
                let samples = take(input, usize::MAX);
                self.count(samples);
                None
            }
            State::Done | State::Broken => None,
        }
    }

    /// Name, size and length of the next chunk's header. After an odd body there should be a byte of
    /// padding; some writers forget it, and the name shows which of both this is.
    fn chunk_header(&mut self, input: &mut &[u8], odd: bool) -> Option<([u8; 4], u32, u64)> {
        let name_at = |bytes: &[u8], at: usize| array::<4>(bytes, at);
        let padding = if odd {
            let peeked = self.bytes.peek(input, 5)?;
            let unpadded = is_known(name_at(peeked, 0)) && !is_known(name_at(peeked, 1));
            usize::from(!unpadded)
        } else {
            0
        };
        let header_bytes = padding + CHUNK_HEADER_BYTES;
        let header = self.bytes.peek(input, header_bytes)?;
        Some((name_at(header, padding), le32(header, padding + 4), header_bytes as u64))
    }

    /// What to do with a chunk whose header has just been passed.
    fn enter(&mut self, name: [u8; 4], size: u32) -> State {
        match &name {
            b"fmt " if size >= LEAST_FORMAT_BYTES => State::Format { size },
            b"fact" if size >= 4 => State::Fact { size },
            b"ds64" if size >= 24 => State::Sizes64 { size },
            b"data" => self.enter_data(size),
            _ if is_name(name) => self.leave(size),
            _ => State::Broken,
        }
    }

    fn enter_data(&mut self, size: u32) -> State {
        let Some(format) = self.format else {
            return State::Broken;
        };
        if format.codec() == Codec::Mp3 {
            self.mp3 = Some(Box::new(Mp3::new()));
        }
        self.claimed_data_bytes = match (size, self.data_bytes_64) {
            (ALL_ONES, Some(bytes)) => Some(bytes),
            _ => filled_in(size),
        };
        match self.claimed_data_bytes {
            Some(left) => {
                self.offset = self.offset.saturating_add(left);
                State::Data { left }
            }
            // Zero may be true (a call without speech) or never filled in: what follows shows it.
            None if size == 0 => {
                self.riff_end = None;
                State::Behind { odd: false }
            }
            None => State::Unclaimed,
        }
    }

    /// Passes a chunk's body.
    fn leave(&mut self, size: u32) -> State {
        self.pass(u64::from(size));
        State::Chunk { odd: size % 2 == 1 }
    }

    fn pass(&mut self, count: u64) {
        self.bytes.skip(count);
        self.offset = self.offset.saturating_add(count);
    }

    fn count(&mut self, samples: &[u8]) {
        self.arrived_data_bytes = self.arrived_data_bytes.saturating_add(samples.len() as u64);
        if let Some(mp3) = &mut self.mp3 {
            mp3.feed(samples);
        }
    }

    pub(super) fn finish(self) -> Probe {
        if matches!(self.state, State::Broken) {
            return Probe::NotAudio;
        }
        let Some(format) = self.format else {
            return Probe::NoAudio;
        };
        if let Some(mp3) = self.mp3 {
            return match mp3.finish() {
                Probe::Audio(found) => Probe::Audio(Audio { container: Container::Wav, ..found }),
                _ if self.arrived_data_bytes == 0 => Probe::NoAudio,
                other => other,
            };
        }
        let (codec, rate) = (format.codec(), format.played_sample_rate_hertz());
        let counted = format.samples(self.arrived_data_bytes).map(|samples| self.without_padding(format, samples));
        match counted.or_else(|| self.samples_by_claims(format)) {
            Some(samples) => audio(Container::Wav, codec, format.channels, rate, samples),
            None => audio_of_unknown_length(Container::Wav, codec, format.channels, rate),
        }
    }

    /// The last block of a coding may be filled up with silence; `fact` says where the sound ends. It is believed
    /// only within that block: elsewhere it is as stale as any header that was never corrected.
    fn without_padding(&self, format: Format, samples: u64) -> u64 {
        let before_last = samples.saturating_sub(format.block_samples());
        if before_last < self.fact_samples && self.fact_samples < samples { self.fact_samples } else { samples }
    }

    /// For a coding whose blocks we do not know: the `fact` chunk's number, as far as the claimed
    /// bytes arrived, else by the byte rate. `None` where the header gives neither.
    fn samples_by_claims(&self, format: Format) -> Option<u64> {
        let arrived = self.arrived_data_bytes;
        match self.claimed_data_bytes {
            _ if arrived == 0 => Some(0),
            Some(claimed) if self.fact_samples > 0 => Some(scale(self.fact_samples, arrived.min(claimed), claimed)),
            _ if format.bytes_a_second > 0 => {
                let rate = u64::from(format.sample_rate_hertz);
                Some(scale(arrived, rate, u64::from(format.bytes_a_second)))
            }
            _ => None,
        }
    }
}

impl Format {
    fn read(body: &[u8]) -> Option<Self> {
        let mut tag = le16(body, 0);
        // WAVE_FORMAT_EXTENSIBLE: the tag is the first two bytes of the sub-format's GUID.
        if tag == 0xFFFE && body.get(26..40) == Some(&SUBTYPE_TAIL) {
            tag = le16(body, 24);
        }
        let format = Self {
            tag,
            channels: le16(body, 2),
            sample_rate_hertz: le32(body, 4),
            bytes_a_second: le32(body, 8),
            block_bytes: le16(body, 12),
            bits_a_sample: le16(body, 14),
        };
        (format.channels > 0 && format.played_sample_rate_hertz() > 0).then_some(format)
    }

    fn codec(self) -> Codec {
        match self.tag {
            // WAVE_FORMAT_PCM, WAVE_FORMAT_IEEE_FLOAT
            0x0001 | 0x0003 => Codec::Pcm,
            0x0006 => Codec::Alaw,
            0x0007 => Codec::Mulaw,
            // WAVE_FORMAT_ADPCM (Microsoft), WAVE_FORMAT_DVI_ADPCM (IMA)
            0x0002 | 0x0011 => Codec::Adpcm,
            0x0031 => Codec::Gsm,
            // WAVE_FORMAT_SPEEX_VOICE
            0xA109 => Codec::Speex,
            // WAVE_FORMAT_MPEGLAYER3
            0x0055 => Codec::Mp3,
            // WAVE_FORMAT_G722_ADPCM, WAVE_FORMAT_ADPCM_G722
            0x0065 | 0x028F => Codec::G722,
            _ => Codec::Other,
        }
    }

    /// G.722 has 16,000 samples a second; headers that say 8,000 repeat the mistake of RTP's clock
    /// (RFC 3551, section 4.5.2).
    fn played_sample_rate_hertz(self) -> u32 {
        match (self.codec(), self.sample_rate_hertz) {
            (Codec::G722, 0 | 8_000) => 16_000,
            (_, rate) => rate,
        }
    }

    /// Samples a channel in one block; 0 where samples are not in blocks.
    fn block_samples(self) -> u64 {
        match self.codec() {
            Codec::Gsm => GSM_BLOCK_SAMPLES,
            Codec::Adpcm => self.adpcm_samples(u64::from(self.block_bytes)).unwrap_or(0),
            _ => 0,
        }
    }

    /// Samples a channel in `bytes` of data, by the coding's own arithmetic, never by the header's
    /// byte rate. `None` where the coding, or its block, is not known.
    fn samples(self, bytes: u64) -> Option<u64> {
        let channels = u64::from(self.channels);
        match self.codec() {
            Codec::Pcm => bytes.checked_div(self.pcm_frame_bytes()),
            Codec::Alaw | Codec::Mulaw => bytes.checked_div(channels),
            Codec::Gsm => Some(bytes / GSM_BLOCK_BYTES * GSM_BLOCK_SAMPLES),
            // 64 kbit/s: two samples of a channel in each byte.
            Codec::G722 => bytes.saturating_mul(2).checked_div(channels),
            Codec::Adpcm => self.adpcm_samples(bytes),
            _ => None,
        }
    }

    /// Bytes of one sample of all channels. Block size and bits should agree; where they do not, the
    /// byte rate is the third witness, and without a majority the bits decide.
    fn pcm_frame_bytes(self) -> u64 {
        let by_bits = u64::from(self.channels) * u64::from(self.bits_a_sample.div_ceil(8));
        let by_block = u64::from(self.block_bytes);
        let agrees = u64::from(self.bytes_a_second) == by_block * u64::from(self.sample_rate_hertz);
        if by_bits == 0 || (by_block > 0 && agrees) { by_block } else { by_bits }
    }

    /// Blocks begin with a header a channel, which holds the first samples whole; then four bits
    /// each. Microsoft: 7 bytes, two samples. IMA: 4 bytes, one sample.
    fn adpcm_samples(self, bytes: u64) -> Option<u64> {
        let (header_bytes, header_samples) = if self.tag == 0x0002 { (7, 2) } else { (4, 1) };
        let channels = u64::from(self.channels);
        let header_bytes = header_bytes * channels;
        let block_bytes = u64::from(self.block_bytes);
        if block_bytes <= header_bytes {
            return None;
        }
        let in_block = |bytes: u64| match bytes.checked_sub(header_bytes) {
            Some(coded) => header_samples + coded * 2 / channels,
            None => 0,
        };
        let whole = (bytes / block_bytes).saturating_mul(in_block(block_bytes));
        Some(whole.saturating_add(in_block(bytes % block_bytes)))
    }
}

/// A size from the header, unless it is one of those that mean "not known yet".
fn filled_in(size: u32) -> Option<u64> {
    (size != 0 && size < LEAST_PLACEHOLDER || (size > 0x7FFF_FFFF && size != ALL_ONES)).then_some(u64::from(size))
}

/// Chunk names are printable ASCII.
fn is_name(name: [u8; 4]) -> bool {
    name.iter().all(|letter| (0x20..0x7F).contains(letter))
}

fn is_known(name: [u8; 4]) -> bool {
    KNOWN_NAMES.chunks_exact(4).any(|known| known == name)
}
